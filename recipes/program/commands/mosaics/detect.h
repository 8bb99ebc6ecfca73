// The command `arcproof detect`.
#pragma once

#include "engine/photometry/detection.h"

#include <filesystem>
#include <string>

namespace arcproof::commands {

/// `arcproof detect`: sources of one mosaic, in pixels, on the sky and with isophotal fluxes; with a PSF also
/// the flux of a point source at each, and the depth.
struct DetectArguments {
  std::string image;              ///< FILE[HDU]
  std::string error, weight;      ///< FILE[HDU]; neither: one sigma for the whole image, measured on it
  std::string psf;                ///< FILE[HDU], or the name of a band with an embedded PSF; may be empty
  double pixel_scale_arcsec = 0;  ///< where the header does not say it
  double psf_scale_arcsec = 0;    ///< of the PSF's file, where its header does not say it
  photometry::DetectionOptions detection;
  std::filesystem::path output;   ///< FITS table DETECTIONS
  std::filesystem::path regions;  ///< DS9; may be empty
  int threads = 1;
};

/// Runs the command; the lines to print. Throws InputError, before anything is written.
std::string run_detect(const DetectArguments& arguments);

}  // namespace arcproof::commands
