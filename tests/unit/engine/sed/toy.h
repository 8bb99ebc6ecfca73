// Small made-up libraries and grids whose properties are known.
#pragma once

#include "engine/core/random.h"
#include "engine/sed/fits/grids/grid.h"
#include "engine/sed/libraries/library.h"

#include <cmath>
#include <functional>
#include <vector>

namespace arcproof::sed::toy {

/// n values from a to b, evenly in the logarithm.
inline std::vector<double> log_grid(double a, double b, int n) {
  std::vector<double> grid;
  grid.reserve(static_cast<std::size_t>(n));
  for (int i = 0; i < n; ++i) grid.push_back(a * std::pow(b / a, static_cast<double>(i) / (n - 1)));
  return grid;
}

/// A library with luminosity(wavelength, age, metallicity).
inline Library library(std::vector<double> wavelengths, std::vector<double> ages,
                       std::vector<double> metallicities,
                       const std::function<double(double, double, double)>& luminosity) {
  Library out;
  out.name = "toy";
  out.wavelength_angstrom = std::move(wavelengths);
  out.age_myr = std::move(ages);
  out.metallicity = std::move(metallicities);
  for (const double z : out.metallicity) {
    for (const double age : out.age_myr) {
      const std::size_t first = out.luminosity.size();
      for (const double x : out.wavelength_angstrom)
        out.luminosity.push_back(static_cast<float>(luminosity(x, age, z)));
      out.log_ionising_rate.push_back(
          log_ionising_rate(out.wavelength_angstrom, std::span(out.luminosity).subspan(first)));
    }
  }
  return out;
}

inline Filter box(std::string band, double low, double high) {
  return {std::move(band), {low - 0.01, low, high, high + 0.01}, {0, 1, 1, 0}};
}

/// A grid of models with random fluxes, log-normal about 1 with a spread of `dex`.
inline ModelGrid random_grid(std::size_t models, std::size_t bands, double dex, Random& random) {
  ModelGrid grid;
  grid.z = 1;
  for (std::size_t b = 0; b < bands; ++b) grid.bands.push_back("band " + std::to_string(b));
  grid.usable_band.assign(bands, true);
  for (std::size_t m = 0; m < models; ++m) {
    grid.models.push_back({std::pow(10, random.uniform(0, 3)),
                           random.uniform(0.0004, 0.02),
                           m % 3 == 0 ? 0 : random.uniform(0, 1),
                           {random.uniform(0, 100)}});
    for (std::size_t b = 0; b < bands; ++b)
      grid.flux_njy_per_msun.push_back(std::pow(10, random.normal(0, dex)));
  }
  return grid;
}

}  // namespace arcproof::sed::toy
