#include "engine/photometry/clump_descent.h"

#include "engine/inference/damping.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

namespace arcproof::photometry::clump {
namespace {

constexpr double lowest_variance = -0.3;  // [pixel^2]: as far as a free shape may go beyond a point

Covariance with_eigenvalues_in(const Covariance& c, double low, double high) {
  const PrincipalAxes axes = principal_axes(c);
  if (axes.variance_minor >= low && axes.variance_major <= high) return c;
  const double a = std::clamp(axes.variance_major, low, high), b = std::clamp(axes.variance_minor, low, high);
  const double cs = std::cos(axes.angle_rad), sn = std::sin(axes.angle_rad);
  return {a * cs * cs + b * sn * sn, (a - b) * cs * sn, a * sn * sn + b * cs * cs};
}

// Puts a component on the edge of the allowed shapes: major axis (vx, vy), the smallest axis ratio.
void set_edge(Component& c, double vx, double vy, const FitOptions& options) {
  const double length = std::hypot(vx, vy);
  const double scale =
      std::clamp(length, options.min_sigma_pix, options.max_sigma_pix) / std::max(length, 1e-12);
  c.vx = length > 0 ? vx * scale : options.min_sigma_pix;
  c.vy = vy * scale;
  const double q2 = options.min_axis_ratio * options.min_axis_ratio, v2 = c.vx * c.vx + c.vy * c.vy;
  c.c = {(1 - q2) * c.vx * c.vx + q2 * v2, (1 - q2) * c.vx * c.vy, (1 - q2) * c.vy * c.vy + q2 * v2};
  c.shape = Shape::edge;
}

// Moves a component by a step, keeping the bounds.
int take_step(Component& c, const Vector& step, int p, const FitOptions& options) {
  if (c.position_free) {
    c.x = std::clamp(c.x + step[p++], c.start_x - options.max_shift_pix, c.start_x + options.max_shift_pix);
    c.y = std::clamp(c.y + step[p++], c.start_y - options.max_shift_pix, c.start_y + options.max_shift_pix);
  }
  const double largest = options.max_sigma_pix * options.max_sigma_pix;
  if (c.shape == Shape::full) {
    const Covariance moved{c.c.xx + step[p], c.c.xy + step[p + 1], c.c.yy + step[p + 2]};
    c.c = with_eigenvalues_in(moved, lowest_variance, largest);
    p += 3;
  } else if (c.shape == Shape::edge) {
    set_edge(c, c.vx + step[p], c.vy + step[p + 1], options);
    p += 2;
  } else if (c.shape == Shape::prior) {
    set_prior_shape(c, c.log_sigma + step[p], c.e1 + step[p + 1], c.e2 + step[p + 2], options);
    p += 3;
  }
  return p;
}

// A position that sits on its bound and is pushed outwards is held for this step.
void hold_positions(const Problem& problem, const Point& point, Matrix& normal, Vector& gradient) {
  const double limit = problem.options().max_shift_pix;
  int p = 0;
  for (const Component& c : point.components) {
    const double offset[2] = {c.x - c.start_x, c.y - c.start_y};
    for (int axis = 0; axis < position_parameters(c); ++axis) {
      const bool held = (offset[axis] >= limit && gradient[p + axis] < 0) ||
                        (offset[axis] <= -limit && gradient[p + axis] > 0);
      if (!held) continue;
      normal.row(p + axis).setZero();
      normal.col(p + axis).setZero();
      normal(p + axis, p + axis) = 1;
      gradient[p + axis] = 0;
    }
    p += position_parameters(c) + shape_parameters(c.shape);
  }
}

// A free shape whose eigenvalue sits on its bound and is pushed outwards: that eigenvalue is held for this
// step, by a stiff spring. Returns whether there was one.
bool hold_shapes(const Problem& problem, const Point& point, const Vector& step, Matrix& normal) {
  constexpr double close = 1e-9, stiff = 1e9;
  const double largest = problem.options().max_sigma_pix * problem.options().max_sigma_pix;
  bool held = false;
  int p = 0;
  for (const Component& c : point.components) {
    p += position_parameters(c);
    if (c.shape == Shape::full) {
      const PrincipalAxes axes = principal_axes(c.c);
      const double cs = std::cos(axes.angle_rad), sn = std::sin(axes.angle_rad);
      const auto hold = [&](double x, double y, double outwards) {
        const std::array<double, 3> d = {x * x, 2 * x * y, y * y};  // change of the eigenvalue along (x, y)
        if (outwards * (d[0] * step[p] + d[1] * step[p + 1] + d[2] * step[p + 2]) <= 0) return;
        const double spring = stiff * (normal(p, p) + normal(p + 1, p + 1) + normal(p + 2, p + 2));
        for (int i = 0; i < 3; ++i)
          for (int j = 0; j < 3; ++j) normal(p + i, p + j) += spring * d[i] * d[j];
        held = true;
      };
      if (axes.variance_major > largest - close) hold(cs, sn, 1);
      if (axes.variance_minor < lowest_variance + close) hold(-sn, cs, -1);
    }
    p += shape_parameters(c.shape);
  }
  return held;
}

// All parameters of a point, in the order of parameter_rows.
Vector parameters_of(const Point& point, const ParameterRows& rows) {
  Vector values(rows.count);
  int p = 0;
  const auto put = [&](std::initializer_list<double> list) {
    for (const double v : list) values[p++] = v;
  };
  for (const Component& c : point.components) {
    if (c.position_free) put({c.x, c.y});
    if (c.shape == Shape::full) put({c.c.xx, c.c.xy, c.c.yy});
    if (c.shape == Shape::edge) put({c.vx, c.vy});
    if (c.shape == Shape::prior) put({c.log_sigma, c.e1, c.e2});
  }
  for (; p < rows.count; ++p) values[p] = point.coefficient[rows.row[p].column[0]];
  return values;
}

// The part of the Hessian that Gauss-Newton leaves out, sum of residuals times their second derivatives,
// learnt from the gradients of the path (Dennis, Gay & Welsch 1981, with y# = y - J^T J s). At low S/N it is
// as large as J^T J, and Gauss-Newton alone zigzags.
class SecantTerm {
 public:
  explicit SecantTerm(int count) : matrix_(Matrix::Zero(count, count)) {}
  const Matrix& matrix() const { return matrix_; }
  bool trusted() const { return trusted_; }

  // After a step s from gradient `before` to `after`, where J^T J is now `normal`. `fall` of the cost was
  // found; Gauss-Newton had said `plain`, with this term `full`.
  void learn(const Vector& s, const Vector& before, const Vector& after, const Matrix& normal, double fall,
             double plain, double full) {
    trusted_ = std::abs(full - fall) <= std::abs(plain - fall);
    const Vector y = after - before;
    const double along = y.dot(s);
    if (!(along > 1e-12 * y.norm() * s.norm())) return;
    const Vector wanted = y - normal.lazyProduct(s);
    const double curvature = s.dot(matrix_.lazyProduct(s)), seen = s.dot(wanted);
    if (std::abs(curvature) > std::abs(seen)) matrix_ *= std::abs(seen / curvature);
    const Vector miss = wanted - matrix_.lazyProduct(s);
    const double missed = miss.dot(s) / (along * along);
    matrix_ += (miss * y.transpose() + y * miss.transpose()) / along - missed * (y * y.transpose());
    if (!matrix_.allFinite()) matrix_.setZero();
  }

 private:
  Matrix matrix_;
  bool trusted_ = false;
};

// What a step is computed from.
struct State {
  ParameterRows rows;
  Matrix normal;
  Vector gradient, parameters;
};

State state_at(const Problem& problem, const Point& point) {
  State state;
  state.rows = parameter_rows(problem, point);
  state.normal = normal_matrix(state.rows, point.gram);
  state.gradient = gradient_of(state.rows, point);
  add_prior(problem, point, state.normal, state.gradient);
  state.parameters = parameters_of(point, state.rows);
  return state;
}

double predicted_fall(const Vector& gradient, const Vector& step, const Matrix& normal) {
  return -(2 * gradient.dot(step) + step.dot(normal.lazyProduct(step)));
}

// The damped step, with the secant term where that is trusted and leaves a minimum; bounds are kept.
Vector step_from(const Problem& problem, const Point& point, const State& state, const SecantTerm& secant,
                 double damping) {
  for (const bool with_secant : {true, false}) {
    if (with_secant && !secant.trusted()) continue;
    Matrix normal = state.normal;
    Vector gradient = state.gradient;
    if (with_secant) normal += secant.matrix();
    hold_positions(problem, point, normal, gradient);
    for (int i = 0; i < state.rows.nonlinear; ++i) normal(i, i) += damping * state.normal(i, i) + 1e-12;
    const Eigen::LDLT<Matrix> solver(normal);
    if (with_secant && !(solver.isPositive() && solver.vectorD().minCoeff() > 0)) continue;
    Vector step = -solver.solve(gradient);
    if (step.allFinite() && hold_shapes(problem, point, step, normal)) step = -normal.ldlt().solve(gradient);
    return step;
  }
  return {};
}

// Levenberg-Marquardt with Nielsen's damping.
Descent descend(Problem& problem, std::vector<Component> start, int iterations_left) {
  const double enough = problem.options().tolerance_chi2;
  const bool any_shape = std::any_of(start.begin(), start.end(),
                                     [](const Component& c) { return shape_parameters(c.shape) > 0; });
  const bool any_position =
      std::any_of(start.begin(), start.end(), [](const Component& c) { return c.position_free; });
  const Derivatives derivatives = any_shape      ? Derivatives::all
                                  : any_position ? Derivatives::position
                                                 : Derivatives::none;
  Descent descent{problem.evaluate(std::move(start), derivatives)};
  inference::Damping damping(1e-3, 1e-12, 1e12);
  std::optional<SecantTerm> secant;
  std::optional<State> state;
  for (; descent.iterations < iterations_left; ++descent.iterations) {
    if (!descent.point.solvable) {
      descent.singular = true;
      return descent;
    }
    if (!state) state = state_at(problem, descent.point);
    if (state->rows.nonlinear == 0) {
      descent.converged = true;
      return descent;
    }
    if (!secant) secant.emplace(state->rows.count);
    const Vector step = step_from(problem, descent.point, *state, *secant, damping.value());
    if (!step.allFinite()) {
      descent.singular = true;
      return descent;
    }
    const double plain = predicted_fall(state->gradient, step, state->normal);
    const double full = plain - step.dot(secant->matrix().lazyProduct(step));
    const double predicted = secant->trusted() && full > 0 ? full : plain;
    if (predicted < enough) {
      descent.converged = true;
      return descent;
    }
    std::vector<Component> moved = descent.point.components;
    int p = 0;
    for (Component& c : moved) p = take_step(c, step, p, problem.options());
    Point trial = problem.evaluate(std::move(moved), derivatives);
    const double fall = descent.point.cost - trial.cost;
    if (trial.solvable && fall > 0) {
      State next = state_at(problem, trial);
      secant->learn(next.parameters - state->parameters, state->gradient, next.gradient, next.normal, fall,
                    plain, full);
      state = std::move(next);
      descent.point = std::move(trial);
      damping.step_taken(fall / predicted);
      if (fall < enough) {
        descent.converged = true;
        return descent;
      }
    } else {
      damping.step_refused();
      if (damping.exhausted()) {  // no descent direction is left: a bound or rounding
        descent.converged = true;
        return descent;
      }
    }
  }
  return descent;
}

bool is_allowed(const Component& c, const FitOptions& options) {
  if (c.shape != Shape::full) return true;
  const PrincipalAxes axes = principal_axes(c.c);
  const double q2 = options.min_axis_ratio * options.min_axis_ratio;
  return axes.variance_minor >= q2 * axes.variance_major &&
         axes.variance_major >= options.min_sigma_pix * options.min_sigma_pix;
}

}  // namespace

Descent fit_from(Problem& problem, std::vector<Component> start) {
  const int limit = problem.options().max_iterations;
  Descent descent = descend(problem, std::move(start), limit);
  for (std::size_t round = 0; round < descent.point.components.size(); ++round) {
    std::vector<Component> components = descent.point.components;
    bool all_allowed = true;
    for (Component& c : components) {
      if (is_allowed(c, problem.options())) continue;
      all_allowed = false;
      const PrincipalAxes axes = principal_axes(c.c);
      set_edge(c, axes.sigma_major * std::cos(axes.angle_rad), axes.sigma_major * std::sin(axes.angle_rad),
               problem.options());
    }
    if (all_allowed) break;
    const int before = descent.iterations;
    descent = descend(problem, std::move(components), limit);
    descent.iterations += before;
  }
  return descent;
}

bool on_bound(const Component& c, const FitOptions& options) {
  constexpr double close = 1e-9;
  const bool position = c.position_free && (std::abs(c.x - c.start_x) > options.max_shift_pix - close ||
                                            std::abs(c.y - c.start_y) > options.max_shift_pix - close);
  const bool size = c.shape != Shape::fixed && principal_axes(c.c).sigma_major > options.max_sigma_pix - 1e-6;
  return position || size;
}

}  // namespace arcproof::photometry::clump
