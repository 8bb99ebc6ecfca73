#include "engine/sed/gas/nebular_continuum.h"

#include "engine/core/units.h"

#include <cmath>

namespace arcproof::sed {
namespace {

// CGS, CODATA 2018.
constexpr double planck_h = 6.62607015e-27, boltzmann_k = 1.380649e-16, light_c = 2.99792458e10;
constexpr double electron_mass = 9.1093837015e-28;
constexpr double rydberg_hz = 3.2880512e15;  // of hydrogen: c R_H
constexpr double helium_per_hydrogen = 0.1;
constexpr double electron_density_cm3 = 100;

// Bound-free Gaunt factor of level n at u = (energy of the free electron) / (binding energy), Seaton (1960).
double bound_free_gaunt(double n, double u) {
  const double a = std::cbrt(1 / (n * n * (u + 1) * (u + 1)));
  return 1 + 0.1728 * a * (u - 1) - 0.0496 * a * a * (u * u + 4.0 / 3.0 * u + 1);
}

// Nussbaumer & Schmutz (1984) eq. 2: photons per second of the 2s - 1s decay per interval of
// y = nu / nu(Lyman-alpha).
double two_photon_rate(double y) {
  const double w = y * (1 - y), g = std::pow(4 * w, 0.8);
  return 202.0 * (w * (1 - g) + 0.88 * std::pow(w, 1.53) * g);
}

}  // namespace

// Recombination to level n sends out photons above its threshold nu_n. With the cross section
// 7.907e-18 n (nu_n / nu)^3 g cm^2 the Milne relation loses its power of nu:
//   gamma_n = 4 pi (2 h / c^2) (h^2 / 2 pi m k T)^1.5 7.907e-18 n^3 nu_n^3 g exp(-h (nu - nu_n) / k T).
double free_bound_emission(double frequency_hz, double temperature_k) {
  constexpr int highest = 60;  // above it the terms merge into the free-free emission
  const double wave = planck_h * planck_h / (2 * units::pi * electron_mass * boltzmann_k * temperature_k);
  const double scale =
      4 * units::pi * 2 * planck_h / (light_c * light_c) * wave * std::sqrt(wave) * 7.907e-18;
  double sum = 0;
  for (int n = 2; n <= highest; ++n) {
    const double threshold = rydberg_hz / (n * n);
    if (frequency_hz < threshold) continue;
    const double n_nu = n * threshold;
    sum += n_nu * n_nu * n_nu * bound_free_gaunt(n, frequency_hz / threshold - 1) *
           std::exp(-planck_h * (frequency_hz - threshold) / (boltzmann_k * temperature_k));
  }
  return scale * sum;
}

// Draine (2011) section 10.2: 4 pi times his emission per solid angle.
double free_free_emission(double frequency_hz, double temperature_k) {
  const double t4 = temperature_k / 1e4, reduced = frequency_hz / 1e9 / (t4 * std::sqrt(t4));
  const double gaunt =
      std::log(std::exp(5.960 - std::sqrt(3.0) / units::pi * std::log(reduced)) + std::exp(1.0));
  return 6.842e-38 / std::sqrt(temperature_k) * gaunt *
         std::exp(-planck_h * frequency_hz / (boltzmann_k * temperature_k));
}

// 2s is filled at 0.838e-13 (T/1e4)^-0.728 cm^3/s (Osterbrock & Ferland 2006 table 4.11) and decays by two
// photons unless a collision moves it to 2p first (critical density 1.55e4 cm^-3).
double two_photon_emission(double frequency_hz, double temperature_k) {
  const double y = frequency_hz / (0.75 * rydberg_hz);
  if (y >= 1) return 0;
  const double filling = 0.838e-13 * std::pow(temperature_k / 1e4, -0.728);
  const double surviving = 1 / (1 + electron_density_cm3 / 1.55e4);
  return filling * surviving * planck_h * y * two_photon_rate(y) / 8.2249;
}

double case_b_recombination(double temperature_k) {
  const double t4 = temperature_k / 1e4;
  return 2.54e-13 * std::pow(t4, -0.8163 - 0.0208 * std::log(t4));
}

double continuum_emission(double frequency_hz, double temperature_k) {
  return (1 + helium_per_hydrogen) * (free_bound_emission(frequency_hz, temperature_k) +
                                      free_free_emission(frequency_hz, temperature_k)) +
         two_photon_emission(frequency_hz, temperature_k);
}

std::vector<double> nebular_continuum(std::span<const double> wavelength_angstrom, double temperature_k) {
  const double per_photon = 1 / (case_b_recombination(temperature_k) * units::solar_luminosity_erg_s);
  std::vector<double> spectrum(wavelength_angstrom.size());
  for (std::size_t i = 0; i < spectrum.size(); ++i) {
    const double frequency = units::speed_of_light_angstrom_s / wavelength_angstrom[i];
    spectrum[i] =
        continuum_emission(frequency, temperature_k) * per_photon * frequency / wavelength_angstrom[i];
  }
  return spectrum;
}

}  // namespace arcproof::sed
