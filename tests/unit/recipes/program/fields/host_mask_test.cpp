#include "recipes/program/fields/host_mask.h"

#include "engine/core/error.h"
#include "engine/io/files.h"
#include "engine/io/fits.h"
#include "tests/support/data.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include <gtest/gtest.h>

namespace arcproof::recipes {
namespace {

namespace fs = std::filesystem;

fs::path regions(const std::string& text) {
  const fs::path path = tests::scratch_folder("host-mask") / "host.reg";
  io::write_text(path, text);
  return path;
}

double area(const Array2D<unsigned char>& mask) {
  return static_cast<double>(std::count(mask.begin(), mask.end(), 1));
}

std::string refusal(const fs::path& path) {
  try {
    read_mask_regions(path, std::nullopt, 40, 30);
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

// DS9 counts pixels from 1: the corners are the centres of pixels (4, 4) and (14, 9), counted from 0.
TEST(HostMask, PolygonHoldsThePixelsWithinIt) {
  const auto mask = read_mask_regions(regions("image\npolygon(4.5,4.5,15.5,4.5,15.5,10.5,4.5,10.5)\n"),
                                      std::nullopt, 40, 30);
  EXPECT_EQ(area(mask), 11 * 6);
  EXPECT_EQ(mask(4, 4), 1);
  EXPECT_EQ(mask(14, 9), 1);
  EXPECT_EQ(mask(3, 4), 0);
  EXPECT_EQ(mask(14, 10), 0);
}

// A horseshoe: its mouth is outside.
TEST(HostMask, PolygonMayBeConcave) {
  const auto mask = read_mask_regions(
      regions("image\npolygon(2.5,2.5,22.5,2.5,22.5,12.5,16.5,12.5,16.5,6.5,8.5,6.5,8.5,12.5,2.5,12.5)\n"),
      std::nullopt, 40, 30);
  EXPECT_EQ(area(mask), 20 * 10 - 8 * 6);
  EXPECT_EQ(mask(12, 9), 0);
  EXPECT_EQ(mask(3, 9), 1);
}

TEST(HostMask, EllipsesHaveTheirArea) {
  const auto mask =
      read_mask_regions(regions("image\nellipse(20,15,12,5,30)\ncircle(20,15,3)\n"), std::nullopt, 40, 30);
  EXPECT_NEAR(area(mask), std::numbers::pi * 12 * 5, 0.03 * std::numbers::pi * 12 * 5);
  EXPECT_EQ(mask(19 + 8, 14 + 5), 1);  // along the major axis, 30 degrees up
  EXPECT_EQ(mask(19 + 8, 14 - 5), 0);
}

TEST(HostMask, SaysWhatIsWrong) {
  EXPECT_NE(refusal(regions("fk5\ncircle(10,20,3\")\n")).find("no WCS"), std::string::npos);
  EXPECT_NE(refusal(regions("image\ncircle(200,20,3)\n")).find("without a pixel"), std::string::npos);
  EXPECT_NE(refusal(regions("image\npoint(20,20)\n")).find("polygon"), std::string::npos);
  EXPECT_NE(refusal(regions("image\npolygon(20,20,1,3)\n")).find("three corners"), std::string::npos);
}

TEST(HostMask, ImageIsAboveZeroOnTheHost) {
  const fs::path path = tests::scratch_folder("host-mask-image") / "mask.fits";
  Array2D<float> image(40, 30, 0.0F);
  image(7, 8) = 2;
  io::write_fits_images(path, {{"MASK", image, {}}}, {});
  EXPECT_EQ(area(read_mask_image(path, "", 40, 30)), 1);
  EXPECT_EQ(read_mask_image(path, "MASK", 40, 30)(7, 8), 1);
  EXPECT_THROW(read_mask_image(path, "", 41, 30), InputError);
  EXPECT_THROW(read_mask_image(path, "SCI", 40, 30), InputError);
  for (const float bad : {-1.0F, 0.5F, NAN}) {
    image(3, 2) = bad;
    io::write_fits_images(path, {{"MASK", image, {}}}, {});
    try {
      read_mask_image(path, "", 40, 30);
      ADD_FAILURE() << bad;
    } catch (const InputError& error) {
      EXPECT_NE(std::string(error.what()).find("pixel (3, 2)"), std::string::npos) << error.what();
    }
  }
}

}  // namespace
}  // namespace arcproof::recipes
