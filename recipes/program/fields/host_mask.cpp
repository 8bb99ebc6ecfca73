#include "recipes/program/fields/host_mask.h"

#include "engine/core/error.h"
#include "engine/core/units.h"
#include "engine/io/ds9.h"
#include "engine/io/fits.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <fmt/format.h>

namespace arcproof::recipes {
namespace {

using Polygon = std::vector<sky::PixelPosition>;

// Outline of a region in its own coordinates: pixels, or degrees on the sky.
std::vector<std::pair<double, double>> outline_of(const io::Ds9Region& region, bool on_sky) {
  constexpr int corners = 90;
  if (!region.vertices.empty()) return region.vertices;
  const double c = std::cos(region.angle_deg * units::degree), s = std::sin(region.angle_deg * units::degree);
  std::vector<std::pair<double, double>> outline;
  for (int k = 0; k < corners; ++k) {
    const double t = 2 * units::pi * k / corners;
    const double u = region.radius_x * std::cos(t), v = region.radius_y * std::sin(t);
    const double x = u * c - v * s, y = u * s + v * c;
    if (on_sky)  // x to the West [arcsec]
      outline.emplace_back(region.x - x / 3600 / std::cos(region.y * units::degree), region.y + y / 3600);
    else outline.emplace_back(region.x + x, region.y + y);
  }
  return outline;
}

// Even-odd rule along rows: crossings of the outline with the line of pixel centres.
void fill(const Polygon& polygon, Array2D<unsigned char>& mask) {
  double low = HUGE_VAL, high = -HUGE_VAL;
  for (const sky::PixelPosition& p : polygon) {
    low = std::min(low, p.y);
    high = std::max(high, p.y);
  }
  if (!(low <= high)) return;
  const int first = std::max(0, static_cast<int>(std::ceil(std::max(low, 0.0))));
  const int last = static_cast<int>(std::floor(std::min(high, mask.height() - 1.0)));
  for (int y = first; y <= last; ++y) {
    std::vector<double> crossings;
    for (std::size_t i = 0; i < polygon.size(); ++i) {
      const sky::PixelPosition &a = polygon[i], &b = polygon[(i + 1) % polygon.size()];
      if ((a.y <= y) != (b.y <= y)) crossings.push_back(a.x + (y - a.y) / (b.y - a.y) * (b.x - a.x));
    }
    std::sort(crossings.begin(), crossings.end());
    for (std::size_t k = 0; k + 1 < crossings.size(); k += 2)
      for (int x = std::max(0, static_cast<int>(std::ceil(crossings[k])));
           x <= crossings[k + 1] && x < mask.width(); ++x)
        mask(x, y) = 1;
  }
}

void require_members(const Array2D<unsigned char>& mask, const std::filesystem::path& path,
                     const std::string& found) {
  if (std::none_of(mask.begin(), mask.end(), [](unsigned char m) { return m != 0; }))
    refuse(path, "host", found, "a galaxy on the image");
}

}  // namespace

Array2D<unsigned char> read_mask_image(const std::filesystem::path& path, const std::string& hdu, int width,
                                       int height) {
  const io::FitsImage image = io::read_fits_image(path, hdu);
  if (image.pixels.width() != width || image.pixels.height() != height)
    refuse(path, "HDU " + image.hdu,
           fmt::format("{} x {} pixels", image.pixels.width(), image.pixels.height()),
           fmt::format("{} x {} pixels as the exposures", width, height));
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      if (const double v = image.pixels(x, y); v < 0 || v != std::floor(v))
        refuse(path, fmt::format("HDU {}: pixel ({}, {}) from 0", image.hdu, x, y), fmt::format("{:g}", v),
               "a mask: 0, or 1 (a whole number above 0) on the host");
  Array2D<unsigned char> mask(width, height, 0);
  std::transform(image.pixels.begin(), image.pixels.end(), mask.begin(),
                 [](double v) { return static_cast<unsigned char>(v > 0); });
  require_members(mask, path, "no pixel above 0");
  return mask;
}

Array2D<unsigned char> read_mask_regions(const std::filesystem::path& path,
                                         const std::optional<sky::Wcs>& wcs, int width, int height) {
  const io::Ds9File file = io::read_ds9(path, io::Ds9Shapes::outlines);
  const bool on_sky = file.frame != io::Ds9Frame::image;
  if (on_sky && !wcs)
    refuse(path, "regions", "sky positions, but the exposures have no WCS", "regions in pixels");
  Array2D<unsigned char> mask(width, height, 0);
  for (const io::Ds9Region& region : file.regions) {
    Polygon polygon;
    for (const auto& [x, y] : outline_of(region, on_sky))
      polygon.push_back(on_sky ? wcs->to_pixel({x, y}) : sky::PixelPosition{x, y});
    fill(polygon, mask);
  }
  require_members(mask, path, fmt::format("{} regions without a pixel of the image", file.regions.size()));
  return mask;
}

}  // namespace arcproof::recipes
