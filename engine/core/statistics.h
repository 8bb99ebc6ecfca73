// Statistics of samples. All functions ignore nothing: NaN in, NaN out, unless stated. Sums are taken in the
// order given.
#pragma once

#include <span>
#include <utility>
#include <vector>

namespace arcproof::statistics {

double mean(std::span<const double> x);                ///< NaN when empty
double standard_deviation(std::span<const double> x);  ///< with n - 1; NaN for fewer than 2

/// Quantile with linear interpolation between order statistics (type 7 of Hyndman & Fan 1996, as
/// numpy.percentile). NaN when x is empty or holds a NaN. p in [0, 1].
double quantile(std::span<const double> x, double p);
std::vector<double> quantiles(std::span<const double> x, std::span<const double> p);
double median(std::span<const double> x);

/// Quantiles of values with weights: where the sum of the weights passes p of all, middles of the steps, linear between
/// them. Values that are not finite and weights that are not above 0 do not count; NaN when none is left.
class WeightedQuantiles {
 public:
  explicit WeightedQuantiles(std::vector<std::pair<double, double>> values_and_weights);
  double at(double p) const;  ///< p in [0, 1]

 private:
  std::vector<std::pair<double, double>> sample_;
  std::vector<double> middles_;
  double total_ = 0;
};

/// 1.4826 median |x - median(x)|: the standard deviation of a normal sample, untouched by outliers.
double mad_sigma(std::span<const double> x);

struct Clipped {
  double mean;
  double median;
  double sigma;  ///< standard deviation of what was kept
  std::size_t kept;
};
/// Iterated clipping at `threshold` sigma about the median; ignores NaN.
Clipped sigma_clipped(std::span<const double> x, double threshold = 3.0, int iterations = 5);

struct Interval {
  double low;
  double high;
};

/// Equal-tailed Jeffreys interval of a binomial proportion (Brown, Cai & DasGupta 2001), with its ends set to
/// 0 and 1 at k = 0 and k = n. `level` is the coverage, 0.6827 for "1 sigma". [0, 1] when n = 0. Effective numbers
/// of weighted counts need not be whole.
Interval binomial_interval(double successes, double trials, double level = 0.6827);

double normal_cdf(double z);
double normal_quantile(double p);  ///< p in (0, 1)

/// Upper tail of chi-squared with `dof` degrees of freedom: how unlikely a test finds its own sample.
double chi_squared_sf(double chi2, double dof);

/// Ranks from 1, ties averaged; all NaN when x holds a NaN.
std::vector<double> average_ranks(std::span<const double> x);

}  // namespace arcproof::statistics
