// `arcproof delens` and `arcproof images` on the published lens model of SMACS0723 (Mahler+2022, Lenstool
// files), against tables B1 and B2 of Claeyssens+2023, which were made with it.
#include "recipes/program/commands/lenses/delens.h"

#include "engine/io/fits.h"
#include "engine/lens/images.h"
#include "recipes/program/commands/lenses/images.h"
#include "recipes/program/commands/lenses/lens_map.h"
#include "tests/reference/engine/lens/smacs0723.h"

#include <cmath>

#include <gtest/gtest.h>

namespace arcproof::commands {
namespace {

namespace fs = std::filesystem;

class PublishedClumps : public lens::Smacs0723 {
 protected:
  static LensArguments published_lens(int posterior_rows) {
    LensArguments lens;
    lens.lenstool.par = tests::data_file("lens/ICLv1/best.par").string();
    lens.lenstool.bayes = tests::data_file("lens/ICLv1/bayes.dat").string();
    lens.posterior_rows = posterior_rows;
    return lens;
  }

  static const fs::path& folder() {
    static const fs::path path = tests::scratch_folder("published-clumps");
    return path;
  }

  // Positions, redshifts and magnitudes of table B1. Shapes are not printed: all are given as unresolved.
  static std::string catalog() {
    io::Reals ra, dec, z, mag, error, sigma;
    for (const tests::CsvRow& row : table("tableB1_photometry")) {
      ra.push_back(number(row, "ra_deg"));
      dec.push_back(number(row, "dec_deg"));
      z.push_back(number(row, "z"));
      mag.push_back(number(row, "f150w_obs_abmag"));
      error.push_back(number(row, "f150w_obs_abmag_err"));
      sigma.push_back(0.004);
    }
    io::Table clumps("B1");
    clumps.add("ra", "deg", "", ra);
    clumps.add("dec", "deg", "", dec);
    clumps.add("z", "", "", z);
    clumps.add("sigma_circular", "arcsec", "", sigma);
    clumps.add("mag_F150W", "mag", "", mag);
    clumps.add("mag_F150W_err", "mag", "", error);
    io::write_fits_tables(folder() / "b1.fits", {clumps});
    return (folder() / "b1.fits").string();
  }

  static io::Table delens(const LensArguments& lens, const std::string& name) {
    DelensArguments a;
    a.lens = lens;
    a.catalog = catalog();
    a.pixel_scale_arcsec = 0.02;  // of the papers' mosaics
    a.output = folder() / name;
    a.threads = 2;
    run_delens(a);
    return io::read_fits_table(a.output);
  }
};

// Magnifications as in tests/reference/engine/lens/smacs0723_test.cpp: printed positions and two decimals
// allow 1.1%. Limits of R_eff are printed in whole parsecs. Absolute magnitudes: the printed ones are
// corrected for the Milky Way by A(F150W) = 0.112 of table 1 (its column "E(B-V)"), which the command leaves
// to the user; magnitudes and A are rounded (0.005 + 0.005 + 0.0005), and mu deviates as it does.
TEST_F(PublishedClumps, MagnificationsAndLimitsAreThoseOfTheTables) {
  const io::Table table = delens(published_lens(100), "b2.fits");
  const std::vector<tests::CsvRow> b1 = this->table("tableB1_photometry"),
                                   b2 = this->table("tableB2_properties");
  ASSERT_EQ(table.rows(), b1.size());
  constexpr double extinction_f150w = 0.112;
  int limits = 0;
  double largest = 0, radius = 0;
  for (std::size_t i = 0; i < b1.size(); ++i) {
    EXPECT_EQ(table.texts("status")[i], "ok");
    const double deviation = table.reals("mu")[i] / number(b1[i], "mu") - 1;
    EXPECT_LT(std::abs(deviation), 0.011) << b1[i].at("clump_id");
    largest = std::max(largest, std::abs(deviation));
    EXPECT_GT(table.reals("mu_err_minus")[i], 0);
    ASSERT_EQ(b1[i].at("image_id") + b1[i].at("clump_id"), b2[i].at("image_id") + b2[i].at("clump_id"));
    const double residual =
        table.reals("absmag_f150w")[i] - extinction_f150w - number(b2[i], "f150w_absmag_ab");
    EXPECT_LT(std::abs(residual), 0.0105 + 1.0857 * std::abs(deviation)) << b1[i].at("clump_id");
    std::cout << b1[i].at("image_id") << " " << b1[i].at("clump_id") << ": mu " << deviation << ", M "
              << residual << " mag\n";
    if (b2[i].at("reff_is_upper_limit") != "1") continue;
    ++limits;
    EXPECT_TRUE(table.flags("r_eff_is_limit")[i]);
    EXPECT_NEAR(table.reals("r_eff_pc")[i], number(b2[i], "reff_pc"), 0.5) << b1[i].at("clump_id");
    radius = std::max(radius, std::abs(table.reals("r_eff_pc")[i] - number(b2[i], "reff_pc")));
  }
  EXPECT_GE(limits, 3);
  std::cout << "largest deviation of mu " << largest << ", of " << limits << " limits " << radius << " pc\n";
}

// A map of the command at 0.05" in place of the model: bilinear in the Hessian, 0.2% (engine/lens/map.h).
TEST_F(PublishedClumps, MapAgreesWithTheModel) {
  LensMapArguments m;
  m.lens = published_lens(0);
  m.z = 1.449;
  m.field.size = "40";
  m.field.step = 0.05;
  m.output = folder() / "map.fits";
  m.threads = 2;
  run_lens_map(m);
  LensArguments map;
  map.maps.map = m.output.string();
  const io::Table of_map = delens(map, "of_map.fits"), exact = delens(published_lens(0), "exact.fits");
  double largest = 0;
  for (std::size_t i = 0; i < exact.rows(); ++i) {
    EXPECT_NEAR(of_map.reals("mu")[i] / exact.reals("mu")[i], 1, 0.002);
    EXPECT_NEAR(of_map.reals("source_ra")[i], exact.reals("source_ra")[i], 1e-4 / 3600);
    largest = std::max(largest, std::abs(of_map.reals("mu")[i] / exact.reals("mu")[i] - 1));
  }
  std::cout << "largest difference of mu " << largest << "\n";
}

// The barycentre of system 1 in the source plane, from where Lenstool predicts its images: the command finds
// among them those that Newton's method reaches from each arc of arcs.dat in the exact model (the twin that
// also gives Lenstool's chi-squared, smacs0723_test.cpp).
TEST_F(PublishedClumps, ImagesOfSystemOneAreThoseLenstoolPredicts) {
  constexpr double z = 1.449;
  std::vector<lens::Vector2> places;
  lens::Vector2 barycentre{0, 0};
  for (const lens::Arc& arc : arcs()) {
    if (arc.system() != "1") continue;
    places.push_back(best().to_frame(arc.position));
    const lens::Vector2 beta = best().source_position(places.back(), z);
    barycentre = {barycentre.x + beta.x, barycentre.y + beta.y};
  }
  ASSERT_GE(places.size(), 3u);
  const double n = static_cast<double>(places.size());
  ImagesArguments a;
  a.lens = published_lens(0);
  a.source_x = barycentre.x / n;
  a.source_y = barycentre.y / n;
  a.z = z;
  a.output = folder() / "images.fits";
  a.threads = 2;
  run_images(a);
  const io::Table images = io::read_fits_table(a.output, "IMAGES");
  for (const lens::Vector2& place : places) {
    const auto exact = lens::image_near(best(), best().efficiency(z), {*a.source_x, *a.source_y}, place);
    ASSERT_TRUE(exact);
    double nearest = HUGE_VAL;
    for (std::size_t k = 0; k < images.rows(); ++k)
      nearest = std::min(nearest, std::hypot(images.reals("x_arcsec")[k] - exact->x,
                                             images.reals("y_arcsec")[k] - exact->y));
    EXPECT_LT(nearest, 1e-8);
    std::cout << "arc to image " << std::hypot(exact->x - place.x, exact->y - place.y) << " arcsec\n";
  }
  std::cout << images.rows() << " images\n";
}

}  // namespace
}  // namespace arcproof::commands
