#include "engine/photometry/clump_fit.h"

#include "engine/core/error.h"
#include "engine/photometry/gram.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace arcproof::photometry {
namespace {

constexpr int max_components = 4;
constexpr int planes_per_component = 6;
constexpr int plane_terms = 3;
constexpr int max_columns = max_components * planes_per_component + plane_terms;
constexpr int max_parameters = max_components * 6 + plane_terms;
// A flux whose error is this many times what it would be if all else were known is degenerate with something
// else.
constexpr double degenerate_inflation = 20;
constexpr double lowest_variance = -0.3;  // [pixel^2]: as far as a free shape may go beyond a point

using Matrix =
    Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor, max_columns, max_columns>;
using Vector = Eigen::Matrix<double, Eigen::Dynamic, 1, 0, max_columns, 1>;

enum class Shape { full, edge, fixed, prior };

struct Component {
  double x, y, start_x, start_y;
  Covariance c;
  double vx = 0, vy = 0;                 // major axis of a shape on the edge
  double log_sigma = 0, e1 = 0, e2 = 0;  // of a shape under the prior
  Shape shape = Shape::full;
};

int shape_parameters(Shape shape) { return shape == Shape::fixed ? 0 : shape == Shape::edge ? 2 : 3; }

// C = sigma^2 / sqrt(1 - e^2) [[1 + e1, e2], [e2, 1 - e1]]: sigma^4 is the determinant.
double prior_scale(const Component& c) {
  return std::exp(2 * c.log_sigma) / std::sqrt(1 - c.e1 * c.e1 - c.e2 * c.e2);
}

void set_prior_shape(Component& c, double log_sigma, double e1, double e2, const FitOptions& options) {
  constexpr double largest_ellipticity = 0.99;
  const double shrink = std::min(1.0, largest_ellipticity / std::max(std::hypot(e1, e2), 1e-300));
  c.log_sigma = std::clamp(log_sigma, std::log(options.min_sigma_pix), std::log(options.max_sigma_pix));
  c.e1 = e1 * shrink;
  c.e2 = e2 * shrink;
  const double scale = prior_scale(c);
  c.c = {scale * (1 + c.e1), scale * c.e2, scale * (1 - c.e1)};
  c.shape = Shape::prior;
}

// The same from the component's covariance matrix, which need not be a possible one.
void set_prior_shape(Component& c, const FitOptions& options) {
  const PrincipalAxes axes = principal_axes(c.c);
  const double major = std::max(axes.sigma_major, options.min_sigma_pix),
               minor = std::max(axes.sigma_minor, options.min_axis_ratio * major);
  const double e = (major * major - minor * minor) / (major * major + minor * minor);
  set_prior_shape(c, 0.5 * std::log(major * minor), e * std::cos(2 * axes.angle_rad),
                  e * std::sin(2 * axes.angle_rad), options);
}

// The prior's -2 ln p of the shapes, with its gradient and curvature in (ln sigma, e1, e2).
struct PriorTerm {
  std::array<double, 3> pull{};    // half of the gradient
  std::array<double, 3> weight{};  // half of the curvature
  double penalty = 0;
};

PriorTerm prior_term(const Component& c, const ShapePrior& prior) {
  PriorTerm term;
  const double size = 1 / (prior.log_sigma_width * prior.log_sigma_width);
  const double shape = 1 / (prior.ellipticity_width * prior.ellipticity_width);
  const std::array<double, 3> offset = {c.log_sigma - std::log(prior.sigma_pix), c.e1, c.e2};
  term.weight = {size, shape, shape};
  for (int i = 0; i < 3; ++i) {
    term.pull[i] = offset[i] * term.weight[i];
    term.penalty += offset[i] * term.pull[i];
  }
  return term;
}

// The problem at one point: inner products of all columns (six planes a component, three of the background)
// and of the data.
struct Point {
  std::vector<Component> components;
  Matrix gram;         // columns x columns
  Vector data;         // columns . data
  Vector coefficient;  // of each column in the model; zero for the derivative planes
  double cost = 0;     // chi^2, and the prior's penalty
  double penalty = 0;  // the prior's part of it
  bool solvable = false;
};

class Problem {
 public:
  Problem(const Cutout& cutout, const PsfTransform& psf, std::size_t components, const FitOptions& options)
      : psf_(psf), options_(options), images_(components, ComponentImages(cutout.size)) {
    const int n = cutout.size, stride = images_.front().stride();
    const int middle = n / 2;
    const double half = middle;
    weighted_.assign(static_cast<std::size_t>(columns() + 1) * stride, 0.0);
    weight_.assign(stride, 0.0);
    std::copy(cutout.weight.begin(), cutout.weight.end(), weight_.begin());
    double* background = column(static_cast<int>(components) * planes_per_component);
    for (int i = 0; i < n * n; ++i) {
      const int x = i % n, y = i / n;
      background[i] = weight_[i];
      background[stride + i] = weight_[i] * (x - half) / half;
      background[2 * stride + i] = weight_[i] * (y - half) / half;
      background[3 * stride + i] = weight_[i] * cutout.flux[i];
    }
  }

  int count() const { return static_cast<int>(images_.size()); }
  int columns() const { return count() * planes_per_component + plane_terms; }
  int background_terms() const { return options_.plane ? plane_terms : 1; }
  const FitOptions& options() const { return options_; }
  /// A column of the last point evaluated, times the weights.
  const double* weighted_column(int index) const {
    return weighted_.data() + static_cast<std::size_t>(index) * weight_.size();
  }
  int parameters(const std::vector<Component>& components) const {
    int total = count() + background_terms();
    for (const Component& c : components)
      total += shape_parameters(c.shape) + (options_.position_free ? 2 : 0);
    return total;
  }

  // Images, inner products, and the best fluxes and plane for these positions and shapes.
  Point evaluate(std::vector<Component> components, Derivatives derivatives) {
    const int stride = images_.front().stride();
    const int planes = derivatives == Derivatives::none ? 1 : derivatives == Derivatives::position ? 3 : 6;
    for (int k = 0; k < count(); ++k) {
      const Component& c = components[k];
      images_[k].evaluate(psf_, c.x, c.y, c.c, derivatives);
      for (int p = 0; p < planes; ++p) {
        double* to = column(k * planes_per_component + p);
        const double* from = images_[k].plane(p);
        for (int i = 0; i < stride; ++i) to[i] = from[i] * weight_[i];
      }
    }
    Point point;
    point.components = std::move(components);
    point.gram = Matrix::Zero(columns(), columns());
    point.data = Vector::Zero(columns());
    fill_gram(planes, point);
    solve_linear(point);
    for (const Component& c : point.components)
      if (c.shape == Shape::prior) point.penalty += prior_term(c, *options_.prior).penalty;
    point.cost += point.penalty;
    return point;
  }

 private:
  double* column(int index) { return weighted_.data() + static_cast<std::size_t>(index) * weight_.size(); }

  void fill_gram(int planes, Point& point) {
    std::array<int, max_columns + 1> used{};
    int count_used = 0;
    for (int k = 0; k < count(); ++k)
      for (int p = 0; p < planes; ++p) used[count_used++] = k * planes_per_component + p;
    for (int b = 0; b <= plane_terms; ++b) used[count_used++] = count() * planes_per_component + b;
    std::array<const double*, max_columns + 1> pointers{};
    for (int i = 0; i < count_used; ++i) pointers[i] = column(used[i]);
    std::array<double, (max_columns + 1) * (max_columns + 1)> products{};
    gram_matrix(pointers.data(), count_used, static_cast<int>(weight_.size()), products.data());
    const int last = count_used - 1;  // the data
    for (int i = 0; i < last; ++i) {
      for (int j = 0; j < last; ++j) point.gram(used[i], used[j]) = products[i * count_used + j];
      point.data[used[i]] = products[i * count_used + last];
    }
    data_squared_ = products[last * count_used + last];
  }

  void solve_linear(Point& point) const {
    const int linear = count() + background_terms();
    std::array<int, max_columns> index{};
    for (int k = 0; k < count(); ++k) index[k] = k * planes_per_component;
    for (int b = 0; b < background_terms(); ++b) index[count() + b] = count() * planes_per_component + b;
    Matrix normal(linear, linear);
    Vector right(linear);
    for (int i = 0; i < linear; ++i) {
      for (int j = 0; j < linear; ++j) normal(i, j) = point.gram(index[i], index[j]);
      right[i] = point.data[index[i]];
    }
    const Eigen::LDLT<Matrix> solver(normal);
    const Vector solution = solver.solve(right);
    point.solvable = solver.info() == Eigen::Success && solver.isPositive() && solution.allFinite();
    point.coefficient = Vector::Zero(columns());
    for (int i = 0; i < linear; ++i) point.coefficient[index[i]] = solution[i];
    point.cost = std::max(0.0, data_squared_ - right.dot(solution));
  }

  const PsfTransform& psf_;
  FitOptions options_;
  std::vector<ComponentImages> images_;
  std::vector<double> weighted_, weight_;
  double data_squared_ = 0;
};

// dr/dp of one parameter: a combination of at most three columns.
struct ParameterRow {
  int terms = 0;
  std::array<int, 3> column{};
  std::array<double, 3> factor{};
  void add(int at, double by) {
    column[terms] = at;
    factor[terms++] = by;
  }
};

struct ParameterRows {
  std::array<ParameterRow, max_parameters> row;
  int count = 0;
  int nonlinear = 0;  // the first ones
};

// For each component position and shape, then all linear parameters.
ParameterRows parameter_rows(const Problem& problem, const Point& point) {
  ParameterRows rows;
  const auto next = [&]() -> ParameterRow& { return rows.row[rows.count++]; };
  for (int k = 0; k < problem.count(); ++k) {
    const Component& c = point.components[k];
    const int base = k * planes_per_component;
    const double flux = point.coefficient[base];
    if (problem.options().position_free) {
      next().add(base + 1, -flux);
      next().add(base + 2, -flux);
    }
    if (c.shape == Shape::full) {
      next().add(base + 3, 0.5 * flux);
      next().add(base + 4, flux);
      next().add(base + 5, 0.5 * flux);
    } else if (c.shape == Shape::edge) {  // C = (1 - q^2) v v^T + q^2 |v|^2
      const double q2 = problem.options().min_axis_ratio * problem.options().min_axis_ratio;
      ParameterRow& along_x = next();
      along_x.add(base + 3, flux * c.vx);
      along_x.add(base + 4, flux * (1 - q2) * c.vy);
      along_x.add(base + 5, flux * q2 * c.vx);
      ParameterRow& along_y = next();
      along_y.add(base + 3, flux * q2 * c.vy);
      along_y.add(base + 4, flux * (1 - q2) * c.vx);
      along_y.add(base + 5, flux * c.vy);
    } else if (c.shape == Shape::prior) {
      const double scale = flux * prior_scale(c), room = 1 - c.e1 * c.e1 - c.e2 * c.e2;
      ParameterRow& size = next();
      size.add(base + 3, flux * c.c.xx);
      size.add(base + 4, 2 * flux * c.c.xy);
      size.add(base + 5, flux * c.c.yy);
      ParameterRow& plus = next();
      plus.add(base + 3, 0.5 * (flux * c.c.xx * c.e1 / room + scale));
      plus.add(base + 4, flux * c.c.xy * c.e1 / room);
      plus.add(base + 5, 0.5 * (flux * c.c.yy * c.e1 / room - scale));
      ParameterRow& cross = next();
      cross.add(base + 3, 0.5 * flux * c.c.xx * c.e2 / room);
      cross.add(base + 4, flux * c.c.xy * c.e2 / room + scale);
      cross.add(base + 5, 0.5 * flux * c.c.yy * c.e2 / room);
    }
  }
  rows.nonlinear = rows.count;
  for (int k = 0; k < problem.count(); ++k) next().add(k * planes_per_component, 1);
  for (int b = 0; b < problem.background_terms(); ++b)
    next().add(problem.count() * planes_per_component + b, 1);
  return rows;
}

// J^T J of the parameters, from the inner products of the columns.
Matrix normal_matrix(const ParameterRows& rows, const Matrix& gram) {
  Matrix normal(rows.count, rows.count);
  for (int p = 0; p < rows.count; ++p)
    for (int q = 0; q <= p; ++q) {
      const ParameterRow &a = rows.row[p], &b = rows.row[q];
      double sum = 0;
      for (int i = 0; i < a.terms; ++i)
        for (int j = 0; j < b.terms; ++j) sum += a.factor[i] * b.factor[j] * gram(a.column[i], b.column[j]);
      normal(p, q) = normal(q, p) = sum;
    }
  return normal;
}

// What the prior adds to J^T J and J^T r.
void add_prior(const Problem& problem, const Point& point, Matrix& normal, Vector& gradient) {
  if (!problem.options().prior) return;
  int p = 0;
  for (const Component& c : point.components) {
    if (problem.options().position_free) p += 2;
    if (c.shape == Shape::prior) {
      const PriorTerm term = prior_term(c, *problem.options().prior);
      for (int i = 0; i < 3; ++i) {
        normal(p + i, p + i) += term.weight[i];
        gradient[p + i] += term.pull[i];
      }
    }
    p += shape_parameters(c.shape);
  }
}

// J^T r.
Vector gradient_of(const ParameterRows& rows, const Point& point) {
  Vector gradient(rows.count);
  for (int p = 0; p < rows.count; ++p) {
    const ParameterRow& a = rows.row[p];
    double sum = 0;
    for (int i = 0; i < a.terms; ++i) {
      double residual = -point.data[a.column[i]];
      for (int l = rows.nonlinear; l < rows.count; ++l) {
        const int linear = rows.row[l].column[0];
        residual += point.gram(a.column[i], linear) * point.coefficient[linear];
      }
      sum += a.factor[i] * residual;
    }
    gradient[p] = sum;
  }
  return gradient;
}

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
  if (options.position_free) {
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

bool on_bound(const Component& c, const FitOptions& options) {
  constexpr double close = 1e-9;
  const bool position = options.position_free && (std::abs(c.x - c.start_x) > options.max_shift_pix - close ||
                                                  std::abs(c.y - c.start_y) > options.max_shift_pix - close);
  const bool size = c.shape != Shape::fixed && principal_axes(c.c).sigma_major > options.max_sigma_pix - 1e-6;
  return position || size;
}

// A position that sits on its bound and is pushed outwards is held for this step.
void hold_positions(const Problem& problem, const Point& point, Matrix& normal, Vector& gradient) {
  if (!problem.options().position_free) return;
  const double limit = problem.options().max_shift_pix;
  int p = 0;
  for (const Component& c : point.components) {
    const double offset[2] = {c.x - c.start_x, c.y - c.start_y};
    for (int axis = 0; axis < 2; ++axis) {
      const bool held = (offset[axis] >= limit && gradient[p + axis] < 0) ||
                        (offset[axis] <= -limit && gradient[p + axis] > 0);
      if (!held) continue;
      normal.row(p + axis).setZero();
      normal.col(p + axis).setZero();
      normal(p + axis, p + axis) = 1;
      gradient[p + axis] = 0;
    }
    p += 2 + shape_parameters(c.shape);
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
    if (problem.options().position_free) p += 2;
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
Vector parameters_of(const Problem& problem, const Point& point, const ParameterRows& rows) {
  Vector values(rows.count);
  int p = 0;
  const auto put = [&](std::initializer_list<double> list) {
    for (const double v : list) values[p++] = v;
  };
  for (const Component& c : point.components) {
    if (problem.options().position_free) put({c.x, c.y});
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

struct Descent {
  Point point;
  int iterations = 0;
  bool converged = false;
  bool singular = false;
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
  state.parameters = parameters_of(problem, point, state.rows);
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
  const Derivatives derivatives = any_shape                         ? Derivatives::all
                                  : problem.options().position_free ? Derivatives::position
                                                                    : Derivatives::none;
  Descent descent{problem.evaluate(std::move(start), derivatives)};
  double damping = 1e-3, growth = 2;
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
    const Vector step = step_from(problem, descent.point, *state, *secant, damping);
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
      damping = std::max(
          1e-12, damping * std::max(1.0 / 3.0, 1 - std::pow(2 * std::min(fall / predicted, 1.0) - 1, 3)));
      growth = 2;
      if (fall < enough) {
        descent.converged = true;
        return descent;
      }
    } else {
      damping *= growth;
      growth *= 2;
      if (damping > 1e12) {  // no descent direction is left: a bound or rounding
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

// Free shapes first; whatever ended outside the allowed shapes is refitted on their edge.
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

std::vector<Component> components_at(std::span<const ComponentStart> start, const FitOptions& options) {
  std::vector<Component> components;
  for (const ComponentStart& s : start)
    components.push_back({.x = s.x,
                          .y = s.y,
                          .start_x = s.x,
                          .start_y = s.y,
                          .c = s.shape,
                          .shape = options.shape_free ? Shape::full : Shape::fixed});
  if (options.shape_free && options.prior)
    for (Component& c : components) set_prior_shape(c, options);
  return components;
}

// [pixel^2]: a point-like, a seeing-limited and an extended start.
constexpr double round_starts[] = {0.09, 1.0, 5.0};

// The best of three round sizes, all components alike.
std::vector<Component> best_start(Problem& problem, const std::vector<Component>& base) {
  std::vector<Component> best = base;
  double least = HUGE_VAL;
  for (const double variance : round_starts) {
    std::vector<Component> trial = base;
    for (Component& c : trial) {
      c.c = {variance, 0, variance};
      if (c.shape == Shape::prior) set_prior_shape(c, problem.options());
    }
    const Point point = problem.evaluate(trial, Derivatives::none);
    if (!point.solvable || point.cost >= least) continue;
    least = point.cost;
    best = std::move(trial);
  }
  return best;
}

// A round start of a size, moved by up to a pixel to where it fits best.
std::vector<Component> best_place(Problem& problem, const std::vector<Component>& base, double variance) {
  std::vector<Component> best = base;
  double least = HUGE_VAL;
  for (const double dx : {-1.0, 0.0, 1.0})
    for (const double dy : {-1.0, 0.0, 1.0}) {
      std::vector<Component> trial = base;
      for (Component& c : trial) {
        c.x += dx;
        c.y += dy;
        c.c = {variance, 0, variance};
        if (c.shape == Shape::prior) set_prior_shape(c, problem.options());
      }
      const Point point = problem.evaluate(trial, Derivatives::none);
      if (!point.solvable || point.cost >= least) continue;
      least = point.cost;
      best = std::move(trial);
    }
  return best;
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
    if (problem.options().position_free) {
      fit.components[k].x_error = std::sqrt(covariance(p, p));
      fit.components[k].y_error = std::sqrt(covariance(p + 1, p + 1));
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
  const Descent descent = options.shape_free && options.try_several_sizes
                              ? fit_from_several(problem, components)
                              : fit_from(problem, std::move(components));
  return as_result(problem, descent, cutout);
}

std::vector<double> model_image(const ClumpFit& fit, const Cutout& cutout, const PsfTransform& psf,
                                bool with_plane) {
  const int n = cutout.size;
  std::vector<double> model(static_cast<std::size_t>(n) * n, 0.0);
  if (with_plane)
    for (int i = 0; i < n * n; ++i) {
      const int x = i % n - n / 2, y = i / n - n / 2;
      model[i] = fit.background + fit.slope_x * x + fit.slope_y * y;
    }
  ComponentImages images(n);
  for (const ComponentFit& c : fit.components) {
    images.evaluate(psf, c.x, c.y, c.shape, Derivatives::none);
    for (int i = 0; i < n * n; ++i) model[i] += c.flux * images.plane(0)[i];
  }
  return model;
}

double chi2_of_shapes(const Cutout& cutout, const PsfTransform& psf,
                      std::span<const ComponentStart> components) {
  const FitOptions fixed{.shape_free = false, .position_free = false};
  Problem problem(cutout, psf, components.size(), fixed);
  return problem.evaluate(components_at(components, fixed), Derivatives::none).cost;
}

}  // namespace arcproof::photometry
