#include "engine/sed/parametric_filter.h"

#include "engine/core/error.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace arcproof::sed {
namespace {

// A band is a top hat with logistic edges and a gently bent top,
//
//   T(l) = E((l - a) / u) E((b - l) / v) (1 + s x + q x^2),   x = (2 l - a - b) / (b - a),
//   E(y) = 1 / (1 + exp(-y)),
//
// all in Angstrom. The six numbers describe the system responses published by STScI: NIRCam, JWST user
// documentation, "NIRCam Filters", mean system throughput of November 2022; ACS/WFC and WFC3, their
// instrument handbooks. They were fitted by tests/reference/generators/parametric_filters.py.
//
// Accuracy: synthetic magnitudes of stellar spectra (single bursts of 2 Myr ... 10 Gyr, Z = 0.0004 ... 0.02)
// at z = 0.5 ... 8, wherever the band holds no light at or below Lyman-alpha, differ from those through the
// real curves by at most 0.006 mag (F850LP: 0.026); pivots by at most 0.1%, half-power points by 0.4%. Young
// populations whose strong lines cross the edges of a band: 0.025; the Lyman break inside a band (half of it
// lit): 0.015. The scale of the throughput is arbitrary; magnitudes do not depend on it.
struct Shape {
  std::string_view band;
  double a, b, u, v, s, q;
};

constexpr std::array<Shape, 35> shapes{{
    // ACS/WFC
    {"F435W", 3784, 4823, 78, 9, 0.18, -0.20},
    {"F475W", 3998, 5488, 51, 10, 0.08, -0.22},
    {"F606W", 4765, 7093, 53, 12, 0.08, -0.08},
    {"F775W", 7011, 8540, 51, 17, -0.26, -0.08},
    {"F814W", 7098, 9591, 67, 29, -0.59, -0.08},
    {"F850LP", 8378, 10093, 109, 245, -0.68, 0.22},
    // NIRCam
    {"F070W", 6140, 7811, 49, 25, 0.32, 0.02},
    {"F090W", 7947, 10065, 9, 27, 0.11, -0.05},
    {"F115W", 10080, 12821, 41, 43, 0.26, 0.03},
    {"F140M", 13310, 14794, 55, 45, 0.04, 0.15},
    {"F150W", 13292, 16694, 39, 39, 0.08, -0.00},
    {"F162M", 15402, 17140, 35, 57, 0.02, -0.02},
    {"F182M", 17223, 19688, 45, 63, 0.02, 0.02},
    {"F200W", 17538, 22296, 36, 62, 0.01, -0.04},
    {"F210M", 19909, 22029, 49, 57, -0.01, -0.02},
    {"F250M", 24114, 25954, 30, 41, 0.01, -0.01},
    {"F277W", 24238, 31330, 163, 133, 0.06, 0.05},
    {"F300M", 28343, 31531, 141, 141, 0.08, 0.17},
    {"F335M", 31709, 35369, 117, 225, 0.13, 0.03},
    {"F356W", 31259, 39798, 125, 217, 0.14, -0.05},
    {"F360M", 34219, 38135, 145, 176, 0.10, 0.00},
    {"F410M", 38667, 43001, 190, 208, 0.03, 0.08},
    {"F430M", 41685, 43989, 89, 90, -0.05, 0.06},
    {"F444W", 38794, 50155, 151, 273, -0.17, -0.17},
    {"F460M", 45160, 47489, 93, 133, -0.07, 0.02},
    {"F480M", 46640, 49828, 157, 269, -0.13, 0.05},
    // WFC3/IR
    {"F105W", 9056, 11998, 64, 30, 0.12, -0.07},
    {"F110W", 8947, 14011, 57, 32, 0.16, -0.17},
    {"F125W", 10977, 14000, 17, 27, 0.05, -0.07},
    {"F140W", 11990, 15959, 25, 30, -0.01, -0.04},
    {"F160W", 14001, 16882, 35, 29, -0.10, -0.08},
    // WFC3/UVIS
    {"F275W", 2502, 3049, 33, 21, -0.64, 0.26},
    {"F336W", 3090, 3658, 16, 9, -0.16, -0.24},
    {"F390W", 3406, 4410, 61, 9, 0.14, -0.16},
    {"F438W", 3953, 4668, 15, 8, 0.14, -0.30},
}};

double edge(double y) { return 1 / (1 + std::exp(-y)); }

double response(const Shape& shape, double wavelength) {
  const double x = (2 * wavelength - shape.a - shape.b) / (shape.b - shape.a);
  return edge((wavelength - shape.a) / shape.u) * edge((shape.b - wavelength) / shape.v) *
         std::max(0.0, 1 + shape.s * x + shape.q * x * x);
}

}  // namespace

Filter parametric_filter(const std::string& band) {
  const auto shape =
      std::find_if(shapes.begin(), shapes.end(), [&](const Shape& s) { return s.band == band; });
  if (shape == shapes.end())
    throw InputError({"", "band", band, fmt::format("{}", fmt::join(parametric_filter_bands(), ", "))});
  constexpr int samples = 401;
  constexpr double reach = 10;  // widths of an edge: there it has fallen to 5e-5
  const double low = shape->a - reach * shape->u, high = shape->b + reach * shape->v;
  Filter filter{band, {}, {}};
  for (int i = 0; i < samples; ++i) {
    const double wavelength = low + (high - low) * i / (samples - 1);
    filter.wavelength_angstrom.push_back(wavelength);
    filter.throughput.push_back(response(*shape, wavelength));
  }
  return filter;
}

std::vector<std::string> parametric_filter_bands() {
  std::vector<std::string> bands;
  bands.reserve(shapes.size());
  for (const Shape& shape : shapes) bands.emplace_back(shape.band);
  return bands;
}

}  // namespace arcproof::sed
