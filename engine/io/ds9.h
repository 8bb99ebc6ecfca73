// Region files of SAOImage DS9: marks to lay over an image, and positions that a user marked by hand.
//
// Positions are sky coordinates (icrs or fk5, in degrees) where the image has a WCS, else pixels. DS9 counts
// pixels from 1; here, as everywhere inside, (0, 0) is the centre of the first pixel.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace arcproof::io {

/// What the numbers of a region mean. FK5 and ICRS differ by up to 0.025 arcsec: more than a pixel of
/// NIRCam's mosaics.
enum class Ds9Frame { image, fk5, icrs };

struct Ds9Region {
  double x = 0, y = 0;                ///< [pixel], or right ascension and declination [degree]
  double radius_x = 0, radius_y = 0;  ///< semi-axes [pixel], or [arcsec]; equal: a circle; both 0: a point
  double angle_deg = 0;  ///< of radius_x: from +x counter-clockwise; on the sky from West towards North
  std::string color = "green";                           ///< one of DS9's, or "#rgb"
  std::string text = {};                                 ///< label
  std::vector<std::pair<double, double>> vertices = {};  ///< of a polygon: positions; x, y are their mean
};

/// Writes a region file, whole or not at all. Regions with a position that is not finite are left out.
void write_ds9(const std::filesystem::path& path, Ds9Frame frame, std::span<const Ds9Region> regions);

struct Ds9File {
  Ds9Frame frame = Ds9Frame::image;
  std::vector<Ds9Region> regions;
};

enum class Ds9Shapes {
  positions,  ///< points, and shapes about a position: for lists of sources
  outlines    ///< shapes with an inside, polygons among them: for parts of an image
};

/// Reads circles, ellipses, boxes (as ellipses of the same sides), annuli (as the inner circle) and points,
/// or polygons in place of points; positions in degrees or sexagesimal, sizes in pixels, arcsec ("), arcmin
/// (') or degrees (d). Regions marked '-' (excluded) are left out. Throws InputError with the number of the
/// line: another shape, a frame other than image, fk5 (J2000) or icrs, two frames in one file, numbers that
/// cannot be read.
Ds9File read_ds9(const std::filesystem::path& path, Ds9Shapes shapes = Ds9Shapes::positions);

}  // namespace arcproof::io
