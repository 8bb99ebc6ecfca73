// What the embedded library costs: clumps made with Bruzual & Charlot (2003) and the real filters, fitted
// with the analytic library and the parametric bands. No noise is added; errors are 5%, so that what is seen
// is the difference of the models.
#include "engine/core/statistics.h"
#include "engine/sed/fits/grids/fit_grid.h"
#include "engine/sed/fits/grids/grid.h"
#include "engine/sed/libraries/analytic_library.h"
#include "engine/sed/libraries/bc03.h"
#include "engine/sed/parametric_filter.h"
#include "tests/support/data.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

namespace arcproof::sed {
namespace {

constexpr double z = 1.38;
const std::vector<std::pair<const char*, const char*>> bands{
    {"ACS", "F435W"},    {"ACS", "F606W"},    {"ACS", "F814W"},    {"WFC3IR", "F105W"}, {"WFC3IR", "F125W"},
    {"WFC3IR", "F140W"}, {"WFC3IR", "F160W"}, {"NIRCam", "F090W"}, {"NIRCam", "F150W"}, {"NIRCam", "F200W"},
    {"NIRCam", "F277W"}, {"NIRCam", "F356W"}, {"NIRCam", "F444W"}};

TEST(Recovery, AnalyticLibraryFindsClumpsOfBc03) {
  std::vector<std::filesystem::path> files;
  for (const char* m : {"m32", "m42", "m52", "m62"}) {
    const std::string name = std::string("ssp/raw/bc2003_lr_BaSeL_") + m + "_chab_ssp.ised.gz";
    files.push_back(tests::data_file(name));
    if (files.back().empty()) GTEST_SKIP() << "data file not at hand: " << name;
  }
  std::vector<Filter> real, parametric;
  for (const auto& [instrument, band] : bands) {
    ARCPROOF_NEEDS_DATA(path, std::string("filters/") + instrument + "_" + band + ".txt");
    real.push_back(read_filter(path, band));
    parametric.push_back(parametric_filter(band));
  }
  const BandSynthesis truth(std::make_shared<Library>(read_bc03(files)), real, z, {}, {});
  const BandSynthesis model(std::make_shared<Library>(analytic_library()), parametric, z, {}, {});
  const ModelGrid grid = build_grid(model, {}, {});

  // 200 clumps: ages 1 Myr ... 3 Gyr, E(B-V) 0 ... 0.5, metallicities of the grid, 10 Myr of star formation.
  std::vector<double> mass, age, reddening;
  for (std::int64_t i = 0; i < 200; ++i) {
    Random random({.seed = 3, .purpose = "recovery_test", .clump = i});
    const Population clump{std::pow(10, random.uniform(0, 3.5)),
                           GridAxes{}.metallicity[random.index(4)],
                           random.uniform(0, 0.5),
                           {10}};
    std::vector<BandFlux> photometry;
    for (const double flux : truth.fluxes_njy_per_msun(clump))
      photometry.push_back({1e6 * flux, 5e4 * flux, 0});
    const SedResult fit = fit_grid(grid, photometry, {.redraws = 0}, random);
    ASSERT_EQ(fit.status, SedStatus::fitted);
    mass.push_back(fit.log_mass_msun.best - 6);
    age.push_back(fit.log_age_yr.best - std::log10(clump.age_myr) - 6);
    reddening.push_back(fit.ebv_mag.best - clump.ebv_mag);
  }
  const auto show = [](const char* name, const std::vector<double>& x) {
    std::printf("%s: median %+.3f, MAD sigma %.3f, 5%% ... 95%% %+.2f ... %+.2f\n", name,
                statistics::median(x), statistics::mad_sigma(x), statistics::quantile(x, 0.05),
                statistics::quantile(x, 0.95));
  };
  show("log mass", mass);
  show("log age", age);
  show("E(B-V)", reddening);
  // Seen: medians -0.002, -0.008, +0.005, sigmas 0.034, 0.10, 0.032. Of 200 clumps a median is good to 1.25
  // sigma / sqrt(200): five of these are 0.015, 0.045, 0.014. Sigmas: one and a half of those seen.
  EXPECT_NEAR(statistics::median(mass), 0, 0.02);
  EXPECT_LT(statistics::mad_sigma(mass), 0.06);
  EXPECT_NEAR(statistics::median(age), 0, 0.05);
  EXPECT_LT(statistics::mad_sigma(age), 0.15);
  EXPECT_NEAR(statistics::median(reddening), 0, 0.02);
  EXPECT_LT(statistics::mad_sigma(reddening), 0.05);
}

}  // namespace
}  // namespace arcproof::sed
