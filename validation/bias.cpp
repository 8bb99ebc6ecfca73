#include "validation/bias.h"

#include "engine/core/missing.h"
#include "engine/core/statistics.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>

namespace arcproof::validation {
namespace {

using Rows = std::vector<std::size_t>;

template <class Value>
io::Reals where_recovered(const io::Table& joined, const Value& value) {
  const io::Flags& recovered = joined.flags("recovered");
  io::Reals result;
  result.reserve(joined.rows());
  for (std::size_t i = 0; i < joined.rows(); ++i) result.push_back(recovered[i] ? value(i) : nan);
  return result;
}

// Flux over the true flux: 1 when perfect.
Quantity relative_flux(const io::Table& joined, const std::string& band, const std::string& error_kind = "") {
  const io::Reals& truth = joined.reals("true_flux_" + band);
  const io::Reals& flux = joined.reals("measured_flux_" + band);
  const io::Reals& error = joined.reals("measured_flux_" + band + "_err" + error_kind);
  Quantity q{"relative_flux_" + band + error_kind, "", {}, {}, {}, {}, {}};
  q.truth = where_recovered(joined, [](std::size_t) { return 1.0; });
  q.measured = where_recovered(joined, [&](std::size_t i) { return flux[i] / truth[i]; });
  q.error = where_recovered(joined, [&](std::size_t i) { return error[i] / truth[i]; });
  return q;
}

Quantity magnitude(const io::Table& joined, const std::string& band) {
  const io::Reals &mag = joined.reals("mag"), &measured = joined.reals("measured_mag_" + band),
                  &flux = joined.reals("measured_flux_" + band),
                  &error = joined.reals("measured_flux_" + band + "_err");
  Quantity q{"mag_" + band, "mag", {}, {}, {}, {}, {}};
  q.truth = where_recovered(joined, [&](std::size_t i) { return mag[i]; });
  q.measured = where_recovered(joined, [&](std::size_t i) { return measured[i]; });
  q.error = where_recovered(joined, [&](std::size_t i) { return 2.5 / std::log(10.0) * error[i] / flux[i]; });
  return q;
}

void half_of_interval(Quantity& q) {
  for (std::size_t i = 0; i < q.low.size(); ++i) q.error.push_back(0.5 * (q.high[i] - q.low[i]));
}

Quantity log_radius(const io::Table& joined) {
  const io::Flags& limit = joined.flags("measured_radius_is_upper_limit");
  const io::Reals &truth = joined.reals("true_radius_pc"), &radius = joined.reals("measured_radius_pc"),
                  &minus = joined.reals("measured_radius_pc_err_minus"),
                  &plus = joined.reals("measured_radius_pc_err_plus");
  Quantity q{"log_radius_pc", "", {}, {}, {}, {}, {}};
  const auto resolved = [&](std::size_t i, double value) { return limit[i] ? nan : value; };
  q.truth = where_recovered(joined, [&](std::size_t i) { return resolved(i, std::log10(truth[i])); });
  q.measured = where_recovered(joined, [&](std::size_t i) { return resolved(i, std::log10(radius[i])); });
  q.low = where_recovered(
      joined, [&](std::size_t i) { return std::log10(radius[i] - std::min(0.999 * radius[i], minus[i])); });
  q.high = where_recovered(joined, [&](std::size_t i) { return std::log10(radius[i] + plus[i]); });
  half_of_interval(q);
  return q;
}

Quantity log_magnification(const io::Table& joined) {
  const io::Reals &truth = joined.reals("true_mu"), &mu = joined.reals("measured_mu"),
                  &minus = joined.reals("measured_mu_err_minus"),
                  &plus = joined.reals("measured_mu_err_plus");
  Quantity q{"log_mu", "", {}, {}, {}, {}, {}};
  q.truth = where_recovered(joined, [&](std::size_t i) { return std::log10(truth[i]); });
  q.measured = where_recovered(joined, [&](std::size_t i) { return std::log10(mu[i]); });
  q.error = where_recovered(
      joined, [&](std::size_t i) { return 0.5 * (minus[i] + plus[i]) / mu[i] / std::log(10.0); });
  return q;
}

// A quantity of the SED fit with columns <name>, <name>_q16, <name>_q84; `extra` is added to the interval in
// quadrature.
Quantity sed_quantity(const io::Table& joined, const std::string& name, const std::string& unit,
                      const io::Reals* extra) {
  const io::Reals &truth = joined.reals("true_" + name), &best = joined.reals("measured_" + name),
                  &q16 = joined.reals("measured_" + name + "_q16"),
                  &q84 = joined.reals("measured_" + name + "_q84");
  Quantity q{name, unit, {}, {}, {}, {}, {}};
  const auto reach = [&](std::size_t i, double end) {
    const double distance = std::abs(end - best[i]);
    return extra ? std::hypot(distance, (*extra)[i]) : distance;
  };
  q.truth = where_recovered(joined, [&](std::size_t i) { return truth[i]; });
  q.measured = where_recovered(joined, [&](std::size_t i) { return best[i]; });
  q.low = where_recovered(joined, [&](std::size_t i) { return best[i] - reach(i, q16[i]); });
  q.high = where_recovered(joined, [&](std::size_t i) { return best[i] + reach(i, q84[i]); });
  half_of_interval(q);
  return q;
}

struct Summary {
  int n = 0;
  double median = nan, median_error = nan, scatter = nan, outliers = nan, pull_median = nan, pull_sigma = nan,
         pull_sd = nan;
};

Summary summarise(const Quantity& q, const Rows& rows) {
  std::vector<double> offset, pull;
  for (const std::size_t i : rows) {
    const double d = q.measured[i] - q.truth[i];
    if (!std::isfinite(d)) continue;
    offset.push_back(d);
    if (q.error[i] > 0 && std::isfinite(q.error[i])) pull.push_back(d / q.error[i]);
  }
  Summary s;
  s.n = static_cast<int>(offset.size());
  if (s.n < 3) return s;
  s.median = statistics::median(offset);
  s.scatter = statistics::mad_sigma(offset);
  s.median_error = 1.2533 * s.scatter / std::sqrt(static_cast<double>(s.n));
  const auto far = std::count_if(offset.begin(), offset.end(),
                                 [&](double d) { return std::abs(d - s.median) > 5 * s.scatter; });
  s.outliers = static_cast<double>(far) / s.n;
  if (pull.size() < 3) return s;
  s.pull_median = statistics::median(pull);
  s.pull_sigma = statistics::mad_sigma(pull);
  s.pull_sd = statistics::standard_deviation(pull);
  return s;
}

// Rows whose value lies in each bin. The last bin is closed on both sides.
std::vector<Rows> rows_by_bin(const io::Reals& values, const std::vector<double>& edges) {
  std::vector<Rows> bins(edges.size() < 2 ? 0 : edges.size() - 1);
  for (std::size_t i = 0; i < values.size() && !bins.empty(); ++i) {
    if (!(values[i] >= edges.front() && values[i] <= edges.back())) continue;
    const auto above = std::upper_bound(edges.begin(), edges.end(), values[i]);
    const auto edge = static_cast<std::size_t>(above - edges.begin());
    bins[std::min(edge, bins.size()) - 1].push_back(i);
  }
  return bins;
}

struct BiasRows {
  io::Texts quantity, unit, axis;
  io::Reals low, high;
  std::vector<Summary> summary;
  void add(const Quantity& q, const std::string& axis_name, double from, double to, const Rows& rows) {
    quantity.push_back(q.name);
    unit.push_back(q.unit);
    axis.push_back(axis_name);
    low.push_back(from);
    high.push_back(to);
    summary.push_back(summarise(q, rows));
  }
};

io::Reals column(const std::vector<Summary>& summary, double Summary::*member) {
  io::Reals values;
  for (const Summary& s : summary) values.push_back(s.*member);
  return values;
}

}  // namespace

std::vector<Quantity> quantities_of(const io::Table& joined, const std::vector<std::string>& bands,
                                    const std::string& reference_band) {
  std::vector<Quantity> result;
  result.reserve(bands.size() + 9);
  for (const std::string& band : bands) result.push_back(relative_flux(joined, band));
  for (const char* error : {"_analytic", "_correlated"})
    result.push_back(relative_flux(joined, reference_band, error));
  result.push_back(magnitude(joined, reference_band));
  result.push_back(log_radius(joined));
  result.push_back(log_magnification(joined));
  const io::Reals& mu_error = joined.reals("measured_log_mass_mu_err");
  result.push_back(sed_quantity(joined, "log_mass_msun", "", &mu_error));
  result.push_back(sed_quantity(joined, "log_age_yr", "", nullptr));
  result.push_back(sed_quantity(joined, "ebv_mag", "mag", nullptr));
  return result;
}

std::vector<std::string> quantity_names(const std::vector<std::string>& bands,
                                        const std::string& reference_band) {
  std::vector<std::string> names;
  for (const std::string& band : bands) names.push_back("relative_flux_" + band);
  for (const char* error : {"_analytic", "_correlated"})
    names.push_back("relative_flux_" + reference_band + error);
  names.push_back("mag_" + reference_band);
  for (const char* name : {"log_radius_pc", "log_mu", "log_mass_msun", "log_age_yr", "ebv_mag"})
    names.emplace_back(name);
  return names;
}

io::Table bias_table(const io::Table& joined, const std::vector<Quantity>& quantities,
                     const std::vector<BinAxis>& axes) {
  BiasRows rows;
  Rows all(joined.rows());
  std::iota(all.begin(), all.end(), std::size_t{0});
  std::vector<std::vector<Rows>> bins;
  for (const BinAxis& axis : axes) bins.push_back(rows_by_bin(joined.reals(axis.column), axis.edges));
  for (const Quantity& q : quantities) {
    if (q.truth.size() != joined.rows() || q.measured.size() != joined.rows() ||
        q.error.size() != joined.rows())
      throw std::invalid_argument("bias_table: " + q.name + " has not one value per row");
    rows.add(q, "all", nan, nan, all);
    for (std::size_t a = 0; a < axes.size(); ++a)
      for (std::size_t b = 0; b < bins[a].size(); ++b)
        rows.add(q, axes[a].column, axes[a].edges[b], axes[a].edges[b + 1], bins[a][b]);
  }
  io::Table table("BIAS");
  io::Integers counts;
  for (const Summary& s : rows.summary) counts.push_back(s.n);
  table.add("quantity", "", "what was injected and measured", std::move(rows.quantity));
  table.add("quantity_unit", "", "unit of bias and scatter", std::move(rows.unit));
  table.add("axis", "", "column of the injection table along which rows are binned, or all",
            std::move(rows.axis));
  table.add("low", "", "lower edge, in the axis column's unit", std::move(rows.low));
  table.add("high", "", "upper edge, in the axis column's unit", std::move(rows.high));
  table.add("n", "", "recovered clumps with this quantity", std::move(counts));
  table.add("bias", "", "median of measured - true", column(rows.summary, &Summary::median));
  table.add("bias_err", "", "standard error of the median", column(rows.summary, &Summary::median_error));
  table.add("scatter", "", "1.4826 median absolute deviation of measured - true",
            column(rows.summary, &Summary::scatter));
  table.add("outlier_fraction", "", "further than 5 scatters from the median",
            column(rows.summary, &Summary::outliers));
  table.add("pull_median", "", "median of (measured - true) / error",
            column(rows.summary, &Summary::pull_median));
  table.add("pull_sigma", "", "1.4826 median absolute deviation of the pulls",
            column(rows.summary, &Summary::pull_sigma));
  table.add("pull_sd", "", "standard deviation of the pulls", column(rows.summary, &Summary::pull_sd));
  return table;
}

io::Table coverage_table(const std::vector<Quantity>& quantities) {
  io::Texts names;
  io::Integers n, inside;
  io::Reals fraction, low, high;
  for (const Quantity& q : quantities) {
    int total = 0, covered = 0;
    for (std::size_t i = 0; i < q.truth.size(); ++i) {
      const double from = q.low.empty() ? q.measured[i] - q.error[i] : q.low[i];
      const double to = q.high.empty() ? q.measured[i] + q.error[i] : q.high[i];
      if (!std::isfinite(from) || !std::isfinite(to) || !std::isfinite(q.truth[i])) continue;
      ++total;
      covered += q.truth[i] >= from && q.truth[i] <= to;
    }
    const auto interval = statistics::binomial_interval(covered, total);
    names.push_back(q.name);
    n.push_back(total);
    inside.push_back(covered);
    fraction.push_back(total ? static_cast<double>(covered) / total : nan);
    low.push_back(interval.low);
    high.push_back(interval.high);
  }
  io::Table table("COVERAGE");
  table.add("quantity", "", "what was injected and measured", std::move(names));
  table.add("n", "", "recovered clumps with an interval", std::move(n));
  table.add("n_inside", "", "true value inside the 68% interval", std::move(inside));
  table.add("coverage", "", "n_inside / n; 0.683 when intervals are honest", std::move(fraction));
  table.add("coverage_low", "", "lower end of the 68% Jeffreys interval", std::move(low));
  table.add("coverage_high", "", "upper end of the 68% Jeffreys interval", std::move(high));
  return table;
}

}  // namespace arcproof::validation
