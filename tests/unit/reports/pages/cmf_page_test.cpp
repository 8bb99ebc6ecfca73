// The numbers behind the figures of `arcproof cmf --report`, and the page itself.
#include "reports/pages/cmf_page.h"

#include "engine/core/random.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace arcproof::reports {
namespace {

TEST(CmfPage, StaircaseFallsFromAllToNone) {
  const auto corners = cumulative_staircase({7.5, 6.5, 7}, 6.3);
  const std::vector<std::array<double, 2>> expected{{6.3, 3}, {6.5, 3}, {6.5, 2}, {7, 2},
                                                    {7, 1},   {7.5, 1}, {7.5, 0}};
  EXPECT_EQ(corners, expected);
}

// A power law between two masses: N(> M) = N (M^b - M_max^b) / (M_min^b - M_max^b), b = beta + 1.
TEST(CmfPage, CurvesEndAtTheHeaviestMassOfTheFit) {
  const double beta = -1.8, low = 2e6, high = 1e8;
  const CurveBand band = cumulative_band_within({beta}, {}, low, high, 60, 8.5);
  ASSERT_EQ(band.log_mass.size(), 61u);
  for (std::size_t k = 0; k < band.log_mass.size(); ++k) {
    const double m = std::min(high, std::pow(10, band.log_mass[k])), b = beta + 1;
    const double expected =
        60 * (std::pow(m, b) - std::pow(high, b)) / (std::pow(low, b) - std::pow(high, b));
    EXPECT_NEAR(band.median[k], expected, 1e-9 * 60) << band.log_mass[k];
    EXPECT_EQ(band.low[k], band.median[k]);
  }
  // Without an end: as cumulative_band, also with a cut-off.
  const double infinite = std::numeric_limits<double>::infinity();
  for (const std::vector<double>& cutoff : {std::vector<double>{}, {7.9}}) {
    const CurveBand open = cumulative_band_within({beta}, cutoff, low, infinite, 60, 8.5),
                    same = cumulative_band({beta}, cutoff, low, 60, 8.5);
    for (std::size_t k = 0; k < open.median.size(); ++k) EXPECT_NEAR(open.median[k], same.median[k], 1e-9);
  }
}

CmfCatalogue some_catalogue(const std::string& label) {
  Random random({.seed = 4, .purpose = label});
  CmfCatalogue c{label, {6.4, 6.9, 7.7}, {}, {}, {}, {}, {}, {}, "ok"};
  for (int i = 0; i < 500; ++i) {
    c.power_law_beta.push_back(-1.9 + 0.1 * random.normal());
    c.schechter_beta.push_back(-1.7 + 0.1 * random.normal());
    c.schechter_log_cutoff.push_back(8 + 0.3 * random.normal());
  }
  c.power_law = {{-2, -1.9, -1.8}, -1.87, {-2, -1.85, -1.7}, {-2.3, -2.1, -1.9}};
  c.beta = {{-1.8, -1.7, -1.6}, -1.61, {-1.8, -1.7, -1.6}, {-2.1, -1.9, -1.7}};
  c.log_cutoff = {{7.6, 8.1, 8.5}, 7.93, {7.6, 8, 8.4}, {7.5, 8, 8.6}};
  return c;
}

TEST(CmfPage, ShowsEveryCatalogueByName) {
  CmfPage page{"Mass functions", "above 2e+06 Msun", 2e6, std::numeric_limits<double>::infinity(), {}};
  page.catalogues = {some_catalogue("M1"), some_catalogue("<M2>")};
  page.catalogues[1].power_law.published = {-2.05, -1.95, -1.85};
  page.catalogues[1].correction = "too few injections";
  const std::string html = cmf_page(page);
  for (const char* word :
       {"M1", "&lt;M2&gt;", "\u22121.95 to \u22121.90", "M1 and &lt;M2&gt; differ by <b>0.05",
        "&lt;M2&gt;: not corrected: too few injections", "7.93"})
    EXPECT_NE(html.find(word), std::string::npos) << word;
  EXPECT_EQ(html.find("<M2>"), std::string::npos);
  page.catalogues.resize(1);
  EXPECT_NE(cmf_page(page).find("Slope of the power law: <b>"), std::string::npos);
}

}  // namespace
}  // namespace arcproof::reports
