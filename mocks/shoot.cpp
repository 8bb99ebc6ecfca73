#include "mocks/shoot.h"

#include "engine/core/array2d.h"
#include "engine/core/units.h"

#include <algorithm>
#include <cmath>

namespace arcproof::mocks {
namespace {

constexpr int block = 4;          // pixels: the coarsest cells
constexpr int finest_level = 14;  // 2^14 samples per pixel along an axis
constexpr int leaf = 4;           // samples along the side of a cell that is not split further

// The source seen from a position of the image: offset in units of its sigmas, and how that changes per
// pixel.
struct View {
  double u, v;            // whitened offset from the source's centre
  double uu, uv, vu, vv;  // its derivatives [1 / pixel]
  double radius() const { return std::hypot(u, v); }
  double slope() const { return std::sqrt(uu * uu + uv * uv + vu * vu + vv * vv); }
  // Largest singular value: 1 / the narrowest lensed width [1 / pixel].
  double steepest() const {
    const double s = uu * uu + uv * uv + vu * vu + vv * vv, d = uu * vv - uv * vu;
    return std::sqrt(0.5 * (s + std::sqrt(std::max(0.0, s * s - 4 * d * d))));
  }
};

class Shooter {
 public:
  Shooter(const SourceProfile& source, const lens::LensMap& map, double efficiency,
          const lens::ImageFrame& frame, int width, int height, const ShootOptions& options)
      : source_(source),
        map_(map),
        efficiency_(efficiency),
        options_(options),
        width_(width),
        height_(height),
        linear_(frame.linear_at({0.5 * (width - 1), 0.5 * (height - 1)})),
        cos_(std::cos(source.angle_rad)),
        sin_(std::sin(source.angle_rad)) {
    pixel_area_ = std::abs(linear_.xx * linear_.yy - linear_.xy * linear_.yx);
    peak_ = 1 / (2 * units::pi * source.sigma_major_arcsec * source.sigma_minor_arcsec);
  }

  std::vector<Piece> run() {
    find_lit_pixels();
    std::vector<Piece> pieces = connected_pieces();
    for (Piece& piece : pieces) fill(piece);
    return pieces;
  }

 private:
  bool covered(double x, double y) const { return map_.covers(linear_.to_lens({x, y})); }

  void whiten(lens::Vector2 offset, double& u, double& v) const {
    u = (offset.x * cos_ + offset.y * sin_) / source_.sigma_major_arcsec;
    v = (offset.y * cos_ - offset.x * sin_) / source_.sigma_minor_arcsec;
  }

  lens::Vector2 offset_at(lens::Vector2 theta) const {
    const lens::Vector2 beta = map_.source_position(theta, efficiency_);
    return {beta.x - source_.centre_arcsec.x, beta.y - source_.centre_arcsec.y};
  }

  View view(double x, double y) const {
    const lens::Vector2 theta = linear_.to_lens({x, y});
    View view{};
    whiten(offset_at(theta), view.u, view.v);
    const lens::Hessian h = map_.hessian(theta);
    const double axx = 1 - efficiency_ * h.xx, axy = -efficiency_ * h.xy, ayy = 1 - efficiency_ * h.yy;
    whiten({axx * linear_.xx + axy * linear_.yx, axy * linear_.xx + ayy * linear_.yx}, view.uu, view.vu);
    whiten({axx * linear_.xy + axy * linear_.yy, axy * linear_.xy + ayy * linear_.yy}, view.uv, view.vv);
    return view;
  }

  // Can a cell of this side hold light? The slope may grow across the cell: `safety` allows for it.
  bool may_be_lit(const View& v, double side, double safety) const {
    return v.radius() <= options_.reach_sigma + safety * v.slope() * side * 0.70710678;
  }

  void find_lit_pixels() {
    const int margin = options_.margin_pix;
    lit_ = Array2D<int>(width_ + 2 * margin, height_ + 2 * margin, 0);
    for (int y = 0; y < lit_.height(); y += block)
      for (int x = 0; x < lit_.width(); x += block) {
        const double cx = x - margin + 0.5 * (block - 1), cy = y - margin + 0.5 * (block - 1);
        if (covered(cx, cy) && may_be_lit(view(cx, cy), block, 2.0)) mark_pixels(x, y);
      }
  }

  void mark_pixels(int x0, int y0) {
    for (int y = y0; y < std::min(y0 + block, lit_.height()); ++y)
      for (int x = x0; x < std::min(x0 + block, lit_.width()); ++x) {
        const double px = x - options_.margin_pix, py = y - options_.margin_pix;
        if (covered(px, py) && may_be_lit(view(px, py), 1.0, 1.2)) lit_(x, y) = 1;
      }
  }

  std::vector<Piece> connected_pieces() {
    std::vector<Piece> pieces;
    for (int y = 0; y < lit_.height(); ++y)
      for (int x = 0; x < lit_.width(); ++x)
        if (lit_(x, y) == 1) pieces.push_back(flood(x, y));
    return pieces;
  }

  Piece flood(int x0, int y0) {
    std::vector<std::pair<int, int>> stack = {{x0, y0}};
    Piece piece;
    lit_(x0, y0) = 2;
    while (!stack.empty()) {
      const auto [x, y] = stack.back();
      stack.pop_back();
      piece.pixels.emplace_back(x - options_.margin_pix, y - options_.margin_pix);
      for (int j = y - 1; j <= y + 1; ++j)
        for (int i = x - 1; i <= x + 1; ++i)
          if (lit_.contains(i, j) && lit_(i, j) == 1) {
            lit_(i, j) = 2;
            stack.emplace_back(i, j);
          }
    }
    std::sort(piece.pixels.begin(), piece.pixels.end(), [](const auto& a, const auto& b) {
      return std::pair(a.second, a.first) < std::pair(b.second, b.first);
    });
    return piece;
  }

  void fill(Piece& piece) {
    double steepest = 0;
    for (const auto& [x, y] : piece.pixels) steepest = std::max(steepest, view(x, y).steepest());
    const int level = std::clamp(
        static_cast<int>(std::ceil(std::log2(std::max(1.0, options_.samples_per_sigma * steepest)))), 1,
        finest_level);
    const auto [left, right] =
        std::minmax_element(piece.pixels.begin(), piece.pixels.end(),
                            [](const auto& a, const auto& b) { return a.first < b.first; });
    piece.x_low = left->first;
    piece.x_high = right->first;
    piece.y_low = piece.pixels.front().second;
    piece.y_high = piece.pixels.back().second;
    for (const auto& [x, y] : piece.pixels) split(x - 0.5, y - 0.5, 1.0, 1 << level, piece);
    for (const Sample& sample : piece.samples) piece.flux += sample.flux;
  }

  // A cell with its lower corner at (x, y): sampled when it is small, else its lit quarters are.
  void split(double x, double y, double side, int samples, Piece& piece) {
    if (samples <= leaf) return sample_cell(x, y, side, samples, piece);
    const double half = 0.5 * side;
    for (int k = 0; k < 4; ++k) {
      const double qx = x + (k & 1) * half, qy = y + (k >> 1) * half;
      const double cx = qx + 0.5 * half, cy = qy + 0.5 * half;
      if (covered(cx, cy) && may_be_lit(view(cx, cy), half, 1.2)) split(qx, qy, half, samples / 2, piece);
    }
  }

  void sample_cell(double x, double y, double side, int samples, Piece& piece) {
    const double step = side / samples, area = pixel_area_ * step * step;
    const double limit = 0.5 * options_.reach_sigma * options_.reach_sigma;
    for (int j = 0; j < samples; ++j)
      for (int i = 0; i < samples; ++i) {
        const double px = x + (i + 0.5) * step, py = y + (j + 0.5) * step;
        const lens::Vector2 theta = linear_.to_lens({px, py});
        if (!map_.covers(theta)) continue;
        double u = 0, v = 0;
        whiten(offset_at(theta), u, v);
        const double exponent = 0.5 * (u * u + v * v);
        if (exponent < limit) piece.samples.push_back({px, py, area * peak_ * std::exp(-exponent)});
      }
  }

  const SourceProfile& source_;
  const lens::LensMap& map_;
  double efficiency_;
  ShootOptions options_;
  int width_, height_;
  lens::ImageFrame::Linear linear_;
  double cos_, sin_, pixel_area_ = 0, peak_ = 0;
  Array2D<int> lit_;
};

}  // namespace

bool Piece::contains(double x, double y) const {
  const int px = static_cast<int>(std::lround(x)), py = static_cast<int>(std::lround(y));
  return std::any_of(pixels.begin(), pixels.end(), [&](const auto& p) {
    return std::abs(p.first - px) <= 1 && std::abs(p.second - py) <= 1;
  });
}

std::vector<Piece> shoot(const SourceProfile& source, const lens::LensMap& map, double efficiency,
                         const lens::ImageFrame& frame, int width, int height, const ShootOptions& options) {
  return Shooter(source, map, efficiency, frame, width, height, options).run();
}

Piece unlensed_piece(double x, double y, double sigma_pix) {
  const double sigma = std::max(sigma_pix, 1e-3), step = std::min(0.5, sigma / 1.4);
  const int half = static_cast<int>(std::ceil(6 * sigma / step));
  Piece piece;
  for (int j = -half; j <= half; ++j)
    for (int i = -half; i <= half; ++i) {
      const double r2 = (static_cast<double>(i) * i + static_cast<double>(j) * j) * step * step;
      const double flux =
          step * step * std::exp(-0.5 * r2 / (sigma * sigma)) / (2 * units::pi * sigma * sigma);
      piece.samples.push_back({x + i * step, y + j * step, flux});
      piece.flux += flux;
    }
  const double reach = half * step;
  piece.x_low = static_cast<int>(std::floor(x - reach));
  piece.x_high = static_cast<int>(std::ceil(x + reach));
  piece.y_low = static_cast<int>(std::floor(y - reach));
  piece.y_high = static_cast<int>(std::ceil(y + reach));
  return piece;
}

}  // namespace arcproof::mocks
