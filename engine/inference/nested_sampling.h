// Nested sampling (Skilling 2006): evidence and posterior of a density over the unit cube.
//
// `live` places are drawn from the cube. Again and again the one of least likelihood L_i is taken out, with
// the weight L_i (X_(i-1) - X_i), X_i = exp(-i / live) the part of the cube that is left, and another place
// with a likelihood above L_i is put in: a copy of one of the others, moved by `slices` slice samplings
// (Neal 2003) along directions drawn at random in the metric of the live places, as PolyChord does (Handley,
// Hobson & Lasenby 2015). It ends where what is left cannot add more than `remaining` to the evidence.
//
// Its error is sqrt(H / live), H the information (how many e-foldings the posterior is within the prior), and
// does not tell what is lost where the slices are too few to forget the copy they began with: more of them
// must not change the result. Modes are found if a live place falls into them before they part.
#pragma once

#include "engine/core/keys.h"
#include "engine/core/random.h"

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace arcproof::inference {

struct NestedOptions {
  int live = 400;                ///< > 2 x dimensions
  int slices_per_dimension = 3;  ///< between a place and the one it began with
  double remaining = 1e-3;       ///< of the evidence
  std::int64_t most_evaluations = 100'000'000;

  /// What a user sets.
  void describe(Keys& keys) {
    keys.integer("live_points", live, "", "live points of the nested sampling",
                 Allowed::between(100, 100000));
  }
};

struct NestedSamples {
  int dimensions = 0;
  std::vector<double> place;           ///< [sample * dimensions + axis], in the unit cube
  std::vector<double> log_likelihood;  ///< [sample], increasing up to the last `live`
  std::vector<double> weight;          ///< [sample], of the posterior; they add up to 1
  double log_evidence = 0;             ///< ln of the mean likelihood over the cube
  double log_evidence_error = 0;
  double information = 0;  ///< H [nat]
  std::int64_t evaluations = 0;
  bool finished = false;  ///< false: most_evaluations were reached

  std::size_t size() const { return weight.size(); }
  std::span<const double> at(std::size_t sample) const;
  /// (sum w)^2 / sum w^2
  double effective_number() const;
};

/// `log_likelihood` of a place; -infinity where it is impossible, never NaN nor +infinity (ContractError). No
/// samples where it is -infinity at all of the first places. The same stream gives the same samples.
NestedSamples sample_nested(const std::function<double(std::span<const double>)>& log_likelihood,
                            int dimensions, const NestedOptions& options, Random& random);

}  // namespace arcproof::inference
