// Steps 2 and 3 of a posterior: points drawn from the cells, and about the points of greatest weight where
// those are few. Private to engine/sed.
#pragma once

#include "engine/core/random.h"
#include "engine/sed/fits/posterior_cells.h"
#include "engine/sed/fits/posterior_cloud.h"

#include <vector>

namespace arcproof::sed::posterior {

struct Point {
  Place place{};
  Projection projection;
  double log_likelihood = -infinity;  ///< over L(M = 0), mass integrated
  double proposal = 0;                ///< sum over the proposals of (points drawn x density / prior density)
};

/// Points whose weights stand for the posterior: adaptive multiple importance sampling (Cornuet et al. 2012)
/// with the balance heuristic.
class Points {
 public:
  /// There must be cells.
  Points(const PosteriorGrid& grid, const Data& data, const PosteriorOptions& options, const Cells& cells,
         Random& random);

  const std::vector<Point>& all() const { return points_; }
  /// L / proposal, over the greatest L among the points: [point].
  const std::vector<double>& weights() const { return weights_; }
  double greatest_log_likelihood() const { return top_; }
  /// 0 where no point is allowed.
  double effective_number() const { return effective_; }

 private:
  Projection project(const Place& place) const;
  void evaluate(Point& point) const;
  double prior_density(const Place& place) const;
  void draw_from_cells(Random& random);
  void draw_from_clouds(Random& random);
  Cloud cloud() const;
  Point point_of(const Cloud& cloud, Random& random) const;
  void weigh();
  std::vector<double> flattened() const;

  const PosteriorGrid& grid_;
  const Data& data_;
  const PosteriorOptions& options_;
  const Cells& cells_;
  MassPrior mass_;
  Box box_;
  std::vector<Point> points_;
  std::vector<Cloud> clouds_;
  std::vector<double> weights_;
  double top_ = -infinity, effective_ = 0;
};

}  // namespace arcproof::sed::posterior
