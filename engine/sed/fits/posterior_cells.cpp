#include "engine/sed/fits/posterior_cells.h"

#include "engine/sed/fits/grids/fit_kernel.h"

#include <algorithm>
#include <cmath>

namespace arcproof::sed::posterior {

double effective(std::span<const double> weights) {
  double sum = 0, squares = 0;
  for (const double w : weights) {
    sum += w;
    squares += w * w;
  }
  return squares > 0 ? sum * sum / squares : 0;
}

Cells::Cells(const PosteriorGrid& grid, const Data& data)
    : grid_(grid),
      data_(data),
      mass_(grid.model.priors.log_mass_min, grid.model.priors.log_mass_max),
      box_(grid),
      width_(cell_widths(grid, box_)) {
  measure_models();
  choose();
}

Projection Cells::project(std::size_t model) const {
  Projection p{square_[model], product_[model]};
  for (std::size_t k = 0; k < data_.limited.size(); ++k)
    p.limit(static_cast<double>(grid_.flux_njy[data_.limited[k]][model]), data_.ceiling_njy[k]);
  return p;
}

std::size_t Cells::end_of_age(std::size_t age) const {
  return age + 1 < grid_.first.size() ? grid_.first[age + 1] : grid_.models();
}

/// Greatest ln L - ln L(M = 0) that a model could reach at any mass.
double Cells::reach(std::size_t m) const {
  const double b = product_[m];
  return b > 0 ? 0.5 * b * b / square_[m] : 0.0;
}

void Cells::measure_models() {
  std::vector<const float*> flux;
  for (const std::size_t b : data_.band) flux.push_back(grid_.flux_njy[b].data());
  const std::size_t count = grid_.models();
  square_.resize(count);
  product_.resize(count);
  kernel::project(flux, data_.precision, data_.weighted, count, square_.data(), product_.data());
  for (std::size_t m = 0; m < count; ++m) {
    if (reach(m) <= best_profile_) continue;
    const double value = mass_.log_profile(project(m));
    if (value <= best_profile_) continue;
    best_profile_ = value;
    best_model_ = m;
  }
}

// Cells of L^power. Where that leaves few of them, the likelihood is narrow against the cells and the value
// at their centres a poor guide: a smaller power looks farther. Cells left out hold less than 1e-9.
void Cells::choose() {
  constexpr double greatest_power = 0.6, few = 100, least_power = 0.01, depth = 21;
  for (double power = greatest_power;; power *= 0.5) {
    collect(best_profile_ - depth / power);
    double highest = -infinity;
    for (const Cell& cell : cells_) highest = std::max(highest, cell.log_likelihood);
    share_.clear();
    for (const Cell& cell : cells_)
      share_.push_back(cell.prior * std::exp(power * (cell.log_likelihood - highest)));
    if (cells_.empty() || effective(share_) >= few || power < least_power) break;
  }
  for (const double share : share_) total_share_ += share;
}

void Cells::collect(double least) {
  cells_.clear();
  for (std::size_t age = 0; age < grid_.first.size(); ++age) {
    const double prior = age_prior(grid_, age) / static_cast<double>(end_of_age(age) - grid_.first[age]);
    for (std::size_t m = grid_.first[age]; m < end_of_age(age); ++m) {
      if (reach(m) < least) continue;
      const double log_likelihood = mass_.log_gain(project(m));
      if (log_likelihood > -infinity) cells_.push_back({m, age, prior, log_likelihood});
    }
  }
}

Place Cells::place_in(std::size_t k, Random& random) const {
  const Cell& cell = cells_[k];
  Place place = centre_of(cell.model, cell.age);
  const double low = grid_.log_age_myr_edge[cell.age], high = grid_.log_age_myr_edge[cell.age + 1];
  if (grid_.model.priors.age == AgePrior::log_uniform) {
    place[age_axis] = random.uniform(low, high);
  } else {
    const double young = std::pow(10, low), old = std::pow(10, high);
    place[age_axis] = std::clamp(std::log10(random.uniform(young, old)), low, high);
  }
  for (const std::size_t i : {z_axis, av_axis, u_axis}) {
    const bool whole = i == u_axis && grid_.log_u_cells[cell.age] == 1;
    place[i] += (random.uniform() - 0.5) * (whole ? box_.high[i] - box_.low[i] : width_[i]);
  }
  return place;
}

Place Cells::centre_of(std::size_t model, std::size_t age) const {
  const std::size_t us = grid_.log_u_cells[age], avs = grid_.av_mag.size();
  const std::size_t inside = model - grid_.first[age];
  return {grid_.log_age_myr[age], grid_.log_z[inside / us / avs], grid_.av_mag[inside / us % avs],
          us == 1 ? 0.5 * (box_.low[u_axis] + box_.high[u_axis]) : grid_.log_u[inside % us]};
}

Place Cells::best_place() const {
  const auto after = std::upper_bound(grid_.first.begin(), grid_.first.end(), best_model_);
  return centre_of(best_model_, static_cast<std::size_t>(after - grid_.first.begin()) - 1);
}

double Cells::density(const Place& place) const {
  std::array<std::size_t, axes> i{};
  for (std::size_t a = 0; a < axes; ++a)
    if (box_.free(a))
      i[a] = std::min(static_cast<std::size_t>(std::max(0.0, (place[a] - box_.low[a]) / width_[a])),
                      centres(grid_, a).size() - 1);
  const std::size_t us = grid_.log_u_cells[i[age_axis]];
  const std::size_t model = grid_.first[i[age_axis]] + (i[z_axis] * grid_.av_mag.size() + i[av_axis]) * us +
                            (us == 1 ? 0 : i[u_axis]);
  const auto at = std::lower_bound(cells_.begin(), cells_.end(), model,
                                   [](const Cell& cell, std::size_t m) { return cell.model < m; });
  if (at == cells_.end() || at->model != model) return 0;
  return density_of_cell(static_cast<std::size_t>(at - cells_.begin()));
}

}  // namespace arcproof::sed::posterior
