#include "engine/lens/critical.h"

#include "engine/core/error.h"
#include "engine/core/units.h"
#include "engine/io/files.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <string>
#include <utility>

#include <fmt/format.h>

namespace arcproof::lens {
namespace {

// 1 - kappa -+ gamma: 0 on the lines of one kind. Not infinite where the magnification is.
double eigenvalue(const Hessian& h, double d, CriticalKind kind) {
  const double trace = 1 - d * (h.xx + h.yy) / 2, shear = d * std::hypot((h.xx - h.yy) / 2, h.xy);
  return kind == CriticalKind::tangential ? trace - shear : trace + shear;
}

Hessian mix(const Hessian& a, const Hessian& b, double t) {
  return {(1 - t) * a.xx + t * b.xx, (1 - t) * a.xy + t * b.xy, (1 - t) * a.yy + t * b.yy};
}

/// The contour of one eigenvalue. An edge of the grid is the number of its lower-left node, twice, plus 1 for
/// the edge that goes up.
class Contour {
 public:
  Contour(const LensMap& map, double d, CriticalKind kind) : map_(map), d_(d), kind_(kind) {
    const Grid& grid = map.grid();
    negative_ = Array2D<char>(grid.width, grid.height);
    for (int j = 0; j < grid.height; ++j)
      for (int i = 0; i < grid.width; ++i)
        negative_(i, j) = eigenvalue(map.hessian_nodes()(i, j), d, kind) < 0;
    for (int j = 0; j + 1 < grid.height; ++j)
      for (int i = 0; i + 1 < grid.width; ++i) add_cell(i, j);
  }

  // Open lines from their ends first, then closed ones from wherever.
  std::vector<CriticalLine> lines() {
    std::vector<CriticalLine> all;
    for (const bool open : {true, false})
      for (const auto& [edge, neighbours] : neighbours_)
        if (!visited_.contains(edge) && (!open || neighbours[1] < 0)) all.push_back(follow(edge));
    return all;
  }

 private:
  using Edge = long long;

  Edge edge(int i, int j, bool up) const {
    return 2 * (static_cast<Edge>(j) * map_.grid().width + i) + (up ? 1 : 0);
  }

  void join(Edge a, Edge b) {
    for (const auto& [from, to] : {std::pair{a, b}, std::pair{b, a}}) {
      std::array<Edge, 2>& n = neighbours_.try_emplace(from, std::array<Edge, 2>{-1, -1}).first->second;
      n[n[0] < 0 ? 0 : 1] = to;
    }
  }

  // Two crossings are joined; four (a saddle) as the value in the middle of the cell says.
  void add_cell(int i, int j) {
    const bool low_left = negative_(i, j), low_right = negative_(i + 1, j), up_left = negative_(i, j + 1),
               up_right = negative_(i + 1, j + 1);
    const Edge bottom = edge(i, j, false), top = edge(i, j + 1, false), left = edge(i, j, true),
               right = edge(i + 1, j, true);
    std::vector<Edge> crossed;
    if (low_left != low_right) crossed.push_back(bottom);
    if (low_right != up_right) crossed.push_back(right);
    if (up_left != up_right) crossed.push_back(top);
    if (low_left != up_left) crossed.push_back(left);
    if (crossed.size() == 2) join(crossed[0], crossed[1]);
    if (crossed.size() != 4) return;
    const Array2D<Hessian>& h = map_.hessian_nodes();
    const Hessian middle = mix(mix(h(i, j), h(i + 1, j), 0.5), mix(h(i, j + 1), h(i + 1, j + 1), 0.5), 0.5);
    const bool middle_is_low_left = (eigenvalue(middle, d_, kind_) < 0) == low_left;
    join(bottom, middle_is_low_left ? right : left);
    join(top, middle_is_low_left ? left : right);
  }

  Vector2 zero_on(Edge e) const {
    const Grid& grid = map_.grid();
    const int i = static_cast<int>(e / 2 % grid.width), j = static_cast<int>(e / 2 / grid.width);
    const int di = e % 2 == 0, dj = 1 - di;
    const Hessian &a = map_.hessian_nodes()(i, j), &b = map_.hessian_nodes()(i + di, j + dj);
    double low = 0, high = 1;
    for (int step = 0; step < 50; ++step) {
      const double t = (low + high) / 2;
      const bool same = (eigenvalue(mix(a, b, t), d_, kind_) < 0) == bool(negative_(i, j));
      (same ? low : high) = t;
    }
    const Vector2 node = grid.node(i, j);
    return {node.x + di * low * grid.step_arcsec, node.y + dj * low * grid.step_arcsec};
  }

  CriticalLine follow(Edge start) {
    CriticalLine line;
    line.kind = kind_;
    for (Edge at = start, before = -1; at >= 0;) {
      visited_[at] = true;
      line.image_plane.push_back(zero_on(at));
      const std::array<Edge, 2>& n = neighbours_.at(at);
      const Edge next = n[0] != before ? n[0] : n[1];
      before = at;
      if (next == start) line.closed = true;
      at = next >= 0 && !visited_.contains(next) ? next : -1;
    }
    for (const Vector2& theta : line.image_plane)
      line.source_plane.push_back(map_.source_position(theta, d_));
    return line;
  }

  const LensMap& map_;
  double d_;
  CriticalKind kind_;
  Array2D<char> negative_;
  std::map<Edge, std::array<Edge, 2>> neighbours_;
  std::map<Edge, bool> visited_;
};

double cross(Vector2 a, Vector2 b, Vector2 p) {
  return (b.x - a.x) * (p.y - a.y) - (b.y - a.y) * (p.x - a.x);
}

/// Half-open in its edges, so that a point on the edge of two triangles is in one of them.
bool covers(Vector2 a, Vector2 b, Vector2 c, Vector2 p) {
  const auto left_of = [&](Vector2 from, Vector2 to) {
    // The same arithmetic for an edge in either direction: from its lower end.
    const bool swap = to.y < from.y || (to.y == from.y && to.x < from.x);
    const double side = swap ? cross(to, from, p) : cross(from, to, p);
    return (side > 0) != swap;
  };
  const bool ab = left_of(a, b), bc = left_of(b, c), ca = left_of(c, a);
  return ab == bc && bc == ca;
}

void count_triangle(Vector2 a, Vector2 b, Vector2 c, const Grid& grid, Array2D<std::uint16_t>& count) {
  const auto index = [&](double value, double origin) { return (value - origin) / grid.step_arcsec; };
  const Vector2 o = grid.origin_arcsec;
  const double low_x = index(std::min({a.x, b.x, c.x}), o.x), high_x = index(std::max({a.x, b.x, c.x}), o.x);
  const double low_y = index(std::min({a.y, b.y, c.y}), o.y), high_y = index(std::max({a.y, b.y, c.y}), o.y);
  if (!(high_x >= 0 && high_y >= 0 && low_x <= grid.width - 1 && low_y <= grid.height - 1)) return;
  const int i0 = static_cast<int>(std::max(0.0, std::ceil(low_x))),
            i1 = static_cast<int>(std::min(grid.width - 1.0, high_x));
  const int j0 = static_cast<int>(std::max(0.0, std::ceil(low_y))),
            j1 = static_cast<int>(std::min(grid.height - 1.0, high_y));
  for (int j = j0; j <= j1; ++j)
    for (int i = i0; i <= i1; ++i) count(i, j) += covers(a, b, c, grid.node(i, j));
}

}  // namespace

std::vector<CriticalLine> critical_lines(const LensMap& map, double efficiency) {
  require(!map.is_constant() && efficiency >= 0, "critical_lines: a map with nodes, efficiency >= 0");
  std::vector<CriticalLine> all = Contour(map, efficiency, CriticalKind::tangential).lines();
  for (CriticalLine& line : Contour(map, efficiency, CriticalKind::radial).lines())
    all.push_back(std::move(line));
  return all;
}

double enclosed_area(const std::vector<Vector2>& polygon) {
  double twice = 0;
  for (std::size_t i = 0; i < polygon.size(); ++i) {
    const Vector2 &a = polygon[i], &b = polygon[(i + 1) % polygon.size()];
    twice += a.x * b.y - a.y * b.x;
  }
  return std::abs(twice) / 2;
}

double effective_radius(const std::vector<Vector2>& polygon) {
  return std::sqrt(enclosed_area(polygon) / units::pi);
}

Array2D<std::uint16_t> multiplicity_map(const LensMap& map, double efficiency, const Grid& source_grid) {
  require(!map.is_constant() && efficiency >= 0, "multiplicity_map: a map with nodes, efficiency >= 0");
  require(source_grid.step_arcsec > 0, "multiplicity_map: a source grid");
  Array2D<std::uint16_t> count(source_grid.width, source_grid.height);
  const Grid& grid = map.grid();
  const auto source = [&](int i, int j) {
    const Vector2 theta = grid.node(i, j), alpha = map.deflection_nodes()(i, j);
    return Vector2{theta.x - efficiency * alpha.x, theta.y - efficiency * alpha.y};
  };
  for (int j = 0; j + 1 < grid.height; ++j) {
    for (int i = 0; i + 1 < grid.width; ++i) {
      const Vector2 right = source(i + 1, j), up = source(i, j + 1);
      count_triangle(source(i, j), right, up, source_grid, count);
      count_triangle(source(i + 1, j + 1), right, up, source_grid, count);
    }
  }
  return count;
}

void write_ds9_regions(const std::filesystem::path& path, const std::vector<CriticalLine>& lines,
                       sky::SkyPosition reference, bool source_plane) {
  std::string text = "# Region file format: DS9 version 4.1\nfk5\n";
  for (const CriticalLine& line : lines) {
    const std::vector<Vector2>& points = source_plane ? line.source_plane : line.image_plane;
    const std::string style = line.kind == CriticalKind::tangential ? " # color=red text={tangential}\n"
                                                                    : " # color=blue text={radial}\n";
    std::vector<std::string> words;
    for (const Vector2& theta : points) {
      const sky::SkyPosition sky = to_sky(reference, theta);
      words.push_back(fmt::format("{:.9f},{:.9f}", sky.ra_deg, sky.dec_deg));
    }
    if (line.closed && points.size() >= 3) {
      text += "polygon(";
      for (std::size_t i = 0; i < words.size(); ++i) text += (i ? "," : "") + words[i];
      text += ")" + style;
    } else {
      for (std::size_t i = 0; i + 1 < words.size(); ++i)
        text += "line(" + words[i] + "," + words[i + 1] + ")" + style;
    }
  }
  io::write_text(path, text);
}

}  // namespace arcproof::lens
