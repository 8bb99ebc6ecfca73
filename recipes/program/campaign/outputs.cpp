#include "recipes/program/campaign/outputs.h"

#include "engine/core/statistics.h"
#include "engine/core/text.h"
#include "engine/core/units.h"
#include "engine/io/ecsv.h"
#include "engine/io/files.h"
#include "engine/io/fits.h"
#include "engine/pipeline/line_widths.h"
#include "engine/sky/psf_profile.h"
#include "recipes/program/campaign/manifest.h"
#include "recipes/program/campaign/parts.h"
#include "recipes/program/campaign/science.h"
#include "recipes/program/campaign/study_options.h"
#include "recipes/program/campaign/template_campaign.h"
#include "recipes/program/description/lens_names.h"
#include "recipes/program/description/light.h"
#include "reports/report.h"
#include "validation/correction.h"
#include "validation/metrics.h"
#include "validation/studies/lens_models.h"
#include "validation/studies/mass_function_recovery.h"
#include "validation/studies/mass_function_tables.h"
#include "validation/studies/population.h"
#include "validation/studies/templates.h"
#include "validation/tables.h"

#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>
#include <sys/resource.h>

namespace arcproof::recipes {
namespace fs = std::filesystem;
namespace {

struct Joined {
  io::Table injections{"INJECTIONS"}, examples{"EXAMPLES"};
};

Joined join_parts(const Recipe& recipe, const PartStore& store) {
  Joined joined;
  joined.injections = joined_injections(recipe, store);
  for (int r = 0; r < realisations_of(recipe); ++r) {
    const auto part = store.read(r);
    if (part && part->examples.rows()) joined.examples.append(part->examples);
  }
  return joined;
}

// ---------------------------------------------------------------- tables

// Azimuthal means of all PSFs, in units of the peak of the one that the analysis uses.
io::Table psf_table(const Recipe& recipe, const Inputs& inputs) {
  io::Texts band;
  io::Reals radius, analysis, injection, image;
  for (std::size_t b = 0; b < recipe.bands.size(); ++b) {
    const sky::Psf& used = *inputs.analysis_psfs[b];
    const auto peak = [](const sky::Psf& psf) { return psf.image()(psf.half_size(), psf.half_size()); };
    const auto profile_of = [&](const sky::Psf& psf) {
      sky::RadialProfiles profiles = sky::radial_profiles(psf, {});
      for (double& value : profiles.image) value *= peak(psf) / peak(used);
      return profiles;
    };
    const auto of_analysis = profile_of(used), of_injection = profile_of(*inputs.injection_psfs[b]),
               of_image = profile_of(*inputs.analysis_psf_images[b]);
    const std::size_t count =
        std::min({of_analysis.image.size(), of_injection.image.size(), of_image.image.size()});
    for (std::size_t i = 0; i < count; ++i) {
      band.push_back(lower_case(recipe.bands[b].name));
      radius.push_back(of_analysis.radius_arcsec[i]);
      analysis.push_back(of_analysis.image[i]);
      injection.push_back(of_injection.image[i]);
      image.push_back(of_image.image[i]);
    }
  }
  io::Table table("PSF");
  table.add("band", "", "name of the band", std::move(band));
  table.add("radius", "arcsec", "mean over the pixels of a ring", std::move(radius));
  table.add("analysis", "", "PSF of the fits, over its peak", std::move(analysis));
  table.add("injection", "", "PSF of injected clumps and simulated skies, in the same unit",
            std::move(injection));
  table.add("image", "", "image that the PSF of the fits comes from, in the same unit", std::move(image));
  return table;
}

std::vector<validation::FieldDepth> depths_of(const Recipe& recipe, const std::vector<FieldSetup>& fields) {
  std::vector<validation::FieldDepth> depths(fields.size());
  for (std::size_t f = 0; f < fields.size(); ++f)
    for (std::size_t b = 0; b < recipe.bands.size(); ++b)
      depths[f].mag_ab.push_back(fields[f].sky[b].depth.mag_ab);
  return depths;
}

// ---------------------------------------------------------------- report.json

io::Json verdict_json(const std::vector<validation::Verdict>& verdicts) {
  io::Json list = io::Json::array();
  for (const validation::Verdict& v : verdicts) {
    io::Json one = io::Json::object();
    one["metric"] = v.criterion.metric;
    one["value"] = v.value;
    one["min"] = v.criterion.min ? io::Json(*v.criterion.min) : io::Json();
    one["max"] = v.criterion.max ? io::Json(*v.criterion.max) : io::Json();
    one["passed"] = v.passed;
    one["why"] = v.criterion.why;
    list.push_back(std::move(one));
  }
  return list;
}

io::Json notes_json(const Recipe& recipe, const Inputs& inputs, const std::vector<FieldSetup>& fields) {
  io::Json notes = io::Json::array();
  const bool real_sky = std::any_of(recipe.fields.begin(), recipe.fields.end(),
                                    [](const FieldRecipe& f) { return !f.exposures.empty(); });
  if (inputs.analysis_library->name == "analytic" && recipe.run_sed)
    notes.push_back(
        std::string("Masses and ages come from the embedded analytic stellar library") +
        (real_sky ? ": for science on real exposures give a library of your own (analysis_library)." : "."));
  for (const BandRecipe& band : recipe.bands)
    if (band.psf.file.empty() && real_sky)
      notes.push_back(band.name + ": the PSF is the embedded parametric one, the exposures are real.");
  if (!inputs.same_lens && recipe.run_mass_function && recipe.run_sed)
    notes.push_back(
        "Images of one clump are joined where their source positions, within the errors of the analysis "
        "lens, and "
        "their intrinsic fluxes agree. Pairs that are missed count a clump several times in the mass "
        "function.");
  if (inputs.same_lens)
    notes.push_back(
        "Truth and analysis use the same lens model: magnification errors are not tested by this run.");
  for (const FieldSetup& field : fields)
    for (std::size_t b = 0; b < recipe.bands.size(); ++b)
      if (recipe.run_sed && !field.analysis.grid.usable_band[b])
        notes.push_back(
            fmt::format("{}: {} is not used by the SED fit (Lyman-alpha, or outside the library).",
                        field.recipe.name, recipe.bands[b].name));
  if (recipe.run_sed && recipe.pipeline.sed.min_bands > static_cast<int>(recipe.bands.size()))
    notes.push_back(
        fmt::format("No masses and ages: pipeline.sed.min_bands asks for {} bands, the recipe has {}.",
                    recipe.pipeline.sed.min_bands, recipe.bands.size()));
  for (const std::string& note : inputs.notes) notes.push_back(note);
  return notes;
}

io::Json report_json(const Recipe& recipe, const Inputs& inputs, const std::vector<FieldSetup>& fields,
                     const validation::Metrics& metrics, const std::vector<validation::Verdict>& verdicts,
                     bool passed) {
  io::Json json = io::Json::object();
  json["recipe"] = recipe.name;
  json["title"] = recipe.title;
  json["seed"] = recipe.seed;
  json["passed"] = passed;
  json["criteria"] = verdict_json(verdicts);
  json["reference_band"] = lower_case(recipe.reference_band);
  io::Json bands = io::Json::array();
  for (const BandRecipe& band : recipe.bands) bands.push_back(lower_case(band.name));
  json["bands"] = std::move(bands);
  json["pixel_scale_arcsec"] = fields.front().exposures[fields.front().analysis.reference].pixel_scale_arcsec;
  json["min_mass_msun"] = recipe.mass_function.min_mass_msun;
  io::Json numbers = io::Json::object();
  for (const auto& [name, value] : metrics.all()) numbers[name] = value;
  json["metrics"] = std::move(numbers);
  json["notes"] = notes_json(recipe, inputs, fields);
  return json;
}

// Mocks of known mass functions, seen through the injections.
void recover_mass_functions(const Recipe& recipe, const io::Table& injections, const fs::path& output,
                            int threads, validation::Metrics& metrics) {
  const mocks::Range& drawn = recipe.population.mass_msun;
  const studies::RecoveryInput input{
      studies::read_injected_images(injections, "injections.fits", lower_case(recipe.reference_band), true),
      injections.integers("realisation"),
      {drawn.low, drawn.high},
      recipe.mass_function};
  const auto found = population::injections_by_clump(input.images, input.drawn, input.cuts);
  if (std::none_of(found.begin(), found.end(), [](const population::Injection& i) { return i.found; }))
    return;
  const std::vector<io::Table> tables =
      studies::mass_function_recovery(input, *recipe.recovery, recipe.seed, threads);
  io::write_fits_tables(output / "cmf_recovery.fits", tables);
  studies::set_recovery_metrics(tables, metrics);
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

RunClock::RunClock() : start_(std::chrono::steady_clock::now()), cpu_start_(cpu_seconds()) {}
double RunClock::wall_s() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
}
double RunClock::cpu_s() const { return cpu_seconds() - cpu_start_; }

bool is_product(const std::string& file_name) {
  static const std::set<std::string> names = {"injections.fits",
                                              "examples.fits",
                                              "science_catalog.fits",
                                              "science_catalog.ecsv",
                                              "host_truth.fits",
                                              "completeness.fits",
                                              "bias.fits",
                                              "psf.fits",
                                              "lens_systematics.fits",
                                              "template_mismatch.fits",
                                              "line_widths.fits",
                                              "mass_function.fits",
                                              "cmf_recovery.fits",
                                              "population.fits",
                                              "report.json",
                                              "convergence.json",
                                              "report.html",
                                              "manifest.json"};
  return names.contains(file_name);
}

bool write_outputs(const Recipe& recipe, const Inputs& inputs, const std::vector<FieldSetup>& fields,
                   const PartStore& store, const fs::path& output, int threads, const RunClock& clock,
                   const std::vector<RoundRecord>& rounds) {
  const std::string reference = lower_case(recipe.reference_band);
  const std::string hash = recipe_hash(recipe);
  Joined joined = join_parts(recipe, store);
  joined.injections.note(studies::recipe_note, hash);
  const validation::TableOptions of_tables = table_options(recipe);
  const auto axes = validation::axes_of(of_tables, joined.injections);
  const validation::BiasProducts bias = validation::bias_products(of_tables, joined.injections, axes);
  io::Table catalogue =
      validation::corrected(science_catalogue(recipe, fields, threads), joined.injections, recipe.correction);
  catalogue.note(studies::recipe_note, hash);
  const io::Table truth = host_truth(recipe, fields);

  validation::Metrics metrics;
  validation::set_metrics(
      metric_options(recipe),
      {joined.injections, catalogue, truth, bias.bias, bias.coverage, depths_of(recipe, fields)}, metrics);

  io::write_fits_tables(output / "injections.fits", {joined.injections});
  if (joined.examples.rows()) io::write_fits_tables(output / "examples.fits", {joined.examples});
  io::write_fits_tables(output / "science_catalog.fits", {catalogue});
  io::write_ecsv(output / "science_catalog.ecsv", catalogue);
  if (truth.rows()) io::write_fits_tables(output / "host_truth.fits", {truth});
  io::write_fits_tables(output / "completeness.fits",
                        validation::completeness_products(joined.injections, axes));
  io::write_fits_tables(output / "bias.fits", {bias.bias, bias.coverage});
  io::write_fits_tables(output / "psf.fits", {psf_table(recipe, inputs)});
  if (recipe.run_sed)
    io::write_fits_tables(output / "line_widths.fits",
                          {pipeline::emission_line_widths(*inputs.analysis_library, recipe.grid.histories,
                                                          recipe.grid.metallicity, analysis_light(recipe))});
  if (compares_lenses(recipe)) {
    const studies::LensModelOptions lenses = lens_model_options(recipe);
    const io::Table pairs = studies::lens_pairs(lenses, joined.injections);
    io::write_fits_tables(
        output / "lens_systematics.fits",
        {pairs, studies::lens_fields(lenses, joined.injections), studies::lens_science(lenses, catalogue)});
    studies::set_lens_metrics(pairs, metrics);
  }
  if (recipe.template_mismatch) {
    const io::Table clumps = template_clumps(recipe, inputs, threads);
    std::vector<io::Table> tables = studies::template_tables(recipe.template_mismatch->age_step_dex, clumps);
    studies::set_template_metrics(tables, metrics);
    tables.push_back(clumps);
    io::write_fits_tables(output / "template_mismatch.fits", tables);
  }
  io::Json convergence = io::Json::object(), at_edge = io::Json::array(), not_corrected = io::Json::array();
  if (recipe.run_mass_function && recipe.run_sed) {
    MassFunctionProducts products =
        fit_mass_functions(recipe, catalogue, joined.injections, threads, metrics);
    io::write_fits_tables(output / "mass_function.fits", products.tables);
    convergence = std::move(products.convergence);
    at_edge = std::move(products.at_prior_edge);
    not_corrected = std::move(products.notes);
  }
  const studies::PopulationOptions population = population_options(recipe, threads);
  io::write_fits_tables(
      output / "population.fits",
      {studies::population_table(population, catalogue), studies::bound_table(population, catalogue),
       studies::relations_table(population, catalogue), studies::formation_table(population, catalogue)});
  if (recipe.recovery) recover_mass_functions(recipe, joined.injections, output, threads, metrics);
  io::write_json(output / "convergence.json", convergence);

  const auto verdicts = validation::judge(recipe.criteria, metrics);
  const bool passed =
      std::all_of(verdicts.begin(), verdicts.end(), [](const validation::Verdict& v) { return v.passed; });
  io::Json report = report_json(recipe, inputs, fields, metrics, verdicts, passed);
  report["at_prior_edge"] = std::move(at_edge);
  report["not_corrected"] = std::move(not_corrected);
  io::write_json(output / "report.json", report);
  reports::write_report(output, reports::all_sections());
  write_manifest(recipe, inputs, output, threads, clock, rounds);
  return passed;
}

}  // namespace arcproof::recipes
