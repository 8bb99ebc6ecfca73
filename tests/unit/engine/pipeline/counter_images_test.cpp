#include "engine/pipeline/counter_images.h"

#include "engine/core/random.h"
#include "engine/lens/images.h"
#include "engine/lens/sources/compact_cluster.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

namespace arcproof::pipeline {
namespace {

constexpr double z = 1.4, scale_arcsec = 0.02;
constexpr int side_pix = 600;

// A field behind the compact cluster; the analysis lens has all dispersions times `factor`.
AnalysisField field_of(double factor, int posterior_rows) {
  AnalysisField field;
  field.name = "arc";
  field.bands.emplace_back().name = "F150W";
  field.z = z;
  field.frame = lens::ImageFrame(scale_arcsec, {side_pix / 2.0, side_pix / 2.0});
  const lens::LensModel model = lens::compact_cluster(field.cosmology, factor);
  field.lens = {lens::LensMap::compute(model, lens::covering_grid({-6, -6}, {6, 6}, 0.05)), model.z_lens(),
                field.cosmology};
  if (posterior_rows)
    field.posterior = lens::compact_cluster_posterior(field.cosmology, factor, 0.02, posterior_rows, 3);
  return field;
}

struct Scene {
  std::vector<MeasuredClump> clumps;
  std::vector<int> source;  // of each clump
};

// Images of sources in a disc near the caustic, as the true lens makes and a good fit measures them.
Scene scene_of(const AnalysisField& field, int sources, std::uint64_t seed) {
  const lens::LensModel truth = lens::compact_cluster(field.cosmology, 1.0);
  const lens::LensMap map = lens::LensMap::compute(truth, lens::covering_grid({-6, -6}, {6, 6}, 0.05));
  const double efficiency = truth.efficiency(z);
  const lens::ImageFinder finder(map, efficiency);
  Random random({.seed = seed, .purpose = "counter_images"});
  Scene scene;
  for (int s = 0; s < sources; ++s) {
    const lens::Vector2 beta{0.5 + 0.2 * random.normal(), 0.25 + 0.1 * random.normal()};
    const double intrinsic_njy = std::pow(10, random.uniform(0.5, 2.5));
    for (const lens::Image& image : finder.images(beta)) {
      const double flux = intrinsic_njy * std::abs(image.mu);
      if (flux < 15 || std::abs(image.mu) < 1) continue;
      MeasuredClump clump;
      clump.id = 100 + std::ssize(scene.clumps);
      const sky::PixelPosition pixel = field.frame.to_pixel(image.position_arcsec);
      clump.photometry.x = pixel.x + 0.2 * random.normal();
      clump.photometry.y = pixel.y + 0.2 * random.normal();
      const lens::Vector2 theta = field.frame.to_lens({clump.photometry.x, clump.photometry.y});
      if (!field.lens.map.covers(theta)) continue;
      clump.photometry.bands.push_back({});
      clump.photometry.bands[0].flux_njy = flux + 2 * random.normal();
      clump.photometry.bands[0].error_njy = 2;
      clump.magnification.mu = std::abs(lens::magnification(field.lens.map.hessian(theta), efficiency).mu);
      clump.source_arcsec = field.lens.map.source_position(theta, efficiency);
      scene.clumps.push_back(clump);
      scene.source.push_back(s);
    }
  }
  return scene;
}

struct Score {
  int made = 0, right = 0, possible = 0;
};

Score score_of(const Scene& scene, const std::vector<std::int64_t>& brightest) {
  Score score;
  for (std::size_t i = 0; i < scene.clumps.size(); ++i) {
    const auto snr = [&](std::size_t k) { return scene.clumps[k].photometry.bands[0].snr(); };
    for (std::size_t k = 0; k < scene.clumps.size(); ++k)
      if (scene.source[k] == scene.source[i] && snr(k) > snr(i)) {
        ++score.possible;
        break;
      }
    if (brightest[i] < 0) continue;
    ++score.made;
    score.right += scene.source[static_cast<std::size_t>(brightest[i])] == scene.source[i];
  }
  return score;
}

Score total_of(const AnalysisField& field, int sources, int scenes) {
  Score total;
  for (int k = 0; k < scenes; ++k) {
    const Scene scene = scene_of(field, sources, 100 + static_cast<std::uint64_t>(k));
    const Score score = score_of(scene, counter_images(field, scene.clumps));
    total.made += score.made;
    total.right += score.right;
    total.possible += score.possible;
  }
  return total;
}

TEST(CounterImages, OfTheTrueLensAreFound) {
  const Score score = total_of(field_of(1.0, 30), 12, 8);
  ASSERT_GT(score.possible, 100);
  EXPECT_GT(score.right, 0.95 * score.made);
  EXPECT_GT(score.right, 0.9 * score.possible);
}

// The analysis lens is wrong by 1%: source positions of one clump are 0.1" apart, clumps of the host 0.05".
TEST(CounterImages, OfAWrongLensAreFoundThroughItsPosterior) {
  const Score score = total_of(field_of(1.01, 30), 12, 8);
  ASSERT_GT(score.possible, 100);
  EXPECT_GT(score.right, 0.85 * score.made);
  EXPECT_GT(score.right, 0.75 * score.possible);
}

TEST(CounterImages, PointToTheBrightestOfTheFamily) {
  const AnalysisField field = field_of(1.0, 30);
  const Scene scene = scene_of(field, 6, 1);
  const auto brightest = counter_images(field, scene.clumps);
  ASSERT_GT(std::count_if(brightest.begin(), brightest.end(), [](std::int64_t b) { return b >= 0; }), 3);
  for (std::size_t i = 0; i < brightest.size(); ++i) {
    if (brightest[i] < 0) continue;
    const auto b = static_cast<std::size_t>(brightest[i]);
    EXPECT_EQ(brightest[b], -1);
    EXPECT_GT(scene.clumps[b].photometry.bands[0].snr(), scene.clumps[i].photometry.bands[0].snr());
  }
}

// Neighbours in one image, however near in the source plane, have no critical curve between them.
TEST(CounterImages, AreNotNeighboursInOneImage) {
  const AnalysisField field = field_of(1.0, 30);
  Scene scene = scene_of(field, 1, 2);
  ASSERT_GE(scene.clumps.size(), 2U);
  std::vector<MeasuredClump> pair = {scene.clumps[0], scene.clumps[0]};
  pair[1].photometry.x += 1;
  pair[1].photometry.bands[0].flux_njy *= 0.9;
  for (const std::int64_t b : counter_images(field, pair)) EXPECT_EQ(b, -1);
}

TEST(CounterImages, NeedALens) {
  AnalysisField field = field_of(1.0, 0);
  const Scene scene = scene_of(field, 4, 1);
  field.lens = {lens::LensMap::constant(2, 1, 0), 0, field.cosmology};
  for (const std::int64_t b : counter_images(field, scene.clumps)) EXPECT_EQ(b, -1);
}

}  // namespace
}  // namespace arcproof::pipeline
