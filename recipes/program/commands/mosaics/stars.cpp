#include "recipes/program/commands/mosaics/stars.h"

#include "engine/core/error.h"
#include "engine/core/statistics.h"
#include "engine/core/units.h"
#include "engine/photometry/detection.h"
#include "engine/photometry/sky_noise.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace arcproof::commands {
namespace {

using photometry::Detection;

class StarFinder {
 public:
  StarFinder(const Array2D<float>& image, const Array2D<float>& error, const StarSearch& search)
      : image_(image),
        error_(error),
        search_(search),
        radius_(std::max(4.0, search.aperture_arcsec / search.scale_arcsec)) {
    photometry::DetectionOptions options;
    options.threshold_sigma = 5;
    options.median_side_pix = 0;  // a running median would eat the wings
    options.deblend_contrast = 0.005;
    objects_ = photometry::detect(image, error, options).objects;
    flat_ = photometry::background_subtracted(image, error, options.background_mesh_pix);
  }

  std::vector<StarCandidate> find() {
    for (std::size_t i = 0; i < objects_.size(); ++i) consider(i);
    keep_one_size();
    return std::move(candidates_);
  }

 private:
  void consider(std::size_t i) {
    const Detection& d = objects_[i];
    StarCandidate star{d.x, d.y, 0, 0, false, {}};
    const double flux = photometry::aperture_flux(flat_, d.x, d.y, radius_);
    const int x = static_cast<int>(std::lround(d.x)), y = static_cast<int>(std::lround(d.y));
    star.snr = flux / (error_(x, y) * std::sqrt(units::pi) * radius_);
    if (std::isfinite(flux) && !(star.snr >= search_.min_snr)) return;  // one of many faint sources
    star.reason = std::isfinite(flux) ? objection(i, flux) : "pixels without data in the aperture";
    if (star.reason.empty()) star.half_light_pix = half_light_radius(d, flux);
    candidates_.push_back(std::move(star));
  }

  std::string objection(std::size_t i, double flux) const {
    const Detection& d = objects_[i];
    const double room = std::min({d.x, d.y, image_.width() - 1 - d.x, image_.height() - 1 - d.y});
    if (room < search_.edge_pix) return "too near the edge";
    if (search_.saturation && peak_near(image_, d.x, d.y) >= *search_.saturation) return "saturated";
    if (d.b < search_.min_axis_ratio * d.a) return fmt::format("elongated: axis ratio {:.2f}", d.b / d.a);
    for (std::size_t k = 0; k < objects_.size(); ++k) {
      const double distance = std::hypot(objects_[k].x - d.x, objects_[k].y - d.y) * search_.scale_arcsec;
      if (k != i && distance < search_.isolation_arcsec &&
          objects_[k].flux_njy > search_.max_neighbour * flux)
        return fmt::format("a neighbour of {:.0f}% of its flux at {:.2f}\"",
                           100 * objects_[k].flux_njy / flux, distance);
    }
    return {};
  }

  // The curve of growth rises: bisection.
  double half_light_radius(const Detection& d, double flux) const {
    double low = 0, high = radius_;
    for (int step = 0; step < 20; ++step) {
      const double middle = 0.5 * (low + high);
      (photometry::aperture_flux(flat_, d.x, d.y, middle) < 0.5 * flux ? low : high) = middle;
    }
    return 0.5 * (low + high);
  }

  void keep_one_size() {
    std::vector<const StarCandidate*> bright;
    for (const StarCandidate& c : candidates_)
      if (c.reason.empty()) bright.push_back(&c);
    if (bright.empty()) return;
    std::stable_sort(bright.begin(), bright.end(),
                     [](const auto* a, const auto* b) { return a->snr > b->snr; });
    bright.resize(std::min<std::size_t>(bright.size(), 60));
    const double size = most_common_size(bright);
    for (StarCandidate& c : candidates_) {
      if (!c.reason.empty()) continue;
      c.is_star = is_near(c, size);
      if (!c.is_star)
        c.reason = fmt::format("half-light radius {:.2f} pixels; that of the stars is {:.2f}",
                               c.half_light_pix, size);
    }
  }

  bool is_near(const StarCandidate& c, double size) const {
    return std::abs(c.half_light_pix / size - 1) <= search_.size_tolerance;
  }

  double most_common_size(const std::vector<const StarCandidate*>& bright) const {
    std::vector<double> best;
    for (const StarCandidate* centre : bright) {  // brightest first: it wins where groups are of one number
      std::vector<double> group;
      for (const StarCandidate* c : bright)
        if (is_near(*c, centre->half_light_pix)) group.push_back(c->half_light_pix);
      if (group.size() > best.size()) best = std::move(group);
    }
    return statistics::median(best);
  }

  const Array2D<float>& image_;
  const Array2D<float>& error_;
  StarSearch search_;
  double radius_;
  std::vector<Detection> objects_;
  Array2D<float> flat_;
  std::vector<StarCandidate> candidates_;
};

}  // namespace

double peak_near(const Array2D<float>& image, double x, double y) {
  double peak = -std::numeric_limits<double>::infinity();
  const int cx = static_cast<int>(std::lround(x)), cy = static_cast<int>(std::lround(y));
  for (int j = cy - 2; j <= cy + 2; ++j)
    for (int i = cx - 2; i <= cx + 2; ++i)
      if (image.contains(i, j)) peak = std::max(peak, static_cast<double>(image(i, j)));
  return peak;
}

std::vector<StarCandidate> find_stars(const Array2D<float>& image, const Array2D<float>& error,
                                      const StarSearch& search) {
  require(search.scale_arcsec > 0, "find_stars: scale > 0");
  return StarFinder(image, error, search).find();
}

}  // namespace arcproof::commands
