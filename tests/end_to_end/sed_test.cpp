// `arcproof sed` as a user runs it.
#include "engine/core/units.h"
#include "engine/io/ecsv.h"
#include "engine/io/files.h"
#include "engine/io/fits.h"
#include "tests/end_to_end/program.h"
#include "tests/support/data.h"

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

io::Table photometry(bool magnitudes) {
  io::Table table("PHOTOMETRY");
  table.add("z", "", "", io::Reals{2, 2, 2});
  table.add("mu", "", "", io::Reals{5, 1, 1});
  for (const char* band : {"F090W", "F115W", "F150W", "F200W", "F277W", "F444W"}) {
    // 100 nJy in all bands; the third row has seen nothing.
    const double flux = magnitudes ? units::abmag_from_njy(100) : 0.1;
    const double error = magnitudes ? 0.1 : 0.1 * 0.1 * 0.4 * std::log(10.0);
    const double nothing = std::nan("");
    table.add(std::string("flux_") + band, magnitudes ? "mag" : "uJy", "", io::Reals{flux, flux, nothing});
    table.add(std::string("flux_") + band + "_err", magnitudes ? "mag" : "uJy", "",
              io::Reals{error, error, nothing});
  }
  return table;
}

TEST(SedOfClumps, GiveARowForEachAndItsPosterior) {
  const fs::path folder = fs::temp_directory_path() / fmt::format("arcproof_sed_{}", getpid());
  fs::create_directories(folder);
  const std::string at = folder.string();
  io::write_ecsv(folder / "flux.ecsv", photometry(false));
  io::write_fits_tables(folder / "mag.fits", {photometry(true)});
  const Outcome one = run_program(fmt::format("sed {0}/flux.ecsv -o {0}/one.fits --draws 200 -j 1", at));
  ASSERT_EQ(one.exit_code, 0) << one.output;
  const Outcome two = run_program(fmt::format("sed {0}/mag.fits -o {0}/two.fits --draws 200 -j 2", at));
  ASSERT_EQ(two.exit_code, 0) << two.output;
  const io::Table sed = io::read_fits_table(folder / "one.fits", "SED");
  EXPECT_EQ(sed.texts("status"), (io::Texts{"fitted", "fitted", "too_few_bands"}));
  // Row 0 is row 1 magnified five times.
  EXPECT_NEAR(sed.reals("log_mass_msun")[1] - sed.reals("log_mass_msun")[0], std::log10(5), 0.05);
  EXPECT_EQ(io::read_fits_table(folder / "one.fits", "POSTERIOR").rows(), 400u);
  const io::Table same = io::read_fits_table(folder / "two.fits", "SED");
  for (const std::size_t i : {0, 1})
    EXPECT_NEAR(sed.reals("log_age_yr")[i], same.reals("log_age_yr")[i], 1e-3);
  const Outcome grid =
      run_program(fmt::format("sed {0}/mag.fits -o {0}/c23.fits --protocol claeyssens2023", at));
  EXPECT_EQ(grid.exit_code, 0) << grid.output;
  const Outcome smc = run_program(
      fmt::format("sed {0}/mag.fits -o {0}/smc.fits --protocol claeyssens2023 --attenuation gordon2003_smc "
                  "--igm inoue2014 --stars-over-gas 0.44 --report {0}/smc.html",
                  at));
  EXPECT_EQ(smc.exit_code, 0) << smc.output;
  const Outcome gas = run_program(fmt::format(
      "sed {0}/mag.fits -o {0}/gas.fits --protocol claeyssens2023 --log-u -3,-2 --covering-fraction 0.5,1",
      at));
  EXPECT_EQ(gas.exit_code, 0) << gas.output;
  const io::Table with_gas = io::read_fits_table(folder / "gas.fits", "SED");
  EXPECT_TRUE(with_gas.reals("log_u")[0] == -3 || with_gas.reals("log_u")[0] == -2);
  EXPECT_GE(with_gas.reals("covering_fraction")[0], 0.5);
  EXPECT_FALSE(io::read_fits_table(folder / "c23.fits", "SED").has("log_u"));
  // A flat spectrum is no young population without dust: another curve is another reddening.
  EXPECT_NE(io::read_fits_table(folder / "smc.fits", "SED").reals("chi2")[0],
            io::read_fits_table(folder / "c23.fits", "SED").reals("chi2")[0]);
  const std::string page = io::read_text(folder / "smc.html");
  EXPECT_NE(page.find("id=\"colours\""), std::string::npos);
  EXPECT_NE(page.find("2 of 3 clumps fitted"), std::string::npos);
  EXPECT_NE(page.find("gordon2003_smc"), std::string::npos);
  EXPECT_NE(page.find("Not observed in any band"), std::string::npos);
  const Outcome refused = run_program(fmt::format("sed {0}/c23.fits -o {0}/no.fits", at));
  EXPECT_EQ(refused.exit_code, 2) << refused.output;
  EXPECT_FALSE(fs::exists(folder / "no.fits"));
  for (const char* wrong :
       {"--attenuation smc", "--igm none", "--stars-over-gas 0", "--log-u -2", "--covering-fraction 1.1",
        "--protocol claeyssens2023 --log-u -3,0.5", "--covering-fraction 0.5,1", "--colors F090W,F150W,F444W",
        "--spectra 3", "--report {0}/x.html --colors F090W",
        "--report {0}/x.html --colors F090W,F150W,F999W"}) {
    const Outcome bad = run_program(fmt::format("sed {0}/mag.fits -o {0}/no.fits --draws 10 ", at) +
                                    fmt::format(fmt::runtime(wrong), at));
    EXPECT_EQ(bad.exit_code, 2) << wrong << "\n" << bad.output;
    EXPECT_FALSE(fs::exists(folder / "no.fits")) << wrong;
  }
  fs::remove_all(folder);
}

// ---- hosts

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
  EXPECT_EQ(sed.flags("sampler_finished"), (io::Flags{true, true, false}));
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
                                              {"flux_F150W", HUGE_VAL, "bad_flux"},
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

// Limits in a unit of their own, and of 2 sigma where none is given: with the rule of upper limits no model
// that is allowed shines brighter than twice the limit.
TEST_F(SedOfHosts, LimitsKeepTheirUnit) {
  const auto fit = [&](const char* name, const char* unit, double limit) {
    io::Table table("PHOTOMETRY");
    table.add("z", "", "", io::Reals{1});
    for (const char* band : {"F606W", "F090W", "F115W", "F150W", "F200W"}) {
      const bool blue = std::string(band) == "F606W";
      table.add(std::string("flux_") + band, "nJy", "", io::Reals{blue ? 0.0 : 100});
      table.add(std::string("flux_") + band + "_err", "nJy", "", io::Reals{blue ? 1.0 : 5});
      if (blue && limit > 0) table.add("flux_f606w_limit", unit, "", io::Reals{limit});
    }
    const fs::path file = folder_ / fmt::format("{}.fits", name),
                   out = folder_ / fmt::format("{}_out.fits", name);
    io::write_fits_tables(file, {table});
    const Outcome outcome =
        run_program(fmt::format("sed {} --protocol claeyssens2023 -o {}", file.string(), out.string()));
    EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
    return io::read_fits_table(out, "SED").reals("log_age_yr")[0];
  };
  const double tight = fit("tight", "nJy", 5), loose = fit("loose", "nJy", 5000);
  EXPECT_GT(tight, loose + 0.3);  // so red a galaxy is old
  EXPECT_EQ(fit("micro", "uJy", 5), loose);
  EXPECT_EQ(fit("magnitude", "mag", 22.15), loose);
  EXPECT_EQ(fit("sigma", "", 0), fit("two", "nJy", 2));
  EXPECT_EQ(fit("none", "mag", 99), fit("two", "nJy", 2));
}

// Options that the protocol does not know, and bins that cannot be.
TEST_F(SedOfHosts, RefuseWhatIsNotTheirs) {
  for (const char* wrong : {"--protocol continuity --tau 10",
                            "--protocol continuity --age-prior uniform",
                            "--protocol continuity --log-u -2",
                            "--protocol continuity --covering-fraction 0.5,1",
                            "--protocol continuity --bins 10,5",
                            "--protocol continuity --bins 0,5",
                            "--protocol continuity --bins 20000",
                            "--protocol continuity --bins nan,10",
                            "--protocol continuity --bins 10,10",
                            "--protocol continuity --bins 0.01,10",
                            "--protocol continuity --live-points 10",
                            "--min-bands 0",
                            "--min-bands 7",
                            "--bins 10,100",
                            "--live-points 400",
                            "--protocol claeyssens2023 --draws 10",
                            "--protocol claeyssens2023 --tau 10",
                            "--protocol claeyssens2023 --age-prior log_uniform",
                            "--protocol continuous",
                            "--z 1",
                            "--seed -1",
                            "--library nowhere.spectrum1 --mass 0",
                            "--filter F999W=/dev/null"}) {
    const Outcome bad = run("no.fits", wrong);
    EXPECT_EQ(bad.exit_code, 2) << wrong << "\n" << bad.output;
    EXPECT_FALSE(fs::exists(folder_ / "no.fits")) << wrong;
  }
  EXPECT_NE(
      run("no.fits", "--z 1")
          .output.find(
              "column z: found one, and --z 1; allowed: one of the two: drop --z, and each row has its own"),
      std::string::npos);
}

TEST(LibraryCommand, RefusesWhatNoLibraryHas) {
  const fs::path folder = scratch_folder("library-refused");
  io::write_text(folder / "burst.spectrum1", "no spectra");
  for (const char* wrong : {"--mass 0", "--mass 1e30", "--metallicity -1", "--metallicity nan",
                            "--solar-metallicity 0.2", "--format starburst"}) {
    const Outcome bad =
        run_program(fmt::format("library {0}/burst.spectrum1 {1} -o {0}/no.fits", folder.string(), wrong));
    EXPECT_EQ(bad.exit_code, 2) << wrong << "\n" << bad.output;
    EXPECT_NE(bad.output.find("command line: " + std::string(wrong).substr(0, std::string(wrong).find(' '))),
              std::string::npos)
        << bad.output;
    EXPECT_FALSE(fs::exists(folder / "no.fits")) << wrong;
  }
}

}  // namespace
}  // namespace arcproof::tests
