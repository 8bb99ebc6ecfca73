#include "engine/sed/fit_kernel.h"

#include "engine/core/error.h"

#include <algorithm>
#include <array>
#include <cmath>

// Made once for each width of the machine's vectors and chosen when the program starts. Sanitizers start
// after that choice.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && defined(__OPTIMIZE__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define ARCPROOF_EVERY_VECTOR_WIDTH __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define ARCPROOF_EVERY_VECTOR_WIDTH
#endif

namespace arcproof::sed::kernel {
namespace {

using Vec = double __attribute__((vector_size(8 * lanes)));

/// The best of the draws side by side.
template <std::size_t width>
struct Best {
  alignas(64) std::array<double, width> score{};
  alignas(64) std::array<std::int64_t, width> model;
  Best() { model.fill(-1); }
};

/// Scores of one model with `width` draws; `stride` apart are the bands.
template <std::size_t width>
[[gnu::always_inline]] inline void score_model(const double* __restrict direction,
                                               const double* __restrict photometry, std::size_t stride,
                                               std::size_t bands, double* __restrict score) {
  Vec sum[width / lanes] = {};
  for (std::size_t b = 0; b < bands; ++b) {
    for (std::size_t v = 0; v < width / lanes; ++v) {
      Vec data;
      __builtin_memcpy(&data, photometry + b * stride + v * lanes, sizeof data);
      sum[v] += direction[b] * data;
    }
  }
  __builtin_memcpy(score, sum, sizeof sum);
}

template <std::size_t width>
[[gnu::always_inline]] inline void search_all(const Search& search, const double* photometry,
                                              std::size_t stride, Best<width>* __restrict best) {
  const double* direction = search.direction.data();
  for (std::size_t m = 0; m < search.ceiling.size(); ++m, direction += search.bands) {
    alignas(64) double score[width];
    score_model<width>(direction, photometry, stride, search.bands, score);
    for (std::size_t i = 0; i < width; ++i) {
      // Without a branch, so that it stays a vector comparison.
      const bool better = (static_cast<int>(score[i] > best->score[i]) &
                           static_cast<int>(score[i] <= search.ceiling[m])) != 0;
      best->score[i] = better ? score[i] : best->score[i];
      best->model[i] = better ? static_cast<std::int64_t>(m) : best->model[i];
    }
  }
}

// Widths: four vectors hide the latency of the sums, one takes the rest.
ARCPROOF_EVERY_VECTOR_WIDTH
void search_wide(const Search& search, const double* photometry, std::size_t stride, Best<4 * lanes>* best) {
  search_all(search, photometry, stride, best);
}
ARCPROOF_EVERY_VECTOR_WIDTH
void search_narrow(const Search& search, const double* photometry, std::size_t stride, Best<lanes>* best) {
  search_all(search, photometry, stride, best);
}

template <std::size_t width>
void append(std::vector<Choice>& choices, const Best<width>& best) {
  for (std::size_t i = 0; i < width; ++i) choices.push_back({best.score[i], best.model[i]});
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

std::vector<Choice> choose(const Search& search, std::span<const double> photometry, std::size_t draws) {
  require(draws % lanes == 0 && photometry.size() == search.bands * draws &&
              search.direction.size() == search.ceiling.size() * search.bands,
          "choose: shapes agree");
  std::vector<Choice> choices;
  choices.reserve(draws);
  while (choices.size() < draws) {
    const double* data = photometry.data() + choices.size();
    if (draws - choices.size() >= 4 * lanes) {
      Best<4 * lanes> best;
      search_wide(search, data, draws, &best);
      append(choices, best);
    } else {
      Best<lanes> best;
      search_narrow(search, data, draws, &best);
      append(choices, best);
    }
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
