#include "engine/photometry/sersic.h"

#include "engine/core/error.h"
#include "engine/inference/least_squares.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>

namespace arcproof::photometry {
namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;

// Parameters of a profile: x, y, ln R_e, h1, h2 and, where it is free, n; one profile after the other. The
// ellipse is kept within the smallest axis ratio by g = h / sqrt(1 + h^2 / largest^2), largest = ln(1 /
// smallest q).
constexpr int index_parameter = 5;
constexpr double largest_h = 30;  // in units of `largest`: g gets to within 0.06% of its bound

struct Bounds {
  VectorXd lower, upper;
};

class Problem {
 public:
  Problem(const Cutout& cutout, const sky::Psf& psf, std::span<const SersicStart> start,
          const SersicFitOptions& options);

  int count() const { return count_; }                                 ///< of profiles
  int parameters_each() const { return options_.index_free ? 6 : 5; }  ///< of a profile
  int nonlinear() const { return count_ * parameters_each(); }
  int linear() const { return count_ + background_terms(); }
  int background_terms() const { return options_.plane ? 3 : 1; }
  int valid() const { return static_cast<int>(pixels_.size()); }
  const Bounds& bounds() const { return bounds_; }

  SersicProfile profile(const VectorXd& p, int k) const;
  VectorXd parameters(const std::vector<SersicProfile>& profiles) const;
  bool ellipse_on_bound(const SersicProfile& profile) const {
    return std::hypot(profile.g1, profile.g2) > 0.99 * largest_;
  }

  /// The period of the renderer in use, fixed during a descent.
  int best_period(const VectorXd& p) const {
    int period = 0;
    for (int k = 0; k < count_; ++k)
      period = std::max(period, SersicRenderer::period_for(cutout_.size, profile(p, k)));
    return period;
  }
  int shortest_period() const { return SersicRenderer::period_for(cutout_.size, {.n = 0.5}); }
  void set_period(int period);

  struct Solution {
    VectorXd coefficient;  ///< fluxes, background at the central pixel, slopes per half a cutout
    VectorXd residual;     ///< weighted data minus model
    MatrixXd jacobian;     ///< of the weighted model by the parameters, at fixed coefficients
    MatrixXd design;       ///< of the weighted model by the coefficients
    MatrixXd basis;        ///< orthonormal, of the design's columns
  };
  Solution solve(const VectorXd& p, bool derivatives) const;

  /// Residuals with the coefficients solved for; their Jacobian in Kaufman's approximation (1975, BIT 15,
  /// 49), whose gradient is exact.
  inference::ResidualFunction residuals() const;

 private:
  MatrixXd images(const SersicProfile& profile, bool derivatives) const;
  Eigen::Matrix2d bending(const VectorXd& p, int k) const;

  int count_;
  const Cutout& cutout_;
  const sky::Psf& psf_;
  SersicFitOptions options_;
  double largest_;
  Bounds bounds_;
  std::vector<int> pixels_;  // those with a weight
  VectorXd weight_, data_;
  MatrixXd background_;  // weighted
  std::map<int, SersicRenderer> renderers_;
  const SersicRenderer* renderer_ = nullptr;
};

Problem::Problem(const Cutout& cutout, const sky::Psf& psf, std::span<const SersicStart> start,
                 const SersicFitOptions& options)
    : count_(static_cast<int>(start.size())),
      cutout_(cutout),
      psf_(psf),
      options_(options),
      largest_(-std::log(options.min_axis_ratio)) {
  for (int i = 0; i < cutout.size * cutout.size; ++i)
    if (cutout.weight[i] > 0) pixels_.push_back(i);
  weight_.resize(valid());
  data_.resize(valid());
  background_.resize(valid(), background_terms());
  const int half = cutout.size / 2;
  for (int i = 0; i < valid(); ++i) {
    const int pixel = pixels_[i];
    weight_[i] = cutout.weight[pixel];
    data_[i] = cutout.weight[pixel] * cutout.flux[pixel];
    const int x = pixel % cutout.size - half, y = pixel / cutout.size - half;
    const std::array<double, 3> plane = {1, static_cast<double>(x) / half, static_cast<double>(y) / half};
    for (int c = 0; c < background_terms(); ++c) background_(i, c) = weight_[i] * plane[c];
  }
  const double shift = options.max_shift_pix, h = largest_h * largest_;
  bounds_.lower.resize(nonlinear());
  bounds_.upper.resize(nonlinear());
  for (int k = 0; k < count_; ++k) {
    const auto [x, y] = start[static_cast<std::size_t>(k)];
    const int at = k * parameters_each();
    bounds_.lower.segment(at, 5) << x - shift, y - shift, std::log(options.min_radius_pix), -h, -h;
    bounds_.upper.segment(at, 5) << x + shift, y + shift, std::log(options.max_radius_pix), h, h;
    if (!options.index_free) continue;
    bounds_.lower[at + index_parameter] = options.min_index;
    bounds_.upper[at + index_parameter] = options.max_index;
  }
}

double squeeze(double h2, double largest) { return 1 / std::sqrt(1 + h2 / (largest * largest)); }

SersicProfile Problem::profile(const VectorXd& p, int k) const {
  const auto q = p.segment(k * parameters_each(), parameters_each());
  const double s = squeeze(q[3] * q[3] + q[4] * q[4], largest_);
  return {q[0],     q[1],     std::exp(q[2]),
          s * q[3], s * q[4], options_.index_free ? q[index_parameter] : options_.index};
}

VectorXd Problem::parameters(const std::vector<SersicProfile>& profiles) const {
  VectorXd p(nonlinear());
  for (int k = 0; k < count_; ++k) {
    const SersicProfile& profile = profiles[static_cast<std::size_t>(k)];
    const double g = std::hypot(profile.g1, profile.g2);
    const double stretch = 1 / std::sqrt(std::max(1 - g * g / (largest_ * largest_), 1e-3));
    const int at = k * parameters_each();
    p.segment(at, 5) << profile.x, profile.y, std::log(profile.radius_pix), stretch * profile.g1,
        stretch * profile.g2;
    if (options_.index_free) p[at + index_parameter] = profile.n;
  }
  return p.cwiseMax(bounds_.lower).cwiseMin(bounds_.upper);
}

void Problem::set_period(int period) {
  renderer_ = &renderers_.try_emplace(period, psf_, cutout_.size, period).first->second;
}

MatrixXd Problem::images(const SersicProfile& profile, bool derivatives) const {
  if (!options_.index_free) {
    const SersicTransform& transform = shared_sersic_transform(profile.n);
    if (derivatives) return renderer_->derivatives(profile, transform, nullptr, nullptr);
    return renderer_->image(profile, transform);
  }
  const SersicTransform transform(profile.n);
  if (!derivatives) return renderer_->image(profile, transform);
  const SersicTransform above(profile.n + SersicRenderer::index_step),
      below(profile.n - SersicRenderer::index_step);
  return renderer_->derivatives(profile, transform, &above, &below);
}

// dg/dh of a profile's ellipse.
Eigen::Matrix2d Problem::bending(const VectorXd& p, int k) const {
  const double h1 = p[k * parameters_each() + 3], h2 = p[k * parameters_each() + 4];
  const double s = squeeze(h1 * h1 + h2 * h2, largest_), bend = s * s * s / (largest_ * largest_);
  Eigen::Matrix2d chain;
  chain << s - bend * h1 * h1, -bend * h1 * h2, -bend * h1 * h2, s - bend * h2 * h2;
  return chain;
}

Problem::Solution Problem::solve(const VectorXd& p, bool derivatives) const {
  std::vector<MatrixXd> image;
  Solution solution;
  solution.design.resize(valid(), linear());
  for (int k = 0; k < count_; ++k) {
    image.emplace_back(images(profile(p, k), derivatives)(pixels_, Eigen::all));
    solution.design.col(k) = weight_.cwiseProduct(image.back().col(SersicRenderer::image_column));
  }
  solution.design.rightCols(background_terms()) = background_;
  const Eigen::HouseholderQR<MatrixXd> qr(solution.design);
  solution.coefficient = qr.solve(data_);
  solution.residual = data_ - solution.design * solution.coefficient;
  if (!derivatives) return solution;
  solution.basis = qr.householderQ() * MatrixXd::Identity(valid(), linear());
  solution.jacobian.resize(valid(), nonlinear());
  for (int k = 0; k < count_; ++k) {
    MatrixXd part =
        image[static_cast<std::size_t>(k)].middleCols(SersicRenderer::x_column, parameters_each());
    part.middleCols(3, 2) = (part.middleCols(3, 2) * bending(p, k)).eval();
    solution.jacobian.middleCols(k * parameters_each(), parameters_each()) =
        solution.coefficient[k] * (weight_.asDiagonal() * part);
  }
  return solution;
}

inference::ResidualFunction Problem::residuals() const {
  return [this](const VectorXd& p, VectorXd& residual, MatrixXd* jacobian) {
    Solution solution = solve(p, jacobian != nullptr);
    residual = std::move(solution.residual);
    if (jacobian)
      *jacobian = solution.basis * (solution.basis.transpose() * solution.jacobian) - solution.jacobian;
  };
}

// Three sizes and, where it is free, three indices, round, all profiles alike, at the given positions: the
// best two by chi^2. For this ranking the shortest period will do.
std::vector<VectorXd> best_starts(Problem& problem, std::span<const SersicStart> positions,
                                  const SersicFitOptions& options) {
  std::vector<std::pair<double, VectorXd>> starts;
  const std::vector<double> indices =
      options.index_free ? std::vector<double>{options.index, 2.5, 4.5} : std::vector<double>{options.index};
  problem.set_period(problem.shortest_period());
  for (const double radius : {0.5, 1.5, 4.0})
    for (const double n : indices) {
      std::vector<SersicProfile> profiles;
      for (const auto& [x, y] : positions) profiles.push_back({x, y, radius, 0, 0, n});
      const VectorXd p = problem.parameters(profiles);
      starts.emplace_back(problem.solve(p, false).residual.squaredNorm(), p);
    }
  std::stable_sort(starts.begin(), starts.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  return {starts[0].second, starts[1].second};
}

// A descent with the period of its start; repeated from its end when another period serves that better.
inference::LeastSquaresSummary descend(Problem& problem, VectorXd start, int max_iterations) {
  const inference::LeastSquaresOptions options{.max_iterations = max_iterations,
                                               .gradient_tolerance = 1e-9,
                                               .step_tolerance = 1e-8,
                                               .cost_tolerance = 1e-9};
  inference::LeastSquaresSummary summary;
  int iterations = 0;
  for (int round = 0; round < 3; ++round) {
    const int period = problem.best_period(start);
    problem.set_period(period);
    summary = inference::minimise_least_squares(problem.residuals(), start, problem.bounds().lower,
                                                problem.bounds().upper, options);
    iterations += summary.iterations;
    if (problem.best_period(summary.x) == period) break;
    start = summary.x;
  }
  if (summary.iterations >= max_iterations) summary.status = inference::FitStatus::max_iterations;
  else if (summary.status == inference::FitStatus::max_iterations)
    summary.status = inference::FitStatus::converged;
  summary.iterations = iterations;
  return summary;
}

// Standard errors of the nonlinear parameters not on a bound (0 for those), then of the coefficients; none
// when the data do not determine them.
std::optional<VectorXd> standard_errors(const Problem& problem, const VectorXd& p,
                                        const Problem::Solution& solution) {
  std::vector<int> free;
  for (int i = 0; i < problem.nonlinear(); ++i)
    if (p[i] > problem.bounds().lower[i] && p[i] < problem.bounds().upper[i]) free.push_back(i);
  for (int i = 0; i < problem.linear(); ++i) free.push_back(problem.nonlinear() + i);
  MatrixXd rows(problem.valid(), problem.nonlinear() + problem.linear());
  rows << solution.jacobian, solution.design;
  const MatrixXd jacobian = rows(Eigen::all, free);
  const VectorXd scale = jacobian.colwise().norm();
  if (!scale.allFinite() || scale.minCoeff() <= 0) return std::nullopt;
  const MatrixXd scaled = jacobian * scale.cwiseInverse().asDiagonal();
  const Eigen::FullPivLU<MatrixXd> lu(scaled.transpose() * scaled);
  if (!lu.isInvertible()) return std::nullopt;
  const VectorXd variance = lu.inverse().diagonal();
  VectorXd errors = VectorXd::Zero(rows.cols());
  for (std::size_t i = 0; i < free.size(); ++i)
    errors[free[i]] = std::sqrt(std::max(variance[i], 0.0)) / scale[i];
  return errors;
}

FitStatus status_of(const Problem& problem, const inference::LeastSquaresSummary& summary) {
  const VectorXd& p = summary.x;
  if (summary.status == inference::FitStatus::max_iterations) return FitStatus::not_converged;
  bool bound = (p.array() <= problem.bounds().lower.array()).any() ||
               (p.array() >= problem.bounds().upper.array()).any();
  for (int k = 0; k < problem.count(); ++k) bound |= problem.ellipse_on_bound(problem.profile(p, k));
  return bound ? FitStatus::at_bound : FitStatus::converged;
}

SersicComponent component_of(const Problem& problem, const VectorXd& p, const Problem::Solution& solution,
                             int k) {
  const SersicProfile profile = problem.profile(p, k);
  SersicComponent c;
  c.flux = solution.coefficient[k];
  c.x = profile.x;
  c.y = profile.y;
  c.shape = shape_of(profile);
  return c;
}

void set_errors(const Problem& problem, const VectorXd& errors, int k, bool index_free, SersicComponent& c) {
  const int at = k * problem.parameters_each();
  c.x_error = errors[at];
  c.y_error = errors[at + 1];
  c.radius_error = c.shape.effective_radius_pix * errors[at + 2];
  if (index_free) c.index_error = errors[at + index_parameter];
  c.flux_error = errors[problem.nonlinear() + k];
}

SersicGroupFit as_result(const Problem& problem, const inference::LeastSquaresSummary& summary,
                         const Cutout& cutout, bool index_free) {
  const Problem::Solution solution = problem.solve(summary.x, true);
  const int half = cutout.size / 2;
  SersicGroupFit fit;
  fit.status = status_of(problem, summary);
  fit.iterations = summary.iterations;
  fit.chi2 = solution.residual.squaredNorm();
  fit.degrees_of_freedom = problem.valid() - problem.nonlinear() - problem.linear();
  fit.background = solution.coefficient[problem.count()];
  if (problem.background_terms() == 3) {
    fit.slope_x = solution.coefficient[problem.count() + 1] / half;
    fit.slope_y = solution.coefficient[problem.count() + 2] / half;
  }
  const std::optional<VectorXd> errors = standard_errors(problem, summary.x, solution);
  if (!errors) fit.status = FitStatus::singular;
  for (int k = 0; k < problem.count(); ++k) {
    fit.components.push_back(component_of(problem, summary.x, solution, k));
    if (errors) set_errors(problem, *errors, k, index_free, fit.components.back());
  }
  return fit;
}

}  // namespace

SersicGroupFit fit_sersic_group(const Cutout& cutout, const sky::Psf& psf, std::span<const SersicStart> start,
                                const SersicFitOptions& options) {
  require(cutout.size >= 3 && cutout.size % 2 == 1 && cutout.size <= 213,
          "fit_sersic_group: size is odd, 3 .. 213");
  require(options.min_index >= 0.31 && options.max_index <= 9.9 && options.min_axis_ratio > 0 &&
              options.min_axis_ratio < 1 && options.min_radius_pix > 0 && !start.empty(),
          "fit_sersic_group: one profile or more, indices within 0.31 .. 9.9, positive radii, a smallest "
          "axis ratio "
          "in (0, 1)");
  Problem problem(cutout, psf, start, options);
  if (problem.valid() <= problem.nonlinear() + problem.linear()) {
    SersicGroupFit none;
    none.components.resize(start.size());
    return none;
  }
  inference::LeastSquaresSummary best;
  best.chi2 = HUGE_VAL;
  for (const VectorXd& from : best_starts(problem, start, options)) {
    const inference::LeastSquaresSummary trial = descend(problem, from, options.max_iterations);
    if (trial.chi2 < best.chi2 || best.x.size() == 0) best = trial;
  }
  problem.set_period(problem.best_period(best.x));
  return as_result(problem, best, cutout, options.index_free);
}

SersicFit fit_sersic(const Cutout& cutout, const sky::Psf& psf, double start_x, double start_y,
                     const SersicFitOptions& options) {
  const SersicStart start{start_x, start_y};
  const SersicGroupFit group = fit_sersic_group(cutout, psf, std::span(&start, 1), options);
  return {group.components.front(), group};
}

}  // namespace arcproof::photometry
