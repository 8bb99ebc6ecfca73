#include "engine/core/fft.h"

#include "engine/core/parallel.h"
#include "engine/core/random.h"

#include <cmath>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace arcproof {
namespace {

using Spectrum = Array2D<std::complex<double>>;

Array2D<double> noise(int width, int height) {
  Random random({.purpose = "fft test", .realisation = width, .clump = height});
  Array2D<double> image(width, height);
  for (double& value : image) value = random.normal();
  return image;
}

std::complex<double> naive_coefficient(const Array2D<double>& image, int u, int v) {
  std::complex<double> sum = 0;
  for (int y = 0; y < image.height(); ++y)
    for (int x = 0; x < image.width(); ++x) {
      const double turns =
          static_cast<double>(u * x) / image.width() + static_cast<double>(v * y) / image.height();
      sum += image(x, y) * std::polar(1.0, -2 * M_PI * turns);
    }
  return sum;
}

const std::vector<std::pair<int, int>> shapes = {{1, 1}, {1, 4}, {5, 1}, {2, 3}, {7, 5}, {8, 6}, {6, 9}};

TEST(Fft, ForwardEqualsTheDefiningSum) {
  for (const auto& [width, height] : shapes) {
    const Array2D<double> image = noise(width, height);
    const Spectrum spectrum = Fft2D(width, height).forward(image);
    ASSERT_EQ(spectrum.width(), width / 2 + 1);
    ASSERT_EQ(spectrum.height(), height);
    for (int v = 0; v < spectrum.height(); ++v)
      for (int u = 0; u < spectrum.width(); ++u)
        EXPECT_LT(std::abs(spectrum(u, v) - naive_coefficient(image, u, v)), 1e-13 * width * height)
            << width << "x" << height << " at " << u << "," << v;
  }
}

TEST(Fft, InverseUndoesForwardAndLeavesItsInput) {
  for (const auto& [width, height] : shapes) {
    const Array2D<double> image = noise(width, height);
    const Fft2D fft(width, height);
    const Spectrum spectrum = fft.forward(image), before = spectrum;
    const Array2D<double> back = fft.inverse(spectrum);
    EXPECT_EQ(spectrum, before);
    EXPECT_EQ(image, noise(width, height));
    for (std::size_t i = 0; i < image.size(); ++i) EXPECT_NEAR(back.data()[i], image.data()[i], 1e-14);
  }
}

TEST(Fft, OtherShapesAreRefused) {
  const Fft2D fft(6, 4);
  EXPECT_THROW(fft.forward(Array2D<double>(4, 6)), ContractError);
  EXPECT_THROW(fft.inverse(Spectrum(6, 4)), ContractError);
}

TEST(Fft, SharedPlansGiveTheSameBitsOnEveryThread) {
  const Array2D<double> image = noise(30, 24);
  const Spectrum alone = shared_fft(30, 24).forward(image);
  std::vector<Spectrum> spectra(32);
  parallel_for(spectra.size(), 4, [&](std::size_t i) { spectra[i] = shared_fft(30, 24).forward(image); });
  for (const Spectrum& spectrum : spectra) EXPECT_EQ(spectrum, alone);
  EXPECT_EQ(&shared_fft(30, 24), &shared_fft(30, 24));
  EXPECT_NE(&shared_fft(30, 24), &shared_fft(24, 30));
}

TEST(Fft, FastLengthsAreTheSmallestEvenProductsOf2And3And5) {
  std::vector<bool> fast(4000, false);
  for (int a = 2; a < 4000; a *= 2)
    for (int b = a; b < 4000; b *= 3)
      for (int c = b; c < 4000; c *= 5) fast[static_cast<std::size_t>(c)] = true;
  for (int n = 1; n <= 3000; ++n) {
    std::size_t twin = static_cast<std::size_t>(n);
    while (!fast[twin]) ++twin;
    ASSERT_EQ(fast_fft_length(n), static_cast<int>(twin));
  }
}

}  // namespace
}  // namespace arcproof
