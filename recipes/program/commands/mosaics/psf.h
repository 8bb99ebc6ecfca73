// The command `arcproof psf`.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace arcproof::commands {

/// `arcproof psf`: a PSF from the stars of a mosaic, from cutouts of stars, or from an image of a PSF. One of
/// the three sources is given.
struct PsfArguments {
  std::string image;                 ///< a mosaic, FILE[HDU], in any linear unit
  std::string stars;                 ///< with `image`: list of stars (as FitArguments::catalog), or "auto"
  std::vector<std::string> cutouts;  ///< FILE[HDU], one star each
  std::string psf;                   ///< FILE[HDU]
  double pixel_scale_arcsec = 0;     ///< of the input, where its header does not say it
  double to_scale_arcsec = 0;        ///< of the output; 0: as the input
  int size_pix = 101;                ///< side of the stars' cutouts, odd
  double min_snr = 100;              ///< auto: of a star
  double isolation_arcsec = 1.0;     ///< auto: no neighbour brighter than 2% of the star within this radius
  double saturation = 0;             ///< auto: pixels at or above it [unit of the image]; 0: none is known
  std::string form = "image";        ///< image, or parametric (engine/sky/psf_profile.h)
  std::filesystem::path output;      ///< FITS image PSF, tables STARS, ENERGY and PROFILE
  std::filesystem::path regions;     ///< DS9: the stars used (green) and left out (red); may be empty
};

/// Runs the command; the lines to print. Throws InputError, before anything is written.
std::string run_psf(const PsfArguments& arguments);

}  // namespace arcproof::commands
