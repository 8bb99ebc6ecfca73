#include "engine/pipeline/counter_images.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <Eigen/Cholesky>
#include <Eigen/Eigenvalues>
#include <Eigen/LU>

namespace arcproof::pipeline {
namespace {

using Eigen::Matrix2d;
using Eigen::MatrixXd;
using Eigen::Vector2d;
using Eigen::VectorXd;

constexpr int most_modes = 8;
constexpr int steps_between = 24;  // where the sign of mu is looked up between two images

/// One image that may have counter-images.
struct Candidate {
  std::size_t clump = 0;  ///< index in the list given
  lens::Vector2 theta;
  Vector2d source;
  Matrix2d noise;  ///< of the source position: centroid and the model's scatter, through A
  MatrixXd modes;  ///< 2 x modes: how the source position moves with each, prior sigma 1
  double log_flux = 0, log_flux_error = 0;  ///< intrinsic, log10
  double snr = 0;
};

struct Pair {
  std::size_t a = 0, b = 0;
  bool open = true;
  double log_likelihood = 0;
};

double log_normal(double x, double sigma) {
  return -0.5 * x * x / (sigma * sigma) - std::log(sigma) - 0.5 * std::log(2 * M_PI);
}

class Linker {
 public:
  Linker(const AnalysisField& field, std::span<const MeasuredClump> clumps,
         const CounterImageOptions& options)
      : field_(field), options_(options), efficiency_(field.lens.efficiency(field.z)) {
    for (std::size_t i = 0; i < clumps.size(); ++i) consider(clumps[i], i);
    if (candidates_.size() < 2) return;
    find_modes();
    find_pairs();
    set_background();
  }

  // The most probable pair first; each makes the lens, and so the rest, better known.
  std::vector<std::pair<std::size_t, std::size_t>> links() {
    std::vector<std::pair<std::size_t, std::size_t>> found;
    for (;;) {
      for (Pair& pair : pairs_)
        if (pair.open) pair.log_likelihood = log_likelihood(pair);
      const Pair* best = nullptr;
      double highest = options_.min_probability;
      for (const Pair& pair : pairs_) {
        if (!pair.open) continue;
        if (const double p = probability(pair); p > highest) {
          highest = p;
          best = &pair;
        }
      }
      if (!best) return found;
      found.emplace_back(candidates_[best->a].clump, candidates_[best->b].clump);
      accept(Pair(*best));
    }
  }

 private:
  void consider(const MeasuredClump& clump, std::size_t index) {
    const photometry::BandFluxes& flux = clump.photometry.bands[field_.reference];
    const double mu = clump.magnification.mu;
    if (!(flux.snr() > options_.min_snr) || !(flux.flux_njy > 0) || !(mu > 0)) return;
    Candidate c;
    c.clump = index;
    c.theta = field_.frame.to_lens({clump.photometry.x, clump.photometry.y});
    if (!field_.lens.map.covers(c.theta)) return;
    c.source = {clump.source_arcsec.x, clump.source_arcsec.y};
    const lens::Hessian h = field_.lens.map.hessian(c.theta);
    Matrix2d a;
    a << 1 - efficiency_ * h.xx, -efficiency_ * h.xy, -efficiency_ * h.xy, 1 - efficiency_ * h.yy;
    const auto pixel = field_.frame.linear_at({clump.photometry.x, clump.photometry.y});
    const double pixel_arcsec = std::hypot(pixel.xx, pixel.yx);
    const double scatter = field_.posterior.empty() ? options_.scatter_without_posterior_arcsec
                                                    : options_.position_scatter_arcsec;
    const double sigma = std::hypot(options_.centroid_pix * pixel_arcsec, scatter);
    c.noise = sigma * sigma * a * a.transpose();
    c.log_flux = std::log10(flux.flux_njy / mu);
    const double mu_error = 0.5 * (clump.magnification.error_minus + clump.magnification.error_plus) / mu;
    c.log_flux_error = std::hypot(1 / flux.snr(), mu_error) / std::log(10.0);
    c.snr = flux.snr();
    candidates_.push_back(std::move(c));
  }

  // Principal modes of the source positions of all candidates over the posterior.
  void find_modes() {
    const std::size_t models = field_.posterior.size();
    const Eigen::Index rows = 2 * std::ssize(candidates_);
    if (models < 2) {
      for (Candidate& c : candidates_) c.modes = MatrixXd::Zero(2, 0);
      return;
    }
    std::vector<lens::Vector2> theta, deflection;
    for (const Candidate& c : candidates_) theta.push_back(c.theta);
    MatrixXd positions(rows, static_cast<Eigen::Index>(models));
    for (std::size_t k = 0; k < models; ++k) {
      field_.posterior.evaluate(k, theta, &deflection, nullptr);
      const double efficiency = field_.posterior.efficiency(k, field_.z);
      for (std::size_t i = 0; i < theta.size(); ++i) {
        positions(2 * i, k) = theta[i].x - efficiency * deflection[i].x;
        positions(2 * i + 1, k) = theta[i].y - efficiency * deflection[i].y;
      }
    }
    positions.colwise() -= VectorXd(positions.rowwise().mean());
    positions *= options_.posterior_inflation / std::sqrt(static_cast<double>(models - 1));
    // U S = X V of the singular values, V the eigenvectors of X^T X: their least ones are known to 1e-8 of
    // the greatest, far below what a position is good to.
    const Eigen::SelfAdjointEigenSolver<MatrixXd> eigen(positions.transpose() * positions);
    const Eigen::Index count = std::min<Eigen::Index>({most_modes, positions.rows(), positions.cols()});
    const MatrixXd modes = positions * eigen.eigenvectors().rightCols(count);
    for (std::size_t i = 0; i < candidates_.size(); ++i)
      candidates_[i].modes = modes.middleRows(2 * static_cast<Eigen::Index>(i), 2);
    weight_ = VectorXd::Zero(count);
    covariance_ = MatrixXd::Identity(count, count);
  }

  bool is_minimum_or_maximum(lens::Vector2 theta) const {
    const lens::Hessian h = field_.lens.map.hessian(theta);
    return lens::magnification(h, efficiency_).mu > 0;
  }

  bool critical_curve_between(const Candidate& a, const Candidate& b) const {
    const bool first = is_minimum_or_maximum(a.theta);
    for (int step = 1; step <= steps_between; ++step) {
      const double t = static_cast<double>(step) / steps_between;
      const lens::Vector2 at{a.theta.x + t * (b.theta.x - a.theta.x),
                             a.theta.y + t * (b.theta.y - a.theta.y)};
      if (field_.lens.map.covers(at) && is_minimum_or_maximum(at) != first) return true;
    }
    return false;
  }

  void find_pairs() {
    const std::size_t n = candidates_.size();
    apart_.assign(n * n, false);
    for (std::size_t a = 0; a < n; ++a)
      for (std::size_t b = a + 1; b < n; ++b)
        if (critical_curve_between(candidates_[a], candidates_[b])) {
          apart_[a * n + b] = apart_[b * n + a] = true;
          pairs_.push_back({a, b});
        }
    family_.resize(n);
    std::iota(family_.begin(), family_.end(), std::size_t{0});
  }

  // Likelihood of a pair that has nothing to do with one another: as the sources of all pairs are spread.
  void set_background() {
    Vector2d mean = Vector2d::Zero();
    double mean_flux = 0;
    const double n = static_cast<double>(candidates_.size());
    for (const Candidate& c : candidates_) {
      mean += c.source / n;
      mean_flux += c.log_flux / n;
    }
    Matrix2d spread = Matrix2d::Zero();
    double flux_spread = 0;
    for (const Candidate& c : candidates_) {
      spread += (c.source - mean) * (c.source - mean).transpose() / n;
      flux_spread += (c.log_flux - mean_flux) * (c.log_flux - mean_flux) / n;
    }
    // Differences of two draws: twice the variance; the density averaged over that distribution.
    background_ = -std::log(4 * M_PI) - 0.5 * std::log(std::max(1e-12, 4 * spread.determinant())) -
                  0.5 * std::log(4 * M_PI * std::max(1e-4, 2 * flux_spread));
  }

  double log_likelihood(const Pair& pair) const {
    const Candidate &a = candidates_[pair.a], &b = candidates_[pair.b];
    Vector2d difference = a.source - b.source;
    Matrix2d variance = a.noise + b.noise;
    if (weight_.size()) {
      const MatrixXd move = a.modes - b.modes;
      difference += move * weight_;
      variance += move * covariance_ * move.transpose();
    }
    const double sigma =
        std::hypot(std::hypot(a.log_flux_error, b.log_flux_error), options_.flux_scatter_dex);
    return -0.5 * difference.dot(variance.ldlt().solve(difference)) - 0.5 * std::log(variance.determinant()) -
           std::log(2 * M_PI) + log_normal(a.log_flux - b.log_flux, sigma);
  }

  // Against every other partner that either has in the other's image, and none at all.
  double probability(const Pair& pair) const {
    double rivals = std::exp(background_ - pair.log_likelihood);
    const std::size_t n = candidates_.size();
    for (const Pair& other : pairs_) {
      if (!other.open || &other == &pair) continue;
      const bool a = other.a == pair.a || other.b == pair.a, b = other.a == pair.b || other.b == pair.b;
      if (a == b) continue;
      const std::size_t rival = (other.a == pair.a || other.a == pair.b) ? other.b : other.a;
      const std::size_t replaced = a ? pair.b : pair.a;
      if (!apart_[rival * n + replaced]) rivals += std::exp(other.log_likelihood - pair.log_likelihood);
    }
    return 1 / (1 + rivals);
  }

  void accept(const Pair& pair) {
    learn(pair);
    const std::size_t into = family_[pair.a], from = family_[pair.b];
    for (std::size_t& f : family_)
      if (f == from) f = into;
    // What can no longer be: two of one family that no critical curve separates.
    for (Pair& other : pairs_)
      if (other.open) other.open = may_join(other);
  }

  bool may_join(const Pair& pair) const {
    if (family_[pair.a] == family_[pair.b]) return false;
    const std::size_t n = candidates_.size();
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < n; ++j)
        if (family_[i] == family_[pair.a] && family_[j] == family_[pair.b] && !apart_[i * n + j])
          return false;
    return true;
  }

  // The two source positions are one: a measurement of the modes' weights.
  void learn(const Pair& pair) {
    if (!weight_.size()) return;
    const Candidate &a = candidates_[pair.a], &b = candidates_[pair.b];
    const MatrixXd move = a.modes - b.modes;
    const Matrix2d variance = a.noise + b.noise + move * covariance_ * move.transpose();
    const MatrixXd gain = covariance_ * move.transpose() * variance.inverse();
    weight_ -= gain * (a.source - b.source + move * weight_);
    covariance_ -= (gain * move * covariance_).eval();
  }

  const AnalysisField& field_;
  CounterImageOptions options_;
  double efficiency_;
  std::vector<Candidate> candidates_;
  std::vector<Pair> pairs_;
  std::vector<bool> apart_;
  std::vector<std::size_t> family_;
  double background_ = 0;
  VectorXd weight_;
  MatrixXd covariance_;
};

}  // namespace

std::vector<std::int64_t> counter_images(const AnalysisField& field, std::span<const MeasuredClump> clumps,
                                         const CounterImageOptions& options) {
  std::vector<std::int64_t> brightest(clumps.size(), -1);
  if (field.lens.map.is_constant()) return brightest;
  std::vector<std::size_t> family(clumps.size());
  std::iota(family.begin(), family.end(), std::size_t{0});
  for (const auto& [a, b] : Linker(field, clumps, options).links()) {
    const std::size_t into = family[a], from = family[b];
    std::replace(family.begin(), family.end(), from, into);
  }
  const auto snr = [&](std::size_t i) { return clumps[i].photometry.bands[field.reference].snr(); };
  for (std::size_t i = 0; i < clumps.size(); ++i) {
    std::size_t best = i;
    for (std::size_t j = 0; j < clumps.size(); ++j)
      if (family[j] == family[i] && snr(j) > snr(best)) best = j;
    if (best != i) brightest[i] = static_cast<std::int64_t>(best);
  }
  return brightest;
}

}  // namespace arcproof::pipeline
