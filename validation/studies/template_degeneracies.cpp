#include "validation/studies/template_degeneracies.h"

#include "engine/core/error.h"
#include "engine/core/missing.h"
#include "engine/core/statistics.h"
#include "engine/io/table_builder.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

namespace arcproof::studies {
namespace {

double linear_correlation(const std::vector<double>& x, const std::vector<double>& y) {
  const double n = static_cast<double>(x.size());
  const double mean_x = std::accumulate(x.begin(), x.end(), 0.0) / n,
               mean_y = std::accumulate(y.begin(), y.end(), 0.0) / n;
  double xx = 0, xy = 0, yy = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    xx += (x[i] - mean_x) * (x[i] - mean_x);
    xy += (x[i] - mean_x) * (y[i] - mean_y);
    yy += (y[i] - mean_y) * (y[i] - mean_y);
  }
  return xx > 0 && yy > 0 ? xy / std::sqrt(xx * yy) : nan;
}

/// Rows of CLUMPS of one truth and one template fitted to it, clump by clump.
struct FittedPair {
  std::string truth, analysis;
  bool same = false;
  std::vector<std::size_t> rows;
};

std::vector<FittedPair> pairs_of(const io::Table& clumps) {
  const io::Texts &truth = clumps.texts("truth_template"), &analysis = clumps.texts("analysis_template");
  const io::Flags& same = clumps.flags("same_template");
  std::vector<FittedPair> pairs;
  for (std::size_t i = 0; i < clumps.rows(); ++i) {
    if (pairs.empty() || truth[i] != pairs.back().truth || analysis[i] != pairs.back().analysis)
      pairs.push_back({truth[i], analysis[i], same[i], {}});
    pairs.back().rows.push_back(i);
  }
  return pairs;
}

std::vector<double> errors_of(const io::Table& clumps, const std::vector<std::size_t>& rows,
                              const std::string& quantity) {
  const io::Reals &fitted = clumps.reals(quantity), &truth = clumps.reals("true_" + quantity);
  std::vector<double> errors;
  for (const std::size_t i : rows) errors.push_back(fitted[i] - truth[i]);
  return errors;
}

std::int64_t finite_count(const std::vector<double>& values) {
  return std::count_if(values.begin(), values.end(), [](double v) { return std::isfinite(v); });
}

struct AgeShift {
  std::string truth, a, b;
  std::int64_t fitted = 0;
  double correlation = nan, shift = nan, scatter = nan;
};

AgeShift shift_of(const io::Table& clumps, const FittedPair& a, const FittedPair& b) {
  require(a.rows.size() == b.rows.size(), "history_table: each template is fitted to the same clumps");
  const io::Reals& age = clumps.reals("log_age_yr");
  std::vector<double> by_a, by_b, shifts;
  for (std::size_t k = 0; k < a.rows.size(); ++k) {
    by_a.push_back(age[a.rows[k]]);
    by_b.push_back(age[b.rows[k]]);
    if (const double shift = by_b.back() - by_a.back(); std::isfinite(shift)) shifts.push_back(shift);
  }
  AgeShift out{a.truth, a.analysis, b.analysis, finite_count(shifts), rank_correlation(by_a, by_b), nan, nan};
  if (shifts.empty()) return out;
  const std::vector<double> q = statistics::quantiles(shifts, std::array{0.16, 0.5, 0.84});
  out.shift = q[1];
  out.scatter = 0.5 * (q[2] - q[0]);
  return out;
}

}  // namespace

double rank_correlation(const std::vector<double>& x, const std::vector<double>& y) {
  require(x.size() == y.size(), "rank_correlation: as many x as y");
  std::vector<double> with_x, with_y;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (std::isnan(x[i]) || std::isnan(y[i])) continue;
    with_x.push_back(x[i]);
    with_y.push_back(y[i]);
  }
  return with_x.size() < 3
             ? nan
             : linear_correlation(statistics::average_ranks(with_x), statistics::average_ranks(with_y));
}

io::Table degeneracy_table(const io::Table& clumps) {
  std::vector<FittedPair> pairs{};
  FittedPair all{"all", "all", true, {}};
  for (const FittedPair& pair : pairs_of(clumps)) {
    if (!pair.same) continue;
    pairs.push_back(pair);
    all.rows.insert(all.rows.end(), pair.rows.begin(), pair.rows.end());
  }
  pairs.push_back(all);
  io::Texts names;
  io::Integers fitted;
  io::Reals with_dust, with_metallicity;
  for (const FittedPair& pair : pairs) {
    const std::vector<double> age = errors_of(clumps, pair.rows, "log_age_yr");
    names.push_back(pair.truth);
    fitted.push_back(finite_count(age));
    with_dust.push_back(rank_correlation(errors_of(clumps, pair.rows, "av_mag"), age));
    with_metallicity.push_back(rank_correlation(errors_of(clumps, pair.rows, "log_metallicity"), age));
  }
  io::Table table("DEGENERACY");
  table.add("template", "", "of the photometry and of the fit; all: of all templates", std::move(names));
  table.add("n_fitted", "", "clumps with a fit", std::move(fitted));
  table.add("age_dust_correlation", "", "rank correlation of errors in log age and A_V",
            std::move(with_dust));
  table.add("age_metallicity_correlation", "", "rank correlation of errors in log age and log Z",
            std::move(with_metallicity));
  return table;
}

io::Table history_table(const io::Table& clumps) {
  const std::vector<FittedPair> pairs = pairs_of(clumps);
  std::vector<AgeShift> shifts;
  for (std::size_t a = 0; a < pairs.size(); ++a)
    for (std::size_t b = a + 1; b < pairs.size(); ++b)
      if (pairs[a].truth == pairs[b].truth) shifts.push_back(shift_of(clumps, pairs[a], pairs[b]));
  io::Table table("HISTORY");
  io::TableBuilder add(table, shifts);
  add.column("truth_template", "", "template that the photometry was made with", &AgeShift::truth);
  add.column("template_a", "", "template that was fitted", &AgeShift::a);
  add.column("template_b", "", "template that was fitted to the same clumps", &AgeShift::b);
  add.column("n_fitted", "", "clumps with both fits", &AgeShift::fitted);
  add.column("age_correlation", "", "rank correlation of the two log ages", &AgeShift::correlation);
  add.column("age_shift", "", "median of log age by b - log age by a [dex]", &AgeShift::shift);
  add.column("age_shift_scatter", "", "half of the 16% to 84% range of the same [dex]", &AgeShift::scatter);
  return table;
}

void set_degeneracy_metrics(const io::Table& degeneracy, const io::Table& history,
                            validation::Metrics& metrics) {
  metrics.set("templates.age_dust_correlation", degeneracy.reals("age_dust_correlation").back());
  metrics.set("templates.age_metallicity_correlation",
              degeneracy.reals("age_metallicity_correlation").back());
  double lowest = nan, largest = nan;
  for (const double c : history.reals("age_correlation")) lowest = std::fmin(lowest, c);
  for (const double s : history.reals("age_shift")) largest = std::fmax(largest, std::abs(s));
  metrics.set("templates.age_history_correlation", lowest);
  metrics.set("templates.age_history_shift", largest);
}

std::vector<validation::MetricDescription> degeneracy_metrics() {
  return {
      {"templates.age_dust_correlation", "", "rank correlation of errors in log age and A_V, right template"},
      {"templates.age_metallicity_correlation", "",
       "rank correlation of errors in log age and log Z, right template"},
      {"templates.age_history_correlation", "", "lowest rank correlation of log ages by two templates"},
      {"templates.age_history_shift", "", "largest |median shift of log age by two templates| [dex]"}};
}

}  // namespace arcproof::studies
