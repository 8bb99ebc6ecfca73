// From the image plane to the source plane: magnification of a clump, its error, and its intrinsic size.
// Claeyssens+2023 section 5.3.
#pragma once

#include "engine/lens/map.h"
#include "engine/lens/realisations.h"

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
/// The draws of the posterior (may be empty: no interval, zeros) are evaluated at the centre and eight points
/// of the ellipse at half its radius (models exactly; maps interpolated, without the points that are off the
/// map), and each contributes the median of its |mu|.
ClumpMagnification magnification_of_clump(const Lens& lens, const Realisations& posterior,
                                          const Ellipse& ellipse, double z_source, double pixel_arcsec);

/// A clump as one draw of the posterior sees it.
struct DrawnMagnification {
  double mu = 1;  ///< |mu|: median of the centre and eight points of the ellipse at half its radius
  double mu_tangential = 1;  ///< |mu_t| at the centre
};
/// Of draw `k`. NaN off its map, and on a critical line itself.
DrawnMagnification magnification_of_draw(const Realisations& posterior, std::size_t k, const Ellipse& ellipse,
                                         double z_source);

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

/// What the local linear map A = 1 - d H makes of an ellipse on the sky: its covariance in the source plane
/// is C_s = A C A^T, whose eigenvectors are the axes there; the area shrinks by |mu| exactly.
struct SourceEllipse {
  Ellipse ellipse;             ///< in the source plane; centre beta = theta - d alpha
  double mu = 1;               ///< signed, at the centre
  double stretch_major = 1;    ///< source over image length of the image's own major axis
  double stretch_minor = 1;    ///< and of its minor axis
  bool near_critical = false;  ///< |mu| > 50 at the centre, or the map is not linear over the ellipse
  double nonlinearity = 0;  ///< largest relative change of the source vectors of the ellipse's axes over it
  bool inside_map = true;   ///< false: the ellipse is not on the map; numbers are NaN
};

/// When the linear map stops being one.
struct CriticalLimits {
  double largest_mu = 50;
  double largest_nonlinearity = 0.5;
};

/// The nonlinearity compares A at the centre with A at the four ends of the axes (1 sigma): the largest |(A'
/// - A) e| over |A e| along both axes e. It exceeds 1 where a critical line crosses the ellipse. Always
/// finite; on the critical line itself an axis of the source ellipse is 0, and near_critical says so.
SourceEllipse source_ellipse(const LensMap& map, double efficiency, const Ellipse& image,
                             const CriticalLimits& limits = {});
/// And the other way: the image ellipse of a source ellipse seen at `theta`. ContractError where A cannot be
/// inverted (|det A| < 1e-12).
Ellipse image_ellipse(const Hessian& hessian, double efficiency, const Ellipse& source, Vector2 theta_arcsec);

}  // namespace arcproof::lens
