#include "validation/correction/quality.h"

#include "engine/core/missing.h"
#include "engine/core/random.h"
#include "engine/core/units.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace arcproof::validation {
namespace {

// Found with a probability that falls about mag 27: a half there, four fifths 0.3 ln 4 = 0.416 mag brighter.
double found_at(double mag) { return inference::logistic((27 - mag) / 0.3); }

std::vector<DetectionCase> by_magnitude(int count) {
  Random random({71, "magnitudes"});
  std::vector<DetectionCase> cases;
  for (int i = 0; i < count; ++i) {
    const double mag = random.uniform(24, 30);
    cases.push_back({{mag, 0, 0.5, 8, 0, 0, 7, "a"}, random.uniform() < found_at(mag), 1, i / 4});
  }
  return cases;
}

// 3000 clumps, seed 71: within four of the errors that are stated, and these are below 0.1 mag.
TEST(DetectionLimits, AreThoseOfTheDrawnProbability) {
  const std::vector<DetectionCase> cases = by_magnitude(3000);
  const io::Table t = detection_limits(cases, DetectionModel(cases));
  ASSERT_EQ(t.rows(), 1U);
  EXPECT_EQ(t.integers("n")[0], 3000);
  for (const auto& [name, truth] : {std::pair{"mag_50", 27.0}, {"mag_80", 27 - 0.3 * std::log(4.0)}}) {
    const double error = t.reals(std::string(name) + "_err")[0];
    EXPECT_NEAR(t.reals(name)[0], truth, 4 * error) << name;
    EXPECT_GT(error, 0);
    EXPECT_LT(error, 0.1);
  }
}

// Right forecasts pass; forecasts that are 10% off are told, by chance never as often as 1%.
TEST(Reliability, TellsForecastsThatAreOff) {
  const std::vector<DetectionCase> cases = by_magnitude(3000);
  std::vector<double> right, high;
  for (const DetectionCase& one : cases) {
    right.push_back(found_at(one.place.mag));
    high.push_back(0.1 + 0.9 * right.back());
  }
  EXPECT_GT(reliability_p(cases, right), 0.01);
  EXPECT_LT(reliability_p(cases, high), 1e-4);
}

TEST(DetectionQuality, TablesWhatWasPredictedAndFound) {
  const std::vector<DetectionCase> cases = by_magnitude(2000);
  Metrics metrics;
  const io::Table t = detection_quality(cases, DetectionModel(cases), metrics);
  ASSERT_EQ(t.rows(), 10U);
  double n = 0;
  for (std::size_t i = 0; i < 10; ++i) {
    n += static_cast<double>(t.integers("n")[i]);
    EXPECT_NEAR(t.reals("found")[i], t.reals("predicted")[i], 0.02 + 4 * t.reals("found_err")[i]) << i;
  }
  EXPECT_EQ(n, 2000);
  EXPECT_GT(*metrics.find("detection.reliability_p"), 0.01);
  double entropy = 0;
  for (const DetectionCase& one : cases)
    entropy -= std::log(one.found ? found_at(one.place.mag) : 1 - found_at(one.place.mag)) / 2000;
  EXPECT_NEAR(*metrics.find("detection.log_loss") / entropy, 1, 0.1);
  EXPECT_LT(*metrics.find("detection.brier"), *metrics.find("detection.brier_neighbours") + 0.01);
}

// The mean over places is that of the model at each: two kinds of places, of which one hides what is faint.
TEST(MeanDetection, IsTheMeanOverPlaces) {
  Random random({72, "places"});
  std::vector<DetectionCase> cases;
  for (int i = 0; i < 2000; ++i) {
    const bool crowded = i % 4 == 0;
    const double mag = random.uniform(24, 29);
    const double p = inference::logistic(((crowded ? 25.5 : 27) - mag) / 0.3);
    cases.push_back({{mag, 0, 0.5, crowded ? 1.0 : 12.0, 0, 0, 7, "a"},
                     random.uniform() < p,
                     crowded ? 2.0 : 1.0,
                     i / 4});
  }
  const DetectionModel model(cases);
  const MeanDetection mean(cases, model, 2);
  // Weights: crowded 2 x 1/4, open 3/4. At 26.25 nothing is found where it is crowded, nearly all where it is not.
  EXPECT_NEAR(mean.at("a", 26.25, 0), (0.5 * 0.076 + 0.75 * 0.924) / 1.25, 0.05);
  EXPECT_NEAR(mean.at("another field", 26.25, 0), mean.at("a", 26.25, 0), 0.05);
  EXPECT_GT(mean.at("a", 24, 0), 0.95);
  EXPECT_LT(mean.at("a", 40, 0), 0.05);
  EXPECT_TRUE(std::isnan(mean.at("a", nan, 0)));
  EXPECT_TRUE(std::isnan(MeanDetection().at("a", 25, 0)));
}

TEST(PlaceWeights, CountWherePlacesWereDrawnEvenly) {
  io::Table t("INJECTIONS");
  t.add("weight_clumps", "", "", io::Reals{0.5, 2, nan});
  EXPECT_EQ(place_weights(t), (std::vector<double>{0.5, 2, 0}));
  t.note(placing_note, "uniform");
  EXPECT_EQ(place_weights(t), (std::vector<double>{0.5, 2, 0}));
  t.note(placing_note, placed_by_catalogue);
  EXPECT_EQ(place_weights(t), (std::vector<double>{1, 1, 1}));
  io::Table bare("INJECTIONS");
  bare.add("mag", "", "", io::Reals{25, 26});
  EXPECT_EQ(place_weights(bare), (std::vector<double>{1, 1}));
}

// ---- on truth

// Ten rows, each of a true image of its own but for the last two: one too bright by 2 mag, one where nothing is.
struct Judged {
  io::Table catalogue{"CATALOG"}, truth{"HOST_TRUTH"}, counts{"COUNTS"};

  Judged() {
    io::Reals x, mag, flux, mass, radius, p, truth_x, truth_mag, truth_flux;
    io::Flags selected;
    for (int i = 0; i < 10; ++i) {
      const double true_mag = 24.1 + 0.01 * i, seen = i == 8 ? true_mag - 2 : true_mag;
      x.push_back(100.0 * i);
      mag.push_back(seen);
      flux.push_back(units::njy_from_abmag(seen));
      mass.push_back(7);
      radius.push_back(10);
      p.push_back(i == 7 ? 0.5 : 0.9);
      selected.push_back(true);
      if (i == 9) continue;
      truth_x.push_back(100.0 * i + 0.5);
      truth_mag.push_back(true_mag);
      truth_flux.push_back(units::njy_from_abmag(true_mag));
    }
    catalogue.add("field", "", "", io::Texts(10, "a"));
    catalogue.add("x", "", "", x);
    catalogue.add("y", "", "", io::Reals(10, 0.0));
    catalogue.add("flux_b", "", "", flux);
    catalogue.add("mag_b", "", "", mag);
    catalogue.add("log_mass_msun", "", "", mass);
    catalogue.add("radius_pc", "", "", radius);
    catalogue.add("selected", "", "", selected);
    catalogue.add("p_true", "", "", p);
    const double steps[] = {-0.4, -0.2, 0, 0.2, 0.4};
    const char* suffixes[] = {"_q2p5", "_q16", "_q50", "_q84", "_q97p5"};
    for (int l = 0; l < 5; ++l) {
      io::Reals of_mag;
      for (const double m : mag) of_mag.push_back(m + 0.1 + steps[l]);
      catalogue.add(std::string("mag") + suffixes[l], "", "", of_mag);
      catalogue.add(std::string("log_mass") + suffixes[l], "", "", io::Reals(10, 7.3 + steps[l]));
      catalogue.add(std::string("log_radius") + suffixes[l], "", "", io::Reals(10, 1 + steps[l]));
    }
    truth.add("field", "", "", io::Texts(9, "a"));
    truth.add("injection_flag", "", "", io::Texts(9, "injected"));
    truth.add("true_x", "", "", truth_x);
    truth.add("true_y", "", "", io::Reals(9, 0.0));
    truth.add("mag", "", "", truth_mag);
    truth.add("true_flux_b", "", "", truth_flux);
    truth.add("true_sigma_major_pix", "", "", io::Reals(9, 1.0));
    truth.add("true_log_mass_msun", "", "", io::Reals(9, 7.0));
    truth.add("true_log_radius_pc", "", "", io::Reals(9, 1.05));
    counts.add("low_mag", "", "", io::Reals{24, 24.5});
    counts.add("high_mag", "", "", io::Reals{24.5, 25});
    counts.add("counts", "", "", io::Reals{12, 0});
    counts.add("counts_err", "", "", io::Reals{2, 1});
    counts.add("status", "", "", io::Texts{"ok", "ok"});
  }
};

TEST(CorrectedMetrics, AreThoseOfTheRows) {
  const Judged j;
  Metrics m;
  set_corrected_metrics(j.catalogue, j.counts, j.truth, "b", m);
  // Kept: all but row 7. Of these nine, rows 8 and 9 are no clumps of the right flux.
  EXPECT_NEAR(*m.find("corrected.purity"), 7.0 / 9, 1e-12);
  EXPECT_NEAR(*m.find("corrected.kept"), 7.0 / 8, 1e-12);
  EXPECT_NEAR(*m.find("corrected.p_true_brier"), (7 * 0.01 + 0.25 + 2 * 0.81) / 10, 1e-12);
  EXPECT_NEAR(*m.find("corrected.p_true_brier_constant"), 0.8 * 0.2, 1e-12);
  // Judged: seven true rows, and row 8, which lies on an image. Its magnitude is 1.9 off, all others 0.1.
  EXPECT_NEAR(*m.find("corrected.mag.bias"), 0.1, 1e-9);
  EXPECT_NEAR(*m.find("corrected.mag.mean_offset"), (7 * 0.1 - 1.9) / 8, 1e-9);
  EXPECT_NEAR(*m.find("corrected.mag.coverage_68"), 7.0 / 8, 1e-12);
  EXPECT_NEAR(*m.find("corrected.mag.coverage_95"), 7.0 / 8, 1e-12);
  EXPECT_NEAR(*m.find("corrected.log_mass.bias"), 0.3, 1e-9);
  EXPECT_EQ(*m.find("corrected.log_mass.coverage_68"), 0);
  EXPECT_EQ(*m.find("corrected.log_mass.coverage_95"), 1);
  EXPECT_NEAR(*m.find("corrected.log_radius.bias"), -0.05, 1e-9);
  EXPECT_NEAR(*m.find("corrected.all.mag.mean_offset"), 0.1, 1e-9);
  EXPECT_EQ(*m.find("corrected.all.mag.coverage_68"), 1);
  // Nine images in the first bin, none in the second, which is not judged.
  EXPECT_NEAR(*m.find("corrected.counts.lowest"), 12.0 / 9, 1e-12);
  EXPECT_NEAR(*m.find("corrected.counts.highest"), 12.0 / 9, 1e-12);
  EXPECT_NEAR(*m.find("corrected.counts.pull_mean"), 1.5, 1e-12);
}

TEST(CorrectedMetrics, AreAllDescribed) {
  const Judged j;
  Metrics m;
  set_corrected_metrics(j.catalogue, j.counts, j.truth, "b", m);
  const std::vector<std::string> known = names_of(correction_metrics());
  for (const auto& [name, value] : m.all())
    EXPECT_NE(std::find(known.begin(), known.end(), name), known.end()) << name;
}

TEST(CorrectedMetrics, SayNothingOfRealSkies) {
  const Judged j;
  Metrics m;
  set_corrected_metrics(j.catalogue, j.counts, io::Table("HOST_TRUTH"), "b", m);
  EXPECT_TRUE(m.all().empty());
}

}  // namespace
}  // namespace arcproof::validation
