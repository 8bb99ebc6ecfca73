#include "engine/population/measured_masses.h"

#include "engine/core/error.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace arcproof::population {
using inference::outside;
namespace {

double squared(double x) { return x * x; }

// Gauss-Legendre on [-1, 1], six nodes: Abramowitz & Stegun 25.4.30.
constexpr std::array<std::array<double, 2>, 6> gauss = {{{-0.932469514203152, 0.171324492379170},
                                                         {-0.661209386466265, 0.360761573048139},
                                                         {-0.238619186083197, 0.467913934572691},
                                                         {0.238619186083197, 0.467913934572691},
                                                         {0.661209386466265, 0.360761573048139},
                                                         {0.932469514203152, 0.171324492379170}}};

// Of the biweight of half-width 1, from -infinity.
double biweight_integral(double x) {
  if (x <= -1) return 0;
  if (x >= 1) return 1;
  return 0.5 + 15.0 / 16 * x * (1 + x * x * (-2.0 / 3 + x * x / 5));
}

Bounds injected_range(std::span<const MeasuredInjection> injections) {
  require(!injections.empty(), "MeasuredMassLikelihood: at least one injection");
  Bounds range{HUGE_VAL, -HUGE_VAL};
  for (const MeasuredInjection& i : injections) {
    require(std::isfinite(i.log_mass_msun) && std::isfinite(i.log_draw_density) && i.weight >= 0,
            "MeasuredMassLikelihood: injections have a mass, a draw density and a weight");
    range = {std::min(range.low, i.log_mass_msun), std::max(range.high, i.log_mass_msun)};
  }
  return range;
}

double kernel_width(std::span<const MeasuredInjection> injections, const MeasuredMassOptions& options) {
  if (options.kernel_dex > 0) return options.kernel_dex;
  const auto found = std::count_if(injections.begin(), injections.end(), [](const MeasuredInjection& i) {
    return std::isfinite(i.measured_log_mass);
  });
  return std::clamp(0.27 * std::cbrt(500.0 / static_cast<double>(std::max<std::ptrdiff_t>(found, 1))), 0.03,
                    0.8);
}

std::vector<Injection> counted(std::span<const MeasuredInjection> injections, const Bounds& limits) {
  std::vector<Injection> all;
  for (const MeasuredInjection& i : injections)
    all.push_back({i.log_mass_msun, i.log_draw_density,
                   i.measured_log_mass > limits.low && i.measured_log_mass < limits.high, i.weight});
  return all;
}

}  // namespace

double MeasuredMassLikelihood::Kernel::operator()(double distance) const {
  const double u = distance / width;
  return std::abs(u) >= 1 ? 0.0 : 15.0 / 16 / width * squared(1 - u * u);
}

double MeasuredMassLikelihood::Kernel::norm(double log_mass) const {
  return biweight_integral((high - log_mass) / width) - biweight_integral((low - log_mass) / width);
}

MeasuredMassLikelihood::MeasuredMassLikelihood(const MassModel& model, std::span<const double> log_masses,
                                               std::span<const MeasuredInjection> injections,
                                               const MeasuredMassOptions& options)
    : model_(model),
      options_(options),
      kernel_{kernel_width(injections, options), injected_range(injections).low,
              injected_range(injections).high},
      low_(std::max(std::log10(model.options().min_mass_msun), kernel_.low)),
      high_(std::min(std::log10(model.options().max_mass_msun), kernel_.high)),
      grid_(
          log_mass_grid(std::log10(model.options().min_mass_msun), std::max(low_, high_), options.step_dex)),
      counts_(grid_, counted(injections, options.log_mass)),
      injections_(static_cast<int>(injections.size())) {
  require(!log_masses.empty(), "MeasuredMassLikelihood: at least one cluster");
  require(options.kernel_dex >= 0 && high_ > low_,
          "MeasuredMassLikelihood: injections within the model's masses");
  for (std::size_t k = 0; k < injections.size(); ++k)
    if (const MeasuredInjection& i = injections[k]; std::isfinite(i.measured_log_mass))
      found_.push_back({i.log_mass_msun, i.measured_log_mass, i.weight * std::exp(-i.log_draw_density),
                        static_cast<int>(k)});
  std::stable_sort(found_.begin(), found_.end(),
                   [](const Found& a, const Found& b) { return a.measured < b.measured; });
  selection_terms_ = terms_of_selection();
  xi_.push_back(sum_of(selection_terms_));
  for (const double measured : log_masses) {
    require(measured > options.log_mass.low && measured < options.log_mass.high,
            "MeasuredMassLikelihood: measured masses lie within the limits");
    cluster_terms_.push_back(terms_of_cluster(measured));
    lonely_ += cluster_terms_.back().empty();
    clusters_.push_back(sum_of(cluster_terms_.back()));
  }
}

// Injections slid to the measured mass of the cluster.
MeasuredMassLikelihood::Terms MeasuredMassLikelihood::terms_of_cluster(double measured) const {
  Terms terms;
  auto k = std::lower_bound(found_.begin(), found_.end(), measured - kernel_.width,
                            [](const Found& f, double x) { return f.measured < x; });
  for (; k != found_.end() && k->measured < measured + kernel_.width; ++k) {
    const double shift = measured - k->measured, m = k->log_mass + shift;
    if (m < low_ || m > high_ || !(k->weight > 0)) continue;
    terms.push_back({k->number, k->log_mass, m, k->weight * kernel_(shift) / kernel_.norm(m)});
  }
  return terms;
}

// Injections slid over all true masses for which the measured one lies within the limits.
MeasuredMassLikelihood::Terms MeasuredMassLikelihood::terms_of_selection() const {
  Terms terms;
  for (const Found& f : found_) {
    const double offset = f.measured - f.log_mass;
    const double a = std::max({f.log_mass - kernel_.width, low_, options_.log_mass.low - offset}),
                 b = std::min({f.log_mass + kernel_.width, high_, options_.log_mass.high - offset});
    if (!(b > a) || !(f.weight > 0)) continue;
    for (const auto& [x, w] : gauss) {
      const double m = 0.5 * (a + b + x * (b - a));
      terms.push_back({f.number, f.log_mass, m,
                       f.weight * 0.5 * (b - a) * w * kernel_(m - f.log_mass) / kernel_.norm(m)});
    }
  }
  return terms;
}

LogMassSum MeasuredMassLikelihood::sum_of(const Terms& terms) const {
  std::vector<WeightedMass> masses;
  masses.reserve(terms.size());
  for (const Term& t : terms) masses.push_back({t.log_mass_msun, t.weight});
  return {grid_, std::move(masses)};
}

double MeasuredMassLikelihood::operator()(std::span<const double> theta) const {
  if (lonely_ > 0 || !model_.allowed(theta)) return outside;
  const GriddedDensity p(grid_, model_.density(theta));
  if (!std::isfinite(p.density.c0)) return outside;
  double log_l = -static_cast<double>(clusters()) * std::log(xi_.front().sum(p));
  for (const LogMassSum& cluster : clusters_) {
    const double n = cluster.sum(p);
    if (!(n > 0)) return outside;
    log_l += std::log(n);
  }
  return std::isfinite(log_l) ? log_l : outside;
}

double MeasuredMassLikelihood::log_posterior(std::span<const double> theta) const {
  return (*this)(theta) + model_.log_prior_density();
}

double MeasuredMassLikelihood::direct(std::span<const double> theta) const {
  if (lonely_ > 0 || !model_.allowed(theta)) return outside;
  const LogMassDensity p = model_.density(theta);
  const auto sum = [&](const Terms& terms) {
    double s = 0;
    for (const Term& t : terms) s += t.weight * p(t.log_mass_msun);
    return s;
  };
  double log_l = -static_cast<double>(clusters()) * std::log(sum(selection_terms_));
  for (const Terms& terms : cluster_terms_) log_l += std::log(sum(terms));
  return std::isfinite(log_l) ? log_l : outside;
}

std::vector<WeightedMass> MeasuredMassLikelihood::contributions(std::span<const double> theta) const {
  const GriddedDensity p(grid_, model_.density(theta));
  std::vector<WeightedMass> all;
  for (std::size_t t = 0; t < selection_terms_.size(); t += gauss.size()) {
    double x = 0;
    for (std::size_t i = t; i < t + gauss.size(); ++i) {
      const Term& term = selection_terms_[i];
      const auto nearest = std::lround((term.log_mass_msun - grid_.low) / grid_.step) + 1;
      if (term.log_mass_msun <= p.density.high) x += term.weight * p.value[nearest];
    }
    all.push_back({selection_terms_[t].injected_log_mass, x});
  }
  return all;
}

SelectionIntegral MeasuredMassLikelihood::selection(std::span<const double> theta) const {
  double sum = 0, squares = 0;
  for (const auto& [log_mass, x] : contributions(theta)) {
    sum += x;
    squares += x * x;
  }
  const double mean = sum / injections_;
  const double variance = std::max(0.0, squares / injections_ - mean * mean) / injections_;
  return {mean, variance, variance > 0 ? mean * mean / variance : 0.0};
}

Bounds MeasuredMassLikelihood::costly_masses(std::span<const double> theta, double share) const {
  std::vector<WeightedMass> all = contributions(theta);
  require(!all.empty(), "MeasuredMassLikelihood::costly_masses: an injection was found");
  std::stable_sort(all.begin(), all.end(), [](const WeightedMass& a, const WeightedMass& b) {
    return a.log_mass_msun < b.log_mass_msun;
  });
  double total = 0, below = 0;
  for (const WeightedMass& a : all) total += squared(a.weight);
  Bounds middle{all.front().log_mass_msun, all.back().log_mass_msun};
  for (const WeightedMass& a : all) {
    if (below <= 0.5 * (1 - share) * total) middle.low = a.log_mass_msun;
    if (below <= 0.5 * (1 + share) * total) middle.high = a.log_mass_msun;
    below += squared(a.weight);
  }
  return middle;
}

SelectionVerdict MeasuredMassLikelihood::verdict(std::span<const double> theta,
                                                 const SelectionIntegral& worst) const {
  const double uncovered = counts_.uncovered(model_.density(theta), selection(theta));
  return judge_selection(worst, uncovered, clusters(), injections_);
}

// Cov(theta, p(m) / sum) at the nodes: what a term of mass m in the sum does to the mean.
std::vector<double> MeasuredMassLikelihood::response(const LogMassSum& sum,
                                                     std::span<const WeightedDensity> points) const {
  std::vector<double> response(grid_.cells + 3, 0.0);
  for (const auto& [p, weight] : points) {
    const double scale = weight / sum.sum(p);
    for (int n = 0; n < grid_.cells + 3; ++n)
      if (grid_.node(n) <= p.density.high) response[n] += scale * p.value[n];
  }
  return response;
}

// The mass functions of the posterior, with what they weigh in a covariance with a parameter.
std::vector<MeasuredMassLikelihood::WeightedDensity> MeasuredMassLikelihood::densities(
    int parameter, std::span<const PosteriorPoint> points) const {
  double mean = 0;
  for (const PosteriorPoint& point : points) mean += point.probability * point.theta[parameter];
  std::vector<WeightedDensity> all;
  for (const PosteriorPoint& point : points)
    all.push_back({GriddedDensity(grid_, model_.density(point.theta)),
                   point.probability * (point.theta[parameter] - mean)});
  return all;
}

std::vector<double> MeasuredMassLikelihood::monte_carlo_error(std::span<const PosteriorPoint> points) const {
  std::vector<double> error;
  for (int parameter = 0; parameter < model_.dimensions(); ++parameter) {
    std::vector<double> influence(injections_, 0.0);
    const std::vector<WeightedDensity> densities_of_points = densities(parameter, points);
    const auto add = [&](const Terms& terms, const LogMassSum& sum, double factor) {
      const std::vector<double> r = response(sum, densities_of_points);
      for (const Term& t : terms)
        influence[t.injection] +=
            factor * t.weight * r[std::lround((t.log_mass_msun - grid_.low) / grid_.step) + 1];
    };
    add(selection_terms_, xi_.front(), -clusters());
    for (std::size_t i = 0; i < clusters_.size(); ++i) add(cluster_terms_[i], clusters_[i], 1);
    double variance = 0;
    for (const double i : influence) variance += i * i;
    error.push_back(std::sqrt(variance));
  }
  return error;
}

inference::QuadraturePosterior integrate_measured_masses(const MeasuredMassLikelihood& likelihood,
                                                         const inference::QuadratureOptions& options) {
  const inference::LogDensity density = [&](std::span<const double> theta) {
    return likelihood.log_posterior(theta);
  };
  return {density, likelihood.model().bounds(), options};
}

}  // namespace arcproof::population
