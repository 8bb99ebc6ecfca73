#include "validation/metrics/count_metrics.h"

#include "engine/core/missing.h"
#include "validation/completeness.h"

#include <algorithm>
#include <array>
#include <utility>

namespace arcproof::validation {
namespace {

constexpr std::array<std::pair<const char*, const char*>, 3> outcome_counts{
    {{"counts.wrong_flux", "wrong_flux"},
     {"counts.not_trusted", "not_trusted"},
     {"counts.confused", "confused"}}};

// Rows of one parent follow each other.
std::int64_t runs_in(const io::Integers& values) {
  std::int64_t runs = 0, last = -1;
  for (const std::int64_t value : values) {
    runs += value != last;
    last = value;
  }
  return runs;
}

}  // namespace

void set_count_metrics(const io::Table& joined, Metrics& metrics) {
  const io::Texts& flag = joined.texts("injection_flag");
  const io::Flags& found = joined.flags("recovered");
  const auto injected = static_cast<double>(std::count(flag.begin(), flag.end(), "injected")),
             recovered = static_cast<double>(std::count(found.begin(), found.end(), true));
  metrics.set("counts.clumps", static_cast<double>(runs_in(joined.integers("parent_id"))));
  metrics.set("counts.rows", static_cast<double>(joined.rows()));
  metrics.set("counts.injected", injected);
  metrics.set("counts.recovered", recovered);
  metrics.set("completeness.overall", injected > 0 ? recovered / injected : nan);
  const io::Texts& outcome = joined.texts("outcome");
  for (const auto& [metric, name] : outcome_counts)
    metrics.set(metric, static_cast<double>(std::count(outcome.begin(), outcome.end(), name)));
}

std::vector<MetricDescription> count_metrics() {
  return {{"counts.clumps", "", "clumps that were drawn"},
          {"counts.rows", "", "images of them, lost ones included"},
          {"counts.injected", "", "images with a place on the data where clumps are looked for"},
          {"counts.recovered", "", "of them recovered"},
          {"completeness.overall", "", "recovered / injected"},
          {"counts.wrong_flux", "", "images matched to an object of a wrong flux"},
          {"counts.not_trusted", "", "images whose fit is not trusted"},
          {"counts.confused", "", "images at an object that was there before"}};
}

void set_completeness_metrics(const io::Table& joined, Metrics& metrics) {
  const LogisticCompleteness fit = fit_logistic(joined, "mag");
  metrics.set("completeness.mag_50", fit.mag_50);
  metrics.set("completeness.mag_50_err", fit.mag_50_error);
  metrics.set("completeness.width_mag", fit.width_mag);
  metrics.set("completeness.plateau", fit.plateau);
  const LogisticCompleteness uniform = fit_logistic(joined, "mag", "recovered", weight_uniform);
  metrics.set("completeness.uniform.mag_50", uniform.mag_50);
  metrics.set("completeness.uniform.plateau", uniform.plateau);
  const LogisticCompleteness any = fit_logistic(joined, "mag", "recovered_any_quality");
  metrics.set("completeness.any_quality.mag_50", any.mag_50);
  metrics.set("completeness.any_quality.plateau", any.plateau);
}

std::vector<MetricDescription> completeness_metrics() {
  return {
      {"completeness.mag_50", "mag", "magnitude at which completeness is half of completeness.plateau"},
      {"completeness.mag_50_err", "mag", "its 1 sigma error"},
      {"completeness.width_mag", "mag", "width of the logistic fall"},
      {"completeness.plateau", "", "completeness of bright clumps, at places where the host's clumps are"},
      {"completeness.uniform.mag_50", "mag", "mag_50 over the host's area, not at the places of its clumps"},
      {"completeness.uniform.plateau", "", "completeness of bright clumps over the host's area"},
      {"completeness.any_quality.mag_50", "mag", "mag_50 if every fit were trusted"},
      {"completeness.any_quality.plateau", "", "completeness of bright clumps if every fit were trusted"}};
}

}  // namespace arcproof::validation
