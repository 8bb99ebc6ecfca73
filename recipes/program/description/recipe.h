// A recipe: what to inject, into what, how to measure it, and what must come out. A folder with recipe.json
// in it.
//
// Each struct describes its keys itself (engine/core/keys.h): name, unit, meaning and range stand here, beside
// the member that they fill, or at the members of the engine's own options.
#pragma once

#include "engine/core/hash.h"
#include "engine/core/keys.h"
#include "engine/core/plausible.h"
#include "engine/io/json.h"
#include "engine/lens/sources/lens_choice.h"
#include "engine/pipeline/measure.h"
#include "engine/population/mass_function.h"
#include "engine/sed/libraries/library_choice.h"
#include "engine/sky/cosmology.h"
#include "mocks/plan.h"
#include "mocks/scene.h"
#include "validation/checks/criteria.h"
#include "validation/correction/posterior.h"
#include "validation/match.h"
#include "validation/studies/mass_function_recovery.h"

#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace arcproof::recipes {

// ---------------------------------------------------------------- bands

struct PsfSource {
  std::string file, hdu;
  double pixel_scale_arcsec = 0;
  std::string form = "image";

  void describe(Keys& keys) {
    keys.text("file", file, "FITS image of the PSF; empty: the embedded PSF of the band");
    keys.text("hdu", hdu, "EXTNAME, or a number in quotes; empty: the first image");
    keys.number("pixel_scale_arcsec", pixel_scale_arcsec, "arcsec",
                "pixel scale of the PSF image; 0: from its header", Allowed::between(0, 10));
    keys.text(
        "form", form,
        "image (as it is), or parametric: Moffat + Gaussian + fourth-degree power law fitted to it out to "
        "0.5 arcsec, as in the papers",
        {"image", "parametric"});
  }
};

struct BandRecipe {
  std::string name;
  PsfSource psf;
  std::optional<PsfSource> injection_psf;
  std::string filter;
  double depth_mag_ab = 29;
  double depth_sigmas = 5;
  double galactic_extinction_mag = 0;
  double electrons_per_njy = 0;
  double pixel_scale_arcsec = 0;

  void describe(Keys& keys) {
    keys.required("name");
    keys.text("name", name, "name of the band, such as F150W");
    keys.object("psf", psf, "PSF of the analysis, and of the injection unless that has its own");
    keys.optional_object("injection_psf", injection_psf,
                         "PSF of injected clumps and simulated skies, to study PSF mismatch");
    keys.text("filter", filter,
              "two-column file (Angstrom, throughput); empty: the embedded curve of the band");
    keys.number("depth_mag_ab", depth_mag_ab, "AB mag", "point-source depth of simulated exposures",
                Allowed::between(10, 45));
    keys.number("depth_sigmas", depth_sigmas, "sigma", "significance of that depth", Allowed::above(0, 100));
    keys.number("galactic_extinction_mag", galactic_extinction_mag, "mag",
                "extinction A by the Milky Way in this band", Allowed::between(0, 20));
    keys.number("electrons_per_njy", electrons_per_njy, "electrons/nJy",
                "detected electrons per flux; 0: sources carry no shot noise", Allowed::between(0, 1e12));
    keys.number(
        "pixel_scale_arcsec", pixel_scale_arcsec, "arcsec",
        "pixel scale of simulated exposures, such as 0.04 beside 0.02 (0: that of the recipe), and of "
        "real ones whose header does not say it",
        Allowed::between(0, 10));
  }
};

// ---------------------------------------------------------------- lenses

struct LensRecipe {
  lens::LensChoice choice;

  void describe(Keys& keys) {
    keys.kinds("kind", choice,
               "compact_cluster (embedded), lenstool (files), map (files) or constant (one magnification "
               "everywhere)");
  }
  template <class Kind>
  const Kind* as() const {
    return std::get_if<Kind>(&choice);
  }
};

/// A lens that every measured clump is delensed with as well, beside the analysis lens; without a posterior.
struct AlternativeLensRecipe {
  std::string name;
  LensRecipe lens;

  void describe(Keys& keys) {
    keys.required("name");
    keys.text("name", name, "letters and digits; in lower case the suffix of its columns");
    lens.describe(keys);
  }
};

// ---------------------------------------------------------------- light

struct LibraryRecipe {
  sed::LibraryChoice choice;
  void describe(Keys& keys) {
    keys.kinds("kind", choice,
               "analytic (embedded), bc03 (.ised files) or file (any format of arcproof library)");
  }
};

/// Dust, intergalactic gas, and the gas around the stars.
struct LightRecipe {
  sed::SynthesisOptions synthesis;
  std::optional<double> covering_fraction;

  void describe(Keys& keys) {
    synthesis.describe(keys);
    keys.number("log_u", synthesis.log_u, "", "log10 of the ionisation parameter of the gas",
                sed::allowed_log_u);
    keys.optional_number(
        "covering_fraction", covering_fraction, "",
        "covering fraction: fraction of ionising photons reprocessed by the gas (absent: that "
        "of the recipe)",
        sed::allowed_covering_fraction);
  }
};

// Histories of star formation.
struct ConstantHistory {
  static constexpr const char* kind_name = "constant";
  double duration_myr = 10;
  void describe(Keys& keys) {
    keys.number("duration_myr", duration_myr, "Myr", "how long stars form; 0: a single burst",
                Allowed::between(0, 15000));
  }
};
struct ExponentialHistory {
  static constexpr const char* kind_name = "exponential";
  double tau_myr = 10;
  void describe(Keys& keys) {
    keys.number("tau_myr", tau_myr, "Myr", "time scale of exp(-t / tau)", Allowed::above(0, 15000));
  }
};
struct DelayedHistory {
  static constexpr const char* kind_name = "delayed";
  double tau_myr = 10;
  void describe(Keys& keys) {
    keys.number("tau_myr", tau_myr, "Myr", "time scale of t exp(-t / tau)", Allowed::above(0, 15000));
  }
};
using HistoryChoice = std::variant<ConstantHistory, ExponentialHistory, DelayedHistory>;

/// One belief about stellar populations (recipes/program/products/template_campaign.h).
struct TemplateRecipe {
  std::string name;
  LibraryRecipe library;
  HistoryChoice history;
  std::string attenuation;

  void describe(Keys& keys) {
    keys.required("name");
    keys.text("name", name, "name in tables and figures");
    keys.object("library", library, "stellar library");
    keys.kinds("history", history, "history of star formation");
    std::vector<std::string> laws = sed::dust_law_names();
    laws.insert(laws.begin(), "");
    keys.text("attenuation", attenuation, "dust law, as in sed; empty: that of sed", laws);
  }
};

struct TemplateMismatchRecipe {
  std::vector<TemplateRecipe> templates;
  std::vector<double> redshifts = {1, 2, 4, 6};
  int clumps = 100;
  double snr_low = 5, snr_high = 50;
  double age_step_dex = 0.5;

  void describe(Keys& keys) {
    keys.required("templates");
    keys.list("templates", templates, "each is the truth in turn, and each is fitted to all");
    keys.numbers("redshifts", redshifts, "", "redshifts of the clumps", Allowed::above(0, 20));
    keys.integer("clumps", clumps, "", "clumps drawn at each redshift", Allowed::between(1, 100000));
    keys.interval("snr", snr_low, snr_high, "", "S/N in the reference band, uniform in log",
                  Allowed::above(0, 1e6));
    keys.number("age_step_dex", age_step_dex, "dex", "width of the bins of age", Allowed::between(0.05, 5));
  }
};

// ---------------------------------------------------------------- fields

struct ExposureRecipe {
  std::string band;
  std::string file, science_hdu, error_hdu, error_file, weight_file, weight_hdu;

  void describe(Keys& keys) {
    keys.required("band");
    keys.required("file");
    keys.text("band", band, "one of the recipe's bands");
    keys.text("file", file, "FITS file of the science image");
    keys.text("science_hdu", science_hdu, "EXTNAME, or a number in quotes; empty: the first image");
    keys.text("error_hdu", error_hdu, "HDU of the error image");
    keys.text("error_file", error_file, "file of the error image, where it is another");
    keys.text("weight_file", weight_file, "file of the weight image (1 / variance)");
    keys.text("weight_hdu", weight_hdu, "HDU of the weight image");
  }
};

/// A centre on the sky, in the lens frame; both numbers or none.
struct HostCentre {
  std::optional<double> x_arcsec, y_arcsec;
  void describe(Keys& keys) {
    keys.optional_number("x_arcsec", x_arcsec, "arcsec",
                         "centre on the sky, in the lens frame, +x west (absent: the field's centre)",
                         plausible::place_arcsec);
    keys.optional_number("y_arcsec", y_arcsec, "arcsec",
                         "centre on the sky, in the lens frame, +y north (absent: the field's centre)",
                         plausible::place_arcsec);
  }
};

// Where clumps belong to the host.
struct CircleHost {
  static constexpr const char* kind_name = "circle";
  double radius_arcsec = 2;
  HostCentre centre;
  void describe(Keys& keys) {
    keys.number("radius_arcsec", radius_arcsec, "arcsec", "radius of the circle on the sky",
                plausible::size_arcsec);
    centre.describe(keys);
  }
};
struct SourceDiscHost {
  static constexpr const char* kind_name = "source_disc";
  double radius_arcsec = 2;
  HostCentre centre;
  void describe(Keys& keys) {
    keys.number("radius_arcsec", radius_arcsec, "arcsec",
                "radius of the disc in the source plane, by the analysis lens", plausible::size_arcsec);
    centre.describe(keys);
  }
};
/// The galaxy of a simulated sky stands at the centre.
struct EverywhereHost {
  static constexpr const char* kind_name = "everywhere";
  HostCentre centre;
  void describe(Keys& keys) { centre.describe(keys); }
};
struct MaskHost {
  static constexpr const char* kind_name = "mask";
  std::string file, hdu;
  void describe(Keys& keys) {
    keys.text("file", file, "FITS image on the exposures' pixels, above 0 on the host");
    keys.text("hdu", hdu, "EXTNAME, or a number in quotes; empty: the first image");
  }
};
struct RegionsHost {
  static constexpr const char* kind_name = "regions";
  std::string file;
  void describe(Keys& keys) { keys.text("file", file, "DS9 region file"); }
};

struct HostRecipe {
  std::variant<CircleHost, SourceDiscHost, EverywhereHost, MaskHost, RegionsHost> choice;

  void describe(Keys& keys) {
    keys.kinds(
        "kind", choice,
        "circle (on the sky), source_disc (in the source plane, by the analysis lens), everywhere, mask "
        "(an image) or regions (of DS9)");
  }
  std::string kind() const;
  bool is_drawn() const;      ///< a mask or regions: a file says it
  HostCentre centre() const;  ///< nothing of a mask or of regions
};

struct FieldRecipe {
  std::string name;
  double ra_deg = 0, dec_deg = 0;
  std::optional<double> x_arcsec, y_arcsec;
  double z = 1;
  std::optional<double> analysis_z;
  double size_arcsec = 8;
  HostRecipe host;
  double z_of_analysis() const { return analysis_z.value_or(z); }
  std::vector<ExposureRecipe> exposures;  ///< real ones; empty: simulated
  std::optional<LensRecipe> truth_lens;

  void describe(Keys& keys) {
    keys.required("name");
    keys.required("z");
    keys.text("name", name, "name of the field, and of its host galaxy");
    keys.number("ra_deg", ra_deg, "deg",
                "right ascension of the centre (lens models with a place on the sky)",
                Allowed::between(0, 360));
    keys.number("dec_deg", dec_deg, "deg", "declination of the centre", Allowed::between(-90, 90));
    keys.optional_number("x_arcsec", x_arcsec, "arcsec",
                         "instead of ra_deg: centre in the lens frame, +x west", plausible::place_arcsec);
    keys.optional_number("y_arcsec", y_arcsec, "arcsec",
                         "instead of dec_deg: centre in the lens frame, +y north", plausible::place_arcsec);
    keys.number("z", z, "", "redshift of the host and of injected clumps", Allowed::above(0, 20));
    keys.optional_number(
        "analysis_z", analysis_z, "",
        "redshift that the analysis takes the host to have, to study wrong redshifts (absent: z)",
        Allowed::above(0, 20));
    keys.number("size_arcsec", size_arcsec, "arcsec", "side of simulated exposures", plausible::size_arcsec);
    keys.object("host", host, "where clumps belong to the host");
    keys.list("exposures", exposures, "real exposures, one a band; none: a simulated sky");
    keys.optional_object("truth_lens", truth_lens,
                         "through which clumps of this field are injected; absent: the recipe's truth_lens");
  }
};

// ---------------------------------------------------------------- validation

struct CompletenessRecipe {
  double mag_step = 0.5, log_radius_step = 0.25, log_mass_step = 0.5;

  void describe(Keys& keys) {
    keys.number("mag_step", mag_step, "mag", "width of the bins of observed magnitude",
                Allowed::between(0.02, 10));
    keys.number("log_radius_step", log_radius_step, "dex", "width of the bins of log10 radius",
                Allowed::between(0.02, 10));
    keys.number("log_mass_step", log_mass_step, "dex", "width of the bins of log10 mass",
                Allowed::between(0.02, 10));
  }
};

// ---------------------------------------------------------------- the recipe

struct Recipe {
  std::string file;              ///< the file it was read from; not part of the description
  std::filesystem::path folder;  ///< where recipe.json lies; not part of the description
  std::string name, title;
  std::string data;
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
  mocks::InjectionOptions injection;
  pipeline::PipelineOptions pipeline;
  bool run_sed = true;
  sed::GridAxes grid;
  population::MassFunctionOptions mass_function;
  bool run_mass_function = true;
  bool correct_mass_function = true;                 ///< with the run's injections
  std::optional<studies::RecoveryOptions> recovery;  ///< validation/studies/mass_function_recovery.h
  validation::MatchOptions match;
  double control_area_arcsec2 = 100;
  bool ladder = false;  ///< validation/studies/ladder.h
  CompletenessRecipe completeness;
  validation::CorrectionOptions correction;
  std::vector<validation::Criterion> criteria;

  /// All keys of recipe.json.
  void describe(Keys& keys);

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

/// Whether two sections ask for the same model (their posteriors may differ).
inline bool same_model(const LensRecipe& a, const LensRecipe& b) {
  return lens::same_model(a.choice, b.choice);
}

/// Whether a run of this recipe corrects its mass function: asked for, masses measured, and injected masses
/// drawn from a known density (not set by an observed magnitude).
bool corrects_mass_function(const Recipe& recipe);
/// Realisations of a campaign, those of its rounds included.
int realisations_of(const Recipe& recipe);
/// Range of the masses of a realisation: that of its round [Msun].
mocks::Range masses_of_realisation(const Recipe& recipe, int realisation);
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
