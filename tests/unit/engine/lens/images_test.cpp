#include "engine/lens/images.h"

#include "engine/core/random.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

namespace arcproof::lens {
namespace {

// b0 of 215.3 km/s: theta_E near 2".
const DualPie isothermal = {"sis", {0, 0}, 0, 0, 0, 1e12, 215.3};

LensModel model_of(DualPie p) { return {{110.8, -73.45}, 0.39, {}, {std::move(p)}}; }

double distance(Vector2 a, Vector2 b) { return std::hypot(a.x - b.x, a.y - b.y); }

// The singular isothermal sphere (Schneider, Ehlers & Falco 1992, section 8.1.4) with theta_E = d b: two
// images, at beta + theta_E and beta - theta_E along the source's direction, of mu = 1 / (1 - theta_E /
// |theta|), for beta < theta_E; one beyond. The bilinear Hessian of a 0.05" map errs by (step / theta)^2.
TEST(ImageFinder, FindsTheImagesOfAnIsothermalSphere) {
  const LensModel model = model_of(isothermal);
  const LensMap map = LensMap::compute(model, covering_grid({-8.02, -8.03}, {8, 8}, 0.05));
  const double d = 0.8, einstein = d * isothermal.b0_arcsec();
  const ImageFinder finder(map, d);
  for (const double beta : {0.2, 0.7, 1.2, 2.5, 4.0}) {
    const double c = std::cos(0.7), s = std::sin(0.7);
    std::vector<double> radii = {beta + einstein};
    if (beta < einstein) radii.push_back(beta - einstein);
    std::sort(radii.begin(), radii.end(), [&](double a, double b) {
      return std::abs(1 / (1 - einstein / std::abs(a))) > std::abs(1 / (1 - einstein / std::abs(b)));
    });
    std::vector<Image> images = finder.images({beta * c, beta * s});
    // On a grid the singular core is a demagnified third image.
    std::erase_if(images, [](const Image& image) { return std::abs(image.mu) < 0.02; });
    ASSERT_EQ(images.size(), radii.size()) << beta;
    for (std::size_t i = 0; i < radii.size(); ++i) {
      EXPECT_LT(distance(images[i].position_arcsec, {radii[i] * c, radii[i] * s}), 1e-5) << beta;
      EXPECT_NEAR(images[i].mu * (1 - einstein / std::abs(radii[i])), 1, 0.02) << beta;
    }
  }
}

// Every image found is one: it goes back to its source. A cored ellipse has an odd number of images (Burke
// 1981), by one, three or five; sources whose images are closer to each other than two steps are left out.
TEST(ImageFinder, ImagesGoBackToTheirSourceAndAreOdd) {
  const LensModel model = model_of({"p", {0.3, -0.2}, 0.4, 0.5, 0.5, 30, 300});
  const double step = 0.05, d = 0.7;
  const LensMap map = LensMap::compute(model, covering_grid({-9, -9}, {9, 9}, step));
  const ImageFinder finder(map, d);
  Random random({.seed = 1, .purpose = "sources"});
  int counts[7] = {};
  for (int k = 0; k < 2000; ++k) {
    const Vector2 beta{random.uniform(-1.5, 1.5), random.uniform(-1.5, 1.5)};
    const std::vector<Image> images = finder.images(beta);
    double closest = 1e9;
    for (std::size_t i = 0; i < images.size(); ++i) {
      EXPECT_LT(distance(map.source_position(images[i].position_arcsec, d), beta), 1e-9);
      EXPECT_GE(std::abs(images[i > 0 ? i - 1 : 0].mu), std::abs(images[i].mu));
      for (std::size_t j = 0; j < i; ++j)
        closest = std::min(closest, distance(images[i].position_arcsec, images[j].position_arcsec));
    }
    if (closest < 2 * step) continue;
    ASSERT_LT(images.size(), 7u);
    ++counts[images.size()];
  }
  // An even count is left where a merging pair was closer than the grid can see: within half a step of the
  // caustic.
  EXPECT_LT(counts[0] + counts[2] + counts[4] + counts[6], 20);
  EXPECT_GT(counts[1], 100);
  EXPECT_GT(counts[3], 100);
  EXPECT_GT(counts[5], 20);
}

// The slow twin walks over every triangle of the grid, with no index: as many triangles hold the source as
// the finder has images, wherever the images are more than two steps apart.
int triangles_around(const LensMap& map, double d, Vector2 beta) {
  const Grid& grid = map.grid();
  const auto source = [&](int i, int j) {
    const Vector2 theta = grid.node(i, j), alpha = map.deflection_nodes()(i, j);
    return Vector2{theta.x - d * alpha.x, theta.y - d * alpha.y};
  };
  const auto left = [&](Vector2 a, Vector2 b) {
    return (b.x - a.x) * (beta.y - a.y) - (b.y - a.y) * (beta.x - a.x) > 0;
  };
  const auto inside = [&](Vector2 a, Vector2 b, Vector2 c) {
    return left(a, b) == left(b, c) && left(b, c) == left(c, a);
  };
  int count = 0;
  for (int j = 0; j + 1 < grid.height; ++j) {
    for (int i = 0; i + 1 < grid.width; ++i) {
      count += inside(source(i, j), source(i + 1, j), source(i, j + 1));
      count += inside(source(i + 1, j + 1), source(i + 1, j), source(i, j + 1));
    }
  }
  return count;
}

TEST(ImageFinder, AgreesWithAScanOfEveryTriangle) {
  const LensModel model = {{110.8, -73.45},
                           0.39,
                           {},
                           {{"p", {0, 0}, 0.4, 0.5, 0.5, 30, 300}, {"q", {4, 1}, 0.1, 0.5, 0.4, 9, 190}}};
  const LensMap map = LensMap::compute(model, covering_grid({-9, -7}, {9, 8}, 0.1));
  const ImageFinder finder(map, 0.75);
  Random random({.seed = 2, .purpose = "sources"});
  int compared = 0, different = 0;
  for (int k = 0; k < 300; ++k) {
    const Vector2 beta{random.uniform(-8, 8), random.uniform(-6, 7)};
    const auto images = finder.images(beta);
    // Near a caustic curvature inside a cell decides, and the count of triangles is not that of the images.
    if (std::any_of(images.begin(), images.end(), [](const Image& image) { return std::abs(image.mu) > 20; }))
      continue;
    ++compared;
    different += static_cast<int>(images.size()) != triangles_around(map, 0.75, beta);
  }
  EXPECT_GT(compared, 250);
  EXPECT_LE(different, 3);
}

TEST(ImageFinder, SeesNothingOutsideTheMap) {
  const LensMap map = LensMap::compute(model_of(isothermal), covering_grid({-3, -3}, {3, 3}, 0.1));
  const ImageFinder finder(map, 0.8);
  EXPECT_TRUE(finder.images({50, 0}).empty());
  EXPECT_TRUE(finder.images({std::nan(""), 0}).empty());
}

TEST(ImageFinder, WithoutLensTheImageIsTheSource) {
  const LensMap map = LensMap::compute(model_of(isothermal), covering_grid({-3, -3}, {3, 3}, 0.1));
  const ImageFinder finder(map, 0);
  for (const Vector2 beta :
       {Vector2{0.3, 0.3}, Vector2{0.31, -1.237}, Vector2{-3, -3}, Vector2{3, 3}}) {  // nodes and edges too
    const std::vector<Image> images = finder.images(beta);
    ASSERT_EQ(images.size(), 1u) << beta.x;
    EXPECT_LT(distance(images[0].position_arcsec, beta), 1e-12);
    EXPECT_EQ(images[0].mu, 1);
  }
}

TEST(ImageFinder, ConstantFieldHasOneImage) {
  const LensMap map = LensMap::constant(-6, 1.2, 0.3);
  const std::vector<Image> images = ImageFinder(map, 1).images({0.2, -0.1});
  ASSERT_EQ(images.size(), 1u);
  EXPECT_NEAR(images[0].mu, -7.2, 1e-12);
  const Vector2 back = map.source_position(images[0].position_arcsec, 1);
  EXPECT_NEAR(back.x, 0.2, 1e-14);
  EXPECT_NEAR(back.y, -0.1, 1e-14);
}

TEST(ImageNear, ReachesTheImageInTheExactModel) {
  const LensModel model = model_of(isothermal);
  const double d = 0.8, einstein = d * isothermal.b0_arcsec();
  const auto image = image_near(model, d, {0.5, 0}, {3, 0.4});
  ASSERT_TRUE(image);
  EXPECT_NEAR(image->x, 0.5 + einstein, 1e-9);
  EXPECT_NEAR(image->y, 0, 1e-9);
  const auto other = image_near(model, d, {0.5, 0}, {-1, 0.2});
  ASSERT_TRUE(other);
  EXPECT_NEAR(other->x, 0.5 - einstein, 1e-9);
}

}  // namespace
}  // namespace arcproof::lens
