// The embedded library: an analytic description of the light of a single burst.
//
// Above the Lyman limit the light is the sum of five kinds of star, each a blackbody bent by a broken power
// law (metal lines, the Balmer and 4000 Angstrom breaks, molecular bands):
//
//   L(l; t, Z) = sum_k 10^a_k(t, Z) 10^c_k(l) P_k(l),      P_k(l) = (x^4 / (e^x - 1) / 4.779841) / l,
//   x = h c / (l k T_k),
//
// so that 10^a_k [Lsun per Msun formed] is the peak of l L of an unbent component. c_k is a straight line in
// log l between the wavelengths of `bends`, a_k one in log t between the ages of `log_ages_yr`; both are held
// beyond their ends. Below the limit the light is a blackbody of temperature T(t), scaled to the rate of
// ionising photons Q_H(t, Z), whose logarithm is a straight line in log t between the ages of
// `log_rate_ages_yr`.
//
// The 375 numbers of the components (22 of them say that there is nothing) and 54 more describe the
// single bursts of Bruzual & Charlot (2003, 2016 update; Padova 1994 tracks, BaSeL 3.1 atlas, Chabrier 2003
// IMF from 0.1 to 100 Msun). They are what tests/reference/generators/analytic_library.py prints.
//
// Greatest difference from those bursts over Z = 0.0004, 0.004, 0.008, 0.02 and all ages of the range, as
// tests/reference/engine/sed/libraries/analytic_library_test.cpp measures it:
//
//   U-B, B-V, V-I                               1 Myr ... 10 Gyr    0.14, 0.10, 0.13 mag
//   log M/L_V                                   1 Myr ... 10 Gyr    0.09
//   slope of f_lambda from 1400 to 2500 A       1 ... 300 Myr       0.21
//   log L(1550 A) / L_V                         1 ... 300 Myr       0.12
//   Balmer break, log L(4250 A) / L(3500 A)     1 Myr ... 10 Gyr    0.07
//   Lyman break, log L(960 A) / L(700-900 A)    1 ... 10 Myr        0.20
//   log L_K / L_V                               1 Myr ... 10 Gyr    0.12
//   log Q_H                                     1 ... 10 Myr        0.15
//   surviving mass                              1 Myr ... 10 Gyr    0.02
//
// It knows no spectral lines; beyond 3 um nothing was asked of it but the general shape.
#include "engine/sed/libraries/analytic_library.h"

#include "engine/core/interpolate.h"
#include "engine/core/units.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace arcproof::sed {
namespace {

constexpr std::array<double, 4> metallicities{0.0004, 0.004, 0.008, 0.02};
constexpr std::array<double, 15> bends_angstrom{912,  1000, 1216, 1600, 2200, 2800,  3600, 3750,
                                                3950, 4080, 5000, 6500, 9000, 16000, 60000};
constexpr std::array<double, 15> log_ages_yr{6,    6.3, 6.5, 6.6, 6.7, 6.8, 6.96, 7.1,
                                             7.36, 7.7, 8.2, 8.7, 9.1, 9.5, 10.13};

struct Component {
  double temperature_k;
  std::array<double, 15> bend;  ///< c_k at bends_angstrom
  std::array<std::array<double, 15>, 4>
      amplitude;  ///< a_k at log_ages_yr, by metallicity; -4: none to be seen
};
constexpr std::array<Component, 5> components{{
    // 42,000 K: O stars, and the hot remnants of old populations
    {42000,
     {-0.1, 0.38, 0.24, 0.11, 0.12, 0.08, 0.01, 0.02, -0.02, -0.02, -0.13, -0.19, -0.33, -0.55, -0.56},
     {{{2.52, 2.61, 2.94, 2.8, 2.63, 2.5, 2.28, 2.05, 1.64, 1, -0.02, -1.61, -4, -3.01, -3},
       {2.63, 2.65, 2.82, 2.62, 2.69, 2.39, 2.18, 1.93, 1.52, 0.82, -0.51, -3.59, -4, -2.89, -3.05},
       {2.65, 2.73, 2.89, 2.69, 2.55, 2.38, 2.1, 1.86, 1.39, 0.56, -1.07, -4, -4, -3.1, -3.03},
       {2.71, 2.78, 2.86, 2.55, 2.4, 2.19, 2.02, 1.68, 1.17, 0.16, -2.49, -4, -3.79, -3.61, -3.17}}}},
    // 17,000 K: B stars
    {17000,
     {-2.07, 0.17, 0.46, 0.35, 0.02, -0.04, -0.1, -0.04, 0.06, 0.01, -0.08, -0.19, -0.14, 0, -0.69},
     {{{1.03, 0.41, 1.14, 1.17, 1.77, 1.54, 1.51, 1.38, 1.22, 1, 0.51, -0.25, -0.99, -1.99, -4},
       {-4, -1.36, 1.94, 2.02, 1.62, 1.83, 1.53, 1.57, 1.29, 0.99, 0.47, -0.53, -1.94, -4, -4},
       {-2.8, 1.46, 1.95, 2.02, 1.96, 1.69, 1.69, 1.59, 1.35, 1.02, 0.4, -0.74, -2.79, -4, -4},
       {1.31, 1.53, 2.16, 2.17, 2.05, 2.06, 1.62, 1.59, 1.34, 1, 0.25, -1.17, -4, -4, -3.84}}}},
    // 9,500 K: A stars
    {9500,
     {-0.16, -0.68, -0.97, 0, -0.2, -0.38, -0.19, -0.03, 0.22, 0.25, 0.2, 0.16, 0.08, -0.1, 0.31},
     {{{-3.99, -3.01, 1.65, 1.38, 0.01, 0.59, -0.58, 0.55, 0.4, 0.37, 0.22, 0.04, -0.51, -1, -2.22},
       {0.87, 0.57, 1.29, 1.7, 1.36, 1.19, 1.09, 0.14, 0.5, 0.43, 0.25, 0, -0.52, -1.82, -4},
       {0.9, 0.73, 0.76, 0.72, 1.11, 1.22, 0.65, 0.75, 0.42, 0.45, 0.32, 0.01, -0.64, -2.37, -4},
       {0.78, 0.75, 0.93, 1.39, 1.33, 1.17, -0.42, -2.17, 0.09, 0.31, 0.33, -0.07, -0.88, -2.78, -4}}}},
    // 5,800 K: F and G stars
    {5800,
     {0, 0, -0.52, 0.49, 0.17, -0.02, -0.01, -0.02, 0, 0.03, -0.06, -0.06, -0.11, -0.27, -0.47},
     {{{0.35, 0.37, 0.51, 1.36, 1.03, -0.62, 0.2, 0.17, 0.34, 0.27, 0.17, -0.12, -0.15, -0.4, -0.88},
       {-4, -2.15, 1.54, 0.65, -0.02, 1.27, 1, 0.87, -0.56, -0.04, 0.12, -0.35, -0.44, -0.63, -1.38},
       {-4, -2.16, 0.64, 0.7, 0.69, 1.47, 1.12, -1, 0.28, 0.13, -0.43, -0.63, -0.61, -0.84, -1.81},
       {-0.06, 0.2, -0.21, -1, 0.61, 0.77, -0.1, 0.7, -0.37, 0.16, -0.96, -1.05, -0.73, -1.21, -3.14}}}},
    // 3,600 K: red giants, supergiants and dwarfs
    {3600,
     {0, 0, 0, -0.01, -1.15, 0.79, 0.47, 0.35, 0.22, 0.47, 0.31, 0.09, -0.02, 0.07, -0.1},
     {{{-4, -4, 0.24, 0.97, 0.09, -1.12, -0.96, -0.08, -0.02, -0.3, -0.08, -0.56, -0.45, -0.64, -1.08},
       {-0.78, -0.4, -4, 0.69, 0.23, -0.02, 1.02, 0.55, 0.8, 0.48, 0.11, -0.14, -0.1, -0.49, -0.85},
       {-0.8, -0.53, -1.71, -1.88, 0.05, 1.09, 0.94, 0.76, 0.73, 0.32, 0.15, -0.13, -0.06, -0.45, -0.82},
       {-2.2, -1.41, -0.44, -1.48, 0.42, 1.13, 1.41, 1.13, 0.92, 0.43, 0.12, -0.06, -0.14, -0.4, -0.86}}}},
}};

constexpr std::array<double, 10> log_rate_ages_yr{6.0, 6.4, 6.6, 6.8, 7.1, 7.5, 8.1, 8.5, 8.9, 10.13};
constexpr std::array<std::array<double, 10>, 4> log_rate{
    {{46.69, 46.78, 46.44, 45.9, 44.85, 42.86, 41.03, 41.27, 41.03, 41.19},
     {46.67, 46.66, 46.43, 45.61, 44.35, 42.58, 40.72, 41.15, 40.94, 41.06},
     {46.68, 46.62, 46.33, 45.45, 44.16, 42.36, 40.34, 41.04, 40.87, 40.97},
     {46.69, 46.57, 46.12, 45.14, 43.85, 41.93, 39.92, 41.2, 40.84, 40.75}}};

// Temperature of the ionising light, from its colour: O stars, B stars, then the hot remnants of smaller
// stars.
constexpr std::array<double, 8> log_heat_ages_yr{6.0, 6.3, 6.6, 7.0, 8.1, 8.3, 9.5, 10.13};
constexpr std::array<double, 8> log_heat_k{4.81, 4.72, 4.74, 4.29, 4.27, 4.96, 5.03, 4.92};

// Mass in living stars and remnants; it depends on metallicity by 0.02 at most.
constexpr std::array<double, 6> log_mass_ages_yr{6.0, 6.4, 6.7, 7.5, 9.0, 10.13};
constexpr std::array<double, 6> surviving{1, 0.997, 0.94, 0.821, 0.638, 0.536};

template <std::size_t n>
std::array<double, n> logarithms(std::array<double, n> x) {
  for (double& value : x) value = std::log10(value);
  return x;
}

/// l B_l over its greatest value, over l.
double blackbody(double wavelength_angstrom, double temperature_k) {
  const double x = 1.438777e8 / (wavelength_angstrom * temperature_k);
  return x * x * x * x / std::expm1(x) / 4.779841 / wavelength_angstrom;
}

/// 70 wavelengths below the Lyman limit and 960 above it, evenly in log l, with the limit met from both
/// sides.
std::vector<double> wavelengths() {
  const auto add = [](std::vector<double>& grid, double from, double to, int count) {
    for (int i = 0; i < count; ++i)
      grid.push_back(from * std::pow(to / from, static_cast<double>(i) / (count - 1)));
  };
  std::vector<double> grid;
  add(grid, 91, units::lyman_limit_angstrom - 0.01, 70);
  add(grid, units::lyman_limit_angstrom + 0.01, 60000, 960);
  return grid;
}

/// 1 Myr to 13.5 Gyr in steps of 0.02 dex, the last one shorter.
std::vector<double> ages_myr() {
  std::vector<double> ages;
  for (int i = 0; i <= 206; ++i) ages.push_back(std::pow(10.0, 0.02 * i));
  ages.push_back(13500);
  return ages;
}

/// Components with their bends, on the wavelengths above the limit (0 below it).
std::vector<std::vector<double>> component_shapes(const std::vector<double>& wavelength) {
  const auto log_bends = logarithms(bends_angstrom);
  std::vector<std::vector<double>> shapes;
  for (const Component& component : components) {
    std::vector<double>& shape = shapes.emplace_back(wavelength.size(), 0.0);
    for (std::size_t i = 0; i < wavelength.size(); ++i)
      if (wavelength[i] > units::lyman_limit_angstrom)
        shape[i] = blackbody(wavelength[i], component.temperature_k) *
                   std::pow(10, interpolate(log_bends, component.bend, std::log10(wavelength[i])));
  }
  return shapes;
}

std::vector<float> burst(const std::vector<double>& wavelength,
                         const std::vector<std::vector<double>>& shapes, std::size_t iz, double log_age_yr) {
  std::vector<double> sum(wavelength.size(), 0.0);
  for (std::size_t k = 0; k < components.size(); ++k) {
    const double amplitude = std::pow(10, interpolate(log_ages_yr, components[k].amplitude[iz], log_age_yr));
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += amplitude * shapes[k][i];
  }
  const double heat = std::pow(10, interpolate(log_heat_ages_yr, log_heat_k, log_age_yr));
  for (std::size_t i = 0; wavelength[i] < units::lyman_limit_angstrom; ++i)
    sum[i] = blackbody(wavelength[i], heat);
  return {sum.begin(), sum.end()};
}

/// Scales what is below the limit to `log_rate` ionising photons per second.
void set_ionising_rate(const std::vector<double>& wavelength, std::span<float> spectrum,
                       double log_rate_wanted) {
  const double scale = std::pow(10, log_rate_wanted - log_ionising_rate(wavelength, spectrum));
  for (std::size_t i = 0; wavelength[i] < units::lyman_limit_angstrom; ++i)
    spectrum[i] = static_cast<float>(spectrum[i] * scale);
}

}  // namespace

Library analytic_library() {
  Library library;
  library.name = "analytic";
  library.imf = "Chabrier (2003), 0.1-100 Msun";
  library.citation = "analytic description of Bruzual & Charlot 2003, MNRAS 344, 1000";
  library.wavelength_angstrom = wavelengths();
  library.age_myr = ages_myr();
  library.metallicity.assign(metallicities.begin(), metallicities.end());
  const std::vector<std::vector<double>> shapes = component_shapes(library.wavelength_angstrom);
  for (std::size_t iz = 0; iz < metallicities.size(); ++iz) {
    for (const double age : library.age_myr) {
      const double log_age_yr = std::log10(age) + 6;
      std::vector<float> spectrum = burst(library.wavelength_angstrom, shapes, iz, log_age_yr);
      const double rate = interpolate(log_rate_ages_yr, log_rate[iz], log_age_yr);
      set_ionising_rate(library.wavelength_angstrom, spectrum, rate);
      library.luminosity.insert(library.luminosity.end(), spectrum.begin(), spectrum.end());
      library.log_ionising_rate.push_back(log_ionising_rate(library.wavelength_angstrom, spectrum));
      library.surviving_mass.push_back(interpolate(log_mass_ages_yr, surviving, log_age_yr));
    }
  }
  return library;
}

}  // namespace arcproof::sed
