// The fit on images drawn by the mock renderer, which shares no code with it.
#include "engine/photometry/clump_fit.h"

#include "engine/core/random.h"
#include "engine/core/statistics.h"
#include "mocks/convolve.h"
#include "mocks/shoot.h"
#include "tests/support/data.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

namespace arcproof::photometry {
namespace {

struct Truth {
  double x, y, sigma, flux;
};

// An image of 61 x 61 pixels with one round clump near its centre.
Array2D<float> draw(const std::shared_ptr<const sky::Psf>& psf, const Truth& truth) {
  Array2D<float> image(61, 61, 0.0F);
  const mocks::Convolver convolver({psf});
  mocks::add_patch(image, convolver.convolve(mocks::unlensed_piece(truth.x, truth.y, truth.sigma)).front(),
                   truth.flux);
  return image;
}

Truth draw_truth(Random& random, double sigma_low, double sigma_high) {
  return {30 + random.uniform(-0.5, 0.5), 30 + random.uniform(-0.5, 0.5),
          random.uniform(sigma_low, sigma_high), 100};
}

ClumpFit fit_one(const Array2D<float>& image, const PsfTransform& psf, double sigma_njy) {
  const ComponentStart start{0, 0, {1, 0, 1}};
  return fit_clumps(cut_uniform(image, 30, 30, 9, sigma_njy), psf, std::span(&start, 1), {});
}

double circular_sigma(const ClumpFit& fit) {
  const PrincipalAxes axes = principal_axes(fit.components.front().shape);
  return std::sqrt(axes.sigma_major * axes.sigma_minor);
}

// Without noise, what goes in comes out: flux to 0.5%, size to 2%, for sigma >= 0.6 pixel.
void expect_closure(const std::shared_ptr<const sky::Psf>& psf) {
  const PsfTransform transform(*psf, 9);
  Random random({.seed = 11, .purpose = "closure"});
  double worst_flux = 0, worst_sigma = 0;
  for (int i = 0; i < 60; ++i) {
    const Truth truth = draw_truth(random, 0.6, 2.0);
    const ClumpFit fit = fit_one(draw(psf, truth), transform, 0.01);
    EXPECT_EQ(fit.status, FitStatus::converged);
    worst_flux = std::max(worst_flux, std::abs(fit.components.front().flux / truth.flux - 1));
    worst_sigma = std::max(worst_sigma, std::abs(circular_sigma(fit) / truth.sigma - 1));
  }
  std::printf("largest deviation of the flux %.2g, of the size %.2g\n", worst_flux, worst_sigma);
  EXPECT_LT(worst_flux, 0.005);
  EXPECT_LT(worst_sigma, 0.02);
}

TEST(ClumpFit, ClosesOnTheEmbeddedPsf) {
  expect_closure(std::make_shared<sky::Psf>(sky::Psf::parametric("F150W", 0.02)));
}

TEST(ClumpFit, ClosesOnTheDrizzledPsf) {
  ARCPROOF_NEEDS_DATA(path, "psf/psf-smacs0723-f150w-20mas.fits");
  expect_closure(std::make_shared<sky::Psf>(sky::Psf::read(path, "", 0, 0.02)));
}

struct NoisyFits {
  std::vector<double> pull, signal_to_noise;
  int outliers = 0, worse_than_truth = 0;
};

NoisyFits fit_noisy(int count, double sky_sigma, std::uint64_t seed) {
  const auto psf = std::make_shared<sky::Psf>(sky::Psf::parametric("F150W", 0.02));
  const PsfTransform transform(*psf, 9);
  Random random({.seed = seed, .purpose = "white noise"});
  NoisyFits result;
  for (int i = 0; i < count; ++i) {
    const Truth truth = draw_truth(random, 0.8, 1.5);
    Array2D<float> image = draw(psf, truth);
    for (std::size_t k = 0; k < image.size(); ++k)
      image.data()[k] += static_cast<float>(sky_sigma * random.normal());
    const ClumpFit fit = fit_one(image, transform, sky_sigma);
    const ComponentFit& c = fit.components.front();
    result.pull.push_back((c.flux - truth.flux) / c.flux_error);
    result.signal_to_noise.push_back(c.flux / c.flux_error);
    const double ratio = c.flux / truth.flux;
    result.outliers += ratio > 3 || ratio < 1.0 / 3;
    const ComponentStart at_truth{truth.x - 30, truth.y - 30, covariance_of(truth.sigma, truth.sigma, 0)};
    const double chi2_truth =
        chi2_of_shapes(cut_uniform(image, 30, 30, 9, sky_sigma), transform, std::span(&at_truth, 1));
    result.worse_than_truth += fit.chi2 > chi2_truth + 1e-3;
  }
  return result;
}

// N = 1500 fits at S/N 10 - 25. The error of the mean pull is 0.026, that of the standard deviation 0.018:
// bounds of 0.1 are 3.8 and 5 sigma away, false alarm 2e-4.
TEST(ClumpFit, FluxPullsInWhiteNoiseAreUnitNormal) {
  const NoisyFits fits = fit_noisy(1500, 0.25, 21);
  EXPECT_GT(statistics::median(fits.signal_to_noise), 10);
  const double mean = statistics::mean(fits.pull), sd = statistics::standard_deviation(fits.pull);
  std::printf("S/N %.1f, pulls: mean %.3f, standard deviation %.3f, %d outliers, %d worse than the truth\n",
              statistics::median(fits.signal_to_noise), mean, sd, fits.outliers, fits.worse_than_truth);
  EXPECT_LT(std::abs(mean), 0.1);
  EXPECT_GT(sd, 0.9);
  EXPECT_LT(sd, 1.1);
  EXPECT_EQ(fits.outliers, 0);
  EXPECT_LE(fits.worse_than_truth, 1);  // 99.9%
}

TEST(ClumpFit, SeparatesAPair) {
  const auto psf = std::make_shared<sky::Psf>(sky::Psf::parametric("F150W", 0.02));
  Array2D<float> image = draw(psf, {28.4, 30.2, 0.8, 100});
  const Array2D<float> other = draw(psf, {31.6, 29.7, 1.1, 60});
  for (std::size_t k = 0; k < image.size(); ++k) image.data()[k] += other.data()[k];
  const ComponentStart start[] = {{-2, 0, {1, 0, 1}}, {2, 0, {1, 0, 1}}};
  const ClumpFit fit = fit_clumps(cut_uniform(image, 30, 30, 13, 0.01), PsfTransform(*psf, 13), start, {});
  EXPECT_NEAR(fit.components[0].flux, 100, 0.5);
  EXPECT_NEAR(fit.components[1].flux, 60, 0.5);
}

TEST(ClumpFit, ForcedFluxesAreSigned) {
  const auto psf = std::make_shared<sky::Psf>(sky::Psf::parametric("F150W", 0.02));
  const Array2D<float> image = draw(psf, {30.2, 29.9, 1.0, -40});
  FitOptions forced;
  forced.shape_free = forced.position_free = false;
  const ComponentStart start{0.2, -0.1, {1, 0, 1}};
  const ClumpFit fit =
      fit_clumps(cut_uniform(image, 30, 30, 9, 0.1), PsfTransform(*psf, 9), std::span(&start, 1), forced);
  EXPECT_NEAR(fit.components.front().flux, -40, 0.1);
}

// On a constant sky both backgrounds find the truth; with fewer parameters the errors are smaller, and on a
// slope only the plane is right.
TEST(ClumpFit, ConstantBackgroundHasOneTerm) {
  const auto psf = std::make_shared<sky::Psf>(sky::Psf::parametric("F150W", 0.02));
  const PsfTransform transform(*psf, 9);
  Array2D<float> image = draw(psf, {30, 30, 1.5, 100});
  const ComponentStart start{0, 0, {1, 0, 1}};
  const auto fit = [&](bool plane) {
    return fit_clumps(cut_uniform(image, 30, 30, 9, 0.1), transform, std::span(&start, 1), {.plane = plane});
  };
  for (float& v : image) v += 3;
  const ClumpFit plane = fit(true), constant = fit(false);
  EXPECT_NEAR(constant.background, 3, 0.02);
  EXPECT_EQ(constant.slope_x, 0);
  EXPECT_EQ(constant.slope_y, 0);
  EXPECT_EQ(constant.degrees_of_freedom, plane.degrees_of_freedom + 2);
  EXPECT_NEAR(constant.components[0].flux, 100, 0.5);
  for (int x = 0; x < image.width(); ++x)
    for (int y = 0; y < image.height(); ++y) image(x, y) += 0.2F * static_cast<float>(x - 30);
  EXPECT_NEAR(fit(true).components[0].flux, 100, 0.5);
  EXPECT_LT(fit(true).chi2, 1);  // no noise was drawn
  EXPECT_GT(fit(false).chi2, 4 * fit(false).degrees_of_freedom);
}

TEST(ClumpFit, SaysWhenThereAreTooFewPixels) {
  const auto psf = std::make_shared<sky::Psf>(sky::Psf::parametric("F150W", 0.02));
  const Array2D<float> nothing(61, 61, std::nanf(""));
  EXPECT_EQ(fit_one(nothing, PsfTransform(*psf, 9), 1.0).status, FitStatus::too_few_pixels);
}

}  // namespace
}  // namespace arcproof::photometry
