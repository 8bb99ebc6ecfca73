#include "engine/sky/psf_stack.h"

#include "engine/core/error.h"
#include "engine/core/missing.h"
#include "engine/core/statistics.h"
#include "engine/sky/psf_tools.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

namespace arcproof::sky {
namespace {

constexpr int smallest_cutout = 11;
constexpr double smallest_room = 3;  // pixels between a centre and the nearest edge
constexpr double smallest_core_snr = 5;
constexpr double shape_tolerance =
    0.1;  // of the PSF's value: what single stars may differ by, see spread_of_stars
constexpr int clipping_rounds = 3;  // each with better centres and a cleaner median than the one before

// A star on its way into the stack.
struct Star {
  StackedStar* row = nullptr;
  Array2D<double> raw;      // background subtracted; NaN: no data
  Array2D<double> filled;   // the same, NaN replaced by the pixel across the centre
  Array2D<double> clean;    // the same, NaN and clipped pixels replaced by what the stack says
  Array2D<char> excluded;   // NaN or clipped
  Array2D<double> aligned;  // clean, on the common square, of unit core flux
  double noise = 0;         // of the background, per pixel

  Centre centre() const { return {row->x, row->y}; }
  double snr2() const { return std::pow(row->core_flux / noise, 2); }
};

double room_of(const Array2D<double>& image, Centre c) {
  return std::min({c.x, c.y, image.width() - 1 - c.x, image.height() - 1 - c.y});
}

// The brightest pixel of the middle half of a cutout, or one outside of it when there are no data.
Centre brightest_near_middle(const Array2D<double>& image) {
  Centre best{-1, -1};
  double peak = -std::numeric_limits<double>::infinity();
  for (int y = image.height() / 4; y < image.height() - image.height() / 4; ++y)
    for (int x = image.width() / 4; x < image.width() - image.width() / 4; ++x)
      if (std::isfinite(image(x, y)) && image(x, y) > peak) {
        peak = image(x, y);
        best = {static_cast<double>(x), static_cast<double>(y)};
      }
  return best;
}

// Pixels with data at least `inner` from the centre, or at the very edge of a cutout that is smaller.
std::vector<double> ring_pixels(const Array2D<double>& image, Centre c, double inner) {
  const double radius = std::min(inner, room_of(image, c) - 0.5);
  std::vector<double> values;
  for (int y = 0; y < image.height(); ++y)
    for (int x = 0; x < image.width(); ++x)
      if (std::isfinite(image(x, y)) && std::hypot(x - c.x, y - c.y) >= radius) values.push_back(image(x, y));
  return values;
}

bool has_hole(const Array2D<double>& image, Centre c, double radius) {
  for (int y = 0; y < image.height(); ++y)
    for (int x = 0; x < image.width(); ++x)
      if (!std::isfinite(image(x, y)) && std::hypot(x - c.x, y - c.y) <= radius) return true;
  return false;
}

// A PSF is nearly symmetric under a half turn: the pixel across the centre is the best guess before there is
// a stack.
Array2D<double> filled_across(const Array2D<double>& image, Centre c) {
  Array2D<double> result = image;
  for (int y = 0; y < image.height(); ++y)
    for (int x = 0; x < image.width(); ++x) {
      if (std::isfinite(image(x, y))) continue;
      const int u = static_cast<int>(std::lround(2 * c.x)) - x,
                v = static_cast<int>(std::lround(2 * c.y)) - y;
      result(x, y) = image.contains(u, v) && std::isfinite(image(u, v)) ? image(u, v) : 0;
    }
  return result;
}

// A square around the pixel nearest to the centre.
Array2D<double> around(const Array2D<double>& image, Centre c, int half) {
  Array2D<double> result(2 * half + 1, 2 * half + 1);
  const int x0 = static_cast<int>(std::lround(c.x)) - half, y0 = static_cast<int>(std::lround(c.y)) - half;
  for (int y = 0; y < result.height(); ++y)
    for (int x = 0; x < result.width(); ++x)
      if (image.contains(x0 + x, y0 + y)) result(x, y) = image(x0 + x, y0 + y);
  return result;
}

class Stacker {
 public:
  Stacker(const std::vector<StarCutout>& cutouts, double scale_arcsec, const StackOptions& options)
      : scale_(scale_arcsec),
        options_(options),
        core_radius_(std::max(1.0, options.core_radius_arcsec / scale_arcsec)),
        rows_(cutouts.size()) {
    for (std::size_t i = 0; i < cutouts.size(); ++i) {
      rows_[i].name = cutouts[i].name;
      rows_[i].reason = admit(cutouts[i].image, rows_[i]);
    }
    for (int round = 0; round <= clipping_rounds && !stars_.empty(); ++round) {
      align();
      leave_out_misfits();
      if (round < clipping_rounds) clip();
    }
    for (const Star& star : stars_) star.row->used = true;
  }

  std::vector<StackedStar> rows() const { return rows_; }
  bool empty() const { return stars_.empty(); }

  // Mean weighted by the core's S/N^2 of the pixels that are not excluded; the median where all are.
  Array2D<double> weighted_mean() const {
    Array2D<double> result = median_;
    for (int y = 0; y < result.height(); ++y)
      for (int x = 0; x < result.width(); ++x) {
        double sum = 0, weights = 0;
        for (const Star& star : stars_)
          if (!excluded(star, x, y)) {
            sum += star.snr2() * star.aligned(x, y);
            weights += star.snr2();
          }
        if (weights > 0) result(x, y) = sum / weights;
      }
    return result;
  }

 private:
  // Step 1: where the star is, its background and its noise. Returns why it cannot be used, or nothing.
  std::string admit(const Array2D<double>& image, StackedStar& row) {
    if (image.width() < smallest_cutout || image.height() < smallest_cutout)
      return fmt::format("{} x {} pixels; at least {} x {} are needed", image.width(), image.height(),
                         smallest_cutout, smallest_cutout);
    const Centre c = brightest_near_middle(image);
    if (c.x < 0) return "no data in the middle of the cutout";
    row.x = c.x;
    row.y = c.y;
    if (room_of(image, c) < smallest_room) return "the star is too near the edge of the cutout";
    if (has_hole(image, c, core_radius_ + 1)) return "pixels without data in the core";
    const std::vector<double> ring = ring_pixels(image, c, options_.background_inner_arcsec / scale_);
    if (ring.size() < 10) return "too few pixels for the background";
    row.background = statistics::median(ring);
    Star star;
    star.row = &row;
    star.raw = image;
    for (double& v : star.raw) v = std::isfinite(v) ? v - row.background : nan;
    star.noise = statistics::mad_sigma(ring);
    star.filled = filled_across(star.raw, c);
    star.clean = star.filled;
    star.excluded = Array2D<char>(image.width(), image.height());
    std::transform(image.begin(), image.end(), star.excluded.begin(),
                   [](double v) { return !std::isfinite(v); });
    measure(star, core_sigma(around(star.filled, c, static_cast<int>(core_radius_) + 1)));
    const double snr = row.core_flux / (star.noise * std::sqrt(core_pixels()));
    if (!(snr >= smallest_core_snr)) return fmt::format("no star: core S/N of {:.1f}", snr);
    if (room_of(image, star.centre()) < smallest_room) return "the star is too near the edge of the cutout";
    star.noise =
        std::max(star.noise, 1e-9 * row.core_flux);  // an image without noise must not weigh infinity
    stars_.push_back(std::move(star));
    return {};
  }

  template <class F>
  void for_core(int half, F f) const {
    const int reach = std::min(half, static_cast<int>(core_radius_));
    for (int y = -reach; y <= reach; ++y)
      for (int x = -reach; x <= reach; ++x)
        if (std::hypot(x, y) <= core_radius_) f(half + x, half + y);
  }
  int core_pixels() const {
    int count = 0;
    for_core(static_cast<int>(core_radius_), [&](int, int) { ++count; });
    return count;
  }

  void measure(Star& star, double sigma) const {
    const Centre nearest{std::round(star.row->x), std::round(star.row->y)};
    const Centre c = windowed_centroid(star.clean, nearest, sigma);
    star.row->x = c.x;
    star.row->y = c.y;
    const int half = static_cast<int>(core_radius_);
    const Array2D<double> core = resampled(star.clean, c, half, 1);
    star.row->core_flux = 0;
    for_core(half, [&](int x, int y) { star.row->core_flux += core(x, y); });
  }

  // Step 2: all stars to the same centre and core flux, on the square common to all. One window for all, or
  // the centroid of a PSF that is not symmetric would depend on the star's place between the pixels.
  void align() {
    std::vector<double> sigmas;
    for (const Star& star : stars_)
      sigmas.push_back(core_sigma(around(star.clean, star.centre(), static_cast<int>(core_radius_) + 1)));
    const double sigma = statistics::median(sigmas);
    half_ = std::numeric_limits<int>::max();
    for (Star& star : stars_) {
      measure(star, sigma);
      half_ = std::min(half_, static_cast<int>(room_of(star.raw, star.centre())));
    }
    for (Star& star : stars_) {
      star.aligned = resampled(star.clean, star.centre(), half_, 1);
      star.row->fwhm_arcsec = fwhm_pixels(star.aligned) * scale_;
      for (double& v : star.aligned) v /= star.row->core_flux;
    }
  }

  // Whether the pixel nearest to (x, y) of the common square is NaN or clipped.
  bool excluded(const Star& star, int x, int y) const {
    const auto u = static_cast<int>(std::lround(star.row->x + x - half_));
    const auto v = static_cast<int>(std::lround(star.row->y + y - half_));
    return star.excluded.contains(u, v) && star.excluded(u, v);
  }

  void take_median() {
    median_ = Array2D<double>(2 * half_ + 1, 2 * half_ + 1);
    std::vector<double> values, all;
    for (int y = 0; y < median_.height(); ++y)
      for (int x = 0; x < median_.width(); ++x) {
        values.clear();
        all.clear();
        for (const Star& star : stars_) {
          all.push_back(star.aligned(x, y));
          if (!excluded(star, x, y)) values.push_back(star.aligned(x, y));
        }
        median_(x, y) = statistics::median(values.empty() ? all : values);
      }
  }

  // Step 3: a star whose core, as observed, differs from the median of all is no star, or not a single one.
  // The worst goes first, the fainter of two alike, and the median is taken anew.
  void leave_out_misfits() {
    for (;;) {
      take_median();
      for (Star& star : stars_) star.row->core_residual = core_residual(star);
      const auto worst = std::max_element(stars_.begin(), stars_.end(), [](const Star& a, const Star& b) {
        const double ra = a.row->core_residual, rb = b.row->core_residual;
        return std::abs(ra - rb) > 1e-9 ? ra < rb : a.snr2() > b.snr2();
      });
      if (worst->row->core_residual <= options_.max_core_residual) return;
      worst->row->reason = fmt::format("core differs from the stack by {:.3f} of the peak (rms; limit {:g})",
                                       worst->row->core_residual, options_.max_core_residual);
      stars_.erase(worst);
    }
  }

  double core_residual(const Star& star) const {
    const int reach = std::min(half_, static_cast<int>(core_radius_)), offset = half_ - reach;
    const Array2D<double> observed = resampled(star.filled, star.centre(), reach, 1);
    double sum = 0;
    int count = 0;
    for_core(reach, [&](int x, int y) {
      sum += std::pow(observed(x, y) / star.row->core_flux - median_(x + offset, y + offset), 2);
      ++count;
    });
    return std::sqrt(sum / count) / median_(half_, half_);
  }

  // Step 4: pixels that differ from the median of the stars, seen in the star's own pixels: a cosmic ray is
  // taken out before the shift could spread it. Of two stars neither can be told to be the wrong one.
  void clip() {
    const Array2D<double> spread = spread_of_stars();
    for (Star& star : stars_) clip(star, spread);
  }

  // Robust scatter of the aligned stars about their median, pooled over 3 x 3 pixels for the sake of few
  // stars, and what true stars differ by however many there are: the PSF varies, and the shift of an
  // undersampled star rings. Without the latter the core of a star far from the others in pixel phase would
  // be clipped.
  Array2D<double> spread_of_stars() const {
    Array2D<double> spread(median_.width(), median_.height());
    std::vector<double> deviations;
    for (int y = 0; y < spread.height(); ++y)
      for (int x = 0; x < spread.width(); ++x) {
        deviations.clear();
        double brightest = 0;
        for (int v = std::max(0, y - 1); v <= std::min(spread.height() - 1, y + 1); ++v)
          for (int u = std::max(0, x - 1); u <= std::min(spread.width() - 1, x + 1); ++u) {
            brightest = std::max(brightest, median_(u, v));
            for (const Star& star : stars_)
              if (!excluded(star, u, v)) deviations.push_back(std::abs(star.aligned(u, v) - median_(u, v)));
          }
        const double scatter = deviations.empty() ? 0 : 1.4826 * statistics::median(deviations);
        spread(x, y) = std::hypot(scatter, shape_tolerance * brightest);
      }
    return spread;
  }

  void clip(Star& star, const Array2D<double>& spread) const {
    const auto x0 = static_cast<int>(std::lround(star.row->x)),
               y0 = static_cast<int>(std::lround(star.row->y));
    const Array2D<double> model =
        resampled(median_, {half_ + x0 - star.row->x, half_ + y0 - star.row->y}, half_, 1);
    const double clip_sigma =
        stars_.size() < 3 ? std::numeric_limits<double>::infinity() : options_.clip_sigma;
    star.row->clipped_pixels = 0;
    for (int y = 0; y < star.raw.height(); ++y)
      for (int x = 0; x < star.raw.width(); ++x) {
        const double observed = star.raw(x, y);
        const int u = x - x0 + half_, v = y - y0 + half_;
        star.clean(x, y) = star.filled(x, y);
        star.excluded(x, y) = !std::isfinite(observed);
        if (!model.contains(u, v)) continue;
        const double expected = model(u, v) * star.row->core_flux;
        const double sigma = std::hypot(star.noise, spread(u, v) * star.row->core_flux);
        if (std::abs(observed - expected) > clip_sigma * sigma) {
          star.excluded(x, y) = true;
          ++star.row->clipped_pixels;
        }
        if (star.excluded(x, y)) star.clean(x, y) = expected;
      }
  }

  double scale_;
  StackOptions options_;
  double core_radius_;  // [pixel]
  std::vector<StackedStar> rows_;
  std::vector<Star> stars_;  // those in the stack so far
  int half_ = 0;             // of the common square
  Array2D<double> median_;   // of the aligned stars
};

std::string reasons(const std::vector<StackedStar>& rows) {
  std::string text;
  for (const StackedStar& row : rows)
    text += fmt::format("{}{}: {}", text.empty() ? "" : "; ", row.name, row.reason);
  return text;
}

}  // namespace

PsfStack stack_stars(const std::vector<StarCutout>& stars, double scale_arcsec, const StackOptions& options,
                     const std::string& what) {
  require(scale_arcsec > 0, "stack_stars: scale > 0");
  require(options.background_inner_arcsec > 0 && options.core_radius_arcsec > 0 && options.clip_sigma > 0 &&
              options.max_core_residual > 0,
          "stack_stars: options > 0");
  const Stacker stacker(stars, scale_arcsec, options);
  if (stacker.empty())
    throw InputError({what, "stars",
                      stars.empty() ? "none" : fmt::format("none usable ({})", reasons(stacker.rows())),
                      "at least one single, unsaturated star"});
  return {Psf::from_image(stacker.weighted_mean(), scale_arcsec, scale_arcsec, what), stacker.rows()};
}

std::vector<StarCutout> cut_stars(const Array2D<float>& mosaic,
                                  const std::vector<std::pair<double, double>>& positions, int size) {
  require(size >= smallest_cutout && size % 2 == 1, "cut_stars: an odd size of at least 11");
  std::vector<StarCutout> stars;
  for (const auto& [px, py] : positions) {
    StarCutout star{fmt::format("star at ({:.1f}, {:.1f})", px, py), Array2D<double>(size, size, nan)};
    const int half = size / 2;
    const double left = std::round(px) - half, bottom = std::round(py) - half;
    for (int y = 0; y < size; ++y)
      for (int x = 0; x < size; ++x) {
        const double u = left + x, v = bottom + y;
        if (u >= 0 && v >= 0 && u < mosaic.width() && v < mosaic.height())
          star.image(x, y) = mosaic(static_cast<int>(u), static_cast<int>(v));
      }
    stars.push_back(std::move(star));
  }
  return stars;
}

}  // namespace arcproof::sky
