// The keys that gather what several structs of the engine hold.
#include "recipes/program/description/recipe.h"

namespace arcproof::recipes {
namespace {

// Sections of recipe.json: what they fill lies in several members of Recipe.
struct PipelineSection {
  Recipe& recipe;
  void describe(Keys& keys) {
    recipe.pipeline.describe(keys);
    keys.flag("run_sed", recipe.run_sed, "false: no ages and masses");
    keys.object("sed_grid", recipe.grid, "grid of models");
  }
};

struct MassFunctionSection {
  Recipe& recipe;
  void describe(Keys& keys) {
    bool& corrected = recipe.correct_mass_function;
    keys.flag("run", recipe.run_mass_function, "false: no mass function");
    keys.flag("corrected", corrected,
              "also with mass errors and selection in the likelihood, the selection from the injections; not "
              "where population.observed_mag_ab sets the masses");
    keys.check(
        !(keys.given("corrected") && corrected && !recipe.run_mass_function), "corrected",
        [] { return std::string("true"); },
        "false, or no such key, with run false: nothing is fitted that it corrects");
    corrected = corrected && recipe.run_mass_function;
    recipe.mass_function.describe(keys);
    keys.optional_object("recovery", recipe.recovery,
                         "are known mass functions recovered? Product cmf_recovery.fits");
  }
};

struct ValidationSection {
  Recipe& recipe;
  void describe(Keys& keys) {
    recipe.match.describe(keys);
    keys.object("completeness", recipe.completeness, "bins of completeness and bias");
    recipe.correction.describe(keys);
  }
};

}  // namespace

std::string HostRecipe::kind() const {
  return std::visit([](const auto& host) { return std::string(host.kind_name); }, choice);
}

bool HostRecipe::is_drawn() const {
  return std::holds_alternative<MaskHost>(choice) || std::holds_alternative<RegionsHost>(choice);
}

HostCentre HostRecipe::centre() const {
  return std::visit(
      [](const auto& host) {
        if constexpr (requires { host.centre; }) return host.centre;
        else return HostCentre{};
      },
      choice);
}

void Recipe::describe(Keys& keys) {
  for (const char* key : {"name", "bands", "fields"}) keys.required(key);
  keys.text("name", name, "short name: letters, digits, - and _");
  keys.text("title", title, "one line for the report");
  keys.text("data", data, "folder that $data/ in paths stands for; else the environment's ARCPROOF_DATA");
  keys.seed("seed", seed, "seed of all random streams; 0 is an ordinary seed");
  keys.object("cosmology", cosmology, "flat Lambda-CDM");
  keys.number("pixel_scale_arcsec", pixel_scale_arcsec, "arcsec", "pixel scale of simulated exposures",
              Allowed::above(0, 10));
  keys.list("bands", bands, "bands, in the order of the catalogues");
  keys.text("reference_band", reference_band, "band of detection and shapes");
  keys.text("second_reference_band", second_reference_band, "an S/N cut is also applied in this band");
  keys.object("truth_lens", truth_lens, "through which clumps are injected");
  keys.object("analysis_lens", analysis_lens, "with which they are delensed");
  keys.list("alternative_lenses", alternative_lenses,
            "lenses that every clump is delensed with as well: columns mu_NAME, radius_pc_NAME, "
            "log_mass_msun_NAME, and the product lens_systematics.fits");
  keys.number("lens_map_step_arcsec", lens_map_step_arcsec, "arcsec",
              "step of the deflection and Hessian maps", Allowed::between(0.005, 1));
  keys.object("truth_library", truth_library, "stellar library of injected clumps");
  keys.object("analysis_library", analysis_library, "stellar library of the SED fits");
  keys.number("covering_fraction", covering_fraction, "",
              "covering fraction: fraction of ionising photons reprocessed by the gas",
              Allowed::between(0, 1));
  keys.optional_object("sed", light, "dust and intergalactic gas of the SED fits, and of the truth");
  keys.optional_object("truth_sed", truth_light,
                       "of injected clumps and simulated skies, where it is another");
  keys.optional_object(
      "template_mismatch", template_mismatch,
      "fits of one kind of stellar population with another, on drawn photometry: the product "
      "template_mismatch.fits");
  keys.list("fields", fields, "fields; realisations take them in turn");
  keys.object("scene", scene, "simulated skies");
  keys.object("population", population, "what is injected");
  keys.object("injection", injection, "how much is injected");
  PipelineSection pipeline_section{*this};
  keys.object("pipeline", pipeline_section, "how it is measured");
  MassFunctionSection mass_function_section{*this};
  keys.object("mass_function", mass_function_section, "Claeyssens+2025, section 4.4");
  ValidationSection validation_section{*this};
  keys.object("validation", validation_section, "how truth and measurement are compared");
  keys.list("criteria", criteria, "what must come out for exit code 0");
}

}  // namespace arcproof::recipes
