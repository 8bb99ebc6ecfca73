#include "engine/core/statistics.h"

#include "engine/core/error.h"
#include "engine/core/missing.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <boost/math/distributions/beta.hpp>
#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/normal.hpp>

namespace arcproof::statistics {
namespace {

double quantile_of_sorted(const std::vector<double>& sorted, double p) {
  const double position = p * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(position);
  if (below + 1 >= sorted.size()) return sorted.back();
  const double fraction = position - static_cast<double>(below);
  return sorted[below] + fraction * (sorted[below + 1] - sorted[below]);
}

bool has_nan(std::span<const double> x) {
  return std::any_of(x.begin(), x.end(), [](double v) { return std::isnan(v); });
}

}  // namespace

double mean(std::span<const double> x) {
  if (x.empty()) return nan;
  return std::accumulate(x.begin(), x.end(), 0.0) / static_cast<double>(x.size());
}

double standard_deviation(std::span<const double> x) {
  if (x.size() < 2) return nan;
  const double centre = mean(x);
  double sum = 0;
  for (const double v : x) sum += (v - centre) * (v - centre);
  return std::sqrt(sum / static_cast<double>(x.size() - 1));
}

std::vector<double> quantiles(std::span<const double> x, std::span<const double> p) {
  if (x.empty() || has_nan(x)) return std::vector<double>(p.size(), nan);
  std::vector<double> sorted(x.begin(), x.end());
  std::sort(sorted.begin(), sorted.end());
  std::vector<double> result;
  for (const double one : p) {
    require(one >= 0 && one <= 1, "quantiles: p is in [0, 1]");
    result.push_back(quantile_of_sorted(sorted, one));
  }
  return result;
}

double quantile(std::span<const double> x, double p) { return quantiles(x, std::span(&p, 1)).front(); }

double median(std::span<const double> x) {
  if (x.empty() || has_nan(x)) return nan;
  std::vector<double> copy(x.begin(), x.end());
  const auto middle = copy.begin() + static_cast<std::ptrdiff_t>(copy.size() / 2);
  std::nth_element(copy.begin(), middle, copy.end());
  if (copy.size() % 2 == 1) return *middle;
  return 0.5 * (*middle + *std::max_element(copy.begin(), middle));
}

WeightedQuantiles::WeightedQuantiles(std::vector<std::pair<double, double>> sample)
    : sample_(std::move(sample)) {
  std::erase_if(sample_, [](const auto& one) { return !std::isfinite(one.first) || !(one.second > 0); });
  std::sort(sample_.begin(), sample_.end());
  for (const auto& one : sample_) {
    middles_.push_back(total_ + 0.5 * one.second);
    total_ += one.second;
  }
}

double WeightedQuantiles::at(double p) const {
  if (sample_.empty()) return nan;
  const double wanted = p * total_;
  const auto above = std::lower_bound(middles_.begin(), middles_.end(), wanted);
  if (above == middles_.begin()) return sample_.front().first;
  if (above == middles_.end()) return sample_.back().first;
  const auto high = static_cast<std::size_t>(above - middles_.begin());
  const double share = (wanted - middles_[high - 1]) / (middles_[high] - middles_[high - 1]);
  return sample_[high - 1].first + share * (sample_[high].first - sample_[high - 1].first);
}

double mad_sigma(std::span<const double> x) {
  const double centre = median(x);
  std::vector<double> deviation;
  deviation.reserve(x.size());
  for (const double v : x) deviation.push_back(std::abs(v - centre));
  return 1.4826022185056018 * median(deviation);
}

Clipped sigma_clipped(std::span<const double> x, double threshold, int iterations) {
  std::vector<double> kept;
  for (const double v : x)
    if (!std::isnan(v)) kept.push_back(v);
  for (int i = 0; i < iterations && kept.size() > 2; ++i) {
    const double centre = median(kept);
    const double limit = threshold * standard_deviation(kept);
    const std::size_t before = kept.size();
    std::erase_if(kept, [&](double v) { return std::abs(v - centre) > limit; });
    if (kept.size() == before) break;
  }
  return {mean(kept), median(kept), standard_deviation(kept), kept.size()};
}

Interval binomial_interval(double successes, double trials, double level) {
  require(successes >= 0 && successes <= trials, "binomial_interval: 0 <= successes <= trials");
  require(level > 0 && level < 1, "binomial_interval: 0 < level < 1");
  if (trials == 0) return {0, 1};
  const boost::math::beta_distribution<> posterior(successes + 0.5, trials - successes + 0.5);
  const double tail = 0.5 * (1 - level);
  return {successes == 0 ? 0.0 : boost::math::quantile(posterior, tail),
          successes == trials ? 1.0 : boost::math::quantile(boost::math::complement(posterior, tail))};
}

double normal_cdf(double z) { return 0.5 * std::erfc(-z / std::sqrt(2.0)); }

double normal_quantile(double p) { return boost::math::quantile(boost::math::normal_distribution<>(), p); }

double chi_squared_sf(double chi2, double dof) {
  if (std::isnan(chi2) || std::isnan(dof)) return nan;
  const boost::math::chi_squared_distribution<> distribution(dof);
  return boost::math::cdf(boost::math::complement(distribution, std::max(0.0, chi2)));
}

std::vector<double> average_ranks(std::span<const double> x) {
  if (has_nan(x)) return std::vector<double>(x.size(), nan);
  std::vector<std::size_t> order(x.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return x[a] < x[b]; });
  std::vector<double> ranks(x.size());
  for (std::size_t i = 0; i < order.size();) {
    std::size_t j = i;
    while (j < order.size() && x[order[j]] == x[order[i]]) ++j;
    const double rank = 0.5 * static_cast<double>(i + 1 + j);
    for (; i < j; ++i) ranks[order[i]] = rank;
  }
  return ranks;
}

}  // namespace arcproof::statistics
