#include "engine/photometry/clump_fit.h"

#include "engine/core/error.h"
#include "engine/photometry/clump_descent.h"

#include <algorithm>
#include <cmath>

namespace arcproof::photometry {
using namespace clump;
namespace {

// A flux whose error is this many times what it would be if all else were known is degenerate with something
// else.
constexpr double degenerate_inflation = 20;

std::vector<Component> components_at(std::span<const ComponentStart> start, const FitOptions& options) {
  std::vector<Component> components;
  for (const ComponentStart& s : start)
    components.push_back({.x = s.x,
                          .y = s.y,
                          .start_x = s.x,
                          .start_y = s.y,
                          .c = s.shape,
                          .shape = options.shape_free && !s.shape_known ? Shape::full : Shape::fixed,
                          .position_free = options.position_free && !s.position_known});
  if (options.prior)
    for (Component& c : components)
      if (c.shape != Shape::fixed) set_prior_shape(c, options);
  return components;
}

// [pixel^2]: a point-like, a seeing-limited and an extended start.
constexpr double round_starts[] = {0.09, 1.0, 5.0};

// The best of round starts, all components alike but for what is known of them.
class RoundStarts {
 public:
  RoundStarts(Problem& problem, const std::vector<Component>& base)
      : problem_(problem), base_(base), best_(base) {}

  /// [pixel^2], [pixel]: of this size, and moved from where it stands.
  void consider(double variance, double dx, double dy) {
    std::vector<Component> trial = base_;
    for (Component& c : trial) {
      if (c.position_free) {
        c.x += dx;
        c.y += dy;
      }
      if (c.shape == Shape::fixed) continue;
      c.c = {variance, 0, variance};
      if (c.shape == Shape::prior) set_prior_shape(c, problem_.options());
    }
    const Point point = problem_.evaluate(trial, Derivatives::none);
    if (!point.solvable || point.cost >= least_) return;
    least_ = point.cost;
    best_ = std::move(trial);
  }

  const std::vector<Component>& best() const { return best_; }

 private:
  Problem& problem_;
  const std::vector<Component>& base_;
  std::vector<Component> best_;
  double least_ = HUGE_VAL;
};

std::vector<Component> best_start(Problem& problem, const std::vector<Component>& base) {
  RoundStarts starts(problem, base);
  for (const double variance : round_starts) starts.consider(variance, 0, 0);
  return starts.best();
}

// A round start of a size, moved by up to a pixel to where it fits best.
std::vector<Component> best_place(Problem& problem, const std::vector<Component>& base, double variance) {
  RoundStarts starts(problem, base);
  for (const double dx : {-1.0, 0.0, 1.0})
    for (const double dy : {-1.0, 0.0, 1.0}) starts.consider(variance, dx, dy);
  return starts.best();
}

bool is_settled(const Problem& problem, const Descent& descent) {
  return descent.converged && !descent.singular &&
         std::none_of(descent.point.components.begin(), descent.point.components.end(),
                      [&](const Component& c) { return on_bound(c, problem.options()); });
}

// From the best of several starts; a descent that ends on a bound or nowhere is not the last word: at low S/N
// a broad ripple of the noise may have drawn it away from the clump.
Descent fit_from_several(Problem& problem, const std::vector<Component>& base) {
  Descent first = fit_from(problem, best_start(problem, base));
  if (is_settled(problem, first)) return first;
  for (const double variance : round_starts) {
    Descent again = fit_from(problem, best_place(problem, base, variance));
    const int iterations = first.iterations + again.iterations;
    const bool better = !again.singular && (first.singular || again.point.cost < first.point.cost);
    if (better) first = std::move(again);
    first.iterations = iterations;
  }
  return first;
}

// The error of a linear combination of the data's noise: an estimate moves by -(N^-1 J^T noise), so that its
// variance is u^T R u with u = J (N^-1 e), R the correlation of the pixels.
double correlated_error(const Problem& problem, const ParameterRows& rows, const Vector& response, int side) {
  std::vector<double> u(static_cast<std::size_t>(side) * side, 0.0);
  for (int p = 0; p < rows.count; ++p)
    for (int t = 0; t < rows.row[p].terms; ++t) {
      const double factor = response[p] * rows.row[p].factor[t];
      const double* column = problem.weighted_column(rows.row[p].column[t]);
      for (std::size_t i = 0; i < u.size(); ++i) u[i] += factor * column[i];
    }
  return std::sqrt(problem.options().correlation->quadratic_form(u, side));
}

void fill_errors(Problem& problem, const Point& point, int side, ClumpFit& fit) {
  const ParameterRows rows = parameter_rows(problem, point);
  const int nonlinear = rows.nonlinear;
  Matrix normal = normal_matrix(rows, point.gram);
  Vector gradient = Vector::Zero(rows.count);
  add_prior(problem, point, normal, gradient);
  const Eigen::FullPivLU<Matrix> lu(normal);
  if (!lu.isInvertible() && fit.status == FitStatus::converged) fit.status = FitStatus::singular;
  const Matrix covariance = lu.inverse();
  const bool correlated = problem.options().correlation && !problem.options().correlation->is_white();
  if (correlated) problem.evaluate(point.components, Derivatives::all);  // the columns of this very point
  int p = 0;
  for (int k = 0; k < problem.count(); ++k) {
    const double variance = covariance(nonlinear + k, nonlinear + k);
    fit.components[k].flux_error = fit.components[k].flux_error_correlated = std::sqrt(variance);
    if (correlated)
      fit.components[k].flux_error_correlated =
          correlated_error(problem, rows, covariance.col(nonlinear + k), side);
    const double inflation = std::sqrt(variance * normal(nonlinear + k, nonlinear + k));
    if (inflation > degenerate_inflation && fit.status == FitStatus::converged)
      fit.status = FitStatus::degenerate;
    if (point.components[k].position_free) {
      fit.components[k].x_error = std::sqrt(covariance(p, p));
      fit.components[k].y_error = std::sqrt(covariance(p + 1, p + 1));
      fit.components[k].x_error_correlated = fit.components[k].x_error;
      fit.components[k].y_error_correlated = fit.components[k].y_error;
      if (correlated) {
        fit.components[k].x_error_correlated = correlated_error(problem, rows, covariance.col(p), side);
        fit.components[k].y_error_correlated = correlated_error(problem, rows, covariance.col(p + 1), side);
      }
      p += 2;
    }
    p += shape_parameters(point.components[k].shape);
  }
}

ClumpFit as_result(Problem& problem, const Descent& descent, const Cutout& cutout) {
  const Point& point = descent.point;
  ClumpFit fit;
  fit.iterations = descent.iterations;
  fit.chi2 = point.cost - point.penalty;
  fit.degrees_of_freedom = cutout.valid_pixels() - problem.parameters(point.components);
  const int last = problem.count() * planes_per_component;
  const int half = cutout.size / 2;
  fit.background = point.coefficient[last];
  fit.slope_x = point.coefficient[last + 1] / half;
  fit.slope_y = point.coefficient[last + 2] / half;
  bool bound = false;
  for (int k = 0; k < problem.count(); ++k) {
    const Component& c = point.components[k];
    ComponentFit component;
    component.flux = point.coefficient[k * planes_per_component];
    component.x = c.x;
    component.y = c.y;
    component.shape = c.c;
    fit.components.push_back(component);
    bound = bound || on_bound(c, problem.options());
  }
  fit.status = descent.singular     ? FitStatus::singular
               : !descent.converged ? FitStatus::not_converged
               : bound              ? FitStatus::at_bound
                                    : FitStatus::converged;
  if (!descent.singular && problem.options().errors) fill_errors(problem, point, cutout.size, fit);
  return fit;
}

}  // namespace

std::string_view to_string(FitStatus status) {
  switch (status) {
    case FitStatus::converged:
      return "converged";
    case FitStatus::at_bound:
      return "at_bound";
    case FitStatus::not_converged:
      return "not_converged";
    case FitStatus::degenerate:
      return "degenerate";
    case FitStatus::singular:
      return "singular";
    case FitStatus::too_few_pixels:
      return "too_few_pixels";
  }
  return "";
}

ClumpFit fit_clumps(const Cutout& cutout, const PsfTransform& psf, std::span<const ComponentStart> start,
                    const FitOptions& options) {
  require(!start.empty() && start.size() <= max_components, "fit_clumps: one to four components");
  Problem problem(cutout, psf, start.size(), options);
  std::vector<Component> components = components_at(start, options);
  if (cutout.valid_pixels() <= problem.parameters(components)) {
    ClumpFit fit;
    fit.components.resize(start.size());
    return fit;
  }
  const bool any_shape = std::any_of(components.begin(), components.end(),
                                     [](const Component& c) { return c.shape != Shape::fixed; });
  const Descent descent = any_shape && options.try_several_sizes ? fit_from_several(problem, components)
                                                                 : fit_from(problem, std::move(components));
  return as_result(problem, descent, cutout);
}

double chi2_of_shapes(const Cutout& cutout, const PsfTransform& psf,
                      std::span<const ComponentStart> components) {
  const FitOptions fixed{.shape_free = false, .position_free = false};
  Problem problem(cutout, psf, components.size(), fixed);
  return problem.evaluate(components_at(components, fixed), Derivatives::none).cost;
}

}  // namespace arcproof::photometry
