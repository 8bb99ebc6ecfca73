// Fits of the position on expansions of the image, against the full descent of clump_fit.h.
#include "engine/photometry/position_fit.h"

#include "engine/core/random.h"
#include "mocks/convolve.h"
#include "mocks/shoot.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include <gtest/gtest.h>

namespace arcproof::photometry {
namespace {

struct Clump {
  double x, y, sigma, flux;
};

Array2D<float> draw(const std::shared_ptr<const sky::Psf>& psf, const Clump& clump) {
  Array2D<float> image(61, 61, 0.0F);
  const mocks::Convolver convolver({psf});
  mocks::add_patch(image, convolver.convolve(mocks::unlensed_piece(clump.x, clump.y, clump.sigma)).front(),
                   clump.flux);
  return image;
}

// Noise for this signal-to-noise ratio of a fit that knows all but the flux; its sigma is returned.
double add_noise(Array2D<float>& image, double snr, Random& random) {
  double signal = 0;
  for (const float v : image) signal += static_cast<double>(v) * v;
  const double sigma = std::sqrt(signal) / snr;
  for (float& v : image) v += static_cast<float>(sigma * random.normal());
  return sigma;
}

// From a start 0.3 pixel off, what is foreseen with an image of another size: N = 600 clumps of S/N 5 to 100,
// seed 17. The fluxes may differ by the terms left out (0.3%), and, at low S/N, by ending a hundredth of
// chi^2 apart. A fifth of the cutouts have masked pixels.
TEST(PositionFit, IsThatOfTheFullDescent) {
  const auto psf = std::make_shared<sky::Psf>(sky::Psf::parametric("F150W", 0.02));
  const PsfTransform transform(*psf, 9);
  Random random({.seed = 17, .purpose = "expansion"});
  double worst_flux = 0, worst_position = 0;
  int compared = 0, images = 0;
  for (int i = 0; i < 600; ++i) {
    const Clump truth{30 + random.uniform(-0.5, 0.5), 30 + random.uniform(-0.5, 0.5),
                      random.uniform(0.3, 2.0), i % 7 ? 100.0 : -100.0};
    const double snr = std::exp(random.uniform(std::log(5.0), std::log(100.0)));
    Array2D<float> image = draw(psf, truth);
    const double sigma = add_noise(image, snr, random);
    if (i % 5 == 0)
      for (int k = 27; k < 33; ++k) image(k, 28) = std::nanf("");
    const Cutout cutout = cut_uniform(image, 30, 30, 9, sigma);
    const double variance = truth.sigma * truth.sigma;
    const ComponentStart start{truth.x - 30 + 0.3, truth.y - 30 - 0.3, {variance, 0, variance}};
    const ComponentStart typical{truth.x - 30 - 0.1, truth.y - 30, {1.3 * variance, 0, 0.8 * variance}};
    const FitOptions options{.plane = i % 2 == 0,
                             .shape_free = false,
                             .max_shift_pix = 1,
                             .tolerance_chi2 = 1e-6,
                             .errors = false};
    const ClumpFit full = fit_clumps(cutout, transform, std::span(&start, 1), options);
    PositionFit position(cutout, transform, typical, options.plane, 1, 1e-6);
    const PositionFitResult fit = position.fit(cutout.flux, start);
    images += fit.images;
    ASSERT_TRUE(fit.solvable);
    if (full.status == FitStatus::at_bound) continue;
    const ComponentFit& best = full.components[0];
    // The chi^2 of S/N 5 can have two minima within a pixel: the better one counts.
    if (std::hypot(fit.x - best.x, fit.y - best.y) > 0.3 && fit.chi2 < full.chi2) continue;
    ++compared;
    const double error = std::abs(truth.flux) / snr;
    worst_flux = std::max(worst_flux, std::abs(fit.flux - best.flux) / (0.3 + 0.02 * error));
    worst_position = std::max(worst_position, std::hypot(fit.x - best.x, fit.y - best.y));
    EXPECT_LT(fit.chi2, full.chi2 + 0.05) << i;
  }
  std::printf("%d compared; worst: flux %.3f of what is allowed, position %.4f pixel; %.2f images a fit\n",
              compared, worst_flux, worst_position, images / 600.0);
  EXPECT_GT(compared, 550);
  EXPECT_LT(worst_flux, 1);
  EXPECT_LT(worst_position, 0.12);
}

// The second, third, ... fit of the same object is that of a new one: what was foreseen leaves no trace.
TEST(PositionFit, DoesNotDependOnTheFitsBefore) {
  const auto psf = std::make_shared<sky::Psf>(sky::Psf::parametric("F150W", 0.02));
  const PsfTransform transform(*psf, 9);
  Random random({.seed = 18, .purpose = "expansion"});
  std::optional<PositionFit> kept;
  const ComponentStart typical{0, 0, {1, 0, 1}};
  for (int i = 0; i < 20; ++i) {
    Array2D<float> image = draw(psf, {30 + random.uniform(-1, 1), 30, 1, 100});
    add_noise(image, 8, random);
    const Cutout cutout = cut_uniform(image, 30, 30, 9, 1);
    if (!kept) kept.emplace(cutout, transform, typical, true, 1.0, 1e-2);
    PositionFit fresh(cutout, transform, typical, true, 1.0, 1e-2);
    const ComponentStart start{random.uniform(-0.2, 0.2), 0, {1.1, 0.1, 0.9}};
    const PositionFitResult a = kept->fit(cutout.flux, start), b = fresh.fit(cutout.flux, start);
    EXPECT_EQ(a.flux, b.flux);
    EXPECT_EQ(a.x, b.x);
    EXPECT_EQ(a.y, b.y);
  }
}

TEST(PositionFit, StaysWithinItsBounds) {
  const auto psf = std::make_shared<sky::Psf>(sky::Psf::parametric("F150W", 0.02));
  const PsfTransform transform(*psf, 9);
  const Cutout cutout = cut_uniform(draw(psf, {32, 30, 1, 100}), 30, 30, 9, 1);
  const ComponentStart start{0.2, 0, {1, 0, 1}};
  PositionFit position(cutout, transform, start, true, 0.5, 1e-4);
  const PositionFitResult fit = position.fit(cutout.flux, start);
  EXPECT_TRUE(fit.solvable);
  EXPECT_DOUBLE_EQ(fit.x, 0.7);
  EXPECT_NEAR(fit.y, 0, 0.01);
}

}  // namespace
}  // namespace arcproof::photometry
