// The command `arcproof detect`.
#pragma once

#include "engine/core/keys.h"
#include "engine/photometry/detection.h"

#include <filesystem>
#include <optional>
#include <string>

namespace arcproof::commands {

/// `arcproof detect`: sources of one mosaic, in pixels, on the sky and with isophotal fluxes; with a PSF also
/// the flux of a point source at each, and the depth.
struct DetectArguments {
  std::string image;          ///< FILE[HDU]
  std::string error, weight;  ///< FILE[HDU]; neither: one sigma for the whole image, measured on it
  std::string psf;            ///< FILE[HDU], or the name of a band with an embedded PSF; may be empty
  std::optional<double> pixel_scale_arcsec;  ///< where the header does not say it
  std::optional<double> psf_scale_arcsec;    ///< of the PSF's file, where its header does not say it
  photometry::DetectionOptions detection;
  std::filesystem::path output;   ///< FITS table DETECTIONS
  std::filesystem::path regions;  ///< DS9; may be empty
  int threads = 1;

  void describe(Keys& keys) {
    keys.optional_number("pixel_scale_arcsec", pixel_scale_arcsec, "arcsec",
                         "pixel scale, where the header does not say it", Allowed::above(0));
    keys.optional_number("psf_scale_arcsec", psf_scale_arcsec, "arcsec",
                         "pixel scale of the PSF, where its header does not say it", Allowed::above(0));
    detection.describe(keys);
  }
};

/// Runs the command; the lines to print. Throws InputError, before anything is written.
std::string run_detect(const DetectArguments& arguments);

}  // namespace arcproof::commands
