// Joint draws of fit and lens against closed forms: errors that come from one side only, and pairs that are
// known.
#include "recipes/program/commands/lenses/delens_draws.h"

#include "engine/core/error.h"
#include "engine/core/random.h"
#include "engine/io/files.h"
#include "engine/io/fits.h"
#include "recipes/program/commands/lenses/delens.h"
#include "tests/support/data.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace arcproof::commands {
namespace {

namespace fs = std::filesystem;

const fs::path& folder() {
  static const fs::path path = tests::scratch_folder("delens-draws");
  return path;
}

// Two clumps behind the embedded cluster, both axes well above the floor of 0.008".
io::Table two_clumps() {
  io::Table table("CATALOG");
  table.add("id", "", "", io::Texts{"A", "B"});
  table.add("ra", "deg", "", io::Reals{15.0011, 14.9992});
  table.add("dec", "deg", "", io::Reals{-2.0008, -1.9989});
  table.add("sigma_major", "arcsec", "", io::Reals{0.06, 0.05});
  table.add("sigma_minor", "arcsec", "", io::Reals{0.04, 0.03});
  table.add("pa_deg", "deg", "", io::Reals{20, 100});
  return table;
}

io::Table with_fluxes(double minus, double plus) {
  io::Table table = two_clumps();
  table.add("flux_f150w", "nJy", "", io::Reals{100, 50});
  table.add("flux_f150w_err", "nJy", "", io::Reals{plus, plus});
  table.add("flux_f150w_err_minus", "nJy", "", io::Reals{minus, minus});
  return table;
}

struct Result {
  io::Table clumps, draws;
};

Result delens(const io::Table& catalog, int posterior_rows, int draws, const std::string& redraws = "",
              int threads = 2) {
  io::write_fits_tables(folder() / "catalog.fits", {catalog});
  DelensArguments a;
  a.lens.cluster = true;
  a.lens.posterior_rows = posterior_rows;
  a.catalog = (folder() / "catalog.fits").string();
  a.z = 2;
  a.pixel_scale_arcsec = 0.02;
  a.draws = draws;
  a.redraws = redraws;
  a.output = folder() / "delensed.fits";
  a.threads = threads;
  run_delens(a);
  return {io::read_fits_table(a.output, "CLUMPS"), io::read_fits_table(a.output, "DRAWS")};
}

std::string refusal(const io::Table& catalog, int draws, const std::string& redraws) {
  try {
    delens(catalog, 0, draws, redraws);
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

// Without errors of the fit the draws are the lens's, each once: F mu is one number, and R^2 mu another.
TEST(JointPosterior, OfALensAlone) {
  const Result r = delens(with_fluxes(0, 0), 40, 40);
  ASSERT_EQ(r.draws.rows(), 80U);
  for (const std::size_t clump : {0U, 1U}) {
    EXPECT_NEAR(r.clumps.reals("joint_mu_median")[clump], r.clumps.reals("mu_posterior_median")[clump],
                1e-12);
    EXPECT_NEAR(r.clumps.reals("joint_rho")[clump], 1, 1e-9);
    const double flux = clump == 0 ? 100 : 50, size = r.draws.reals("r_eff_pc")[40 * clump];
    std::vector<std::int64_t> lenses;
    for (std::size_t k = 40 * clump; k < 40 * clump + 40; ++k) {
      const double mu = r.draws.reals("mu")[k];
      EXPECT_NEAR(r.draws.reals("intrinsic_flux_f150w")[k] * mu, flux, 1e-9);
      EXPECT_NEAR(std::pow(r.draws.reals("r_eff_pc")[k] / size, 2) * mu / r.draws.reals("mu")[40 * clump], 1,
                  1e-12);
      lenses.push_back(r.draws.integers("lens_draw")[k]);
    }
    std::sort(lenses.begin(), lenses.end());
    for (int k = 0; k < 40; ++k) EXPECT_EQ(lenses[k], k);
  }
}

// Without a posterior of the lens they are the catalogue's errors, 10 below and 20 above. 20000 draws, seed
// 1: a quantile is known to 0.0107 sigma, and five times that is passed in 6e-7 of cases each.
TEST(JointPosterior, OfACataloguesErrorsAlone) {
  const Result r = delens(with_fluxes(10, 20), 0, 20000);
  const double z = 0.994458, tolerance = 5 * 0.0107;
  for (const std::size_t clump : {0U, 1U}) {
    const double mu = r.draws.reals("mu")[20000 * clump], flux = clump == 0 ? 100 : 50;
    EXPECT_NEAR(r.clumps.reals("joint_flux_f150w_q16")[clump] * mu, flux - 10 * z, 10 * tolerance);
    EXPECT_NEAR(r.clumps.reals("joint_flux_f150w_q84")[clump] * mu, flux + 20 * z, 20 * tolerance);
    EXPECT_EQ(r.clumps.reals("joint_unresolved")[clump], 0);
    EXPECT_EQ(r.draws.integers("lens_draw")[20000 * clump], -1);
  }
}

// Redraws in which flux goes as the square of the size: they stay together, through a lens as well. Without
// the pairing of redraws (a size of one with the flux of another) the correlation would be that of the lens
// alone.
io::Table redraws(int count) {
  Random random({3, "joint test"});
  io::Table table("REDRAWS");
  io::Texts id;
  io::Integers number;
  io::Reals ra, dec, major, minor, pa, flux;
  for (const std::size_t clump : {0U, 1U})
    for (int k = 0; k < count; ++k) {
      const double scale = std::exp(0.2 * random.normal());
      id.push_back(clump == 0 ? "A" : "B");
      number.push_back(k);
      ra.push_back(two_clumps().reals("ra")[clump]);
      dec.push_back(two_clumps().reals("dec")[clump]);
      major.push_back(0.06 * scale);
      minor.push_back(0.04 * scale);
      pa.push_back(20);
      flux.push_back(100 * scale * scale);
    }
  table.add("id", "", "", id);
  table.add("redraw", "", "", number);
  table.add("ra", "deg", "", ra);
  table.add("dec", "deg", "", dec);
  table.add("sigma_major", "arcsec", "", major);
  table.add("sigma_minor", "arcsec", "", minor);
  table.add("pa_deg", "deg", "", pa);
  table.add("flux_f150w", "nJy", "", flux);
  return table;
}

TEST(JointPosterior, KeepsFluxAndSizeOfARedrawTogether) {
  const std::string file = (folder() / "redraws.fits").string();
  io::write_fits_tables(file, {redraws(50)});
  for (const int posterior : {0, 30}) {
    const Result r = delens(with_fluxes(10, 20), posterior, 150, file);
    // F mu and R^2 mu rise alike, so that F / R^2 is one number whatever the lens: ln F and 2 ln R differ by
    // a constant.
    for (const std::size_t clump : {0U, 1U})
      EXPECT_NEAR(r.clumps.reals("joint_rho")[clump], 1, 1e-9) << posterior;
    for (std::size_t k = 0; k < 150; ++k) EXPECT_EQ(r.draws.integers("redraw")[k], static_cast<int>(k % 50));
  }
}

TEST(JointPosterior, IsTheSameOnAnyNumberOfThreads) {
  delens(with_fluxes(10, 20), 7, 30, "", 1);
  const std::string one = io::read_text((folder() / "delensed.fits").string());
  delens(with_fluxes(10, 20), 7, 30, "", 3);
  EXPECT_EQ(io::read_text((folder() / "delensed.fits").string()), one);
}

TEST(JointPosterior, RefusesRedrawsOfOtherClumps) {
  const std::string file = (folder() / "redraws.fits").string();
  io::write_fits_tables(file, {redraws(5)});
  EXPECT_NE(refusal(with_fluxes(1, 1), 0, file).find("--draws"), std::string::npos);
  io::Table other("CATALOG");
  const io::Table with_ids = with_fluxes(1, 1);
  for (const io::Column& column : with_ids.columns())
    if (column.name != "id") other.add(column);
  EXPECT_NE(refusal(other, 10, file).find("0 rows with 0"), std::string::npos);
  io::Table twice = other;
  twice.add("id", "", "", io::Texts{"A", "A"});
  EXPECT_NE(refusal(twice, 10, file).find("id A in rows 0 and 1"), std::string::npos);
  io::Table band = with_fluxes(1, 1);
  band.add("flux_f444w", "nJy", "", io::Reals{1, 1});
  band.add("flux_f444w_err", "nJy", "", io::Reals{1, 1});
  EXPECT_NE(refusal(band, 10, file).find("column flux_f444w"), std::string::npos);
  EXPECT_EQ(refusal(with_fluxes(1, 1), 10, file), "");
  // Another field's clumps of the same ids, and a catalogue in the place of redraws.
  io::Table elsewhere("CATALOG");
  for (const io::Column& column : with_ids.columns())
    if (column.name == "ra") elsewhere.add("ra", "deg", "", io::Reals{15.0021, 14.9992});
    else elsewhere.add(column);
  EXPECT_NE(refusal(elsewhere, 10, file).find("from the clump of this id"), std::string::npos);
  io::write_fits_tables(file, {with_ids});
  EXPECT_NE(refusal(with_ids, 10, file).find("column redraw"), std::string::npos);
}

TEST(JointPosterior, TakesIdsThatAreNumbers) {
  io::Table catalog("CATALOG");
  const io::Table with_ids = with_fluxes(1, 1);
  for (const io::Column& column : with_ids.columns())
    if (column.name == "id") catalog.add("id", "", "", io::Reals{1, 2.5});
    else catalog.add(column);
  EXPECT_EQ(delens(catalog, 0, 3).draws.reals("id"), (io::Reals{1, 1, 1, 2.5, 2.5, 2.5}));
}

TEST(JointPosterior, RefusesAPixelScaleOtherThanTheCatalogues) {
  io::Table catalog = with_fluxes(1, 1);
  catalog.note("PIXSCALE", "0.06");
  EXPECT_NE(refusal(catalog, 10, "").find("PIXSCALE"), std::string::npos);
}

}  // namespace
}  // namespace arcproof::commands
