// Sections of a report and the page around them: what stands in it, in which order, and what leaves no trace.
#include "engine/core/error.h"
#include "reports/drawing/html.h"
#include "reports/report.h"
#include "reports/sections/bands.h"
#include "reports/sections/bias.h"
#include "reports/sections/completeness.h"
#include "reports/sections/convergence.h"
#include "reports/sections/criteria.h"
#include "reports/sections/examples.h"
#include "reports/sections/outcomes.h"
#include "reports/sections/psf.h"
#include "reports/sections/science/lens.h"
#include "reports/sections/science/lines.h"
#include "reports/sections/science/mass_function.h"
#include "reports/sections/science/population.h"
#include "reports/sections/science/recovery.h"
#include "reports/sections/science/science_catalogue.h"
#include "reports/sections/science/templates.h"
#include "reports/sections/truth.h"
#include "tests/unit/reports/small_run.h"

#include <array>

#include <gtest/gtest.h>

namespace arcproof::reports {
namespace {

constexpr SectionMaker all_sections[] = {
    criteria_section,     lens_section,    templates_section,     recovery_section,
    completeness_section, bias_section,    truth_section,         outcomes_section,
    examples_section,     science_section, mass_function_section, convergence_section,
    population_section,   lines_section,   psf_section,           bands_section};

std::string page_of(const SmallRun& run, std::span<const SectionMaker> makers = all_sections) {
  run.open();  // writes report.json
  write_report(run.folder(), makers);
  return io::read_text(run.folder() / "report.html");
}

std::size_t place(const std::string& page, const std::string& part) {
  const std::size_t at = page.find(part);
  EXPECT_NE(at, std::string::npos) << part;
  return at;
}

std::string cells(std::initializer_list<const char*> texts) {
  std::string row;
  for (const char* text : texts) row += "<td>" + std::string(text) + "</td>";
  return row;
}

class Sections : public ::testing::Test {
 protected:
  ScriptsForPictures scripts_;
};

// ---- the page

std::optional<Section> one(const RunFolder&) {
  return Section{"one", "1 & 1", "One", "<i>lead</i>", "body 1"};
}
std::optional<Section> two(const RunFolder&) { return Section{"two", "2", "Two", "", "body 2"}; }
std::optional<Section> unlinked(const RunFolder&) { return Section{"three", "", "Three", "", "body 3"}; }
std::optional<Section> blank(const RunFolder&) { return Section{"four", "4", "Four", "lead 4", ""}; }
std::optional<Section> absent(const RunFolder&) { return std::nullopt; }

TEST_F(Sections, StandInTheOrderGiven) {
  const std::array<SectionMaker, 5> makers{two, absent, blank, unlinked, one};
  const std::string page = page_of(SmallRun("order"), makers);
  EXPECT_TRUE(holds(page, "<nav><a href=\"#two\">2</a> <a href=\"#one\">1 &amp; 1</a></nav>"));
  EXPECT_LT(place(page, "body 2"), place(page, "body 3"));
  EXPECT_LT(place(page, "body 3"), place(page, "body 1"));
  EXPECT_TRUE(holds(
      page, "<section id=\"one\">\n<h2>One</h2>\n<p class=\"intro\"><i>lead</i></p>\nbody 1</section>"));
  EXPECT_FALSE(holds(page, "four") || holds(page, "lead 4"));
}

TEST_F(Sections, OfAllRunsAreInThePageOfAnEmptyOne) {
  const std::string page = page_of(SmallRun("bare"));
  std::size_t last = 0;
  for (const char* id : {"criteria", "completeness", "bias", "truth", "outcomes", "examples", "science",
                         "mass-function", "convergence", "psf", "bands"}) {
    const std::size_t at = place(page, "<section id=\"" + std::string(id) + "\">");
    EXPECT_LT(last, at) << id;
    last = at;
    EXPECT_TRUE(holds(page, "<a href=\"#" + std::string(id) + "\">")) << id;
  }
}

struct Product {
  const char *id, *file;
  std::vector<io::Table> tables;
  bool linked = true;
};

io::Table names(const std::string& table, std::initializer_list<const char*> columns) {
  io::Table t(table);
  for (const char* name : columns) with(t, name, io::Texts{"x"});
  return t;
}

TEST_F(Sections, OfAProductThatIsNotThereLeaveNoTrace) {
  io::Table medians = names("POPULATION", {"quantity"});
  const Product products[] = {
      {"lens", "lens_systematics.fits", {names("PAIRS", {"truth_lens", "analysis_lens"})}},
      {"templates", "template_mismatch.fits", {names("PAIRS", {"truth_template", "analysis_template"})}},
      {"recovery", "cmf_recovery.fits", {names("RECOVERY", {"population"})}},
      {"lines", "line_widths.fits", {names("LINES", {"line", "history"})}},
      {"population",
       "population.fits",
       {medians, SmallRun::empty("BOUND"), SmallRun::empty("RELATIONS")},
       false}};
  const std::string bare = page_of(SmallRun("no_products"));
  for (const Product& p : products) {
    const std::string section = "<section id=\"" + std::string(p.id) + "\">",
                      link = "<a href=\"#" + std::string(p.id) + "\">";
    EXPECT_FALSE(holds(bare, section) || holds(bare, link)) << p.id;
    SmallRun with_product("with_product");
    with_product.put(p.file, p.tables);
    const std::string page = page_of(with_product);
    EXPECT_TRUE(holds(page, section)) << p.id;
    EXPECT_EQ(holds(page, link), p.linked) << p.id;
    std::vector<io::Table> rowless;
    for (const io::Table& table : p.tables) rowless.push_back(table.select({}));
    with_product.put(p.file, rowless);
    EXPECT_EQ(holds(page_of(with_product), section), !p.linked)
        << p.id;  // population.fits has figures that say so
  }
}

TEST_F(Sections, OfWhatEveryRunHasRefuseAFolderWithoutIt) {
  for (const char* file : {"injections.fits", "completeness.fits", "bias.fits", "science_catalog.fits"}) {
    SmallRun run("incomplete");
    std::filesystem::remove(run.folder() / file);
    try {
      page_of(run);
      ADD_FAILURE() << file << " is not there, and nothing was thrown";
    } catch (const InputError& error) {
      EXPECT_TRUE(holds(error.what(), file)) << error.what();
    }
    EXPECT_FALSE(std::filesystem::exists(run.folder() / "report.html")) << file;
  }
}

TEST(SectionsDrawn, MakeAPageWithGnuplotItself) {
  SmallRun run("drawn");
  io::Table t("INJECTIONS");
  with(t, "recovered", io::Flags{true, true});
  with(t, "mag", io::Reals{25, 26});
  with(t, "measured_mag_f150w", io::Reals{25.1, 25.9});
  with(t, "measured_snr_f150w", io::Reals{20, 5});
  run.put("injections.fits", {t});
  const std::string page = page_of(run);
  EXPECT_TRUE(holds(page, "aria-label=\"Magnitude F150W, recovered against true\""));
  EXPECT_TRUE(holds(page, "</svg>"));
}

// ---- sections

TEST(SectionOfCriteria, NamesEachWithItsVerdict) {
  SmallRun run("criteria");
  EXPECT_TRUE(holds(criteria_section(run.open())->body, "The recipe sets no criteria."));
  io::Json good = io::Json::object(), bad = io::Json::object(), list = io::Json::array();
  good["metric"] = "a<b", good["value"] = 0.5, good["min"] = 0.25, good["passed"] = true;
  bad["metric"] = "c", bad["value"] = 3, bad["min"] = 1, bad["max"] = 2, bad["why"] = "because";
  list.push_back(good), list.push_back(bad);
  run.say("criteria", list);
  const std::string body = criteria_section(run.open())->body;
  EXPECT_LT(place(body, "passed</span>"), place(body, "a&lt;b"));
  EXPECT_TRUE(holds(body, cells({"0.5000", "at least 0.2500"}))) << body;
  EXPECT_TRUE(holds(body, cells({"3.000", "1.000 to 2.000"}))) << body;
  EXPECT_LT(place(body, "failed</span>"), place(body, "because"));
}

TEST(SectionOfConvergence, SaysWhichDiagnosticFails) {
  SmallRun run("convergence");
  EXPECT_TRUE(holds(convergence_section(run.open())->body, "No sampler was run."));
  io::Json all = io::Json::object(), one = io::Json::object();
  one["r_hat"] = 1.5, one["r_hat_between_ensembles"] = 1.001, one["ess_bulk"] = 1000, one["ess_tail"] = 100;
  one["ess_per_chain"] = 60;
  one["length_over_tau"] = 80, one["converged"] = false;
  all["power_law"]["beta"] = one;
  run.put_json("convergence.json", all);
  const std::string body = convergence_section(run.open())->body;
  EXPECT_TRUE(holds(body,
                    "Not converged: power law, slope \u03b2.</b> split R&#770; is 1.5000, not below 1.01; "
                    "tail ESS is 100, not above 400."))
      << body;
  EXPECT_TRUE(holds(body, "<span class=\"bad-text\">1.5000</span>"));
}

TEST(SectionOfBands, HasARowForEachBand) {
  SmallRun run("bands");
  run.metric("depth.f150w", 29.25);
  run.metric("bias.relative_flux_f200w.n", 12);
  const std::string body = bands_section(run.open())->body;
  EXPECT_LT(place(body, "F150W <span class=\"aside\">(reference)</span>"),
            place(body, "<td class=\"text\">F200W"));
  EXPECT_TRUE(holds(body, cells({"29.25", "\u2013"})));
  EXPECT_TRUE(holds(body, cells({"\u2013", "12"})));
}

TEST_F(Sections, TheScienceCatalogueShowsItsFirstRows) {
  SmallRun run("rows");
  io::Table t("CATALOG");
  io::Integers ids;
  io::Reals mags;
  io::Texts support;
  for (int i = 0; i < 20; ++i)
    ids.push_back(100 + i), mags.push_back(i == 1 ? no_number : 20 + i),
        support.push_back(i == 2 ? "low_ess" : "ok");
  with(t, "detection_id", ids);
  with(t, "mag_f150w", mags);
  with(t, "support", support);
  with(t, "log_mass_q16", io::Reals(20, 6.4));
  with(t, "log_mass_q50", io::Reals(20, 6.5));
  with(t, "log_mass_q84", io::Reals(20, 6.7));
  run.put("science_catalog.fits", {t});
  const std::string body = science_section(run.open())->body;
  EXPECT_TRUE(holds(body, "<td>101</td>") || holds(body, ">101</td>"));
  EXPECT_LT(place(body, ">101</td>"), place(body, "<td>22.00</td>"));
  EXPECT_LT(place(body, "<td>22.00</td>"), place(body, "low_ess</span>"));
  EXPECT_TRUE(holds(body, "6.50 <span class=\"aside\">(6.40&nbsp;to&nbsp;6.70)"));
  EXPECT_LT(place(body, "low_ess</span>"), place(body, "<td>23.00</td>"));
  EXPECT_TRUE(holds(body, "114</td>"));
  EXPECT_FALSE(holds(body, "115</td>"));
  EXPECT_TRUE(holds(body, "15 of 20 rows"));
}

TEST_F(Sections, TheMassFunctionSaysWhatIsNotConstrained) {
  SmallRun run("mass_function");
  EXPECT_TRUE(holds(mass_function_section(run.open())->body, "This recipe fits no mass function."));
  run.metric("mass_function.n_clusters", 3);
  EXPECT_TRUE(holds(mass_function_section(run.open())->body, "3 clusters pass the selection: too few"));
  io::Table t("MASSFUNC");
  with(t, "model", io::Texts{"power_law", "schechter"});
  with(t, "parameter", io::Texts{"beta", "log_cutoff_msun"});
  with(t, "n_clusters", io::Integers{3, io::missing_integer});
  with(t, "median", io::Reals{no_number, 7.5});
  with(t, "q16", io::Reals{no_number, 7.25});
  with(t, "q84", io::Reals{no_number, 8});
  run.put("mass_function.fits", {t});
  run.say("at_prior_edge", io::Json(io::Json::Array{"log M_c"}));
  const std::string body = mass_function_section(run.open())->body;
  EXPECT_TRUE(holds(body, "<td>3</td><td>\u2013</td>")) << body;
  EXPECT_TRUE(holds(body, "<td>\u2013</td><td>" + html::with_interval(7.5, 7.25, 8, 2) + "</td>")) << body;
  EXPECT_TRUE(holds(body, "Not constrained: log M_c."));
}

TEST_F(Sections, LensesAreComparedInWordsAndInTables) {
  SmallRun run("lens_words");
  EXPECT_FALSE(lens_section(run.open()).has_value());
  io::Table pairs("PAIRS"), science("SCIENCE");
  with(pairs, "truth_lens", io::Texts{"a", "a"});
  with(pairs, "analysis_lens", io::Texts{"a", "b"});
  with(pairs, "same_model", io::Flags{true, false});
  with(pairs, "n_clumps", io::Integers{40, 41});
  with(pairs, "log_mu_offset", io::Reals{no_number, 0.25});
  with(pairs, "log_mu_scatter", io::Reals{no_number, 0.1});
  with(science, "analysis_lens", io::Texts{"b"});
  with(science, "n_clumps", io::Integers{1234});
  run.put("lens_systematics.fits", {pairs, science});
  run.metric("systematics.worst_abs_log_mu", 0.3);
  const std::string body = lens_section(run.open())->body;
  EXPECT_TRUE(holds(body, "by up to 0.30 dex</b> (a factor of 2.00)"));
  EXPECT_TRUE(holds(body, "<b>a</b></td><td>40</td><td>\u2013</td>")) << body;
  EXPECT_TRUE(holds(body, "b</td><td>41</td><td>+0.25\u2009\u00b1\u20090.10</td>")) << body;
  EXPECT_LT(place(body, "by true lens and lens of the analysis</h3>"), place(body, "<td>1,234</td>"));
}

TEST_F(Sections, TemplatesTellOfTheMismatchAndOfDegeneracies) {
  SmallRun run("template_words");
  io::Table pairs("PAIRS");
  with(pairs, "truth_template", io::Texts{"a", "b"});
  with(pairs, "analysis_template", io::Texts{"b", "b"});
  with(pairs, "same_template", io::Flags{false, true});
  with(pairs, "n_fitted", io::Integers{30, 31});
  with(pairs, "log_mass_msun_offset", io::Reals{0.5, no_number});
  with(pairs, "log_mass_msun_scatter", io::Reals{0.25, 0.1});
  with(pairs, "log_mass_msun_coverage", io::Reals{0.2, 0.7});
  run.put("template_mismatch.fits", {pairs});
  run.metric("templates.worst_abs_log_mass_msun", 0.5);
  run.metric("templates.age_dust_correlation", -0.6);
  run.metric("templates.age_metallicity_correlation", 0.05);
  const std::string body = templates_section(run.open())->body;
  EXPECT_TRUE(holds(body, "median mass by up to 0.50 dex</b> (a factor of 3.16;"));
  EXPECT_TRUE(holds(body, "<td>30</td><td>" + html::with_error(0.5, 0.25, 2) + "</td><td>20%</td>")) << body;
  EXPECT_TRUE(holds(body, "<b>b</b></td><td>31</td><td>\u2013</td><td>70%</td>")) << body;
  EXPECT_TRUE(
      holds(body, "\u22120.60: fits that are too old have too little dust, too young ones too much dust"));
  EXPECT_TRUE(holds(body, "0.05: the two errors are hardly tied"));
}

TEST_F(Sections, RecoveryHasARowForEachPopulationAndParameter) {
  SmallRun run("recovery_rows");
  io::Table t("RECOVERY");
  with(t, "population", io::Texts{"power law -2", "Schechter"});
  with(t, "parameter", io::Texts{"beta", "log_cutoff_msun"});
  with(t, "truth", io::Reals{-2, 7});
  with(t, "n_fits", io::Integers{20, 20});
  with(t, "bias", io::Reals{no_number, 0.125});
  with(t, "bias_err", io::Reals{0.1, 0.0625});
  with(t, "coverage", io::Reals{0.7, 0.65});
  with(t, "coverage_low", io::Reals{0.6, 0.5});
  with(t, "coverage_high", io::Reals{0.8, 0.75});
  run.put("cmf_recovery.fits", {t});
  const std::string body = recovery_section(run.open())->body;
  EXPECT_LT(place(body, "power law -2"), place(body, html::with_interval(70, 60, 80, 0)));
  EXPECT_LT(place(body, html::with_interval(70, 60, 80, 0)), place(body, "log_cutoff_msun"));
  EXPECT_LT(place(body, "log_cutoff_msun"), place(body, html::with_interval(65, 50, 75, 0)));
}

TEST_F(Sections, PopulationTellsMediansBoundClustersAndRelations) {
  SmallRun run("population_tables");
  EXPECT_TRUE(population_section(run.open())->body.empty());
  io::Table medians("POPULATION"), bound("BOUND"), relations("RELATIONS");
  with(medians, "quantity", io::Texts{"radius_pc"});
  with(medians, "n", io::Integers{12});
  with(medians, "z_low", io::Reals{1});
  with(medians, "z_high", io::Reals{2.5});
  with(bound, "fraction", io::Reals{0.75});
  with(bound, "fraction_err", io::Reals{0.05});
  with(relations, "relation", io::Texts{"size_mass", "size_mass"});
  with(relations, "parameter", io::Texts{"mean_log_mass", "scatter_dex"});
  with(relations, "median", io::Reals{6.5, 0.25});
  with(relations, "q16", io::Reals{6, 0.2});
  with(relations, "q84", io::Reals{7, 0.3});
  run.put("population.fits", {medians, bound, relations});
  const std::string body = population_section(run.open())->body;
  EXPECT_TRUE(holds(body, "half-light radius [pc]</td><td>1\u20132.5</td><td>12</td>")) << body;
  EXPECT_TRUE(holds(body, html::with_error(0.75, 0.05, 2))) << body;
  EXPECT_TRUE(holds(body, "scatter [dex]</td><td>" + html::with_interval(0.25, 0.2, 0.3, 2) + "</td>"))
      << body;
  EXPECT_FALSE(holds(body, "6.50"));  // of the sample, not of the law
  run.put("population.fits", {medians, bound});
  EXPECT_THROW(population_section(run.open()), InputError);  // a population file without relations is damaged
}

}  // namespace
}  // namespace arcproof::reports
