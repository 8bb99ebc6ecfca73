#include "engine/lens/images.h"

#include "engine/core/error.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace arcproof::lens {
namespace {

constexpr double duplicate_steps = 1e-4;  // Newton's images of one root agree to 1e-9 steps
constexpr double fold_margin = 0.3;       // of a square's extent in the source plane: how far it may bulge
constexpr int deepest = 5;                // halvings of a cell that is folded
constexpr double triangle_slack = 0.05;   // straight edges for curved ones
constexpr double difference_step = 1e-4;  // of a grid step, for derivatives
constexpr double cells_per_bucket = 4;    // where the source plane is covered once

double cross(Vector2 a, Vector2 b) { return a.x * b.y - a.y * b.x; }
Vector2 operator-(Vector2 a, Vector2 b) { return {a.x - b.x, a.y - b.y}; }
Vector2 operator+(Vector2 a, Vector2 b) { return {a.x + b.x, a.y + b.y}; }
Vector2 operator*(double k, Vector2 a) { return {k * a.x, k * a.y}; }

/// A = d beta / d theta, symmetric.
using Jacobian = Hessian;
Jacobian jacobian_of(const Hessian& h, double d) { return {1 - d * h.xx, -d * h.xy, 1 - d * h.yy}; }
double determinant(const Jacobian& a) { return a.xx * a.yy - a.xy * a.xy; }

// A^-1 r.
Vector2 solve(const Jacobian& a, Vector2 r) {
  const double det = determinant(a);
  return {(a.yy * r.x - a.xy * r.y) / det, (a.xx * r.y - a.xy * r.x) / det};
}

struct NewtonLimits {
  double longest_step, tolerance;
  int iterations;
};

// Newton with steps cut to `longest_step` and halved until the distance in the source plane falls. `residual`
// is beta - beta(theta), `jacobian` A(theta); `allowed` says where they exist.
template <class Residual, class Slope, class Allowed>
std::optional<Vector2> newton(Vector2 theta, const NewtonLimits& limits, const Residual& residual,
                              const Slope& jacobian, const Allowed& allowed) {
  Vector2 r = residual(theta);
  for (int iteration = 0; iteration < limits.iterations; ++iteration) {
    Vector2 step = solve(jacobian(theta), r);
    const double size = length(step);
    if (!std::isfinite(size)) return std::nullopt;
    if (size <= limits.tolerance) return theta;
    if (size > limits.longest_step) step = (limits.longest_step / size) * step;
    bool fell = false;
    for (double fraction = 1; fraction > 1e-4 && !fell; fraction /= 2) {
      const Vector2 trial = theta + fraction * step;
      if (!allowed(trial)) continue;
      const Vector2 trial_r = residual(trial);
      fell = length(trial_r) < length(r);
      if (fell) {
        theta = trial;
        r = trial_r;
      }
    }
    if (!fell) return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

ImageFinder::ImageFinder(const LensMap& map, double efficiency) : map_(&map), efficiency_(efficiency) {
  require(efficiency >= 0, "ImageFinder: efficiency >= 0");
  if (map.is_constant()) return;
  carry_nodes();
  mark_folded_cells();
  sort_cells();
}

// Cells with corners of both parities, and the two rings of cells around each: there a triangle's edges may
// still bend across the source.
void ImageFinder::mark_folded_cells() {
  const Grid& grid = map_->grid();
  folded_ = Array2D<char>(grid.width, grid.height, 0);
  const auto negative = [&](int i, int j) {
    return magnification(map_->hessian_nodes()(i, j), efficiency_).mu < 0;
  };
  for (int j = 0; j + 1 < grid.height; ++j) {
    for (int i = 0; i + 1 < grid.width; ++i) {
      const bool first = negative(i, j);
      if (negative(i + 1, j) == first && negative(i, j + 1) == first && negative(i + 1, j + 1) == first)
        continue;
      for (int y = std::max(0, j - 2); y <= std::min(grid.height - 2, j + 2); ++y)
        for (int x = std::max(0, i - 2); x <= std::min(grid.width - 2, i + 2); ++x) folded_(x, y) = 1;
    }
  }
}

void ImageFinder::carry_nodes() {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const Grid& grid = map_->grid();
  source_ = Array2D<Vector2>(grid.width, grid.height);
  low_ = {infinity, infinity};
  high_ = {-infinity, -infinity};
  for (int j = 0; j < grid.height; ++j) {
    for (int i = 0; i < grid.width; ++i) {
      const Vector2 beta = grid.node(i, j) - efficiency_ * map_->deflection_nodes()(i, j);
      source_(i, j) = beta;
      low_ = {std::min(low_.x, beta.x), std::min(low_.y, beta.y)};
      high_ = {std::max(high_.x, beta.x), std::max(high_.y, beta.y)};
    }
  }
}

template <class Visit>
void ImageFinder::for_each_bucket_of(int i, int j, const Visit& visit) const {
  const Vector2 &a = source_(i, j), &b = source_(i + 1, j), &c = source_(i, j + 1),
                &d = source_(i + 1, j + 1);
  const auto bucket = [this](double distance, int count) {
    return std::clamp(static_cast<int>(distance / bucket_arcsec_), 0, count - 1);
  };
  const double x_low = std::min({a.x, b.x, c.x, d.x}), x_high = std::max({a.x, b.x, c.x, d.x});
  const double y_low = std::min({a.y, b.y, c.y, d.y}), y_high = std::max({a.y, b.y, c.y, d.y});
  const double margin =
      (folded_(i, j) ? fold_margin : triangle_slack) * std::max(x_high - x_low, y_high - y_low);
  const int x0 = bucket(x_low - margin - low_.x, buckets_x_),
            x1 = bucket(x_high + margin - low_.x, buckets_x_);
  const int y0 = bucket(y_low - margin - low_.y, buckets_y_),
            y1 = bucket(y_high + margin - low_.y, buckets_y_);
  for (int y = y0; y <= y1; ++y)
    for (int x = x0; x <= x1; ++x) visit(static_cast<std::size_t>(y) * buckets_x_ + x);
}

// Counting sort: how many cells touch each bucket, then where each bucket begins, then the cells.
void ImageFinder::sort_cells() {
  const int width = map_->grid().width, height = map_->grid().height;
  const double cells = static_cast<double>(width - 1) * (height - 1);
  const Vector2 extent = high_ - low_;
  bucket_arcsec_ = std::max(std::sqrt(extent.x * extent.y * cells_per_bucket / cells),
                            std::max(extent.x, extent.y) / std::max(1.0, cells) + 1e-12);
  buckets_x_ = 1 + static_cast<int>(extent.x / bucket_arcsec_);
  buckets_y_ = 1 + static_cast<int>(extent.y / bucket_arcsec_);

  start_.assign(static_cast<std::size_t>(buckets_x_) * buckets_y_ + 1, 0);
  for (int j = 0; j + 1 < height; ++j)
    for (int i = 0; i + 1 < width; ++i) for_each_bucket_of(i, j, [&](std::size_t b) { ++start_[b + 1]; });
  std::partial_sum(start_.begin(), start_.end(), start_.begin());
  cells_.resize(start_.back());
  std::vector<std::uint32_t> next(start_.begin(), start_.end() - 1);
  for (int j = 0; j + 1 < height; ++j)
    for (int i = 0; i + 1 < width; ++i)
      for_each_bucket_of(
          i, j, [&](std::size_t b) { cells_[next[b]++] = static_cast<std::uint32_t>(j * width + i); });
}

// A = d beta / d theta of the interpolated map by central differences, its symmetric part. Not 1 - d H:
// between the nodes the interpolated Hessian is another interpolation than that of the deflection, and
// vanishes elsewhere.
Hessian ImageFinder::jacobian(Vector2 theta) const {
  const double h = difference_step * map_->grid().step_arcsec;
  const auto shifted = [&](double x, double y) {
    const Vector2 to = theta + Vector2{x, y};
    return map_->covers(to) ? to : theta;
  };
  const Vector2 east = shifted(h, 0), west = shifted(-h, 0), north = shifted(0, h), south = shifted(0, -h);
  const Vector2 along_x = (1 / (east.x - west.x)) * (map_->source_position(east, efficiency_) -
                                                     map_->source_position(west, efficiency_));
  const Vector2 along_y = (1 / (north.y - south.y)) * (map_->source_position(north, efficiency_) -
                                                       map_->source_position(south, efficiency_));
  return {along_x.x, 0.5 * (along_x.y + along_y.x), along_y.y};
}

std::optional<Vector2> ImageFinder::refined(Vector2 beta, Vector2 start, Place place) const {
  const double step = map_->grid().step_arcsec;
  return newton(
      start, {step, 1e-9 * step, 50},
      [&](Vector2 theta) { return beta - map_->source_position(theta, efficiency_); },
      [&](Vector2 theta) {
        return place == Place::folded ? jacobian(theta) : jacobian_of(map_->hessian(theta), efficiency_);
      },
      [&](Vector2 theta) { return map_->covers(theta); });
}

void ImageFinder::add_refined(Vector2 beta, Vector2 start, Place place, std::vector<Image>& found) const {
  const auto theta = refined(beta, start, place);
  if (!theta) return;
  const double mu = place == Place::folded ? 1 / determinant(jacobian(*theta))
                                           : magnification(map_->hessian(*theta), efficiency_).mu;
  const double near = duplicate_steps * map_->grid().step_arcsec;
  for (const Image& image : found)
    if (length(image.position_arcsec - *theta) < near && (image.mu > 0) == (mu > 0)) return;
  found.push_back({*theta, mu});
}

ImageFinder::Square ImageFinder::cell(int i, int j) const {
  const Grid& grid = map_->grid();
  return {grid.node(i, j),
          grid.step_arcsec,
          {source_(i, j), source_(i + 1, j), source_(i, j + 1), source_(i + 1, j + 1)}};
}

bool ImageFinder::Square::may_cover(Vector2 beta) const {
  const auto [x_low, x_high] = std::minmax({source[0].x, source[1].x, source[2].x, source[3].x});
  const auto [y_low, y_high] = std::minmax({source[0].y, source[1].y, source[2].y, source[3].y});
  const double margin = fold_margin * std::max(x_high - x_low, y_high - y_low);
  return beta.x >= x_low - margin && beta.x <= x_high + margin && beta.y >= y_low - margin &&
         beta.y <= y_high + margin;
}

void ImageFinder::add_images_of_triangles(const Square& square, Place place, Vector2 beta,
                                          std::vector<Image>& found) const {
  // Both triangles have the diagonal from the lower right to the upper left; `corner` is the third corner,
  // and the sides point away from there.
  for (const bool lower : {true, false}) {
    const Vector2 corner = square.source[lower ? 0 : 3];
    const Vector2 along_x = square.source[lower ? 1 : 2] - corner,
                  along_y = square.source[lower ? 2 : 1] - corner;
    const double area = cross(along_x, along_y);
    const double x = cross(beta - corner, along_y) / area, y = cross(along_x, beta - corner) / area;
    if (!(x >= -triangle_slack && y >= -triangle_slack && x + y <= 1 + triangle_slack)) continue;
    const Vector2 inside{std::clamp(lower ? x : 1 - x, 0.0, 1.0), std::clamp(lower ? y : 1 - y, 0.0, 1.0)};
    add_refined(beta, square.low + square.side * inside, place, found);
  }
}

// Quarters down to the smallest, where both sides of a critical line are tried.
void ImageFinder::add_images_of_folded(const Square& square, int depth, Vector2 beta,
                                       std::vector<Image>& found) const {
  if (!square.may_cover(beta)) return;
  const auto corner = [&](double x, double y) { return square.low + square.side * Vector2{x, y}; };
  if (depth == deepest) {
    add_images_of_triangles(square, Place::folded, beta, found);
    int negative = 0;
    for (int k = 0; k < 4; ++k) negative += determinant(jacobian(corner(k & 1, k >> 1))) < 0;
    if (negative % 4 != 0)
      for (int k = 0; k < 4; ++k) add_refined(beta, corner(k & 1, k >> 1), Place::folded, found);
    return;
  }
  // The 3 x 3 corners of the quarters.
  Vector2 at[3][3];
  for (int j = 0; j < 3; ++j)
    for (int i = 0; i < 3; ++i)
      at[j][i] = i == 1 || j == 1 ? map_->source_position(corner(0.5 * i, 0.5 * j), efficiency_)
                                  : square.source[i / 2 + 2 * (j / 2)];
  for (int j = 0; j < 2; ++j)
    for (int i = 0; i < 2; ++i)
      add_images_of_folded({corner(0.5 * i, 0.5 * j),
                            0.5 * square.side,
                            {at[j][i], at[j][i + 1], at[j + 1][i], at[j + 1][i + 1]}},
                           depth + 1, beta, found);
}

void ImageFinder::add_images_of_cell(int i, int j, Vector2 beta, std::vector<Image>& found) const {
  if (folded_(i, j)) add_images_of_folded(cell(i, j), 0, beta, found);
  else add_images_of_triangles(cell(i, j), Place::smooth, beta, found);
}

std::vector<Image> ImageFinder::images(Vector2 beta) const {
  if (map_->is_constant()) {
    const Hessian h = map_->hessian({});
    return {{solve(jacobian_of(h, efficiency_), beta), magnification(h, efficiency_).mu}};
  }
  std::vector<Image> found;
  if (!(beta.x >= low_.x && beta.y >= low_.y && beta.x <= high_.x && beta.y <= high_.y)) return found;
  const int x = std::min(static_cast<int>((beta.x - low_.x) / bucket_arcsec_), buckets_x_ - 1);
  const int y = std::min(static_cast<int>((beta.y - low_.y) / bucket_arcsec_), buckets_y_ - 1);
  const std::size_t bucket = static_cast<std::size_t>(y) * buckets_x_ + x;
  const int width = map_->grid().width;
  for (std::uint32_t k = start_[bucket]; k < start_[bucket + 1]; ++k)
    add_images_of_cell(static_cast<int>(cells_[k]) % width, static_cast<int>(cells_[k]) / width, beta, found);
  std::sort(found.begin(), found.end(),
            [](const Image& a, const Image& b) { return std::abs(a.mu) > std::abs(b.mu); });
  return found;
}

std::optional<Vector2> image_near(const LensModel& model, double efficiency, Vector2 beta, Vector2 start) {
  return newton(
      start, {0.5, 1e-10, 200},
      [&](Vector2 theta) { return beta - (theta - efficiency * model.deflection(theta)); },
      [&](Vector2 theta) { return jacobian_of(model.hessian(theta), efficiency); },
      [](Vector2) { return true; });
}

}  // namespace arcproof::lens
