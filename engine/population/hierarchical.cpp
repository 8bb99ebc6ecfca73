#include "engine/population/hierarchical.h"

#include "engine/core/error.h"
#include "engine/core/missing.h"
#include "engine/core/parallel.h"
#include "engine/core/random.h"
#include "engine/core/statistics.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>

namespace arcproof::population {
using inference::outside;
using inference::pooled;
namespace {

constexpr double covered_posterior = 0.99;
constexpr int most_tries = 10000;  // for a start within the prior

std::vector<WeightedMass> terms_of(const MassPosterior& cluster, double low, double high) {
  const std::size_t n = cluster.log_mass_msun.size();
  require(n > 0, "MassPosterior: at least one draw");
  require(cluster.log_prior.empty() || cluster.log_prior.size() == n,
          "MassPosterior: one prior density a draw");
  require(cluster.weight.empty() || cluster.weight.size() == n, "MassPosterior: one weight a draw");
  std::vector<WeightedMass> terms;
  for (std::size_t j = 0; j < n; ++j) {
    const double l = cluster.log_mass_msun[j];
    require(std::isfinite(l), "MassPosterior: masses are finite");
    const double prior = cluster.log_prior.empty() ? 0.0 : cluster.log_prior[j];
    const double weight =
        (cluster.weight.empty() ? 1.0 : cluster.weight[j]) * std::exp(-prior) / static_cast<double>(n);
    if (l >= low && l <= high && weight > 0) terms.push_back({l, weight});
  }
  require(!terms.empty(),
          "HierarchicalLikelihood: every cluster has a possible mass within the model's range");
  return terms;
}

// From the model's lowest mass to the highest mass that is asked for.
LogMassGrid grid_for(const MassModel& model, std::span<const MassPosterior> clusters,
                     std::span<const Injection> injections, double step) {
  const double low = std::log10(model.options().min_mass_msun),
               top = std::log10(model.options().max_mass_msun);
  double high = low;
  for (const MassPosterior& c : clusters)
    for (const double l : c.log_mass_msun) high = std::max(high, l);
  for (const Injection& i : injections) high = std::max(high, i.log_mass_msun);
  return log_mass_grid(low, std::min(high, top), step);
}

double squared(double x) { return x * x; }

double log_or_outside(double x) { return x > 0 ? std::log(x) : outside; }

inference::EnsembleChain run_one(const HierarchicalLikelihood& likelihood,
                                 const inference::EnsembleOptions& sampler, std::uint64_t seed,
                                 int ensemble) {
  Random random({.seed = seed, .purpose = "hierarchical", .realisation = ensemble});
  const auto& bounds = likelihood.model().bounds();
  const std::size_t dimensions = bounds.size();
  std::vector<double> start(sampler.walkers * dimensions);
  for (std::size_t at = 0; at < start.size(); at += dimensions) {
    const std::span<double> walker = std::span(start).subspan(at, dimensions);
    int tries = 0;
    do {
      require(++tries <= most_tries, "fit_hierarchical: the likelihood is not zero over the whole prior");
      for (std::size_t i = 0; i < dimensions; ++i) walker[i] = random.uniform(bounds[i].low, bounds[i].high);
    } while (likelihood(walker) == outside);
  }
  const inference::LogDensity density = [&](std::span<const double> theta) { return likelihood(theta); };
  return inference::run_ensemble(density, static_cast<int>(dimensions), start, sampler, random);
}

// Some 400 draws of the chains, evenly spaced.
std::vector<PosteriorPoint> thinned(const std::vector<inference::EnsembleChain>& chains, int burn_in) {
  std::vector<PosteriorPoint> points;
  for (const inference::EnsembleChain& chain : chains) {
    const std::size_t dimensions = chain.dimensions;
    const std::size_t first = static_cast<std::size_t>(burn_in) * chain.walkers;
    const std::size_t total = chain.log_density.size(), wanted = 400 / chains.size() + 1;
    const std::size_t stride = std::max<std::size_t>(1, (total - first) / wanted);
    for (std::size_t at = first; at < total; at += stride) {
      const auto theta = std::span(chain.values).subspan(at * dimensions, dimensions);
      points.push_back({{theta.begin(), theta.end()}, 0});
    }
  }
  for (PosteriorPoint& point : points) point.probability = 1.0 / static_cast<double>(points.size());
  return points;
}

// The N_eff that 99% of the points exceed.
SelectionIntegral worst_selection(const HierarchicalLikelihood& likelihood,
                                  std::span<const PosteriorPoint> points) {
  std::vector<SelectionIntegral> some;
  for (const PosteriorPoint& point : points) some.push_back(likelihood.selection(point.theta));
  const auto worst =
      some.begin() + static_cast<std::ptrdiff_t>((1 - covered_posterior) * static_cast<double>(some.size()));
  std::nth_element(some.begin(), worst, some.end(),
                   [](const SelectionIntegral& a, const SelectionIntegral& b) {
                     return a.effective_injections < b.effective_injections;
                   });
  return *worst;
}

}  // namespace

MassPosterior normal_mass_posterior(double log_mass_msun, double sigma_dex) {
  require(sigma_dex >= 0, "normal_mass_posterior: sigma >= 0");
  MassPosterior posterior;
  posterior.exact = true;
  if (sigma_dex == 0) {
    posterior.log_mass_msun = {log_mass_msun};
    return posterior;
  }
  constexpr int half = 85;
  constexpr double step = 8.0 / half;
  for (int i = -half; i <= half; ++i) {
    const double z = i * step;
    posterior.log_mass_msun.push_back(log_mass_msun + sigma_dex * z);
    posterior.weight.push_back((2 * half + 1) * step * std::exp(-0.5 * z * z) /
                               std::sqrt(2 * std::numbers::pi));
  }
  return posterior;
}

HierarchicalLikelihood::HierarchicalLikelihood(const MassModel& model,
                                               std::span<const MassPosterior> clusters,
                                               std::span<const Injection> injections,
                                               const HierarchicalOptions& options)
    : model_(model),
      marginalise_(options.marginalise),
      grid_(grid_for(model, clusters, injections, options.step_dex)) {
  add(clusters);
  if (!injections.empty()) selection_ = std::make_shared<const Selection>(grid_, injections);
}

HierarchicalLikelihood::HierarchicalLikelihood(const MassModel& model,
                                               std::span<const MassPosterior> clusters,
                                               std::shared_ptr<const Selection> selection, bool marginalise)
    : model_(model),
      marginalise_(marginalise),
      grid_(selection->sums().grid()),
      selection_(std::move(selection)) {
  add(clusters);
}

void HierarchicalLikelihood::add(std::span<const MassPosterior> clusters) {
  require(!clusters.empty(), "HierarchicalLikelihood: at least one cluster");
  const double low = std::log10(model_.options().min_mass_msun),
               high = std::log10(model_.options().max_mass_msun);
  for (const MassPosterior& cluster : clusters) {
    clusters_.emplace_back(grid_, terms_of(cluster, low, high));
    draws_.push_back(cluster.exact ? 0 : static_cast<int>(cluster.log_mass_msun.size()));
  }
}

double HierarchicalLikelihood::combine(double log_numerator, const SelectionIntegral& selection) const {
  if (!(selection.xi > 0) || std::isnan(log_numerator)) return outside;
  const double n = clusters();
  const double noise = marginalise_ ? 0.5 * n * (n + 1) / selection.effective_injections : 0.0;
  return log_numerator - n * std::log(selection.xi) + noise;
}

double HierarchicalLikelihood::operator()(std::span<const double> theta) const {
  if (!model_.allowed(theta)) return outside;
  const GriddedDensity p(grid_, model_.density(theta));
  if (!std::isfinite(p.density.c0)) return outside;
  double log_numerator = 0;
  for (const LogMassSum& cluster : clusters_) log_numerator += log_or_outside(cluster.sum(p));
  if (log_numerator == outside) return outside;
  const SelectionIntegral none{1, 0, std::numeric_limits<double>::infinity()};
  if (!selection_) return combine(log_numerator, none);
  if (marginalise_) return combine(log_numerator, selection_->integral(p));
  return combine(log_numerator, {selection_->sums().sum(p) / selection_->injections(), 0, 0});
}

double HierarchicalLikelihood::log_posterior(std::span<const double> theta) const {
  return (*this)(theta) + model_.log_prior_density();
}

double HierarchicalLikelihood::direct(std::span<const double> theta) const {
  if (!model_.allowed(theta)) return outside;
  const LogMassDensity p = model_.density(theta);
  if (!std::isfinite(p.c0)) return outside;
  double log_numerator = 0;
  for (const LogMassSum& cluster : clusters_) log_numerator += log_or_outside(cluster.direct_sum(p));
  return combine(log_numerator, selection_
                                    ? selection_->direct_integral(p)
                                    : SelectionIntegral{1, 0, std::numeric_limits<double>::infinity()});
}

SelectionIntegral HierarchicalLikelihood::selection(std::span<const double> theta) const {
  if (!selection_) return {1, 0, std::numeric_limits<double>::infinity()};
  return selection_->integral(GriddedDensity(grid_, model_.density(theta)));
}

SelectionVerdict HierarchicalLikelihood::verdict(std::span<const double> theta) const {
  return verdict(theta, selection(theta));
}

SelectionVerdict HierarchicalLikelihood::verdict(std::span<const double> theta,
                                                 const SelectionIntegral& worst) const {
  if (!selection_) return {};
  const double uncovered = selection_->uncovered(model_.density(theta), selection(theta));
  return judge_selection(worst, uncovered, clusters(), selection_->injections());
}

double HierarchicalLikelihood::monte_carlo_variance(std::span<const double> theta) const {
  const GriddedDensity p(grid_, model_.density(theta));
  double variance = selection_ ? squared(clusters()) / selection_->integral(p).effective_injections : 0.0;
  for (std::size_t i = 0; i < clusters_.size(); ++i)
    if (draws_[i] > 0) {
      const double sum = clusters_[i].sum(p);
      variance += std::max(0.0, clusters_[i].sum_of_squares(p) / squared(sum) - 1.0 / draws_[i]);
    }
  return variance;
}

// The response of the mean to a term of mass l in the sum S is c(l) = Cov(theta, p(l) / S): at the nodes.
std::vector<double> HierarchicalLikelihood::response(const LogMassSum& sum, int parameter,
                                                     std::span<const PosteriorPoint> points) const {
  std::vector<double> response(grid_.cells + 3, 0.0);
  double mean = 0;
  for (const PosteriorPoint& point : points) mean += point.probability * point.theta[parameter];
  for (const PosteriorPoint& point : points) {
    const GriddedDensity p(grid_, model_.density(point.theta));
    const double scale = point.probability * (point.theta[parameter] - mean) / sum.sum(p);
    for (int n = 0; n < grid_.cells + 3; ++n)
      if (grid_.node(n) <= p.density.high) response[n] += scale * p.value[n];
  }
  return response;
}

// Read off at the node nearest to each term.
double HierarchicalLikelihood::shift_variance(const LogMassSum& sum, std::span<const double> response) const {
  double variance = 0;
  for (const WeightedMass& t : sum.terms()) {
    const auto nearest = std::lround((t.log_mass_msun - grid_.low) / grid_.step) + 1;
    variance += squared(t.weight * response[nearest]);
  }
  return variance;
}

std::vector<double> HierarchicalLikelihood::monte_carlo_error(std::span<const PosteriorPoint> points) const {
  std::vector<double> error;
  for (int parameter = 0; parameter < model_.dimensions(); ++parameter) {
    double variance = 0;
    for (std::size_t i = 0; i < clusters_.size(); ++i)
      if (draws_[i] > 0) variance += shift_variance(clusters_[i], response(clusters_[i], parameter, points));
    if (selection_) {
      const LogMassSum& sum = selection_->sums();
      variance += squared(clusters()) * shift_variance(sum, response(sum, parameter, points));
    }
    error.push_back(std::sqrt(variance));
  }
  return error;
}

std::vector<double> HierarchicalLikelihood::monte_carlo_error(
    const inference::QuadraturePosterior& posterior) const {
  std::vector<PosteriorPoint> points;
  for (std::size_t e = 0; e < posterior.probabilities().size(); ++e)
    if (posterior.probabilities()[e] > 1e-9)
      points.push_back({posterior.point(e), posterior.probabilities()[e]});
  return monte_carlo_error(points);
}

HierarchicalFit fit_hierarchical(const HierarchicalLikelihood& likelihood,
                                 const HierarchicalFitOptions& options, std::uint64_t seed) {
  require(options.burn_in >= 0 && options.burn_in < options.sampler.steps,
          "fit_hierarchical: burn_in is shorter than the chain");
  require(options.ensembles > 0 && options.sampler.walkers > 0, "fit_hierarchical: at least one ensemble");
  HierarchicalFit fit;
  fit.model = likelihood.model().kind();
  fit.objects = likelihood.clusters();
  fit.chains.resize(options.ensembles);
  parallel_for(fit.chains.size(), options.threads, [&](std::size_t e) {
    fit.chains[e] = run_one(likelihood, options.sampler, seed, static_cast<int>(e));
  });
  std::vector<double> median;
  for (int i = 0; i < likelihood.model().dimensions(); ++i) {
    fit.parameters.push_back(
        summarise(likelihood.model().names()[i], pooled(fit.chains, i, options.burn_in)));
    median.push_back(fit.parameters.back().median);
  }
  fit.monte_carlo_variance = likelihood.monte_carlo_variance(median);
  const std::vector<PosteriorPoint> points = thinned(fit.chains, options.burn_in);
  fit.monte_carlo_error = likelihood.monte_carlo_error(points);
  fit.selection = likelihood.verdict(median, worst_selection(likelihood, points));
  if (fit.selection.status != SelectionStatus::ok)
    for (ParameterSummary& p : fit.parameters) p = {{nan, nan, nan}, p.name, nan};
  return fit;
}

inference::QuadraturePosterior integrate_hierarchical(const HierarchicalLikelihood& likelihood,
                                                      const inference::QuadratureOptions& options) {
  const inference::LogDensity density = [&](std::span<const double> theta) {
    return likelihood.log_posterior(theta);
  };
  return {density, likelihood.model().bounds(), options};
}

}  // namespace arcproof::population
