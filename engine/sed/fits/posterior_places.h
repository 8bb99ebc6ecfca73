// Places on the axes of a posterior's grid, and fluxes between its models. Private to engine/sed.
#pragma once

#include "engine/sed/fits/posterior.h"

#include <array>
#include <vector>

namespace arcproof::sed::posterior {

/// log10 age [Myr], log10 Z, A_V [mag], log10 U.
inline constexpr std::size_t axes = 4;
using Place = std::array<double, axes>;
enum Axis : std::size_t { age_axis, z_axis, av_axis, u_axis };

/// Centres of the cells along an axis.
const std::vector<double>& centres(const PosteriorGrid& grid, std::size_t axis);

/// The box of the prior.
struct Box {
  Place low, high;
  explicit Box(const PosteriorGrid& grid);
  bool free(std::size_t axis) const { return high[axis] > low[axis]; }
  bool holds(const Place& place) const;
};

/// Widths of the cells.
Place cell_widths(const PosteriorGrid& grid, const Box& box);

/// The up to 16 models between which a place lies, and their weights.
struct Corners {
  std::array<std::size_t, 16> model;
  std::array<double, 16> weight;
  std::size_t count = 0;
};
Corners corners_of(const PosteriorGrid& grid, const Place& place);

inline double flux_at(const std::vector<float>& flux, const Corners& corners) {
  double sum = 0;
  for (std::size_t k = 0; k < corners.count; ++k)
    sum += corners.weight[k] * static_cast<double>(flux[corners.model[k]]);
  return sum;
}

/// Surviving over formed mass, linear between the centres.
double surviving_at(const PosteriorGrid& grid, const Place& place);

/// Prior of the cells of an age, all log U included: its share of the range of ages.
double age_prior(const PosteriorGrid& grid, std::size_t age);

}  // namespace arcproof::sed::posterior
