// A recipe: what to inject, into what, how to measure it, and what must come out. A folder with recipe.json
// in it.
#pragma once

#include "engine/core/hash.h"
#include "engine/io/json.h"
#include "engine/lens/sources/map_source.h"
#include "engine/pipeline/measure.h"
#include "engine/population/mass_function.h"
#include "engine/sky/cosmology.h"
#include "mocks/scene.h"
#include "validation/correction.h"
#include "validation/criteria.h"
#include "validation/match.h"
#include "validation/studies/mass_function_recovery.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace arcproof::recipes {

struct PsfSource {
  std::string file;  ///< "" the embedded PSF of the band
  std::string hdu;
  double pixel_scale_arcsec = 0;  ///< 0: from the header
  std::string form = "image";     ///< image, or parametric: the papers' analytic form fitted to it
};

struct BandRecipe {
  std::string name;
  PsfSource psf;  ///< of the analysis, and of the injection unless that has its own
  std::optional<PsfSource> injection_psf;
  std::string filter;        ///< file; "" the embedded curve
  double depth_mag_ab = 29;  ///< of simulated exposures
  double depth_sigmas = 5;
  double galactic_extinction_mag = 0;
  double electrons_per_njy = 0;   ///< 0: no shot noise of sources
  double pixel_scale_arcsec = 0;  ///< of simulated exposures; 0: the recipe's
};

struct LensRecipe {
  std::string kind = "compact_cluster";  ///< compact_cluster, lenstool, map, constant
  // lenstool
  std::string par, bayes;
  int row = -1;  ///< of bayes.dat; -1: the .par file itself
  // compact_cluster
  double dispersion_factor =
      1;  ///< times all velocity dispersions: an analysis lens that is wrong by this much
  double posterior_scatter = 0.02;  ///< relative 1 sigma of the dispersions in the made-up posterior
  // map: files of engine/lens/sources/map_source.h, whose rules and names these are. What a header
  // contradicts is refused. In a map's own plate carree frame its nodes are used as they are
  // (lens_map_step_arcsec is for models and for other projections). It must cover the images of the fields.
  std::string map;                         ///< of arcproof lens-map, or:
  std::string deflection_x, deflection_y;  ///< FILE or FILE[HDU]
  std::vector<std::string> posterior_maps, posterior_deflection_x,
      posterior_deflection_y;  ///< draws; all are used, on the same nodes
  lens::MapOptions map_options;
  // constant
  double mu_tangential = 1, mu_radial = 1, angle_deg = 0;
  // all
  int posterior_rows = 0;  ///< models used for the magnification's error; 0: none
};

/// Whether two sections ask for the same model (their posteriors may differ).
bool same_model(const LensRecipe& a, const LensRecipe& b);

/// A lens that every measured clump is delensed with as well, beside the analysis lens; without a posterior.
struct AlternativeLensRecipe {
  std::string name;  ///< letters and digits; in lower case the suffix of its columns
  LensRecipe lens;
};

struct LibraryRecipe {
  std::string kind = "analytic";  ///< analytic, bc03, file
  std::vector<std::string>
      files;  ///< of bc03, one a metallicity; of file, those of engine/sed/libraries/library_file.h
};

/// Dust and intergalactic gas (names: engine/sed/attenuation.h).
struct LightRecipe {
  std::string attenuation = "calzetti2000";
  double stars_over_gas_ebv = 1;  ///< E(B-V) of stars over that of gas
  std::string igm = "madau1995";
  double log_u = -2.5;                      ///< ionisation parameter of the gas
  std::optional<double> covering_fraction;  ///< of ionising photons that light up gas; else the recipe's
};

/// One belief about stellar populations (recipes/program/campaign/template_campaign.h).
struct TemplateRecipe {
  std::string name;
  LibraryRecipe library;
  std::string history = "constant";  ///< constant, exponential, delayed
  double duration_myr = 10;          ///< of constant; 0: a burst
  double tau_myr = 10;               ///< of the others
  std::string attenuation;           ///< "" the recipe's
};

struct TemplateMismatchRecipe {
  std::vector<TemplateRecipe> templates;
  std::vector<double> redshifts = {1, 2, 4, 6};
  int clumps = 100;  ///< at each redshift
  double snr_low = 5, snr_high = 50;
  double age_step_dex = 0.5;
};

struct ExposureRecipe {
  std::string band;
  std::string file, science_hdu, error_hdu, error_file, weight_file, weight_hdu;
};

struct RegionRecipe {
  std::string kind = "circle";  ///< circle, source_disc, everywhere, mask, regions
  std::string file, hdu;        ///< of mask (an image) and regions (DS9)
  double radius_arcsec = 2;     ///< on the sky, or in the source plane for source_disc
  std::optional<double> x_arcsec,
      y_arcsec;  ///< centre in the lens frame, on the sky; absent: the field's centre
};

struct FieldRecipe {
  std::string name;
  double ra_deg = 0, dec_deg = 0;            ///< of the field's centre, where the lens has a place on the sky
  std::optional<double> x_arcsec, y_arcsec;  ///< instead: the centre in the lens frame (+x west, +y north)
  double z = 1;                              ///< of the host and of injected clumps
  double size_arcsec = 8;                    ///< of simulated exposures
  RegionRecipe host;
  std::vector<ExposureRecipe> exposures;  ///< real ones; empty: simulated
  std::optional<LensRecipe> truth_lens;   ///< through which this field's clumps go; absent: the recipe's
};

/// Clumps two by two: the odd ones lie beside the even ones.
struct PairRecipe {
  mocks::Range separation_pix{1.5, 6};  ///< on the sky, uniform
};

/// More realisations, with masses from a part of the population's range only.
struct RoundRecipe {
  int realisations = 10;
  mocks::Range mass_msun{1e5, 1e6};  ///< uniform in the logarithm
  bool added = false;                ///< by `run --until`: not part of the recipe, nor of its hash
};

struct InjectionRecipe {
  int realisations = 100;
  int clumps = 6;  ///< parents per realisation
  double min_mu =
      0.1;  ///< images demagnified below this are drawn but not counted (the lens's own centre hides them)
  double max_sigma_pix =
      12;  ///< images stretched beyond this (major axis) are arcs, not clumps: drawn, not counted
  std::optional<PairRecipe> pairs;
  std::optional<double>
      marking_error_pix;            ///< clumps are marked by eye, so to say, with this error each axis
  std::vector<RoundRecipe> rounds;  ///< numbered on after the realisations
};

struct StarFormationRecipe {
  std::vector<double> history_myr = {10};  ///< durations of constant star formation; 0 is a single burst
};

struct CompletenessRecipe {
  double mag_step = 0.5, log_radius_step = 0.25, log_mass_step = 0.5;
};

struct Recipe {
  std::string file;              ///< the file it was read from; not part of the description
  std::filesystem::path folder;  ///< where recipe.json lies; not part of the description
  std::string name, title;
  std::string data;  ///< folder that "$data/" in a path stands for
  std::uint64_t seed = 1;
  sky::Cosmology cosmology;
  double pixel_scale_arcsec = 0.02;
  std::vector<BandRecipe> bands;
  std::string reference_band = "F150W", second_reference_band = "F200W";
  LensRecipe truth_lens, analysis_lens;
  std::vector<AlternativeLensRecipe> alternative_lenses;
  double lens_map_step_arcsec = 0.05;
  LibraryRecipe truth_library, analysis_library;
  double covering_fraction = 0.5;
  std::optional<LightRecipe> light, truth_light;  ///< keys sed and truth_sed
  std::optional<TemplateMismatchRecipe> template_mismatch;
  std::vector<FieldRecipe> fields;
  mocks::SceneOptions scene;
  mocks::PopulationOptions population;
  InjectionRecipe injection;
  pipeline::PipelineOptions pipeline;
  bool run_sed = true;
  sed::GridAxes grid;
  population::MassFunctionOptions mass_function;
  bool run_mass_function = true;
  bool correct_mass_function = true;  ///< with the run's injections (recipes/program/campaign/science.h)
  std::optional<studies::RecoveryOptions> recovery;  ///< validation/studies/mass_function_recovery.h
  validation::MatchOptions match;
  CompletenessRecipe completeness;
  validation::CorrectionOptions correction;
  std::vector<validation::Criterion> criteria;

  /// Pixel scale of a band's simulated exposures.
  double simulated_scale(const BandRecipe& band) const {
    return band.pixel_scale_arcsec > 0 ? band.pixel_scale_arcsec : pixel_scale_arcsec;
  }
  std::size_t band_index(const std::string& name) const;
  /// The lens that clumps of a field are injected through.
  const LensRecipe& truth_lens_of(const FieldRecipe& field) const {
    return field.truth_lens ? *field.truth_lens : truth_lens;
  }
  /// The path that a string of the recipe means: "$data/..." below `data`, else relative to the recipe's
  /// folder.
  std::filesystem::path path(const std::string& text) const;
};

/// Realisations of a campaign, those of its rounds included.
int realisations_of(const Recipe& recipe);
/// The recipe as one realisation sees it: with the mass range of its round.
Recipe recipe_of_realisation(const Recipe& recipe, int realisation);
/// Natural log of the density [1/dex] with which all rounds together draw a log10 mass: that of the mixture,
/// whichever round an injection is from (Veach & Guibas 1995: the balance heuristic).
double log_draw_density(const Recipe& recipe, double log_mass_msun);

/// One "--set": "key.sub=value"; list elements by number ("bands.0.depth_mag_ab=28"). The value is JSON, or
/// else a string.
struct Override {
  std::string key, value;
};

/// Reads FOLDER/recipe.json (or the file itself), applies the overrides, checks every key and value. `data`
/// falls back to $ARCPROOF_DATA. Throws InputError.
Recipe read_recipe(const std::filesystem::path& path, const std::vector<Override>& overrides);

/// The same from a tree that stands in `file`; paths are relative to `folder`.
Recipe recipe_from_json(const io::Json& json, const std::string& file, const std::filesystem::path& folder);

/// The recipe with every default written out.
io::Json resolved(const Recipe& recipe);

/// SHA-256 of the resolved recipe without `data`: what says that two parts belong to the same campaign.
std::string recipe_hash(const Recipe& recipe);

io::Json recipe_schema();

}  // namespace arcproof::recipes
