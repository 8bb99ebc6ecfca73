#include "engine/lens/sources/map_source.h"

#include "engine/core/error.h"
#include "engine/lens/sources/compact_cluster.h"
#include "tests/support/data.h"

#include <cmath>

#include <gtest/gtest.h>

namespace arcproof::lens {
namespace {

namespace fs = std::filesystem;

const fs::path& folder() {
  static const fs::path path = tests::scratch_folder("map_source");
  return path;
}
const LensModel& model() {
  static const LensModel cluster = compact_cluster({});
  return cluster;
}
const MapKeys keys{"recipe.json", [](const std::string& field) { return "lens." + field; }};

fs::path written(const std::string& name, const MapConvention& c = {},
                 const MapOrigin& origin = {0.4, 70, 0.3}, const Grid& grid = {{-6, -5}, 0.1, 121, 101}) {
  write_map_file(folder() / name, LensMap::compute(model(), grid), model().reference(), c, origin);
  return folder() / name;
}

MapSource of(const fs::path& map) {
  MapSource source;
  source.map = map;
  return source;
}

Complaint refusal(const MapSource& source) {
  try {
    read_map(source, keys);
  } catch (const InputError& error) {
    return error.complaint();
  }
  ADD_FAILURE() << "accepted";
  return {};
}

TEST(MapSource, FileThatSaysAllNeedsNothingElse) {
  const MapLens lens = read_map(of(written("all.fits", {}, {0.4, 67.4, 0.315})), keys);
  EXPECT_EQ(lens.z_lens, 0.4);
  EXPECT_EQ(lens.cosmology.h0_km_s_mpc, 67.4);
  EXPECT_EQ(lens.cosmology.omega_m, 0.315);
  EXPECT_EQ(lens.file.reference.dec_deg, model().reference().dec_deg);
}

TEST(MapSource, OldFilesNeedTheRedshiftOfTheLens) {
  MapSource source = of(written("old.fits", {}, {}));
  EXPECT_EQ(refusal(source).allowed, "lens.z_lens");
  source.options.z_lens = 0.4;
  EXPECT_EQ(read_map(source, keys).z_lens, 0.4);
}

// D_LS / D_S of z = 2 behind z = 0.4 is 0.70046573 (astropy 5.2, FlatLambdaCDM(70, 0.3)).
TEST(MapSource, NormalisationAndRedshiftAreOneStatement) {
  MapConvention c;
  c.z_source = 2;
  c.efficiency = 0.70046573;
  EXPECT_EQ(read_map(of(written("z2.fits", c)), keys).file.convention.z_source, 2);
  c.efficiency = 0.71;
  EXPECT_EQ(refusal(of(written("wrong.fits", c))).key, "DLSDS");
  c.z_source = 0.3;
  EXPECT_EQ(refusal(of(written("front.fits", c))).key, "ZSOURCE");
}

TEST(MapSource, OptionsOutOfRange) {
  const MapSource good = of(written("all.fits"));
  const auto refused = [&](const auto& change) {
    MapSource source = good;
    change(source.options);
    const Complaint c = refusal(source);
    EXPECT_EQ(c.file, "recipe.json");
    return c.key;
  };
  EXPECT_EQ(refused([](MapOptions& o) { o.map_unit = "degree"; }), "lens.map_unit");
  EXPECT_EQ(refused([](MapOptions& o) { o.map_x = "north"; }), "lens.map_x");
  EXPECT_EQ(refused([](MapOptions& o) { o.map_sign = 2; }), "lens.map_sign");
  EXPECT_EQ(refused([](MapOptions& o) { o.map_dlsds = 1.5; }), "lens.map_dlsds");
  EXPECT_EQ(refused([](MapOptions& o) { o.map_z = 31; }), "lens.map_z");
  EXPECT_EQ(refused([](MapOptions& o) { o.map_pixel_scale_arcsec = NAN; }), "lens.map_pixel_scale_arcsec");
  EXPECT_EQ(refused([](MapOptions& o) { o.z_lens = -1; }), "lens.z_lens");
  EXPECT_EQ(refused([](MapOptions& o) { o.h0 = 0; }), "lens.h0");
  EXPECT_EQ(refused([](MapOptions& o) { o.omega_m = 2; }), "lens.omega_m");
}

TEST(MapSource, OptionsThatAgreeAreGood) {
  MapSource source = of(written("all.fits"));
  source.options = {"arcsec", 1, std::nullopt, 1, "west", 0.1, 0.4, 70, 0.3};
  EXPECT_EQ(read_map(source, keys).z_lens, 0.4);
}

TEST(MapSource, DrawsAreOnTheSameNodes) {
  MapSource source = of(written("all.fits"));
  source.posterior_maps = {written("draw.fits"),
                           written("moved.fits", {}, {0.4, 70, 0.3}, {{-6.05, -5}, 0.1, 121, 101}),
                           written("far.fits", {}, {0.5, 70, 0.3})};
  const MapLens best = read_map(source, keys);
  EXPECT_EQ(read_draw(source, 0, best, keys).grid().width, 121);
  EXPECT_THROW(read_draw(source, 1, best, keys), InputError);
  EXPECT_THROW(read_draw(source, 2, best, keys), InputError);
  EXPECT_THROW(read_draws(source, best, keys), InputError);
  source.posterior_maps.resize(1);
  EXPECT_EQ(read_draws(source, best, keys).size(), 1u);
}

TEST(OnGrid, NodesOfTheMapKeepItsValues) {
  const MapFile file = read_map_file(written("all.fits"));
  const Grid part = nodes_about(file.map.grid(), {-1.03, 0.52}, {2.2, 3.71});
  EXPECT_EQ(part.width, 34);   // -1.1 to 2.2: 3.3 / 0.1 + 1
  EXPECT_EQ(part.height, 34);  // 0.5 to 3.8
  EXPECT_FALSE(node_off_map(file, file.reference, part));
  const LensMap cut = on_grid(file, file.map, file.reference, part, 2);
  for (int j = 0; j < part.height; ++j)
    for (int i = 0; i < part.width; ++i) {
      const int x = i + 49, y = j + 55;
      EXPECT_NEAR(cut.hessian_nodes()(i, j).xx, file.map.hessian_nodes()(x, y).xx, 1e-11);
      EXPECT_NEAR(cut.hessian_nodes()(i, j).xy, file.map.hessian_nodes()(x, y).xy, 1e-11);
      EXPECT_NEAR(cut.hessian_nodes()(i, j).yy, file.map.hessian_nodes()(x, y).yy, 1e-11);
      EXPECT_NEAR(cut.deflection_nodes()(i, j).x, file.map.deflection_nodes()(x, y).x, 1e-11);
      EXPECT_NEAR(cut.deflection_nodes()(i, j).y, file.map.deflection_nodes()(x, y).y, 1e-11);
    }
}

// The same sky about another origin, 30" away: the model itself, moved by hand over the sky.
TEST(OnGrid, AboutAnotherReference) {
  const MapFile file = read_map_file(written("all.fits"));
  const sky::SkyPosition other = model().to_sky({-30, 12});
  const Grid grid{{28, -14}, 0.2, 20, 20};
  ASSERT_FALSE(node_off_map(file, other, grid));
  const LensMap moved = on_grid(file, file.map, other, grid, 1);
  for (int i = 0; i < 20; ++i) {
    const Vector2 theta = model().to_frame(to_sky(other, grid.node(i, 7)));
    EXPECT_NEAR(moved.deflection_nodes()(i, 7).x, model().deflection(theta).x, 1e-4);
  }
  EXPECT_TRUE(node_off_map(file, other, {{28, -14}, 0.2, 60, 20}));
}

TEST(OnGrid, NodesAboutStayOnTheGrid) {
  const Grid grid{{0, 0}, 1, 5, 4};
  const Grid all = nodes_about(grid, {0, 0}, {4, 3});
  EXPECT_EQ(all.width, 5);
  EXPECT_EQ(all.height, 4);
  const Grid one = nodes_about(grid, {4, 3}, {4, 3});
  EXPECT_EQ(one.width, 2);
  EXPECT_EQ(one.node(1, 1).x, 4);
  EXPECT_EQ(one.node(1, 1).y, 3);
  EXPECT_THROW(nodes_about(grid, {-1, 0}, {2, 2}), ContractError);
}

}  // namespace
}  // namespace arcproof::lens
