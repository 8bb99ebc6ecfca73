#include "engine/sed/gas/nebular_lines.h"

#include "engine/core/interpolate.h"
#include "engine/sed/gas/nebular_continuum.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

namespace arcproof::sed {
namespace {

// ---- hydrogen, case B, n_e = 100 cm^-3 (Storey & Hummer 1995; Osterbrock & Ferland 2006 table 4.4)

// Ratios to H-beta at 10^4 K of transitions from n = lower + 1, lower + 2, ..., which vary as
// (T / 10^4 K)^slope. Beyond the last one tabulated they fall as n^-3, which follows the published values to
// n = 25 within 3%.
struct Series {
  const char* name;
  int lower;
  double slope;
  std::vector<double> over_h_beta;
};

const std::vector<Series>& hydrogen_series() {
  static const std::vector<Series> series = {
      {"Balmer", 2, 0.03, {2.860, 1.0, 0.468, 0.259, 0.159, 0.105, 0.0731, 0.0530, 0.0397}},
      {"Paschen", 3, -0.25, {0.339, 0.163, 0.0904, 0.0555, 0.0366, 0.0254, 0.0184}},
      {"Brackett", 4, -0.27, {0.0802, 0.0455, 0.0278, 0.0181, 0.0125, 0.0091}}};
  return series;
}

constexpr int highest_level = 40;
constexpr double rydberg_per_angstrom = 1.0967758e-3;  // of hydrogen, in vacuum

double temperature_slope(const Series& series, int upper) {
  // H-alpha falls with temperature (Draine 2011 eqs. 14.8, 14.9), the higher Balmer lines rise, H-beta is the
  // unit.
  if (series.lower == 2 && upper == 3) return -0.068;
  if (series.lower == 2 && upper == 4) return 0;
  return series.slope;
}

void add_hydrogen(std::vector<EmissionLine>& lines, double t4) {
  for (const Series& series : hydrogen_series()) {
    const int tabulated = series.lower + static_cast<int>(series.over_h_beta.size());
    for (int n = series.lower + 1; n <= highest_level; ++n) {
      const double falling = std::pow(static_cast<double>(tabulated) / std::max(n, tabulated), 3.0);
      const double ratio =
          series.over_h_beta[static_cast<std::size_t>(std::min(n, tabulated) - series.lower - 1)] * falling;
      const double wave_number = rydberg_per_angstrom * (1.0 / (series.lower * series.lower) - 1.0 / (n * n));
      lines.push_back({fmt::format("{} {}-{}", series.name, n, series.lower), 1 / wave_number,
                       ratio * std::pow(t4, temperature_slope(series, n))});
    }
  }
}

// ---- helium, He+/H+ = 0.1 (Benjamin, Skillman & Smits 1999 at 10^4 K, 100 cm^-3)

void add_helium(std::vector<EmissionLine>& lines, double t4) {
  constexpr std::array<std::pair<double, double>, 6> he_i{{{3889.75, 0.093},
                                                           {4472.7, 0.048},
                                                           {5877.2, 0.135},
                                                           {6680.0, 0.038},
                                                           {7067.2, 0.024},
                                                           {10833.2, 0.26}}};
  for (const auto& [wavelength, ratio] : he_i)
    lines.push_back({fmt::format("HeI {:.0f}", wavelength), wavelength, ratio * std::pow(t4, -0.2)});
}

// ---- collisionally excited lines

// Izotov et al. (2006) eqs. 3-11 give 12 + log(ion / H+) from a line ratio as
//   log(I / H-beta) + a + b / t - c log t - d t,     t = T / 10^4 K;
// read the other way, they give the line ratio from the ion. [SIII] 9069 + 9532: Perez-Montero (2017) in the
// same form.
struct Ion {
  double a, b, c, d;
  double over_h_beta(double abundance, double t) const {
    return abundance * std::pow(10, 12 - a - b / t + c * std::log10(t) + d * t);
  }
};
constexpr Ion o_iii{6.200, 1.251, 0.55, 0.014};   // 4959 + 5007
constexpr Ion o_ii{5.961, 1.676, 0.40, 0.034};    // 3726 + 3729
constexpr Ion ne_iii{6.444, 1.606, 0.42, 0.009};  // 3869
constexpr Ion n_ii{6.234, 0.950, 0.42, 0.027};    // 6548 + 6584
constexpr Ion s_ii{5.439, 0.929, 0.28, 0.018};    // 6717 + 6731
constexpr Ion s_iii{6.012, 0.6309, 0.5722, 0};    // 9069 + 9532
constexpr Ion ar_iii{6.174, 0.799, 0.48, 0.013};  // 7136

// Abundances relative to oxygen: neon, sulphur and argon follow it (Izotov et al. 2006, the mean of their
// galaxies); nitrogen has a primary and a secondary part (Nicholls et al. 2017 eq. 4).
constexpr double log_ne_o = -0.72, log_s_o = -1.55, log_ar_o = -2.28;
double nitrogen_per_oxygen(double log_oxygen) {
  return std::pow(10, -1.732) + std::pow(10, log_oxygen + 2.19);
}

void add_metals(std::vector<EmissionLine>& lines, const NebularGas& gas) {
  // The zone of singly ionised metals is nearer to 10^4 K than that of O++ (Campbell, Terlevich & Melnick
  // 1986).
  const double t3 = gas.temperature_k / 1e4, t2 = 0.7 * t3 + 0.3;
  const double oxygen = std::pow(10, gas.log_oxygen), high = gas.doubly_ionised_oxygen, low = 1 - high;
  const auto add = [&](const char* name, double wavelength, double ratio) {
    lines.push_back({name, wavelength, ratio});
  };
  const auto doublet = [&](const char* name, double wavelength_1, double part_1, double wavelength_2,
                           double ratio) {
    add(name, wavelength_1, part_1 * ratio);
    add(name, wavelength_2, (1 - part_1) * ratio);
  };
  doublet("[OIII]", 4960.30, 0.251, 5008.24, o_iii.over_h_beta(oxygen * high, t3));
  doublet("[OII]", 3727.09, 0.42, 3729.88, o_ii.over_h_beta(oxygen * low, t2));
  const double neon = ne_iii.over_h_beta(oxygen * std::pow(10, log_ne_o) * high, t3);
  add("[NeIII]", 3869.86, neon);
  add("[NeIII]", 3968.59, 0.30 * neon);
  doublet("[NII]", 6549.85, 0.246, 6585.28,
          n_ii.over_h_beta(oxygen * nitrogen_per_oxygen(gas.log_oxygen) * low, t2));
  // Sulphur: a third of the low zone is S+, the rest and half of the high zone S++.
  const double sulphur = oxygen * std::pow(10, log_s_o);
  doublet("[SII]", 6718.29, 0.565, 6732.67, s_ii.over_h_beta(sulphur * low / 3, t2));
  doublet("[SIII]", 9071.1, 0.288, 9533.2, s_iii.over_h_beta(sulphur * (low * 2 / 3 + high / 2), t3));
  add("[ArIII]", 7137.8, ar_iii.over_h_beta(oxygen * std::pow(10, log_ar_o) * 0.8, t3));
}

}  // namespace

/// O++/O at log U from that at the reference: Diaz et al. (2000).
static double ionise(double doubly_ionised, double log_u) {
  if (log_u == reference_log_u) return doubly_ionised;
  const double ratio = doubly_ionised / (1 - doubly_ionised) * std::pow(10, (log_u - reference_log_u) / 0.80);
  return ratio / (1 + ratio);
}

NebularGas nebular_gas(double metallicity, double log_u) {
  // Chosen once: together with the formulas above they give [OIII] and [OII] of photo-ionisation models of
  // young populations at log U = -2.5 (Byler et al. 2017) to 0.1 dex.
  constexpr std::array<double, 4> log_z{-3.398, -2.398, -2.097, -1.699};
  constexpr std::array<double, 4> temperature{15700, 12500, 10200, 6300};
  constexpr std::array<double, 4> doubly{0.70, 0.55, 0.48, 0.40};
  const double z = std::log10(metallicity);
  const double log_oxygen = -3.31 + std::log10(metallicity / 0.0142) - 0.1;
  return {interpolate(log_z, temperature, z), log_oxygen, ionise(interpolate(log_z, doubly, z), log_u)};
}

double doubly_ionised_left(double age_myr, double metallicity) {
  const double log_z_poor = std::log10(0.0004), log_z_rich = std::log10(0.004);
  const double rich =
      std::clamp((std::log10(metallicity) - log_z_poor) / (log_z_rich - log_z_poor), 0.0, 1.0);
  const double until_myr = std::lerp(6.5, 4.6, rich), dex_per_myr = std::lerp(0.6, 1.0, rich);
  return std::pow(10, -dex_per_myr * std::max(0.0, age_myr - until_myr));
}

double h_beta_per_photon(double temperature_k) {
  const double t4 = temperature_k / 1e4;
  constexpr double photon_energy_erg = 6.62607015e-27 * 2.99792458e18 / 4862.7;
  const double effective = 3.03e-14 * std::pow(t4, -0.874 - 0.058 * std::log(t4));
  return photon_energy_erg * effective / case_b_recombination(temperature_k);
}

std::vector<EmissionLine> emission_lines(const NebularGas& gas) {
  std::vector<EmissionLine> lines;
  add_hydrogen(lines, gas.temperature_k / 1e4);
  add_helium(lines, gas.temperature_k / 1e4);
  add_metals(lines, gas);
  return lines;
}

}  // namespace arcproof::sed
