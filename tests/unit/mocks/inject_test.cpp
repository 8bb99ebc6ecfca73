#include "mocks/inject.h"

#include "engine/core/statistics.h"
#include "engine/lens/sources/compact_cluster.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

namespace arcproof::mocks {
namespace {

double total(const Array2D<double>& image) {
  double sum = 0;
  for (std::size_t i = 0; i < image.size(); ++i) sum += image.data()[i];
  return sum;
}

const std::shared_ptr<const sky::Psf>& psf() {
  static const std::shared_ptr<const sky::Psf> value =
      std::make_shared<sky::Psf>(sky::Psf::parametric("F150W", 0.02));
  return value;
}

TEST(Convolver, KeepsTheFlux) {
  const Convolver convolver({psf()});
  for (const double sigma : {0.0, 0.4, 3.0})
    EXPECT_NEAR(total(convolver.convolve(unlensed_piece(40.3, 51.7, sigma)).front().flux), 1, 1e-6) << sigma;
}

// A point source is the PSF itself, moved by whole pixels. 1e-4 of the peak: the frequencies at the Nyquist
// limit are dropped.
TEST(Convolver, DrawsThePsfForAPoint) {
  const Convolver convolver({psf()});
  const Patch patch = convolver.convolve(unlensed_piece(200, 150, 0)).front();
  const int half = psf()->half_size();
  const double peak = psf()->image()(half, half);
  for (int d = -6; d <= 6; ++d)
    EXPECT_NEAR(patch.flux(200 + d - patch.x0, 150 - patch.y0), psf()->image()(half + d, half), 1e-4 * peak)
        << d;
}

// A clump carried to the pixels of another band - coarser, turned by 25 degrees, elsewhere - is the clump
// drawn there. The bands on the piece's own grid are as they were.
TEST(Convolver, DrawsBandsOnTheirOwnGrids) {
  const auto coarse = std::make_shared<const sky::Psf>(sky::Psf::parametric("F277W", 0.04));
  const Convolver three({psf(), coarse, psf()});
  const double c = 0.5 * std::cos(0.44), s = 0.5 * std::sin(0.44);
  const sky::PixelMap identity, turned{40, 50, 70.3, 21.8, c, -s, s, c};
  const sky::PixelPosition there = turned({40.3, 51.7});
  const std::vector<sky::PixelMap> maps = {identity, turned, identity};
  const Piece piece = unlensed_piece(40.3, 51.7, 1.6);
  const std::vector<Patch> patches = three.convolve(piece, maps);
  const Patch expected = Convolver({coarse}).convolve(unlensed_piece(there.x, there.y, 0.8)).front();
  const double peak = coarse->image()(coarse->half_size(), coarse->half_size());
  Array2D<float> drawn(140, 60, 0.0F), direct(140, 60, 0.0F);
  add_patch(drawn, patches[1], 1);
  add_patch(direct, expected, 1);
  double worst = 0;
  for (std::size_t i = 0; i < drawn.size(); ++i)
    worst = std::max(worst, std::abs(static_cast<double>(drawn.data()[i]) - direct.data()[i]));
  EXPECT_LT(worst, 1e-5 * peak);
  const Patch alone = Convolver({psf()}).convolve(piece).front();
  for (const std::size_t b : {std::size_t{0}, std::size_t{2}})
    EXPECT_TRUE(std::equal(alone.flux.begin(), alone.flux.end(), patches[b].flux.begin())) << b;
}

TEST(Shoot, MagnifiesByAConstantLens) {
  const lens::LensMap map = lens::LensMap::constant(4, 1.5, 0.3);
  const lens::ImageFrame frame(0.02, {99.5, 99.5});
  const lens::Vector2 source = map.source_position(frame.to_lens({90, 110}), 1);
  const auto pieces = shoot({source, 0.01, 0.007, 0.5}, map, 1, frame, 200, 200, {});
  ASSERT_EQ(pieces.size(), 1u);
  EXPECT_NEAR(pieces.front().flux, 4 * 1.5, 1e-3 * 6);
}

// Sum over a fine grid of image-plane points of the source's surface brightness, the definition of lensing.
TEST(Shoot, EqualsADirectSummationBehindACluster) {
  const sky::Cosmology cosmology;
  const lens::LensModel model = lens::compact_cluster(cosmology, 1);
  const double efficiency = model.efficiency(1.4);
  const lens::LensMap map = lens::LensMap::compute(model, lens::covering_grid({-8, -8}, {8, 8}, 0.05), 1);
  const lens::ImageFrame frame(0.02, {299.5, 299.5});
  const lens::Vector2 source = map.source_position({2.8, 4.5}, efficiency);
  const double sigma = 0.02;
  double shot = 0;
  for (const Piece& piece : shoot({source, sigma, sigma, 0}, map, efficiency, frame, 600, 600, {}))
    shot += piece.flux;
  double sum = 0;
  constexpr double step = 0.005;
  for (double y = -6; y < 6; y += step)
    for (double x = -6; x < 6; x += step) {
      const lens::Vector2 beta = map.source_position({x, y}, efficiency);
      const double r2 = std::pow(beta.x - source.x, 2) + std::pow(beta.y - source.y, 2);
      if (r2 < 40 * sigma * sigma) sum += std::exp(-0.5 * r2 / (sigma * sigma));
    }
  sum *= step * step / (2 * M_PI * sigma * sigma);
  EXPECT_NEAR(shot / sum, 1, 2e-3);
}

TEST(Population, StaysWithinItsRanges) {
  const PopulationOptions options;
  for (int k = 0; k < 2000; ++k) {
    Random random({.seed = 3, .purpose = "population", .realisation = 0, .clump = k});
    const Clump clump = draw_clump(options, 6, 900, random);
    EXPECT_GE(clump.radius_pc, 3);
    EXPECT_LE(clump.radius_pc, 300);
    EXPECT_GE(clump.mass_msun, 1e5 * (1 - 1e-12));
    EXPECT_LE(clump.mass_msun, 1e9 * (1 + 1e-12));
    EXPECT_LE(clump.population.age_myr, 900);  // the age of the Universe
  }
}

// Mean and variance of 40 000 draws; bounds of five standard errors, false alarm 1e-6 each.
TEST(Poisson, HasTheMeanAndVarianceOfItsName) {
  for (const double mean : {0.01, 0.3, 5.0, 900.0, 2e6}) {
    Random random({.seed = 8, .purpose = "poisson"});
    std::vector<double> draws(40000);
    for (double& d : draws) d = static_cast<double>(random.poisson(mean));
    const double n = static_cast<double>(draws.size());
    EXPECT_NEAR(statistics::mean(draws), mean, 5 * std::sqrt(mean / n)) << mean;
    const double sd = statistics::standard_deviation(draws);
    EXPECT_NEAR(sd * sd / mean, 1, 5 * std::sqrt((2 + 1 / mean) / n)) << mean;
  }
}

}  // namespace
}  // namespace arcproof::mocks
