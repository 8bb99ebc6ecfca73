#include "engine/sed/fits/grids/fit_kernel.h"

#include "engine/core/error.h"
#include "engine/core/vector_width.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace arcproof::sed::kernel {
namespace {

using Vec = double __attribute__((vector_size(8 * lanes)));

/// Draws are searched side by side in up to so many vectors: four hide the latency of the sums.
constexpr std::size_t most_vectors = 5;

/// The best of the draws side by side.
struct Best {
  alignas(64) std::array<double, most_vectors * lanes> score{};
  alignas(64) std::array<std::int64_t, most_vectors * lanes> model;
  Best() { model.fill(-1); }
};

/// Scores of one model with draws in so many vectors; `stride` apart are the bands.
template <std::size_t vectors>
[[gnu::always_inline]] inline void score_model(const double* __restrict direction,
                                               const double* __restrict photometry, std::size_t stride,
                                               std::size_t bands, double* __restrict score) {
  Vec sum[vectors] = {};
  for (std::size_t b = 0; b < bands; ++b) {
    for (std::size_t v = 0; v < vectors; ++v) {
      Vec data;
      __builtin_memcpy(&data, photometry + b * stride + v * lanes, sizeof data);
      sum[v] += direction[b] * data;
    }
  }
  __builtin_memcpy(score, sum, sizeof sum);
}

template <std::size_t vectors>
[[gnu::always_inline]] inline void search_all(const Search& search, const double* photometry,
                                              std::size_t stride, double reach, Best* __restrict best) {
  const double* direction = search.direction.data();
  for (std::size_t m = 0; m < search.ceiling.size(); ++m, direction += search.bands) {
    if (search.distance[m] > reach) continue;
    alignas(64) double score[vectors * lanes];
    score_model<vectors>(direction, photometry, stride, search.bands, score);
    for (std::size_t i = 0; i < vectors * lanes; ++i) {
      // Without a branch, so that it stays a vector comparison.
      const bool better = (static_cast<int>(score[i] > best->score[i]) &
                           static_cast<int>(score[i] <= search.ceiling[m])) != 0;
      best->score[i] = better ? score[i] : best->score[i];
      best->model[i] = better ? static_cast<std::int64_t>(m) : best->model[i];
    }
  }
}

ARCPROOF_EVERY_VECTOR_WIDTH
void search_draws(const Search& search, const double* photometry, std::size_t stride, std::size_t vectors,
                  double reach, Best* best) {
  switch (vectors) {
    case 1:
      return search_all<1>(search, photometry, stride, reach, best);
    case 2:
      return search_all<2>(search, photometry, stride, reach, best);
    case 3:
      return search_all<3>(search, photometry, stride, reach, best);
    case 4:
      return search_all<4>(search, photometry, stride, reach, best);
    default:
      return search_all<most_vectors>(search, photometry, stride, reach, best);
  }
}

/// `block` models at once, so that their sums do not wait for one another.
constexpr std::size_t block = 8;
template <std::size_t count>
[[gnu::always_inline]] inline void measure_block(const Models& models, const double* flux,
                                                 const double* photometry, double* length, double* product) {
  std::array<double, count> square{}, dot{};
  for (std::size_t k = 0; k < models.band.size(); ++k) {
    const double inverse_error = models.inverse_error[k], data = photometry[k];
    const double* band = flux + models.band[k];
    for (std::size_t j = 0; j < count; ++j) {
      const double value = band[j * models.stride] * inverse_error;
      square[j] += value * value;
      dot[j] += value * data;
    }
  }
  for (std::size_t j = 0; j < count; ++j) {
    length[j] = std::sqrt(square[j]);
    product[j] = dot[j];
  }
}

}  // namespace

ARCPROOF_EVERY_VECTOR_WIDTH
void measure(const Models& models, std::span<const double> photometry, double* length, double* product) {
  std::size_t m = 0;
  for (; m + block <= models.count; m += block)
    measure_block<block>(models, models.flux + m * models.stride, photometry.data(), length + m, product + m);
  for (; m < models.count; ++m)
    measure_block<1>(models, models.flux + m * models.stride, photometry.data(), length + m, product + m);
}

std::vector<Choice> choose(const Search& search, std::span<const double> photometry, std::size_t draws,
                           std::span<const double> reach) {
  require(draws % lanes == 0 && photometry.size() == search.bands * draws && reach.size() == draws &&
              search.direction.size() == search.ceiling.size() * search.bands &&
              search.distance.size() == search.ceiling.size(),
          "choose: shapes agree");
  std::vector<Choice> choices;
  choices.reserve(draws);
  while (choices.size() < draws) {
    // As many vectors in each of the passes that are left as in the next.
    const std::size_t done = choices.size(), left = (draws - done) / lanes;
    const std::size_t passes = (left + most_vectors - 1) / most_vectors,
                      vectors = (left + passes - 1) / passes;
    const std::span<const double> here = reach.subspan(done, vectors * lanes);
    Best best;
    search_draws(search, photometry.data() + done, draws, vectors,
                 *std::max_element(here.begin(), here.end()), &best);
    for (std::size_t i = 0; i < vectors * lanes; ++i) choices.push_back({best.score[i], best.model[i]});
  }
  return choices;
}

ARCPROOF_EVERY_VECTOR_WIDTH
void project(std::span<const float* const> flux, std::span<const double> precision,
             std::span<const double> weighted, std::size_t count, double* square, double* product) {
  constexpr std::size_t batch = 1024;  // stays in the cache while the bands pass
  std::fill_n(square, count, 0.0);
  std::fill_n(product, count, 0.0);
  for (std::size_t first = 0; first < count; first += batch) {
    const std::size_t last = std::min(count, first + batch);
    for (std::size_t k = 0; k < flux.size(); ++k) {
      const float* __restrict f = flux[k];
      double* __restrict s = square;
      double* __restrict p = product;
      const double w = precision[k], v = weighted[k];
      for (std::size_t m = first; m < last; ++m) {
        const double x = static_cast<double>(f[m]);
        s[m] += w * x * x;
        p[m] += v * x;
      }
    }
  }
}

}  // namespace arcproof::sed::kernel
