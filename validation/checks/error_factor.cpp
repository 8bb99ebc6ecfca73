#include "validation/checks/error_factor.h"

#include "engine/core/missing.h"
#include "engine/core/statistics.h"
#include "engine/io/table_builder.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

namespace arcproof::validation {
namespace {

constexpr double one_sigma = 0.6827;
constexpr std::size_t enough_pulls = 5;

struct Factor {
  double low_mag = 0, high_mag = 0;
  std::int64_t n = 0;
  double coverage = 0, factor = 0, low = 0, high = 0;
};

Factor factor_of(std::vector<double> pulls, double low_mag, double high_mag) {
  Factor result{low_mag, high_mag, std::ssize(pulls), nan, nan, nan, nan};
  if (pulls.empty()) return result;
  const auto n = static_cast<double>(pulls.size());
  result.coverage =
      static_cast<double>(std::count_if(pulls.begin(), pulls.end(), [](double p) { return p <= 1; })) / n;
  if (pulls.size() < enough_pulls) return result;
  const double spread = std::sqrt(one_sigma * (1 - one_sigma) / n);
  result.factor = statistics::quantile(pulls, one_sigma);
  result.low = statistics::quantile(pulls, std::max(0.0, one_sigma - spread));
  result.high = statistics::quantile(pulls, std::min(1.0, one_sigma + spread));
  return result;
}

}  // namespace

io::Table error_factor_table(const io::Table& joined, const std::string& band) {
  const io::Reals &truth = joined.reals("true_flux_" + band),
                  &measured = joined.reals("measured_flux_" + band),
                  &error = joined.reals("measured_flux_" + band + "_err"), &mag = joined.reals("mag");
  const io::Flags& recovered = joined.flags("recovered");
  std::map<int, std::vector<double>> by_mag;
  std::vector<double> all;
  for (std::size_t i = 0; i < joined.rows(); ++i) {
    if (!recovered[i] || !(error[i] > 0)) continue;
    const double pull = std::abs(measured[i] - truth[i]) / error[i];
    by_mag[static_cast<int>(std::floor(mag[i]))].push_back(pull);
    all.push_back(pull);
  }
  std::vector<Factor> rows;
  for (const auto& [low, pulls] : by_mag) rows.push_back(factor_of(pulls, low, low + 1));
  rows.push_back(factor_of(all, nan, nan));
  io::Table table("ERROR_FACTOR");
  io::TableBuilder add(table, rows);
  add.column("low_mag", "mag", "lower edge, true magnitude in the reference band; NaN: all",
             &Factor::low_mag);
  add.column("high_mag", "mag", "upper edge", &Factor::high_mag);
  add.column("n", "", "recovered clumps", &Factor::n);
  add.column("coverage", "", "fraction whose true flux lies within 1 sigma", &Factor::coverage);
  add.column("factor", "", "by which errors would have to be larger to hold 68%", &Factor::factor);
  add.column("factor_low", "", "lower end of its 68% interval", &Factor::low);
  add.column("factor_high", "", "upper end of its 68% interval", &Factor::high);
  return table;
}

void set_error_factor_metrics(const io::Table& factors, Metrics& metrics) {
  const std::size_t all = factors.rows() - 1;
  metrics.set("errors.factor_68", factors.reals("factor")[all]);
  metrics.set("errors.factor_68_low", factors.reals("factor_low")[all]);
  metrics.set("errors.factor_68_high", factors.reals("factor_high")[all]);
}

std::vector<MetricDescription> error_factor_metrics() {
  return {
      {"errors.factor_68", "",
       "by which flux errors of the reference band would have to be larger for 68% intervals to hold 68%"},
      {"errors.factor_68_low", "", "lower end of its 68% interval"},
      {"errors.factor_68_high", "", "upper end of its 68% interval"}};
}

}  // namespace arcproof::validation
