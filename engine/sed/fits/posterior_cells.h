// Step 1 of a posterior: the cells of the grid, and a proposal made of them. Private to engine/sed.
#pragma once

#include "engine/core/random.h"
#include "engine/sed/fits/posterior_likelihood.h"
#include "engine/sed/fits/posterior_places.h"

#include <span>
#include <vector>

namespace arcproof::sed::posterior {

/// Effective number of weights: (sum w)^2 / sum w^2; 0 of none.
double effective(std::span<const double> weights);

/// Density prior x L^power over the cells, as shares of them; within a cell that of the prior.
class Cells {
 public:
  Cells(const PosteriorGrid& grid, const Data& data);

  /// Cells with a share; 0 where no model is allowed.
  std::size_t size() const { return cells_.size(); }
  double share(std::size_t k) const { return share_[k]; }
  double total_share() const { return total_share_; }

  /// The model of greatest likelihood, its mass free: ln L - ln L(M = 0), place, projection.
  double best_profile() const { return best_profile_; }
  Place best_place() const;
  Projection best_projection() const { return project(best_model_); }

  Place place_in(std::size_t k, Random& random) const;
  /// Density of this proposal over that of the prior, from its share; and at any place.
  double density_of_cell(std::size_t k) const { return share_[k] / total_share_ / cells_[k].prior; }
  double density(const Place& place) const;

 private:
  struct Cell {
    std::size_t model, age;
    double prior;           ///< its share of the prior
    double log_likelihood;  ///< over L(M = 0), mass integrated
  };
  Projection project(std::size_t model) const;
  double reach(std::size_t model) const;
  std::size_t end_of_age(std::size_t age) const;
  Place centre_of(std::size_t model, std::size_t age) const;
  void measure_models();
  void choose();
  void collect(double least);

  const PosteriorGrid& grid_;
  const Data& data_;
  MassPrior mass_;
  Box box_;
  Place width_;
  std::vector<double> square_, product_;  ///< of the models
  double best_profile_ = -infinity;
  std::size_t best_model_ = 0;
  std::vector<Cell> cells_;
  std::vector<double> share_;
  double total_share_ = 0;
};

}  // namespace arcproof::sed::posterior
