#include "validation/checks/nulls.h"

#include "engine/core/missing.h"
#include "engine/core/random.h"
#include "engine/core/statistics.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

namespace arcproof::validation {
namespace {

constexpr double bright_snr = 10;
constexpr double median_inefficiency = 1.2533141373155003;  // sqrt(pi / 2)

double error_of_median(const std::vector<double>& x) {
  return x.size() < 2
             ? nan
             : median_inefficiency * statistics::mad_sigma(x) / std::sqrt(static_cast<double>(x.size()));
}

double correlation(const std::vector<double>& a, const std::vector<double>& b) {
  const double mean_a = statistics::mean(a), mean_b = statistics::mean(b);
  double ab = 0, aa = 0, bb = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    ab += (a[i] - mean_a) * (b[i] - mean_b);
    aa += (a[i] - mean_a) * (a[i] - mean_a);
    bb += (b[i] - mean_b) * (b[i] - mean_b);
  }
  return ab / std::sqrt(aa * bb);
}

double rank_correlation(const std::vector<double>& a, const std::vector<double>& b) {
  return correlation(statistics::average_ranks(a), statistics::average_ranks(b));
}

void shuffle(std::vector<double>& x, std::uint64_t seed) {
  Random random({.seed = seed, .purpose = "shuffled truth", .realisation = 0});
  for (std::size_t i = x.size(); i > 1; --i) std::swap(x[i - 1], x[random.index(i)]);
}

void set_skill(const io::Table& joined, const std::string& band, std::uint64_t seed, Metrics& metrics) {
  constexpr std::size_t enough = 10;
  const io::Flags& recovered = joined.flags("recovered");
  const io::Reals &truth = joined.reals("mag"), &measured = joined.reals("measured_mag_" + band);
  std::vector<double> true_mag, measured_mag;
  for (std::size_t i = 0; i < joined.rows(); ++i) {
    if (!recovered[i] || !std::isfinite(truth[i]) || !std::isfinite(measured[i])) continue;
    true_mag.push_back(truth[i]);
    measured_mag.push_back(measured[i]);
  }
  const bool judged = true_mag.size() >= enough;
  metrics.set("null.skill", judged ? rank_correlation(true_mag, measured_mag) : nan);
  shuffle(true_mag, seed);
  metrics.set("null.shuffled_skill", judged ? rank_correlation(true_mag, measured_mag) : nan);
  metrics.set("null.shuffled_skill_err",
              judged ? 1 / std::sqrt(static_cast<double>(true_mag.size()) - 1) : nan);
}

double repeated_draws(const io::Table& joined) {
  const io::Integers& parent = joined.integers("parent_id");
  const io::Reals &mass = joined.reals("true_log_mass_msun"), &age = joined.reals("true_log_age_yr"),
                  &radius = joined.reals("true_log_radius_pc");
  std::map<std::int64_t, std::tuple<double, double, double>> clumps;
  for (std::size_t i = 0; i < joined.rows(); ++i) clumps[parent[i]] = {mass[i], age[i], radius[i]};
  std::set<std::tuple<double, double, double>> distinct;
  for (const auto& [id, clump] : clumps) distinct.insert(clump);
  return static_cast<double>(clumps.size() - distinct.size());
}

void set_offsets(const io::Table& joined, const std::string& band, Metrics& metrics) {
  const io::Flags& recovered = joined.flags("recovered");
  const io::Reals& snr = joined.reals("measured_snr_" + band);
  std::vector<double> both;
  for (const char* axis : {"x", "y"}) {
    const io::Reals &truth = joined.reals(std::string("true_") + axis),
                    &measured = joined.reals(std::string("measured_") + axis);
    std::vector<double> offset;
    for (std::size_t i = 0; i < joined.rows(); ++i)
      if (recovered[i] && snr[i] > bright_snr) offset.push_back(measured[i] - truth[i]);
    const std::string name = std::string("offset.") + axis + "_pix";
    const double centre = statistics::median(offset);
    metrics.set(name, centre);
    metrics.set(name + "_err", error_of_median(offset));
    for (const double value : offset) both.push_back(value - centre);
  }
  metrics.set("offset.scatter_pix", statistics::mad_sigma(both));
}

void set_band_fluxes(const io::Table& joined, const std::string& band, Metrics& metrics) {
  const io::Flags& recovered = joined.flags("recovered");
  const io::Reals &snr = joined.reals("measured_snr_" + band), &truth = joined.reals("true_flux_" + band),
                  &measured = joined.reals("measured_flux_" + band);
  std::vector<double> offset;
  for (std::size_t i = 0; i < joined.rows(); ++i)
    if (recovered[i] && snr[i] > bright_snr) offset.push_back(measured[i] / truth[i] - 1);
  metrics.set("bright." + band + ".flux_bias", statistics::median(offset));
  metrics.set("bright." + band + ".flux_bias_err", error_of_median(offset));
  metrics.set("bright." + band + ".flux_scatter", statistics::mad_sigma(offset));
}

struct Counted {
  double found = 0, all = 0;
  double fraction() const { return all > 0 ? found / all : nan; }
  double variance() const {  // of the Beta distribution that Jeffreys' prior leads to
    const double a = found + 0.5, b = all - found + 0.5, sum = a + b;
    return a * b / (sum * sum * (sum + 1));
  }
};

}  // namespace

void set_null_metrics(const io::Table& joined, const std::vector<std::string>& bands,
                      const std::string& reference_band, std::uint64_t seed, Metrics& metrics) {
  set_skill(joined, reference_band, seed, metrics);
  metrics.set("null.repeated_draws", repeated_draws(joined));
  set_offsets(joined, reference_band, metrics);
  for (const std::string& band : bands) set_band_fluxes(joined, band, metrics);
}

std::vector<MetricDescription> null_metrics(const std::vector<std::string>& bands) {
  std::vector<MetricDescription> all = {
      {"null.skill", "", "rank correlation of measured and true magnitude, recovered clumps"},
      {"null.shuffled_skill", "", "the same after the truth was shuffled: 0"},
      {"null.shuffled_skill_err", "", "its standard error"},
      {"null.repeated_draws", "", "clumps drawn exactly like another one: 0 unless seeds collide"},
      {"offset.x_pix", "pix", "median of measured - true x, recovered clumps of S/N > 10"},
      {"offset.x_pix_err", "pix", "its standard error"},
      {"offset.y_pix", "pix", "median of measured - true y, recovered clumps of S/N > 10"},
      {"offset.y_pix_err", "pix", "its standard error"},
      {"offset.scatter_pix", "pix", "1.4826 median absolute deviation of both about their medians"}};
  for (const std::string& band : bands) {
    const std::string family = "bright." + band + ".", of = band + ", recovered clumps of S/N > 10: ";
    all.push_back({family + "flux_bias", "", of + "median of measured / true flux - 1"});
    all.push_back({family + "flux_bias_err", "", of + "its standard error"});
    all.push_back({family + "flux_scatter", "", of + "1.4826 median absolute deviation"});
  }
  return all;
}

void set_crowding_metrics(const io::Table& joined, Metrics& metrics) {
  constexpr double near_pix = 8;
  const io::Texts& flag = joined.texts("injection_flag");
  const io::Flags& recovered = joined.flags("recovered");
  const io::Reals& neighbour = joined.reals("neighbour_pix");
  const io::Integers& realisation = joined.integers("realisation");
  const io::Reals& changed = joined.reals("changed_fraction");
  Counted near, far;
  std::map<std::int64_t, double> of_realisation;
  for (std::size_t i = 0; i < joined.rows(); ++i) {
    of_realisation[realisation[i]] = changed[i];
    if (flag[i] != "injected") continue;
    Counted& counted = neighbour[i] < near_pix ? near : far;
    counted.all += 1;
    counted.found += recovered[i];
  }
  std::vector<double> fractions;
  for (const auto& [number, fraction] : of_realisation) fractions.push_back(fraction);
  metrics.set("crowding.changed_fraction", statistics::median(fractions));
  metrics.set("crowding.near", near.fraction());
  metrics.set("crowding.far", far.fraction());
  metrics.set("crowding.difference", far.fraction() - near.fraction());
  metrics.set("crowding.difference_err", std::sqrt(near.variance() + far.variance()));
  metrics.set("crowding.near_share", near.all / (near.all + far.all));
}

std::vector<MetricDescription> crowding_metrics() {
  return {{"crowding.changed_fraction", "",
           "fraction of the host's pixels that a realisation's injections change by more than half a sigma"},
          {"crowding.near", "", "fraction recovered of images with another injected image within 8 pixels"},
          {"crowding.far", "", "fraction recovered of the others"},
          {"crowding.difference", "", "far - near"},
          {"crowding.difference_err", "", "its standard error"},
          {"crowding.near_share", "", "fraction of images with another injected image within 8 pixels"}};
}

}  // namespace arcproof::validation
