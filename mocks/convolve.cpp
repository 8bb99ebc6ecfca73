#include "mocks/convolve.h"

#include "engine/core/error.h"
#include "engine/core/fft.h"
#include "engine/core/units.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace arcproof::mocks {
namespace {

using std::complex;

constexpr int kernel_width = 8;                       // points of the fine grid: 1e-7
constexpr double kernel_shape = 2.30 * kernel_width;  // for a grid twice as fine as the pixels

double kernel(double z) {
  const double t = 2 * z / kernel_width;
  return t * t < 1 ? std::exp(kernel_shape * (std::sqrt(1 - t * t) - 1)) : 0.0;
}

// Fourier transform of the kernel at k cycles per `period` points, by the trapezoid rule on 400 points (the
// kernel ends at 1e-8).
double kernel_transform(double k, double period) {
  constexpr int points = 400;
  const double step = static_cast<double>(kernel_width) / points;
  double sum = 0;
  for (int i = 0; i <= points; ++i) {
    const double z = -0.5 * kernel_width + i * step;
    sum += kernel(z) * std::cos(2 * units::pi * k * z / period) * (i == 0 || i == points ? 0.5 : 1.0);
  }
  return sum * step;
}

// 1 / kernel transform for the frequencies of one axis, made once per length.
const std::vector<double>& correction(int pixels) {
  static std::mutex mutex;
  static std::map<int, std::vector<double>> tables;
  const std::scoped_lock lock(mutex);
  auto& table = tables[pixels];
  if (table.empty())
    for (int k = 0; k <= pixels / 2; ++k) table.push_back(1 / kernel_transform(k, 2.0 * pixels));
  return table;
}

struct Spread {
  int first;  // fine-grid index of weight[0]
  double weight[kernel_width];
};

Spread spread_of(double position) {  // in fine-grid points
  Spread s{static_cast<int>(std::ceil(position - 0.5 * kernel_width)), {}};
  for (int k = 0; k < kernel_width; ++k) s.weight[k] = kernel(s.first + k - position);
  return s;
}

// Without the test for infinities that std::complex's own product makes.
complex<double> times(complex<double> a, complex<double> b) {
  return {a.real() * b.real() - a.imag() * b.imag(), a.real() * b.imag() + a.imag() * b.real()};
}

// The same light on another image's pixels. Which pixels are lit is not carried.
Piece carried(const Piece& piece, const sky::PixelMap& map) {
  Piece result;
  result.flux = piece.flux;
  result.samples.reserve(piece.samples.size());
  for (const Sample& sample : piece.samples) {
    const sky::PixelPosition at = map({sample.x, sample.y});
    result.samples.push_back({at.x, at.y, sample.flux});
  }
  double low_x = HUGE_VAL, low_y = HUGE_VAL, high_x = -HUGE_VAL, high_y = -HUGE_VAL;
  for (const double x : {piece.x_low - 0.5, piece.x_high + 0.5})
    for (const double y : {piece.y_low - 0.5, piece.y_high + 0.5}) {
      const sky::PixelPosition corner = map({x, y});
      low_x = std::min(low_x, corner.x);
      high_x = std::max(high_x, corner.x);
      low_y = std::min(low_y, corner.y);
      high_y = std::max(high_y, corner.y);
    }
  result.x_low = static_cast<int>(std::floor(low_x));
  result.x_high = static_cast<int>(std::ceil(high_x));
  result.y_low = static_cast<int>(std::floor(low_y));
  result.y_high = static_cast<int>(std::ceil(high_y));
  return result;
}

// Few lengths, so that few transforms of the PSFs have to be kept.
int transform_length(int n) {
  for (const int length :
       {64, 96, 128, 192, 240, 256, 288, 320, 384, 432, 512, 640, 768, 1024, 1280, 1536, 2048})
    if (length >= n) return length;
  return fast_fft_length(n);
}

}  // namespace

Array2D<complex<double>> spectrum_of(const std::vector<Sample>& samples, int x0, int y0, int width,
                                     int height) {
  Array2D<double> fine(2 * width, 2 * height);
  const auto wrapped = [](int i, int n) { return ((i % n) + n) % n; };
  for (const Sample& sample : samples) {
    const Spread sx = spread_of(2 * (sample.x - x0)), sy = spread_of(2 * (sample.y - y0));
    for (int j = 0; j < kernel_width; ++j) {
      double* row = fine.row(wrapped(sy.first + j, fine.height()));
      const double weight = sample.flux * sy.weight[j];
      for (int i = 0; i < kernel_width; ++i)
        row[wrapped(sx.first + i, fine.width())] += weight * sx.weight[i];
    }
  }
  const auto transform = shared_fft(2 * width, 2 * height).forward(fine);
  const std::vector<double>&cx = correction(width), &cy = correction(height);
  Array2D<complex<double>> result(width / 2 + 1, height);
  for (int v = 0; v < height; ++v) {
    const int k = std::min(v, height - v);
    if (k == height / 2) continue;
    const complex<double>* from = transform.row(v < height / 2 ? v : 2 * height - k);
    for (int u = 0; u < width / 2; ++u) result(u, v) = from[u] * (cx[u] * cy[k]);
  }
  return result;
}

Convolver::Convolver(std::vector<std::shared_ptr<const sky::Psf>> psfs) : psfs_(std::move(psfs)) {}

const Convolver::Spectrum& Convolver::psf_spectrum(std::size_t band, int width, int height) const {
  const std::scoped_lock lock(mutex_);
  auto& spectrum = spectra_[{band, width, height}];
  if (!spectrum) {
    const sky::Psf& psf = *psfs_[band];
    const int half = std::min({psf.half_size(), (width - 1) / 2, (height - 1) / 2});
    Array2D<double> image(width, height);
    for (int y = -half; y <= half; ++y)
      for (int x = -half; x <= half; ++x)
        image((x + width) % width, (y + height) % height) =
            psf.image()(psf.half_size() + x, psf.half_size() + y);
    spectrum = std::make_unique<Spectrum>(shared_fft(width, height).forward(image));
  }
  return *spectrum;
}

// The bands lie on the piece's grid.
void Convolver::convolve_bands(const Piece& piece, std::span<const std::size_t> bands,
                               std::vector<Patch>& patches) const {
  int half_psf = 0;
  for (const std::size_t band : bands) half_psf = std::max(half_psf, psfs_[band]->half_size());
  const int x0 = piece.x_low - half_psf - 1, y0 = piece.y_low - half_psf - 1;
  const int width = transform_length(piece.x_high - piece.x_low + 2 * half_psf + 3);
  const int height = transform_length(piece.y_high - piece.y_low + 2 * half_psf + 3);
  const Spectrum source = spectrum_of(piece.samples, x0, y0, width, height);
  for (const std::size_t band : bands) {
    const Spectrum& psf = psf_spectrum(band, width, height);
    Spectrum product(source.width(), source.height());
    std::transform(source.begin(), source.end(), psf.begin(), product.begin(), times);
    patches[band] = {x0, y0, shared_fft(width, height).inverse(std::move(product))};
  }
}

std::vector<Patch> Convolver::convolve(const Piece& piece, std::span<const sky::PixelMap> maps) const {
  require(maps.empty() || maps.size() == psfs_.size(), "Convolver::convolve: one map a band");
  std::vector<Patch> patches(psfs_.size());
  std::vector<std::size_t> left(psfs_.size());
  std::iota(left.begin(), left.end(), std::size_t{0});
  while (!left.empty()) {  // all bands of the first one's grid
    const std::size_t first = left.front();
    const auto same = [&](std::size_t b) { return maps.empty() || maps[b] == maps[first]; };
    const auto others = std::stable_partition(left.begin(), left.end(), same);
    const std::vector<std::size_t> bands(left.begin(), others);
    if (maps.empty() || maps[first].is_identity()) convolve_bands(piece, bands, patches);
    else convolve_bands(carried(piece, maps[first]), bands, patches);
    left.erase(left.begin(), others);
  }
  return patches;
}

Array2D<double> Convolver::convolve_image(const Array2D<double>& image, std::size_t band) const {
  const int margin = psfs_[band]->half_size();
  const int width = transform_length(image.width() + margin),
            height = transform_length(image.height() + margin);
  Array2D<double> padded(width, height);
  for (int y = 0; y < image.height(); ++y)
    std::copy(image.row(y), image.row(y) + image.width(), padded.row(y));
  const Fft2D& fft = shared_fft(width, height);
  Spectrum spectrum = fft.forward(padded);
  const Spectrum& psf = psf_spectrum(band, width, height);
  std::transform(spectrum.begin(), spectrum.end(), psf.begin(), spectrum.begin(), times);
  const Array2D<double> convolved = fft.inverse(std::move(spectrum));
  Array2D<double> result(image.width(), image.height());
  for (int y = 0; y < image.height(); ++y)
    std::copy(convolved.row(y), convolved.row(y) + image.width(), result.row(y));
  return result;
}

void add_patch(Array2D<float>& image, const Patch& patch, double factor) {
  for (int j = 0; j < patch.flux.height(); ++j)
    for (int i = 0; i < patch.flux.width(); ++i)
      if (image.contains(patch.x0 + i, patch.y0 + j))
        image(patch.x0 + i, patch.y0 + j) += static_cast<float>(factor * patch.flux(i, j));
}

}  // namespace arcproof::mocks
