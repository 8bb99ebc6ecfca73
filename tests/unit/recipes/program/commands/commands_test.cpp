#include "engine/core/error.h"
#include "engine/core/random.h"
#include "engine/core/units.h"
#include "engine/io/ecsv.h"
#include "engine/io/files.h"
#include "recipes/program/commands/mosaics/stars.h"
#include "recipes/program/commands/shared.h"
#include "tests/support/data.h"

#include <cmath>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace arcproof::commands {
namespace {

namespace fs = std::filesystem;

std::string refusal(const auto& call) {
  try {
    call();
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

TEST(StandaloneFiles, SplitNameAndHdu) {
  const fs::path file = tests::scratch_folder("standalone-files") / "a[1].fits";
  io::write_text(file, "x");
  EXPECT_EQ(input_hdu(file.string() + "[SCI]", "--image").hdu, "SCI");
  EXPECT_EQ(input_hdu(file.string() + "[SCI]", "--image").path, file);
  EXPECT_EQ(input_hdu(file.string(), "--image").hdu, "");
  EXPECT_NE(refusal([&] { input_hdu(file.string() + "[]", "--image"); }).find("--image"), std::string::npos);
  EXPECT_NE(refusal([] { input_hdu("[SCI]", "--image"); }), "");
  EXPECT_NE(refusal([] { input_hdu("missing.fits]", "--image"); }), "");
  EXPECT_NE(refusal([] { input_hdu("missing.fits", "--error"); }).find("--error"), std::string::npos);
}

TEST(StandaloneFiles, SplitBandAndValue) {
  EXPECT_EQ(split_band("F150W=a=b.fits", "--image"),
            (std::pair<std::string, std::string>("F150W", "a=b.fits")));
  for (const char* bad : {"F150W", "=a", "F150W=", ""})
    EXPECT_NE(refusal([&] { split_band(bad, "--image"); }), "") << bad;
}

TEST(StandaloneFiles, OutputsNeverReplaceInputsOrEachOther) {
  const fs::path folder = tests::scratch_folder("standalone-outputs");
  const auto refused = [](std::vector<std::pair<std::string, fs::path>> outputs,
                          std::vector<std::string> inputs) {
    return !refusal([&] { check_outputs(outputs, inputs); }).empty();
  };
  EXPECT_FALSE(refused({{"-o", folder / "a.fits"}, {"--regions", ""}}, {"b.fits[1]", ""}));
  EXPECT_TRUE(refused({{"-o", folder / "a.fits"}}, {(folder / "x" / ".." / "a.fits").string() + "[1]"}));
  EXPECT_TRUE(refused({{"-o", folder / "a.fits"}, {"--regions", folder / "." / "a.fits"}}, {}));
  EXPECT_TRUE(refused({{"-o", folder / "missing" / "a.fits"}}, {}));
  EXPECT_TRUE(refused({{"-o", folder}}, {}));
}

// The same three places in pixels and on the sky; missing and unreachable ones keep their row.
TEST(StandaloneSources, KeepEveryRowOfEveryKindOfList) {
  const std::optional<sky::Wcs> wcs = sky::Wcs::tangential({110.825, -73.454}, {100, 50}, 0.02);
  const fs::path folder = tests::scratch_folder("standalone-sources");
  const sky::SkyPosition at = wcs->to_sky({12.25, 30.5});
  io::Table table;
  table.add("Ra", "deg", "", io::Reals{at.ra_deg, 290.825, std::nan("")});
  table.add("Dec", "deg", "", io::Reals{at.dec_deg, 73.454, 0});
  io::write_ecsv(folder / "sky.ecsv", table);
  const SourceList list = read_sources((folder / "sky.ecsv").string(), "--catalog", wcs, "image");
  ASSERT_EQ(list.x.size(), 3u);
  EXPECT_NEAR(list.x[0], 12.25, 1e-6);
  EXPECT_NEAR(list.y[0], 30.5, 1e-6);
  EXPECT_TRUE(std::isnan(list.x[1]));
  EXPECT_TRUE(std::isnan(list.x[2]));
  EXPECT_NE(
      refusal([&] { read_sources((folder / "sky.ecsv").string(), "--catalog", std::nullopt, "image"); }), "");

  table.add("X", "pix", "", io::Integers{1, io::missing_integer, 3});
  table.add("y", "pix", "", io::Reals{1.5, 2.5, 3.5});
  table.add("id", "", "", io::Texts{"a", "b", "c"});
  io::write_ecsv(folder / "pixels.ecsv", table);
  const SourceList pixels =
      read_sources((folder / "pixels.ecsv").string(), "--catalog", std::nullopt, "image");
  EXPECT_EQ(pixels.x[0], 1);
  EXPECT_TRUE(std::isnan(pixels.x[1]));
  EXPECT_EQ(std::get<io::Texts>(pixels.id.values)[2], "c");

  io::write_text(folder / "a.reg", fmt::format("icrs\ncircle({:.9f},{:.9f},1\")\n", at.ra_deg, at.dec_deg));
  EXPECT_NEAR(read_sources((folder / "a.reg").string(), "--stars", wcs, "image").x[0], 12.25, 1e-3);
  io::write_text(folder / "b.reg", "image\npoint(13.25,31.5)\n");
  EXPECT_EQ(read_sources((folder / "b.reg").string(), "--stars", std::nullopt, "image").x[0], 12.25);
}

TEST(StandaloneSources, RefuseUnitsThatAreNotDegrees) {
  const fs::path file = tests::scratch_folder("standalone-units") / "a.ecsv";
  io::Table table;
  table.add("ra", "hourangle", "", io::Reals{1});
  table.add("dec", "deg", "", io::Reals{1});
  io::write_ecsv(file, table);
  const auto wcs = std::optional(sky::Wcs::tangential({10, 10}, {0, 0}, 0.02));
  EXPECT_NE(refusal([&] { read_sources(file.string(), "--catalog", wcs, "image"); }).find("hourangle"),
            std::string::npos);
}

// North up, East left: +x is West, position angle 90; +y is North, 0; towards -x and +y lies North-East, 45.
TEST(StandaloneSky, PositionAnglesRunFromNorthThroughEast) {
  const std::optional<sky::Wcs> wcs = sky::Wcs::tangential({110.825, -73.454}, {100, 50}, 0.02);
  const auto angle = [&](double degrees) {
    return position_angle_deg(wcs, 100, 50, degrees * units::degree);
  };
  EXPECT_NEAR(angle(0), 90, 1e-3);
  EXPECT_NEAR(std::remainder(angle(90), 180), 0, 1e-3);
  EXPECT_NEAR(angle(135), 45, 1e-3);
  EXPECT_TRUE(std::isnan(position_angle_deg(std::nullopt, 0, 0, 0)));
  EXPECT_TRUE(std::isnan(place_on_sky(wcs, std::nan(""), 0).ra_deg));
}

// With North up DS9's angle on the sky is that in the image.
TEST(StandaloneSky, RegionsOnTheSkyLookAsInTheImage) {
  sky::Exposure exposure;
  exposure.pixel_scale_arcsec = 0.02;
  EXPECT_NEAR(region_at(exposure, 1, 2, 3, 2, 30 * units::degree, "red", "").angle_deg, 30, 1e-9);
  exposure.wcs = sky::Wcs::tangential({110.825, -73.454}, {100, 50}, 0.02);
  const io::Ds9Region region = region_at(exposure, 100, 50, 3, 2, 30 * units::degree, "red", "");
  EXPECT_NEAR(std::remainder(region.angle_deg - 30, 180), 0, 1e-3);
  EXPECT_NEAR(region.radius_x, 0.06, 1e-12);
  EXPECT_EQ(frame_of(exposure.wcs), io::Ds9Frame::icrs);
  EXPECT_EQ(frame_of(std::nullopt), io::Ds9Frame::image);
}

TEST(StandaloneSky, WrittenWcsReadsBack) {
  const std::optional<sky::Wcs> wcs = sky::Wcs::tangential({110.825, -73.454}, {100, 50}, 0.02);
  const fs::path file = tests::scratch_folder("standalone-wcs") / "a.fits";
  io::write_fits_images(file, {{"A", Array2D<float>(4, 4, 1.0F), wcs_header(wcs)}});
  const io::FitsImage image = io::read_fits_image(file);
  const auto again = sky::Wcs::from_header(image.header.records, "a", "1");
  ASSERT_TRUE(again.has_value());
  const sky::PixelPosition there = again->to_pixel(wcs->to_sky({7, 8}));
  EXPECT_NEAR(there.x, 7, 1e-6);
  EXPECT_NEAR(there.y, 8, 1e-6);
}

// Noise of sigma 2 with a bright object in it: the clipped sigma is the noise's, to 1% on 40,000 pixels.
TEST(StandaloneImages, UniformErrorIsTheNoise) {
  Random random({5, "uniform error"});
  Array2D<float> image(200, 200);
  for (float& v : image) v = static_cast<float>(random.normal(10, 2));
  for (int y = 90; y < 100; ++y)
    for (int x = 90; x < 100; ++x) image(x, y) += 500;
  image(0, 0) = std::nanf("");
  const Array2D<float> error = uniform_error(image);
  EXPECT_TRUE(std::isnan(error(0, 0)));
  EXPECT_NEAR(error(5, 5), 2, 0.05);
}

// Three stars, a hot pixel, a galaxy, a saturated star, one at the edge.
TEST(StandaloneStars, AreTheOnesOfOneSize) {
  struct Blob {
    double x, y, flux, sigma;
  };
  const std::vector<Blob> blobs = {{60, 60, 1e4, 1.5},   {160.4, 60.3, 2e4, 1.5}, {60.5, 160.5, 3e4, 1.5},
                                   {160, 160, 3e4, 0.3}, {260, 60, 3e4, 3},       {260, 160, 3e5, 1.5},
                                   {5, 260, 2e4, 1.5}};
  Random random({6, "stars"});
  Array2D<float> image(320, 320);
  for (int y = 0; y < 320; ++y)
    for (int x = 0; x < 320; ++x) {
      double value = random.normal();
      for (const Blob& b : blobs)
        value += b.flux / (2 * units::pi * b.sigma * b.sigma) *
                 std::exp(-0.5 * (std::pow(x - b.x, 2) + std::pow(y - b.y, 2)) / (b.sigma * b.sigma));
      image(x, y) = static_cast<float>(value);
    }
  StarSearch search;
  search.scale_arcsec = 0.03;
  search.saturation = 1e4;
  int stars = 0;
  for (const StarCandidate& c : find_stars(image, Array2D<float>(320, 320, 1.0F), search)) {
    stars += c.is_star;
    EXPECT_EQ(c.is_star, c.reason.empty());
    if (!c.is_star) continue;
    EXPECT_TRUE(std::hypot(c.x - 60, c.y - 60) < 0.5 || std::hypot(c.x - 160.4, c.y - 60.3) < 0.5 ||
                std::hypot(c.x - 60.5, c.y - 160.5) < 0.5);
    // Of a Gaussian; the aperture sees squares of one value, which adds 1/12 to the variance.
    EXPECT_NEAR(c.half_light_pix, std::sqrt((1.5 * 1.5 + 1.0 / 12) * 2 * std::log(2.0)), 0.02);
  }
  EXPECT_EQ(stars, 3);
}

}  // namespace
}  // namespace arcproof::commands
