#include "recipes/program/commands/light/sed_report.h"

#include "engine/core/error.h"
#include "engine/sed/equivalent_width.h"
#include "engine/sed/libraries/analytic_library.h"
#include "engine/sed/parametric_filter.h"
#include "reports/drawing/gnuplot.h"
#include "reports/drawing/html.h"

#include <cmath>

#include <gtest/gtest.h>

namespace arcproof::commands {
namespace {

// Clumps of known populations at z = 1.4 in seven bands, S/N 20, and one that is seen in two bands.
SedReport report() {
  SedReport r;
  r.title = "test";
  r.library = std::make_shared<const sed::Library>(sed::analytic_library());
  for (const char* band : {"F435W", "F814W", "F115W", "F150W", "F200W", "F277W", "F444W"})
    r.filters.push_back(sed::parametric_filter(band));
  r.history = {10};
  r.track_metallicity = {0.004, 0.02};
  const sed::BandSynthesis light(r.library, r.filters, 1.4, {}, r.options);
  for (int i = 0; i < 3; ++i) {
    FittedRow& row = r.rows.emplace_back();
    row.id = "clump <" + std::to_string(i) + ">";
    row.z = 1.4;
    row.fitted = true;
    row.best = {{{{std::pow(10, i), 0.004, 0.1, {10}}, 1e6}}};
    row.members = {row.best, {{{{2 * std::pow(10, i), 0.004, 0.1, {10}}, 1e6}}}};
    row.log_age_yr = 6 + i;
    for (const double flux : light.fluxes_njy_per_msun(row.best.populations.front().population))
      row.photometry.push_back({1e6 * flux, 5e4 * flux, 0});
  }
  FittedRow& faint = r.rows.emplace_back(r.rows[0]);
  faint.fitted = false;
  faint.status = "too_few_bands";
  for (std::size_t b = 2; b < faint.photometry.size(); ++b) faint.photometry[b].flux_njy = std::nan("");
  return r;
}

TEST(ColourBands, AreTheNearestToRestFrameBVI) {
  SedReport r = report();
  // B, V and I of z = 1.4 are at 1.06, 1.32 and 1.92 um.
  EXPECT_EQ(colour_bands(r, 1.4), (std::vector<std::size_t>{2, 3, 4}));
  EXPECT_EQ(colour_bands(r, 0.1), (std::vector<std::size_t>{0, 1, 2}));
  r.colors = "f435w,F150W,F444W";
  EXPECT_EQ(colour_bands(r, 1.4), (std::vector<std::size_t>{0, 3, 6}));
  for (const char* wrong : {"F435W", "F435W,F150W,F999W", "F435W,F150W,F150W", "F435W,F814W,F115W,F150W"}) {
    r.colors = wrong;
    EXPECT_THROW(colour_bands(r, 1.4), InputError) << wrong;
  }
}

TEST(ColourBands, AreThoseThatHalfOfTheClumpsAreSeenIn) {
  SedReport r = report();
  for (FittedRow& row : r.rows)
    for (const std::size_t b : {2U, 3U, 4U, 5U, 6U}) row.photometry[b].flux_njy = std::nan("");
  EXPECT_TRUE(colour_bands(r, 1.4).empty());
}

TEST(SedReport, IsOnePageWithAFigureForEachRow) {
  SedReport r = report();
  r.spectra = 3;
  const std::string page = sed_report_html(r);
  const auto count = [&](const std::string& text) {
    std::size_t n = 0;
    for (std::size_t at = page.find(text); at != std::string::npos; at = page.find(text, at + 1)) ++n;
    return n;
  };
  EXPECT_EQ(count("<svg"), 7U);  // one redshift, three lines, three spectra
  EXPECT_EQ(count("clump &lt;1&gt;, z = 1.4</"), 1U);
  EXPECT_EQ(count("Z = 0.02"), 7U);  // the tracks', and each line's in its figure and in the table
  EXPECT_EQ(page.find("http"), page.find("http://www.w3.org"));  // nothing from elsewhere
}

// A galaxy of two populations: its spectrum is their sum, and its history stands beside it.
TEST(SedReport, ShowsTheHistoryOfAHost) {
  SedReport r = report();
  const std::string without = sed_report_html(r);
  EXPECT_EQ(without.find("id=\"history-0\""), std::string::npos);
  FittedRow& row = r.rows[0];
  row.best.populations.front().mass_msun = 5e5;
  row.best.populations.push_back(row.best.populations.front());
  // Two halves of what one was.
  EXPECT_EQ(sed_report_html(r), without);
  row.history = {{0, 10, 2, 1, 3}, {10, 1000, 0.5, 0, 1}};
  const std::string with = sed_report_html(r);
  EXPECT_NE(with.find("id=\"history-0\""), std::string::npos);
  EXPECT_EQ(with.find("id=\"history-1\""), std::string::npos);
}

// Of one row of the table: the widths that the fit's history and gas give.
TEST(SedReport, TellsTheWidthsOfLines) {
  SedReport r = report();
  r.track_metallicity = {0.004};
  r.options.covering_fraction = 0.7;
  const auto row = [&](const sed::MeasuredLine& line) {
    std::string cells;
    for (const double age : {1.0, 2.0, 3.0, 5.0, 7.0, 10.0})
      cells += "<td>" +
               reports::html::significant(sed::line_light(*r.library, {age, 0.004, 0, {10}}, line, r.options)
                                              .equivalent_width_angstrom()) +
               "</td>";
    return cells;
  };
  const std::string page = sed_report_html(r);
  for (const sed::MeasuredLine& line : sed::measured_lines)
    EXPECT_NE(page.find(row(line)), std::string::npos) << line.name << " " << row(line);
  EXPECT_NE(page.find("a constant rate for 10 Myr (dashed: of a single burst)"), std::string::npos);
}

// A library without ionising photons has no lines: the page says so and is drawn all the same.
TEST(SedReport, SaysThatThereAreNoLines) {
  SedReport r = report();
  sed::Library dark = *r.library;
  std::fill(dark.log_ionising_rate.begin(), dark.log_ionising_rate.end(), -HUGE_VAL);
  r.library = std::make_shared<const sed::Library>(std::move(dark));
  EXPECT_NE(sed_report_html(r).find("no ionising photons"), std::string::npos);
}

}  // namespace
}  // namespace arcproof::commands
