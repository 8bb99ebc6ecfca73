// The commands lens-map, delens and images, one after the other as a user runs them.
#include "engine/core/statistics.h"
#include "engine/io/ds9.h"
#include "engine/io/files.h"
#include "engine/io/fits.h"
#include "tests/end_to_end/mosaics.h"
#include "tests/end_to_end/program.h"

#include <cmath>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace arcproof::tests {
namespace {

/// Places behind the embedded cluster, with a shape and a flux.
std::string clumps_behind_the_cluster() {
  io::Table table("CLUMPS");
  table.add("id", "", "", io::Texts{"A", "B", "C"});
  table.add("ra", "deg", "", io::Reals{14.9992, 15.001, 15.0005});
  table.add("dec", "deg", "", io::Reals{-1.9987, -2.001, -2.0012});
  table.add("z", "", "", io::Reals{1.4, 2, 0.3});  // the last one is in front
  table.add("sigma_major_pix", "pix", "", io::Reals{3, 0.2, 2});
  table.add("sigma_minor_pix", "pix", "", io::Reals{1.5, 0.2, 2});
  table.add("pa_deg", "deg", "", io::Reals{30, 0, 0});
  table.add("flux_f150w", "nJy", "", io::Reals{40, 20, 20});
  table.add("flux_f150w_err", "nJy", "", io::Reals{4, 4, 4});
  io::write_fits_tables(folder() / "clumps.fits", {table});
  return in_folder("clumps.fits");
}

// A map is made, and a catalogue goes through it: the numbers are those through the model itself. Threads
// change no bit.
TEST(LensCommands, MapAndModelGiveTheSameCatalogue) {
  const std::string clumps = clumps_behind_the_cluster();
  const Outcome map = run_program(
      fmt::format("lens-map --cluster --posterior-rows 5 --z 2 --size 16 --step 0.04 -j2 -o {} --critical {} "
                  "--caustics {}",
                  in_folder("lens.fits"), in_folder("critical.reg"), in_folder("caustics.reg")));
  ASSERT_EQ(map.exit_code, 0) << map.output;
  EXPECT_NE(map.output.find("effective radius"), std::string::npos) << map.output;
  expect_verified("lens.fits");
  EXPECT_NE(io::read_text(in_folder("caustics.reg")).find("polygon("), std::string::npos);
  const std::string command = "delens " + clumps + " --pixel-scale 0.02 ";
  const io::Table exact = table_of(command + "--cluster --posterior-rows 9 -j1", "delensed.fits");
  table_of(command + "--cluster --posterior-rows 9 -j3", "delensed_3.fits");
  EXPECT_EQ(io::read_text(in_folder("delensed.fits")), io::read_text(in_folder("delensed_3.fits")));
  expect_verified("delensed.fits");
  const io::Table of_map = table_of(command + "--map " + in_folder("lens.fits"), "delensed_map.fits");
  EXPECT_EQ(of_map.texts("status"), (io::Texts{"ok", "ok", "not_behind_lens"}));
  for (const std::size_t i : {0, 1})
    for (const char* column : {"mu", "r_eff_pc", "absmag_f150w", "source_sigma_major_pc"})
      EXPECT_NEAR(of_map.reals(column)[i] / exact.reals(column)[i], 1, 0.002) << column;  // bilinear Hessian
  EXPECT_EQ(exact.column("r_eff_pc").unit, "pc");
  const io::Table images = table_of(
      "images --cluster --size 30 --ra 15.001 --dec -2.001 --z 2 --regions " + in_folder("images.reg"),
      "images.fits");
  EXPECT_GE(images.rows(), 3u);
  EXPECT_EQ(io::read_ds9(in_folder("images.reg")).regions.size(), images.rows());
  expect_verified("images.fits");
}

// The catalogue of `fit` as it is, behind a lens of two lines: ellipses in pixels with errors, fluxes in nJy.
TEST(LensCommands, DelensTakesTheTableOfFit) {
  io::write_text(in_folder("lens.par"),
                 "runmode\n\treference 3 110.825 -73.454\n\tend\ngrille\n\tnlentille 1\n\tend\n"
                 "potentiel 1\n\tprofil 81\n\tx_centre 12\n\ty_centre 3\n\tcore_radius 0.5\n"
                 "\tcut_radius 30\n\tv_disp 700\n\tz_lens 0.4\n\tend\nfini\n");
  const io::Table fit =
      table_of("fit --keep-redraws --redraws 200" + one_band() + " --catalog " + in_folder("list.ecsv"),
               "to_delens.fits");
  const io::Table clumps = table_of(
      fmt::format("delens {0} --par {1} --z 2 --pixel-scale 0.02 --draws 400 --redraws '{0}[REDRAWS]'",
                  in_folder("to_delens.fits"), in_folder("lens.par")),
      "fit_delensed.fits");
  ASSERT_EQ(clumps.rows(), 25u);
  for (std::size_t i = 0; i < 25; ++i) {
    EXPECT_EQ(clumps.texts("status")[i], "ok");
    EXPECT_EQ(clumps.texts("size_case")[i] == "unresolved", bool(fit.flags("unresolved")[i]));
    const double mu = clumps.reals("mu")[i], mag = fit.reals("mag_f150w")[i];
    // Distance modulus of z = 2 by astropy 5.2, FlatLambdaCDM(70, 0.3).
    EXPECT_NEAR(clumps.reals("absmag_f150w")[i],
                mag + 2.5 * std::log10(mu) - 45.957197 + 2.5 * std::log10(3.0), 1e-5);
    if (clumps.texts("size_case")[i] == "resolved") {
      EXPECT_GT(clumps.reals("r_eff_err_plus_pc")[i], 0);
    }
  }
  expect_verified("to_delens.fits");
  expect_verified("fit_delensed.fits");
  // Each redraw twice, with the one lens there is; the spread of its observed fluxes is the fit's error (half the
  // 16-84% range of 200). Their intrinsic ones spread more where a clump's place in the lens matters.
  const io::Table draws = io::read_fits_table(in_folder("fit_delensed.fits"), "DRAWS");
  ASSERT_EQ(draws.rows(), 25u * 400u);
  for (std::size_t i = 0; i < 25; ++i) {
    std::vector<double> observed;
    for (std::size_t k = 400 * i; k < 400 * (i + 1); ++k)
      observed.push_back(draws.reals("intrinsic_flux_f150w")[k] * draws.reals("mu")[k]);
    const double spread = statistics::quantile(observed, 0.84) - statistics::quantile(observed, 0.16);
    EXPECT_NEAR(spread / (2 * fit.reals("flux_f150w_err")[i]), 1, 0.03) << i;
  }
  // The same through a map of the mosaic's field, at its pixel scale. The bilinear Hessian errs by step^2 / 8
  // times its second derivatives, 2 R / r^3 each for an Einstein radius R = 10" and r > 9": 3e-6, and mu by
  // mu_t times that (mu_t is 3.5 to 516 here).
  const Outcome map =
      run_program(fmt::format("lens-map --par {} --z 2 --like '{}[SCI]' -o {}", in_folder("lens.par"),
                              in_folder("a.fits"), in_folder("like.fits")));
  ASSERT_EQ(map.exit_code, 0) << map.output;
  const io::Table of_map = table_of(fmt::format("delens {} --map {} --z 2 --pixel-scale 0.02",
                                                in_folder("to_delens.fits"), in_folder("like.fits")),
                                    "like_delensed.fits");
  for (std::size_t i = 0; i < 25; ++i)
    EXPECT_NEAR(of_map.reals("mu")[i] / clumps.reals("mu")[i], 1, 3e-6 * clumps.reals("mu_tangential")[i]);
}

TEST(LensCommands, RefuseBadInput) {
  const std::string clumps = clumps_behind_the_cluster(), delens = "delens " + clumps + " --pixel-scale 0.02";
  expect_refused(delens, "lens: found none");
  expect_refused(delens + " --cluster --map x.fits", "2 of them");
  expect_refused(delens + " --par nowhere.par", "--par");
  expect_refused(delens + " --par " + clumps, "clumps.fits");
  expect_refused(delens + " --map " + clumps, "ALPHA_X");
  expect_refused(delens + " --cluster --z 2", "one of the two: drop --z");
  expect_refused(delens + " --cluster --seed -1", "--seed: found '-1'");
  expect_refused(delens + " --cluster --draws 1", "--draws: found 1");
  expect_refused(delens + " --map x.fits --map-sign 0.5", "--map-sign: found '0.5'; allowed: -1 or 1");
  expect_refused(delens + " --cluster --row 2", "--bayes");
  expect_refused("delens " + clumps + " --cluster --pixel-scale 0", "--pixel-scale");
  expect_refused("delens nowhere.fits --cluster --pixel-scale 0.02", "nowhere.fits");
  expect_refused("delens " + in_folder("list.ecsv") + " --cluster --pixel-scale 0.02 --z 2", "column ra");
  expect_refused("lens-map --cluster --size 10 --step 0.1", "--dlsds");
  expect_refused("lens-map --cluster --z 0.2 --size 10 --step 0.1", "above that of the lens");
  expect_refused("lens-map --cluster --z 2 --step 0.1", "--like");
  expect_refused("lens-map --cluster --z 2 --size 10", "--step");
  expect_refused("lens-map --cluster --z 2 --size ten --step 0.1", "--size");
  expect_refused("lens-map --cluster --z 2 --size 10 --step 1e-6", "20000");
  expect_refused("lens-map --cluster --z 2 --size 10 --step 0.1 --centre 400,0", "--centre");
  expect_refused("lens-map --cluster --z 2 --like '" + in_folder("nosky.fits") + "[SCI]'",
                 "no celestial WCS");
  expect_refused("lens-map --cluster --z 2 --size 10 --step 0.1 --critical /nowhere/at/all.reg",
                 "--critical");
  expect_refused("images --cluster --z 2", "position");
  expect_refused("images --cluster --z 2 --ra 15", "--dec");
  expect_refused("images --cluster --z 2 --ra 15 --dec -2.5", "--ra, --dec");
  expect_refused("images --cluster --ra 15 --dec -2", "--z");
  expect_refused("images --cluster --z 0.3 --ra 15 --dec -2", "--z");
}

}  // namespace
}  // namespace arcproof::tests
