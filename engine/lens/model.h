// A parametric lens: a sum of dual pseudo-isothermal elliptical mass distributions (dPIE, Lenstool's profile 81).
//
// Frame: arcsec about the reference position, +x towards WEST, +y towards North:
//   x = -(RA - RA0) cos(Dec0) 3600,  y = (Dec - Dec0) 3600.
// All deflections and second derivatives are for D_LS / D_S = 1; a source at redshift z sees them times efficiency(z):
//   beta = theta - d alpha(theta),  A = 1 - d H(theta).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "engine/sky/cosmology.h"
#include "engine/sky/wcs.h"

namespace arcproof::lens {

/// A position or a displacement in the lens frame [arcsec].
struct Vector2 {
  double x = 0;
  double y = 0;
};

/// Second derivatives of the potential [dimensionless].
struct Hessian {
  double xx = 0;
  double xy = 0;
  double yy = 0;
};

/// One dPIE (Kassiola & Kovner 1993; Eliasdottir+2007). Radii and b0 in arcsec.
struct DualPie {
  std::string id;
  Vector2 centre_arcsec;
  double ellipticity = 0;          ///< of the mass, e = (a^2 - b^2) / (a^2 + b^2); 0 <= e < 1
  double angle_rad = 0;            ///< major axis, counter-clockwise from +x
  double core_radius_arcsec = 0;   ///< > 0 or 0; below cut_radius
  double cut_radius_arcsec = 0;
  double velocity_dispersion_km_s = 0;

  /// Einstein radius scale 6 pi (sigma / c)^2 [arcsec].
  double b0_arcsec() const;
};

/// Deflection [arcsec] and Hessian of one dPIE at D_LS / D_S = 1. Double precision; against finite differences of the
/// potential better than 1e-7; the removable singularity of the elliptical form at u = 0, v = 2 w s is guarded.
Vector2 deflection(const DualPie& potential, Vector2 theta_arcsec);
Hessian hessian(const DualPie& potential, Vector2 theta_arcsec);

/// What a lens does at one position to a source at one redshift.
struct Magnification {
  double kappa = 0;
  double gamma1 = 0;
  double gamma2 = 0;
  double mu = 1;             ///< signed: 1 / ((1 - kappa)^2 - gamma^2)
  double mu_tangential = 1;  ///< signed: 1 / (1 - kappa - gamma)
  double mu_radial = 1;      ///< signed: 1 / (1 - kappa + gamma)
  double gamma() const;
};
Magnification magnification(const Hessian& hessian, double efficiency);

class LensModel {
 public:
  LensModel(sky::SkyPosition reference, double z_lens, sky::Cosmology cosmology, std::vector<DualPie> potentials);

  Vector2 to_frame(sky::SkyPosition position) const;
  sky::SkyPosition to_sky(Vector2 theta_arcsec) const;

  Vector2 deflection(Vector2 theta_arcsec) const;   ///< sum over potentials, D_LS / D_S = 1
  Hessian hessian(Vector2 theta_arcsec) const;
  /// Both at many positions at once (the fast path; same numbers as the single calls to 1e-12).
  void evaluate(const std::vector<Vector2>& theta_arcsec, std::vector<Vector2>* deflection,
                std::vector<Hessian>* hessian) const;

  double efficiency(double z_source) const;         ///< D_LS / D_S
  Magnification magnification(Vector2 theta_arcsec, double z_source) const;
  Vector2 source_position(Vector2 theta_arcsec, double z_source) const;  ///< beta

  sky::SkyPosition reference() const { return reference_; }
  double z_lens() const { return z_lens_; }
  const sky::Cosmology& cosmology() const { return cosmology_; }
  const std::vector<DualPie>& potentials() const { return potentials_; }

 private:
  sky::SkyPosition reference_;
  double z_lens_;
  sky::Cosmology cosmology_;
  std::vector<DualPie> potentials_;
};

}  // namespace arcproof::lens
