#include "recipes/outputs.h"

#include "engine/core/statistics.h"
#include "engine/core/units.h"
#include "engine/io/ecsv.h"
#include "engine/io/files.h"
#include "engine/io/fits.h"
#include "recipes/manifest.h"
#include "recipes/parts.h"
#include "recipes/science.h"
#include "reports/report.h"
#include "validation/bias.h"
#include "validation/completeness.h"
#include "validation/correction.h"

#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>
#include <sys/resource.h>

namespace arcproof::recipes {
namespace fs = std::filesystem;
namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

struct Joined {
  io::Table injections{"INJECTIONS"}, examples{"EXAMPLES"};
};

Joined join_parts(const Recipe& recipe, const PartStore& store) {
  Joined joined;
  for (int r = 0; r < recipe.injection.realisations; ++r) {
    const auto part = store.read(r);
    require(part.has_value(), "write_outputs: all parts are on disk");
    joined.injections.append(part->injections);
    if (part->examples.rows()) joined.examples.append(part->examples);
  }
  return joined;
}

// ---------------------------------------------------------------- metrics

void set_count_metrics(const io::Table& joined, validation::Metrics& metrics) {
  double injected = 0, recovered = 0;
  std::int64_t last = -1;
  double parents = 0;
  for (std::size_t i = 0; i < joined.rows(); ++i) {
    injected += joined.texts("injection_flag")[i] == "injected";
    recovered += joined.flags("recovered")[i];
    parents += joined.integers("parent_id")[i] != last;
    last = joined.integers("parent_id")[i];
  }
  metrics.set("counts.clumps", parents);
  metrics.set("counts.rows", static_cast<double>(joined.rows()));
  metrics.set("counts.injected", injected);
  metrics.set("counts.recovered", recovered);
  metrics.set("completeness.overall", injected > 0 ? recovered / injected : std::nan(""));
}

void set_completeness_metrics(const io::Table& joined, validation::Metrics& metrics) {
  const validation::LogisticCompleteness fit = validation::fit_logistic(joined, "mag");
  metrics.set("completeness.mag_50", fit.mag_50);
  metrics.set("completeness.mag_50_err", fit.mag_50_error);
  metrics.set("completeness.width_mag", fit.width_mag);
  metrics.set("completeness.plateau", fit.plateau);
}

void set_bias_metrics(const io::Table& bias, validation::Metrics& metrics) {
  for (std::size_t i = 0; i < bias.rows(); ++i) {
    if (bias.texts("axis")[i] != "all") continue;
    for (const char* column : {"bias", "bias_err", "scatter", "pull_median", "pull_sigma", "pull_sd"})
      metrics.set(fmt::format("bias.{}.{}", bias.texts("quantity")[i], column), bias.reals(column)[i]);
    metrics.set(fmt::format("bias.{}.n", bias.texts("quantity")[i]),
                static_cast<double>(bias.integers("n")[i]));
  }
}

void set_coverage_metrics(const io::Table& coverage, validation::Metrics& metrics) {
  for (std::size_t i = 0; i < coverage.rows(); ++i)
    metrics.set("coverage." + coverage.texts("quantity")[i], coverage.reals("coverage")[i]);
}

// Pulls of clumps well above the noise, where the errors should be normal.
void set_bright_metrics(const io::Table& joined, const std::string& band, validation::Metrics& metrics) {
  std::vector<double> pull, offset;
  for (std::size_t i = 0; i < joined.rows(); ++i) {
    if (!joined.flags("recovered")[i] || !(joined.reals("measured_snr_" + band)[i] > 10)) continue;
    const double truth = joined.reals("true_flux_" + band)[i];
    pull.push_back((joined.reals("measured_flux_" + band)[i] - truth) /
                   joined.reals("measured_flux_" + band + "_err")[i]);
    offset.push_back(joined.reals("measured_flux_" + band)[i] / truth - 1);
  }
  metrics.set("bright.n", static_cast<double>(pull.size()));
  metrics.set("bright.flux_bias", statistics::median(offset));
  metrics.set("bright.flux_pull_median", statistics::median(pull));
  metrics.set("bright.flux_pull_sigma", statistics::mad_sigma(pull));
}

// Pulls at S/N 5 - 50, of all recovered clumps and of those on empty sky, with each model of the errors:
// redraws as the recipe says, analytic for white and for correlated noise. The S/N that selects is that of
// the truth, so that the selection does not bend the pulls.
void set_pull_metrics(const io::Table& joined, const std::string& band, validation::Metrics& metrics) {
  const std::string flux = "flux_" + band;
  for (const bool only_sky : {false, true})
    for (const auto& [error, column] :
         {std::pair{"redraws", "_err"}, {"white", "_err_analytic"}, {"correlated", "_err_correlated"}}) {
      const std::string name = std::string(only_sky ? "sky." : "all.") + error;
      std::vector<double> pull;
      for (std::size_t i = 0; i < joined.rows(); ++i) {
        const double truth = joined.reals("true_" + flux)[i];
        const double snr = truth / joined.reals("measured_" + flux + "_err_correlated")[i];
        if (!joined.flags("recovered")[i] || !(snr > 5 && snr < 50)) continue;
        if (only_sky && !joined.flags("on_empty_sky")[i]) continue;
        pull.push_back((joined.reals("measured_" + flux)[i] - truth) /
                       joined.reals("measured_" + flux + column)[i]);
      }
      metrics.set(fmt::format("pulls.{}.n", name), static_cast<double>(pull.size()));
      metrics.set(fmt::format("pulls.{}.median", name), statistics::median(pull));
      metrics.set(fmt::format("pulls.{}.sd", name), statistics::standard_deviation(pull));
      metrics.set(fmt::format("pulls.{}.sigma", name), statistics::mad_sigma(pull));
    }
}

double nearest_neighbour(const io::Table& joined, std::size_t row) {
  double nearest = HUGE_VAL;
  for (std::size_t j = 0; j < joined.rows(); ++j)
    if (j != row && joined.integers("realisation")[j] == joined.integers("realisation")[row] &&
        std::isfinite(joined.reals("true_x")[j]))
      nearest = std::min(nearest, std::hypot(joined.reals("true_x")[j] - joined.reals("true_x")[row],
                                             joined.reals("true_y")[j] - joined.reals("true_y")[row]));
  return nearest;
}

// Closure: clumps that are alone, resolved (sigma >= 0.6 pixel on both axes) and not cut by a critical line.
void set_closure_metrics(const io::Table& joined, const std::string& band, validation::Metrics& metrics) {
  constexpr double alone_pix = 40, resolved_pix = 0.6;
  std::vector<double> flux, radius;
  for (std::size_t i = 0; i < joined.rows(); ++i) {
    if (!joined.flags("recovered")[i] || joined.integers("merged_images")[i] != 1 ||
        joined.integers("measured_group_size")[i] != 1)
      continue;
    if (!(joined.reals("true_sigma_minor_pix")[i] >= resolved_pix) ||
        nearest_neighbour(joined, i) < alone_pix)
      continue;
    flux.push_back(
        std::abs(joined.reals("measured_flux_" + band)[i] / joined.reals("true_flux_" + band)[i] - 1));
    radius.push_back(std::abs(joined.reals("measured_radius_pc")[i] / joined.reals("true_radius_pc")[i] - 1));
  }
  metrics.set("isolated.n", static_cast<double>(flux.size()));
  metrics.set("isolated.flux_deviation_median", statistics::median(flux));
  metrics.set("isolated.radius_deviation_median", statistics::median(radius));
  metrics.set("isolated.flux_deviation_max",
              flux.empty() ? std::nan("") : *std::max_element(flux.begin(), flux.end()));
  metrics.set("isolated.radius_deviation_max",
              radius.empty() ? std::nan("") : *std::max_element(radius.begin(), radius.end()));
}

void set_depth_metrics(const Recipe& recipe, const std::vector<FieldSetup>& fields,
                       validation::Metrics& metrics) {
  for (std::size_t b = 0; b < recipe.bands.size(); ++b) {
    std::vector<double> depth;
    for (const FieldSetup& field : fields) depth.push_back(field.sky[b].depth.mag_ab);
    metrics.set("depth." + lower(recipe.bands[b].name), statistics::median(depth));
  }
}

// ---------------------------------------------------------------- tables

std::vector<validation::BinAxis> axes_of(const Recipe& recipe, const io::Table& joined) {
  return {validation::axis_from_data(joined, "mag", "mag", recipe.completeness.mag_step),
          validation::axis_from_data(joined, "true_log_radius_pc", "", recipe.completeness.log_radius_step),
          validation::axis_from_data(joined, "true_log_mass_msun", "", recipe.completeness.log_mass_step)};
}

std::vector<io::Table> completeness_products(const io::Table& joined,
                                             const std::vector<validation::BinAxis>& axes) {
  std::vector<io::Table> tables;
  const auto add = [&](const char* name, const std::vector<validation::BinAxis>& which) {
    tables.push_back(validation::completeness_table(joined, which));
    tables.back().rename(name);
  };
  add("MAG", {axes[0]});
  add("RADIUS", {axes[1]});
  add("MASS", {axes[2]});
  add("MAG_RADIUS", {axes[0], axes[1]});
  return tables;
}

struct BiasProducts {
  io::Table bias, coverage;
};

BiasProducts bias_products(const Recipe& recipe, const io::Table& joined,
                           const std::vector<validation::BinAxis>& axes) {
  std::vector<std::string> bands;
  for (const BandRecipe& band : recipe.bands) bands.push_back(lower(band.name));
  const std::string reference = lower(recipe.reference_band);
  const auto quantities = validation::quantities_of(joined, bands, reference);
  const validation::BinAxis snr{"measured_snr_" + reference, "", {3, 5, 10, 20, 50, 100, 300, 1000}};
  return {validation::bias_table(joined, quantities, {axes[0], axes[1], snr}),
          validation::coverage_table(quantities)};
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
  if (inputs.same_lens)
    notes.push_back(
        "Truth and analysis use the same lens model: magnification errors are not tested by this run.");
  for (const FieldSetup& field : fields)
    for (std::size_t b = 0; b < recipe.bands.size(); ++b)
      if (recipe.run_sed && !field.analysis.grid.usable_band[b])
        notes.push_back(
            fmt::format("{}: {} is not used by the SED fit (Lyman-alpha, or outside the library).",
                        field.recipe.name, recipe.bands[b].name));
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
  json["reference_band"] = lower(recipe.reference_band);
  io::Json bands = io::Json::array();
  for (const BandRecipe& band : recipe.bands) bands.push_back(lower(band.name));
  json["bands"] = std::move(bands);
  json["pixel_scale_arcsec"] = fields.front().exposures.front().pixel_scale_arcsec;
  json["min_mass_msun"] = recipe.mass_function.min_mass_msun;
  io::Json numbers = io::Json::object();
  for (const auto& [name, value] : metrics.all()) numbers[name] = value;
  json["metrics"] = std::move(numbers);
  json["notes"] = notes_json(recipe, inputs, fields);
  return json;
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
                                              "mass_function.fits",
                                              "report.json",
                                              "convergence.json",
                                              "report.html",
                                              "manifest.json"};
  return names.contains(file_name);
}

bool write_outputs(const Recipe& recipe, const Inputs& inputs, const std::vector<FieldSetup>& fields,
                   const PartStore& store, const fs::path& output, int threads, const RunClock& clock) {
  const std::string reference = lower(recipe.reference_band);
  const Joined joined = join_parts(recipe, store);
  const auto axes = axes_of(recipe, joined.injections);
  const BiasProducts bias = bias_products(recipe, joined.injections, axes);
  const io::Table catalogue =
      validation::corrected(science_catalogue(recipe, fields, threads), joined.injections, recipe.correction);
  const io::Table truth = host_truth(recipe, fields);

  validation::Metrics metrics;
  set_count_metrics(joined.injections, metrics);
  set_completeness_metrics(joined.injections, metrics);
  set_bright_metrics(joined.injections, reference, metrics);
  set_pull_metrics(joined.injections, reference, metrics);
  set_closure_metrics(joined.injections, reference, metrics);
  set_bias_metrics(bias.bias, metrics);
  set_coverage_metrics(bias.coverage, metrics);
  set_depth_metrics(recipe, fields, metrics);
  metrics.set("science.rows", static_cast<double>(catalogue.rows()));
  const io::Flags& selected = catalogue.flags("selected");
  metrics.set("science.selected", static_cast<double>(std::count(selected.begin(), selected.end(), true)));

  io::write_fits_tables(output / "injections.fits", {joined.injections});
  if (joined.examples.rows()) io::write_fits_tables(output / "examples.fits", {joined.examples});
  io::write_fits_tables(output / "science_catalog.fits", {catalogue});
  io::write_ecsv(output / "science_catalog.ecsv", catalogue);
  if (truth.rows()) io::write_fits_tables(output / "host_truth.fits", {truth});
  io::write_fits_tables(output / "completeness.fits", completeness_products(joined.injections, axes));
  io::write_fits_tables(output / "bias.fits", {bias.bias, bias.coverage});
  io::Json convergence = io::Json::object(), at_edge = io::Json::array();
  if (recipe.run_mass_function && recipe.run_sed) {
    MassFunctionProducts products = fit_mass_functions(recipe, catalogue, metrics);
    io::write_fits_tables(output / "mass_function.fits", products.tables);
    convergence = std::move(products.convergence);
    at_edge = std::move(products.at_prior_edge);
  }
  io::write_json(output / "convergence.json", convergence);

  const auto verdicts = validation::judge(recipe.criteria, metrics);
  const bool passed =
      std::all_of(verdicts.begin(), verdicts.end(), [](const validation::Verdict& v) { return v.passed; });
  io::Json report = report_json(recipe, inputs, fields, metrics, verdicts, passed);
  report["at_prior_edge"] = std::move(at_edge);
  io::write_json(output / "report.json", report);
  reports::write_report(output);
  write_manifest(recipe, inputs, output, threads, clock);
  return passed;
}

}  // namespace arcproof::recipes
