// Are numbers uniform on (0, 1)? Ranks of truths among the draws of their posteriors are, if the posteriors
// are right (Talts et al. 2018).
#pragma once

#include "engine/core/random.h"
#include "engine/core/statistics.h"

#include <algorithm>
#include <vector>

#include <boost/math/distributions/binomial.hpp>

namespace arcproof::sed::calibration {

/// The least two-sided binomial tail of the empirical distribution over 50 places: the statistic of the
/// simultaneous band of Saeilynoja et al. (2022).
inline double least_tail(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const double count = static_cast<double>(values.size());
  double least = 1;
  for (int i = 1; i < 50; ++i) {
    const double place = i / 50.0;
    const auto below =
        static_cast<double>(std::lower_bound(values.begin(), values.end(), place) - values.begin());
    const boost::math::binomial binomial(count, place);
    const double low = cdf(binomial, below), high = below > 0 ? cdf(complement(binomial, below - 1)) : 1.0;
    least = std::min({least, 2 * low, 2 * high});
  }
  return least;
}

/// What uniform values give less than this of with probability `alarm`: from 4,000 samples of them.
inline double critical_tail(std::size_t count, double alarm) {
  Random random({.seed = 3, .purpose = "posterior_test band"});
  std::vector<double> tails;
  for (int n = 0; n < 4000; ++n) {
    std::vector<double> values(count);
    for (double& x : values) x = random.uniform();
    tails.push_back(least_tail(std::move(values)));
  }
  return statistics::quantile(tails, alarm);
}

}  // namespace arcproof::sed::calibration
