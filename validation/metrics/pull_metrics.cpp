#include "validation/metrics/pull_metrics.h"

#include "engine/core/statistics.h"

#include <array>

#include <fmt/format.h>

namespace arcproof::validation {
namespace {

constexpr double alone_for_a_fit_pix = 10;  // no light of another injection in a cutout of 9 x 9

struct ErrorModel {
  const char *name, *column, *meaning;
};
constexpr std::array<ErrorModel, 3> error_models{
    {{"redraws", "_err", "errors of the catalogue"},
     {"white", "_err_analytic", "analytic errors, white noise"},
     {"correlated", "_err_correlated", "analytic errors, correlated noise"}}};

// Rows whose flux is judged: recovered, S/N 5 - 50; alone on empty sky where that is asked for.
std::vector<std::size_t> rows_judged(const io::Table& joined, const std::string& flux, bool only_sky) {
  const io::Reals &truth = joined.reals("true_" + flux),
                  &error = joined.reals("measured_" + flux + "_err_correlated"),
                  &neighbour = joined.reals("neighbour_pix");
  const io::Flags &recovered = joined.flags("recovered"), &on_empty_sky = joined.flags("on_empty_sky");
  std::vector<std::size_t> rows;
  for (std::size_t i = 0; i < joined.rows(); ++i) {
    const double snr = truth[i] / error[i];
    if (!recovered[i] || !(snr > 5 && snr < 50)) continue;
    const bool alone = !(neighbour[i] < alone_for_a_fit_pix);
    if (!only_sky || (on_empty_sky[i] && alone)) rows.push_back(i);
  }
  return rows;
}

}  // namespace

void set_bright_metrics(const io::Table& joined, const std::string& band, Metrics& metrics) {
  const io::Flags& recovered = joined.flags("recovered");
  const io::Reals &snr = joined.reals("measured_snr_" + band), &truth = joined.reals("true_flux_" + band),
                  &flux = joined.reals("measured_flux_" + band),
                  &error = joined.reals("measured_flux_" + band + "_err");
  std::vector<double> pull, offset;
  for (std::size_t i = 0; i < joined.rows(); ++i) {
    if (!recovered[i] || !(snr[i] > 10)) continue;
    pull.push_back((flux[i] - truth[i]) / error[i]);
    offset.push_back(flux[i] / truth[i] - 1);
  }
  metrics.set("bright.n", static_cast<double>(pull.size()));
  metrics.set("bright.flux_bias", statistics::median(offset));
  metrics.set("bright.flux_pull_median", statistics::median(pull));
  metrics.set("bright.flux_pull_sigma", statistics::mad_sigma(pull));
}

std::vector<MetricDescription> bright_metrics() {
  return {{"bright.n", "", "recovered clumps with measured S/N > 10, reference band"},
          {"bright.flux_bias", "", "their median of measured / true flux - 1"},
          {"bright.flux_pull_median", "", "their median of (measured - true) / error"},
          {"bright.flux_pull_sigma", "", "1.4826 median absolute deviation of their pulls"}};
}

void set_pull_metrics(const io::Table& joined, const std::string& band, Metrics& metrics) {
  const std::string flux = "flux_" + band;
  const io::Reals &truth = joined.reals("true_" + flux), &measured = joined.reals("measured_" + flux);
  for (const bool only_sky : {false, true}) {
    const std::vector<std::size_t> rows = rows_judged(joined, flux, only_sky);
    for (const ErrorModel& model : error_models) {
      const io::Reals& error = joined.reals("measured_" + flux + model.column);
      std::vector<double> pull;
      for (const std::size_t i : rows) pull.push_back((measured[i] - truth[i]) / error[i]);
      const std::string family = fmt::format("pulls.{}.{}.", only_sky ? "sky" : "all", model.name);
      metrics.set(family + "n", static_cast<double>(pull.size()));
      metrics.set(family + "median", statistics::median(pull));
      metrics.set(family + "sd", statistics::standard_deviation(pull));
      metrics.set(family + "sigma", statistics::mad_sigma(pull));
    }
  }
}

std::vector<MetricDescription> pull_metrics() {
  std::vector<MetricDescription> all;
  for (const bool only_sky : {false, true})
    for (const ErrorModel& model : error_models) {
      const std::string family = fmt::format("pulls.{}.{}.", only_sky ? "sky" : "all", model.name),
                        of = fmt::format("flux pulls at S/N 5 - 50, {}{}", model.meaning,
                                         only_sky ? ", clumps alone on empty sky" : "");
      all.push_back({family + "n", "", of + ": number"});
      all.push_back({family + "median", "", of + ": median"});
      all.push_back({family + "sd", "", of + ": standard deviation"});
      all.push_back({family + "sigma", "", of + ": 1.4826 median absolute deviation"});
    }
  return all;
}

}  // namespace arcproof::validation
