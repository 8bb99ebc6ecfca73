// Metrics and tables of a run against the number of its rows: made-up injections, eight in a realisation, and a
// catalogue of as many clumps with their host truth, 50 in a field. All of it should grow as n log n.
#include "engine/core/random.h"
#include "validation/correction/corrected.h"
#include "validation/match.h"
#include "validation/metrics/metrics.h"
#include "validation/studies/lens_models.h"
#include "validation/studies/population.h"
#include "validation/studies/templates.h"
#include "validation/tables.h"

#include <algorithm>
#include <cmath>
#include <string>

#include <benchmark/benchmark.h>
#include <fmt/format.h>

namespace {

using namespace arcproof;

// Columns that are drawn row by row.
class MadeUp {
 public:
  MadeUp(std::string name, std::size_t rows)
      : table_(std::move(name)), rows_(rows), random_({.seed = 1, .purpose = "metrics_bench"}) {}
  void uniform(const std::string& name, double low, double high) {
    fill<io::Reals>(name, [&](std::size_t) { return random_.uniform(low, high); });
  }
  void normal(const std::string& name, double mean, double sigma) {
    fill<io::Reals>(name, [&](std::size_t) { return random_.normal(mean, sigma); });
  }
  // A copy of another column, with an error.
  void measured(const std::string& name, const std::string& truth, double sigma) {
    const io::Reals from = table_.reals(truth);
    fill<io::Reals>(name, [&](std::size_t i) { return from[i] + random_.normal(0, sigma); });
  }
  void flag(const std::string& name, double fraction) {
    fill<io::Flags>(name, [&](std::size_t) { return random_.uniform() < fraction; });
  }
  void text(const std::string& name, const std::string& value) {
    fill<io::Texts>(name, [&](std::size_t) { return value; });
  }
  template <class Values, class Get>
  void fill(const std::string& name, Get get) {
    Values values;
    for (std::size_t i = 0; i < rows_; ++i) values.push_back(get(i));
    table_.add(name, "", "", std::move(values));
  }
  io::Table& table() { return table_; }

 private:
  io::Table table_;
  std::size_t rows_;
  Random random_;
};

constexpr double field_side_pix = 400;

std::string field_of(std::size_t row) { return fmt::format("field{}", row / 50); }

void sed_columns(MadeUp& add, const std::string& prefix) {
  for (const char* name : {"log_mass_msun", "log_age_yr", "ebv_mag"}) {
    add.uniform(prefix + name, 6, 8);
    add.measured(prefix + name + "_q16", prefix + name, 0.1);
    add.measured(prefix + name + "_q84", prefix + name, 0.1);
  }
  add.uniform(prefix + "log_mass_mu_err", 0.01, 0.1);
  add.text(prefix + "sed_status", "fitted");
}

// What a catalogue says of a clump; of injections with the prefix "measured_".
void clump_columns(MadeUp& add, const std::string& prefix) {
  add.uniform(prefix + "mag_f150w", 24, 30);
  add.uniform(prefix + "snr_f150w", 3, 100);
  add.uniform(prefix + "flux_f150w", 1, 100);
  for (const char* kind : {"_err", "_err_analytic", "_err_correlated"})
    add.uniform(prefix + "flux_f150w" + kind, 0.5, 2);
  add.uniform(prefix + "sigma_circular_pix", 0.5, 4);
  for (const char* suffix : {"", "_other"}) {
    add.uniform(prefix + "radius_pc" + suffix, 5, 200);
    add.uniform(prefix + "mu" + suffix, 1, 20);
  }
  for (const char* side : {"_err_minus", "_err_plus"}) {
    add.uniform(prefix + "radius_pc" + side, 1, 5);
    add.uniform(prefix + "mu" + side, 0.1, 1);
  }
  add.flag(prefix + "radius_is_upper_limit", 0.2);
  add.text(prefix + "size_case", "resolved");
  sed_columns(add, prefix);
  add.uniform(prefix + "log_mass_msun_other", 6, 8);
}

io::Table injections(std::size_t rows) {
  MadeUp add("INJECTIONS", rows);
  const auto whole = [&](const char* name, std::size_t per) {
    add.fill<io::Integers>(name, [per](std::size_t i) { return static_cast<std::int64_t>(i / per); });
  };
  whole("parent_id", 2);
  whole("realisation", 8);
  add.fill<io::Texts>("field", [](std::size_t i) { return i % 2 ? "a" : "b"; });
  add.text("injection_flag", "injected");
  add.flag("recovered", 0.7);
  add.flag("on_empty_sky", 0.5);
  add.fill<io::Integers>("merged_images", [](std::size_t) { return 1; });
  add.fill<io::Integers>("measured_group_size", [](std::size_t) { return 1; });
  for (const char* name : {"true_x", "true_y"}) add.uniform(name, 0, field_side_pix);
  add.uniform("neighbour_pix", 0, 20);
  add.uniform("true_sigma_major_pix", 1, 5);
  add.uniform("true_sigma_minor_pix", 0.5, 1);
  add.uniform("mag", 24, 30);
  add.uniform("true_flux_f150w", 1, 100);
  add.uniform("true_radius_pc", 5, 200);
  add.uniform("true_log_radius_pc", 0.7, 2.3);
  add.uniform("true_mu", 1, 20);
  for (const char* name : {"true_log_mass_msun", "true_log_age_yr", "true_ebv_mag"}) add.uniform(name, 6, 8);
  clump_columns(add, "measured_");
  return add.table();
}

io::Table catalogue(std::size_t rows) {
  MadeUp add("CATALOG", rows);
  add.fill<io::Texts>("field", field_of);
  add.fill<io::Texts>("host", field_of);
  add.fill<io::Integers>("detection_id", [](std::size_t i) { return static_cast<std::int64_t>(i % 50); });
  add.fill<io::Integers>("counter_image_of", [](std::size_t i) {
    return i % 4 ? io::missing_integer : static_cast<std::int64_t>((i + 1) % 50);
  });
  add.flag("selected", 0.9);
  add.text("fit_status", "converged");
  for (const char* name : {"x", "y"}) add.uniform(name, 0, field_side_pix);
  add.uniform("z", 1, 6);
  add.uniform("weight", 1, 3);
  add.uniform("absmag_f150w", -20, -12);
  add.uniform("absmag_f150w_err", 0.05, 0.3);
  clump_columns(add, "");
  return add.table();
}

// Beside the clumps of the catalogue, two images a parent.
io::Table host_truth(const io::Table& catalogue) {
  MadeUp add("HOST_TRUTH", catalogue.rows());
  add.fill<io::Texts>("field", field_of);
  add.fill<io::Integers>("parent_id", [](std::size_t i) { return static_cast<std::int64_t>(i / 2); });
  for (const char* axis : {"x", "y"}) {
    const io::Reals& at = catalogue.reals(axis);
    add.fill<io::Reals>(std::string("true_") + axis, [&](std::size_t i) { return at[i] + 0.3; });
  }
  add.uniform("true_flux_f150w", 1, 100);
  return add.table();
}

// Four pairs of templates, fitted to the same clumps.
io::Table template_clumps(std::size_t rows) {
  const std::size_t pair = rows / 4;
  MadeUp add("CLUMPS", 4 * pair);
  const auto names = [&](const char* column, std::size_t per) {
    add.fill<io::Texts>(column, [pair, per](std::size_t i) { return i / (pair * per) % 2 ? "b" : "a"; });
  };
  names("truth_template", 2);
  names("analysis_template", 1);
  add.fill<io::Flags>("same_template", [pair](std::size_t i) { return i / pair % 3 == 0; });
  add.fill<io::Reals>("z", [](std::size_t i) { return 1.0 + static_cast<double>(i % 4); });
  add.text("status", "fitted");
  add.uniform("chi2_reduced", 0.5, 2);
  for (const studies::TemplateQuantity& quantity : studies::template_quantities) {
    const std::string name = quantity.name;
    add.uniform("true_" + name, 6, 9);
    add.measured(name, "true_" + name, 0.2);
    add.measured(name + "_lo", "true_" + name, 0.2);
    add.measured(name + "_hi", "true_" + name, 0.2);
  }
  return add.table();
}

std::size_t rows_of(const benchmark::State& state) { return static_cast<std::size_t>(state.range(0)); }

const validation::TableOptions table_options{0.5, 0.25, 0.5, "f150w", {"f150w"}, true};

void metrics(benchmark::State& state) {
  const io::Table joined = injections(rows_of(state)), science = catalogue(rows_of(state));
  const io::Table truth = host_truth(science);
  const auto axes = validation::axes_of(table_options, joined);
  const auto bias = validation::bias_products(table_options, joined, axes);
  for ([[maybe_unused]] auto _ : state) {
    validation::Metrics found;
    validation::set_metrics({"f150w", {"f150w"}, true, true},
                            {joined, science, truth, bias.bias, bias.coverage, {{{29}}}}, found);
    benchmark::DoNotOptimize(found.all().size());
  }
}

void completeness_and_bias(benchmark::State& state) {
  const io::Table joined = injections(rows_of(state));
  for ([[maybe_unused]] auto _ : state) {
    const auto axes = validation::axes_of(table_options, joined);
    benchmark::DoNotOptimize(validation::completeness_products(joined, axes).size());
    benchmark::DoNotOptimize(validation::bias_products(table_options, joined, axes).bias.rows());
  }
}

// As many rows to correct as there are injections.
void correction(benchmark::State& state) {
  const io::Table joined = injections(rows_of(state)), science = catalogue(rows_of(state));
  io::Table bare("CATALOG");
  for (const io::Column& column : science.columns())
    if (column.name != "weight") bare.add(column);
  validation::CorrectionOptions options;
  options.reference_band = "f150w";
  for ([[maybe_unused]] auto _ : state)
    benchmark::DoNotOptimize(validation::Correction({bare, joined}, options, 2).rows().size());
}

// One large field: as dense as those of 50 clumps.
void match(benchmark::State& state) {
  const std::size_t rows = rows_of(state);
  const double side = field_side_pix * std::sqrt(static_cast<double>(rows) / 50);
  io::Table truth = injections(rows), objects = catalogue(rows);
  for (double& x : truth.reals("true_x")) x *= side / field_side_pix;
  for (double& y : truth.reals("true_y")) y *= side / field_side_pix;
  for (const char* axis : {"x", "y"}) {
    const io::Reals& at = std::as_const(truth).reals(std::string("true_") + axis);
    std::transform(at.begin(), at.end(), objects.reals(axis).begin(), [](double v) { return v + 0.5; });
  }
  io::Table alone("TRUTH");
  for (const io::Column& column : truth.columns())
    if (column.name != "recovered" && !column.name.starts_with("measured_")) alone.add(column);
  validation::MatchOptions options;
  options.reference_band = "f150w";
  for ([[maybe_unused]] auto _ : state)
    benchmark::DoNotOptimize(validation::match(alone, objects, objects, options).rows());
}

void lens_models(benchmark::State& state) {
  const io::Table joined = injections(rows_of(state)), science = catalogue(rows_of(state));
  const studies::LensModelOptions options{
      {{"main", ""}, {"other", "_other"}}, {{"main", {"main"}}}, {{"a", "main"}, {"b", "main"}}, 2e6};
  for ([[maybe_unused]] auto _ : state) {
    validation::Metrics found;
    studies::set_lens_metrics(studies::lens_pairs(options, joined), found);
    benchmark::DoNotOptimize(studies::lens_fields(options, joined).rows());
    benchmark::DoNotOptimize(studies::lens_science(options, science).rows());
  }
}

void templates(benchmark::State& state) {
  const io::Table clumps = template_clumps(rows_of(state));
  for ([[maybe_unused]] auto _ : state) {
    validation::Metrics found;
    studies::set_template_metrics(studies::template_tables(0.5, clumps), found);
    benchmark::DoNotOptimize(found.all().size());
  }
}

// Without the fits of relations, whose time is that of their samplers.
void population(benchmark::State& state) {
  const io::Table science = catalogue(rows_of(state));
  const studies::PopulationOptions options{.cosmology = {}, .reference_band = "f150w"};
  for ([[maybe_unused]] auto _ : state) {
    benchmark::DoNotOptimize(studies::population_table(options, science).rows());
    benchmark::DoNotOptimize(studies::formation_table(options, science).rows());
    benchmark::DoNotOptimize(studies::bound_table(options, science).rows());
  }
}

void sizes(benchmark::internal::Benchmark* one) {
  one->ArgName("rows")->Arg(1000)->Arg(10000)->Arg(100000)->Unit(benchmark::kMillisecond);
}
BENCHMARK(metrics)->Apply(sizes);
BENCHMARK(completeness_and_bias)->Apply(sizes);
BENCHMARK(correction)->Apply(sizes);
BENCHMARK(match)->Apply(sizes);
BENCHMARK(lens_models)->Apply(sizes);
BENCHMARK(templates)->Apply(sizes);
BENCHMARK(population)->Apply(sizes);

}  // namespace
