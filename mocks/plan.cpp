#include "mocks/plan.h"

#include <algorithm>
#include <iterator>

namespace arcproof::mocks {
namespace {

std::vector<InjectionRound> asked_for(const std::vector<InjectionRound>& rounds) {
  std::vector<InjectionRound> some;
  std::copy_if(rounds.begin(), rounds.end(), std::back_inserter(some),
               [](const InjectionRound& r) { return !r.added; });
  return some;
}

}  // namespace

void InjectionOptions::describe(Keys& keys) {
  keys.integer("realisations", realisations, "", "fields with injections; the unit of parallel work",
               Allowed::between(1, 1e7));
  keys.integer("clumps", clumps, "", "clumps injected in each realisation, all their images included",
               Allowed::between(1, 1000));
  keys.choice(
      "placement", placement.kind,
      "where clumps are injected: uniform over the host, or as its own clumps lie (a smooth density of the "
      "catalogue's rows)",
      {{"uniform", PlacementKind::uniform}, {"catalogue", PlacementKind::catalogue}});
  keys.number("uniform_share", placement.uniform_share, "",
              "with placement catalogue: fraction of the clumps that is uniform over the host all the same",
              Allowed::between(0.01, 1));
  keys.number("min_mu", min_mu, "", "images with |mu| below this are drawn but not counted",
              Allowed::between(0, plausible::largest_magnification));
  keys.number("max_sigma_pix", max_sigma_pix, "pixel",
              "images whose lensed sigma (major axis) is larger are arcs: drawn but not counted",
              Allowed::above(0, 1000));
  keys.optional_object("pairs", pairs,
                       "clumps come two by two, for the study of crowding; clumps must be even");
  keys.optional_number(
      "marking_error_pix", marking_error_pix, "pixel",
      "simulate by-eye positions: Gaussian offset per axis; clumps are fitted whether or not "
      "they are detected",
      Allowed::between(0, 100));
  std::vector<InjectionRound> asked = asked_for(rounds);
  keys.list("rounds", asked,
            "more realisations, with masses of a part of the range: where the mass function needs them");
  if (rounds.empty()) rounds = std::move(asked);
  keys.check(
      !pairs || placement.kind == PlacementKind::uniform, "placement",
      [] { return std::string("catalogue"); }, "uniform, with pairs");
  keys.check(
      !pairs || clumps % 2 == 0, "clumps", [this] { return std::to_string(clumps); },
      "an even number, with pairs");
}

}  // namespace arcproof::mocks
