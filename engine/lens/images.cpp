#include "engine/lens/images.h"

#include "engine/core/error.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace arcproof::lens {
namespace {

constexpr double duplicate_steps = 0.2;
constexpr double cells_per_bucket = 4;  // where the source plane is covered once

double cross(Vector2 a, Vector2 b) { return a.x * b.y - a.y * b.x; }
Vector2 operator-(Vector2 a, Vector2 b) { return {a.x - b.x, a.y - b.y}; }
Vector2 operator+(Vector2 a, Vector2 b) { return {a.x + b.x, a.y + b.y}; }
Vector2 operator*(double k, Vector2 a) { return {k * a.x, k * a.y}; }
double length(Vector2 a) { return std::hypot(a.x, a.y); }

// A^-1 r with A = 1 - d H.
Vector2 solve(const Hessian& h, double d, Vector2 r) {
  const double xx = 1 - d * h.xx, xy = -d * h.xy, yy = 1 - d * h.yy;
  const double determinant = xx * yy - xy * xy;
  return {(yy * r.x - xy * r.y) / determinant, (xx * r.y - xy * r.x) / determinant};
}

struct NewtonLimits {
  double longest_step, tolerance;
  int iterations;
};

// Newton with steps cut to `longest_step` and halved until the distance in the source plane falls. `residual`
// is beta - beta(theta), `hessian` H(theta); `allowed` says where they exist.
template <class Residual, class Curvature, class Allowed>
std::optional<Vector2> newton(Vector2 theta, double d, const NewtonLimits& limits, const Residual& residual,
                              const Curvature& hessian, const Allowed& allowed) {
  Vector2 r = residual(theta);
  for (int iteration = 0; iteration < limits.iterations; ++iteration) {
    Vector2 step = solve(hessian(theta), d, r);
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
  sort_cells();
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
  const int x0 = bucket(std::min({a.x, b.x, c.x, d.x}) - low_.x, buckets_x_);
  const int x1 = bucket(std::max({a.x, b.x, c.x, d.x}) - low_.x, buckets_x_);
  const int y0 = bucket(std::min({a.y, b.y, c.y, d.y}) - low_.y, buckets_y_);
  const int y1 = bucket(std::max({a.y, b.y, c.y, d.y}) - low_.y, buckets_y_);
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

std::optional<Vector2> ImageFinder::refined(Vector2 beta, Vector2 start) const {
  const double step = map_->grid().step_arcsec;
  return newton(
      start, efficiency_, {step, 1e-9 * step, 50},
      [&](Vector2 theta) { return beta - map_->source_position(theta, efficiency_); },
      [&](Vector2 theta) { return map_->hessian(theta); },
      [&](Vector2 theta) { return map_->covers(theta); });
}

void ImageFinder::add_image(Vector2 theta, std::vector<Image>& found) const {
  const double mu = magnification(map_->hessian(theta), efficiency_).mu;
  const double near = duplicate_steps * map_->grid().step_arcsec;
  for (const Image& image : found)
    if (length(image.position_arcsec - theta) < near && (image.mu > 0) == (mu > 0)) return;
  found.push_back({theta, mu});
}

void ImageFinder::add_images_of_cell(int i, int j, Vector2 beta, std::vector<Image>& found) const {
  // Both triangles have the diagonal from (i + 1, j) to (i, j + 1); `corner` is the third node, `side` points
  // from there.
  const double step = map_->grid().step_arcsec;
  for (const int side : {1, -1}) {
    const int ci = side > 0 ? i : i + 1, cj = side > 0 ? j : j + 1;
    const Vector2 corner = source_(ci, cj);
    const Vector2 along_x = source_(ci + side, cj) - corner, along_y = source_(ci, cj + side) - corner;
    const double area = cross(along_x, along_y);
    const double x = cross(beta - corner, along_y) / area, y = cross(along_x, beta - corner) / area;
    constexpr double slack = 1e-9;  // a source on an edge belongs to both triangles
    if (!(x >= -slack && y >= -slack && x + y <= 1 + slack)) continue;
    const Grid& grid = map_->grid();
    Vector2 start = grid.node(ci, cj) + (side * step) * Vector2{x, y};
    if (!grid.contains(start)) start = grid.node(ci, cj);
    if (const auto theta = refined(beta, start)) add_image(*theta, found);
  }
}

std::vector<Image> ImageFinder::images(Vector2 beta) const {
  if (map_->is_constant()) {
    const Hessian h = map_->hessian({});
    return {{solve(h, efficiency_, beta), magnification(h, efficiency_).mu}};
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
      start, efficiency, {0.5, 1e-10, 200},
      [&](Vector2 theta) { return beta - (theta - efficiency * model.deflection(theta)); },
      [&](Vector2 theta) { return model.hessian(theta); }, [](Vector2) { return true; });
}

}  // namespace arcproof::lens
