// The fit over the grid, in units of the errors: d = f / sigma is the photometry, n = (m / sigma) / |m /
// sigma| a model. The best mass of a model is (n.d) / |m / sigma| and leaves chi^2 = d.d - (n.d)^2, the
// squared distance of the point d from the line along n. So the best model is the one with the greatest score
// n.d among those allowed: scores above 0 and, for upper limits, below the ceiling where the model would
// shine twice as bright as a limit.
#include "engine/sed/fits/grids/fit_grid.h"

#include "engine/core/error.h"
#include "engine/core/missing.h"
#include "engine/inference/summary.h"
#include "engine/sed/fits/grids/fit_kernel.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <numeric>

namespace arcproof::sed {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
using kernel::Choice;

/// What of the photometry enters: detected bands, and limits of the others.
struct Bands {
  std::vector<std::size_t> detected;
  std::vector<double> photometry;     ///< f / sigma of the detected bands
  std::vector<double> inverse_error;  ///< 1 / sigma [1/nJy]
  std::vector<std::size_t> limited;
  std::vector<double> ceiling_njy;  ///< flux that no model may exceed
};

Bands sort_bands(const ModelGrid& grid, const std::vector<BandFlux>& photometry,
                 const GridFitOptions& options) {
  Bands bands;
  for (std::size_t b = 0; b < photometry.size(); ++b) {
    const BandFlux& band = photometry[b];
    if (!grid.usable_band[b] || std::isnan(band.flux_njy)) continue;
    require(std::isfinite(band.flux_njy) && std::isfinite(band.error_njy) && band.error_njy > 0,
            "fit_grid: finite fluxes with errors > 0, or NaN for a band not observed");
    if (band.flux_njy > options.min_snr * band.error_njy) {
      bands.detected.push_back(b);
      bands.photometry.push_back(band.flux_njy / band.error_njy);
      bands.inverse_error.push_back(1 / band.error_njy);
    } else if (band.limit_njy > 0) {
      bands.limited.push_back(b);
      bands.ceiling_njy.push_back(options.limit_factor * band.limit_njy);
    }
  }
  return bands;
}

/// Photometry as measured (draw 0) and as redrawn, side by side: [band * width + draw], padded with zeros.
class Draws {
 public:
  Draws(const Bands& bands, int redraws, Random& random)
      : bands_(bands.photometry.size()),
        count_(1 + static_cast<std::size_t>(std::max(0, redraws))),
        width_((count_ + kernel::lanes - 1) / kernel::lanes * kernel::lanes),
        values_(width_ * bands_, 0.0) {
    for (std::size_t draw = 0; draw < count_; ++draw)
      for (std::size_t b = 0; b < bands_; ++b)
        values_[b * width_ + draw] = bands.photometry[b] + (draw > 0 ? random.normal() : 0.0);
  }

  std::size_t count() const { return count_; }
  std::size_t bands() const { return bands_; }
  double value(std::size_t draw, std::size_t band) const { return values_[band * width_ + draw]; }

  /// The choice of every draw among models as near as `reach`.
  std::vector<Choice> choose(const kernel::Search& search, double reach) const {
    std::vector<Choice> choices = kernel::choose(search, values_, width_, std::vector<double>(width_, reach));
    choices.resize(count_);
    return choices;
  }
  /// The same, each draw with its own reach: draws that reach alike are searched together.
  std::vector<Choice> choose(const kernel::Search& search, const std::vector<double>& reach) const {
    std::vector<std::size_t> order(count_);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return reach[a] > reach[b]; });
    std::vector<double> values(values_.size(), 0.0), sorted(width_, 0.0);
    for (std::size_t i = 0; i < count_; ++i) {
      sorted[i] = reach[order[i]];
      for (std::size_t b = 0; b < bands_; ++b) values[b * width_ + i] = value(order[i], b);
    }
    const std::vector<Choice> found = kernel::choose(search, values, width_, sorted);
    std::vector<Choice> choices(count_);
    for (std::size_t i = 0; i < count_; ++i) choices[order[i]] = found[i];
    return choices;
  }

  double square(std::size_t draw) const {
    double sum = 0;
    for (std::size_t b = 0; b < bands_; ++b) sum += value(draw, b) * value(draw, b);
    return sum;
  }
  /// Distance between a redraw and what was measured.
  double shift(std::size_t draw) const {
    double sum = 0;
    for (std::size_t b = 0; b < bands_; ++b) sum += std::pow(value(draw, b) - value(0, b), 2);
    return std::sqrt(sum);
  }

 private:
  std::size_t bands_, count_, width_;
  std::vector<double> values_;
};

/// What is known of every model of the grid before any is chosen.
struct Lines {
  std::vector<double> length;  ///< |m / sigma| per Msun: mass = score / length
  std::vector<double>
      distance;  ///< of the measured photometry from the model's line; infinite: not a candidate
};

Lines measure_lines(const ModelGrid& grid, const Bands& bands, const GridFitOptions& options,
                    const Draws& draws) {
  const std::size_t count = grid.models.size();
  Lines lines{std::vector<double>(count), std::vector<double>(count)};
  kernel::measure(
      {grid.flux_njy_per_msun.data(), count, grid.bands.size(), bands.detected, bands.inverse_error},
      bands.photometry, lines.length.data(), lines.distance.data());
  const double square = draws.square(0);
  for (std::size_t model = 0; model < count; ++model) {
    const double length = lines.length[model], score = lines.distance[model] / length;
    const bool reddened = options.fix_ebv_to_zero && grid.models[model].ebv_mag != 0;
    const bool shines = length > 0 && std::isfinite(length);
    lines.distance[model] = shines && !reddened ? std::sqrt(std::max(0.0, square - score * score)) : infinity;
  }
  return lines;
}

/// Models among which to choose, in the order of the grid.
struct Candidates {
  std::vector<std::size_t> model;
  std::unique_ptr<double[]> direction;  ///< [candidate * bands + band]; a vector would be filled twice
  std::vector<double> ceiling;          ///< of the score
  std::vector<double> distance;         ///< as in Lines

  kernel::Search search(std::size_t bands) const {
    return {bands, {direction.get(), model.size() * bands}, ceiling, distance};
  }
};

double score_ceiling(const ModelGrid& grid, std::size_t model, const Bands& bands, double length) {
  double mass = infinity;
  for (std::size_t k = 0; k < bands.limited.size(); ++k) {
    const double flux = grid.flux(model, bands.limited[k]);
    if (flux > 0) mass = std::min(mass, bands.ceiling_njy[k] / flux);
  }
  return mass * length;
}

Candidates nearer_than(const ModelGrid& grid, const Bands& bands, const Lines& lines, double limit) {
  Candidates near;
  for (std::size_t model = 0; model < grid.models.size(); ++model)
    if (lines.distance[model] <= limit) near.model.push_back(model);
  near.direction = std::make_unique_for_overwrite<double[]>(near.model.size() * bands.detected.size());
  near.ceiling.reserve(near.model.size());
  near.distance.reserve(near.model.size());
  double* direction = near.direction.get();
  for (const std::size_t model : near.model) {
    const double length = lines.length[model], inverse_length = 1 / length;
    for (std::size_t k = 0; k < bands.detected.size(); ++k)
      *direction++ = grid.flux(model, bands.detected[k]) * bands.inverse_error[k] * inverse_length;
    near.ceiling.push_back(score_ceiling(grid, model, bands, length));
    near.distance.push_back(lines.distance[model]);
  }
  return near;
}

/// [draw]: distance beyond which no model can be its choice. A draw moves the photometry by its shift,
/// hence no distance from a line by more than that (triangle inequality): what lies farther than shift +
/// (distance of that draw from some allowed model) cannot win. Such a model is looked for among the few
/// nearest to the measured photometry.
std::vector<double> reach_of_draws(const ModelGrid& grid, const Bands& bands, const Lines& lines,
                                   const Draws& draws, double nearest) {
  constexpr double first_look = 1.0;  // beyond the nearest model, in sigma: some tens of models
  const std::vector<Choice> near =
      draws.choose(nearer_than(grid, bands, lines, nearest + first_look).search(draws.bands()), infinity);
  // Distances are square roots of differences of numbers as large as d.d: they are good to 1e-8 |d|.
  const double rounding = 1e-6 * (1 + std::sqrt(draws.square(0)));
  std::vector<double> reach;
  for (std::size_t draw = 0; draw < draws.count(); ++draw) {
    const double chi2 = std::max(0.0, draws.square(draw) - near[draw].score * near[draw].score);
    // Where limits forbid them all there is no bound from these.
    reach.push_back(near[draw].model < 0 ? std::numeric_limits<double>::max()
                                         : draws.shift(draw) + std::sqrt(chi2) + rounding);
  }
  return reach;
}

double chi_squared(const Candidates& candidates, const Draws& draws, const Choice& choice) {
  const double* direction = &candidates.direction[static_cast<std::size_t>(choice.model) * draws.bands()];
  double sum = 0;
  for (std::size_t b = 0; b < draws.bands(); ++b)
    sum += std::pow(draws.value(0, b) - choice.score * direction[b], 2);
  return sum;
}

/// Value of the best model, and 16% and 84% quantiles over the redraws that found a model.
template <class Parameter>
Estimate estimate(const std::vector<Choice>& choices, const Parameter& parameter) {
  std::vector<double> redrawn;
  for (std::size_t i = 1; i < choices.size(); ++i)
    if (choices[i].model >= 0) redrawn.push_back(parameter(choices[i]));
  const inference::Summary draws = inference::summary_of(redrawn);
  return {parameter(choices.front()), draws.low, draws.high};
}

SedResult not_fitted(SedStatus status, int bands_used) {
  constexpr Estimate none{nan, nan, nan};
  SedResult result;
  result.status = status;
  result.bands_used = bands_used;
  result.chi2 = result.chi2_reduced = nan;
  result.log_mass_msun = result.log_age_yr = result.ebv_mag = result.log_metallicity = none;
  result.history.duration_myr = nan;
  return result;
}

SedResult describe(const ModelGrid& grid, const Candidates& candidates, const Lines& lines,
                   const Draws& draws, const std::vector<Choice>& choices) {
  const auto index = [&](const Choice& c) { return candidates.model[static_cast<std::size_t>(c.model)]; };
  const auto model = [&](const Choice& c) -> const Population& { return grid.models[index(c)]; };
  SedResult result;
  result.status = SedStatus::fitted;
  result.bands_used = static_cast<int>(draws.bands());
  result.chi2 = chi_squared(candidates, draws, choices.front());
  result.chi2_reduced = result.chi2 / std::max(1, result.bands_used - 4);
  result.log_mass_msun =
      estimate(choices, [&](const Choice& c) { return std::log10(c.score / lines.length[index(c)]); });
  result.log_age_yr = estimate(choices, [&](const Choice& c) { return std::log10(model(c).age_myr) + 6; });
  result.ebv_mag = estimate(choices, [&](const Choice& c) { return model(c).ebv_mag; });
  result.log_metallicity =
      estimate(choices, [&](const Choice& c) { return std::log10(model(c).metallicity); });
  result.history = model(choices.front()).history;
  result.best_model = index(choices.front());
  for (std::size_t i = 1; i < choices.size(); ++i)
    if (choices[i].model >= 0)
      result.redrawn.push_back({index(choices[i]), choices[i].score / lines.length[index(choices[i])]});
  return result;
}

}  // namespace

SedResult fit_grid(const ModelGrid& grid, const std::vector<BandFlux>& photometry,
                   const GridFitOptions& options, Random& random) {
  require(photometry.size() == grid.bands.size(), "fit_grid: one flux per band of the grid");
  const Bands bands = sort_bands(grid, photometry, options);
  const int used = static_cast<int>(bands.detected.size());
  if (used < std::max(1, options.min_bands)) return not_fitted(SedStatus::too_few_bands, used);
  if (grid.models.empty()) return not_fitted(SedStatus::no_allowed_model, used);

  const Draws draws(bands, options.redraws, random);
  const Lines lines = measure_lines(grid, bands, options, draws);
  const double nearest = *std::min_element(lines.distance.begin(), lines.distance.end());
  if (!std::isfinite(nearest)) return not_fitted(SedStatus::no_allowed_model, used);
  const std::vector<double> reach = reach_of_draws(grid, bands, lines, draws, nearest);
  const Candidates candidates =
      nearer_than(grid, bands, lines, *std::max_element(reach.begin(), reach.end()));
  const std::vector<Choice> choices = draws.choose(candidates.search(draws.bands()), reach);
  if (choices.front().model < 0) return not_fitted(SedStatus::no_allowed_model, used);
  return describe(grid, candidates, lines, draws, choices);
}

}  // namespace arcproof::sed
