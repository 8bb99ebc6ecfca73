#include "validation/studies/lens_models.h"

#include "engine/core/error.h"
#include "engine/core/missing.h"
#include "engine/core/statistics.h"
#include "engine/core/units.h"
#include "engine/io/table_builder.h"
#include "engine/population/mass_function.h"

#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>

namespace arcproof::studies {
namespace {

// ---------------------------------------------------------------- numbers of a sample

struct Summary {
  double median = nan, half_range = nan;
  std::int64_t count = 0;
};

Summary summary_of(const std::vector<double>& values) {
  if (values.empty()) return {};
  const double points[] = {0.5, 0.16, 0.84};
  const auto q = statistics::quantiles(values, points);
  return {q[0], 0.5 * (q[2] - q[1]), static_cast<std::int64_t>(values.size())};
}

// What one clump is by one lens; the mass as log10. NaN: not measured.
struct Clump {
  double mu = nan, radius_pc = nan, log_mass = nan;
  bool is_limit = true;  // of the radius
  double log_density() const {
    return std::log10(std::pow(10, log_mass) / (2 * units::pi * radius_pc * radius_pc));
  }
};

// A clump by an analysis lens, and by what it is compared with: the truth, or the main lens.
struct Comparison {
  Clump clump, other;
};

struct Offsets {
  Summary mu, radius, mass, density;
};

Offsets offsets_of(const std::vector<Comparison>& sample) {
  std::vector<double> mu, radius, mass, density;
  const auto put = [](std::vector<double>& values, double value) {
    if (std::isfinite(value)) values.push_back(value);
  };
  for (const auto& [clump, other] : sample) {
    put(mu, std::log10(clump.mu / other.mu));
    put(mass, clump.log_mass - other.log_mass);
    if (clump.is_limit) continue;
    put(radius, std::log10(clump.radius_pc / other.radius_pc));
    put(density, clump.log_density() - other.log_density());
  }
  return {summary_of(mu), summary_of(radius), summary_of(mass), summary_of(density)};
}

struct Slope {
  double beta = nan, error = nan;
  std::int64_t count = 0;
};

Slope slope_of(const std::vector<double>& log_masses, double min_mass_msun) {
  std::vector<double> masses;
  for (const double log_mass : log_masses)
    if (const double mass = std::pow(10, log_mass); mass > min_mass_msun) masses.push_back(mass);
  if (masses.empty()) return {};
  return {population::maximum_likelihood_beta(masses, min_mass_msun),
          population::maximum_likelihood_beta_error(masses, min_mass_msun),
          static_cast<std::int64_t>(masses.size())};
}

struct MassSlopes {
  Slope measured, other;
};

// Of the clumps that have both masses.
MassSlopes slopes_of(const std::vector<Comparison>& sample, double min_mass_msun) {
  std::vector<double> measured, other;
  for (const Comparison& c : sample) {
    if (!std::isfinite(c.clump.log_mass) || !std::isfinite(c.other.log_mass)) continue;
    measured.push_back(c.clump.log_mass);
    other.push_back(c.other.log_mass);
  }
  return {slope_of(measured, min_mass_msun), slope_of(other, min_mass_msun)};
}

bool is_cluster(const Clump& clump) { return clump.radius_pc < largest_cluster_pc; }

std::int64_t clusters_in(const std::vector<Comparison>& sample, Clump Comparison::*which) {
  return std::count_if(sample.begin(), sample.end(),
                       [&](const Comparison& c) { return is_cluster(c.*which); });
}

// ---------------------------------------------------------------- rows of the tables

// The clump of a row, by the lens whose columns end in `suffix`.
class ClumpColumns {
 public:
  ClumpColumns(const io::Table& table, const std::string& prefix, const std::string& suffix)
      : mu_(table.reals(prefix + "mu" + suffix)),
        radius_(table.reals(prefix + "radius_pc" + suffix)),
        mass_(table.reals(prefix + "log_mass_msun" + suffix)),
        size_case_(table.texts(prefix + "size_case")) {}
  Clump at(std::size_t row) const {
    return {mu_[row], radius_[row], mass_[row], !size_case_[row].starts_with("resolved")};
  }

 private:
  const io::Reals &mu_, &radius_, &mass_;
  const io::Texts& size_case_;
};

std::vector<Comparison> with_truth(const io::Table& injections, const std::set<std::string>& fields,
                                   const std::string& suffix) {
  const ClumpColumns measured(injections, "measured_", suffix);
  const io::Reals &mu = injections.reals("true_mu"), &radius = injections.reals("true_radius_pc"),
                  &mass = injections.reals("true_log_mass_msun");
  const io::Flags& recovered = injections.flags("recovered");
  const io::Texts& field = injections.texts("field");
  std::vector<Comparison> sample;
  for (std::size_t i = 0; i < injections.rows(); ++i) {
    if (!recovered[i] || !fields.contains(field[i])) continue;
    const Comparison one{measured.at(i), {mu[i], radius[i], mass[i], false}};
    if (std::isfinite(one.clump.mu)) sample.push_back(one);
  }
  return sample;
}

std::vector<Comparison> with_main_lens(const io::Table& catalogue, const std::string& suffix) {
  const ClumpColumns measured(catalogue, "", suffix), main(catalogue, "", "");
  const io::Flags& selected = catalogue.flags("selected");
  const io::Texts& host = catalogue.texts("host");
  const io::Integers& counter_image_of = catalogue.integers("counter_image_of");
  std::vector<Comparison> sample;
  for (std::size_t i = 0; i < catalogue.rows(); ++i) {
    if (!selected[i] || host[i].empty() || counter_image_of[i] != io::missing_integer) continue;
    const Comparison one{measured.at(i), main.at(i)};
    if (std::isfinite(one.clump.mu)) sample.push_back(one);
  }
  return sample;
}

std::set<std::string> fields_behind(const LensModelOptions& options, const std::string& truth) {
  std::set<std::string> names;
  for (const LensedField& field : options.fields)
    if (field.truth_lens == truth) names.insert(field.name);
  return names;
}

struct PairRow {
  std::string truth, analysis, field;
  bool same_model = false;
  std::vector<Comparison> sample;
  Offsets offsets;
  MassSlopes slopes;
};

PairRow row_of(const LensModelOptions& options, std::string truth, std::string analysis,
               std::vector<Comparison> sample) {
  const Offsets offsets = offsets_of(sample);
  const MassSlopes slopes = slopes_of(sample, options.min_mass_msun);
  return {std::move(truth), std::move(analysis), "", false, std::move(sample), offsets, slopes};
}

void count_columns(io::TableBuilder<PairRow>& add) {
  add.column("n_clumps", "", "clumps with a magnification",
             [](const PairRow& r) { return r.offsets.mu.count; });
  add.column("n_resolved", "", "of them with a size that is no upper limit",
             [](const PairRow& r) { return r.offsets.radius.count; });
  add.column("n_masses", "", "with an SED fit", [](const PairRow& r) { return r.offsets.mass.count; });
  add.column("n_densities", "", "with both", [](const PairRow& r) { return r.offsets.density.count; });
}

void offset_columns(io::TableBuilder<PairRow>& add, const std::string& from) {
  struct Quantity {
    const char *name, *text;
    Summary Offsets::*which;
  };
  for (const Quantity& q :
       {Quantity{"log_mu", "magnification", &Offsets::mu},
        {"log_radius", "half-light radius, resolved clumps", &Offsets::radius},
        {"log_mass", "stellar mass", &Offsets::mass},
        {"log_density", "surface density M / (2 pi R^2), resolved clumps", &Offsets::density}}) {
    add.column(std::string(q.name) + "_offset", "",
               fmt::format("median of log10(measured / {}) [dex]: {}", from, q.text),
               [&](const PairRow& r) { return (r.offsets.*q.which).median; });
    add.column(std::string(q.name) + "_scatter", "", "half of the 16% to 84% range of the same [dex]",
               [&](const PairRow& r) { return (r.offsets.*q.which).half_range; });
  }
}

void slope_columns(io::TableBuilder<PairRow>& add, const std::string& suffix, const std::string& text,
                   Slope MassSlopes::*which) {
  add.column("beta" + suffix, "", "maximum-likelihood slope of " + text + " above the minimum mass",
             [&](const PairRow& r) { return (r.slopes.*which).beta; });
  add.column("beta" + suffix + "_err", "", "1 sigma, (-beta - 1) / sqrt(n)",
             [&](const PairRow& r) { return (r.slopes.*which).error; });
  add.column("n_beta" + suffix, "", "masses in that slope",
             [&](const PairRow& r) { return (r.slopes.*which).count; });
}

void note_options(const LensModelOptions& options, io::Table& table) {
  table.note("MINMASS", fmt::format("{:g}", options.min_mass_msun));
  table.note("MAXSIZE", fmt::format("{:g}", largest_cluster_pc));
}

double median_of(const PairRow& row, double (*value)(const Clump&)) {
  std::vector<double> values;
  for (const Comparison& c : row.sample)
    if (const double v = value(c.clump); std::isfinite(v)) values.push_back(v);
  return statistics::median(values);
}

const TruthLens& truth_named(const LensModelOptions& options, const std::string& name) {
  const auto it = std::find_if(options.truths.begin(), options.truths.end(),
                               [&](const TruthLens& truth) { return truth.name == name; });
  require(it != options.truths.end(), fmt::format("lens_fields: '{}' is one of the truth lenses", name));
  return *it;
}

// One row for each analysis lens, of the clumps of some fields behind one truth lens.
void add_rows(std::vector<PairRow>& rows, const LensModelOptions& options, const io::Table& injections,
              const TruthLens& truth, const std::set<std::string>& fields) {
  for (const AnalysisLens& analysis : options.analyses) {
    rows.push_back(
        row_of(options, truth.name, analysis.name, with_truth(injections, fields, analysis.suffix)));
    rows.back().same_model = truth.same_as.contains(analysis.name);
    rows.back().field = *fields.begin();
  }
}

void truth_columns(io::TableBuilder<PairRow>& add) {
  add.column("truth_lens", "", "clumps were injected through it", &PairRow::truth);
  add.column("analysis_lens", "", "and delensed with this one", &PairRow::analysis);
  add.column("same_model", "", "both are one model", &PairRow::same_model);
  count_columns(add);
  offset_columns(add, "true");
  add.column("n_clusters", "", "with a half-light radius, or its upper limit, below 20 pc",
             [](const PairRow& r) { return clusters_in(r.sample, &Comparison::clump); });
  add.column("n_clusters_true", "", "with a true half-light radius below 20 pc",
             [](const PairRow& r) { return clusters_in(r.sample, &Comparison::other); });
  slope_columns(add, "", "the measured masses", &MassSlopes::measured);
  slope_columns(add, "_true", "the true masses of the same clumps", &MassSlopes::other);
}

}  // namespace

io::Table lens_pairs(const LensModelOptions& options, const io::Table& injections) {
  std::vector<PairRow> rows;
  for (const TruthLens& truth : options.truths)
    add_rows(rows, options, injections, truth, fields_behind(options, truth.name));
  io::Table table("PAIRS");
  io::TableBuilder add(table, rows);
  truth_columns(add);
  note_options(options, table);
  return table;
}

io::Table lens_fields(const LensModelOptions& options, const io::Table& injections) {
  std::vector<PairRow> rows;
  for (const LensedField& field : options.fields)
    add_rows(rows, options, injections, truth_named(options, field.truth_lens), {field.name});
  io::Table table("FIELDS");
  io::TableBuilder add(table, rows);
  add.column("field", "", "name of the field", &PairRow::field);
  truth_columns(add);
  note_options(options, table);
  return table;
}

io::Table lens_science(const LensModelOptions& options, const io::Table& catalogue) {
  std::vector<PairRow> rows;
  for (const AnalysisLens& lens : options.analyses)
    rows.push_back(
        row_of(options, options.analyses.front().name, lens.name, with_main_lens(catalogue, lens.suffix)));
  io::Table table("SCIENCE");
  io::TableBuilder add(table, rows);
  add.column("analysis_lens", "", "clumps were delensed with it", &PairRow::analysis);
  count_columns(add);
  add.column("median_mu", "", "median magnification",
             [](const PairRow& r) { return median_of(r, [](const Clump& c) { return c.mu; }); });
  add.column("median_radius_pc", "pc", "median half-light radius, upper limits included",
             [](const PairRow& r) { return median_of(r, [](const Clump& c) { return c.radius_pc; }); });
  add.column("median_log_mass_msun", "", "median of log10 mass [solMass]",
             [](const PairRow& r) { return median_of(r, [](const Clump& c) { return c.log_mass; }); });
  add.column("median_log_density", "", "median of log10 surface density [solMass/pc**2], resolved clumps",
             [](const PairRow& r) {
               return median_of(r, [](const Clump& c) { return c.is_limit ? nan : c.log_density(); });
             });
  offset_columns(add, "by the main lens");
  add.column("n_clusters", "", "with a half-light radius, or its upper limit, below 20 pc",
             [](const PairRow& r) { return clusters_in(r.sample, &Comparison::clump); });
  slope_columns(add, "", "the masses", &MassSlopes::measured);
  note_options(options, table);
  return table;
}

namespace {

struct LensNumber {
  const char *name, *measured, *true_value;  // columns; offsets have no true value
  const char* meaning;
};
constexpr LensNumber lens_numbers[] = {
    {"abs_log_mu", "log_mu_offset", nullptr, "|median offset of log10 magnification| [dex]"},
    {"abs_log_radius", "log_radius_offset", nullptr, "|median offset of log10 half-light radius| [dex]"},
    {"abs_log_mass", "log_mass_offset", nullptr, "|median offset of log10 mass| [dex]"},
    {"abs_log_density", "log_density_offset", nullptr, "|median offset of log10 surface density| [dex]"},
    {"abs_beta", "beta", "beta_true", "|slope of the masses - slope of the true masses|"}};

// Largest value over the pairs of one kind; NaN when none has it.
template <class Get>
double worst(const io::Table& pairs, bool same, Get get) {
  const io::Flags& same_model = pairs.flags("same_model");
  double largest = nan;
  for (std::size_t i = 0; i < pairs.rows(); ++i)
    if (same_model[i] == same) largest = std::fmax(largest, get(i));
  return largest;
}

// The larger over the smaller of two counts; NaN without any.
double factor_between(std::int64_t a, std::int64_t b) {
  const double low = static_cast<double>(std::min(a, b)), high = static_cast<double>(std::max(a, b));
  return low > 0 ? high / low : high > 0 ? HUGE_VAL : nan;
}

}  // namespace

void set_lens_metrics(const io::Table& pairs, validation::Metrics& metrics) {
  const io::Integers &counts = pairs.integers("n_clumps"), &clusters = pairs.integers("n_clusters"),
                     &true_clusters = pairs.integers("n_clusters_true");
  metrics.set("systematics.pairs", static_cast<double>(pairs.rows()));
  metrics.set("systematics.min_clumps",
              counts.empty() ? nan : static_cast<double>(*std::min_element(counts.begin(), counts.end())));
  for (const bool same : {false, true}) {
    const std::string family = same ? "systematics.self_" : "systematics.worst_";
    for (const LensNumber& m : lens_numbers) {
      const io::Reals& measured = pairs.reals(m.measured);
      const io::Reals truth = m.true_value ? pairs.reals(m.true_value) : io::Reals(pairs.rows(), 0.0);
      metrics.set(family + m.name,
                  worst(pairs, same, [&](std::size_t i) { return std::abs(measured[i] - truth[i]); }));
    }
    metrics.set(family + "clusters", worst(pairs, same, [&](std::size_t i) {
                  return factor_between(clusters[i], true_clusters[i]);
                }));
  }
}

std::vector<validation::MetricDescription> lens_metrics() {
  std::vector<validation::MetricDescription> all{
      {"systematics.pairs", "", "pairs of a truth lens and an analysis lens"},
      {"systematics.min_clumps", "", "fewest clumps in one of them"}};
  for (const bool same : {false, true}) {
    const std::string family = same ? "systematics.self_" : "systematics.worst_",
                      of = same ? " of a lens with itself" : " of two lens models";
    for (const LensNumber& m : lens_numbers)
      all.push_back({family + m.name, "", std::string("largest ") + m.meaning + of});
    all.push_back({family + "clusters", "", "largest factor between clusters counted and true ones" + of});
  }
  return all;
}

}  // namespace arcproof::studies
