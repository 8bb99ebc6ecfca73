#include "engine/sed/gas/nebular.h"

#include "engine/core/error.h"
#include "engine/core/units.h"

#include <algorithm>
#include <cmath>

namespace arcproof::sed {
namespace {

/// Share of point i in the trapezoid rule.
double cell(std::span<const double> x, std::size_t i) {
  const double left = i > 0 ? x[i - 1] : x[i], right = i + 1 < x.size() ? x[i + 1] : x[i];
  return 0.5 * (right - left);
}

/// Adds a Gaussian of one local step whose trapezoid integral on the grid is `luminosity`, whatever the grid.
void add_line(std::span<const double> x, std::vector<double>& spectrum, double wavelength,
              double luminosity) {
  if (wavelength < x.front() || wavelength > x.back()) return;
  const std::size_t right = std::clamp<std::size_t>(
      static_cast<std::size_t>(std::lower_bound(x.begin(), x.end(), wavelength) - x.begin()), 1,
      x.size() - 1);
  const double sigma = x[right] - x[right - 1];
  constexpr double reach = 4;
  const auto from = std::lower_bound(x.begin(), x.end(), wavelength - reach * sigma) - x.begin();
  const auto to = std::upper_bound(x.begin(), x.end(), wavelength + reach * sigma) - x.begin();
  std::vector<double> profile;
  double integral = 0;
  for (auto i = from; i < to; ++i) {
    const double y = (x[static_cast<std::size_t>(i)] - wavelength) / sigma;
    profile.push_back(std::exp(-0.5 * y * y));
    integral += profile.back() * cell(x, static_cast<std::size_t>(i));
  }
  for (auto i = from; i < to; ++i)
    spectrum[static_cast<std::size_t>(i)] +=
        luminosity * profile[static_cast<std::size_t>(i - from)] / integral;
}

std::vector<double> lines_of(std::span<const double> x, const NebularGas& gas) {
  std::vector<double> spectrum(x.size(), 0.0);
  const double h_beta = h_beta_per_photon(gas.temperature_k) / units::solar_luminosity_erg_s;
  for (const EmissionLine& line : emission_lines(gas))
    add_line(x, spectrum, line.wavelength_angstrom, h_beta * line.over_h_beta);
  return spectrum;
}

void check_grid(std::span<const double> x, double metallicity) {
  require(x.size() >= 2, "nebular_spectrum: the grid has two wavelengths or more");
  require(metallicity > 0, "nebular_spectrum: metallicity > 0");
}

}  // namespace

std::vector<double> nebular_spectrum(std::span<const double> wavelength_angstrom, double metallicity,
                                     double log_u) {
  check_grid(wavelength_angstrom, metallicity);
  const NebularGas gas = nebular_gas(metallicity, log_u);
  std::vector<double> spectrum = nebular_continuum(wavelength_angstrom, gas.temperature_k);
  const std::vector<double> lines = lines_of(wavelength_angstrom, gas);
  for (std::size_t i = 0; i < spectrum.size(); ++i) spectrum[i] += lines[i];
  return spectrum;
}

std::vector<double> soft_light_change(std::span<const double> wavelength_angstrom, double metallicity,
                                      double log_u) {
  check_grid(wavelength_angstrom, metallicity);
  NebularGas gas = nebular_gas(metallicity, log_u);
  const std::vector<double> young = lines_of(wavelength_angstrom, gas);
  gas.doubly_ionised_oxygen = 0;
  std::vector<double> change = lines_of(wavelength_angstrom, gas);
  for (std::size_t i = 0; i < change.size(); ++i) change[i] -= young[i];
  return change;
}

}  // namespace arcproof::sed
