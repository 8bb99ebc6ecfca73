#include "engine/sed/synthesis.h"

#include "engine/core/random.h"
#include "engine/sed/attenuation.h"
#include "engine/sed/libraries/analytic_library.h"
#include "engine/sed/parametric_filter.h"

#include <cmath>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace arcproof::sed {
namespace {

std::shared_ptr<const Library> library() {
  static const auto made = std::make_shared<Library>(analytic_library());
  return made;
}

Population draw_population(Random& random) {
  const double duration = random.uniform() < 0.3 ? 0 : std::pow(10, random.uniform(-2, 3));
  return {std::pow(10, random.uniform(-2, 4.2)),
          std::pow(10, random.uniform(-4, -1)),
          random.uniform(0, 1),
          {duration}};
}

// Mass is conserved: the shares of the library's spectra are not negative and add up to one solar mass.
RC_GTEST_PROP(NodeWeights, AreSharesOfOneSolarMass, ()) {
  Random random({.seed = *rc::gen::arbitrary<std::uint64_t>(), .purpose = "synthesis_test"});
  const Population population = draw_population(random);
  double sum = 0;
  for (const NodeWeight& node : node_weights(*library(), population)) {
    RC_ASSERT(node.weight > 0);
    RC_ASSERT(node.age < library()->age_myr.size());
    RC_ASSERT(node.metallicity < library()->metallicity.size());
    sum += node.weight;
  }
  RC_ASSERT(std::abs(sum - 1) < 1e-12);
}

// Two halves of a history make the whole one: a constant rate over 2T is the mean of one over T and one over
// T, T later.
RC_GTEST_PROP(NodeWeights, HistoriesAddUp, ()) {
  Random random({.seed = *rc::gen::arbitrary<std::uint64_t>(), .purpose = "synthesis_test"});
  const double half = std::pow(10, random.uniform(-1, 2.5)),
               age = 2 * half + std::pow(10, random.uniform(-1, 3));
  std::vector<double> whole(library()->age_myr.size()), parts(whole.size());
  for (const NodeWeight& node : node_weights(*library(), {age, 0.004, 0, {2 * half}}))
    whole[node.age] += node.weight;
  for (const double start : {age, age - half})
    for (const NodeWeight& node : node_weights(*library(), {start, 0.004, 0, {half}}))
      parts[node.age] += 0.5 * node.weight;
  for (std::size_t i = 0; i < whole.size(); ++i) RC_ASSERT(std::abs(whole[i] - parts[i]) < 1e-9);
}

// Dust takes light from every band, and more of it the more there is; a blue band loses more than a red one.
RC_GTEST_PROP(BandSynthesis, ReddeningIsMonotonic, ()) {
  Random random({.seed = *rc::gen::arbitrary<std::uint64_t>(), .purpose = "synthesis_test"});
  static const BandSynthesis synthesis(library(), {parametric_filter("F814W"), parametric_filter("F200W")},
                                       1.5, {}, {});
  const Population population = draw_population(random);
  const double first = random.uniform(0, 0.5), second = first + random.uniform(0.01, 0.5);
  const std::vector<double> ebv{first, second};
  const std::vector<double> flux = synthesis.fluxes_njy_per_msun(population, ebv);
  RC_ASSERT(flux[0] > flux[2]);
  RC_ASSERT(flux[1] > flux[3]);
  RC_ASSERT(flux[3] / flux[1] > flux[2] / flux[0]);
}

RC_GTEST_PROP(Igm, IsATransmission, ()) {
  Random random({.seed = *rc::gen::arbitrary<std::uint64_t>(), .purpose = "synthesis_test"});
  const double transmission = igm_transmission(random.uniform(100, 20000), random.uniform(0, 12));
  RC_ASSERT(transmission >= 0 && transmission <= 1);
}

}  // namespace
}  // namespace arcproof::sed
