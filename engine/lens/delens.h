// From the image plane to the source plane: magnification of a clump, its error, and its intrinsic size.
// Claeyssens+2023 section 5.3.
#pragma once

#include "engine/lens/map.h"

#include <optional>
#include <span>

namespace arcproof::lens {

/// A lens at work: a map (or a constant field) with what turns it into magnifications of sources at redshift
/// z.
struct Lens {
  LensMap map;
  double z_lens = 0;  ///< 0: constant field, efficiency 1
  sky::Cosmology cosmology;
  double efficiency(double z_source) const;
};

/// An ellipse on the sky: standard deviations and the angle of the major axis from +x (west)
/// counter-clockwise.
struct Ellipse {
  Vector2 centre_arcsec = {};
  double sigma_major_arcsec = 0;
  double sigma_minor_arcsec = 0;
  double angle_rad = 0;
};

/// The best model may lie outside the 68% interval of its posterior (at the clumps of SMACS0723's system 1
/// its mu is above 94% of the rows); one of the posterior errors is then 0, and posterior_median says by how
/// much. The errors that Claeyssens+2023 print there are of the size of the interval about that median.
struct ClumpMagnification {
  double mu = 1;               ///< median of |mu| inside the ellipse
  double mu_tangential = 1;    ///< |mu_t| at the centre
  double spread = 0;           ///< d_mu1: standard deviation of |mu| over the ellipse
  double posterior_minus = 0;  ///< d_mu2-: mu - 16% quantile over the posterior maps, >= 0
  double posterior_plus = 0;   ///< d_mu2+
  double error_minus = 0;      ///< quadrature of spread and posterior_minus
  double error_plus = 0;
  bool inside_map = true;       ///< false: outside the lens map; all numbers are NaN
  double posterior_median = 1;  ///< over the posterior maps; mu itself when there are none
};

/// The ellipse at 1 sigma is sampled at the centres of pixels of `pixel_arcsec` (at least the central one).
/// The models of the posterior (may be empty: no interval, zeros) are evaluated exactly, at the centre and
/// eight points of the ellipse at half its radius, and each contributes the median of its |mu|.
ClumpMagnification magnification_of_clump(const Lens& lens, std::span<const LensModel> posterior,
                                          const Ellipse& ellipse, double z_source, double pixel_arcsec);

enum class SizeCase { resolved, resolved_one_axis, unresolved };

struct IntrinsicSize {
  SizeCase size_case = SizeCase::resolved;
  double radius_arcsec = 0;  ///< R_eff in the source plane; an upper limit when unresolved
  double radius_pc = 0;
};

/// The three cases of Claeyssens+2023: both axes above the floor -> R_eff,obs / sqrt(mu); major axis only ->
/// sigma_major / mu_t; none -> upper limit floor / mu_t; each times sqrt(2 ln 2). `floor` is 0.4 pixel of the
/// reference band.
IntrinsicSize intrinsic_size(double sigma_major_arcsec, double sigma_minor_arcsec, double floor_arcsec,
                             double mu, double mu_tangential, double z_source,
                             const sky::Cosmology& cosmology);

}  // namespace arcproof::lens
