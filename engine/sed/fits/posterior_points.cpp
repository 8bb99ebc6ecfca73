#include "engine/sed/fits/posterior_points.h"

#include <algorithm>
#include <cmath>

namespace arcproof::sed::posterior {

Points::Points(const PosteriorGrid& grid, const Data& data, const PosteriorOptions& options,
               const Cells& cells, Random& random)
    : grid_(grid),
      data_(data),
      options_(options),
      cells_(cells),
      mass_(grid.model.priors.log_mass_min, grid.model.priors.log_mass_max),
      box_(grid) {
  draw_from_cells(random);
  weigh();
  draw_from_clouds(random);
}

Projection Points::project(const Place& place) const {
  const Corners corners = corners_of(grid_, place);
  Projection p;
  for (std::size_t k = 0; k < data_.band.size(); ++k) {
    const double flux = flux_at(grid_.flux_njy[data_.band[k]], corners);
    p.square += data_.precision[k] * flux * flux;
    p.product += data_.weighted[k] * flux;
  }
  for (std::size_t k = 0; k < data_.limited.size(); ++k)
    p.limit(flux_at(grid_.flux_njy[data_.limited[k]], corners), data_.ceiling_njy[k]);
  return p;
}

void Points::evaluate(Point& point) const {
  if (!box_.holds(point.place)) return;
  point.projection = project(point.place);
  point.log_likelihood = mass_.log_gain(point.projection);
}

/// In the free axes.
double Points::prior_density(const Place& place) const {
  double density = 1;
  for (const std::size_t i : {z_axis, av_axis, u_axis})
    if (box_.free(i)) density /= box_.high[i] - box_.low[i];
  if (grid_.model.priors.age == AgePrior::log_uniform)
    return density / (box_.high[age_axis] - box_.low[age_axis]);
  return density * std::pow(10, place[age_axis]) * std::log(10) /
         (std::pow(10, box_.high[age_axis]) - std::pow(10, box_.low[age_axis]));
}

void Points::draw_from_cells(Random& random) {
  const double step = cells_.total_share() / options_.points;
  double next = random.uniform() * step, passed = 0;
  points_.reserve(static_cast<std::size_t>(options_.points) + 1);
  for (std::size_t k = 0; k < cells_.size(); ++k) {
    passed += cells_.share(k);
    for (; next < passed; next += step) {
      Point point;
      point.place = cells_.place_in(k, random);
      point.proposal = options_.points * cells_.density_of_cell(k);
      points_.push_back(point);
    }
  }
  for (Point& point : points_) evaluate(point);
}

void Points::weigh() {
  top_ = -infinity;
  for (const Point& point : points_) top_ = std::max(top_, point.log_likelihood);
  weights_.clear();
  for (const Point& point : points_)
    weights_.push_back(top_ > -infinity ? std::exp(point.log_likelihood - top_) / point.proposal : 0);
  effective_ = effective(weights_);
}

/// Weights flattened until they stand for enough points to have a covariance.
std::vector<double> Points::flattened() const {
  constexpr double enough = 60;
  std::vector<double> flat = weights_;
  for (double power = 0.5; effective(flat) < enough && power > 1e-3; power *= 0.5)
    for (std::size_t i = 0; i < flat.size(); ++i) flat[i] = std::pow(weights_[i], power);
  return flat;
}

Cloud Points::cloud() const {
  std::vector<Place> places;
  places.reserve(points_.size());
  for (const Point& point : points_) places.push_back(point.place);
  return {places, flattened(), box_, cell_widths(grid_, box_)};
}

/// A new point, with the density of all proposals at it; `cloud` is the last of them.
Point Points::point_of(const Cloud& cloud, Random& random) const {
  const int count = options_.points / 2;
  Point point;
  point.place = cloud.draw(random);
  evaluate(point);
  if (point.log_likelihood == -infinity) {
    point.proposal = 1;  // outside the prior: counts as drawn, weighs nothing
    return point;
  }
  point.proposal = options_.points * cells_.density(point.place);
  for (const Cloud& earlier : clouds_)
    point.proposal += count * earlier.density(point.place) / prior_density(point.place);
  return point;
}

void Points::draw_from_clouds(Random& random) {
  constexpr int rounds = 5;
  const double wanted = 0.25 * options_.points;
  const int count = options_.points / 2;
  for (int round = 0; round < rounds && effective_ > 0 && effective_ < wanted; ++round) {
    clouds_.push_back(cloud());
    const Cloud& last = clouds_.back();
    for (Point& point : points_)
      point.proposal += count * last.density(point.place) / prior_density(point.place);
    for (int i = 0; i < count; ++i) points_.push_back(point_of(last, random));
    weigh();
  }
}

}  // namespace arcproof::sed::posterior
