#include "engine/lens/profiles/tiled_sum.h"

#include "engine/core/parallel.h"
#include "engine/core/units.h"
#include "engine/core/vector_width.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <vector>

namespace arcproof::lens {
namespace {

constexpr int order = 16;           // Chebyshev points along an axis
constexpr double required_rho = 8;  // 8^-16 = 4e-15
constexpr int leaf_nodes = 32;      // nodes along the side of the smallest tile
constexpr int root_nodes = 256;     // and of the largest
constexpr int components = 5;       // alpha_x, alpha_y, psi_xx, psi_xy, psi_yy

using Potentials = std::vector<DualPieSum::Constants>;
using Points = std::array<double, order>;

/// Values of a component at order x order points, rows along x.
using Square = std::array<double, order * order>;
struct Expansion {
  alignas(64) std::array<Square, components> values{};
  bool empty = true;
};

/// A square of the lens frame.
struct Tile {
  Vector2 centre;
  double half_width;
};

// --- interpolation in one dimension

// Chebyshev points of the first kind on [-1, 1].
const Points& chebyshev_points() {
  static const Points points = [] {
    Points p{};
    for (int k = 0; k < order; ++k) p[k] = -std::cos(units::pi * (k + 0.5) / order);
    return p;
  }();
  return points;
}

// Lagrange's basis at t, by the barycentric formula (Berrut & Trefethen 2004, eq. 5.3).
Points lagrange_basis(double t) {
  const Points& nodes = chebyshev_points();
  Points basis{};
  double sum = 0;
  for (int k = 0; k < order; ++k) {
    if (t == nodes[k]) {
      basis.fill(0);
      basis[k] = 1;
      return basis;
    }
    basis[k] = (k % 2 == 0 ? 1 : -1) * std::sin(units::pi * (k + 0.5) / order) / (t - nodes[k]);
    sum += basis[k];
  }
  for (double& b : basis) b /= sum;
  return basis;
}

/// From the points of an interval to `count` others: value i is the sum over k of weight(i, k) times value k.
template <int count>
struct Interpolator {
  alignas(64) std::array<double, count * order> weight;      // (i, k) at i * order + k
  alignas(64) std::array<double, count * order> transposed;  // (i, k) at k * count + i
  explicit Interpolator(const std::array<double, count>& t) {
    for (int i = 0; i < count; ++i) {
      const Points basis = lagrange_basis(t[i]);
      for (int k = 0; k < order; ++k) weight[i * order + k] = transposed[k * count + i] = basis[k];
    }
  }
};

// The points of the lower or the upper half.
const Interpolator<order>& to_half(int upper) {
  static const auto make = [](int side) {
    Points t{};
    for (int k = 0; k < order; ++k) t[k] = 0.5 * (chebyshev_points()[k] + (side > 0 ? 1 : -1));
    return Interpolator<order>(t);
  };
  static const Interpolator<order> halves[2] = {make(0), make(1)};
  return halves[upper];
}

// The nodes of a smallest tile lie in the middles of its `leaf_nodes` parts.
const Interpolator<leaf_nodes>& to_nodes() {
  static const Interpolator<leaf_nodes> all = [] {
    std::array<double, leaf_nodes> t{};
    for (int i = 0; i < leaf_nodes; ++i) t[i] = (2.0 * i + 1) / leaf_nodes - 1;
    return Interpolator<leaf_nodes>(t);
  }();
  return all;
}

// --- interpolation of a square

/// sum_k a(j, k) b(k, i) for rows x inner times inner x columns; k runs in its order, i in vectors.
template <int rows, int inner, int columns>
[[gnu::always_inline]] inline void multiply(const double* a, const double* b, double* result) {
  for (int j = 0; j < rows; ++j) {
    double row[columns] = {};
    for (int k = 0; k < inner; ++k)
      for (int i = 0; i < columns; ++i) row[i] += a[j * inner + k] * b[k * columns + i];
    for (int i = 0; i < columns; ++i) result[j * columns + i] = row[i];
  }
}

template <int count>
[[gnu::always_inline]] inline void interpolate_square(const Interpolator<count>& x,
                                                      const Interpolator<count>& y, const Square& from,
                                                      double* to) {
  alignas(64) std::array<double, order * count> along_x;
  multiply<order, order, count>(from.data(), x.transposed.data(), along_x.data());
  multiply<count, order, count>(y.weight.data(), along_x.data(), to);
}

ARCPROOF_EVERY_VECTOR_WIDTH
void interpolate(const Interpolator<order>& x, const Interpolator<order>& y, const Square& from, double* to) {
  interpolate_square(x, y, from, to);
}

ARCPROOF_EVERY_VECTOR_WIDTH
void interpolate(const Interpolator<leaf_nodes>& x, const Interpolator<leaf_nodes>& y, const Square& from,
                 double* to) {
  interpolate_square(x, y, from, to);
}

// --- near and far

/// R^2 along one axis (first) and the other: symbols of the header.
struct QuadraticForm {
  double first, mixed, second;
};
QuadraticForm form_of(const DualPieSum::Constants& k) {
  const double c = k.cos_angle, s = k.sin_angle;
  if (k.circular) return {1, 0, 1};
  return {c * c * k.inverse_x + s * s * k.inverse_y, c * s * (k.inverse_x - k.inverse_y),
          s * s * k.inverse_x + c * c * k.inverse_y};
}

// The least rho along the first axis over all positions on the second: the sum of two distances from a point
// that is a straight line or a hyperbola in the second coordinate is convex, so that a golden section finds
// its least value.
double least_rho(const QuadraticForm& s, double w2, double first, double second, double half_width) {
  const double slope = s.mixed / s.first, ratio = (s.first * s.second - s.mixed * s.mixed) / s.first;
  const auto sum_of_distances = [&](double d) {
    const double real = (-slope * d - first) / half_width;
    const double imaginary2 = (w2 + d * d * ratio) / s.first / (half_width * half_width);
    return std::sqrt((real - 1) * (real - 1) + imaginary2) + std::sqrt((real + 1) * (real + 1) + imaginary2);
  };
  constexpr double golden = 0.6180339887498949;
  double low = second - half_width, high = second + half_width;
  double a = high - golden * (high - low), b = low + golden * (high - low);
  double at_a = sum_of_distances(a), at_b = sum_of_distances(b);
  double least = std::min({sum_of_distances(low), sum_of_distances(high), at_a, at_b});
  for (int step = 0; step < 12; ++step) {
    if (at_a < at_b) {
      high = b;
      b = a;
      at_b = at_a;
      a = high - golden * (high - low);
      at_a = sum_of_distances(a);
    } else {
      low = a;
      a = b;
      at_a = at_b;
      b = low + golden * (high - low);
      at_b = sum_of_distances(b);
    }
    least = std::min({least, at_a, at_b});
  }
  const double half_sum = std::max(1.0, least / 2);
  return half_sum + std::sqrt(half_sum * half_sum - 1);
}

double least_rho(const DualPieSum::Constants& k, const Tile& tile) {
  const QuadraticForm form = form_of(k);
  const double dx = tile.centre.x - k.centre_x, dy = tile.centre.y - k.centre_y;
  return std::min(least_rho(form, k.core.w2, dx, dy, tile.half_width),
                  least_rho({form.second, form.mixed, form.first}, k.core.w2, dy, dx, tile.half_width));
}

// --- expansions

void add_to_expansion(const Potentials& far, const Tile& tile, Expansion& expansion) {
  if (far.empty()) return;
  std::array<Vector2, order * order> theta;
  std::array<Vector2, order * order> alpha;
  std::array<Hessian, order * order> hessian;
  for (int j = 0; j < order; ++j)
    for (int i = 0; i < order; ++i)
      theta[j * order + i] = {tile.centre.x + tile.half_width * chebyshev_points()[i],
                              tile.centre.y + tile.half_width * chebyshev_points()[j]};
  evaluate(far, theta, alpha.data(), hessian.data());
  for (int k = 0; k < order * order; ++k) {
    const double values[components] = {alpha[k].x, alpha[k].y, hessian[k].xx, hessian[k].xy, hessian[k].yy};
    for (int c = 0; c < components; ++c) expansion.values[c][k] += values[c];
  }
  expansion.empty = false;
}

Expansion of_quarter(const Expansion& whole, int right, int up) {
  Expansion quarter;
  quarter.empty = whole.empty;
  if (whole.empty) return quarter;
  for (int c = 0; c < components; ++c)
    interpolate(to_half(right), to_half(up), whole.values[c], quarter.values[c].data());
  return quarter;
}

/// What the recursion over tiles needs to know, and fills.
class TiledSum {
 public:
  TiledSum(const Grid& grid, Array2D<Vector2>& deflection, Array2D<Hessian>& hessian)
      : grid_(grid), deflection_(deflection), hessian_(hessian) {}

  /// The tile of `nodes` x `nodes` nodes from (i0, j0) on, as far as it lies on the grid.
  void fill(int i0, int j0, int nodes, const Potentials& potentials, Expansion&& expansion) const {
    if (i0 >= grid_.width || j0 >= grid_.height) return;
    const double half = 0.5 * nodes * grid_.step_arcsec;
    const Vector2 first = grid_.node(i0, j0);
    const double to_centre = half - 0.5 * grid_.step_arcsec;
    const Tile tile{{first.x + to_centre, first.y + to_centre}, half};
    Potentials far, near;
    for (const DualPieSum::Constants& k : potentials)
      (least_rho(k, tile) >= required_rho ? far : near).push_back(k);
    add_to_expansion(far, tile, expansion);
    if (nodes == leaf_nodes) return fill_nodes(i0, j0, near, expansion);
    const int part = nodes / 2;
    for (int k = 0; k < 4; ++k)
      fill(i0 + (k & 1) * part, j0 + (k >> 1) * part, part, near, of_quarter(expansion, k & 1, k >> 1));
  }

 private:
  void fill_nodes(int i0, int j0, const Potentials& near, const Expansion& expansion) const {
    const int width = std::min(leaf_nodes, grid_.width - i0),
              height = std::min(leaf_nodes, grid_.height - j0);
    sum_near(i0, j0, width, height, near);
    if (expansion.empty) return;
    alignas(64) std::array<std::array<double, leaf_nodes * leaf_nodes>, components> far;
    for (int c = 0; c < components; ++c)
      interpolate(to_nodes(), to_nodes(), expansion.values[c], far[c].data());
    for (int j = 0; j < height; ++j)
      for (int i = 0; i < width; ++i) {
        const int k = j * leaf_nodes + i;
        Vector2& alpha = deflection_(i0 + i, j0 + j);
        Hessian& h = hessian_(i0 + i, j0 + j);
        alpha = {alpha.x + far[0][k], alpha.y + far[1][k]};
        h = {h.xx + far[2][k], h.xy + far[3][k], h.yy + far[4][k]};
      }
  }

  void sum_near(int i0, int j0, int width, int height, const Potentials& near) const {
    std::array<Vector2, leaf_nodes * leaf_nodes> theta, alpha;
    std::array<Hessian, leaf_nodes * leaf_nodes> hessian;
    for (int j = 0; j < height; ++j)
      for (int i = 0; i < width; ++i) theta[j * width + i] = grid_.node(i0 + i, j0 + j);
    const std::size_t count = static_cast<std::size_t>(width) * height;
    evaluate(near, {theta.data(), count}, alpha.data(), hessian.data());
    for (int j = 0; j < height; ++j) {
      std::copy_n(alpha.data() + j * width, width, deflection_.row(j0 + j) + i0);
      std::copy_n(hessian.data() + j * width, width, hessian_.row(j0 + j) + i0);
    }
  }

  const Grid& grid_;
  Array2D<Vector2>& deflection_;
  Array2D<Hessian>& hessian_;
};

}  // namespace

void sum_on_grid(std::span<const DualPieSum::Constants> potentials, const Grid& grid, int threads,
                 Array2D<Vector2>& deflection, Array2D<Hessian>& hessian) {
  const int columns = (grid.width + root_nodes - 1) / root_nodes,
            rows = (grid.height + root_nodes - 1) / root_nodes;
  const Potentials all(potentials.begin(), potentials.end());
  const TiledSum sum(grid, deflection, hessian);
  parallel_for(static_cast<std::size_t>(columns) * rows, threads, [&](std::size_t root) {
    const int i = static_cast<int>(root) % columns, j = static_cast<int>(root) / columns;
    sum.fill(i * root_nodes, j * root_nodes, root_nodes, all, Expansion{});
  });
}

void sum_by_one_expansion(std::span<const DualPieSum::Constants> potentials, Vector2 low, double side,
                          std::span<const Vector2> theta, Vector2* deflection, Hessian* hessian,
                          double* smallest_rho) {
  const Tile tile{{low.x + side / 2, low.y + side / 2}, side / 2};
  *smallest_rho = 1e300;
  for (const DualPieSum::Constants& k : potentials)
    *smallest_rho = std::min(*smallest_rho, least_rho(k, tile));
  Expansion expansion;
  add_to_expansion({potentials.begin(), potentials.end()}, tile, expansion);
  for (std::size_t n = 0; n < theta.size(); ++n) {
    const Points x = lagrange_basis((theta[n].x - tile.centre.x) / tile.half_width);
    const Points y = lagrange_basis((theta[n].y - tile.centre.y) / tile.half_width);
    double sums[components] = {};
    for (int c = 0; c < components; ++c)
      for (int j = 0; j < order; ++j)
        for (int i = 0; i < order; ++i) sums[c] += x[i] * y[j] * expansion.values[c][j * order + i];
    deflection[n] = {sums[0], sums[1]};
    hessian[n] = {sums[2], sums[3], sums[4]};
  }
}

}  // namespace arcproof::lens
