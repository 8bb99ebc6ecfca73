#include "engine/sed/attenuation.h"

#include "engine/core/error.h"
#include "engine/core/text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

namespace arcproof::sed {
namespace {

double polynomial(std::span<const double> coefficients, double x) {
  double value = 0;
  for (std::size_t i = coefficients.size(); i-- > 0;) value = value * x + coefficients[i];
  return value;
}

// ---- Calzetti et al. (2000) eq. 4, lambda in micrometres.
constexpr double calzetti_r_v = 4.05;
constexpr double blue_end_um = 0.12, branch_um = 0.63, red_end_um = 2.20;

double optical(double um) {
  return 2.659 * (-2.156 + 1.509 / um - 0.198 / (um * um) + 0.011 / (um * um * um)) + calzetti_r_v;
}
double infrared(double um) { return 2.659 * (-1.857 + 1.040 / um) + calzetti_r_v; }

// d k / d (1/lambda) at the blue end, d k / d lambda at the red end.
constexpr double blue_slope =
    2.659 * (1.509 - 2 * 0.198 / blue_end_um + 3 * 0.011 / (blue_end_um * blue_end_um));
constexpr double red_slope = -2.659 * 1.040 / (red_end_um * red_end_um);

// Both extinction curves fall so beyond the K band (Cardelli+1989 eq. 2a).
constexpr double infrared_power = 1.61;

// ---- Gordon et al. (2003)
constexpr double smc_r_v = 2.74;

double smc_ultraviolet(double x) {
  constexpr double c1 = -4.959, c2 = 2.264, c3 = 0.389, c4 = 0.461, x0 = 4.6, gamma = 1.0;
  const double square = x * x, off = square - x0 * x0, far = std::max(0.0, x - 5.9);
  const double drude = square / (off * off + gamma * gamma * square);
  const double rise = far * far * (0.5392 + 0.05644 * far);
  return 1 + (c1 + c2 * x + c3 * drude + c4 * rise) / smc_r_v;
}

// 1 um / lambda, A(lambda) / A(V) and its derivative, of K, H, J, I, R, V, B, U and the seam.
struct CurveNode {
  double x, y, slope = 0;
};
constexpr double seam_um = 0.27;

std::array<CurveNode, 9> smc_nodes() {
  std::array<CurveNode, 9> n{{{1 / 2.198, 0.110},
                              {1 / 1.65, 0.169},
                              {1 / 1.25, 0.250},
                              {1 / 0.81, 0.567},
                              {1 / 0.65, 0.801},
                              {1 / 0.55, 1.000},
                              {1 / 0.44, 1.374},
                              {1 / 0.37, 1.672},
                              {1 / seam_um, smc_ultraviolet(1 / seam_um)}}};
  n.front().slope = infrared_power * n.front().y / n.front().x;
  constexpr double step = 1e-4;
  n.back().slope = (smc_ultraviolet(n.back().x + step) - smc_ultraviolet(n.back().x - step)) / (2 * step);
  // Inside: the weighted harmonic mean of the secants (Fritsch & Butland 1984) keeps the curve monotone.
  for (std::size_t i = 1; i + 1 < n.size(); ++i) {
    const double left = n[i].x - n[i - 1].x, right = n[i + 1].x - n[i].x;
    const double w1 = 2 * right + left, w2 = right + 2 * left;
    n[i].slope = (w1 + w2) / (w1 * left / (n[i].y - n[i - 1].y) + w2 * right / (n[i + 1].y - n[i].y));
  }
  return n;
}

double hermite(const CurveNode& a, const CurveNode& b, double x) {
  const double h = b.x - a.x, t = (x - a.x) / h, s = 1 - t;
  return s * s * (1 + 2 * t) * a.y + t * t * (1 + 2 * s) * b.y + h * t * s * (s * a.slope - t * b.slope);
}

// ---- Cardelli, Clayton & Mathis (1989)
constexpr double milky_way_r_v = 3.1;

double ccm(double a, double b) { return a + b / milky_way_r_v; }

double ccm_optical(double x) {  // O'Donnell (1994), y = x - 1.82
  constexpr std::array a{1.0, 0.104, -0.609, 0.701, 1.137, -1.718, -0.827, 1.647, -0.505};
  constexpr std::array b{0.0, 1.952, 2.908, -3.989, -7.985, 11.102, 5.491, -10.805, 3.347};
  return ccm(polynomial(a, x - 1.82), polynomial(b, x - 1.82));
}

double ccm_ultraviolet(double x) {  // eqs. 4a, 4b
  const double far = std::max(0.0, x - 5.9), square = far * far;
  const double a = 1.752 - 0.316 * x - 0.104 / ((x - 4.67) * (x - 4.67) + 0.341) - 0.04473 * square -
                   0.009779 * square * far;
  const double b = -3.090 + 1.825 * x + 1.206 / ((x - 4.62) * (x - 4.62) + 0.263) + 0.2130 * square +
                   0.1207 * square * far;
  return ccm(a, b);
}

constexpr double far_end = 10;  // 1 um / lambda up to which CCM go
constexpr std::array far_a{-1.073, -0.628, 0.137, -0.070}, far_b{13.670, 4.257, -0.420, 0.374};

double ccm_far_ultraviolet(double x) {  // eqs. 5a, 5b
  return ccm(polynomial(far_a, x - 8), polynomial(far_b, x - 8));
}

double ccm_beyond(double x) {  // the slope at the far end
  constexpr double y = far_end - 8;
  const double slope =
      ccm(far_a[1] + y * (2 * far_a[2] + 3 * y * far_a[3]), far_b[1] + y * (2 * far_b[2] + 3 * y * far_b[3]));
  return ccm_far_ultraviolet(far_end) + slope * (x - far_end);
}

}  // namespace

double calzetti_k(double wavelength_angstrom) {
  const double um = wavelength_angstrom * 1e-4;
  if (um < blue_end_um) return optical(blue_end_um) + blue_slope * (1 / um - 1 / blue_end_um);
  if (um < branch_um) return optical(um);
  if (um <= red_end_um) return infrared(um);
  return std::max(0.0, infrared(red_end_um) + red_slope * (um - red_end_um));
}

double smc_extinction(double wavelength_angstrom) {
  static const std::array<CurveNode, 9> nodes = smc_nodes();
  const double x = 1e4 / wavelength_angstrom;
  if (x <= nodes.front().x) return nodes.front().y * std::pow(x / nodes.front().x, infrared_power);
  if (x >= nodes.back().x) return smc_ultraviolet(x);
  const auto right =
      std::upper_bound(nodes.begin(), nodes.end(), x, [](double at, const CurveNode& n) { return at < n.x; });
  return hermite(*(right - 1), *right, x);
}

double milky_way_extinction(double wavelength_angstrom) {
  const double x = 1e4 / wavelength_angstrom;
  if (x < 1.1) return ccm(0.574, -0.527) * std::pow(x, infrared_power);  // eqs. 2a, 2b
  if (x < 3.3) return ccm_optical(x);
  if (x < 8) return ccm_ultraviolet(x);
  return x < far_end ? ccm_far_ultraviolet(x) : ccm_beyond(x);
}

double dust_r_v(DustLaw law) {
  switch (law) {
    case DustLaw::calzetti:
      return calzetti_r_v;
    case DustLaw::smc:
      return smc_r_v;
    case DustLaw::milky_way:
      return milky_way_r_v;
  }
  throw ContractError("dust_r_v: a law");
}

double dust_k(DustLaw law, double wavelength_angstrom) {
  switch (law) {
    case DustLaw::calzetti:
      return calzetti_k(wavelength_angstrom);
    case DustLaw::smc:
      return smc_r_v * smc_extinction(wavelength_angstrom);
    case DustLaw::milky_way:
      return milky_way_r_v * milky_way_extinction(wavelength_angstrom);
  }
  throw ContractError("dust_k: a law");
}

const std::vector<std::string>& dust_law_names() {
  static const std::vector<std::string> names{"calzetti2000", "gordon2003_smc", "cardelli1989"};
  return names;
}
DustLaw dust_law(const std::string& name) {
  return static_cast<DustLaw>(index_of_name(dust_law_names(), name));
}

}  // namespace arcproof::sed
