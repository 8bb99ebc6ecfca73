#include "engine/core/fft.h"

#include <map>
#include <mutex>
#include <utility>

#include <fftw3.h>

namespace arcproof {
namespace {

std::mutex& planner_mutex() {
  static std::mutex mutex;
  return mutex;
}

fftw_complex* as_fftw(std::complex<double>* p) { return reinterpret_cast<fftw_complex*>(p); }

}  // namespace

// FFTW_UNALIGNED lets one plan serve arrays from any allocation, so that the result does not depend on where
// memory lies.
struct Fft2D::Plans {
  Plans(int width, int height) {
    Array2D<double> real(width, height);
    Array2D<std::complex<double>> half(width / 2 + 1, height);
    const std::scoped_lock lock(planner_mutex());
    forward = fftw_plan_dft_r2c_2d(height, width, real.data(), as_fftw(half.data()),
                                   FFTW_ESTIMATE | FFTW_UNALIGNED);
    inverse = fftw_plan_dft_c2r_2d(height, width, as_fftw(half.data()), real.data(),
                                   FFTW_ESTIMATE | FFTW_UNALIGNED);
  }
  ~Plans() {
    const std::scoped_lock lock(planner_mutex());
    fftw_destroy_plan(forward);
    fftw_destroy_plan(inverse);
  }
  Plans(const Plans&) = delete;
  Plans& operator=(const Plans&) = delete;
  fftw_plan forward = nullptr;
  fftw_plan inverse = nullptr;
};

Fft2D::Fft2D(int width, int height)
    : width_(width), height_(height), plans_(std::make_unique<Plans>(width, height)) {}

Fft2D::~Fft2D() = default;

Array2D<std::complex<double>> Fft2D::forward(const Array2D<double>& image) const {
  require(image.width() == width_ && image.height() == height_, "Fft2D::forward: image has the plan's shape");
  Array2D<double> input = image;  // FFTW may overwrite its input
  Array2D<std::complex<double>> spectrum(half_width(), height_);
  fftw_execute_dft_r2c(plans_->forward, input.data(), as_fftw(spectrum.data()));
  return spectrum;
}

Array2D<double> Fft2D::inverse(Array2D<std::complex<double>> spectrum) const {
  require(spectrum.width() == half_width() && spectrum.height() == height_,
          "Fft2D::inverse: spectrum has the plan's shape");
  Array2D<double> image(width_, height_);
  fftw_execute_dft_c2r(plans_->inverse, as_fftw(spectrum.data()), image.data());
  const double scale = 1.0 / (static_cast<double>(width_) * height_);
  for (double& value : image) value *= scale;
  return image;
}

const Fft2D& shared_fft(int width, int height) {
  static std::mutex mutex;
  static std::map<std::pair<int, int>, std::unique_ptr<Fft2D>> plans;
  const std::scoped_lock lock(mutex);
  auto& plan = plans[{width, height}];
  if (!plan) plan = std::make_unique<Fft2D>(width, height);
  return *plan;
}

int fast_fft_length(int n) {
  require(n > 0, "fast_fft_length: n is positive");
  for (int length = n + (n & 1);; length += 2) {
    int rest = length;
    for (const int prime : {2, 3, 5})
      while (rest % prime == 0) rest /= prime;
    if (rest == 1) return length;
  }
}

}  // namespace arcproof
