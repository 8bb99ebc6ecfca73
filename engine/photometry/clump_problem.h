// The least-squares problem of clumps in a cutout at one set of positions and shapes: images with their
// derivative planes, inner products, and the fluxes and background, which are linear and solved for. Inside
// of clump_fit.h.
//
//   model = sum_k F_k (PSF * G(x_k, y_k, C_k)) + background,   chi^2 = sum w^2 (data - model)^2
//
// Columns: six of a component (image; d/dx, d/dy; d/dC_xx, d/dC_xy, d/dC_yy) and three of the background (1,
// x, y), all times the weights w = 1 / sigma. Every parameter's derivative is a combination of at most three
// of them.
#pragma once

#include "engine/photometry/clump_fit.h"

#include <array>
#include <vector>

#include <Eigen/Dense>

namespace arcproof::photometry::clump {

inline constexpr int max_components = 4;
inline constexpr int planes_per_component = 6;
inline constexpr int plane_terms = 3;
inline constexpr int max_columns = max_components * planes_per_component + plane_terms;
inline constexpr int max_parameters = max_components * 6 + plane_terms;

using Matrix =
    Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor, max_columns, max_columns>;
using Vector = Eigen::Matrix<double, Eigen::Dynamic, 1, 0, max_columns, 1>;

/// full: three free numbers of the covariance; edge: its major axis, at the smallest axis ratio; prior: ln
/// sigma and ellipticity.
enum class Shape { full, edge, fixed, prior };

/// A clump on its way through the fit.
struct Component {
  double x, y, start_x, start_y;  // [pixel]; bounds are around the start
  Covariance c;
  double vx = 0, vy = 0;                 // major axis of a shape on the edge
  double log_sigma = 0, e1 = 0, e2 = 0;  // of a shape under the prior
  Shape shape = Shape::full;
  bool position_free = true;
};

/// How many parameters a shape has.
inline int shape_parameters(Shape shape) { return shape == Shape::fixed ? 0 : shape == Shape::edge ? 2 : 3; }

inline int position_parameters(const Component& c) { return c.position_free ? 2 : 0; }

/// Gives a component a shape under the prior, drawn back to the allowed ones.
void set_prior_shape(Component& c, double log_sigma, double e1, double e2, const FitOptions& options);
/// The same from the component's covariance matrix, which need not be a possible one.
void set_prior_shape(Component& c, const FitOptions& options);

/// The problem at one point: inner products of all columns, and with the data.
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
  Problem(const Cutout& cutout, const PsfTransform& psf, std::size_t components, const FitOptions& options);

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
    for (const Component& c : components) total += shape_parameters(c.shape) + position_parameters(c);
    return total;
  }

  /// Images, inner products, and the best fluxes and plane for these positions and shapes.
  Point evaluate(std::vector<Component> components, Derivatives derivatives);

 private:
  double* column(int index) { return weighted_.data() + static_cast<std::size_t>(index) * weight_.size(); }

  void fill_gram(int planes, Point& point);
  void solve_linear(Point& point) const;

  const PsfTransform& psf_;
  FitOptions options_;
  std::vector<ComponentImages> images_;
  std::vector<double> weighted_, weight_;
  double data_squared_ = 0;
};

/// dr/dp of one parameter: a combination of at most three columns.
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

/// For each component position and shape, then all linear parameters.
ParameterRows parameter_rows(const Problem& problem, const Point& point);
/// J^T J of the parameters, from the inner products of the columns.
Matrix normal_matrix(const ParameterRows& rows, const Matrix& gram);
/// J^T r.
Vector gradient_of(const ParameterRows& rows, const Point& point);
/// What the prior adds to J^T J and J^T r.
void add_prior(const Problem& problem, const Point& point, Matrix& normal, Vector& gradient);

}  // namespace arcproof::photometry::clump
