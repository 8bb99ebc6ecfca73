// Stars in a mosaic, found by their looks: bright, alone, round, and of one size.
#pragma once

#include "engine/core/array2d.h"
#include "engine/core/keys.h"

#include <optional>
#include <string>
#include <vector>

namespace arcproof::commands {

struct StarSearch {
  double scale_arcsec = 0;        ///< of the image
  double min_snr = 100;           ///< in the aperture
  double aperture_arcsec = 0.25;  ///< of flux and half-light radius; at least 4 pixels
  double isolation_arcsec = 1.0;  ///< no detection brighter than max_neighbour of the star within it
  double max_neighbour = 0.02;
  double min_axis_ratio = 0.8;       ///< of the isophotal rms axes
  double size_tolerance = 0.1;       ///< of the half-light radius, relative to that of the stars
  std::optional<double> saturation;  ///< peak at or above it [unit of the image]; none is known
  int edge_pix = 10;                 ///< stars nearer to the edge are left out

  /// What a user sets.
  void describe(Keys& keys) {
    keys.number("min_snr", min_snr, "", "auto: S/N of a star", Allowed::above(0));
    keys.number("isolation_arcsec", isolation_arcsec, "arcsec", "auto: radius without neighbours",
                Allowed::above(0));
    keys.optional_number("saturation", saturation, "image unit",
                         "stars with a pixel at or above it are left out", Allowed::above(0));
  }
};

struct StarCandidate {
  double x = 0, y = 0;        ///< barycentre [pixel]
  double snr = 0;             ///< flux in the aperture over its noise (white)
  double half_light_pix = 0;  ///< radius of half of that flux
  bool is_star = false;
  std::string reason;  ///< why it is not a star; empty for stars
};

/// Highest of the 5 x 5 pixels about a position.
double peak_near(const Array2D<float>& image, double x, double y);

/// All detections above min_snr, in order of position. Unsaturated point sources of one image have one
/// half-light radius: that around which, within size_tolerance, most of the brightest sixty candidates lie
/// (where several are as good, the brightest group). Hot pixels are smaller, galaxies larger and of all
/// sizes.
std::vector<StarCandidate> find_stars(const Array2D<float>& image, const Array2D<float>& error,
                                      const StarSearch& search);

}  // namespace arcproof::commands
