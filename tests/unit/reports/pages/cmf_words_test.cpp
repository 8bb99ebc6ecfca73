// What the page of `arcproof cmf` says in words: differences with their error, chains, ends of priors.
#include "reports/pages/cmf_words.h"

#include <cmath>

#include <gtest/gtest.h>

namespace arcproof::reports {
namespace {

CmfParameter parameter(double low, double median, double high) {
  CmfParameter p{{low, median, high}, median, {low, median, high}, {nan, nan, nan}};
  p.converged = true;
  p.r_hat = 1.002;
  p.ess = 5000;
  return p;
}

CmfCatalogue catalogue_of(const std::string& label, double slope, double half_width) {
  CmfCatalogue c;
  c.label = label;
  c.log_mass = {6.5, 7, 7.5};
  c.power_law = parameter(slope - half_width, slope, slope + half_width);
  c.beta = parameter(slope, slope + 0.2, slope + 0.4);
  c.log_cutoff = parameter(7.5, 8, 8.5);
  return c;
}

CmfPage page_of(std::vector<CmfCatalogue> catalogues) {
  return {"Mass functions", "above 2e+06 Msun", 2e6, HUGE_VAL, std::move(catalogues)};
}

bool says(const std::string& html, const char* words) { return html.find(words) != std::string::npos; }

// 3-4-5: half-widths of 0.3 and 0.4 make an error of 0.5. The pair of most sigma is not that of the largest
// difference: 1.0 of 0.5 (a, b) against 0.9 of sqrt(0.09 + 0.01) (a, c).
TEST(CmfWords, ADifferenceHasTheErrorOfADifference) {
  const std::vector<CmfCatalogue> two{catalogue_of("a", -2, 0.3), catalogue_of("b", -1.8, 0.4)};
  const SlopeDifference d = largest_difference(two);
  EXPECT_NEAR(d.value, 0.2, 1e-12);
  EXPECT_NEAR(d.error, 0.5, 1e-12);
  EXPECT_NEAR(d.sigma(), 0.4, 1e-12);
  const SlopeDifference most = largest_difference(std::vector<CmfCatalogue>{
      catalogue_of("a", -2, 0.3), catalogue_of("b", -1, 0.4), catalogue_of("c", -1.1, 0.1)});
  EXPECT_EQ(most.first, 0u);
  EXPECT_EQ(most.second, 2u);
  EXPECT_NEAR(most.sigma(), 0.9 / std::sqrt(0.1), 1e-12);
  EXPECT_EQ(largest_difference(std::vector<CmfCatalogue>{two[0], two[0]}).sigma(), 0);
}

TEST(CmfWords, TheLeadSaysTheDifferenceWithItsErrorAndItsCondition) {
  const std::string two = cmf_lead_html(page_of({catalogue_of("a", -2, 0.3), catalogue_of("b", -1.8, 0.4)}));
  EXPECT_TRUE(says(two, "a and b differ by <b>0.20&nbsp;\u00b1&nbsp;0.50</b>, 0.40 &sigma;, if independent"))
      << two;
  EXPECT_TRUE(says(two, "Catalogues of the same clusters")) << two;
  const std::string three = cmf_lead_html(
      page_of({catalogue_of("a", -2, 0.3), catalogue_of("b", -1, 0.4), catalogue_of("<c>", -1.1, 0.1)}));
  EXPECT_TRUE(says(three, "a and &lt;c&gt; differ most of the 3 pairs: by <b>0.90&nbsp;\u00b1&nbsp;0.32</b>"))
      << three;
  EXPECT_FALSE(says(three, "class=\"notes\"")) << three;
}

TEST(CmfWords, ChainsThatHaveNotConvergedAreNamedWithTheirNumbers) {
  CmfPage page = page_of({catalogue_of("a", -2, 0.3), catalogue_of("b", -1.8, 0.4)});
  EXPECT_FALSE(says(cmf_table_html(page), "not converged"));
  EXPECT_TRUE(says(cmf_table_html(page), "R-hat 1.002, ESS 5,000"));
  CmfParameter& cutoff = page.catalogues[1].log_cutoff;
  cutoff.converged = false;
  cutoff.r_hat = 1.047;
  cutoff.ess = 312;
  const std::string one = cmf_lead_html(page);
  EXPECT_TRUE(says(one, "Chains not converged: b Schechter</b> (R-hat up to 1.047, ESS down to 312;")) << one;
  EXPECT_TRUE(says(one, "--max-steps")) << one;
  EXPECT_TRUE(says(cmf_table_html(page), "R-hat 1.047, ESS 312"));
  EXPECT_TRUE(says(cmf_table_html(page), "not converged"));
  for (CmfCatalogue& c : page.catalogues) c.power_law.converged = c.beta.converged = false;
  EXPECT_TRUE(says(cmf_lead_html(page), "Chains not converged: all 4 fits</b>")) << cmf_lead_html(page);
  // One catalogue has no differences, but chains.
  page.catalogues.resize(1);
  EXPECT_TRUE(says(cmf_lead_html(page), "Chains not converged: all 2 fits</b>"));
  // Chains that never moved have no R-hat.
  page.catalogues[0].power_law.r_hat = page.catalogues[0].power_law.ess = nan;
  EXPECT_TRUE(says(cmf_table_html(page), "R-hat \u2013, ESS \u2013")) << cmf_table_html(page);
}

TEST(CmfWords, PosteriorsAtTheEndOfTheirPriorAreNamed) {
  CmfPage page = page_of({catalogue_of("a", -2, 0.3), catalogue_of("b", -1.8, 0.4)});
  EXPECT_FALSE(says(cmf_lead_html(page), "Not constrained"));
  EXPECT_FALSE(says(cmf_table_html(page), "end of prior"));
  page.catalogues[0].log_cutoff.at_prior_edge = true;
  EXPECT_TRUE(says(cmf_lead_html(page), "Not constrained: a M<sub>c</sub>.</b>")) << cmf_lead_html(page);
  EXPECT_TRUE(says(cmf_table_html(page), "end of prior"));
  page.catalogues[0].power_law.at_prior_edge = page.catalogues[1].beta.at_prior_edge = true;
  EXPECT_TRUE(says(cmf_lead_html(page),
                   "Not constrained: a β of the power law, a M<sub>c</sub>, b β of the Schechter function."))
      << cmf_lead_html(page);
}

}  // namespace
}  // namespace arcproof::reports
