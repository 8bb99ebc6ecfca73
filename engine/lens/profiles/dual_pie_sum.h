// Sums of many dPIE (dual_pie.h).
#pragma once

#include "engine/lens/profiles/dual_pie.h"

#include <span>
#include <vector>

namespace arcproof::lens {

/// Many dPIE summed at many positions: the fast path. Each position's sum runs over the potentials in their
/// order, so that the numbers do not depend on how many positions are asked for at once, nor on the width of
/// the machine's vectors.
class DualPieSum {
 public:
  explicit DualPieSum(std::span<const DualPie> potentials);

  /// Fills what is not null; the spans are as long as `theta_arcsec`.
  void evaluate(std::span<const Vector2> theta_arcsec, Vector2* deflection, Hessian* hessian) const;

  /// What does not depend on the position: of one radius, and of one potential (symbols as in
  /// dual_pie_kernel.h).
  struct Radius {
    double w, w2;     ///< the radius [arcsec] and its square
    double node;      ///< 2 s w: where the textbook form is 0/0
    double w_over_q;  ///< g
    double two_g_q2;  ///< 2 g q^2
  };
  struct Constants {
    double centre_x, centre_y;
    double cos_angle, sin_angle;
    double floor;                           ///< least distance from the axis u = 0 [arcsec]
    double deflection_cos, deflection_sin;  ///< f (1 - eps^2) / (2 s) times cosine and sine of the angle
    double half_deflection_cos, half_deflection_sin;
    double half_f, half_f_cos_2, half_f_sin_2;  ///< f / 2, and times cosine and sine of twice the angle
    double two_s, four_eps_over_x;
    double q, inverse_q;
    double inverse_x, inverse_y;
    Radius core, cut;
    bool circular;
  };

  std::span<const Constants> constants() const { return constants_; }

 private:
  static Constants constants_of(const DualPie& potential);
  std::vector<Constants> constants_;
};

/// The sum over potentials whose constants are known: what DualPieSum::evaluate does.
void evaluate(std::span<const DualPieSum::Constants> potentials, std::span<const Vector2> theta_arcsec,
              Vector2* deflection, Hessian* hessian);

}  // namespace arcproof::lens
