// Lens maps as FITS files: arcproof's own, and the deflection maps of the Frontier Fields.
//
// Pixel (i, j) of an image is node (i, j) of the map's grid. RA grows to the left and Dec upwards, so that x
// of the lens frame (+x WEST) grows with the column. Written files carry the plate carree projection, which
// is Lenstool's flat frame exactly: x = -(RA - RA0) cos(Dec0) 3600, y = (Dec - Dec0) 3600.
//
// Keywords of every image: LENSRA, LENSDEC (reference of the frame [deg]), LENSX0, LENSY0 (first node
// [arcsec]), PIXSCALE [arcsec], DLSDS (D_LS / D_S of deflection, convergence, shear and Hessian), ZSOURCE
// where they are for a redshift, DEFLUNIT (arcsec or pixel), DEFLSIGN (1: beta = theta - alpha, -1: beta =
// theta + alpha), XAXIS (WEST or EAST: where a positive x-deflection points). Where they are known: ZLENS
// (redshift of the lens), H0 [km/s/Mpc] and OMEGAM (flat Lambda-CDM): with them a file says all that a lens
// needs.
#pragma once

#include "engine/io/fits.h"
#include "engine/io/hdu_path.h"
#include "engine/lens/map.h"
#include "engine/sky/wcs.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace arcproof::lens {

/// What the numbers of a deflection map mean.
struct MapConvention {
  enum class Unit { arcsec, pixel };
  Unit unit = Unit::arcsec;
  double efficiency = 1;  ///< D_LS / D_S to which the numbers are normalised; > 0
  double z_source = 0;    ///< the redshift that has this efficiency; 0 where the map is for D_LS / D_S = 1
  int sign = 1;           ///< beta = theta - sign alpha; 1 or -1
  bool x_west = true;     ///< a positive x-deflection points west (along the columns)
};

/// What a header says of the lens itself.
struct MapOrigin {
  std::optional<double> z_lens, h0_km_s_mpc, omega_m;
};

/// A map that was read, at D_LS / D_S = 1, and where it is on the sky.
struct MapFile {
  LensMap map;
  sky::Wcs wcs;
  MapConvention convention;
  sky::SkyPosition reference = {};  ///< of the frame of `map`; for deflection maps the middle of the image
  bool own_projection = false;      ///< the frame is that of the file's pixels, not plate carree
  MapOrigin says = {};

  /// Lens frame of `map` from the sky and back, through the file's own projection.
  Vector2 to_frame(sky::SkyPosition position) const;
  sky::SkyPosition to_sky(Vector2 theta_arcsec) const;
};

/// Sky coordinates of a grid in the lens's frame about `reference`, and where its first node stands (LENSX0,
/// LENSY0).
io::FitsHeader grid_header(const Grid& grid, sky::SkyPosition reference);

/// The images ALPHA_X, ALPHA_Y (deflection), KAPPA, GAMMA1, GAMMA2, PSI_XX, PSI_XY, PSI_YY (Hessian) and MU
/// (signed magnification), all at convention.efficiency, as 32-bit floats: each number to 6e-8 of itself.
/// ContractError for a constant field and a bad convention.
std::vector<io::NamedImage> map_images(const LensMap& map, sky::SkyPosition reference,
                                       const MapConvention& convention = {}, const MapOrigin& origin = {});

/// Writes them. The file is whole or not there.
void write_map_file(const std::filesystem::path& path, const LensMap& map, sky::SkyPosition reference,
                    const MapConvention& convention = {}, const MapOrigin& origin = {});

/// Reads what write_map_file wrote: deflection and Hessian, brought to D_LS / D_S = 1. InputError naming
/// file, keyword and what it may be: a keyword is missing or has no meaning, PIXSCALE contradicts the WCS,
/// images of different size, a pixel without a number.
MapFile read_map_file(const std::filesystem::path& path);

/// Reads deflection maps of another maker (Frontier Fields: *_x-arcsec-deflect.fits, *_y-arcsec-deflect.fits,
/// or in pixels) as `convention` says. The Hessian is the map's own derivative: differences of fourth order
/// inside, of second order on its outermost two rows and columns, with psi_xy the mean of both ways.
///
/// The frame is that of the file's pixels: arcsec from the middle of the image, square pixels of its scale.
///
/// Throws InputError{file, key, found, allowed} where a header contradicts the convention (DLSDS, ZSOURCE,
/// DEFLUNIT or BUNIT, DEFLSIGN, XAXIS, PIXSCALE); without a celestial WCS; with pixels that are not square to
/// 1e-3, or a WCS that is turned by more than 1e-3 rad or has RA to the right; where the two files differ in
/// size or place; where a pixel has no number; and where the map cannot be a lens as the convention has it:
/// the two ways to psi_xy are of opposite sign (XAXIS is wrong), or the mean convergence is negative
/// (DEFLSIGN is).
MapFile read_deflection_maps(const io::HduPath& x_deflection, const io::HduPath& y_deflection,
                             const MapConvention& convention);

}  // namespace arcproof::lens
