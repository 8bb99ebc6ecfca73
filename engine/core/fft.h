// Two-dimensional real Fourier transforms (FFTW, FFTW_ESTIMATE: measured plans differ from run to run).
//
// Convention: forward  F(u,v) = sum_xy f(x,y) exp(-2 pi i (u x / W + v y / H)),  u = 0 .. W/2, v = 0 .. H-1
// (half plane); inverse is normalised, so that inverse(forward(f)) = f.
#pragma once

#include "engine/core/array2d.h"

#include <complex>
#include <memory>

namespace arcproof {

/// A pair of plans for one shape. Safe to use from several threads at once.
class Fft2D {
 public:
  Fft2D(int width, int height);
  ~Fft2D();
  Fft2D(const Fft2D&) = delete;
  Fft2D& operator=(const Fft2D&) = delete;

  int width() const { return width_; }
  int height() const { return height_; }
  int half_width() const { return width_ / 2 + 1; }

  /// Image of the shape of the plan -> half_width() x height() spectrum.
  Array2D<std::complex<double>> forward(const Array2D<double>& image) const;
  /// half_width() x height() spectrum -> real image.
  Array2D<double> inverse(Array2D<std::complex<double>> spectrum) const;

 private:
  struct Plans;
  int width_, height_;
  std::unique_ptr<Plans> plans_;
};

/// The plan of a shape, made once per process and kept.
const Fft2D& shared_fft(int width, int height);

/// Smallest integer >= n whose only prime factors are 2, 3 and 5 and which is even: a fast FFT length.
int fast_fft_length(int n);

}  // namespace arcproof
