#include "engine/sky/psf.h"

#include "engine/core/error.h"
#include "engine/io/fits.h"
#include "tests/support/data.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

#include <gtest/gtest.h>

namespace arcproof::sky {
namespace {

template <class Profile>
Array2D<double> sampled(int width, int height, double x0, double y0, const Profile& of_squared_radius) {
  Array2D<double> image(width, height);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      image(x, y) = of_squared_radius((x - x0) * (x - x0) + (y - y0) * (y - y0));
  return image;
}

Array2D<double> gaussian(int width, int height, double x0, double y0, double sigma) {
  return sampled(width, height, x0, y0, [=](double r2) { return std::exp(-0.5 * r2 / (sigma * sigma)); });
}

Psf gaussian_psf(double sigma_pix, int half) {
  return Psf::from_image(gaussian(2 * half + 1, 2 * half + 1, half, half, sigma_pix), 0.02, 0.02, "test");
}

double sum(const Array2D<double>& image) { return std::accumulate(image.begin(), image.end(), 0.0); }

void expect_unit_gaussian(const Psf& psf, double sigma_pix, double tolerance_of_peak) {
  const double peak = 1 / (2 * M_PI * sigma_pix * sigma_pix);
  const int c = psf.half_size();
  for (int y = 0; y < psf.image().height(); ++y)
    for (int x = 0; x < psf.image().width(); ++x) {
      const double r2 = (x - c) * (x - c) + (y - c) * (y - c);
      ASSERT_NEAR(psf.image()(x, y), peak * std::exp(-0.5 * r2 / (sigma_pix * sigma_pix)),
                  tolerance_of_peak * peak)
          << x << " " << y;
    }
}

// A Gaussian of 3 pixels is band-limited to exp(-44) and 1e-14 at the edges; what is left is the centroid:
// its window ends at 4 sigma, where image times window has fallen to exp(-16) = 1e-7.
TEST(PsfFromImage, MovesTheCentreToTheCentralPixel) {
  const Psf psf = Psf::from_image(gaussian(53, 55, 24.3, 25.8, 3), 0.02, 0.02, "test");
  EXPECT_EQ(psf.image().width(), 49);  // 24.3 pixels to the nearest edge
  EXPECT_EQ(psf.image().height(), 49);
  expect_unit_gaussian(psf, 3, 1e-6);
}

TEST(PsfFromImage, ResamplesToAnotherScale) {
  const Array2D<double> image = gaussian(81, 81, 40.2, 39.9, 4);
  const Psf coarser = Psf::from_image(image, 0.02, 0.04, "test");
  EXPECT_EQ(coarser.scale_arcsec(), 0.04);
  expect_unit_gaussian(coarser, 2, 1e-6);
  expect_unit_gaussian(Psf::from_image(image, 0.02, 0.0125, "test"), 6.4, 1e-6);
}

TEST(PsfFromImage, SumIsOneWhateverTheImagesWas) {
  Array2D<double> image = gaussian(41, 41, 20, 20, 2);
  for (double& v : image) v *= 1234.5;
  EXPECT_NEAR(sum(Psf::from_image(image, 0.02, 0.02, "test").image()), 1, 1e-12);
}

TEST(PsfFromImage, SaysWhatWasDone) {
  const Psf psf = gaussian_psf(3, 20);
  ASSERT_EQ(psf.notes().size(), 1u);
  EXPECT_NE(psf.notes()[0].find("test"), std::string::npos);
}

TEST(PsfFromImage, RefusesImagesThatAreNoPsf) {
  Array2D<double> with_nan = gaussian(21, 21, 10, 10, 2);
  with_nan(3, 4) = std::nan("");
  EXPECT_THROW(Psf::from_image(with_nan, 0.02, 0.02, "test"), InputError);
  EXPECT_THROW(Psf::from_image(Array2D<double>(21, 21, 0), 0.02, 0.02, "test"), InputError);
  EXPECT_THROW(Psf::from_image(gaussian(4, 21, 2, 10, 1), 0.02, 0.02, "test"), InputError);
  EXPECT_THROW(Psf::from_image(gaussian(21, 21, 10, 10, 2), 0.02, 0.2, "test"), InputError);
  EXPECT_THROW(Psf::from_image(gaussian(21, 21, 10, 10, 2), 0, 0.02, "test"), ContractError);
}

// FWHM = 2 sqrt(2 ln 2) sigma. Bilinear interpolation pulls the half-maximum circle in by
// (2 - 2 ln 2) / (24 ln 2) (1 / sigma^2) = 0.15%; counting eighths of pixels adds some 0.1%.
TEST(PsfFwhm, OfAGaussian) {
  EXPECT_NEAR(gaussian_psf(5, 40).fwhm_arcsec() / (2.3548200450 * 5 * 0.02), 1, 0.004);
}

// FWHM = 2 alpha sqrt(2^(1/beta) - 1).
TEST(PsfFwhm, OfAMoffat) {
  const auto image =
      sampled(121, 121, 60, 60, [](double r2) { return std::pow(1 + r2 / (8.0 * 8.0), -2.5); });
  EXPECT_NEAR(Psf::from_image(image, 0.02, 0.02, "test").fwhm_arcsec() /
                  (2 * 8 * 0.02 * std::sqrt(std::exp2(1 / 2.5) - 1)),
              1, 0.004);
}

// 1 - exp(-r^2 / 2 sigma^2). Light spread evenly over a pixel widens it by (r / sigma^2)^2 / 24 of what is
// outside: 0.0004 for sigma = 8 pixels; fifths of pixels count the disc's area to some 0.1%.
TEST(PsfEncircledEnergy, OfAGaussian) {
  const Psf psf = gaussian_psf(8, 60);
  for (const double radius_pix : {4.0, 8.0, 9.4192800, 16.0, 30.0})
    EXPECT_NEAR(psf.encircled_energy(radius_pix * 0.02), 1 - std::exp(-radius_pix * radius_pix / 128), 0.002)
        << radius_pix;
}

// The disc's share of 1 - (1 + r^2/alpha^2)^(1 - beta), relative to that within a wide circle.
TEST(PsfEncircledEnergy, OfAMoffat) {
  const auto image =
      sampled(161, 161, 80, 80, [](double r2) { return std::pow(1 + r2 / (8.0 * 8.0), -2.5); });
  const Psf psf = Psf::from_image(image, 0.02, 0.02, "test");
  const auto analytic = [](double r) { return 1 - std::pow(1 + r * r / 64, -1.5); };
  for (const double radius_pix : {4.0, 8.0, 16.0, 40.0})
    EXPECT_NEAR(psf.encircled_energy(radius_pix * 0.02) / psf.encircled_energy(79 * 0.02),
                analytic(radius_pix) / analytic(79), 0.002)
        << radius_pix;
}

TEST(PsfEncircledEnergy, IsAllWithinTheCorners) {
  EXPECT_NEAR(gaussian_psf(3, 20).encircled_energy(30 * 0.02), 1, 1e-12);
}

// Gaussian core w (1 - exp(-r^2 / 2 s^2)) and Moffat wing (1 - w)(1 - (1 + r^2/a^2)^(1 - beta)).
TEST(ParametricPsf, LightFollowsItsParameters) {
  for (const char* band : {"F150W", "F444W", "F814W", "F160W"}) {
    const ParametricPsf p = parametric_psf(band);
    const auto analytic = [&](double r) {
      return p.core_fraction * (1 - std::exp(-0.5 * std::pow(r / p.core_sigma_arcsec, 2))) +
             (1 - p.core_fraction) *
                 (1 - std::pow(1 + std::pow(r / p.wing_alpha_arcsec, 2), 1 - p.wing_beta));
    };
    const Psf psf = Psf::parametric(band, p.core_sigma_arcsec / 6, 0.6);
    for (const double radius : {0.03, 0.06, 0.2, 0.5})
      EXPECT_NEAR(psf.encircled_energy(radius) / psf.encircled_energy(0.59),
                  analytic(radius) / analytic(0.59), 0.003)
          << band << " " << radius;
  }
}

// F150W and F200W have one shape, at FWHM 0.060 and 0.068 arcsec.
TEST(ParametricPsf, BandsOfACameraDifferInScaleOnly) {
  const Psf small = Psf::parametric("F150W", 0.006, 0.6), large = Psf::parametric("F200W", 0.0068, 0.68);
  ASSERT_TRUE(small.image().same_shape(large.image()));
  for (std::size_t i = 0; i < small.image().size(); ++i)
    ASSERT_NEAR(small.image().data()[i] / large.image().data()[i], 1, 1e-10);
}

TEST(ParametricPsf, EveryBandListedIsNormalisedAndCentred) {
  for (const std::string& band : parametric_psf_bands()) {
    const Psf psf = Psf::parametric(band, 0.02);
    EXPECT_EQ(psf.image().width(), 201) << band;
    EXPECT_NEAR(sum(psf.image()), 1, 1e-12) << band;
    EXPECT_EQ(psf.image()(100, 100), *std::max_element(psf.image().begin(), psf.image().end())) << band;
  }
}

TEST(ParametricPsf, UnknownBandIsRefusedWithTheKnownOnes) {
  try {
    parametric_psf("F151W");
    FAIL() << "accepted";
  } catch (const InputError& error) {
    EXPECT_NE(error.complaint().found.find("F151W"), std::string::npos);
    EXPECT_NE(error.complaint().allowed.find("F150W"), std::string::npos);
  }
}

std::filesystem::path written_psf(const std::string& folder, const char* key, const std::string& value) {
  const Array2D<double> image = gaussian(31, 31, 15, 15, 2);
  io::NamedImage named{"PSF", Array2D<float>(31, 31), {}};
  std::copy(image.begin(), image.end(), named.pixels.begin());
  if (key) named.header.add(key, value);
  const auto path = tests::scratch_folder(folder) / "psf.fits";
  io::write_fits_images(path, {named});
  return path;
}

TEST(PsfRead, TakesTheScaleFromTheHeader) {
  EXPECT_EQ(Psf::read(written_psf("psf-pixscale", "PIXSCALE", "0.01"), "", 0, 0.02).half_size(), 7);
  EXPECT_EQ(Psf::read(written_psf("psf-cd", "CD1_1", "-5.555555555555556e-06"), "PSF", 0, 0.02).half_size(),
            15);
}

TEST(PsfRead, TakesTheScaleGivenWhereTheHeaderHasNone) {
  const auto path = written_psf("psf-none", nullptr, "");
  EXPECT_EQ(Psf::read(path, "", 0.01, 0.02).half_size(), 7);
  EXPECT_THROW(Psf::read(path, "", 0, 0.02), InputError);
}

TEST(PsfRead, RefusesAScaleThatContradictsTheHeader) {
  const auto path = written_psf("psf-contradicts", "PIXSCALE", "0.02");
  EXPECT_EQ(Psf::read(path, "", 0.0201, 0.0201).half_size(), 15);  // 0.5% off
  EXPECT_THROW(Psf::read(path, "", 0.0203, 0.0203), InputError);   // 1.5% off
}

}  // namespace
}  // namespace arcproof::sky
