// The embedded library: an analytic description of the light of a single burst.
//
// Above the Lyman limit the light is the sum of five kinds of star, each a blackbody bent by a broken power
// law (metal lines, the Balmer and 4000 Angstrom breaks, molecular bands):
//
//   L(l; t, Z) = sum_k 10^a_k(t, Z) 10^c_k(l) P_k(l),      P_k(l) = (x^4 / (e^x - 1) / 4.779841) / l,   x = h
//   c / (l k T_k),
//
// so that 10^a_k [Lsun per Msun formed] is the peak of l L of an unbent component. c_k is a straight line in
// log l between the wavelengths of `bends`, a_k one in log t between the ages of `log_ages_yr`; both are held
// beyond their ends. Below the limit the light is a blackbody of temperature T(t), scaled to the rate of
// ionising photons Q_H(t, Z), whose logarithm is a straight line in log t between the ages of
// `log_rate_ages_yr`.
//
// The 432 numbers (some forty of them say that there is nothing) describe the single bursts of Bruzual &
// Charlot (2003, 2016 update; Padova 1994 tracks, BaSeL 3.1 atlas, Chabrier 2003 IMF from 0.1 to 100 Msun).
// They were fitted by tests/reference/generators/analytic_library.py.
//
#include "engine/core/units.h"
#include "engine/sed/library.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace arcproof::sed {
namespace {

constexpr double lyman_limit_angstrom = 912;
constexpr std::array<double, 4> metallicities{0.0004, 0.004, 0.008, 0.02};
constexpr std::array<double, 15> bends_angstrom{912,  1000, 1216, 1600, 2200, 2800,  3600, 3750,
                                                3950, 4080, 5000, 6500, 9000, 16000, 60000};
constexpr std::array<double, 15> log_ages_yr{6,    6.3, 6.5, 6.58, 6.65, 6.8, 6.95, 7.1,
                                             7.35, 7.7, 8.2, 8.7,  9.1,  9.5, 10.13};

struct Component {
  double temperature_k;
  std::array<double, 15> bend;  ///< c_k at bends_angstrom
  std::array<std::array<double, 15>, 4>
      amplitude;  ///< a_k at log_ages_yr, by metallicity; -4: none to be seen
};
constexpr std::array<Component, 5> components{{
    // 42,000 K: O stars, and the hot remnants of old populations
    {42000,
     {-0.38, 0.04, 0.08, 0.17, 0.11, 0.08, -0.03, 0.02, -0.07, -0.14, -0.35, -0.44, -0.86, -4.18, -2.81},
     {{{2.52, 2.57, 2.98, 2.86, 2.76, 2.63, 2.4, 2.23, 1.93, 1.5, 0.82, 0.07, -0.59, -1.66, -4},
       {2.64, 2.57, 2.94, 2.87, 2.75, 2.53, 2.32, 2.2, 1.88, 1.4, 0.76, -0.1, -1.46, -4, -3.36},
       {2.6, 2.75, 2.98, 2.85, 2.8, 2.48, 2.33, 2.15, 1.8, 1.32, 0.69, -0.32, -2.05, -1.61, -3.82},
       {2.75, 2.8, 2.98, 2.82, 2.68, 2.54, 2.28, 2.03, 1.75, 1.23, 0.61, -0.76, -4, -4, -3.3}}}},
    // 17,000 K: B stars
    {17000,
     {-1.03, -0.94, -6.48, -1.68, -0.28, -0.27, -0.17, -0.12, 0.16, 0.09, 0.14, 0.03, 0.11, -0.05, -5.73},
     {{{1.27, 1.32, 1.08, -0.2, 1.5, 1.4, 1.36, 1.05, 0.9, 0.81, 0.52, 0.05, -0.41, -0.78, -1.58},
       {1.28, 1.42, 0.86, 1.5, 1.76, 2.04, 1.78, 1.44, 1.11, 0.79, 0.44, -0.18, -0.76, -1.37, -2.31},
       {1.57, 1.34, 1.9, 1.95, 1.91, 1.85, 1.58, 1.62, 1.28, 0.94, 0.42, -0.25, -1.02, -2.81, -2.78},
       {1.62, 1.72, 2.02, 2.19, 2.14, 2.07, 1.59, 1.55, 1.26, 0.98, 0.36, -0.48, -1.58, -4, -4}}}},
    // 9,500 K: A stars
    {9500,
     {0.08, 0.17, -2.94, -2.88, -0.91, -0.98, -0.17, -0.1, 0.05, 0.17, 0.17, 0, 0.07, -0.14, -0.43},
     {{{-4, -1.26, 1.73, 1.78, 1.3, 0.4, -0.08, 0.8, 0.63, 0.53, 0.26, 0.07, -0.38, -0.89, -1.45},
       {0.65, 0.07, 1.84, 1.78, 1.82, -1.19, -0.61, 0.18, 0.72, 0.6, 0.3, -0.02, -0.45, -1.27, -2.39},
       {-1.66, 0.98, 0.67, 0.63, 0.8, 1.08, 0.81, -0.61, 0.55, 0.57, 0.37, -0.08, -0.3, -1.08, -1.72},
       {-1.21, -1.25, 0.85, -0.8, -0.59, -1.25, -1.26, -4, -0.1, 0.3, 0.35, 0.01, -0.42, -1.17, -1.79}}}},
    // 5,800 K: F and G stars
    {5800,
     {0.06, 2.86, 2.62, 0.35, -5.47, -0.32, -0.43, -0.5, -0.65, -0.21, -0.39, 0.11, -0.15, 0.22, 0.24},
     {{{-0.51, -4, 0.61, 1.26, 1.17, -0.37, 0.08, 0.35, 0.43, 0.2, 0.31, -0.11, -0.03, -0.24, -0.71},
       {-1.9, -2.55, 0.91, 0.57, 0.45, 1.12, 1.29, 0.95, -0.13, -0.03, 0.42, 0.17, 0.01, -0.2, -0.66},
       {-4, -4, 0.13, -0.34, 0.42, 1.54, 1.28, 0.17, -4, -1.35, 0.03, 0.09, -0.6, -0.46, -1.15},
       {0.33, -0.1, -4, 0.02, 0.4, 0.84, 0.68, -4, -0.03, 0.15, -1.47, -1.06, -1.02, -0.6, -1.59}}}},
    // 3,600 K: red giants, supergiants and dwarfs
    {3600,
     {0, 0, -0.02, -0.26, -1.8, -2.54, -3.33, -3.07, -3.4, -0.25, -0.14, 0.06, -0.24, -0.01, -0.22},
     {{{-0.25, -0.04, -0.12, -0.41, -1.48, 0.09, -0.67, -3.8, -3.84, -4, -4, -4, -4, -4, -4},
       {-0.05, -0.02, -0.18, 0.29, 0.84, -2.86, 0.34, 0.26, 0.87, 0.62, -0.5, -4, 0.01, -4, -2.75},
       {0.14, -0.05, 0.33, 0.48, 0.26, -1.87, 0.59, 0.9, 0.89, 0.53, 0.1, -0.64, 0.04, -0.69, -0.83},
       {-0.6, 0.21, 0.49, 0.65, 0.53, 1.12, 1.46, 1.3, 1.02, 0.47, 0.25, 0.03, -0.02, -0.51, -0.79}}}},
}};

constexpr std::array<double, 10> log_rate_ages_yr{6.0, 6.4, 6.6, 6.8, 7.1, 7.5, 8.1, 8.5, 8.9, 10.13};
constexpr std::array<std::array<double, 10>, 4> log_rate{
    {{46.69, 46.78, 46.44, 45.91, 44.84, 42.87, 41.02, 41.27, 41.04, 41.17},
     {46.67, 46.66, 46.43, 45.61, 44.35, 42.6, 40.71, 41.15, 40.96, 41.08},
     {46.68, 46.62, 46.33, 45.46, 44.16, 42.38, 40.33, 41.04, 40.89, 41.01},
     {46.69, 46.57, 46.12, 45.15, 43.84, 41.97, 39.89, 41.21, 40.85, 40.78}}};

// Temperature of the ionising light: the hottest star alive, then hot white dwarfs in the making.
constexpr std::array<double, 8> log_heat_ages_yr{6.0, 6.5, 6.8, 7.0, 7.5, 8.0, 8.3, 8.6};
constexpr std::array<double, 8> log_heat_k{4.73, 4.67, 4.57, 4.46, 4.23, 4.08, 4.10, 4.90};

// Mass in living stars and remnants; it depends on metallicity by 0.02 at most.
constexpr std::array<double, 6> log_mass_ages_yr{6.0, 6.4, 6.7, 7.5, 9.0, 10.13};
constexpr std::array<double, 6> surviving{{1.0, 0.997, 0.94, 0.821, 0.639, 0.537}};

/// Straight lines between (x, y), held beyond the ends.
template <std::size_t n>
double piecewise(const std::array<double, n>& x, const std::array<double, n>& y, double at) {
  if (at <= x.front()) return y.front();
  const std::size_t right = static_cast<std::size_t>(std::lower_bound(x.begin(), x.end(), at) - x.begin());
  if (right == n) return y.back();
  const double part = (at - x[right - 1]) / (x[right] - x[right - 1]);
  return y[right - 1] + part * (y[right] - y[right - 1]);
}

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
  add(grid, 91, lyman_limit_angstrom - 0.01, 70);
  add(grid, lyman_limit_angstrom + 0.01, 60000, 960);
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
      if (wavelength[i] > lyman_limit_angstrom)
        shape[i] = blackbody(wavelength[i], component.temperature_k) *
                   std::pow(10, piecewise(log_bends, component.bend, std::log10(wavelength[i])));
  }
  return shapes;
}

std::vector<float> burst(const std::vector<double>& wavelength,
                         const std::vector<std::vector<double>>& shapes, std::size_t iz, double log_age_yr) {
  std::vector<double> sum(wavelength.size(), 0.0);
  for (std::size_t k = 0; k < components.size(); ++k) {
    const double amplitude = std::pow(10, piecewise(log_ages_yr, components[k].amplitude[iz], log_age_yr));
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += amplitude * shapes[k][i];
  }
  const double heat = std::pow(10, piecewise(log_heat_ages_yr, log_heat_k, log_age_yr));
  for (std::size_t i = 0; wavelength[i] < lyman_limit_angstrom; ++i) sum[i] = blackbody(wavelength[i], heat);
  return {sum.begin(), sum.end()};
}

/// Scales what is below the limit to `log_rate` ionising photons per second.
void set_ionising_rate(const std::vector<double>& wavelength, std::span<float> spectrum,
                       double log_rate_wanted) {
  const double scale = std::pow(10, log_rate_wanted - log_ionising_rate(wavelength, spectrum));
  for (std::size_t i = 0; wavelength[i] < lyman_limit_angstrom; ++i)
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
      const double rate = piecewise(log_rate_ages_yr, log_rate[iz], log_age_yr);
      set_ionising_rate(library.wavelength_angstrom, spectrum, rate);
      library.luminosity.insert(library.luminosity.end(), spectrum.begin(), spectrum.end());
      library.log_ionising_rate.push_back(log_ionising_rate(library.wavelength_angstrom, spectrum));
      library.surviving_mass.push_back(piecewise(log_mass_ages_yr, surviving, log_age_yr));
    }
  }
  return library;
}

}  // namespace arcproof::sed
