#include "validation/correction/population_weights.h"

#include "engine/core/error.h"
#include "engine/core/statistics.h"

#include <algorithm>
#include <cmath>

#include <Eigen/Dense>

namespace arcproof::validation {
namespace {

using Rows = std::vector<std::vector<inference::Resemblance>>;

constexpr int most_steps = 300, most_halvings = 30;
constexpr double smallest_gain = 1e-7;

class Fit {
 public:
  Fit(const Rows& rows, std::span<const double> p, std::span<const double> base, const Eigen::MatrixXd& terms,
      double lambda)
      : rows_(rows), p_(p), base_(base), lambda_(lambda), n_(static_cast<double>(base.size())) {
    design_.resize(terms.rows(), terms.cols() + 1);
    design_ << Eigen::VectorXd::Ones(terms.rows()), terms;
  }

  PopulationWeights solved() const {
    PopulationWeights result;
    result.lambda = lambda_;
    Eigen::VectorXd a = Eigen::VectorXd::Zero(design_.cols());
    double rows = 0, sum = 0;
    for (const double one : p_) rows += one;
    for (const double one : base_) sum += one;
    if (rows > 0 && sum > 0) a[0] = std::log(rows / sum);
    double best = objective(a);
    for (result.steps = 0; result.steps < most_steps; ++result.steps) {
      const std::vector<double> w = weights(a);
      Eigen::VectorXd gradient = expected(w);
      Eigen::MatrixXd curvature = Eigen::MatrixXd::Zero(a.size(), a.size());
      for (Eigen::Index k = 0; k < design_.rows(); ++k) {
        const double one = w[static_cast<std::size_t>(k)];
        gradient -= one * design_.row(k).transpose();
        curvature.selfadjointView<Eigen::Lower>().rankUpdate(design_.row(k).transpose(), one);
      }
      curvature = curvature.selfadjointView<Eigen::Lower>();
      for (Eigen::Index j = 1; j < a.size(); ++j) {
        gradient[j] -= lambda_ * a[j];
        curvature(j, j) += lambda_;
      }
      curvature.diagonal().array() += 1e-9 * (1 + curvature.diagonal().mean());
      Eigen::VectorXd move = curvature.ldlt().solve(gradient);
      double value = best;
      for (int half = 0; half < most_halvings; ++half, move *= 0.5) {
        value = objective(a + move);
        if (value >= best) break;
      }
      if (!(value >= best)) break;
      a += move;
      const double gain = value - best;
      best = value;
      if (gain <= smallest_gain * (1 + std::abs(best))) break;
    }
    result.weights = weights(a);
    result.coefficients = a;
    std::vector<double> ess;
    for (const auto& row : rows_) {
      double total = 0, squares = 0;
      for (const auto& [k, share] : row) {
        const double one = share * result.weights[k];
        total += one;
        squares += one * one;
      }
      if (squares > 0) ess.push_back(total * total / squares);
    }
    result.median_ess = ess.empty() ? 0 : statistics::median(ess);
    return result;
  }

 private:
  std::vector<double> weights(const Eigen::VectorXd& a) const {
    const Eigen::VectorXd eta = design_ * a;
    std::vector<double> w(base_.size());
    for (std::size_t k = 0; k < w.size(); ++k) w[k] = base_[k] * std::exp(eta[static_cast<Eigen::Index>(k)]);
    return w;
  }

  double objective(const Eigen::VectorXd& a) const {
    const std::vector<double> w = weights(a);
    double value = 0;
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      double sum = 0;
      for (const auto& [k, share] : rows_[i]) sum += share * w[k];
      if (p_[i] > 0 && sum > 0) value += p_[i] * std::log(n_ * sum);
    }
    for (const double one : w) value -= one;
    return value - 0.5 * lambda_ * a.tail(a.size() - 1).squaredNorm();
  }

  // sum_i p_i sum_k P_ik B_k
  Eigen::VectorXd expected(const std::vector<double>& w) const {
    std::vector<double> mass(w.size(), 0);
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      double sum = 0;
      for (const auto& [k, share] : rows_[i]) sum += share * w[k];
      if (!(sum > 0)) continue;
      for (const auto& [k, share] : rows_[i]) mass[k] += p_[i] * share * w[k] / sum;
    }
    return design_.transpose() *
           Eigen::Map<const Eigen::VectorXd>(mass.data(), static_cast<Eigen::Index>(mass.size()));
  }

  const Rows& rows_;
  std::span<const double> p_, base_;
  double lambda_, n_;
  Eigen::MatrixXd design_;
};

void standardise(Eigen::Ref<Eigen::VectorXd> x, std::span<const double> base) {
  double sum = 0, mean = 0, square = 0;
  for (Eigen::Index k = 0; k < x.size(); ++k)
    if (std::isfinite(x[k])) {
      const double b = base[static_cast<std::size_t>(k)];
      sum += b;
      mean += b * x[k];
      square += b * x[k] * x[k];
    }
  mean = sum > 0 ? mean / sum : 0;
  const double variance = sum > 0 ? square / sum - mean * mean : 0;
  for (Eigen::Index k = 0; k < x.size(); ++k)
    x[k] = std::isfinite(x[k]) && variance > 1e-12 ? (x[k] - mean) / std::sqrt(variance) : 0.0;
}

}  // namespace

Eigen::MatrixXd population_terms(const Eigen::MatrixXd& axes, std::span<const double> base) {
  require(axes.cols() == 4 && static_cast<std::size_t>(axes.rows()) == base.size(),
          "population_terms: four axes");
  Eigen::MatrixXd terms(axes.rows(), 9);
  for (Eigen::Index c = 0; c < 4; ++c) {
    terms.col(2 * c) = axes.col(c);
    standardise(terms.col(2 * c), base);
    terms.col(2 * c + 1) = terms.col(2 * c).array().square();
    standardise(terms.col(2 * c + 1), base);
  }
  terms.col(8) = terms.col(0).array().max(0.0);
  standardise(terms.col(8), base);
  return terms;
}

PopulationWeights population_weights(const Rows& rows, std::span<const double> p,
                                     std::span<const double> base, const Eigen::MatrixXd& terms,
                                     double lambda, double least_ess) {
  require(rows.size() == p.size() && static_cast<std::size_t>(terms.rows()) == base.size(),
          "population_weights: a probability for each row, terms for each injection");
  constexpr int most_doublings = 10;
  PopulationWeights result = Fit(rows, p, base, terms, lambda).solved();
  for (int k = 0; k < most_doublings && !rows.empty() && result.median_ess < least_ess; ++k)
    result = Fit(rows, p, base, terms, result.lambda * 2).solved();
  return result;
}

}  // namespace arcproof::validation
