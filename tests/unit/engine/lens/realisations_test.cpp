// A posterior of maps against the models that the maps are of.
#include "engine/lens/realisations.h"

#include "engine/core/error.h"
#include "engine/lens/delens.h"
#include "engine/lens/sources/compact_cluster.h"

#include <cmath>

#include <gtest/gtest.h>

namespace arcproof::lens {
namespace {

const std::vector<LensModel>& models() {
  static const std::vector<LensModel> draws = compact_cluster_posterior({}, 1, 0.02, 9, 3);
  return draws;
}
std::vector<LensMap> maps(double step, double half = 6) {
  std::vector<LensMap> result;
  for (const LensModel& model : models())
    result.push_back(LensMap::compute(model, covering_grid({-half, -half}, {half, half}, step)));
  return result;
}
const std::vector<Vector2> places = {{3, 2}, {-1.2, 4}, {5.9, -5.9}, {2.8, 4.5}};

TEST(Realisations, OfModelsAreTheModels) {
  const Realisations draws = models();
  ASSERT_EQ(draws.size(), 9u);
  std::vector<Vector2> a, b;
  std::vector<Hessian> g, h;
  for (std::size_t k = 0; k < 9; ++k) {
    draws.evaluate(k, places, &a, &g);
    models()[k].evaluate(places, &b, &h);
    for (std::size_t i = 0; i < places.size(); ++i) {
      EXPECT_EQ(a[i].x, b[i].x);
      EXPECT_EQ(g[i].xy, h[i].xy);
    }
    EXPECT_EQ(draws.efficiency(k, 2), models()[k].efficiency(2));
  }
}

TEST(Realisations, OfMapsAreInterpolatedAndEndWithTheMap) {
  const std::vector<LensMap> all = maps(0.1);
  const Realisations draws(all, 0.4, {});
  std::vector<Vector2> theta = places, alpha;
  theta.push_back({6.2, 0});
  std::vector<Hessian> h;
  draws.evaluate(4, theta, &alpha, &h);
  for (std::size_t i = 0; i < places.size(); ++i) {
    EXPECT_EQ(alpha[i].y, all[4].deflection(theta[i]).y);
    EXPECT_EQ(h[i].xx, all[4].hessian(theta[i]).xx);
  }
  EXPECT_TRUE(std::isnan(alpha.back().x));
  EXPECT_TRUE(std::isnan(h.back().yy));
  EXPECT_DOUBLE_EQ(draws.efficiency(4, 2), models()[4].efficiency(2));
  draws.evaluate(0, theta, nullptr, &h);
}

TEST(Realisations, RefuseWhatIsNoLens) {
  EXPECT_TRUE(Realisations().empty());
  EXPECT_THROW(Realisations(maps(0.5), 0, {}), ContractError);
  EXPECT_THROW(Realisations({LensMap::constant(2, 1, 0)}, 0.4, {}), ContractError);
  EXPECT_THROW(Realisations(models()).efficiency(9, 2), ContractError);
}

// Bilinear Hessians: the error of an interval falls with the square of the step.
TEST(Realisations, IntervalsOfMapsAreThoseOfTheirModels) {
  const Lens lens{LensMap::compute(models()[0], covering_grid({-6, -6}, {6, 6}, 0.02)), 0.4, {}};
  const Ellipse clump{{2.83, 3.37}, 0.06, 0.03, 0.4};
  const ClumpMagnification exact = magnification_of_clump(lens, models(), clump, 2, 0.02);
  const auto error = [&](double step) {
    const ClumpMagnification m =
        magnification_of_clump(lens, Realisations(maps(step), 0.4, {}), clump, 2, 0.02);
    EXPECT_EQ(m.mu, exact.mu);
    return std::abs(m.posterior_median / exact.posterior_median - 1);
  };
  EXPECT_GT(exact.posterior_plus + exact.posterior_minus, 0);
  EXPECT_LT(error(0.05), 2e-3);
  EXPECT_LT(error(0.0125), error(0.1) / 16);
}

// A clump on the edge of the draws' maps: points that are off them say nothing.
TEST(Realisations, PointsOffADrawAreLeftOut) {
  const Lens lens{LensMap::compute(models()[0], covering_grid({-7, -7}, {7, 7}, 0.05)), 0.4, {}};
  const Realisations draws(maps(0.05), 0.4, {});
  const ClumpMagnification edge = magnification_of_clump(lens, draws, {{5.99, 1}, 0.1, 0.1, 0}, 2, 0.02);
  EXPECT_TRUE(std::isfinite(edge.posterior_plus) && std::isfinite(edge.posterior_median));
  const ClumpMagnification beyond = magnification_of_clump(lens, draws, {{6.5, 1}, 0.1, 0.1, 0}, 2, 0.02);
  EXPECT_EQ(beyond.posterior_median, beyond.mu);  // as without a posterior
}

}  // namespace
}  // namespace arcproof::lens
