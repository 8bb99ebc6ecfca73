#include "validation/correction/quality.h"

#include "engine/core/missing.h"
#include "engine/core/statistics.h"
#include "engine/io/table_builder.h"
#include "validation/checks/purity.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

namespace arcproof::validation {
namespace {

constexpr std::size_t tenths = 10;
constexpr double keep_above = 0.8;
constexpr std::array<double, 5> quantile_levels = {0.025, 0.16, 0.5, 0.84, 0.975};
constexpr const char* quantile_suffixes[] = {"_q2p5", "_q16", "_q50", "_q84", "_q97p5"};

double brier_of(const std::vector<DetectionCase>& cases, const std::vector<double>& p) {
  double sum = 0, weights = 0;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    sum += cases[i].weight * std::pow(p[i] - (cases[i].found ? 1 : 0), 2);
    weights += cases[i].weight;
  }
  return weights > 0 ? sum / weights : nan;
}

struct Tenth {
  std::int64_t n = 0;
  double weight = 0, squares = 0, predicted = 0, found = 0, variance = 0;

  void add(const DetectionCase& one, double p) {
    ++n;
    weight += one.weight;
    squares += one.weight * one.weight;
    predicted += one.weight * p;
    found += one.found ? one.weight : 0;
    variance += one.weight * one.weight * p * (1 - p);
  }
  double mean_predicted() const { return predicted / weight; }
  double mean_found() const { return found / weight; }
  double error() const { return std::sqrt(variance) / weight; }
};

std::vector<Tenth> tenths_of(const std::vector<DetectionCase>& cases, const std::vector<double>& p) {
  std::vector<std::size_t> order(cases.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return p[a] < p[b]; });
  std::vector<Tenth> result(std::min(tenths, cases.size()));
  for (std::size_t i = 0; i < order.size(); ++i)
    result[i * result.size() / order.size()].add(cases[order[i]], p[order[i]]);
  return result;
}

// ---- on truth

struct Judged {
  std::string name, truth_column, raw_column;
  double (*raw)(double);
};

double same(double x) { return x; }
double log_of_raw(double x) { return x > 0 ? std::log10(x) : nan; }

std::vector<Judged> judged_quantities(const std::string& band) {
  return {{"mag", "mag", "mag_" + band, same},
          {"log_mass", "true_log_mass_msun", "log_mass_msun", same},
          {"log_radius", "true_log_radius_pc", "radius_pc", log_of_raw}};
}

// What the rows of a catalogue say of one quantity, beside its truth.
struct Compared {
  std::vector<std::array<double, 5>> quantiles;
  std::vector<double> truth, raw;
};

// CRPS of a normal forecast of these offsets, with the offset and scatter that are best for all.
double best_normal_crps(const std::vector<double>& differences) {
  const double centre = statistics::median(differences), width = statistics::standard_deviation(differences);
  double best = HUGE_VAL;
  for (int i = 0; i < 40; ++i) {
    const double sigma = std::fmax(width, 1e-9) * std::pow(10, -1.2 + 0.04 * i);
    double sum = 0;
    for (const double d : differences) {
      const double z = (d - centre) / sigma;
      sum += sigma * (z * (2 * statistics::normal_cdf(z) - 1) +
                      2 * std::exp(-0.5 * z * z) / std::sqrt(2 * M_PI) - 1 / std::sqrt(M_PI));
    }
    best = std::min(best, sum / static_cast<double>(differences.size()));
  }
  return best;
}

void set_compared(const std::string& head, const Compared& c, bool all, Metrics& metrics) {
  constexpr std::size_t fewest = 5;
  const std::size_t n = c.truth.size();
  double in_68 = 0, in_95 = 0, crps = 0;
  std::vector<double> offsets, raw;
  for (std::size_t i = 0; i < n; ++i) {
    offsets.push_back(c.quantiles[i][2] - c.truth[i]);
    raw.push_back(c.raw[i] - c.truth[i]);
    in_68 += c.truth[i] >= c.quantiles[i][1] && c.truth[i] <= c.quantiles[i][3];
    in_95 += c.truth[i] >= c.quantiles[i][0] && c.truth[i] <= c.quantiles[i][4];
    crps += crps_of_quantiles(c.quantiles[i], c.truth[i]);
  }
  const auto count = static_cast<double>(n);
  const bool known = n >= fewest;
  constexpr double of_median = 1.2533;  // error of a median over that of a mean
  metrics.set(head + ".bias", known ? statistics::median(offsets) : nan);
  metrics.set(head + ".bias_err",
              known ? of_median * statistics::mad_sigma(offsets) / std::sqrt(count) : nan);
  metrics.set(head + ".mean_offset", known ? statistics::mean(offsets) : nan);
  metrics.set(head + ".coverage_68", known ? in_68 / count : nan);
  if (all) return;
  metrics.set(head + ".coverage_95", known ? in_95 / count : nan);
  metrics.set(head + ".crps_ratio", known ? crps / count / best_normal_crps(raw) : nan);
}

Compared compare(const Judged& q, const io::Table& t, const io::Table& truth,
                 const std::vector<std::ptrdiff_t>& image) {
  Compared result;
  const io::Reals &true_value = truth.reals(q.truth_column), &raw = t.reals(q.raw_column);
  std::vector<const io::Reals*> columns;
  for (const char* suffix : quantile_suffixes) columns.push_back(&t.reals(q.name + suffix));
  for (std::size_t i = 0; i < image.size(); ++i) {
    if (image[i] < 0) continue;
    std::array<double, 5> quantiles{};
    for (std::size_t l = 0; l < quantile_levels.size(); ++l) quantiles[l] = (*columns[l])[i];
    const double x = true_value[static_cast<std::size_t>(image[i])], r = q.raw(raw[i]);
    if (!std::isfinite(quantiles[2]) || !std::isfinite(x) || !std::isfinite(r)) continue;
    result.quantiles.push_back(quantiles);
    result.truth.push_back(x);
    result.raw.push_back(r);
  }
  return result;
}

void set_count_metrics_of(const io::Table& counts, const io::Table& truth, Metrics& metrics) {
  constexpr double fewest = 5;
  const io::Reals &low = counts.reals("low_mag"), &high = counts.reals("high_mag"),
                  &n = counts.reals("counts"), &error = counts.reals("counts_err"), &mag = truth.reals("mag");
  const io::Texts &status = counts.texts("status"), &flag = truth.texts("injection_flag");
  double lowest = HUGE_VAL, highest = -HUGE_VAL;
  std::vector<double> pulls;
  for (std::size_t b = 0; b < counts.rows(); ++b) {
    double drawn = 0;
    for (std::size_t i = 0; i < mag.size(); ++i)
      drawn += flag[i] == "injected" && mag[i] >= low[b] && mag[i] < high[b];
    if (status[b] != "ok" || drawn < fewest) continue;
    lowest = std::min(lowest, n[b] / drawn);
    highest = std::max(highest, n[b] / drawn);
    pulls.push_back((n[b] - drawn) / error[b]);
  }
  metrics.set("corrected.counts.lowest", pulls.empty() ? nan : lowest);
  metrics.set("corrected.counts.highest", pulls.empty() ? nan : highest);
  metrics.set("corrected.counts.pull_mean", pulls.empty() ? nan : statistics::mean(pulls));
  metrics.set("corrected.counts.pull_width", pulls.size() > 1 ? statistics::standard_deviation(pulls) : nan);
}

}  // namespace

double reliability_p(const std::vector<DetectionCase>& cases, const std::vector<double>& p) {
  const std::vector<Tenth> all = tenths_of(cases, p);
  constexpr double tolerance = 0.02;
  double least = 1;
  for (const Tenth& one : all) {
    if (!(one.weight > 0)) continue;
    const double beyond = std::fmax(0.0, std::abs(one.mean_found() - one.mean_predicted()) - tolerance);
    if (beyond > 0) least = std::min(least, 2 * statistics::normal_cdf(-beyond / one.error()));
  }
  return std::min(1.0, least * static_cast<double>(all.size()));
}

double crps_of_quantiles(const std::array<double, 5>& q, double truth) {
  // Twice the mean of the quantile score over probabilities.
  static const std::array<double, 5> scores = [] {
    std::array<double, 5> z{};
    for (std::size_t i = 0; i < z.size(); ++i) z[i] = statistics::normal_quantile(quantile_levels[i]);
    return z;
  }();
  constexpr int steps = 99;
  double sum = 0;
  for (int k = 0; k < steps; ++k) {
    const double p = (k + 0.5) / steps, z = statistics::normal_quantile(p);
    std::size_t i = 0;
    while (i + 2 < scores.size() && z > scores[i + 1]) ++i;
    const double x = q[i] + (q[i + 1] - q[i]) * (z - scores[i]) / (scores[i + 1] - scores[i]);
    sum += truth > x ? p * (truth - x) : (1 - p) * (x - truth);
  }
  return 2 * sum / steps;
}

io::Table detection_quality(const std::vector<DetectionCase>& cases, const DetectionModel& model,
                            Metrics& metrics) {
  constexpr std::size_t fewest = 50;
  const bool enough = cases.size() >= fewest;
  const std::vector<double> p = enough ? held_out_probabilities(cases, model.penalty())
                                       : std::vector<double>(cases.size(), nan),
                            plain = enough ? held_out_by_neighbours(cases) : p;
  const std::vector<Tenth> all = enough ? tenths_of(cases, p) : std::vector<Tenth>{};
  metrics.set("detection.log_loss", enough ? log_loss(cases, p) : nan);
  metrics.set("detection.log_loss_ratio", enough ? log_loss(cases, p) / log_loss(cases, plain) : nan);
  metrics.set("detection.brier", enough ? brier_of(cases, p) : nan);
  metrics.set("detection.brier_neighbours", enough ? brier_of(cases, plain) : nan);
  metrics.set("detection.reliability_p", enough ? reliability_p(cases, p) : nan);
  io::Table table("DETECTION");
  io::TableBuilder add(table, all);
  add.column("n", "", "injected images of this tenth, by predicted probability", &Tenth::n);
  add.column("predicted", "",
             "mean probability that was predicted, by a fit that had not seen their realisations",
             [](const Tenth& t) { return t.mean_predicted(); });
  add.column("found", "", "fraction that was recovered", [](const Tenth& t) { return t.mean_found(); });
  add.column("found_err", "", "its binomial error, were the prediction right",
             [](const Tenth& t) { return t.error(); });
  return table;
}

io::Table detection_limits(const std::vector<DetectionCase>& cases, const DetectionModel& model) {
  struct Limits {
    std::string field;
    std::int64_t n = 0;
    std::array<double, 2> mag{nan, nan}, error{nan, nan};
  };
  constexpr std::size_t most = 300;  // images that stand for a field
  constexpr double step = 0.05;
  std::map<std::string, std::vector<const DetectionCase*>> fields;
  for (const DetectionCase& one : cases) fields[one.place.field].push_back(&one);
  std::vector<Limits> rows;
  for (const auto& field : fields) {
    const std::vector<const DetectionCase*>& all = field.second;
    Limits row{field.first, std::ssize(all), {nan, nan}, {nan, nan}};
    double low = HUGE_VAL, high = -HUGE_VAL;
    for (const DetectionCase* one : all) {
      low = std::min(low, one->place.mag);
      high = std::max(high, one->place.mag);
    }
    const std::size_t stride = std::max<std::size_t>(1, all.size() / most);
    const auto at = [&](double mag) {
      Probability mean;
      double weights = 0;
      for (std::size_t i = 0; i < all.size(); i += stride) {
        DetectionPlace place = all[i]->place;
        place.mag = mag;
        const Probability p = model.at(place);
        mean.value += all[i]->weight * p.value;
        mean.error += all[i]->weight * p.error;
        weights += all[i]->weight;
      }
      return weights > 0 ? Probability{mean.value / weights, mean.error / weights} : Probability{nan, nan};
    };
    Probability before = at(low);
    for (double m = low + step; m <= high; m += step) {
      const Probability now = at(m);
      for (std::size_t l = 0; l < 2; ++l) {
        const double level = l == 0 ? 0.5 : 0.8;
        if (!(before.value >= level && now.value < level)) continue;
        row.mag[l] = m - step * (level - now.value) / (before.value - now.value);
        row.error[l] = now.error * step / (before.value - now.value);
      }
      before = now;
    }
    rows.push_back(row);
  }
  io::Table table("LIMITS");
  io::TableBuilder add(table, rows);
  add.column("field", "", "name of the field and of its galaxy", &Limits::field);
  add.column("n", "", "injected images", &Limits::n);
  add.column("mag_50", "mag", "true magnitude at which half of the clumps are found",
             [](const Limits& r) { return r.mag[0]; });
  add.column("mag_50_err", "mag", "its error", [](const Limits& r) { return r.error[0]; });
  add.column("mag_80", "mag", "true magnitude at which four fifths are found",
             [](const Limits& r) { return r.mag[1]; });
  add.column("mag_80_err", "mag", "its error", [](const Limits& r) { return r.error[1]; });
  return table;
}

void set_correction_metrics(const Correction& correction, Metrics& metrics) {
  metrics.set("correction.share_of_clumps", correction.share_of_clumps());
  metrics.set("correction.median_ess",
              correction.population().median_ess > 0 ? correction.population().median_ess : nan);
}

void set_corrected_metrics(const io::Table& t, const io::Table& counts, const io::Table& truth,
                           const std::string& band, Metrics& metrics) {
  if (!truth.rows()) return;
  const std::vector<RowTruth> rows = match_truth(t, truth, band);
  const io::Flags& selected = t.flags("selected");
  const io::Reals& p = t.reals("p_true");
  double n = 0, all_true = 0, kept = 0, kept_true = 0, brier = 0;
  std::vector<std::ptrdiff_t> of_kept(rows.size(), -1), of_true(rows.size(), -1);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!selected[i]) continue;
    const bool is_true = rows[i].label == "true", keep = p[i] >= keep_above;
    n += 1;
    all_true += is_true;
    kept += keep;
    kept_true += keep && is_true;
    brier += std::pow(p[i] - (is_true ? 1 : 0), 2);
    if (keep) of_kept[i] = is_true ? rows[i].image : rows[i].nearest;
    if (is_true) of_true[i] = rows[i].image;
  }
  metrics.set("corrected.purity", kept > 0 ? kept_true / kept : nan);
  metrics.set("corrected.kept", all_true > 0 ? kept_true / all_true : nan);
  metrics.set("corrected.p_true_brier", n > 0 ? brier / n : nan);
  metrics.set("corrected.p_true_brier_constant", n > 0 ? all_true / n * (1 - all_true / n) : nan);
  for (const Judged& q : judged_quantities(band)) {
    set_compared("corrected." + q.name, compare(q, t, truth, of_kept), false, metrics);
    set_compared("corrected.all." + q.name, compare(q, t, truth, of_true), true, metrics);
  }
  set_count_metrics_of(counts, truth, metrics);
}

std::vector<MetricDescription> correction_metrics() {
  std::vector<MetricDescription> all = {
      {"detection.log_loss", "",
       "mean of -log p of what happened to injections, p_detect by fits that had not seen them"},
      {"detection.log_loss_ratio", "",
       "the same over that of the 60 nearest injections in magnitude and size"},
      {"detection.brier", "", "mean squared error of p_detect, held out"},
      {"detection.brier_neighbours", "", "the same of the 60 nearest injections"},
      {"detection.reliability_p", "",
       "chance that a p_detect right to 2% looks as far off as in its worst tenth"},
      {"correction.share_of_clumps", "", "share of clumps among selected rows, estimated without truth"},
      {"correction.median_ess", "", "effective number of injections behind a row's posterior, median"},
      {"corrected.purity", "",
       "of rows with p_true of 0.8 or more, those that are true clumps (simulated hosts)"},
      {"corrected.kept", "", "of selected rows that are true clumps, those with p_true of 0.8 or more"},
      {"corrected.p_true_brier", "", "mean squared error of p_true on the truth of simulated hosts"},
      {"corrected.p_true_brier_constant", "", "the same of the constant forecast that is right in the mean"},
      {"corrected.counts.lowest", "",
       "corrected counts over true ones, lowest of the measured bins of magnitude"},
      {"corrected.counts.highest", "", "the same, highest"},
      {"corrected.counts.pull_mean", "", "(corrected - true) / error of the counts, mean over bins"},
      {"corrected.counts.pull_width", "", "the same, standard deviation"}};
  for (const auto& [name, unit] : {std::pair{"mag", "mag"}, {"log_mass", "dex"}, {"log_radius", "dex"}}) {
    const std::string q = std::string("corrected.") + name, whole = std::string("corrected.all.") + name;
    all.push_back({q + ".bias", unit,
                   "posterior median - true, median over rows with p_true of 0.8 or more and a true image"});
    all.push_back({q + ".bias_err", unit, "its standard error"});
    all.push_back({q + ".coverage_68", "", "fraction of truths within 16% and 84%"});
    all.push_back({q + ".mean_offset", unit, "posterior median - true, mean: blends count in full"});
    all.push_back({whole + ".mean_offset", unit, "posterior median - true, mean: blends count in full"});
    all.push_back({q + ".coverage_95", "", "fraction of truths within 2.5% and 97.5%"});
    all.push_back(
        {q + ".crps_ratio", "", "CRPS over that of raw values with their best constant offset and scatter"});
    all.push_back({whole + ".bias", unit, "posterior median - true, median over all true selected rows"});
    all.push_back({whole + ".bias_err", unit, "its standard error"});
    all.push_back({whole + ".coverage_68", "", "fraction of truths within 16% and 84%"});
  }
  return all;
}

}  // namespace arcproof::validation
