#include "engine/photometry/clump_problem.h"

#include "engine/photometry/convolution/gram.h"

#include <algorithm>
#include <cmath>

namespace arcproof::photometry::clump {
namespace {

// C = sigma^2 / sqrt(1 - e^2) [[1 + e1, e2], [e2, 1 - e1]]: sigma^4 is the determinant.
double prior_scale(const Component& c) {
  return std::exp(2 * c.log_sigma) / std::sqrt(1 - c.e1 * c.e1 - c.e2 * c.e2);
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

}  // namespace

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

void set_prior_shape(Component& c, const FitOptions& options) {
  const PrincipalAxes axes = principal_axes(c.c);
  const double major = std::max(axes.sigma_major, options.min_sigma_pix),
               minor = std::max(axes.sigma_minor, options.min_axis_ratio * major);
  const double e = (major * major - minor * minor) / (major * major + minor * minor);
  set_prior_shape(c, 0.5 * std::log(major * minor), e * std::cos(2 * axes.angle_rad),
                  e * std::sin(2 * axes.angle_rad), options);
}

Problem::Problem(const Cutout& cutout, const PsfTransform& psf, std::size_t components,
                 const FitOptions& options)
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

Point Problem::evaluate(std::vector<Component> components, Derivatives derivatives) {
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

void Problem::fill_gram(int planes, Point& point) {
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

void Problem::solve_linear(Point& point) const {
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

ParameterRows parameter_rows(const Problem& problem, const Point& point) {
  ParameterRows rows;
  const auto next = [&]() -> ParameterRow& { return rows.row[rows.count++]; };
  for (int k = 0; k < problem.count(); ++k) {
    const Component& c = point.components[k];
    const int base = k * planes_per_component;
    const double flux = point.coefficient[base];
    if (c.position_free) {
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

void add_prior(const Problem& problem, const Point& point, Matrix& normal, Vector& gradient) {
  if (!problem.options().prior) return;
  int p = 0;
  for (const Component& c : point.components) {
    p += position_parameters(c);
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

}  // namespace arcproof::photometry::clump
