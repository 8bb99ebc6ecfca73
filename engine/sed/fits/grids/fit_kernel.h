// The hot paths of the grid fit. Private to engine/sed.
//
// A model is its fluxes over the errors; its direction n is that made a unit vector. A set of photometry is
// its fluxes over the errors, d. The model with its best mass has chi^2 = d.d - (n.d)^2, and n.d, its score,
// is that mass times the model's length. All sums run over the bands in order, for every model and draw,
// whatever instructions do it: results have the same bits on all machines.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace arcproof::sed::kernel {

/// Draws of the photometry are padded to a multiple of this.
inline constexpr std::size_t lanes = 8;

/// Fluxes of `count` models, `stride` apart, and which of the bands enter with which 1 / sigma.
struct Models {
  const double* flux;
  std::size_t count, stride;
  std::span<const std::size_t> band;
  std::span<const double> inverse_error;
};

/// Length |m / sigma| of every model and its product with the photometry: [model].
void measure(const Models& models, std::span<const double> photometry, double* length, double* product);

/// Squares and products of models kept band by band: square[m] = sum_k (precision_k f_k[m]) f_k[m] and
/// product[m] = sum_k weighted_k f_k[m], f_k[m] = flux[k][m]. Sums run over k in order.
void project(std::span<const float* const> flux, std::span<const double> precision,
             std::span<const double> weighted, std::size_t count, double* square, double* product);

/// Directions and ceilings of the models among which to choose.
struct Search {
  std::size_t bands = 0;
  std::span<const double> direction;  ///< [model * bands + band]
  std::span<const double> ceiling;    ///< [model]: greatest score that no upper limit forbids
  std::span<const double> distance;   ///< [model]: from the measured photometry, as `reach`
};

/// The allowed model with the greatest score, the first of equals.
struct Choice {
  double score = 0;         ///< 0 where no model is allowed
  std::int64_t model = -1;  ///< -1 there
};

/// One choice for each of the draws: photometry [band * draws + draw], `draws` a multiple of `lanes`. No
/// model farther than reach[draw] can be the choice of that draw: where neighbouring draws reach alike, many
/// models are passed over.
std::vector<Choice> choose(const Search& search, std::span<const double> photometry, std::size_t draws,
                           std::span<const double> reach);

}  // namespace arcproof::sed::kernel
