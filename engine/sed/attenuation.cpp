#include "engine/sed/attenuation.h"

#include "engine/core/units.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace arcproof::sed {
namespace {

// Calzetti et al. (2000) eq. 4, lambda in micrometres.
constexpr double r_v = 4.05;
constexpr double blue_end_um = 0.12, branch_um = 0.63, red_end_um = 2.20;

double optical(double um) {
  return 2.659 * (-2.156 + 1.509 / um - 0.198 / (um * um) + 0.011 / (um * um * um)) + r_v;
}
double infrared(double um) { return 2.659 * (-1.857 + 1.040 / um) + r_v; }

// d k / d (1/lambda) at the blue end, d k / d lambda at the red end.
constexpr double blue_slope =
    2.659 * (1.509 - 2 * 0.198 / blue_end_um + 3 * 0.011 / (blue_end_um * blue_end_um));
constexpr double red_slope = -2.659 * 1.040 / (red_end_um * red_end_um);

// Lyman series of hydrogen from Lyman-alpha on: wavelength [Angstrom] and the coefficient A of
// tau = A (lambda_obs / lambda_line)^3.46 (Madau 1995 eqs. 12 and 15 for the first four; the higher ones are
// those in common use, that continue his curve of growth with a Doppler parameter of 35 km/s).
struct LymanLine {
  double wavelength_angstrom;
  double coefficient;
};
constexpr std::array<LymanLine, 17> lyman_series{{{1215.67, 0.0036},
                                                  {1025.72, 0.0017},
                                                  {972.537, 0.0011846},
                                                  {949.743, 0.0009410},
                                                  {937.803, 0.0007960},
                                                  {930.748, 0.0006967},
                                                  {926.226, 0.0006236},
                                                  {923.150, 0.0005665},
                                                  {920.963, 0.0005200},
                                                  {919.352, 0.0004817},
                                                  {918.129, 0.0004487},
                                                  {917.181, 0.0004200},
                                                  {916.429, 0.0003947},
                                                  {915.824, 0.000372},
                                                  {915.329, 0.000352},
                                                  {914.919, 0.0003334},
                                                  {914.576, 0.00031644}}};

double blanketing_depth(double observed_angstrom, double z) {
  double tau = 0;
  for (const LymanLine& line : lyman_series) {
    if (observed_angstrom >= line.wavelength_angstrom * (1 + z)) break;
    tau += line.coefficient * std::pow(observed_angstrom / line.wavelength_angstrom, 3.46);
  }
  return tau;
}

// Madau (1995) eq. 16 in the closed form of his footnote 3. Absorbers stand between today, below which the
// form does not hold, and the source.
double photoelectric_depth(double observed_angstrom, double z) {
  const double emitted = 1 + z;
  const double c = std::max(1.0, observed_angstrom / units::lyman_limit_angstrom);
  if (c >= emitted) return 0;
  const double c3 = c * c * c;
  const double tau = 0.25 * c3 * (std::pow(emitted, 0.46) - std::pow(c, 0.46)) +
                     9.4 * std::pow(c, 1.5) * (std::pow(emitted, 0.18) - std::pow(c, 0.18)) -
                     0.7 * c3 * (std::pow(c, -1.32) - std::pow(emitted, -1.32)) -
                     0.023 * (std::pow(emitted, 1.68) - std::pow(c, 1.68));
  return std::max(0.0, tau);
}

}  // namespace

double calzetti_k(double wavelength_angstrom) {
  const double um = wavelength_angstrom * 1e-4;
  if (um < blue_end_um) return optical(blue_end_um) + blue_slope * (1 / um - 1 / blue_end_um);
  if (um < branch_um) return optical(um);
  if (um <= red_end_um) return infrared(um);
  return std::max(0.0, infrared(red_end_um) + red_slope * (um - red_end_um));
}

double dust_r_v(DustLaw) { return r_v; }

double dust_k(DustLaw, double wavelength_angstrom) { return calzetti_k(wavelength_angstrom); }

double igm_transmission(double observed_wavelength_angstrom, double z, IgmLaw) {
  return std::exp(-blanketing_depth(observed_wavelength_angstrom, z) -
                  photoelectric_depth(observed_wavelength_angstrom, z));
}

}  // namespace arcproof::sed
