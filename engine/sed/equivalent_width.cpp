#include "engine/sed/equivalent_width.h"

#include "engine/core/error.h"
#include "engine/core/missing.h"
#include "engine/core/units.h"

#include <algorithm>
#include <cmath>

namespace arcproof::sed {
namespace {

/// Mean between two wavelengths of a spectrum that is a straight line between its own.
double mean_between(const std::vector<double>& x, const std::vector<double>& y, double low, double high) {
  double integral = 0;
  for (std::size_t i = 1; i < x.size(); ++i) {
    const double from = std::max(low, x[i - 1]), to = std::min(high, x[i]);
    if (to > from)
      integral += (to - from) * std::lerp(y[i - 1], y[i], (0.5 * (from + to) - x[i - 1]) / (x[i] - x[i - 1]));
  }
  return integral / (high - low);
}

/// The windows are as wide and as far from the line on both sides: the straight line at the line is the mean
/// of their means.
double stellar_continuum(const Library& library, const Population& population, const MeasuredLine& line) {
  const std::vector<double>& x = library.wavelength_angstrom;
  const std::vector<double> stars = rest_frame_spectrum(library, population, {.covering_fraction = 0});
  const double at = line.wavelength_angstrom;
  return 0.5 * (mean_between(x, stars, at - line.far_angstrom, at - line.near_angstrom) +
                mean_between(x, stars, at + line.near_angstrom, at + line.far_angstrom));
}

double over_h_beta(const NebularGas& gas, const MeasuredLine& measured) {
  for (const EmissionLine& line : emission_lines(gas))
    if (std::abs(line.wavelength_angstrom - measured.wavelength_angstrom) < 1) return line.over_h_beta;
  throw ContractError("line_light: a line of emission_lines");
}

/// Line and continuum of the gas that absorbs all ionising photons of some stars of one metallicity.
LineLight gas_light(const IonisingRate& rate, const NebularGas& gas, const MeasuredLine& line) {
  const double h_beta = h_beta_per_photon(gas.temperature_k) / units::solar_luminosity_erg_s;
  const double wavelength[] = {line.wavelength_angstrom};
  NebularGas soft = gas;
  soft.doubly_ionised_oxygen = 0;
  return {h_beta * ((rate.all - rate.soft) * over_h_beta(gas, line) + rate.soft * over_h_beta(soft, line)), 0,
          rate.all * nebular_continuum(wavelength, gas.temperature_k).front()};
}

}  // namespace

LineLight line_light(const Library& library, const Population& population, const MeasuredLine& line,
                     const SynthesisOptions& options) {
  check_synthesis(options);
  const std::vector<double>& x = library.wavelength_angstrom;
  if (x.front() > line.wavelength_angstrom - line.far_angstrom ||
      x.back() < line.wavelength_angstrom + line.far_angstrom)
    return {nan, nan, nan};
  LineLight light{0, stellar_continuum(library, population, line), 0};
  const std::vector<NodeWeight> nodes = node_weights(library, population);
  for (std::size_t iz = 0; iz < library.metallicity.size(); ++iz) {
    const IonisingRate rate = ionising_rate(library, nodes, iz);
    if (rate.all <= 0) continue;
    const LineLight gas = gas_light(rate, nebular_gas(library.metallicity[iz], options.log_u), line);
    light.line += options.covering_fraction * gas.line;
    light.gas += options.covering_fraction * gas.gas;
  }
  const double depth = -0.4 * dust_k(options.dust, line.wavelength_angstrom) * population.ebv_mag;
  const double through = std::pow(10, depth / options.stars_over_gas_ebv);
  return {light.line * through, light.stars * std::pow(10, depth), light.gas * through};
}

std::vector<double> young_ages_myr() {
  std::vector<double> ages;
  for (int quarter = 4; quarter <= 40; ++quarter) ages.push_back(0.25 * quarter);
  return ages;
}

}  // namespace arcproof::sed
