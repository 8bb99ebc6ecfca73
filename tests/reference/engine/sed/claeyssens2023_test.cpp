// The clumps whose photometry and properties Claeyssens et al. (2023) both print (Tables B1 and B2), fitted
// by their protocol: constant star formation for 10 Myr, Calzetti dust on stars and gas alike, covering
// fraction 0.5, E(B-V) fixed to 0 where they fixed it.
//
// What differs from the paper, and is not tuned away: the library (theirs: Yggdrasil on Starburst99,
// Padova-AGB tracks, Kroupa 2001 from 0.1 to 100 Msun; here: BC03, Padova 1994, Chabrier 2003: masses 0.05
// dex smaller by the IMF alone, up to 0.25 dex by library and IMF together); and the bands: Table B1 prints
// the six NIRCam bands, the paper fitted HST's ultraviolet as well, which is what breaks the degeneracy of
// age and dust.
#include "engine/core/statistics.h"
#include "engine/core/units.h"
#include "engine/sed/fits/grids/fit_grid.h"
#include "engine/sed/fits/grids/grid.h"
#include "engine/sed/libraries/bc03.h"
#include "tests/support/data.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include <gtest/gtest.h>

namespace arcproof::sed {
namespace {

struct Band {
  const char *name, *column;
  double extinction_mag, limit_mag;  // Table 1: A_lambda of the Milky Way and limiting magnitude
};
constexpr Band bands[] = {{"F090W", "f090w", 0.265, 29.2}, {"F150W", "f150w", 0.112, 29.1},
                          {"F200W", "f200w", 0.074, 29.1}, {"F277W", "f277w", 0.048, 29.1},
                          {"F356W", "f356w", 0.034, 29.1}, {"F444W", "f444w", 0.027, 29.0}};

double number(const tests::CsvRow& row, const std::string& column) {
  const auto it = row.find(column);
  return it == row.end() || it->second.empty() ? std::nan("") : std::stod(it->second);
}

double number_or_zero(const tests::CsvRow& row, const std::string& column) {
  const double value = number(row, column);
  return std::isnan(value) ? 0 : value;
}

// Intrinsic fluxes: corrected for magnification and the Milky Way.
std::vector<BandFlux> photometry_of(const tests::CsvRow& row) {
  std::vector<BandFlux> photometry;
  const double mu = number(row, "mu");
  for (const Band& band : bands) {
    const std::string column = std::string(band.column) + "_obs_abmag";
    const double mag = number(row, column) - band.extinction_mag, error_mag = number(row, column + "_err");
    const double limit = units::njy_from_abmag(band.limit_mag - band.extinction_mag) / mu;
    const double flux = units::njy_from_abmag(mag) / mu;
    // No error, or a flux that no image could show: a non-detection at the limit (5 sigma).
    if (!(error_mag > 0) || mag > 35) photometry.push_back({0, limit / 5, limit});
    else photometry.push_back({flux, 0.4 * std::log(10.0) * flux * error_mag, limit});
  }
  return photometry;
}

// Mass with the paper's own age, dust and metallicity: what is left is the library and its IMF.
double log_mass_of_paper(const ModelGrid& grid, const std::vector<BandFlux>& photometry,
                         const tests::CsvRow& paper) {
  const double log_age = std::log10(number(paper, "age_myr")), ebv = number(paper, "ebv_mag"),
               metallicity = number(paper, "metallicity_z");
  std::size_t nearest = 0;
  double least = HUGE_VAL;
  for (std::size_t m = 0; m < grid.models.size(); ++m) {
    const Population& p = grid.models[m];
    const double off = std::abs(std::log10(p.age_myr) - log_age) + std::abs(p.ebv_mag - ebv) +
                       100 * std::abs(std::log10(p.metallicity / metallicity));
    if (off < least) {
      least = off;
      nearest = m;
    }
  }
  double product = 0, square = 0;
  for (std::size_t b = 0; b < photometry.size(); ++b) {
    const auto& [flux, error, limit] = photometry[b];
    if (!(flux > 2 * error)) continue;
    product += grid.flux(nearest, b) * flux / (error * error);
    square += std::pow(grid.flux(nearest, b) / error, 2);
  }
  return std::log10(product / square);
}

TEST(Claeyssens2023, MassesOfTheOpenRows) {
  std::vector<std::filesystem::path> files;
  for (const char* m : {"m32", "m42", "m52", "m62"}) {
    const std::string name = std::string("ssp/raw/bc2003_lr_BaSeL_") + m + "_chab_ssp.ised.gz";
    files.push_back(tests::data_file(name));
    if (files.back().empty()) GTEST_SKIP() << "data file not at hand: " << name;
  }
  ARCPROOF_NEEDS_REFERENCE(b1, "claeyssens2023_tableB1_photometry.csv");
  ARCPROOF_NEEDS_REFERENCE(b2, "claeyssens2023_tableB2_properties.csv");
  std::vector<Filter> filters;
  for (const Band& band : bands) {
    ARCPROOF_NEEDS_DATA(path, std::string("filters/NIRCam_") + band.name + ".txt");
    filters.push_back(read_filter(path, band.name));
  }
  const auto library = std::make_shared<Library>(read_bc03(files));
  const std::vector<tests::CsvRow> observed = tests::read_csv(b1), published = tests::read_csv(b2);
  ASSERT_EQ(observed.size(), published.size());

  std::vector<double> offset, library_alone;
  int overlapping = 0;
  std::printf(
      "log M: here [16%%, 84%%]; here at the paper's age, dust and Z; paper. Age [Myr], E(B-V), Z: here, "
      "paper\n");
  for (std::size_t i = 0; i < observed.size(); ++i) {
    const tests::CsvRow &row = observed[i], &paper = published[i];
    ASSERT_EQ(row.at("image_id") + row.at("clump_id"), paper.at("image_id") + paper.at("clump_id"));
    const double z = number(row, "z");
    const ModelGrid grid = build_grid({library, filters, z, {}, {}}, {}, {});
    Random random({.seed = 1, .purpose = "redraws", .clump = static_cast<std::int64_t>(i)});
    const SedResult fit = fit_grid(grid, photometry_of(row),
                                   {.fix_ebv_to_zero = number(paper, "ebv_fixed_to_zero") == 1}, random);
    ASSERT_EQ(fit.status, SedStatus::fitted) << row.at("clump_id");
    const double log_mass = number(paper, "log_mstar_msun"),
                 fixed = log_mass_of_paper(grid, photometry_of(row), paper);
    const auto age = [](double log_age) { return std::pow(10, log_age - 6); };
    std::printf(
        "%s %s: log M %.2f [%.2f, %.2f]; %.2f; %.2f. Age %.0f [%.0f, %.0f], %.0f; E(B-V) %.2f [%.2f, %.2f], "
        "%.2f; Z %.4f, %s; chi2 %.1f of %d bands\n",
        row.at("image_id").c_str(), row.at("clump_id").c_str(), fit.log_mass_msun.best, fit.log_mass_msun.low,
        fit.log_mass_msun.high, fixed, log_mass, age(fit.log_age_yr.best), age(fit.log_age_yr.low),
        age(fit.log_age_yr.high), number(paper, "age_myr"), fit.ebv_mag.best, fit.ebv_mag.low,
        fit.ebv_mag.high, number(paper, "ebv_mag"), std::pow(10, fit.log_metallicity.best),
        paper.at("metallicity_z").c_str(), fit.chi2, fit.bands_used);
    offset.push_back(fit.log_mass_msun.best - log_mass);
    library_alone.push_back(fixed - log_mass);
    overlapping += fit.log_mass_msun.low <= log_mass + number_or_zero(paper, "log_mstar_err_hi") &&
                   log_mass - number_or_zero(paper, "log_mstar_err_lo") <= fit.log_mass_msun.high;
  }
  const auto show = [](const char* what, const std::vector<double>& x) {
    std::printf("log M %s - paper: median %+.2f, from %+.2f to %+.2f (%zu rows)\n", what,
                statistics::median(x), *std::min_element(x.begin(), x.end()),
                *std::max_element(x.begin(), x.end()), x.size());
  };
  show("here", offset);
  show("at the paper's age, dust and Z", library_alone);
  std::printf("68%% intervals that overlap: %d of %zu\n", overlapping, offset.size());
  // Seen: at the paper's age, dust and metallicity four masses within 0.04 dex, less than the IMF's 0.05 and
  // the rounding of the table, and +0.20 for the clump of 4 Gyr. Best models, in contrast, are lighter by 0.3
  // dex in the median (-0.57 to +0.02): they are younger, along the degeneracy that the missing bands leave
  // open. Their 68% intervals know: all overlap the paper's.
  EXPECT_NEAR(statistics::median(library_alone), 0, 0.1);
  for (const double x : library_alone) EXPECT_NEAR(x, 0, 0.25);
  EXPECT_GE(overlapping, static_cast<int>(offset.size()) - 1);
}

}  // namespace
}  // namespace arcproof::sed
