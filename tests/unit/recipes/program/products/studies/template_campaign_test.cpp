#include "recipes/program/products/studies/template_campaign.h"

#include "engine/core/error.h"
#include "engine/io/files.h"
#include "recipes/program/campaign/campaign.h"
#include "recipes/program/campaign/products.h"
#include "recipes/program/description/light.h"
#include "tests/support/data.h"
#include "validation/studies/template_degeneracies.h"
#include "validation/studies/templates.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include <gtest/gtest.h>

namespace arcproof::recipes {
namespace {
namespace fs = std::filesystem;

// Two histories of the embedded library, at high S/N over many bands.
const std::string two_histories = R"({
  "name": "two",
  "bands": [{"name": "F435W"}, {"name": "F814W"}, {"name": "F115W"}, {"name": "F150W"}, {"name": "F200W"},
            {"name": "F277W"}, {"name": "F444W"}],
  "fields": [{"name": "sky", "z": 1.4}],
  "population": {"age_myr": [20, 2000], "ebv_mag": [0, 0.3]},
  "pipeline": {"sed": {"redraws": 20}, "sed_grid": {"log_age_yr_step": 0.1, "ebv_step_mag": 0.1}},
  "template_mismatch": {
    "templates": [{"name": "burst", "duration_myr": 0}, {"name": "long", "duration_myr": 300}],
    "redshifts": [1, 3], "clumps": 40, "snr": [50, 100]
  }
})";

Recipe read(const std::vector<Override>& overrides = {}, const std::string& text = two_histories) {
  const fs::path folder = tests::scratch_folder("template-mismatch");
  io::write_text(folder / "recipe.json", text);
  return read_recipe(folder, overrides);
}

Complaint refusal(const std::vector<Override>& overrides) {
  try {
    check_recipe(read(overrides));
  } catch (const InputError& error) {
    return error.complaint();
  }
  ADD_FAILURE() << "accepted " << overrides.back().key << " = " << overrides.back().value;
  return {};
}

// ---- keys

TEST(LightKeys, AreReadAndKeepOldHashes) {
  const Recipe plain = read();
  EXPECT_FALSE(plain.light);
  EXPECT_EQ(resolved(plain).find("sed"), nullptr);
  EXPECT_EQ(analysis_light(plain).dust, sed::DustLaw::calzetti);
  EXPECT_EQ(truth_light(plain).igm_law, sed::IgmLaw::madau1995);
  EXPECT_EQ(truth_light(plain).log_u, sed::reference_log_u);

  const Recipe r = read({{"sed.attenuation", "gordon2003_smc"},
                         {"sed.igm", "inoue2014"},
                         {"sed.stars_over_gas_ebv", "0.44"},
                         {"sed.log_u", "-2"},
                         {"sed.covering_fraction", "0.9"},
                         {"covering_fraction", "0.3"},
                         {"truth_sed.attenuation", "cardelli1989"}});
  EXPECT_EQ(analysis_light(r).dust, sed::DustLaw::smc);
  EXPECT_EQ(analysis_light(r).igm_law, sed::IgmLaw::inoue2014);
  EXPECT_EQ(analysis_light(r).stars_over_gas_ebv, 0.44);
  EXPECT_EQ(analysis_light(r).log_u, -2);
  EXPECT_EQ(analysis_light(r).covering_fraction, 0.9);
  EXPECT_EQ(truth_light(r).covering_fraction, 0.3);  // the recipe's
  EXPECT_EQ(truth_light(r).dust, sed::DustLaw::milky_way);
  EXPECT_EQ(truth_light(r).igm_law, sed::IgmLaw::madau1995);  // a section of its own, with its defaults
  const io::Json once = resolved(r);
  EXPECT_EQ(resolved(recipe_from_json(once, "resolved", ".")), once);
  EXPECT_EQ(truth_light(read({{"sed.igm", "inoue2014"}})).igm_law, sed::IgmLaw::inoue2014);
}

TEST(LightKeys, AreRefusedWhenWrong) {
  EXPECT_EQ(refusal({{"sed.attenuation", "smc"}}).key, "sed.attenuation");
  EXPECT_EQ(refusal({{"sed.igm", "meiksin2006"}}).key, "sed.igm");
  EXPECT_EQ(refusal({{"sed.log_u", "0.1"}}).key, "sed.log_u");
  EXPECT_EQ(refusal({{"sed.covering_fraction", "1.1"}}).key, "sed.covering_fraction");
  EXPECT_EQ(refusal({{"truth_sed.covering_fraction", "-0.1"}}).key, "truth_sed.covering_fraction");
  EXPECT_EQ(refusal({{"sed.stars_over_gas_ebv", "0"}}).key, "sed.stars_over_gas_ebv");
  EXPECT_EQ(refusal({{"sed.stars_over_gas_ebv", "1.2"}}).key, "sed.stars_over_gas_ebv");
}

TEST(TemplateKeys, AreRefusedWhenWrong) {
  EXPECT_EQ(refusal({{"template_mismatch.templates", "[]"}}).key, "template_mismatch.templates");
  EXPECT_EQ(refusal({{"template_mismatch.redshifts", "[]"}}).key, "template_mismatch.redshifts");
  EXPECT_EQ(refusal({{"template_mismatch.templates.1.name", "burst"}}).key,
            "template_mismatch.templates[1] (burst).name");
  EXPECT_EQ(refusal({{"template_mismatch.templates.1.library.kind", "bc03"}}).key,
            "template_mismatch.templates[1] (long).library.files");
  EXPECT_EQ(refusal({{"template_mismatch.templates.1.attenuation", "none"}}).key,
            "template_mismatch.templates[1].attenuation");
}

// ---- rows

const Recipe& recipe() {
  static const Recipe r = read();
  return r;
}
const Inputs& inputs() {
  static const Inputs in = read_inputs(recipe());
  return in;
}
const io::Table& clumps() {
  static const io::Table t = template_clumps(recipe(), inputs(), 2);
  return t;
}

TEST(TemplateClumps, ShareWhatIsDrawn) {
  const io::Table& t = clumps();
  ASSERT_EQ(t.rows(), 2U * 2U * 80U);
  for (std::size_t i = 0; i < 80; ++i)
    for (std::size_t pair = 1; pair < 4; ++pair)
      for (const char* column : {"z", "snr", "true_metallicity", "true_log_age_yr", "true_av_mag"})
        EXPECT_EQ(t.reals(column)[i], t.reals(column)[pair * 80 + i]) << column;
  EXPECT_EQ(t.reals("z")[39], 1);
  EXPECT_EQ(t.reals("z")[40], 3);
}

TEST(TemplateClumps, DoNotDependOnThreads) {
  const io::Table one = template_clumps(recipe(), inputs(), 1);
  for (const char* column : {"log_mass_msun", "log_age_yr_hi", "av_mag"})
    for (std::size_t i = 0; i < one.rows(); ++i)
      EXPECT_TRUE(one.reals(column)[i] == clumps().reals(column)[i] ||
                  (std::isnan(one.reals(column)[i]) && std::isnan(clumps().reals(column)[i])));
}

// A burst taken for 300 Myr of star formation: its light is as old as its stars, and the long history, whose
// youngest stars outshine the others, must have begun earlier to look as old.
TEST(TemplateClumps, WrongHistoriesShiftAgesTheWayTheyMust) {
  const std::vector<io::Table> tables = studies::template_tables(0.5, clumps());
  const io::Table& pairs = tables[0];
  ASSERT_EQ(pairs.rows(), 4U);
  EXPECT_EQ(pairs.texts("truth_template"), (io::Texts{"burst", "burst", "long", "long"}));
  EXPECT_EQ(pairs.texts("analysis_template"), (io::Texts{"burst", "long", "burst", "long"}));
  const io::Reals& age = pairs.reals("log_age_yr_offset");
  EXPECT_NEAR(age[0], 0, 0.1);
  EXPECT_NEAR(age[3], 0, 0.1);
  EXPECT_GT(age[1], 0.15);
  EXPECT_LT(age[2], -0.15);
  EXPECT_NEAR(pairs.reals("log_mass_msun_offset")[0], 0, 0.05);
  EXPECT_NEAR(pairs.reals("log_mass_msun_offset")[3], 0, 0.05);
}

TEST(TemplateClumps, HaveFittedMetallicities) {
  const io::Table& t = clumps();
  std::set<double> grid;
  for (const double z : recipe().grid.metallicity) grid.insert(std::log10(z));
  std::size_t right = 0;
  for (std::size_t i = 0; i < t.rows(); ++i) {
    EXPECT_EQ(t.reals("true_log_metallicity")[i], std::log10(t.reals("true_metallicity")[i]));
    EXPECT_TRUE(grid.count(t.reals("log_metallicity")[i])) << t.reals("log_metallicity")[i];
    EXPECT_LE(t.reals("log_metallicity_lo")[i], t.reals("log_metallicity_hi")[i]);
    if (t.flags("same_template")[i])
      right += std::abs(t.reals("log_metallicity")[i] - t.reals("true_log_metallicity")[i]) < 0.01;
  }
  EXPECT_GT(right, 80U);  // of 160, seed 1; 40 by accident
}

// 80 populations, each with two templates, seed 1: the chance of a rank correlation below -0.4 by accident is
// 2e-4. A longer history makes the same light older, whichever is the truth.
TEST(TemplateDegeneracies, GoTheWayTheyMust) {
  validation::Metrics metrics;
  studies::set_template_metrics(studies::template_tables(0.5, clumps()), metrics);
  EXPECT_LT(*metrics.find("templates.age_dust_correlation"), -0.4);
  EXPECT_GT(*metrics.find("templates.age_history_shift"), 0.15);
  const io::Table history = studies::history_table(clumps());
  EXPECT_EQ(history.texts("template_b"), (io::Texts{"long", "long"}));
  for (const double shift : history.reals("age_shift")) EXPECT_GT(shift, 0.15);
  for (const double correlation : history.reals("age_correlation"))
    EXPECT_GE(correlation, *metrics.find("templates.age_history_correlation"));
}

TEST(TemplateMetrics, AreTheNamedOnes) {
  validation::Metrics metrics;
  studies::set_template_metrics(studies::template_tables(0.5, clumps()), metrics);
  std::set<std::string> set;
  for (const auto& [name, value] : metrics.all()) set.insert(name);
  const std::vector<std::string> names = names_of(studies::template_metrics());
  EXPECT_EQ(set, std::set<std::string>(names.begin(), names.end()));
  EXPECT_EQ(metrics.find("templates.pairs"), 4);
  EXPECT_GT(*metrics.find("templates.worst_abs_log_age_yr"), *metrics.find("templates.self_abs_log_age_yr"));
  EXPECT_GE(*metrics.find("templates.worst_bin_abs_log_age_yr"),
            *metrics.find("templates.worst_abs_log_age_yr"));
  Recipe none = recipe();
  none.template_mismatch.reset();
  for (const std::string& name : validation::names_of(metrics_of(none)))
    EXPECT_FALSE(name.starts_with("templates.")) << name;
}

}  // namespace
}  // namespace arcproof::recipes
