#include "engine/lens/profiles/tiled_sum.h"

#include "engine/core/random.h"
#include "engine/lens/map.h"
#include "tests/unit/engine/lens/profiles/textbook_dual_pie.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace arcproof::lens {
namespace {

double strength(const DualPie& p) {
  return p.b0_arcsec() * p.cut_radius_arcsec / (p.cut_radius_arcsec - p.core_radius_arcsec);
}

// All shapes: round ones and flat ones (e up to 0.95), without a core and with one as large as the tile.
DualPie random_potential(Random& random, double reach) {
  const double core = random.uniform() < 0.2 ? 0 : std::pow(10, random.uniform(-3, 1.5));
  return {"p",
          {random.uniform(-reach, reach), random.uniform(-reach, reach)},
          random.uniform() < 0.1 ? 0 : 0.95 * std::sqrt(random.uniform()),
          random.uniform(0, 3.2),
          core,
          core + std::pow(10, random.uniform(-2, 3)),
          300};
}

struct Errors {
  double deflection = 0, hessian = 0;  // of f, and of f / r
};
Errors errors_of(const DualPie& p, Vector2 theta, Vector2 alpha, const Hessian& h) {
  const textbook::Field exact = textbook::field(p, theta);
  const double r =
      std::max(p.core_radius_arcsec, std::hypot(theta.x - p.centre_arcsec.x, theta.y - p.centre_arcsec.y));
  const double f = strength(p);
  return {static_cast<double>(std::hypot(alpha.x - exact.ax, alpha.y - exact.ay)) / f,
          static_cast<double>(
              std::max({std::abs(h.xx - exact.xx), std::abs(h.xy - exact.xy), std::abs(h.yy - exact.yy)})) *
              r / f};
}

// Against the printed formulas in extended precision, over a square of side 2: the error falls as rho^-16,
// and is rounding, 1e-13, from rho = 9 on (where the sum uses expansions). 12000 random potentials of all
// shapes.
TEST(TiledSum, ExpansionErrsAsItsBoundSays) {
  Random random({.seed = 6, .purpose = "potentials"});
  int used = 0;
  for (int trial = 0; trial < 12000; ++trial) {
    const DualPie p = random_potential(random, 12);
    std::vector<Vector2> theta = {{1, 1}, {-1, 1}, {1, -1}, {-1, -1}};
    for (int k = 0; k < 6; ++k) theta.push_back({random.uniform(-1, 1), random.uniform(-1, 1)});
    std::vector<Vector2> alpha(theta.size());
    std::vector<Hessian> h(theta.size());
    double rho = 0;
    sum_by_one_expansion(DualPieSum({&p, 1}).constants(), {-1, -1}, 2, theta, alpha.data(), h.data(), &rho);
    if (rho < 3) continue;
    ++used;
    for (std::size_t k = 0; k < theta.size(); ++k) {
      const Errors e = errors_of(p, theta[k], alpha[k], h[k]);
      const double truncation = std::pow(rho, -16);
      EXPECT_LT(e.deflection, rho >= 9 ? 1e-13 : 5e-14 + 100 * truncation) << rho << " e " << p.ellipticity;
      EXPECT_LT(e.hessian, rho >= 9 ? 1e-13 : 5e-14 + 2000 * truncation) << rho << " e " << p.ellipticity;
    }
  }
  EXPECT_GT(used, 6000);
}

std::vector<DualPie> cluster_of(int members) {
  Random random({.seed = 1, .purpose = "cluster"});
  std::vector<DualPie> all = {{"halo", {-3, 1}, 0.56, 0.1, 15, 280, 970},
                              {"point", {4.01, 2}, 0.3, 1, 0, 2, 90}};
  while (static_cast<int>(all.size()) < members) {
    const double cut = random.uniform(1, 10);
    all.push_back({"galaxy",
                   {random.uniform(-30, 30), random.uniform(-30, 30)},
                   random.uniform() < 0.2 ? 0 : random.uniform(0, 0.8),
                   random.uniform(0, 3.1),
                   0.003 * cut,
                   cut,
                   random.uniform(40, 200)});
  }
  return all;
}

LensModel model_of(const std::vector<DualPie>& potentials, std::vector<Profile> further = {}) {
  return {{110.8, -73.45}, 0.39, {}, potentials, std::move(further)};
}

// The whole sum: no more than the sum of what each potential may err. Sizes that are no multiple of a tile.
TEST(TiledSum, AgreesWithTheExactSumOnEveryNode) {
  const std::vector<DualPie> potentials = cluster_of(100);
  for (const Grid& grid :
       {Grid{{-30, -28}, 0.11, 541, 517}, Grid{{-2, 1}, 0.003, 300, 40}, Grid{{0, 0}, 20, 2, 3}}) {
    const LensMap tiles = LensMap::compute(model_of(potentials), grid),
                  exact = LensMap::compute(model_of(potentials), grid, 1, Summation::exact);
    for (int j = 0; j < grid.height; ++j) {
      for (int i = 0; i < grid.width; ++i) {
        double deflection_bound = 0, hessian_bound = 0;
        for (const DualPie& p : potentials) {
          const Vector2 t = grid.node(i, j);
          const double r = std::hypot(t.x - p.centre_arcsec.x, t.y - p.centre_arcsec.y);
          deflection_bound += 1e-13 * strength(p);
          hessian_bound += 1e-13 * strength(p) / std::max(p.core_radius_arcsec, r);
        }
        const Vector2 a = tiles.deflection_nodes()(i, j), b = exact.deflection_nodes()(i, j);
        const Hessian h = tiles.hessian_nodes()(i, j), k = exact.hessian_nodes()(i, j);
        ASSERT_LT(std::hypot(a.x - b.x, a.y - b.y), deflection_bound) << i << " " << j;
        ASSERT_LT(std::max({std::abs(h.xx - k.xx), std::abs(h.xy - k.xy), std::abs(h.yy - k.yy)}),
                  hessian_bound)
            << i << " " << j;
      }
    }
  }
}

TEST(TiledSum, DoesNotDependOnThreads) {
  const LensModel model =
      model_of(cluster_of(40), {NfwHalo{{1, 2}, 0.1, 0.3, 20, 400}, ExternalShear{{}, 0.1, 0.05, 0}});
  const Grid grid{{-30, -28}, 0.1, 600, 560};
  const LensMap one = LensMap::compute(model, grid, 1), three = LensMap::compute(model, grid, 3);
  for (std::size_t k = 0; k < one.hessian_nodes().size(); ++k) {
    const Vector2 a = one.deflection_nodes().data()[k], b = three.deflection_nodes().data()[k];
    const Hessian h = one.hessian_nodes().data()[k], m = three.hessian_nodes().data()[k];
    ASSERT_TRUE(a.x == b.x && a.y == b.y && h.xx == m.xx && h.xy == m.xy && h.yy == m.yy);
  }
}

// The exact sum has the bits of a single position, further profiles included; tiles add these exactly too.
TEST(TiledSum, ExactHasTheBitsOfSinglePositions) {
  const LensModel model = model_of(cluster_of(20), {ExternalShear{{}, 0.1, 0.05, 0}});
  const Grid grid{{-3, -2}, 0.1, 70, 50};
  const LensMap exact = LensMap::compute(model, grid, 2, Summation::exact),
                tiles = LensMap::compute(model, grid);
  for (int j = 0; j < grid.height; ++j) {
    for (int i = 0; i < grid.width; ++i) {
      const Vector2 a = model.deflection(grid.node(i, j));
      const Hessian h = model.hessian(grid.node(i, j));
      ASSERT_EQ(exact.deflection_nodes()(i, j).x, a.x);
      ASSERT_EQ(exact.hessian_nodes()(i, j).xy, h.xy);
      ASSERT_NEAR(tiles.deflection_nodes()(i, j).y, a.y, 1e-11);
    }
  }
}

}  // namespace
}  // namespace arcproof::lens
