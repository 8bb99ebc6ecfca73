#include "validation/metrics/pair_metrics.h"

#include "engine/core/missing.h"
#include "engine/core/statistics.h"

#include <array>
#include <cmath>

#include <fmt/format.h>

namespace arcproof::validation {
namespace {

struct SeparationRange {
  const char* name;
  double low, high;  // [pixel]
};
constexpr std::array<SeparationRange, 3> pair_ranges{
    {{"touching", 1.5, 2.5}, {"close", 2.5, 4}, {"wide", 4, 6}}};

// Flux (relative) and circularised sigma (natural logarithm) of recovered clumps, minus the truth.
struct Crowded {
  double injected = 0;
  std::vector<double> flux, radius;
};

}  // namespace

void set_pair_metrics(const io::Table& joined, const std::string& band, Metrics& metrics) {
  const io::Reals &separation = joined.reals("neighbour_pix"), &flux = joined.reals("measured_flux_" + band),
                  &true_flux = joined.reals("true_flux_" + band),
                  &major = joined.reals("true_sigma_major_pix"),
                  &minor = joined.reals("true_sigma_minor_pix"),
                  &sigma = joined.reals("measured_sigma_circular_pix");
  const io::Texts& flag = joined.texts("injection_flag");
  const io::Flags& recovered = joined.flags("recovered");
  for (const SeparationRange& range : pair_ranges) {
    Crowded clumps;
    for (std::size_t i = 0; i < joined.rows(); ++i) {
      if (flag[i] != "injected" || !(separation[i] >= range.low && separation[i] < range.high)) continue;
      clumps.injected += 1;
      if (!recovered[i]) continue;
      clumps.flux.push_back(flux[i] / true_flux[i] - 1);
      clumps.radius.push_back(std::log(sigma[i] / std::sqrt(major[i] * minor[i])));
    }
    const std::string family = fmt::format("pairs.{}.", range.name);
    metrics.set(family + "n", clumps.injected);
    metrics.set(family + "recovered",
                clumps.injected > 0 ? static_cast<double>(clumps.flux.size()) / clumps.injected : nan);
    metrics.set(family + "flux_bias", statistics::median(clumps.flux));
    metrics.set(family + "flux_scatter", statistics::mad_sigma(clumps.flux));
    metrics.set(family + "radius_bias", statistics::median(clumps.radius));
    metrics.set(family + "radius_scatter", statistics::mad_sigma(clumps.radius));
  }
}

std::vector<MetricDescription> pair_metrics() {
  std::vector<MetricDescription> all;
  for (const SeparationRange& range : pair_ranges) {
    const std::string family = fmt::format("pairs.{}.", range.name),
                      of = fmt::format("nearest injection {} to {} pixels away: ", range.low, range.high);
    all.push_back({family + "n", "", of + "clumps"});
    all.push_back({family + "recovered", "", of + "fraction recovered"});
    all.push_back({family + "flux_bias", "", of + "median of measured / true flux - 1"});
    all.push_back({family + "flux_scatter", "", of + "1.4826 median absolute deviation of the same"});
    all.push_back({family + "radius_bias", "", of + "median of ln(measured / true circularised sigma)"});
    all.push_back({family + "radius_scatter", "", of + "1.4826 median absolute deviation of the same"});
  }
  return all;
}

}  // namespace arcproof::validation
