#include "engine/sed/igm.h"

#include "engine/core/text.h"
#include "engine/core/units.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace arcproof::sed {
namespace {

// ---- Madau (1995)

// Lyman series of hydrogen from Lyman-alpha on: wavelength [Angstrom] and the coefficient A of
// tau = A (lambda_obs / lambda_line)^3.46 (Madau 1995 eqs. 12 and 15 for the first four; the higher ones are
// those in common use, that continue his curve of growth with a Doppler parameter of 35 km/s).
struct MadauLine {
  double wavelength_angstrom;
  double coefficient;
};
constexpr std::array<MadauLine, 17> madau_lines{{{1215.67, 0.0036},
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
  for (const MadauLine& line : madau_lines) {
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

// ---- Inoue et al. (2014)

// Table 2: optical depth of a line from the Lyman-alpha forest and from damped systems, by ranges of redshift
// (eqs. 21 and 22).
struct InoueLine {
  double wavelength_angstrom;
  std::array<double, 3> forest;
  std::array<double, 2> damped;
};
// clang-format off
constexpr std::array<InoueLine, 39> inoue_lines{{
    {1215.67, {1.690e-02, 2.354e-03, 1.026e-04}, {1.617e-04, 5.390e-05}},
    {1025.72, {4.692e-03, 6.536e-04, 2.849e-05}, {1.545e-04, 5.151e-05}},
    {972.537, {2.239e-03, 3.119e-04, 1.360e-05}, {1.498e-04, 4.992e-05}},
    {949.743, {1.319e-03, 1.837e-04, 8.010e-06}, {1.460e-04, 4.868e-05}},
    {937.803, {8.707e-04, 1.213e-04, 5.287e-06}, {1.429e-04, 4.763e-05}},
    {930.748, {6.178e-04, 8.606e-05, 3.752e-06}, {1.402e-04, 4.672e-05}},
    {926.226, {4.609e-04, 6.421e-05, 2.799e-06}, {1.377e-04, 4.590e-05}},
    {923.150, {3.569e-04, 4.971e-05, 2.167e-06}, {1.355e-04, 4.516e-05}},
    {920.963, {2.843e-04, 3.960e-05, 1.726e-06}, {1.335e-04, 4.448e-05}},
    {919.352, {2.318e-04, 3.229e-05, 1.407e-06}, {1.316e-04, 4.385e-05}},
    {918.129, {1.923e-04, 2.679e-05, 1.168e-06}, {1.298e-04, 4.326e-05}},
    {917.181, {1.622e-04, 2.259e-05, 9.847e-07}, {1.281e-04, 4.271e-05}},
    {916.429, {1.385e-04, 1.929e-05, 8.410e-07}, {1.265e-04, 4.218e-05}},
    {915.824, {1.196e-04, 1.666e-05, 7.263e-07}, {1.250e-04, 4.168e-05}},
    {915.329, {1.043e-04, 1.453e-05, 6.334e-07}, {1.236e-04, 4.120e-05}},
    {914.919, {9.174e-05, 1.278e-05, 5.571e-07}, {1.222e-04, 4.075e-05}},
    {914.576, {8.128e-05, 1.132e-05, 4.936e-07}, {1.209e-04, 4.031e-05}},
    {914.286, {7.251e-05, 1.010e-05, 4.403e-07}, {1.197e-04, 3.989e-05}},
    {914.039, {6.505e-05, 9.062e-06, 3.950e-07}, {1.185e-04, 3.949e-05}},
    {913.826, {5.868e-05, 8.174e-06, 3.563e-07}, {1.173e-04, 3.910e-05}},
    {913.641, {5.319e-05, 7.409e-06, 3.230e-07}, {1.162e-04, 3.872e-05}},
    {913.480, {4.843e-05, 6.746e-06, 2.941e-07}, {1.151e-04, 3.836e-05}},
    {913.339, {4.427e-05, 6.167e-06, 2.689e-07}, {1.140e-04, 3.800e-05}},
    {913.215, {4.063e-05, 5.660e-06, 2.467e-07}, {1.130e-04, 3.766e-05}},
    {913.104, {3.738e-05, 5.207e-06, 2.270e-07}, {1.120e-04, 3.732e-05}},
    {913.006, {3.454e-05, 4.811e-06, 2.097e-07}, {1.110e-04, 3.700e-05}},
    {912.918, {3.199e-05, 4.456e-06, 1.943e-07}, {1.101e-04, 3.668e-05}},
    {912.839, {2.971e-05, 4.139e-06, 1.804e-07}, {1.091e-04, 3.637e-05}},
    {912.768, {2.766e-05, 3.853e-06, 1.680e-07}, {1.082e-04, 3.607e-05}},
    {912.703, {2.582e-05, 3.596e-06, 1.568e-07}, {1.073e-04, 3.578e-05}},
    {912.645, {2.415e-05, 3.364e-06, 1.466e-07}, {1.065e-04, 3.549e-05}},
    {912.592, {2.263e-05, 3.153e-06, 1.375e-07}, {1.056e-04, 3.521e-05}},
    {912.543, {2.126e-05, 2.961e-06, 1.291e-07}, {1.048e-04, 3.493e-05}},
    {912.499, {2.000e-05, 2.785e-06, 1.214e-07}, {1.040e-04, 3.466e-05}},
    {912.458, {1.885e-05, 2.625e-06, 1.145e-07}, {1.032e-04, 3.440e-05}},
    {912.420, {1.779e-05, 2.479e-06, 1.080e-07}, {1.024e-04, 3.414e-05}},
    {912.385, {1.682e-05, 2.343e-06, 1.022e-07}, {1.017e-04, 3.389e-05}},
    {912.353, {1.593e-05, 2.219e-06, 9.673e-08}, {1.009e-04, 3.364e-05}},
    {912.324, {1.510e-05, 2.103e-06, 9.169e-08}, {1.002e-04, 3.339e-05}}}};
// clang-format on

// Lyman series, eqs. 21 and 22: a line absorbs at 1 + z = x, the observed wavelength over its own.
double series_depth(const InoueLine& line, double x) {
  const double forest = x < 2.2   ? line.forest[0] * std::pow(x, 1.2)
                        : x < 5.7 ? line.forest[1] * std::pow(x, 3.7)
                                  : line.forest[2] * std::pow(x, 5.5);
  const double damped = x < 3 ? line.damped[0] * x * x : line.damped[1] * x * x * x;
  return forest + damped;
}

// Lyman continuum of the forest, eqs. 25 to 27, s = 1 + z of the source, x the observed wavelength over the
// Lyman limit, 1 <= x < s.
double forest_continuum(double x, double s) {
  const double x12 = std::pow(x, 1.2), x21 = std::pow(x, 2.1), x37 = std::pow(x, 3.7);
  if (s < 2.2) return 0.325 * (x12 - std::pow(s, -0.9) * x21);
  if (s < 5.7) {
    const double far = 2.55e-2 * std::pow(s, 1.6) * x21;
    return x < 2.2 ? far + 0.325 * x12 - 0.250 * x21 : far - 2.55e-2 * x37;
  }
  const double far = 5.22e-4 * std::pow(s, 3.4) * x21;
  if (x < 2.2) return far + 0.325 * x12 - 3.14e-2 * x21;
  return x < 5.7 ? far + 0.218 * x21 - 2.55e-2 * x37 : far - 5.22e-4 * std::pow(x, 5.5);
}

// The same of damped systems, eqs. 28 and 29.
double damped_continuum(double x, double s) {
  const double root = std::pow(x, -0.3);
  if (s < 3) return 0.211 * s * s - 7.66e-2 * std::pow(s, 2.3) * root - 0.135 * x * x;
  const double far = 4.70e-2 * s * s * s - 1.78e-2 * std::pow(s, 3.3) * root;
  return x < 3 ? 0.634 + far - 0.135 * x * x - 0.291 * root : far - 2.92e-2 * x * x * x;
}

double inoue_depth(double observed_angstrom, double z) {
  constexpr double limit_angstrom = 911.8;
  const double s = 1 + z, observed = std::max(observed_angstrom, limit_angstrom);
  double tau = 0;
  for (const InoueLine& line : inoue_lines) {
    const double x = observed / line.wavelength_angstrom;
    if (x >= s) break;
    if (x > 1) tau += series_depth(line, x);
  }
  const double x = observed / limit_angstrom;
  if (x >= s) return tau;
  // Rounded coefficients leave up to -6e-4 s^2 at the source's own limit.
  return tau + std::max(0.0, forest_continuum(x, s)) + std::max(0.0, damped_continuum(x, s));
}

}  // namespace

double igm_transmission(double observed_wavelength_angstrom, double z, IgmLaw law) {
  if (law == IgmLaw::inoue2014) return std::exp(-inoue_depth(observed_wavelength_angstrom, z));
  return std::exp(-blanketing_depth(observed_wavelength_angstrom, z) -
                  photoelectric_depth(observed_wavelength_angstrom, z));
}

const std::vector<std::string>& igm_law_names() {
  static const std::vector<std::string> names{"madau1995", "inoue2014"};
  return names;
}
IgmLaw igm_law(const std::string& name) { return static_cast<IgmLaw>(index_of_name(igm_law_names(), name)); }

}  // namespace arcproof::sed
