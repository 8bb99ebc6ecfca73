// Fits to profiles of known parameters, sampled on a grid of 20 mas as the mosaics are.
#include "engine/sky/psf_profile.h"

#include <cmath>

#include <gtest/gtest.h>

namespace arcproof::sky {
namespace {

constexpr double scale = 0.02;

PsfProfile round_profile() {
  PsfProfile p;
  p.moffat = 100, p.alpha_arcsec = 0.08, p.beta = 2.2;
  p.gaussian = 300, p.sigma_arcsec = 0.025;
  p.power = 8, p.scale_arcsec = 0.2;
  return p;
}

PsfProfile elliptical_profile() {
  PsfProfile p = round_profile();
  p.axis_ratio = 0.8;
  p.angle_rad = 0.4;
  return p;
}

PsfProfile steep_profile() {
  PsfProfile p;
  p.moffat = 20, p.alpha_arcsec = 0.3, p.beta = 4;
  p.gaussian = 200, p.sigma_arcsec = 0.05;
  p.power = 150, p.scale_arcsec = 0.06;
  p.axis_ratio = 0.93;
  p.angle_rad = -1.1;
  return p;
}

double peak_of(const Psf& psf) { return psf.image()(psf.half_size(), psf.half_size()); }

// The image with `map` applied to the offsets from its centre.
template <class Map>
Psf mapped(const Psf& psf, Map map) {
  const int half = psf.half_size();
  Array2D<double> image(2 * half + 1, 2 * half + 1);
  for (int y = -half; y <= half; ++y)
    for (int x = -half; x <= half; ++x) {
      const auto [u, v] = map(x, y);
      image(x + half, y + half) = psf.image()(u + half, v + half);
    }
  return Psf::from_image(image, scale, scale, "mapped");
}

// Distance of two angles of an axis, which has no direction.
double axis_distance(double a, double b) { return std::abs(std::remainder(a - b, M_PI)); }

TEST(PsfProfile, ValueIsTheFormulaWithTheLongAxisAlongTheAngle) {
  PsfProfile p;
  p.gaussian = 3, p.sigma_arcsec = 0.05;
  p.axis_ratio = 0.25, p.angle_rad = 0.7;
  // Along the angle sigma is 1 / sqrt(q) = 2 times larger, across it half.
  const double c = std::cos(0.7), s = std::sin(0.7);
  EXPECT_NEAR(p.value(0.1 * c, 0.1 * s), 3 * std::exp(-0.5), 1e-12);
  EXPECT_NEAR(p.value(-0.025 * s, 0.025 * c), 3 * std::exp(-0.5), 1e-12);
  p.moffat = 5, p.alpha_arcsec = 0.1, p.beta = 1.5;
  EXPECT_NEAR(p.value(0.2 * c, 0.2 * s), 3 * std::exp(-2) + 5 * std::pow(2, -1.5), 1e-12);
  // The power law is round.
  p.power = 7, p.scale_arcsec = 0.2;
  EXPECT_NEAR(p.value(0.2 * c, 0.2 * s), 3 * std::exp(-2) + 5 * std::pow(2, -1.5) + 3.5, 1e-12);
  EXPECT_NEAR(p.value(-0.05 * s, 0.05 * c), 3 * std::exp(-2) + 5 * std::pow(2, -1.5) + 7 / (1 + 1.0 / 256),
              1e-12);
}

TEST(PsfProfile, FitRecoversAKnownProfile) {
  for (const PsfProfile& truth : {round_profile(), elliptical_profile(), steep_profile()}) {
    const Psf psf = psf_of_profile(truth, scale, 0.7);
    const PsfProfileFit fit = fit_profile(psf);
    EXPECT_TRUE(fit.converged);
    EXPECT_LT(fit.max_residual, 1e-6);
    const double peak = peak_of(psf);
    double inside = 0, model_inside = 0;
    int pixels = 0;
    for (int y = -25; y <= 25; ++y)
      for (int x = -25; x <= 25; ++x) {
        if (std::hypot(x, y) > 25) continue;
        const double image = psf.image()(x + psf.half_size(), y + psf.half_size());
        const double model = fit.profile.value(x * scale, y * scale) * scale * scale;
        EXPECT_NEAR(model, image, 1e-6 * peak) << x << " " << y;
        inside += image;
        model_inside += model;
        ++pixels;
      }
    EXPECT_EQ(pixels, 1961);  // the lattice points of a disc of radius 25: nothing else is fitted
    EXPECT_NEAR(fit.flux_inside, inside, 1e-12);
    EXPECT_NEAR(fit.model_flux_inside, model_inside, 1e-9);
    EXPECT_NEAR(fit.model_flux_inside, inside, 1e-5);
    EXPECT_NEAR(fit.profile.axis_ratio, truth.axis_ratio, 1e-3);
    if (truth.axis_ratio < 1) {
      EXPECT_LT(axis_distance(fit.profile.angle_rad, truth.angle_rad), 1e-3);
    }
  }
}

TEST(PsfProfile, TurnsWithTheImage) {
  const Psf psf = psf_of_profile(elliptical_profile(), scale, 0.6);
  const PsfProfile upright = fit_profile(psf).profile;
  // Exchange of x and y: the mirror in the diagonal takes an angle to its complement to 90 degrees.
  const PsfProfile transposed =
      fit_profile(mapped(psf, [](int x, int y) { return std::pair(y, x); })).profile;
  // A quarter turn, which takes what was at (y, -x) to (x, y).
  const PsfProfile turned = fit_profile(mapped(psf, [](int x, int y) { return std::pair(y, -x); })).profile;
  EXPECT_LT(axis_distance(transposed.angle_rad, M_PI / 2 - upright.angle_rad), 1e-4);
  EXPECT_LT(axis_distance(turned.angle_rad, M_PI / 2 + upright.angle_rad), 1e-4);
  for (const PsfProfile& p : {transposed, turned}) EXPECT_NEAR(p.axis_ratio, upright.axis_ratio, 1e-4);
  EXPECT_LT(axis_distance(upright.angle_rad, 0.4), 1e-3);
}

// What the profile cannot describe is reported: a ghost of 5% of the peak at 0.3 arcsec.
TEST(PsfProfile, ResidualsAreThoseOfTheImage) {
  const Psf clean = psf_of_profile(round_profile(), scale, 0.7);
  Array2D<double> image = clean.image();
  const int half = clean.half_size();
  image(half + 15, half) += 0.05 * peak_of(clean);
  image(half - 15, half) += 0.05 * peak_of(clean);  // on both sides: the centre stays
  const Psf psf = Psf::from_image(image, scale, scale, "ghosts");
  const PsfProfileFit fit = fit_profile(psf);
  EXPECT_NEAR(fit.max_residual, 0.05, 0.005);
  EXPECT_NEAR(fit.rms_residual, 0.05 * std::sqrt(2.0 / 1961), 1e-4);
  // Outside of the radius they are not seen.
  EXPECT_LT(fit_profile(psf, 0.28).max_residual, 1e-6);
}

TEST(PsfProfile, PsfOfAProfileIsSampledAtPixelCentres) {
  const PsfProfile truth = elliptical_profile();
  const Psf psf = psf_of_profile(truth, scale);
  ASSERT_EQ(psf.half_size(), 25);
  const double centre = peak_of(psf);
  double sum = 0;
  for (int y = -25; y <= 25; ++y)
    for (int x = -25; x <= 25; ++x) {
      const double value = psf.image()(x + 25, y + 25);
      sum += value;
      EXPECT_NEAR(value / centre, truth.value(x * scale, y * scale) / truth.value(0, 0), 1e-9);
    }
  EXPECT_NEAR(sum, 1, 1e-12);
}

TEST(PsfProfile, RadialProfilesAreAzimuthalMeans) {
  const PsfProfile truth = round_profile();
  const Psf psf = psf_of_profile(truth, scale, 0.7);
  PsfProfile doubled = truth;
  const double area = scale * scale, factor = peak_of(psf) / (truth.value(0, 0) * area);
  for (double* amplitude : {&doubled.moffat, &doubled.gaussian, &doubled.power}) *amplitude *= 2 * factor;
  const RadialProfiles profiles = radial_profiles(psf, doubled);
  ASSERT_EQ(profiles.radius_arcsec.size(), 26u);
  ASSERT_EQ(profiles.image.size(), 26u);
  EXPECT_DOUBLE_EQ(profiles.radius_arcsec[0], 0);
  EXPECT_DOUBLE_EQ(profiles.image[0], 1);
  // The second ring holds the four neighbours at 1 and the four at sqrt(2) pixels.
  EXPECT_NEAR(profiles.radius_arcsec[1], scale * (1 + std::sqrt(2)) / 2, 1e-12);
  EXPECT_NEAR(profiles.image[1],
              0.5 * (truth.value(scale, 0) + truth.value(scale, scale)) / truth.value(0, 0), 1e-9);
  for (std::size_t i = 0; i < 26; ++i)
    EXPECT_NEAR(profiles.model[i], 2 * profiles.image[i], 1e-9) << "a model twice the image";
}

}  // namespace
}  // namespace arcproof::sky
