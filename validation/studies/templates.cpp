#include "validation/studies/templates.h"

#include "engine/core/missing.h"
#include "engine/core/statistics.h"
#include "engine/io/table_builder.h"
#include "validation/studies/template_degeneracies.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

namespace arcproof::studies {
namespace {

// ---------------------------------------------------------------- summaries

struct TemplateBin {
  std::string truth, analysis;
  bool same = false;
  double low = nan, high = nan;  // of AGE, or the redshift
  std::size_t pair = 0;          // pairs in the order of the rows
  std::vector<std::size_t> rows;
};

struct OffsetSummary {
  double offset = nan, error = nan, scatter = nan, coverage = nan;
};

OffsetSummary summary_of(const io::Table& clumps, const TemplateBin& bin, const std::string& quantity) {
  const io::Reals &truth = clumps.reals("true_" + quantity), &best = clumps.reals(quantity),
                  &low = clumps.reals(quantity + "_lo"), &high = clumps.reals(quantity + "_hi");
  std::vector<double> off;
  double held = 0, with_interval = 0;
  for (const std::size_t i : bin.rows) {
    if (!std::isfinite(best[i])) continue;
    off.push_back(best[i] - truth[i]);
    if (!std::isfinite(low[i])) continue;
    with_interval += 1;
    held += low[i] <= truth[i] && truth[i] <= high[i];
  }
  if (off.empty()) return {};
  const std::vector<double> q = statistics::quantiles(off, std::array{0.16, 0.5, 0.84});
  const double scatter = 0.5 * (q[2] - q[0]);
  constexpr double of_median = 1.2533141373155;  // sqrt(pi / 2)
  return {q[1], of_median * scatter / std::sqrt(static_cast<double>(off.size())), scatter,
          with_interval > 0 ? held / with_interval : nan};
}

double median_chi2(const io::Table& clumps, const TemplateBin& bin) {
  const io::Reals& chi2 = clumps.reals("chi2_reduced");
  std::vector<double> values;
  for (const std::size_t i : bin.rows)
    if (std::isfinite(chi2[i])) values.push_back(chi2[i]);
  return statistics::median(values);
}

// `key` says to which bin of its pair a row belongs.
template <class Key>
std::vector<TemplateBin> bins_of(const io::Table& clumps, Key key) {
  const io::Texts &truth = clumps.texts("truth_template"), &analysis = clumps.texts("analysis_template");
  const io::Flags& same = clumps.flags("same_template");
  std::vector<TemplateBin> bins;
  std::size_t pair = 0, first_of_pair = 0;
  for (std::size_t i = 0; i < clumps.rows(); ++i) {
    if (i > 0 && (truth[i] != truth[i - 1] || analysis[i] != analysis[i - 1])) {
      ++pair;
      first_of_pair = bins.size();
    }
    const auto [low, high] = key(i);
    auto bin = std::find_if(bins.begin() + static_cast<std::ptrdiff_t>(first_of_pair), bins.end(),
                            [at = low](const TemplateBin& b) { return b.low == at; });
    if (bin == bins.end()) bin = bins.insert(bin, {truth[i], analysis[i], same[i], low, high, pair, {}});
    bin->rows.push_back(i);
  }
  std::sort(bins.begin(), bins.end(), [](const TemplateBin& a, const TemplateBin& b) {
    return a.pair != b.pair ? a.pair < b.pair : a.low < b.low;
  });
  return bins;
}

void add_counts(io::TableBuilder<TemplateBin>& add, const io::Table& clumps) {
  const io::Texts& status = clumps.texts("status");
  add.column("n_drawn", "", "clumps", [](const TemplateBin& bin) { return bin.rows.size(); });
  add.column("n_fitted", "", "of them with a fit", [&](const TemplateBin& bin) {
    return std::count_if(bin.rows.begin(), bin.rows.end(),
                         [&](std::size_t i) { return status[i] == "fitted"; });
  });
}

// Offsets of logarithms have none: dex.
std::string offset_unit(const TemplateQuantity& quantity) {
  return std::string(quantity.name) == "av_mag" ? "mag" : "";
}

void add_summaries(io::TableBuilder<TemplateBin>& add, const io::Table& clumps,
                   const std::vector<TemplateBin>& bins) {
  for (const TemplateQuantity& quantity : template_quantities) {
    const std::string name = quantity.name, unit = offset_unit(quantity), dex = unit.empty() ? " [dex]" : "";
    std::vector<OffsetSummary> all;
    for (const TemplateBin& bin : bins) all.push_back(summary_of(clumps, bin, name));
    const auto number = [&all](double OffsetSummary::*which) {
      return [&all, which](const TemplateBin&, std::size_t i) { return all[i].*which; };
    };
    add.column(name + "_offset", unit, fmt::format("median of fitted - true{}: {}", dex, quantity.text),
               number(&OffsetSummary::offset));
    add.column(name + "_offset_err", unit, "1 sigma of that median", number(&OffsetSummary::error));
    add.column(name + "_scatter", unit, "half of the 16% to 84% range of the same" + dex,
               number(&OffsetSummary::scatter));
    add.column(name + "_coverage", "", "share of 68% intervals that hold the truth",
               number(&OffsetSummary::coverage));
  }
  add.column("chi2_reduced_median", "", "median reduced chi-squared of the best models",
             [&](const TemplateBin& bin) { return median_chi2(clumps, bin); });
}

io::Table table_of(const std::string& name, const io::Table& clumps, const std::vector<TemplateBin>& bins) {
  io::Table table(name);
  io::TableBuilder add(table, bins);
  add.column("truth_template", "", "template that the photometry was made with", &TemplateBin::truth);
  add.column("analysis_template", "", "template that was fitted", &TemplateBin::analysis);
  add.column("same_template", "", "both are one", &TemplateBin::same);
  if (name == "AGE") {
    add.column("log_age_low", "log(yr)", "true age since star formation began, from", &TemplateBin::low);
    add.column("log_age_high", "log(yr)", "to", &TemplateBin::high);
  }
  if (name == "REDSHIFT") add.column("z", "", "redshift", &TemplateBin::low);
  add_counts(add, clumps);
  add_summaries(add, clumps, bins);
  return table;
}

// ---------------------------------------------------------------- metrics

// Largest |offset| of the rows that count; NaN without any.
template <class Counts>
double largest(const io::Table& table, const std::string& quantity, Counts counts) {
  const io::Reals& offset = table.reals(quantity + "_offset");
  double most = nan;
  for (std::size_t i = 0; i < offset.size(); ++i)
    if (counts(i)) most = std::fmax(most, std::abs(offset[i]));
  return most;
}

}  // namespace

std::vector<io::Table> template_tables(double age_step_dex, const io::Table& clumps) {
  const io::Reals &age = clumps.reals("true_log_age_yr"), &z = clumps.reals("z");
  const auto whole = [](std::size_t) { return std::pair{0.0, 0.0}; };
  const auto by_age = [&](std::size_t i) {
    const double low = std::floor(age[i] / age_step_dex + 1e-9) * age_step_dex;
    return std::pair{low, low + age_step_dex};
  };
  const auto by_redshift = [&](std::size_t i) { return std::pair{z[i], z[i]}; };
  return {table_of("PAIRS", clumps, bins_of(clumps, whole)), table_of("AGE", clumps, bins_of(clumps, by_age)),
          table_of("REDSHIFT", clumps, bins_of(clumps, by_redshift)), degeneracy_table(clumps),
          history_table(clumps)};
}

void set_template_metrics(const std::vector<io::Table>& tables, validation::Metrics& metrics) {
  const io::Table &pairs = tables[0], &ages = tables[1];
  const io::Integers &fitted = pairs.integers("n_fitted"), &fitted_of_age = ages.integers("n_fitted");
  const io::Flags &same = pairs.flags("same_template"), &same_of_age = ages.flags("same_template");
  metrics.set("templates.pairs", static_cast<double>(pairs.rows()));
  metrics.set("templates.min_fitted",
              fitted.empty() ? nan : static_cast<double>(*std::min_element(fitted.begin(), fitted.end())));
  constexpr std::int64_t fewest = 10;
  for (const TemplateQuantity& quantity : template_quantities) {
    const std::string name = quantity.name;
    metrics.set("templates.worst_abs_" + name, largest(pairs, name, [&](std::size_t i) { return !same[i]; }));
    metrics.set("templates.self_abs_" + name, largest(pairs, name, [&](std::size_t i) { return same[i]; }));
    metrics.set("templates.worst_bin_abs_" + name, largest(ages, name, [&](std::size_t i) {
                  return !same_of_age[i] && fitted_of_age[i] >= fewest;
                }));
  }
  set_degeneracy_metrics(tables[3], tables[4], metrics);
}

std::vector<validation::MetricDescription> template_metrics() {
  std::vector<validation::MetricDescription> all{
      {"templates.pairs", "", "pairs of a true template and a fitted one"},
      {"templates.min_fitted", "", "fewest fitted clumps in one of them"}};
  for (const TemplateQuantity& quantity : template_quantities) {
    const std::string name = quantity.name, unit = offset_unit(quantity),
                      of = std::string("largest |median of fitted - true|, ") + quantity.text;
    all.push_back({"templates.worst_abs_" + name, unit, of + ", of two templates"});
    all.push_back({"templates.self_abs_" + name, unit, of + ", of a template with itself"});
    all.push_back({"templates.worst_bin_abs_" + name, unit, of + ", of two templates in a bin of age"});
  }
  validation::add_to(all, degeneracy_metrics());
  return all;
}

}  // namespace arcproof::studies
