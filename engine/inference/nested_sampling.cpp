#include "engine/inference/nested_sampling.h"

#include "engine/core/error.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <Eigen/Cholesky>

namespace arcproof::inference {
namespace {

using Place = Eigen::VectorXd;
constexpr double impossible = -std::numeric_limits<double>::infinity();

double log_sum(double a, double b) {
  if (a == impossible) return b;
  if (b == impossible) return a;
  return std::max(a, b) + std::log1p(std::exp(-std::abs(a - b)));
}

struct LivePlace {
  Place place;
  double log_likelihood = impossible;
};

class Sampler {
 public:
  Sampler(const std::function<double(std::span<const double>)>& log_likelihood, int dimensions,
          const NestedOptions& options, Random& random)
      : log_likelihood_(log_likelihood), dimensions_(dimensions), options_(options), random_(random) {}

  NestedSamples run() {
    out_.dimensions = dimensions_;
    normal_.resize(dimensions_);
    there_.resize(dimensions_);
    draw_live_places();
    if (std::all_of(live_.begin(), live_.end(),
                    [](const LivePlace& p) { return p.log_likelihood == impossible; }))
      return std::move(out_);
    shrink();
    add_live_places();
    normalise();
    return std::move(out_);
  }

 private:
  double evaluate(const Place& place) {
    ++out_.evaluations;
    const double value = log_likelihood_({place.data(), static_cast<std::size_t>(place.size())});
    require(!std::isnan(value) && value < std::numeric_limits<double>::infinity(),
            "sample_nested: a likelihood that is NaN or infinite");
    return value;
  }

  void draw_live_places() {
    live_.resize(static_cast<std::size_t>(options_.live));
    for (LivePlace& live : live_) {
      live.place.resize(dimensions_);
      for (double& x : live.place) x = random_.uniform();
      live.log_likelihood = evaluate(live.place);
    }
  }

  void keep(const LivePlace& live, double log_weight) {
    out_.place.insert(out_.place.end(), live.place.begin(), live.place.end());
    out_.log_likelihood.push_back(live.log_likelihood);
    out_.weight.push_back(log_weight);
    log_evidence_ = log_sum(log_evidence_, log_weight);
  }

  void shrink() {
    const double live = options_.live, log_shell = std::log(-std::expm1(-1 / live));
    double log_left = 0;  // ln X
    for (std::int64_t step = 0;; ++step) {
      const auto by_likelihood = [](const LivePlace& a, const LivePlace& b) {
        return a.log_likelihood < b.log_likelihood;
      };
      const auto [worst, best] = std::minmax_element(live_.begin(), live_.end(), by_likelihood);
      log_left_ = log_left;
      out_.finished = best->log_likelihood + log_left < log_evidence_ + std::log(options_.remaining);
      // On a plateau there is no place above the least likelihood.
      if (out_.finished || best->log_likelihood == worst->log_likelihood) break;
      if (out_.evaluations > options_.most_evaluations) break;
      keep(*worst, worst->log_likelihood + log_left + log_shell);
      if (step % options_.live == 0) measure_spread();
      replace(*worst);
      log_left -= 1 / live;
    }
  }

  void add_live_places() {
    const double log_share = log_left_ - std::log(static_cast<double>(options_.live));
    for (const LivePlace& live : live_) keep(live, live.log_likelihood + log_share);
  }

  // Cholesky factor of the live places' covariance: the metric of the directions.
  void measure_spread() {
    Place mean = Place::Zero(dimensions_);
    for (const LivePlace& live : live_) mean += live.place;
    mean /= options_.live;
    Eigen::MatrixXd covariance = 1e-20 * Eigen::MatrixXd::Identity(dimensions_, dimensions_);
    for (const LivePlace& live : live_)
      covariance += (live.place - mean) * (live.place - mean).transpose() / options_.live;
    spread_ = covariance.llt().matrixL();
  }

  void replace(LivePlace& worst) {
    const double threshold = worst.log_likelihood;
    std::size_t from = random_.index(live_.size());
    while (!(live_[from].log_likelihood > threshold)) from = random_.index(live_.size());
    LivePlace moved = live_[from];
    const int slices = options_.slices_per_dimension * dimensions_;
    for (int i = 0; i < slices; ++i) slice(moved, threshold);
    worst = std::move(moved);
  }

  void draw_direction() {
    for (double& x : normal_) x = random_.normal();
    normal_ /= normal_.norm();
    direction_.noalias() = spread_ * normal_;
  }

  // From a place along the direction, how far the cube reaches: t of its two walls.
  std::pair<double, double> walls(const Place& place) const {
    double low = -std::numeric_limits<double>::infinity(), high = -low;
    for (Eigen::Index i = 0; i < direction_.size(); ++i) {
      const double d = direction_[i];
      if (d == 0) continue;
      const double a = -place[i] / d, b = (1 - place[i]) / d;
      low = std::max(low, std::min(a, b));
      high = std::min(high, std::max(a, b));
    }
    return {low, high};
  }

  // One slice sampling of the uniform density over what lies above the threshold, by stepping out and
  // shrinkage.
  void slice(LivePlace& at, double threshold) {
    constexpr double width = 2.5;  // in standard deviations of the live places
    draw_direction();
    const auto [first_wall, last_wall] = walls(at.place);
    const auto value_at = [&](double t) {
      there_ = (at.place + t * direction_).cwiseMax(0).cwiseMin(1);
      return evaluate(there_);
    };
    double low = -width * random_.uniform(), high = low + width;
    while (low > first_wall && value_at(low) > threshold) low -= width;
    while (high < last_wall && value_at(high) > threshold) high += width;
    low = std::max(low, first_wall);
    high = std::min(high, last_wall);
    // Until nothing is left but the place itself, which then stays.
    while (high - low > 1e-12) {
      const double t = random_.uniform(low, high), value = value_at(t);
      if (value > threshold) {
        at.place.swap(there_);
        at.log_likelihood = value;
        return;
      }
      (t < 0 ? low : high) = t;
    }
  }

  void normalise() {
    double mean = 0;
    for (std::size_t i = 0; i < out_.weight.size(); ++i) {
      double& weight = out_.weight[i];
      weight = std::exp(weight - log_evidence_);
      if (weight > 0) mean += weight * out_.log_likelihood[i];
    }
    const double sum = std::accumulate(out_.weight.begin(), out_.weight.end(), 0.0);
    for (double& weight : out_.weight) weight /= sum;
    out_.log_evidence = log_evidence_;
    out_.information = std::max(0.0, mean - log_evidence_);
    out_.log_evidence_error = std::sqrt(out_.information / options_.live);
  }

  const std::function<double(std::span<const double>)>& log_likelihood_;
  int dimensions_;
  const NestedOptions& options_;
  Random& random_;
  std::vector<LivePlace> live_;
  Eigen::MatrixXd spread_;
  Place normal_, direction_, there_;
  double log_evidence_ = impossible, log_left_ = 0;
  NestedSamples out_;
};

}  // namespace

std::span<const double> NestedSamples::at(std::size_t sample) const {
  const auto d = static_cast<std::size_t>(dimensions);
  return std::span(place).subspan(sample * d, d);
}

double NestedSamples::effective_number() const {
  double sum = 0, squares = 0;
  for (const double w : weight) {
    sum += w;
    squares += w * w;
  }
  return squares > 0 ? sum * sum / squares : 0;
}

NestedSamples sample_nested(const std::function<double(std::span<const double>)>& log_likelihood,
                            int dimensions, const NestedOptions& options, Random& random) {
  require(dimensions >= 1 && options.live > 2 * dimensions && options.slices_per_dimension >= 1 &&
              options.remaining > 0 && options.most_evaluations > options.live,
          "NestedOptions: live > 2 x dimensions, slices >= 1, remaining > 0, evaluations > live");
  return Sampler(log_likelihood, dimensions, options, random).run();
}

}  // namespace arcproof::inference
