// The commands that work alone on a user's data, without a recipe: `arcproof detect`, `arcproof fit` and
// `arcproof psf` on mosaics, `arcproof sed` on a table of photometry, `arcproof cmf` on a catalogue of
// masses, `arcproof library` on stellar libraries.
// `arcproof psf` on mosaics, `arcproof sed` on a table of photometry, `arcproof library` on stellar
// libraries, `arcproof lens-map`, `arcproof delens` and `arcproof images` on lens models and maps.
//
// An image is named FILE or FILE[HDU], HDU an EXTNAME or a number from 0. Where there are several bands,
// values are given per band as BAND=VALUE. Units, zero points and sky coordinates come from the headers
// (engine/sky/exposure.h). Everything is read and checked before any work, and everything is written at the
// end: bad input throws InputError and leaves no file behind.
#pragma once

#include "engine/photometry/detection.h"
#include "engine/population/mass_function.h"
#include "engine/sed/library_file.h"
#include "recipes/commands/lens_source.h"

#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <vector>

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
  std::string background = "plane";        ///< plane or constant
  std::string noise = "white";             ///< of the redraws: white or correlated
  int redraws = 100;
  bool keep_redraws = false;           ///< table REDRAWS in the output: one row per source and redraw
  double group_distance_pix = 4;       ///< sources closer than this are fitted together, up to 8
  bool map_prior = false;              ///< weak priors on the shape (photometry::ShapePrior)
  std::string model = "gaussian";      ///< gaussian; sersic: Sersic fits in the reference band as well
  std::optional<double> sersic_index;  ///< fixes the index
  int sersic_size_pix = 41;            ///< side of the cutout of the Sersic fits, odd
  std::uint64_t seed = 1;
  std::filesystem::path output;  ///< FITS table CATALOG: one row per source given, in the order given
  std::filesystem::path regions, residual;  ///< DS9; the reference image minus the models; may be empty
  int threads = 1;
};

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

/// `arcproof library`: stellar libraries of any known format, as one file of the layout of
/// engine/sed/library_file.h.
struct LibraryArguments {
  sed::LibrarySource source;
  std::filesystem::path output;
};

/// `arcproof sed`: ages, masses, metallicities and dust from a table of photometry.
///
/// Columns (any case): flux_BAND and flux_BAND_err [nJy, uJy, mJy, Jy, or mag AB], flux_BAND_limit (optional,
/// same unit: of an undetected band), z (or --z), mu (optional: fluxes and errors are divided by it), id
/// (optional). NaN is a band that was not observed. Fluxes are corrected for Milky-Way extinction by the
/// user.
struct SedArguments {
  std::string catalog;                       ///< FITS or FITS[HDU], or ECSV
  std::string protocol = "claeyssens2025";   ///< or claeyssens2023; continuity, for hosts
  double z = 0;                              ///< of all rows, where there is no column z
  std::string unit;                          ///< of the fluxes, where the table does not say it
  std::vector<std::string> filters;          ///< BAND=FILE; else the embedded ones
  sed::LibrarySource library;                ///< no files: the embedded analytic one
  std::vector<double> covering_fraction;     ///< none: 1 of claeyssens2025, 0.5 of claeyssens2023;
                                             ///< several: an axis of the grid of claeyssens2023
  std::optional<double> tau_myr;             ///< of the exponential history of claeyssens2025 (1)
  std::vector<double> bin_ends_myr;          ///< of continuity; none: those of Claeyssens+2025
  std::string attenuation = "calzetti2000";  ///< names of engine/sed/attenuation.h
  std::string igm = "madau1995";
  double stars_over_gas_ebv = 1;  ///< E(B-V) of stars over that of gas
  std::vector<double> log_u;      ///< of claeyssens2023 (-2.5; several: an axis); free in claeyssens2025
  std::optional<std::string> age_prior;  ///< uniform (default) or log_uniform; claeyssens2025
  bool upper_limits = false;             ///< undetected bands as limits, also in the posteriors
  std::optional<int> draws;              ///< of the posteriors (1000); redraws of claeyssens2023: 100
  std::optional<int> live_points;        ///< of the sampler of continuity (400)
  int min_bands = 4;
  std::uint64_t seed = 1;
  /// FITS table SED, a row for each given; POSTERIOR, the draws; HISTORY of continuity, a row for each bin
  std::filesystem::path output;
  std::filesystem::path report;  ///< HTML: colours with tracks, spectra with photometry; may be empty
  std::string colors;            ///< BLUE,MIDDLE,RED: bands of the colour-colour diagram; empty: chosen
  std::optional<int> spectra;    ///< rows whose spectra the report shows (24)
  int threads = 1;
};

/// `arcproof cmf`: the cluster mass function of a catalogue, power law and Schechter, as published
/// (engine/population/mass_function.h); with injections also corrected for mass errors and selection
/// (engine/population/corrected.h).
///
/// What columns are read: recipes/products/mass_function.h. The injections are the table of a run
/// (injections.fits); manifest.json or run.json beside it says in which range of masses they were drawn.
/// Refused: a catalogue with fewer than 3 clusters within the cuts; injections of another recipe (where both
/// say it) or of other bands; injections of which none was found; masses outside the range.
///
/// Several catalogues (the same clusters by other lens models, as in table 2 of Claeyssens et al. 2025) are
/// fitted each as if it were alone, with the same random numbers. The file then begins with the table
/// COMPARISON, a row for each catalogue and model, and all tables have a first column `catalogue`. A
/// catalogue is corrected by its own injections only: those of another lens model suffered other
/// magnifications.
struct CmfArguments {
  std::vector<std::string> catalogs;  ///< FITS or FITS[HDU], or ECSV; each once
  std::vector<std::string> labels;    ///< as many as catalogues, or none: the names of the files
  /// The same; none, or one for each catalogue: "none" for one that has none.
  std::vector<std::string> injections;
  double mass_error_dex = std::numeric_limits<double>::quiet_NaN();  ///< of all rows, over the table's
  std::vector<double> injected_masses_msun;  ///< low, high; where no file beside the injections says it
  double lowest_mass_msun = 0;               ///< of the population, true masses; 0: the least injected mass
  population::MassFunctionOptions options;
  std::uint64_t seed = 1;
  std::filesystem::path output;  ///< FITS tables MASSFUNC, CHAIN_MODEL, CONVERGENCE and CORRECTED
  std::filesystem::path report;  ///< HTML (reports/cmf_page.h); may be empty
  int threads = 1;
};

/// `arcproof lens-map`: the lens on a grid, as a file (engine/lens/map_file.h; further keywords ZLENS, H0,
/// OMEGAM), with its critical lines.
struct LensMapArguments {
  LensArguments lens;              ///< posterior_rows adds the images MU_Q16, MU_MEDIAN and MU_Q84
  FieldArguments field;            ///< none of a map: its own grid (arcproof's only)
  std::optional<double> z, dlsds;  ///< for which source the numbers are: one of the two
  std::filesystem::path output;
  std::filesystem::path critical, caustics;  ///< DS9; may be empty
  /// FITS image N_IMAGES: how many images a source at each place of the source plane has; may be empty.
  std::filesystem::path multiplicity;
  int threads = 1;
};

/// `arcproof delens`: a catalogue of clumps as it is in the source plane, after Claeyssens et al. (2023),
/// table B2 (engine/lens/delens.h).
///
/// Columns (any case): ra, dec [deg]; z (or --z); a shape: sigma_major and sigma_minor (or axis_ratio) with
/// pa_deg where they differ, or sigma_circular, or r_eff (of a Gaussian, PSF removed), each with an ending
/// _arcsec or _pix or with that unit, and errors _err, or _err_minus and _err_plus; photometry: flux_BAND
/// with flux_BAND_err, or mag_BAND (AB) with mag_BAND_err; id. The tables of `arcproof fit` have them all but
/// z. NaN is what is not known: a clump without a shape keeps its place and magnification.
struct DelensArguments {
  LensArguments lens;
  std::string catalog;            ///< FITS or FITS[HDU], or ECSV
  std::optional<double> z;        ///< of all rows, where there is no column z
  double pixel_scale_arcsec = 0;  ///< of the reference band: the floor of sizes is 0.4 pixel
  int draws = 0;                  ///< joint draws of fit and lens of each clump; 0: none
  std::string redraws;     ///< FILE[HDU]: REDRAWS of `fit --keep-redraws`; empty: from the catalogue's errors
  std::uint64_t seed = 1;  ///< of the draws
  std::filesystem::path output;  ///< FITS tables CLUMPS, one row per row given, in their order, and DRAWS
  int threads = 1;
};

/// `arcproof images`: where the source of an image, or of each row of a catalogue, is seen.
struct ImagesArguments {
  LensArguments lens;
  FieldArguments field;                      ///< where images of a model are looked for: 100" at 0.1"
  std::string catalog;                       ///< ra, dec [deg], z, id; or one position:
  std::optional<double> ra, dec;             ///< on the sky [deg]
  std::optional<double> source_x, source_y;  ///< or in the source plane [arcsec, lens frame, +x west]
  std::optional<double> z;
  std::filesystem::path output;   ///< FITS tables IMAGES and SOURCES
  std::filesystem::path regions;  ///< DS9; may be empty
  int threads = 1;
};

/// Each runs the command and returns the lines to print. Throws InputError.
std::string run_detect(const DetectArguments& arguments);
std::string run_fit(const FitArguments& arguments);
std::string run_psf(const PsfArguments& arguments);
std::string run_library(const LibraryArguments& arguments);
std::string run_sed(const SedArguments& arguments);
std::string run_cmf(const CmfArguments& arguments);
std::string run_lens_map(const LensMapArguments& arguments);
std::string run_delens(const DelensArguments& arguments);
std::string run_images(const ImagesArguments& arguments);

}  // namespace arcproof::commands
