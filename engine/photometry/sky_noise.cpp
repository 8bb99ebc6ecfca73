#include "engine/photometry/sky_noise.h"

#include "engine/core/missing.h"
#include "engine/core/statistics.h"
#include "engine/core/units.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <Eigen/Dense>

namespace arcproof::photometry {
namespace {

struct SkyPixel {
  double dx, dy, value;
};

std::vector<SkyPixel> sky_pixels(const Array2D<float>& image, const Array2D<int>& segmentation, double x,
                                 double y, int half) {
  std::vector<SkyPixel> pixels;
  const int cx = static_cast<int>(std::lround(x)), cy = static_cast<int>(std::lround(y));
  for (int j = cy - half; j <= cy + half; ++j)
    for (int i = cx - half; i <= cx + half; ++i) {
      if (!image.contains(i, j) || segmentation(i, j) != 0 || !std::isfinite(image(i, j))) continue;
      pixels.push_back({static_cast<double>(i - cx), static_cast<double>(j - cy), image(i, j)});
    }
  return pixels;
}

// Residuals about the best plane: the host's gradient is not noise.
std::vector<double> about_plane(const std::vector<SkyPixel>& pixels) {
  Eigen::Matrix3d normal = Eigen::Matrix3d::Zero();
  Eigen::Vector3d right = Eigen::Vector3d::Zero();
  for (const SkyPixel& p : pixels) {
    const Eigen::Vector3d row(1, p.dx, p.dy);
    normal += row * row.transpose();
    right += row * p.value;
  }
  const Eigen::Vector3d plane = normal.ldlt().solve(right);
  std::vector<double> residual;
  for (const SkyPixel& p : pixels) residual.push_back(p.value - plane[0] - plane[1] * p.dx - plane[2] * p.dy);
  return residual;
}

// Some pixel of an object lies within `reach` of (x, y).
bool near_object(const Array2D<int>& segmentation, double x, double y, double reach) {
  for (int j = static_cast<int>(std::ceil(y - reach)); j <= y + reach; ++j)
    for (int i = static_cast<int>(std::ceil(x - reach)); i <= x + reach; ++i)
      if (segmentation.contains(i, j) && segmentation(i, j) != 0 && std::hypot(i - x, j - y) <= reach)
        return true;
  return false;
}

// Apertures at random places, `margin` pixels away from every object.
std::vector<double> empty_apertures(const Array2D<float>& image, const Array2D<int>& segmentation,
                                    double radius, double margin, int count, Random& random) {
  std::vector<double> fluxes;
  for (int attempt = 0; attempt < 50 * count && static_cast<int>(fluxes.size()) < count; ++attempt) {
    const double x = random.uniform(radius, image.width() - 1 - radius);
    const double y = random.uniform(radius, image.height() - 1 - radius);
    if (near_object(segmentation, x, y, radius + margin)) continue;
    const double flux = aperture_flux(image, x, y, radius, &segmentation);
    if (std::isfinite(flux)) fluxes.push_back(flux);
  }
  return fluxes;
}

}  // namespace

double aperture_flux(const Array2D<float>& image, double x, double y, double radius,
                     const Array2D<int>* segmentation) {
  constexpr int split = 10;
  double sum = 0;
  for (int j = static_cast<int>(std::floor(y - radius)); j <= std::ceil(y + radius); ++j)
    for (int i = static_cast<int>(std::floor(x - radius)); i <= std::ceil(x + radius); ++i) {
      int inside = 0;
      for (int k = 0; k < split * split; ++k) {
        const int row = k / split, column = k % split;
        const double dx = i + (column + 0.5) / split - 0.5 - x, dy = j + (row + 0.5) / split - 0.5 - y;
        inside += dx * dx + dy * dy <= radius * radius;
      }
      if (inside == 0) continue;
      if (!image.contains(i, j) || !std::isfinite(image(i, j))) return nan;
      if (segmentation && (*segmentation)(i, j) != 0) return nan;
      sum += static_cast<double>(image(i, j)) * inside / (split * split);
    }
  return sum;
}

double local_sky_sigma(const Array2D<float>& image_njy, const Array2D<int>& segmentation, double x, double y,
                       int half_box) {
  for (int half = half_box; half <= 4 * half_box; half *= 2) {
    const std::vector<SkyPixel> pixels = sky_pixels(image_njy, segmentation, x, y, half);
    if (pixels.size() < 100) continue;
    return statistics::sigma_clipped(about_plane(pixels)).sigma;
  }
  return std::nan("");
}

DepthLimit limiting_depth(const Array2D<float>& image_njy, const Array2D<int>& segmentation,
                          const sky::Psf& psf, const LimitOptions& options, Random& random) {
  const double radius = options.radius_fwhm * psf.fwhm_arcsec() / psf.scale_arcsec();
  // The wings of objects are not empty sky; where a field leaves no room for that, their footprints must do.
  std::vector<double> fluxes;
  for (const double margin : {2 * radius, radius, 0.0}) {
    fluxes = empty_apertures(image_njy, segmentation, radius, margin, options.apertures, random);
    if (static_cast<int>(fluxes.size()) >= options.apertures / 2) break;
  }
  DepthLimit limit{std::nan(""), std::nan(""), static_cast<int>(fluxes.size())};
  if (fluxes.size() < 20) return limit;
  limit.flux_njy =
      options.sigmas * statistics::mad_sigma(fluxes) / psf.encircled_energy(radius * psf.scale_arcsec());
  limit.mag_ab = units::abmag_from_njy(limit.flux_njy);
  return limit;
}

}  // namespace arcproof::photometry
