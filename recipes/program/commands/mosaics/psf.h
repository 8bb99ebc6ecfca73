// The command `arcproof psf`.
#pragma once

#include "recipes/program/commands/mosaics/stars.h"

#include <filesystem>
#include <optional>
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
  std::optional<double> pixel_scale_arcsec;  ///< of the input, where its header does not say it
  std::optional<double> to_scale_arcsec;     ///< of the output; else as the input
  int size_pix = 101;                        ///< side of the stars' cutouts, odd
  StarSearch search;                         ///< auto; its saturation also leaves out stars of a list
  std::string form = "image";                ///< image, or parametric (engine/sky/psf_profile.h)
  std::filesystem::path output;              ///< FITS image PSF, tables STARS, ENERGY and PROFILE
  std::filesystem::path regions;             ///< DS9: the stars used (green) and left out (red); may be empty

  /// All but files.
  void describe(Keys& keys);
};

/// Runs the command; the lines to print. Throws InputError, before anything is written.
std::string run_psf(const PsfArguments& arguments);

}  // namespace arcproof::commands
