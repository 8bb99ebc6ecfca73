// The command `arcproof fit`.
#pragma once

#include "engine/core/keys.h"
#include "engine/photometry/detection.h"
#include "engine/photometry/protocol.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace arcproof::commands {

/// `arcproof fit`: the photometry protocol of engine/photometry/protocol.h on a list of sources.
struct FitArguments {
  std::vector<std::string> images;           ///< BAND=FILE[HDU]
  std::vector<std::string> errors, weights;  ///< BAND=FILE[HDU]; neither for a band: as in DetectArguments
  std::vector<std::string> psfs;             ///< BAND=FILE[HDU], or BAND=embedded
  std::vector<std::string> gains;            ///< BAND=electrons per nJy, for the sources' shot noise
  std::vector<std::string>
      pixel_scales;                     ///< BAND=arcsec, or arcsec for all bands; where headers do not say it
  std::vector<std::string> psf_scales;  ///< the same for the PSFs' files
  std::string reference;                ///< the band of shapes and detections; empty: the first
  std::string catalog;                  ///< FITS or ECSV with x, y or ra, dec; or DS9 regions; empty: detect
  photometry::DetectionOptions detection;  ///< also masks the sources where the sky's noise is measured
  photometry::ProtocolOptions protocol;    ///< of which a user sets what `describe` says; redraws may be 0
  bool keep_redraws = false;               ///< table REDRAWS in the output: one row per source and redraw
  std::string model = "gaussian";          ///< gaussian; sersic: Sersic fits in the reference band as well
  std::optional<double> sersic_index;      ///< fixes the index
  int sersic_size_pix = 41;                ///< side of the cutout of the Sersic fits, odd
  std::uint64_t seed = 1;
  std::filesystem::path output;  ///< FITS table CATALOG: one row per source given, in the order given
  std::filesystem::path regions, residual;  ///< DS9; the reference image minus the models; may be empty
  int threads = 1;

  /// All but files, bands and threads.
  void describe(Keys& keys);
};

/// Runs the command; the lines to print. Throws InputError, before anything is written.
std::string run_fit(const FitArguments& arguments);

}  // namespace arcproof::commands
