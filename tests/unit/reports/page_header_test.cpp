#include "reports/page_header.h"

#include "tests/unit/reports/small_run.h"

#include <gtest/gtest.h>

namespace arcproof::reports {
namespace {

// 100 recovered clumps of error 1 whose absolute pulls are 0.1, 0.2, ... 10, of both signs, and matches to
// objects of a wrong flux, which count in neither.
io::Table injections(std::size_t with_wrong_flux) {
  io::Texts outcome;
  io::Flags recovered;
  io::Reals truth, measured, error;
  for (int i = 1; i <= 100; ++i) {
    outcome.emplace_back("recovered");
    recovered.push_back(true);
    truth.push_back(50);
    measured.push_back(50 + (i % 2 ? 0.1 : -0.1) * i);
    error.push_back(1);
  }
  for (std::size_t i = 0; i < with_wrong_flux; ++i) {
    outcome.emplace_back("wrong_flux");
    recovered.push_back(false);
    truth.push_back(50);
    measured.push_back(5000);
    error.push_back(1);
  }
  io::Table table("INJECTIONS");
  with(table, "outcome", outcome);
  with(table, "recovered", recovered);
  with(table, "true_flux_f150w", truth);
  with(table, "measured_flux_f150w", measured);
  with(table, "measured_flux_f150w_err", error);
  return table;
}

std::string header(std::size_t with_wrong_flux) {
  SmallRun run("page_header");
  run.put("injections.fits", {injections(with_wrong_flux)});
  run.metric("coverage.relative_flux_f150w", 0.1);
  run.metric("errors.factor_68", 6.9);
  return header_html(run.open());
}

TEST(PageHeader, SaysTheFactorThatRestoresTheCoverage) {
  EXPECT_NE(header(0).find("are 6.9 times too small"), std::string::npos) << header(0);
}

TEST(PageHeader, CountsMatchesOfAWrongFlux) {
  EXPECT_NE(header(25).find("25 of 125 injections"), std::string::npos) << header(25);
  EXPECT_EQ(header(0).find("wrong flux"), std::string::npos);
  EXPECT_NE(header(25).find("are 6.9 times too small"), std::string::npos);
}

std::string header_of_depth(double plateau) {
  SmallRun run("page_header_depth");
  run.metric("completeness.mag_50", 26);
  run.metric("completeness.width_mag", 1);
  run.metric("completeness.plateau", plateau);
  run.metric("depth.f150w", 29);
  return header_html(run.open());
}

// 0.74 / (1 + exp(m - 26)) is 0.5 at m = 26 + ln 0.48 = 25.266.
TEST(PageHeader, HalfOfTheClumpsIsNotHalfOfThePlateau) {
  const std::string html = header_of_depth(0.74);
  EXPECT_NE(html.find("Half of the clumps are lost at 25.27 mag"), std::string::npos) << html;
  EXPECT_NE(html.find("3.7 mag brighter than the depth"), std::string::npos) << html;
  EXPECT_NE(header_of_depth(1).find("are lost at 26.00 mag"), std::string::npos);
}

TEST(PageHeader, APlateauBelowOneHalfIsAWarning) {
  const std::string html = header_of_depth(0.4);
  EXPECT_EQ(html.find("are lost at 2"), std::string::npos) << html;
  EXPECT_NE(html.find("lost at every magnitude:</b> of the bright ones 40% are found"), std::string::npos)
      << html;
}

io::Json check(const char* why, bool met, bool not_made) {
  io::Json one = io::Json::object();
  one["metric"] = "some.metric";
  one["value"] = not_made ? io::Json() : io::Json(0.25);
  one["max"] = 0.1;
  one["met"] = met;
  one["not_made"] = not_made;
  one["why"] = why;
  return one;
}

TEST(PageHeader, ListsTheChecksThatWarnAndCountsThoseThatWereMade) {
  SmallRun run("page_header_checks");
  run.say("checks", io::Json(io::Json::Array{
                        check("all is seen", true, false), check("nothing is lost", false, false),
                        check("errors < 1", false, false), check("chains converge", false, true)}));
  const std::string html = header_html(run.open());
  EXPECT_NE(html.find("2 of 3 built-in checks warn, 1 could not be made"), std::string::npos) << html;
  for (const char* words :
       {"nothing is lost: some.metric is 0.250, allowed: at most 0.1000", "errors &lt; 1:"})
    EXPECT_NE(html.find(words), std::string::npos) << words << "\n" << html;
  for (const char* words : {"all is seen", "chains converge"})
    EXPECT_EQ(html.find(words), std::string::npos) << words;
}

}  // namespace
}  // namespace arcproof::reports
