#include "engine/photometry/noise_correlation.h"

#include "engine/core/error.h"
#include "engine/core/statistics.h"
#include "engine/core/units.h"
#include "engine/photometry/detection.h"

#include <algorithm>
#include <cmath>

namespace arcproof::photometry {
namespace {

// Cosine transform of an even function on lags -reach .. reach, at the frequencies k / period, k = 0 ..
// period-1 in both directions. Plain sums: the same bits on every machine.
Array2D<double> cosine_transform(const Array2D<double>& values, int period) {
  const int reach = values.width() / 2;
  Array2D<double> cosine(period, values.width()), sine(period, values.width());
  for (int k = 0; k < period; ++k)
    for (int d = -reach; d <= reach; ++d) {
      cosine(k, d + reach) = std::cos(2 * units::pi * k * d / period);
      sine(k, d + reach) = std::sin(2 * units::pi * k * d / period);
    }
  Array2D<double> real(period, values.height()), imaginary(period, values.height());
  for (int y = 0; y < values.height(); ++y)
    for (int k = 0; k < period; ++k)
      for (int x = 0; x < values.width(); ++x) {
        real(k, y) += values(x, y) * cosine(k, x);
        imaginary(k, y) += values(x, y) * sine(k, x);
      }
  Array2D<double> result(period, period);
  for (int l = 0; l < period; ++l)
    for (int k = 0; k < period; ++k)
      for (int y = 0; y < values.height(); ++y)
        result(k, l) += real(k, y) * cosine(l, y) - imaginary(k, y) * sine(l, y);
  return result;
}

// The central lags of the transform back, from a power spectrum (even) on period x period frequencies.
Array2D<double> back(const Array2D<double>& power, int reach) {
  const int period = power.width();
  Array2D<double> values(2 * reach + 1, 2 * reach + 1);
  Array2D<double> centred(period, period);  // frequencies -period/2 .. period/2, as "lags" of the other side
  for (int y = 0; y < period; ++y)
    for (int x = 0; x < period; ++x)
      centred((x + period / 2) % period, (y + period / 2) % period) = power(x, y);
  const Array2D<double> all = cosine_transform(centred, period);
  for (int y = -reach; y <= reach; ++y)
    for (int x = -reach; x <= reach; ++x)
      values(x + reach, y + reach) =
          all((x + period) % period, (y + period) % period) / (static_cast<double>(period) * period);
  return values;
}

// The smallest centred square that holds all but a ten-thousandth of the squares.
Array2D<double> trimmed(const Array2D<double>& filter) {
  const int reach = filter.width() / 2;
  double all = 0;
  for (const double v : filter) all += v * v;
  for (int r = 0; r <= reach; ++r) {
    double inside = 0;
    for (int y = -r; y <= r; ++y)
      for (int x = -r; x <= r; ++x) inside += filter(x + reach, y + reach) * filter(x + reach, y + reach);
    if (inside < (1 - 1e-4) * all) continue;
    Array2D<double> small(2 * r + 1, 2 * r + 1);
    for (int y = 0; y <= 2 * r; ++y)
      for (int x = 0; x <= 2 * r; ++x) small(x, y) = filter(x + reach - r, y + reach - r) / std::sqrt(inside);
    return small;
  }
  return filter;
}

struct SkyField {
  Array2D<float> value;  // 0 where it is not sky
  Array2D<unsigned char> sky;
  long pixels = 0;
};

SkyField sky_field(const Array2D<float>& image, const Array2D<float>& error, const Array2D<int>& segmentation,
                   const NoiseCorrelationOptions& o) {
  const Array2D<float> flat = background_subtracted(image, error, o.background_mesh_pix);
  SkyField field{Array2D<float>(image.width(), image.height()),
                 Array2D<unsigned char>(image.width(), image.height())};
  std::vector<double> values;
  for (std::size_t i = 0; i < flat.size(); ++i) {
    const float sigma = error.same_shape(image) ? error.data()[i] : 1.0F;
    if (segmentation.data()[i] != 0 || !std::isfinite(flat.data()[i]) || !(sigma > 0) ||
        !std::isfinite(sigma))
      continue;
    field.value.data()[i] = flat.data()[i] / sigma;
    field.sky.data()[i] = 1;
    values.push_back(field.value.data()[i]);
  }
  if (values.empty()) return field;
  const double centre = statistics::median(values), limit = o.clip_sigma * statistics::mad_sigma(values);
  for (std::size_t i = 0; i < field.sky.size(); ++i) {
    if (!field.sky.data()[i]) continue;
    const double v = field.value.data()[i] - centre;
    const bool kept = std::abs(v) <= limit;
    field.value.data()[i] = kept ? static_cast<float>(v) : 0.0F;
    field.sky.data()[i] = kept;
    field.pixels += kept;
  }
  return field;
}

// Mean product of all pairs of sky pixels that are (dx, dy) apart.
double mean_product(const SkyField& field, int dx, int dy) {
  const int width = field.value.width(), height = field.value.height();
  double sum = 0;
  long pairs = 0;
  for (int y = std::max(0, -dy); y < std::min(height, height - dy); ++y) {
    const float* a = field.value.row(y);
    const float* b = field.value.row(y + dy) + dx;
    const unsigned char* in_a = field.sky.row(y);
    const unsigned char* in_b = field.sky.row(y + dy) + dx;
    double row = 0;
    long count = 0;
    for (int x = std::max(0, -dx); x < std::min(width, width - dx); ++x) {
      row += static_cast<double>(a[x]) * b[x];
      count += in_a[x] & in_b[x];
    }
    sum += row;
    pairs += count;
  }
  return pairs > 0 ? sum / static_cast<double>(pairs) : 0.0;
}

}  // namespace

NoiseCorrelation::NoiseCorrelation(const Array2D<double>& measured, long pairs) : pairs_(pairs) {
  require(measured.width() == measured.height() && measured.width() % 2 == 1,
          "NoiseCorrelation: an odd square of lags");
  const int reach = measured.width() / 2, period = 4 * reach + 1;  // odd: frequencies are symmetric
  Array2D<double> power = cosine_transform(measured, period), root = power;
  for (std::size_t i = 0; i < power.size(); ++i) {
    power.data()[i] = std::max(power.data()[i], 0.0);
    root.data()[i] = std::sqrt(power.data()[i]);
  }
  rho_ = back(power, reach);
  const double variance = rho_(reach, reach);
  require(variance > 0, "NoiseCorrelation: the variance is positive");
  for (double& v : rho_) v /= variance;
  filter_ = trimmed(back(root, reach));
}

double NoiseCorrelation::quadratic_form(std::span<const double> u, int side) const {
  double sum = 0;
  for (int dy = -reach(); dy <= reach(); ++dy)
    for (int dx = -reach(); dx <= reach(); ++dx) {
      const double rho = (*this)(dx, dy);
      if (rho == 0) continue;
      double products = 0;
      for (int y = std::max(0, -dy); y < std::min(side, side - dy); ++y)
        for (int x = std::max(0, -dx); x < std::min(side, side - dx); ++x)
          products +=
              u[static_cast<std::size_t>(y) * side + x] * u[static_cast<std::size_t>(y + dy) * side + x + dx];
      sum += rho * products;
    }
  return std::max(sum, 0.0);
}

std::vector<double> NoiseCorrelation::draw(int side, Random& random) const {
  const int r = filter_.width() / 2, wide = side + 2 * r;
  std::vector<double> white(static_cast<std::size_t>(wide) * wide),
      noise(static_cast<std::size_t>(side) * side, 0.0);
  for (double& v : white) v = random.normal();
  for (int j = 0; j <= 2 * r; ++j)
    for (int i = 0; i <= 2 * r; ++i) {
      const double weight = filter_(i, j);
      for (int y = 0; y < side; ++y)
        for (int x = 0; x < side; ++x)
          noise[static_cast<std::size_t>(y) * side + x] +=
              weight * white[static_cast<std::size_t>(y + j) * wide + x + i];
    }
  return noise;
}

double NoiseCorrelation::large_scale_factor() const {
  double sum = 0;
  for (const double v : rho_) sum += v;
  return std::sqrt(std::max(sum, 0.0));
}

NoiseCorrelation measure_noise_correlation(const Array2D<float>& image_njy, const Array2D<float>& error_njy,
                                           const Array2D<int>& segmentation,
                                           const NoiseCorrelationOptions& options) {
  require(segmentation.width() == image_njy.width() && segmentation.height() == image_njy.height(),
          "measure_noise_correlation: image and segmentation have one shape");
  const SkyField field = sky_field(image_njy, error_njy, segmentation, options);
  if (field.pixels < options.min_pixels) return {};
  const int reach = options.reach_pix;
  Array2D<double> covariance(2 * reach + 1, 2 * reach + 1);
  for (int dy = 0; dy <= reach; ++dy)
    for (int dx = -reach; dx <= reach; ++dx) {
      const double product = mean_product(field, dx, dy);
      covariance(reach + dx, reach + dy) = covariance(reach - dx, reach - dy) = product;
    }
  if (!(covariance(reach, reach) > 0)) return {};
  return NoiseCorrelation(covariance, field.pixels);
}

double band_noise_correlation(const Array2D<float>& a_njy, const Array2D<float>& a_error_njy,
                              const Array2D<float>& b_njy, const Array2D<float>& b_error_njy,
                              const Array2D<int>& segmentation, int background_mesh_pix) {
  constexpr int lag = 3;
  NoiseCorrelationOptions options;
  options.background_mesh_pix = background_mesh_pix;
  const SkyField a = sky_field(a_njy, a_error_njy, segmentation, options),
                 b = sky_field(b_njy, b_error_njy, segmentation, options);
  double ab = 0, aa = 0, bb = 0;
  long pairs = 0;
  for (int y = 0; y < a.sky.height(); ++y)
    for (int x = 0; x + lag < a.sky.width(); ++x) {
      if (!a.sky(x, y) || !a.sky(x + lag, y) || !b.sky(x, y) || !b.sky(x + lag, y)) continue;
      const double da = a.value(x + lag, y) - a.value(x, y), db = b.value(x + lag, y) - b.value(x, y);
      ab += da * db;
      aa += da * da;
      bb += db * db;
      ++pairs;
    }
  return pairs < options.min_pixels ? std::nan("") : ab / std::sqrt(aa * bb);
}

}  // namespace arcproof::photometry
