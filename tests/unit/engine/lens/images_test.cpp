#include "engine/lens/images.h"

#include "engine/core/random.h"
#include "engine/lens/critical.h"

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

// A cored ellipse, resolved by its map: no singularity, all caustics closed.
const LensModel& cored_ellipse() {
  static const LensModel model = model_of({"p", {0.3, -0.2}, 0.4, 0.5, 0.5, 30, 300});
  return model;
}
const LensMap& cored_ellipse_map() {
  static const LensMap map = LensMap::compute(cored_ellipse(), covering_grid({-9, -9}, {9, 9}, 0.05));
  return map;
}
constexpr double efficiency = 0.7;

// Every image found is one: it goes back to its source. A lens without singularities has an odd number of
// images (Burke 1981), a cored ellipse one, three or five; every one of 4000 sources, 2000 of them within
// 0.01" of a caustic.
TEST(ImageFinder, ImagesGoBackToTheirSourceAndAreOdd) {
  const LensMap& map = cored_ellipse_map();
  const ImageFinder finder(map, efficiency);
  std::vector<Vector2> on_caustics;
  for (const CriticalLine& line : critical_lines(map, efficiency))
    on_caustics.insert(on_caustics.end(), line.source_plane.begin(), line.source_plane.end());
  Random random({.seed = 1, .purpose = "sources"});
  int counts[7] = {};
  for (int k = 0; k < 4000; ++k) {
    const Vector2 near = on_caustics[random.index(on_caustics.size())];
    const double reach = k % 2 ? 0.01 : 1.5;
    const Vector2 centre = k % 2 ? near : Vector2{};
    const Vector2 beta{centre.x + random.uniform(-reach, reach), centre.y + random.uniform(-reach, reach)};
    const std::vector<Image> images = finder.images(beta);
    for (std::size_t i = 0; i < images.size(); ++i) {
      EXPECT_LT(distance(map.source_position(images[i].position_arcsec, efficiency), beta), 1e-9);
      EXPECT_GE(std::abs(images[i > 0 ? i - 1 : 0].mu), std::abs(images[i].mu));
    }
    ASSERT_LT(images.size(), 7u);
    ASSERT_EQ(images.size() % 2, 1u) << beta.x << " " << beta.y;
    ++counts[images.size()];
  }
  EXPECT_GT(counts[1], 100);
  EXPECT_GT(counts[3], 100);
  EXPECT_GT(counts[5], 20);
}

// The same behind five potentials with cores that the map resolves: every one of 1000 sources.
TEST(ImageFinder, ImagesAreOddBehindACluster) {
  const LensModel model = {{110.8, -73.45},
                           0.39,
                           {},
                           {{"halo", {0, 0}, 0.35, 0.4, 0.6, 30, 420},
                            {"a", {-3, 1.6}, 0.1, 1.4, 0.3, 4, 160},
                            {"b", {3.2, -0.9}, 0.3, -0.3, 0.25, 3, 150},
                            {"c", {1.2, -4.6}, 0, 0, 0.3, 5, 170},
                            {"d", {-4.2, -3.4}, 0.2, 2.3, 0.4, 6, 180}}};
  const LensMap map = LensMap::compute(model, covering_grid({-20, -20}, {20, 20}, 0.05));
  const ImageFinder finder(map, efficiency);
  Random random({.seed = 4, .purpose = "sources"});
  int several = 0;
  for (int k = 0; k < 1000; ++k) {
    const Vector2 beta{random.uniform(-5, 5), random.uniform(-5, 5)};
    const std::vector<Image> images = finder.images(beta);
    ASSERT_EQ(images.size() % 2, 1u) << beta.x << " " << beta.y;
    several += images.size() > 1;
  }
  EXPECT_GT(several, 100);
}

// Across a fold the number of images changes by two, at every point of every caustic where it is straight
// over the distance of the sources; the two that appear are of either parity, and their distance grows as the
// square root of that of the source (Schneider, Ehlers & Falco 1992, section 6.3.1): by 10^(1/2) when that is
// 10 times as large.
TEST(ImageFinder, TwoImagesMergeAtAFold) {
  const LensMap& map = cored_ellipse_map();
  const ImageFinder finder(map, efficiency);
  int folds = 0;
  for (const CriticalLine& line : critical_lines(map, efficiency)) {
    const std::vector<Vector2>& caustic = line.source_plane;
    for (std::size_t k = 0; k < caustic.size(); ++k) {
      const Vector2 a = caustic[(k + caustic.size() - 1) % caustic.size()],
                    b = caustic[(k + 1) % caustic.size()];
      const double segment = distance(a, b);
      if (segment < 0.02) continue;  // next to a cusp
      const Vector2 normal{(a.y - b.y) / segment, (b.x - a.x) / segment};
      double separation[3] = {};
      int n = 0;
      for (const double delta : {1e-5, 1e-4, 1e-3}) {
        const auto beside = [&](double side) {
          return finder.images(
              {caustic[k].x + side * delta * normal.x, caustic[k].y + side * delta * normal.y});
        };
        const std::vector<Image> left = beside(1), right = beside(-1);
        ASSERT_EQ(std::abs(static_cast<int>(left.size()) - static_cast<int>(right.size())), 2)
            << caustic[k].x << " " << caustic[k].y << " " << delta;
        // The two images next to the critical line are the pair.
        std::vector<Image> inside = left.size() > right.size() ? left : right;
        std::sort(inside.begin(), inside.end(), [&](const Image& one, const Image& other) {
          return distance(one.position_arcsec, line.image_plane[k]) <
                 distance(other.position_arcsec, line.image_plane[k]);
        });
        EXPECT_LT(inside[0].mu * inside[1].mu, 0);
        separation[n++] = distance(inside[0].position_arcsec, inside[1].position_arcsec);
        ++folds;
      }
      EXPECT_NEAR(separation[1] / separation[0], std::sqrt(10.0), 0.2);
      EXPECT_NEAR(separation[2] / separation[1], std::sqrt(10.0), 0.2);
    }
  }
  EXPECT_GT(folds, 500);
}

// At a cusp three images merge into one: two of a parity with one of the other between them. The tangential
// caustic of an ellipse has four cusps, the points of it farthest from its middle (in their neighbourhoods).
TEST(ImageFinder, ThreeImagesMergeAtACusp) {
  const LensMap& map = cored_ellipse_map();
  const ImageFinder finder(map, efficiency);
  const CriticalLine line = critical_lines(map, efficiency).front();
  ASSERT_EQ(line.kind, CriticalKind::tangential);
  const std::vector<Vector2>& caustic = line.source_plane;
  Vector2 middle;
  for (const Vector2& p : caustic) {
    middle.x += p.x / static_cast<double>(caustic.size());
    middle.y += p.y / static_cast<double>(caustic.size());
  }
  int cusps = 0;
  const int n = static_cast<int>(caustic.size());
  for (int k = 0; k < n; ++k) {
    const double r = distance(caustic[k], middle);
    bool farthest = true;
    for (int i = -n / 10; i <= n / 10; ++i)
      farthest = farthest && distance(caustic[(k + i + n) % n], middle) <= r;
    if (!farthest) continue;
    ++cusps;
    const Vector2 out{(caustic[k].x - middle.x) / r, (caustic[k].y - middle.y) / r};
    for (const double delta : {0.002, 0.005, 0.02}) {
      const auto inside = finder.images({caustic[k].x - delta * out.x, caustic[k].y - delta * out.y}),
                 outside = finder.images({caustic[k].x + delta * out.x, caustic[k].y + delta * out.y});
      ASSERT_EQ(inside.size(), outside.size() + 2) << caustic[k].x << " " << caustic[k].y << " " << delta;
      ASSERT_GE(inside.size(), 3u);
      int positive = 0;
      for (int i = 0; i < 3; ++i) positive += inside[i].mu > 0;
      EXPECT_TRUE(positive == 1 || positive == 2);
      for (int i = 0; i < 3; ++i)  // all within the scale of the cusp, sqrt(delta)
        EXPECT_LT(distance(inside[i].position_arcsec, inside[0].position_arcsec), 15 * std::sqrt(delta));
    }
  }
  EXPECT_EQ(cusps, 4);
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
