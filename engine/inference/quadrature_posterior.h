// Posterior and evidence of one or two parameters by quadrature: the twin of the ensemble sampler.
//
//   Z = int p(theta) dtheta,   p = likelihood x prior, given as its logarithm
//
// First the region is found: the box is scanned, cut back to where p is within exp(-depth) of its maximum,
// and scanned again until it no longer shrinks. Then p is tabulated there on a uniform grid and integrated
// with a fourth-order rule (each interval by the cubic through its four nearest nodes). The error falls as
// the fourth power of the grid's step for smooth p; where p jumps inside the box (a hard edge that depends on
// theta) only as the step itself. p must have one maximum.
#pragma once

#include "engine/inference/bounds.h"
#include "engine/inference/ensemble_sampler.h"

#include <array>
#include <span>
#include <vector>

namespace arcproof::inference {

struct QuadratureOptions {
  int scan = 33;      ///< nodes a side of a scan, >= 5
  int nodes = 201;    ///< nodes a side of the table, >= 5
  double depth = 30;  ///< ln p below the maximum at which the table ends
};

/// p on its table, as far as posteriors need it.
class QuadraturePosterior {
 public:
  /// p over the box (one or two Bounds). All of p zero, NaN or +infinity: ContractError.
  QuadraturePosterior(const LogDensity& log_density, std::span<const Bounds> box,
                      const QuadratureOptions& options = {});

  int dimensions() const { return static_cast<int>(marginals_.size()); }
  double log_evidence() const { return log_evidence_; }  ///< ln Z
  double mean(int parameter) const;
  double covariance(int a, int b) const;
  double node(int parameter, int index) const;
  /// Marginal cumulative probability at a value, and its inverse, p in (0, 1).
  double cumulative(int parameter, double value) const;
  double quantile(int parameter, double p) const;
  /// Posterior probability of each node, [i * nodes + j] for two parameters; sums to 1.
  std::span<const double> probabilities() const { return probability_; }
  /// The parameters at one element of probabilities().
  std::vector<double> point(std::size_t element) const;

 private:
  struct Marginal {
    double low = 0, step = 0;
    std::vector<double> density, cumulative;
  };
  void integrate(const LogDensity& log_density, std::span<const Bounds> region, int nodes);

  std::vector<Marginal> marginals_;
  std::vector<double> probability_;
  double log_evidence_ = 0;
};

}  // namespace arcproof::inference
