// `arcproof sed --protocol continuity` as a user runs it.
#include "engine/io/ecsv.h"
#include "engine/io/files.h"
#include "engine/io/fits.h"
#include "tests/end_to_end/program.h"

#include <cmath>
#include <filesystem>
#include <tuple>
#include <variant>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace arcproof::tests {
namespace {

namespace fs = std::filesystem;

// A red galaxy at z = 1, the same magnified, one too faint.
io::Table hosts() {
  io::Table table("PHOTOMETRY");
  table.add("id", "", "", io::Texts{"red", "red, lensed", "faint"});
  table.add("z", "", "", io::Reals{1, 1, 1});
  table.add("mu", "", "", io::Reals{1, 10, 1});
  const std::pair<const char*, double> bands[] = {{"F606W", 20},  {"F090W", 150}, {"F115W", 260},
                                                  {"F150W", 480}, {"F200W", 700}, {"F277W", 800}};
  for (const auto& [band, flux] : bands) {
    table.add(std::string("flux_") + band, "nJy", "", io::Reals{flux, 10 * flux, 0.1});
    table.add(std::string("flux_") + band + "_err", "nJy", "", io::Reals{0.05 * flux, 0.5 * flux, 0.1});
  }
  return table;
}

class SedOfHosts : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = fs::temp_directory_path() / fmt::format("arcproof_hosts_{}", getpid());
    fs::create_directories(folder_);
    io::write_ecsv(folder_ / "hosts.ecsv", hosts());
  }
  static void TearDownTestSuite() { fs::remove_all(folder_); }

  static Outcome run(const std::string& output, const std::string& more) {
    return run_program(fmt::format("sed {0}/hosts.ecsv -o {0}/{1} {2}", folder_.string(), output, more));
  }
  static inline fs::path folder_;
};

TEST_F(SedOfHosts, HaveAHistory) {
  const std::string options = "--protocol continuity --bins 10,100,1000 --live-points 100 --draws 300";
  const Outcome one = run("one.fits", options + fmt::format(" -j 1 --report {}/one.html", folder_.string()));
  ASSERT_EQ(one.exit_code, 0) << one.output;
  const Outcome two = run("two.fits", options + " -j 2");
  ASSERT_EQ(two.exit_code, 0) << two.output;
  const io::Table sed = io::read_fits_table(folder_ / "one.fits", "SED"),
                  history = io::read_fits_table(folder_ / "one.fits", "HISTORY"),
                  draws = io::read_fits_table(folder_ / "one.fits", "POSTERIOR");
  EXPECT_EQ(sed.texts("status"), (io::Texts{"fitted", "fitted", "too_few_bands"}));
  EXPECT_EQ(sed.integers("bins"), (io::Integers{4, 4, 4}));
  // No star formation to speak of: most of the mass is older than 100 Myr.
  EXPECT_GT(sed.reals("log_half_mass_age_yr_lo")[0], 8);
  // Ten times the flux, magnified ten times: the same galaxy, sampled anew.
  EXPECT_NEAR(sed.reals("log_mass_msun")[1], sed.reals("log_mass_msun")[0], 0.1);
  EXPECT_TRUE(std::isnan(sed.reals("log_mass_msun")[2]));
  // Bins add up to the mass.
  ASSERT_EQ(history.rows(), 12u);
  EXPECT_EQ(history.reals("lookback_old_myr")[2], 1000);
  double formed = 0;
  for (std::size_t j = 0; j < 4; ++j)
    formed += history.reals("rate_msun_per_yr_best")[j] * 1e6 *
              (history.reals("lookback_old_myr")[j] - history.reals("lookback_young_myr")[j]);
  EXPECT_NEAR(std::log10(formed), sed.reals("log_mass_msun_best")[0], 1e-6);
  EXPECT_EQ(draws.rows(), 600u);
  EXPECT_GT(draws.reals("rate_3_msun_per_yr")[0], 0);
  // Threads change nothing.
  EXPECT_EQ(io::read_fits_table(folder_ / "two.fits", "POSTERIOR").reals("log_mass_msun"),
            draws.reals("log_mass_msun"));
  const std::string page = io::read_text(folder_ / "one.html");
  EXPECT_NE(page.find("id=\"history-0\""), std::string::npos);
  EXPECT_NE(page.find("id=\"history-1\""), std::string::npos);
  EXPECT_EQ(page.find("id=\"history-2\""), std::string::npos);
}

// A row's fault is the row's alone: the others are fitted as if it were not there.
TEST_F(SedOfHosts, RowsAtFaultAreNamed) {
  const io::Table good = hosts();
  const auto with = [&good](const char* column, std::size_t row, double value) {
    io::Table table("PHOTOMETRY");
    for (io::Column column_of : good.columns()) {
      if (column_of.name == column) std::get<io::Reals>(column_of.values)[row] = value;
      table.add(column_of);
    }
    return table;
  };
  const double nan = std::nan("");
  const std::string options =
      " --draws 50 -o " + (folder_ / "rows.fits").string() + " --report " + (folder_ / "rows.html").string();
  for (const auto& [column, value, status] : {std::tuple{"z", nan, "bad_redshift"},
                                              {"z", 31.0, "bad_redshift"},
                                              {"flux_F150W_err", 0.0, "bad_error"},
                                              {"mu", 0.0, "bad_magnification"}}) {
    io::write_ecsv(folder_ / "rows.ecsv", with(column, 0, value));
    for (const char* protocol : {"claeyssens2025", "claeyssens2023"}) {
      const bool posterior = std::string(protocol) == "claeyssens2025";
      const Outcome outcome = run_program("sed " + (folder_ / "rows.ecsv").string() + " --protocol " +
                                          protocol + (posterior ? options : options.substr(11)));
      ASSERT_EQ(outcome.exit_code, 0) << outcome.output;
      EXPECT_NE(outcome.output.find(std::string(status) + ": row 0: "), std::string::npos) << outcome.output;
      const io::Table sed = io::read_fits_table(folder_ / "rows.fits", "SED");
      EXPECT_EQ(sed.texts("status"), (io::Texts{status, "fitted", "too_few_bands"}));
      EXPECT_TRUE(std::isnan(sed.reals("log_mass_msun")[0]));
    }
  }
  io::Table none("PHOTOMETRY");
  for (io::Column column : good.columns()) {
    if (column.name == "z") column.values = io::Reals{nan, -1, 50};
    none.add(column);
  }
  io::write_ecsv(folder_ / "none.ecsv", none);
  const Outcome refused =
      run_program("sed " + (folder_ / "none.ecsv").string() + " -o " + (folder_ / "no.fits").string());
  EXPECT_EQ(refused.exit_code, 2) << refused.output;
  EXPECT_NE(refused.output.find("z = nan"), std::string::npos) << refused.output;
  EXPECT_FALSE(fs::exists(folder_ / "no.fits"));
}

// Options that the protocol does not know, and bins that are none.
TEST_F(SedOfHosts, RefuseWhatIsNotTheirs) {
  for (const char* wrong :
       {"--protocol continuity --tau 10", "--protocol continuity --age-prior uniform",
        "--protocol continuity --log-u -2", "--protocol continuity --covering-fraction 0.5,1",
        "--protocol continuity --bins 10,5", "--protocol continuity --bins 0,5",
        "--protocol continuity --bins 20000", "--protocol continuity --bins nan,10",
        "--protocol continuity --live-points 10", "--bins 10,100", "--live-points 400",
        "--protocol claeyssens2023 --draws 10", "--protocol claeyssens2023 --tau 10",
        "--protocol claeyssens2023 --age-prior log_uniform", "--protocol continuous",
        "--filter F999W=/dev/null"}) {
    const Outcome bad = run("no.fits", wrong);
    EXPECT_EQ(bad.exit_code, 2) << wrong << "\n" << bad.output;
    EXPECT_FALSE(fs::exists(folder_ / "no.fits")) << wrong;
  }
}

}  // namespace
}  // namespace arcproof::tests
