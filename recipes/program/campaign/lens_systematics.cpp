#include "recipes/program/campaign/lens_systematics.h"

#include "engine/core/missing.h"
#include "engine/core/statistics.h"
#include "engine/core/text.h"
#include "engine/pipeline/derived.h"
#include "engine/pipeline/measure.h"
#include "engine/population/mass_function.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <set>

#include <fmt/format.h>

namespace arcproof::recipes {
namespace {

// ---------------------------------------------------------------- names of lenses

std::string lenstool_name(const LensRecipe& lens) {
  const std::filesystem::path par(lens.par);
  const std::string folder = par.parent_path().filename().string();
  const std::string model = folder.empty() || folder.starts_with('$') ? par.stem().string() : folder;
  return lens.row < 0 ? model : fmt::format("{} row {}", model, lens.row);
}

// "map clusters.fits[1]" of the file map/clusters.fits[1].
std::string map_name(const LensRecipe& lens) {
  const std::string& file = lens.map.empty() ? lens.deflection_x : lens.map;
  return "map " + std::filesystem::path(file).filename().string();
}

std::string description_of(const LensRecipe& lens) {
  if (lens.kind == "lenstool") return lenstool_name(lens);
  if (lens.kind == "map") return map_name(lens);
  if (lens.kind == "constant") return fmt::format("constant {:g} x {:g}", lens.mu_tangential, lens.mu_radial);
  return lens.dispersion_factor == 1 ? lens.kind
                                     : fmt::format("{} x {:g}", lens.kind, lens.dispersion_factor);
}

bool has_name(const std::vector<NamedLens>& lenses, const std::string& name) {
  return std::any_of(lenses.begin(), lenses.end(), [&](const NamedLens& l) { return l.name == name; });
}

// The description, with a number where another lens has it.
std::string new_name(const LensRecipe& lens, const std::vector<NamedLens>& taken) {
  const std::string description = description_of(lens);
  std::string name = description;
  for (int k = 2; has_name(taken, name); ++k) name = fmt::format("{} ({})", description, k);
  return name;
}

const NamedLens* find_model(const std::vector<NamedLens>& lenses, const LensRecipe& lens) {
  const auto it = std::find_if(lenses.begin(), lenses.end(),
                               [&](const NamedLens& l) { return same_model(l.lens, lens); });
  return it == lenses.end() ? nullptr : &*it;
}

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

// What one clump is by one lens; the mass as log10. NaN where there is none.
struct Clump {
  double mu = nan, radius_pc = nan, log_mass = nan;
  bool is_limit = true;  // of the radius
  double log_density() const {
    return std::log10(pipeline::surface_density_msun_pc2(std::pow(10, log_mass), radius_pc));
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
  std::vector<Comparison> sample;
  for (std::size_t i = 0; i < injections.rows(); ++i) {
    if (!injections.flags("recovered")[i] || !fields.contains(injections.texts("field")[i])) continue;
    const Comparison one{measured.at(i), {mu[i], radius[i], mass[i], false}};
    if (std::isfinite(one.clump.mu)) sample.push_back(one);
  }
  return sample;
}

std::vector<Comparison> with_main_lens(const io::Table& catalogue, const std::string& suffix) {
  const ClumpColumns measured(catalogue, "", suffix), main(catalogue, "", "");
  std::vector<Comparison> sample;
  for (std::size_t i = 0; i < catalogue.rows(); ++i) {
    if (!catalogue.flags("selected")[i] || catalogue.texts("host")[i].empty()) continue;
    if (catalogue.integers("counter_image_of")[i] != io::missing_integer) continue;
    const Comparison one{measured.at(i), main.at(i)};
    if (std::isfinite(one.clump.mu)) sample.push_back(one);
  }
  return sample;
}

std::set<std::string> fields_behind(const Recipe& recipe, const LensRecipe& truth) {
  std::set<std::string> names;
  for (const FieldRecipe& field : recipe.fields)
    if (same_model(recipe.truth_lens_of(field), truth)) names.insert(field.name);
  return names;
}

// Columns that gather one value a row.
class Gather {
 public:
  explicit Gather(std::string name) : table_(std::move(name)) {}
  template <class Rows, class Get>
  void real(const Rows& rows, std::string name, std::string unit, std::string text, Get get) {
    io::Reals values;
    for (const auto& row : rows) values.push_back(get(row));
    table_.add(std::move(name), std::move(unit), std::move(text), std::move(values));
  }
  template <class Rows, class Get>
  void count(const Rows& rows, std::string name, std::string text, Get get) {
    io::Integers values;
    for (const auto& row : rows) values.push_back(get(row));
    table_.add(std::move(name), "", std::move(text), std::move(values));
  }
  template <class Rows, class Get>
  void text(const Rows& rows, std::string name, std::string text, Get get) {
    io::Texts values;
    for (const auto& row : rows) values.push_back(get(row));
    table_.add(std::move(name), "", std::move(text), std::move(values));
  }
  io::Table& table() { return table_; }

 private:
  io::Table table_;
};

struct PairRow {
  std::string truth, analysis, field;
  bool same_model = false;
  std::vector<Comparison> sample;
  Offsets offsets;
  MassSlopes slopes;
};

PairRow row_of(const Recipe& recipe, std::string truth, std::string analysis,
               std::vector<Comparison> sample) {
  const Offsets offsets = offsets_of(sample);
  const MassSlopes slopes = slopes_of(sample, recipe.mass_function.min_mass_msun);
  return {std::move(truth), std::move(analysis), "", false, std::move(sample), offsets, slopes};
}

void count_columns(Gather& add, const std::vector<PairRow>& rows) {
  add.count(rows, "n_clumps", "clumps with a magnification",
            [](const PairRow& r) { return r.offsets.mu.count; });
  add.count(rows, "n_resolved", "of them with a size that is no upper limit",
            [](const PairRow& r) { return r.offsets.radius.count; });
  add.count(rows, "n_masses", "with an SED fit", [](const PairRow& r) { return r.offsets.mass.count; });
  add.count(rows, "n_densities", "with both", [](const PairRow& r) { return r.offsets.density.count; });
}

void offset_columns(Gather& add, const std::vector<PairRow>& rows, const std::string& from) {
  struct Quantity {
    const char *name, *text;
    Summary Offsets::*which;
  };
  for (const Quantity& q :
       {Quantity{"log_mu", "magnification", &Offsets::mu},
        {"log_radius", "half-light radius, resolved clumps", &Offsets::radius},
        {"log_mass", "stellar mass", &Offsets::mass},
        {"log_density", "surface density M / (2 pi R^2), resolved clumps", &Offsets::density}}) {
    add.real(rows, std::string(q.name) + "_offset", "",
             fmt::format("median of log10(measured / {}) [dex]: {}", from, q.text),
             [&](const PairRow& r) { return (r.offsets.*q.which).median; });
    add.real(rows, std::string(q.name) + "_scatter", "", "half of the 16% to 84% range of the same [dex]",
             [&](const PairRow& r) { return (r.offsets.*q.which).half_range; });
  }
}

void slope_columns(Gather& add, const std::vector<PairRow>& rows, const std::string& suffix,
                   const std::string& text, Slope MassSlopes::*which) {
  add.real(rows, "beta" + suffix, "", "maximum-likelihood slope of " + text + " above the minimum mass",
           [&](const PairRow& r) { return (r.slopes.*which).beta; });
  add.real(rows, "beta" + suffix + "_err", "", "1 sigma, (-beta - 1) / sqrt(n)",
           [&](const PairRow& r) { return (r.slopes.*which).error; });
  add.count(rows, "n_beta" + suffix, "masses in that slope",
            [&](const PairRow& r) { return (r.slopes.*which).count; });
}

void note_options(const Recipe& recipe, io::Table& table) {
  table.note("MINMASS", fmt::format("{:g}", recipe.mass_function.min_mass_msun));
  table.note("MAXSIZE", fmt::format("{:g}", largest_cluster_pc));
}

double median_of(const PairRow& row, double (*value)(const Clump&)) {
  std::vector<double> values;
  for (const Comparison& c : row.sample)
    if (const double v = value(c.clump); std::isfinite(v)) values.push_back(v);
  return statistics::median(values);
}

}  // namespace

bool compares_lenses(const Recipe& recipe) {
  return !recipe.alternative_lenses.empty() ||
         std::any_of(recipe.fields.begin(), recipe.fields.end(),
                     [](const FieldRecipe& field) { return field.truth_lens.has_value(); });
}

std::vector<NamedLens> analysis_lenses(const Recipe& recipe) {
  std::vector<NamedLens> others;
  for (const AlternativeLensRecipe& a : recipe.alternative_lenses)
    others.push_back({a.name, a.lens, "_" + lower_case(a.name)});
  std::vector<NamedLens> lenses{{new_name(recipe.analysis_lens, others), recipe.analysis_lens, ""}};
  lenses.insert(lenses.end(), others.begin(), others.end());
  return lenses;
}

std::vector<NamedLens> truth_lenses(const Recipe& recipe) {
  std::vector<NamedLens> known = analysis_lenses(recipe), truths;
  for (const FieldRecipe& field : recipe.fields) {
    const LensRecipe& lens = recipe.truth_lens_of(field);
    if (find_model(truths, lens)) continue;
    const NamedLens* same = find_model(known, lens);
    truths.push_back({same ? same->name : new_name(lens, known), lens, ""});
    known.push_back(truths.back());
  }
  const std::vector<NamedLens> analyses = analysis_lenses(recipe);
  const auto place = [&](const NamedLens& l) { return find_model(analyses, l.lens); };
  std::stable_sort(truths.begin(), truths.end(), [&](const NamedLens& a, const NamedLens& b) {
    return place(a) && (!place(b) || place(a) < place(b));
  });
  return truths;
}

namespace {

// One row for each analysis lens, of the clumps of some fields behind one truth lens.
void add_rows(std::vector<PairRow>& rows, const Recipe& recipe, const io::Table& injections,
              const NamedLens& truth, const std::set<std::string>& fields) {
  for (const NamedLens& analysis : analysis_lenses(recipe)) {
    rows.push_back(
        row_of(recipe, truth.name, analysis.name, with_truth(injections, fields, analysis.suffix)));
    rows.back().same_model = same_model(truth.lens, analysis.lens);
    rows.back().field = *fields.begin();
  }
}

void truth_columns(Gather& add, const Recipe& recipe, const std::vector<PairRow>& rows) {
  add.text(rows, "truth_lens", "clumps were injected through it", [](const PairRow& r) { return r.truth; });
  add.text(rows, "analysis_lens", "and delensed with this one", [](const PairRow& r) { return r.analysis; });
  io::Flags same;
  for (const PairRow& row : rows) same.push_back(row.same_model);
  add.table().add("same_model", "", "both are one model", std::move(same));
  count_columns(add, rows);
  offset_columns(add, rows, "true");
  add.count(rows, "n_clusters", "with a half-light radius, or its upper limit, below 20 pc",
            [](const PairRow& r) { return clusters_in(r.sample, &Comparison::clump); });
  add.count(rows, "n_clusters_true", "with a true half-light radius below 20 pc",
            [](const PairRow& r) { return clusters_in(r.sample, &Comparison::other); });
  slope_columns(add, rows, "", "the measured masses", &MassSlopes::measured);
  slope_columns(add, rows, "_true", "the true masses of the same clumps", &MassSlopes::other);
  note_options(recipe, add.table());
}

}  // namespace

io::Table lens_pairs(const Recipe& recipe, const io::Table& injections) {
  std::vector<PairRow> rows;
  for (const NamedLens& truth : truth_lenses(recipe))
    add_rows(rows, recipe, injections, truth, fields_behind(recipe, truth.lens));
  Gather add("PAIRS");
  truth_columns(add, recipe, rows);
  return std::move(add.table());
}

io::Table lens_fields(const Recipe& recipe, const io::Table& injections) {
  std::vector<PairRow> rows;
  const std::vector<NamedLens> truths = truth_lenses(recipe);
  for (const FieldRecipe& field : recipe.fields)
    add_rows(rows, recipe, injections, *find_model(truths, recipe.truth_lens_of(field)), {field.name});
  Gather add("FIELDS");
  add.text(rows, "field", "name of the field", [](const PairRow& r) { return r.field; });
  truth_columns(add, recipe, rows);
  return std::move(add.table());
}

io::Table lens_science(const Recipe& recipe, const io::Table& catalogue) {
  std::vector<PairRow> rows;
  const std::vector<NamedLens> lenses = analysis_lenses(recipe);
  for (const NamedLens& lens : lenses)
    rows.push_back(row_of(recipe, lenses.front().name, lens.name, with_main_lens(catalogue, lens.suffix)));
  Gather add("SCIENCE");
  add.text(rows, "analysis_lens", "clumps were delensed with it",
           [](const PairRow& r) { return r.analysis; });
  count_columns(add, rows);
  add.real(rows, "median_mu", "", "median magnification",
           [](const PairRow& r) { return median_of(r, [](const Clump& c) { return c.mu; }); });
  add.real(rows, "median_radius_pc", "pc", "median half-light radius, upper limits included",
           [](const PairRow& r) { return median_of(r, [](const Clump& c) { return c.radius_pc; }); });
  add.real(rows, "median_log_mass_msun", "", "median of log10 mass [solMass]",
           [](const PairRow& r) { return median_of(r, [](const Clump& c) { return c.log_mass; }); });
  add.real(rows, "median_log_density", "", "median of log10 surface density [solMass/pc**2], resolved clumps",
           [](const PairRow& r) {
             return median_of(r, [](const Clump& c) { return c.is_limit ? nan : c.log_density(); });
           });
  offset_columns(add, rows, "by the main lens");
  add.count(rows, "n_clusters", "with a half-light radius, or its upper limit, below 20 pc",
            [](const PairRow& r) { return clusters_in(r.sample, &Comparison::clump); });
  slope_columns(add, rows, "", "the masses", &MassSlopes::measured);
  note_options(recipe, add.table());
  return std::move(add.table());
}

namespace {

struct MetricName {
  const char *name, *measured, *true_value;  // columns; offsets have no true value
};
constexpr MetricName lens_numbers[] = {{"abs_log_mu", "log_mu_offset", nullptr},
                                       {"abs_log_radius", "log_radius_offset", nullptr},
                                       {"abs_log_mass", "log_mass_offset", nullptr},
                                       {"abs_log_density", "log_density_offset", nullptr},
                                       {"abs_beta", "beta", "beta_true"}};

// Largest value over the pairs of one kind; NaN when none has it.
template <class Get>
double worst(const io::Table& pairs, bool same, Get get) {
  double largest = nan;
  for (std::size_t i = 0; i < pairs.rows(); ++i)
    if (pairs.flags("same_model")[i] == same) largest = std::fmax(largest, get(i));
  return largest;
}

// The larger over the smaller of two counts; NaN without any.
double factor_between(std::int64_t a, std::int64_t b) {
  const double low = static_cast<double>(std::min(a, b)), high = static_cast<double>(std::max(a, b));
  return low > 0 ? high / low : high > 0 ? HUGE_VAL : nan;
}

}  // namespace

void set_lens_metrics(const io::Table& pairs, validation::Metrics& metrics) {
  const io::Integers& counts = pairs.integers("n_clumps");
  metrics.set("systematics.pairs", static_cast<double>(pairs.rows()));
  metrics.set("systematics.min_clumps",
              counts.empty() ? nan : static_cast<double>(*std::min_element(counts.begin(), counts.end())));
  for (const bool same : {false, true}) {
    const std::string family = same ? "systematics.self_" : "systematics.worst_";
    for (const MetricName& m : lens_numbers)
      metrics.set(
          family + m.name, worst(pairs, same, [&](std::size_t i) {
            return std::abs(pairs.reals(m.measured)[i] - (m.true_value ? pairs.reals(m.true_value)[i] : 0.0));
          }));
    metrics.set(family + "clusters", worst(pairs, same, [&](std::size_t i) {
                  return factor_between(pairs.integers("n_clusters")[i],
                                        pairs.integers("n_clusters_true")[i]);
                }));
  }
}

std::vector<std::string> lens_metric_names(const Recipe& recipe) {
  if (!compares_lenses(recipe)) return {};
  std::vector<std::string> names{"systematics.pairs", "systematics.min_clumps"};
  for (const char* family : {"systematics.worst_", "systematics.self_"}) {
    for (const MetricName& m : lens_numbers) names.push_back(std::string(family) + m.name);
    names.push_back(std::string(family) + "clusters");
  }
  return names;
}

}  // namespace arcproof::recipes
