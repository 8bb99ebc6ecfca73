#include "engine/sky/wcs.h"

#include "engine/core/error.h"

#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace arcproof::sky {
namespace {

std::string header(const std::vector<std::string>& cards) {
  std::string records;
  for (std::string card : cards) {
    card.resize(80, ' ');
    records += card;
  }
  return records + std::string("END").append(77, ' ');
}

std::vector<std::string> tan_cards() {
  return {
      "WCSAXES =                    2", "CTYPE1  = 'RA---TAN'",           "CTYPE2  = 'DEC--TAN'",
      "CUNIT1  = 'deg     '",           "CUNIT2  = 'deg     '",           "CRVAL1  =               110.83",
      "CRVAL2  =               -73.45", "CRPIX1  =                101.5", "CRPIX2  =                47.25"};
}

// 0.04 arcsec, North 35 degrees from +y towards -x.
Wcs rotated() {
  auto cards = tan_cards();
  for (const char* card : {"CD1_1   =      -9.10168938E-06", "CD1_2   =      -6.37307152E-06",
                           "CD2_1   =      -6.37307152E-06", "CD2_2   =       9.10168938E-06"})
    cards.emplace_back(card);
  return Wcs::from_header(header(cards), "file", "0").value();
}

// 1e-11 deg is 4e-8 arcsec, a millionth of a pixel; the numbers are given to 13 decimals.
void expect_sky(const SkyPosition& found, double ra_deg, double dec_deg) {
  EXPECT_NEAR(found.ra_deg, ra_deg, 1e-11);
  EXPECT_NEAR(found.dec_deg, dec_deg, 1e-11);
}

// astropy 5.2.1: WCS(header).wcs_pix2world(x, y, 0).
TEST(Wcs, RotatedMatrixToTheSkyEqualsAstropy) {
  const Wcs wcs = rotated();
  expect_sky(wcs.to_sky({0, 0}), 110.8342459203159, -73.4497804164885);
  expect_sky(wcs.to_sky({100.5, 46.25}), 110.83, -73.45);
  expect_sky(wcs.to_sky({250.25, -30.5}), 110.8269319868014, -73.4516528996928);
  expect_sky(wcs.to_sky({3000, 4000}), 110.6490824549356, -73.4324148512033);
}

// astropy 5.2.1: WCS(header).wcs_world2pix(ra, dec, 0), rounded to 1e-9 pixel.
TEST(Wcs, RotatedMatrixToPixelsEqualsAstropy) {
  const Wcs wcs = rotated();
  const PixelPosition a = wcs.to_pixel({110.9, -73.44}), b = wcs.to_pixel({110.7, -73.47});
  EXPECT_NEAR(a.x, -1886.002395440, 1e-6);
  EXPECT_NEAR(a.y, -247.300317232, 1e-6);
  EXPECT_NEAR(b.x, 3861.849254654, 1e-6);
  EXPECT_NEAR(b.y, 478.161080293, 1e-6);
}

// Of North at the reference pixel, from +y towards -x.
double north_angle_rad(const Wcs& wcs, SkyPosition at) {
  const PixelPosition from = wcs.to_pixel(at), to = wcs.to_pixel({at.ra_deg, at.dec_deg + 1.0 / 3600});
  return std::atan2(from.x - to.x, to.y - from.y);
}

TEST(Wcs, ScaleAndNorthOfARotatedMatrix) {
  const Wcs wcs = rotated();
  EXPECT_NEAR(wcs.pixel_scale_arcsec(), 0.04, 1e-9);
  EXPECT_NEAR(north_angle_rad(wcs, {110.83, -73.45}), 35 * M_PI / 180, 1e-8);
}

// astropy 5.2.1, CD = diag(s, s), s = 0.04 / 3600: wcs_pix2world(200, 300, 0). East is on the right.
TEST(Wcs, MirroredMatrixEqualsAstropy) {
  auto cards = tan_cards();
  cards.emplace_back("CD1_1   = 1.111111111111111E-05");
  cards.emplace_back("CD2_2   = 1.111111111111111E-05");
  const Wcs wcs = Wcs::from_header(header(cards), "file", "0").value();
  expect_sky(wcs.to_sky({200, 300}), 110.8338805156636, -73.4471805196710);
  EXPECT_NEAR(wcs.pixel_scale_arcsec(), 0.04, 1e-9);
  EXPECT_NEAR(north_angle_rad(wcs, {110.83, -73.45}), 0, 1e-8);
}

TEST(Wcs, GalacticCoordinatesAreRefused) {
  auto cards = tan_cards();
  cards[1] = "CTYPE1  = 'GLON-TAN'";
  cards[2] = "CTYPE2  = 'GLAT-TAN'";
  cards.emplace_back("CDELT1  =             -1.1E-05");
  cards.emplace_back("CDELT2  =              1.1E-05");
  EXPECT_THROW(Wcs::from_header(header(cards), "file", "0"), InputError);
}

TEST(Wcs, ScaleOfOblongPixelsIsTheRootOfTheirArea) {
  auto cards = tan_cards();
  cards.emplace_back("CDELT1  = -1.0E-05");
  cards.emplace_back("CDELT2  = 4.0E-05");
  EXPECT_NEAR(Wcs::from_header(header(cards), "file", "0")->pixel_scale_arcsec(), 2e-5 * 3600, 1e-9);
}

// astropy 5.2.1, CRVAL (0.0001, 12.5), CRPIX (1, 1), CDELT -+0.03 / 3600: wcs_pix2world(x, y, 0).
TEST(Wcs, TangentialAcrossRightAscensionZeroEqualsAstropy) {
  const Wcs wcs = Wcs::tangential({0.0001, 12.5}, {0, 0}, 0.03);
  expect_sky(wcs.to_sky({0, 0}), 0.0001, 12.5);
  expect_sky(wcs.to_sky({1000, -500}), 359.9915644750544, 12.4958331990362);
}

TEST(Wcs, TangentialHasNorthUpAndItsScale) {
  const Wcs wcs = Wcs::tangential({200, -45}, {31.5, 12}, 0.02);
  EXPECT_NEAR(wcs.pixel_scale_arcsec(), 0.02, 1e-9);
  EXPECT_NEAR(north_angle_rad(wcs, {200, -45}), 0, 1e-8);
  EXPECT_THROW(Wcs::tangential({200, -45}, {31.5, 12}, 0), ContractError);
}

TEST(Wcs, PixelsComeBackFromTheSky) {
  const Wcs wcs = rotated();
  for (double x = -500; x <= 5000; x += 550)
    for (double y = -500; y <= 5000; y += 550) {
      const PixelPosition back = wcs.to_pixel(wcs.to_sky({x, y}));
      EXPECT_NEAR(back.x, x, 1e-6);
      EXPECT_NEAR(back.y, y, 1e-6);
    }
}

TEST(Wcs, ReadsItsOwnRecords) {
  const Wcs wcs = rotated();
  const Wcs again = Wcs::from_header(wcs.records(), "file", "0").value();
  const SkyPosition sky = wcs.to_sky({3000, 4000});
  expect_sky(again.to_sky({3000, 4000}), sky.ra_deg, sky.dec_deg);
}

TEST(Wcs, HeadersWithoutTheSkyHaveNone) {
  EXPECT_FALSE(Wcs::from_header(header({"BUNIT   = 'nJy     '"}), "file", "0"));
  EXPECT_FALSE(Wcs::from_header(header({"CTYPE1  = 'LINEAR  '", "CTYPE2  = 'LINEAR  '"}), "file", "0"));
}

TEST(Wcs, UnusableAxesAreRefusedByName) {
  auto cards = tan_cards();
  cards[2] = "CTYPE2  = 'DEC--SIN'";
  try {
    Wcs::from_header(header(cards), "some.fits", "1 (SCI)");
    FAIL() << "accepted";
  } catch (const InputError& error) {
    EXPECT_EQ(error.complaint().file, "some.fits");
    EXPECT_NE(error.complaint().key.find("1 (SCI)"), std::string::npos);
  }
}

// No pixel of this image has a place on the sky; wcslib does not say so, and the scale is NaN.
TEST(Wcs, SingularMatrixIsRefused) {
  auto cards = tan_cards();
  for (const char* key : {"CD1_1", "CD1_2", "CD2_1", "CD2_2"})
    cards.push_back(std::string(key) + "   =                1E-05");
  EXPECT_THROW(Wcs::from_header(header(cards), "file", "0"), InputError);
}

TEST(Wcs, ThirdAxisIsRefused) {
  auto cards = tan_cards();
  cards[0] = "WCSAXES =                    3";
  cards.emplace_back("CTYPE3  = 'WAVE    '");
  EXPECT_THROW(Wcs::from_header(header(cards), "file", "0"), InputError);
}

}  // namespace
}  // namespace arcproof::sky
