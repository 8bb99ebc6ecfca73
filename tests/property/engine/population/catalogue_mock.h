// A mock catalogue of cluster masses: a population, a measurement with errors, a selection.
#pragma once

#include "engine/population/hierarchical.h"

#include <cmath>
#include <memory>
#include <vector>

namespace arcproof::population::mock {

/// Found with probability 1 / (1 + exp((half - s) / width)), and measured to be above `limit`. s is the
/// measured log mass (the noise that moves the mass moves the detection), or the true one (their noises are
/// independent).
struct Survey {
  double half = 6.3, width = 0.2;  ///< log10 Msun, dex
  double limit = 5.3;              ///< on the measured log mass: a tenth of 2e6 Msun
  double error_low = 0.15, error_high = 0.3;
  bool found_by_measured_mass = true;
};

struct Measurement {
  double log_mass_msun = 0, error_dex = 0;
  bool selected = false;
};

inline double found_probability(double log_mass, const Survey& survey) {
  return 1 / (1 + std::exp((survey.half - log_mass) / survey.width));
}

inline Measurement measure(double true_log_mass, const Survey& survey, Random& random) {
  const double error = random.uniform(survey.error_low, survey.error_high);
  const double measured = true_log_mass + error * random.normal();
  const double decides = survey.found_by_measured_mass ? measured : true_log_mass;
  const bool found = random.uniform() < found_probability(decides, survey);
  return {measured, error, found && measured > survey.limit};
}

/// Masses from 1e5 to 1e9 Msun: the lower edge lies a dex below where a hundredth is found.
inline MassModelOptions population() { return {.min_mass_msun = 1e5, .max_mass_msun = 1e9}; }

/// Draws clusters until `count` are selected.
inline std::vector<Measurement> catalogue(MassFunctionModel model, double beta, double log_cutoff, int count,
                                          const Survey& survey, Random& random) {
  std::vector<Measurement> selected;
  while (static_cast<int>(selected.size()) < count)
    for (const double mass : draw_masses(model, beta, log_cutoff, 1e5, 64, random, 1e9)) {
      const Measurement m = measure(std::log10(mass), survey, random);
      if (m.selected && static_cast<int>(selected.size()) < count) selected.push_back(m);
    }
  return selected;
}

/// Injections with density ~ M^-steepness per unit log mass, 0 for uniform.
inline std::vector<Injection> injections(int count, double steepness, const Survey& survey, Random& random) {
  std::vector<Injection> all;
  const double b = steepness * std::log(10.0), norm = b > 0 ? b / -std::expm1(-4 * b) : 0.25;
  for (int i = 0; i < count; ++i) {
    const double v = random.uniform(), u = b > 0 ? -std::log1p(v * std::expm1(-4 * b)) / b : 4 * v;
    all.push_back({5 + u, std::log(norm) - b * u, measure(5 + u, survey, random).selected, 1});
  }
  return all;
}

/// The grid holds every mass draw: they are cut at the population's edges.
inline std::shared_ptr<const Selection> selection(int count, double steepness, const Survey& survey,
                                                  Random& random) {
  return std::make_shared<const Selection>(log_mass_grid(5, 9, 0.02),
                                           injections(count, steepness, survey, random));
}

/// Mass posteriors under a prior flat in log mass. Where the true mass decides on detection, its probability
/// is a weight (hierarchical.h); `with_weights` = false forgets it.
inline std::vector<MassPosterior> posteriors(const std::vector<Measurement>& catalogue, const Survey& survey,
                                             bool with_weights = true) {
  std::vector<MassPosterior> all;
  for (const Measurement& m : catalogue) {
    all.push_back(normal_mass_posterior(m.log_mass_msun, m.error_dex));
    if (survey.found_by_measured_mass || !with_weights) continue;
    for (std::size_t j = 0; j < all.back().weight.size(); ++j)
      all.back().weight[j] *= found_probability(all.back().log_mass_msun[j], survey);
  }
  return all;
}

}  // namespace arcproof::population::mock
