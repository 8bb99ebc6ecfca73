#include "validation/convergence.h"

#include "engine/core/error.h"
#include "engine/core/fft.h"
#include "engine/core/missing.h"
#include "engine/core/statistics.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <span>

#include <boost/math/distributions/beta.hpp>

namespace arcproof::validation {
namespace {

constexpr std::size_t fewest_draws = 4;
constexpr double sokal_window = 5;  // c of emcee

void check(const Chains& chains) {
  require(!chains.empty(), "convergence: at least one chain");
  for (const auto& chain : chains)
    require(chain.size() == chains.front().size(), "convergence: chains have equal lengths");
}

std::vector<double> pooled(const Chains& chains) {
  std::vector<double> all;
  all.reserve(chains.size() * chains.front().size());
  for (const auto& chain : chains) all.insert(all.end(), chain.begin(), chain.end());
  return all;
}

// Whether the draws can say anything: enough of them, finite, and not all the same.
bool tells(const Chains& chains) {
  if (chains.front().size() < fewest_draws) return false;
  bool moves = false;
  for (const auto& chain : chains)
    for (const double x : chain) {
      if (!std::isfinite(x)) return false;
      moves = moves || x != chains.front().front();
    }
  return moves;
}

Chains split(const Chains& chains) {
  Chains halves;
  halves.reserve(2 * chains.size());
  const auto half = static_cast<std::ptrdiff_t>(chains.front().size() / 2);
  for (const auto& chain : chains) halves.emplace_back(chain.begin(), chain.begin() + half);
  for (const auto& chain : chains) halves.emplace_back(chain.end() - half, chain.end());
  return halves;
}

Chains normal_scores(const Chains& chains) {
  const std::vector<double> ranks = statistics::average_ranks(pooled(chains));
  const double total = static_cast<double>(ranks.size());
  Chains scores = chains;
  std::size_t at = 0;
  for (auto& chain : scores)
    for (double& z : chain) z = statistics::normal_quantile((ranks[at++] - 0.375) / (total + 0.25));
  return scores;
}

Chains folded(const Chains& chains) {
  const double centre = statistics::median(pooled(chains));
  Chains distances = chains;
  for (auto& chain : distances)
    for (double& x : chain) x = std::abs(x - centre);
  return distances;
}

Chains indicator(const Chains& chains, double threshold) {
  Chains below = chains;
  for (auto& chain : below)
    for (double& x : chain) x = x <= threshold ? 1.0 : 0.0;
  return below;
}

double squared(double x) { return x * x; }

// Variances of the chains about their own means, and the variance of these means.
struct Spread {
  double within;    // W, with n - 1
  double of_means;  // B / n
};

Spread spread_of(const Chains& chains) {
  std::vector<double> means, variances;
  for (const auto& chain : chains) {
    means.push_back(statistics::mean(chain));
    variances.push_back(squared(statistics::standard_deviation(chain)));
  }
  return {statistics::mean(variances),
          means.size() > 1 ? squared(statistics::standard_deviation(means)) : 0.0};
}

double r_hat(const Chains& chains) {
  const Spread spread = spread_of(chains);
  const double n = static_cast<double>(chains.front().size());
  return std::sqrt((n - 1) / n + spread.of_means / spread.within);
}

enum class Weight { none, inverse_variance };

// Autocovariance (normalised by n at every lag) about each chain's mean, averaged over chains; with
// inverse_variance each chain counts as its autocorrelation. One transform a chain: the mean power spectrum
// is transformed back once.
std::vector<double> mean_autocovariance(const Chains& chains, Weight weight) {
  const std::size_t n = chains.front().size();
  const Fft2D& fft = shared_fft(fast_fft_length(2 * static_cast<int>(n)), 1);
  Array2D<std::complex<double>> power(fft.half_width(), 1);
  Array2D<double> series(fft.width(), 1);
  for (const auto& chain : chains) {
    const double mean = statistics::mean(chain);
    std::transform(chain.begin(), chain.end(), series.begin(), [&](double x) { return x - mean; });
    double scale = 1.0 / static_cast<double>(n);
    if (weight == Weight::inverse_variance) {
      double sum = 0;
      for (const double x : series) sum += x * x;
      scale = 1 / sum;
    }
    const auto spectrum = fft.forward(series);
    for (int k = 0; k < fft.half_width(); ++k) power(k, 0) += scale * std::norm(spectrum(k, 0));
  }
  const auto lags = fft.inverse(power);
  std::vector<double> result(lags.begin(), lags.begin() + static_cast<std::ptrdiff_t>(n));
  for (double& value : result) value /= static_cast<double>(chains.size());
  return result;
}

// Geyer's initial monotone sequence: sums of neighbouring pairs are taken while positive and never rising. Of
// the last pair looked at only the even term counts, where positive.
double geyer_time(const std::vector<double>& rho) {
  double tau = -1, even = 1, pair = 1 + rho[1], least = pair;
  for (std::size_t t = 2; t + 1 < rho.size() - 1 && pair > 0; t += 2) {
    tau += 2 * least;
    even = rho[t];
    pair = rho[t] + rho[t + 1];
    least = std::min(least, pair);
  }
  return tau + std::max(0.0, even);
}

double effective_sample_size(const Chains& chains) {
  if (!tells(chains)) return nan;
  const double n = static_cast<double>(chains.front().size());
  const Spread spread = spread_of(chains);
  const double total_variance = spread.within * (n - 1) / n + spread.of_means;
  std::vector<double> rho = mean_autocovariance(chains, Weight::none);
  for (double& r : rho) r = 1 - (spread.within - r) / total_variance;
  const double draws = n * static_cast<double>(chains.size());
  return draws / std::max(geyer_time(rho), 1 / std::log10(draws));
}

double ess_of_quantile(const Chains& halves, double quantile) {
  return effective_sample_size(indicator(halves, quantile));
}

// The draws in order give the quantiles; chains and halves come along so that nothing is sorted twice.
struct Sample {
  explicit Sample(const Chains& chains)
      : usable(tells(chains)), halves(split(chains)), sorted(pooled(chains)) {
    if (usable) std::sort(sorted.begin(), sorted.end());
  }

  bool usable;
  Chains halves;
  std::vector<double> sorted;

  // Type 7 of Hyndman & Fan, as statistics::quantile.
  double quantile(double p) const {
    const double position = p * static_cast<double>(sorted.size() - 1);
    const auto below = std::min(static_cast<std::size_t>(position), sorted.size() - 2);
    return sorted[below] + (position - static_cast<double>(below)) * (sorted[below + 1] - sorted[below]);
  }
  double ess(double p) const { return usable ? ess_of_quantile(halves, quantile(p)) : nan; }
};

double tail_ess(const Sample& sample) {
  const double low = sample.ess(0.05), high = sample.ess(0.95);
  return std::isnan(low) || std::isnan(high) ? nan : std::min(low, high);
}

double quantile_error(const Sample& sample, double p) {
  const double ess = sample.ess(p);
  if (std::isnan(ess)) return nan;
  const boost::math::beta_distribution<> position(ess * p + 1, ess * (1 - p) + 1);
  const double size = static_cast<double>(sample.sorted.size());
  const double low =
      boost::math::quantile(position, 0.1586553) * size - 1;  // Phi(-1), in the digits of ArviZ
  const double high = boost::math::quantile(position, 0.8413447) * size - 1;
  const auto first = static_cast<std::size_t>(std::max(0.0, std::floor(low)));
  const auto last = static_cast<std::size_t>(std::min(size - 1, std::ceil(high)));
  return 0.5 * (sample.sorted[last] - sample.sorted[first]);
}

double larger_r_hat(const Chains& halves, const Chains& scores) {
  const double bulk = r_hat(scores), tail = r_hat(normal_scores(folded(halves)));
  return std::isnan(bulk) || std::isnan(tail) ? nan : std::max(bulk, tail);
}

Chains all_walkers(const std::vector<Chains>& ensembles) {
  require(!ensembles.empty(), "summarise_convergence: at least one ensemble");
  Chains walkers;
  for (const Chains& ensemble : ensembles) {
    require(ensemble.size() == ensembles.front().size(), "summarise_convergence: ensembles have equal sizes");
    walkers.insert(walkers.end(), ensemble.begin(), ensemble.end());
  }
  check(walkers);
  return walkers;
}

Chains ensembles_as_chains(const std::vector<Chains>& ensembles, std::size_t every) {
  Chains chains;
  for (const Chains& ensemble : ensembles) {
    std::vector<double>& chain = chains.emplace_back();
    for (const auto& walker : ensemble)
      for (std::size_t step = 0; step < walker.size(); step += every) chain.push_back(walker[step]);
  }
  return chains;
}

double r_hat_of_ensembles(const std::vector<Chains>& ensembles, double tau) {
  if (!std::isfinite(tau)) return nan;
  return split_r_hat(ensembles_as_chains(ensembles, static_cast<std::size_t>(std::max(1.0, std::ceil(tau)))));
}

}  // namespace

double split_r_hat(const Chains& chains) {
  check(chains);
  if (!tells(chains)) return nan;
  const Chains halves = split(chains);
  return larger_r_hat(halves, normal_scores(halves));
}

double effective_sample_size_bulk(const Chains& chains) {
  check(chains);
  return tells(chains) ? effective_sample_size(normal_scores(split(chains))) : nan;
}

double effective_sample_size_mean(const Chains& chains) {
  check(chains);
  return tells(chains) ? effective_sample_size(split(chains)) : nan;
}

double effective_sample_size_tail(const Chains& chains) {
  check(chains);
  return tail_ess(Sample(chains));
}

double effective_sample_size_quantile(const Chains& chains, double p) {
  check(chains);
  require(p >= 0 && p <= 1, "effective_sample_size_quantile: p is in [0, 1]");
  return Sample(chains).ess(p);
}

double mcse_quantile(const Chains& chains, double p) {
  check(chains);
  require(p >= 0 && p <= 1, "mcse_quantile: p is in [0, 1]");
  return quantile_error(Sample(chains), p);
}

double mcse_mean(const Chains& chains) {
  check(chains);
  return statistics::standard_deviation(pooled(chains)) / std::sqrt(effective_sample_size_mean(chains));
}

double integrated_autocorrelation_time(const Chains& walkers) {
  check(walkers);
  if (!tells(walkers)) return nan;
  const std::vector<double> rho = mean_autocovariance(walkers, Weight::inverse_variance);
  double tau = 2 * rho[0] - 1;
  for (std::size_t window = 1; window < rho.size() && static_cast<double>(window - 1) < sokal_window * tau;
       ++window)
    tau += 2 * rho[window];
  return tau;
}

bool meets_criteria(const ConvergenceSummary& s) {
  return s.r_hat < 1.01 && s.r_hat_between_ensembles < 1.01 && s.ess_bulk > 400 && s.ess_tail > 400 &&
         s.ess_per_chain > 50 && s.length_over_tau > 50;
}

ConvergenceSummary summarise_convergence(const std::vector<Chains>& ensembles) {
  const Chains walkers = all_walkers(ensembles);
  const Sample sample(walkers);
  ConvergenceSummary summary;
  summary.r_hat = summary.ess_bulk = nan;
  if (sample.usable) {
    const Chains scores = normal_scores(sample.halves);
    summary.r_hat = larger_r_hat(sample.halves, scores);
    summary.ess_bulk = effective_sample_size(scores);
  }
  summary.ess_tail = tail_ess(sample);
  summary.mcse_median = quantile_error(sample, 0.5);
  summary.mcse_q16 = quantile_error(sample, 0.16);
  summary.mcse_q84 = quantile_error(sample, 0.84);
  summary.autocorrelation_time = integrated_autocorrelation_time(walkers);
  summary.length_over_tau = static_cast<double>(walkers.front().size()) / summary.autocorrelation_time;
  summary.r_hat_between_ensembles = r_hat_of_ensembles(ensembles, summary.autocorrelation_time);
  summary.ess_per_chain = std::min(summary.ess_bulk, summary.ess_tail) / static_cast<double>(walkers.size());
  summary.converged = meets_criteria(summary);
  return summary;
}

}  // namespace arcproof::validation
