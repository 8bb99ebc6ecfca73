#include "engine/lens/sources/map_file.h"

#include "engine/core/error.h"
#include "engine/io/files.h"
#include "engine/io/fits.h"
#include "tests/support/data.h"

#include <cmath>
#include <cstdlib>
#include <sstream>

#include <gtest/gtest.h>

namespace arcproof::lens {
namespace {

namespace fs = std::filesystem;
using Unit = MapConvention::Unit;

const sky::SkyPosition reference{110.826989, -73.454723};

LensModel model() {
  return {
      reference, 0.39, {}, {{"halo", {-3, 1}, 0.4, 0.3, 8, 200, 900}, {"galaxy", {9, 4}, 0.2, 1, 2, 9, 200}}};
}
LensMap small_map() { return LensMap::compute(model(), {{-12, -9}, 0.2, 101, 81}, 1); }
fs::path folder() { return tests::scratch_folder("map_file"); }

TEST(MapFile, RoundTripInEveryConvention) {
  const LensMap map = small_map();
  const fs::path file = folder() / "map.fits";
  for (const MapConvention& c : {MapConvention{}, MapConvention{Unit::pixel, 0.7, 2.0, -1, false},
                                 MapConvention{Unit::arcsec, 0.5, 0, 1, false}}) {
    write_map_file(file, map, reference, c);
    const MapFile read = read_map_file(file);
    EXPECT_EQ(read.convention.unit, c.unit);
    EXPECT_EQ(read.convention.efficiency, c.efficiency);
    EXPECT_EQ(read.convention.z_source, c.z_source);
    EXPECT_EQ(read.convention.sign, c.sign);
    EXPECT_EQ(read.convention.x_west, c.x_west);
    EXPECT_EQ(read.map.grid().step_arcsec, 0.2);
    EXPECT_EQ(read.map.grid().origin_arcsec.y, -9);
    for (int j = 0; j < 81; ++j) {
      for (int i = 0; i < 101; ++i) {
        const Vector2 a = map.deflection_nodes()(i, j), b = read.map.deflection_nodes()(i, j);
        const Hessian g = map.hessian_nodes()(i, j), h = read.map.hessian_nodes()(i, j);
        ASSERT_NEAR(a.x, b.x, 6.1e-8 * std::abs(a.x));  // 2^-24: a 32-bit float
        ASSERT_NEAR(a.y, b.y, 6.1e-8 * std::abs(a.y));
        ASSERT_NEAR(g.xy, h.xy, 6.1e-8 * std::abs(g.xy));
        ASSERT_NEAR(g.yy, h.yy, 6.1e-8 * std::abs(g.yy));
      }
    }
  }
}

TEST(MapFile, FrameIsThatOfTheModel) {
  const fs::path file = folder() / "map.fits";
  write_map_file(file, small_map(), reference);
  const MapFile read = read_map_file(file);
  for (const Vector2& t : {Vector2{-12, -9}, Vector2{8, 7}, Vector2{3.3, -1.7}}) {
    const sky::SkyPosition sky = model().to_sky(t);
    EXPECT_NEAR(read.to_frame(sky).x, t.x, 1e-7);
    EXPECT_NEAR(read.to_frame(sky).y, t.y, 1e-7);
    EXPECT_NEAR(read.to_sky(t).ra_deg, sky.ra_deg, 1e-10);
    EXPECT_NEAR(read.to_sky(t).dec_deg, sky.dec_deg, 1e-10);
  }
}

TEST(MapFile, OtherExtensionsAreWhatTheModelSays) {
  const fs::path file = folder() / "map.fits";
  const double d = model().efficiency(2.0);
  write_map_file(file, small_map(), reference, {Unit::arcsec, d, 2.0, 1, true});
  const Magnification m = model().magnification({-12 + 0.2 * 30, -9 + 0.2 * 50}, 2.0);
  const auto pixel = [&](const std::string& name) { return io::read_fits_image(file, name).pixels(30, 50); };
  EXPECT_NEAR(pixel("KAPPA"), m.kappa, 1e-6);
  EXPECT_NEAR(pixel("GAMMA1"), m.gamma1, 1e-6);
  EXPECT_NEAR(pixel("GAMMA2"), m.gamma2, 1e-6);
  EXPECT_NEAR(pixel("MU") / m.mu, 1, 1e-6);
}

/// Two files as the Frontier Fields have them: tangential WCS, x and y deflection.
struct Pair {
  fs::path x, y;
};
Pair written_pair(const MapConvention& c, const std::vector<std::pair<std::string, std::string>>& cards = {},
                  double parity = 1, Vector2 at_corner = {}) {
  const fs::path out = folder();
  const LensModel lens = model();
  const int width = 161, height = 141;
  const double step = 0.1;
  io::NamedImage x{"", Array2D<float>(width, height), {}}, y = x;
  for (auto* image : {&x, &y}) {
    for (const auto& [key, value] : std::vector<std::pair<std::string, std::string>>{
             {"CTYPE1", "RA---TAN"},
             {"CTYPE2", "DEC--TAN"},
             {"CRVAL1", "110.826989"},
             {"CRVAL2", "-73.454723"},
             {"CRPIX1", "81.0"},
             {"CRPIX2", "71.0"},
             {"CDELT1", std::to_string(-parity * step / 3600 * 1e6) + "e-6"},
             {"CDELT2", std::to_string(step / 3600 * 1e6) + "e-6"}})
      image->header.add(key, value);
    for (const auto& [key, value] : cards) image->header.add(key, value);
  }
  const double scale = c.sign * c.efficiency / (c.unit == Unit::pixel ? step : 1);
  for (int j = 0; j < height; ++j) {
    for (int i = 0; i < width; ++i) {
      const Vector2 a = lens.deflection({(i - 80) * step, (j - 70) * step});
      x.pixels(i, j) = static_cast<float>((c.x_west ? 1 : -1) * scale * a.x);
      y.pixels(i, j) = static_cast<float>(scale * a.y);
    }
  }
  x.pixels(0, 0) += static_cast<float>(at_corner.x);
  y.pixels(0, 0) += static_cast<float>(at_corner.y);
  io::write_fits_images(out / "x.fits", {x});
  io::write_fits_images(out / "y.fits", {y});
  return {out / "x.fits", out / "y.fits"};
}

// Fourth-order differences at 0.1" of a smooth lens (cores of 2" and 8"): 4e-7; 32-bit deflections of 30" add
// up to 1.5 * 2e-6 / 0.2 = 1.4e-5.
TEST(MapFile, FrontierFieldsMapsGiveTheModelsHessian) {
  for (const MapConvention& c : {MapConvention{}, MapConvention{Unit::pixel, 0.7, 2.0, -1, false}}) {
    const Pair pair = written_pair(c);
    const MapFile read = read_deflection_maps(pair.x, pair.y, c);
    double inside = 0, edge = 0;
    for (int j = 0; j < 141; ++j) {
      for (int i = 0; i < 161; ++i) {
        const Vector2 t{(i - 80) * 0.1, (j - 70) * 0.1};
        const Hessian h = read.map.hessian_nodes()(i, j), e = model().hessian(t);
        const double error = std::max({std::abs(h.xx - e.xx), std::abs(h.xy - e.xy), std::abs(h.yy - e.yy)});
        const bool is_inside = i >= 2 && j >= 2 && i < 159 && j < 139;
        (is_inside ? inside : edge) = std::max(is_inside ? inside : edge, error);
        ASSERT_NEAR(read.map.deflection_nodes()(i, j).x, model().deflection(t).x, 3e-6);
      }
    }
    std::cout << "largest error of the Hessian: " << inside << " inside, " << edge << " on the edge\n";
    EXPECT_LT(inside, 3e-5);
    EXPECT_LT(edge, 1e-3);
    EXPECT_NEAR(read.map.grid().node(80, 70).x, 0, 1e-9);
    EXPECT_NEAR(read.to_frame(reference).y, 0, 1e-6);
  }
}

void expect_refused(const Pair& pair, const MapConvention& c, const std::vector<std::string>& parts) {
  try {
    read_deflection_maps(pair.x, pair.y, c);
    ADD_FAILURE() << "accepted; expected a complaint about " << parts[0];
  } catch (const InputError& error) {
    for (const std::string& part : parts)
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos)
          << error.what() << "\nlacks " << part;
  }
}

TEST(MapFile, ContradictionsAreRefused) {
  const MapConvention c{Unit::arcsec, 0.7, 2.0, 1, true};
  expect_refused(written_pair(c, {{"BUNIT", "pixel"}}), c, {"x.fits", "BUNIT", "pixel", "arcsec"});
  expect_refused(written_pair(c, {{"DLSDS", "1.0"}}), c, {"DLSDS", "1", "0.7"});
  expect_refused(written_pair(c, {{"ZSOURCE", "9.0"}}), c, {"ZSOURCE", "9", "allowed: 2"});
  expect_refused(written_pair(c, {{"DEFLSIGN", "-1"}}), c, {"DEFLSIGN", "-1", "allowed: 1"});
  expect_refused(written_pair(c, {{"XAXIS", "EAST"}}), c, {"XAXIS", "EAST", "west"});
  expect_refused(written_pair(c, {{"PIXSCALE", "0.06"}}), c, {"PIXSCALE", "0.06", "0.1"});
  expect_refused(written_pair(c, {}, -1), c, {"WCS", "RA to the left"});
  MapConvention other = c;
  other.x_west = false;
  expect_refused(written_pair(c), other, {"opposite sign", "direction of x"});
  other = c;
  other.sign = -1;
  expect_refused(written_pair(c), other, {"negative mean convergence"});
  const Pair agreeing = written_pair(c, {{"BUNIT", "ARCSEC"}, {"DLSDS", "0.7"}, {"XAXIS", "WEST"}});
  EXPECT_NO_THROW(read_deflection_maps(agreeing.x, agreeing.y, c));
}

TEST(MapFile, PixelsWithoutANumberAreRefused) {
  for (const double hole : {std::nan(""), HUGE_VAL}) {
    expect_refused(written_pair({}, {}, 1, {hole, 0}), {}, {"x.fits", "pixel (0, 0) from 0", "no number"});
    expect_refused(written_pair({}, {}, 1, {0, hole}), {}, {"y.fits", "pixel (0, 0) from 0", "no number"});
  }
  for (const char* name : {"ALPHA_X", "ALPHA_Y", "PSI_XX", "PSI_XY", "PSI_YY"}) {
    const fs::path path = folder() / "own.fits";
    std::vector<io::NamedImage> images = map_images(small_map(), reference);
    io::write_fits_images(path, images);
    EXPECT_NO_THROW(read_map_file(path));
    for (io::NamedImage& image : images)
      if (image.name == name) image.pixels(3, 2) = std::nanf("");
    io::write_fits_images(path, images);
    EXPECT_THROW(read_map_file(path), InputError) << name;
  }
}

TEST(MapFile, BrokenFilesOfOurOwnAreRefused) {
  const fs::path out = folder();
  EXPECT_THROW(read_map_file(out / "nothing.fits"), InputError);
  const Pair pair = written_pair({});
  EXPECT_THROW(read_map_file(pair.x), InputError);
  EXPECT_THROW(write_map_file(out / "c.fits", LensMap::constant(2, 1, 0), reference), ContractError);
}

// astropy: RA, Dec of the four corners.
TEST(MapFile, AstropySeesTheSameCorners) {
  const fs::path out = folder(), file = out / "map.fits";
  write_map_file(file, small_map(), reference);
  const std::string script =
      "from astropy.io import fits; from astropy.wcs import WCS\n"
      "w = WCS(fits.getheader('" +
      file.string() +
      "', 'KAPPA'))\n"
      "for p in [(0, 0), (100, 0), (0, 80), (100, 80)]:\n"
      "  print('%.12f %.12f' % tuple(float(v) for v in w.all_pix2world(p[0], p[1], 0)))\n";
  io::write_text(out / "corners.py", script);
  ASSERT_EQ(std::system(
                ("/usr/bin/python3 " + (out / "corners.py").string() + " > " + (out / "corners.txt").string())
                    .c_str()),
            0);
  std::istringstream corners(io::read_text(out / "corners.txt"));
  for (const auto& [i, j] : {std::pair{0, 0}, std::pair{100, 0}, std::pair{0, 80}, std::pair{100, 80}}) {
    double ra = 0, dec = 0;
    ASSERT_TRUE(corners >> ra >> dec);
    const sky::SkyPosition expected = model().to_sky({-12 + 0.2 * i, -9 + 0.2 * j});
    EXPECT_NEAR(ra, expected.ra_deg, 1e-9);
    EXPECT_NEAR(dec, expected.dec_deg, 1e-9);
  }
}

}  // namespace
}  // namespace arcproof::lens
