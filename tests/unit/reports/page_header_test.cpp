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

}  // namespace
}  // namespace arcproof::reports
