#include "engine/sed/fits/posterior_places.h"

#include "engine/core/interpolate.h"

#include <algorithm>
#include <cmath>

namespace arcproof::sed::posterior {
namespace {

/// Among centres of cells: the outermost cells reach half a step further.
Bracket among(const std::vector<double>& centre, double x) { return even_bracket(centre, x, 0.5); }

}  // namespace

const std::vector<double>& centres(const PosteriorGrid& grid, std::size_t axis) {
  const std::array<const std::vector<double>*, axes> all{&grid.log_age_myr, &grid.log_z, &grid.av_mag,
                                                         &grid.log_u};
  return *all[axis];
}

Box::Box(const PosteriorGrid& grid) {
  const PosteriorPriors& p = grid.model.priors;
  const double solar = std::log10(p.solar_metallicity);
  low = {grid.log_age_myr_edge.front(), p.log_z_solar_min + solar, p.av_min_mag, p.log_u_min};
  high = {grid.log_age_myr_edge.back(), p.log_z_solar_max + solar, p.av_max_mag, p.log_u_max};
}

bool Box::holds(const Place& place) const {
  for (std::size_t i = 0; i < axes; ++i)
    if (place[i] < low[i] || place[i] > high[i]) return false;
  return true;
}

Place cell_widths(const PosteriorGrid& grid, const Box& box) {
  Place width{};
  for (std::size_t i = 0; i < axes; ++i)
    width[i] = (box.high[i] - box.low[i]) / static_cast<double>(centres(grid, i).size());
  return width;
}

Corners corners_of(const PosteriorGrid& grid, const Place& place) {
  const Bracket age = among(grid.log_age_myr, place[age_axis]), z = among(grid.log_z, place[z_axis]),
                av = among(grid.av_mag, place[av_axis]), u = among(grid.log_u, place[u_axis]);
  Corners out;
  const auto sides = [](const Bracket& b) {
    return std::array<std::pair<std::size_t, double>, 2>{{{b.left, 1 - b.part}, {b.right, b.part}}};
  };
  for (const auto& [ia, wa] : sides(age)) {
    const std::size_t us = grid.log_u_cells[ia];
    for (const auto& [iz, wz] : sides(z))
      for (const auto& [iv, wv] : sides(av)) {
        const std::size_t row = grid.first[ia] + (iz * grid.av_mag.size() + iv) * us;
        const auto add = [&](std::size_t model, double weight) {
          out.model[out.count] = model;
          out.weight[out.count++] = weight;
        };
        if (us == 1) {
          add(row, wa * wz * wv);
          continue;
        }
        for (const auto& [iu, wu] : sides(u)) add(row + iu, wa * wz * wv * wu);
      }
  }
  return out;
}

double surviving_at(const PosteriorGrid& grid, const Place& place) {
  const Bracket age = among(grid.log_age_myr, place[age_axis]), z = among(grid.log_z, place[z_axis]);
  const auto at = [&](std::size_t ia) {
    const double* row = &grid.surviving[ia * grid.log_z.size()];
    return between(row[z.left], row[z.right], z.part);
  };
  return between(at(age.left), at(age.right), age.part);
}

double age_prior(const PosteriorGrid& grid, std::size_t age) {
  const std::vector<double>& edge = grid.log_age_myr_edge;
  if (grid.model.priors.age == AgePrior::log_uniform)
    return (edge[age + 1] - edge[age]) / (edge.back() - edge.front());
  return (std::pow(10, edge[age + 1]) - std::pow(10, edge[age])) /
         (std::pow(10, edge.back()) - std::pow(10, edge.front()));
}

}  // namespace arcproof::sed::posterior
