#include "validation/metrics/bias_metrics.h"

#include "validation/bias.h"

#include <array>

namespace arcproof::validation {
namespace {

struct BiasNumber {
  const char *column, *meaning;
  bool has_unit;  // that of the quantity
};
constexpr std::array<BiasNumber, 6> bias_numbers{
    {{"bias", "median of measured - true", true},
     {"bias_err", "standard error of that median", true},
     {"scatter", "1.4826 median absolute deviation of measured - true", true},
     {"pull_median", "median of (measured - true) / error", false},
     {"pull_sigma", "1.4826 median absolute deviation of the pulls", false},
     {"pull_sd", "standard deviation of the pulls", false}}};

std::vector<std::string> quantities_of_run(const MetricOptions& options) {
  std::vector<std::string> names = quantity_names(options.bands, options.reference_band);
  if (!options.has_sed)
    std::erase_if(names, [](const std::string& q) {
      return q == "log_mass_msun" || q == "log_age_yr" || q == "ebv_mag";
    });
  return names;
}

bool is_magnitude(const std::string& quantity) {
  return quantity.starts_with("mag_") || quantity == "ebv_mag";
}

}  // namespace

void set_bias_metrics(const io::Table& bias, Metrics& metrics) {
  const io::Texts &axis = bias.texts("axis"), &quantity = bias.texts("quantity");
  const io::Integers& n = bias.integers("n");
  for (std::size_t i = 0; i < bias.rows(); ++i) {
    if (axis[i] != "all") continue;
    const std::string family = "bias." + quantity[i] + ".";
    for (const BiasNumber& number : bias_numbers)
      metrics.set(family + number.column, bias.reals(number.column)[i]);
    metrics.set(family + "n", static_cast<double>(n[i]));
  }
}

std::vector<MetricDescription> bias_metrics(const MetricOptions& options) {
  std::vector<MetricDescription> all;
  for (const std::string& quantity : quantities_of_run(options)) {
    const std::string family = "bias." + quantity + ".";
    for (const BiasNumber& number : bias_numbers)
      all.push_back({family + number.column, number.has_unit && is_magnitude(quantity) ? "mag" : "",
                     quantity + ": " + number.meaning});
    all.push_back({family + "n", "", quantity + ": recovered clumps with both values"});
  }
  return all;
}

void set_coverage_metrics(const io::Table& coverage, Metrics& metrics) {
  const io::Texts& quantity = coverage.texts("quantity");
  const io::Reals& fraction = coverage.reals("coverage");
  for (std::size_t i = 0; i < coverage.rows(); ++i) metrics.set("coverage." + quantity[i], fraction[i]);
}

std::vector<MetricDescription> coverage_metrics(const MetricOptions& options) {
  std::vector<MetricDescription> all;
  for (const std::string& quantity : quantities_of_run(options))
    all.push_back({"coverage." + quantity, "", quantity + ": fraction of 68% intervals that hold the truth"});
  return all;
}

}  // namespace arcproof::validation
