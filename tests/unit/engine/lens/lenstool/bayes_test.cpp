// bayes.dat and arcs.dat, on a small project: a halo, a galaxy on the scaling relation, one off it, and one
// more on it.
#include "engine/core/error.h"
#include "engine/core/units.h"
#include "engine/io/files.h"
#include "engine/lens/lenstool/project.h"
#include "tests/support/data.h"

#include <cmath>
#include <functional>

#include <gtest/gtest.h>

namespace arcproof::lens {
namespace {

namespace fs = std::filesystem;

constexpr double z_lens = 0.39;

// On the relation sigma0 = 150 km/s, rcut0 = 7", rcore0 = 0.15 kpc at mag0 = 19.12, by the formulas of the
// header.
LenstoolPotential galaxy(const std::string& id, double mag, double sigma_factor = 1) {
  const double d = 0.4 * (19.12 - mag), kpc = sky::Cosmology{}.kpc_per_arcsec(z_lens);
  return {{id,
           {5, 5},
           0.1,
           0,
           0.15 / kpc * std::pow(10, d / 2),
           7 * std::pow(10, d / 2),
           sigma_factor * 150 * std::pow(10, d / 4)},
          true,
          mag,
          false};
}

LenstoolProject project() {
  return {"best.par",
          {110, -73},
          z_lens,
          {},
          {{{"O1", {1, 2}, 0.5, 0.3, 10, 300, 900}, false, 0, true},
           galaxy("1", 19.12),
           galaxy("2", 21.12),
           galaxy("3", 18.2, 0.3),
           galaxy("4", 22)}};
}

const std::string header = R"(#Nsample
#ln(Lhood)
#O1 : x (arcsec)
#O1 : emass
#O1 : theta (deg)
#O1 : rc (arcsec)
#O1 : rcut (arcsec)
#O1 : sigma (km/s)
#Redshift of 4.3
#Pot0 rcut (arcsec)
#Pot0 sigma (km/s)
#Chi2
)";
const std::string rows =
    "1 -26 1.5 0.6 570 12 400 950 2.2 14 300 28.1\n2 -27 1.6 0.7 30 13 500 960 2.3 21 150 +29.5e0\n";

fs::path written(const std::string& name, const std::string& text) {
  fs::path path = tests::scratch_folder("lenstool_posterior") / name;
  io::write_text(path, text);
  return path;
}
Posterior read(const std::string& text) { return read_bayes(written("bayes.dat", text), project()); }

void expect_refused(const std::function<void()>& act, const std::vector<std::string>& parts) {
  try {
    act();
    ADD_FAILURE() << "accepted; expected a complaint about " << parts.back();
  } catch (const InputError& error) {
    const std::string message = error.what();
    for (const std::string& part : parts)
      EXPECT_NE(message.find(part), std::string::npos) << message << "\nlacks: " << part;
  }
}
void expect_bayes_refused(const std::string& text, std::vector<std::string> parts) {
  parts.emplace_back("bayes.dat");
  expect_refused([&] { read(text); }, parts);
}

TEST(LenstoolPosterior, OptimisedPotentialsTakeTheRowsValues) {
  const Posterior posterior = read(header + rows);
  ASSERT_EQ(posterior.models.size(), 2u);
  const DualPie& halo = posterior.models[0].potentials()[0];
  EXPECT_EQ(halo.centre_arcsec.x, 1.5);
  EXPECT_EQ(halo.centre_arcsec.y, 2);  // not in the file: best.par's
  EXPECT_EQ(halo.ellipticity, 0.6);
  EXPECT_DOUBLE_EQ(halo.angle_rad, 570 * units::degree);
  EXPECT_EQ(halo.core_radius_arcsec, 12);
  EXPECT_EQ(halo.cut_radius_arcsec, 400);
  EXPECT_EQ(halo.velocity_dispersion_km_s, 950);
  EXPECT_EQ(posterior.models[1].potentials()[0].velocity_dispersion_km_s, 960);
  EXPECT_EQ(posterior.redshift_names, std::vector<std::string>{"4.3"});
  EXPECT_EQ(posterior.redshifts, (std::vector<std::vector<double>>{{2.2}, {2.3}}));
  EXPECT_EQ(posterior.chi2, (std::vector<double>{28.1, 29.5}));
}

// Two magnitudes are a factor of 10^0.8 in light: 10^0.2 in sigma, 10^0.4 in the radii.
TEST(LenstoolPosterior, GalaxiesFollowTheScalingRelation) {
  const Posterior posterior = read(header + rows);
  const std::vector<DualPie>& p = posterior.models[0].potentials();
  EXPECT_NEAR(p[1].velocity_dispersion_km_s, 300, 1e-9);
  EXPECT_NEAR(p[1].cut_radius_arcsec, 14, 1e-9);
  EXPECT_NEAR(p[1].core_radius_arcsec, 0.15 / sky::Cosmology{}.kpc_per_arcsec(z_lens), 1e-12);
  EXPECT_NEAR(p[2].velocity_dispersion_km_s, 300 / std::pow(10, 0.2), 1e-9);
  EXPECT_NEAR(p[2].cut_radius_arcsec, 14 / std::pow(10, 0.4), 1e-9);
  EXPECT_NEAR(p[2].core_radius_arcsec, p[1].core_radius_arcsec / std::pow(10, 0.4), 1e-12);
  EXPECT_NEAR(posterior.models[1].potentials()[1].cut_radius_arcsec, 21, 1e-9);
}

TEST(LenstoolPosterior, GalaxiesOffTheRelationKeepTheirValues) {
  const DualPie before = project().potentials[3].dual_pie,
                after = read(header + rows).models[0].potentials()[3];
  EXPECT_EQ(after.velocity_dispersion_km_s, before.velocity_dispersion_km_s);
  EXPECT_EQ(after.cut_radius_arcsec, before.cut_radius_arcsec);
}

// To 1%: within it a galaxy takes the relation's values, outside it keeps its own, whichever of the three is
// off.
TEST(LenstoolPosterior, FollowingMeansWithinOnePerCent) {
  for (const auto& [factor, follows] : {std::pair{1.005, true}, std::pair{1.02, false}}) {
    for (double DualPie::*value :
         {&DualPie::core_radius_arcsec, &DualPie::cut_radius_arcsec, &DualPie::velocity_dispersion_km_s}) {
      LenstoolProject p = project();
      p.potentials[2].dual_pie.*value *= factor;
      const Posterior posterior = read_bayes(written("bayes.dat", header + rows), p);
      const DualPie expected =
          follows ? read(header + rows).models[0].potentials()[2] : p.potentials[2].dual_pie;
      EXPECT_NEAR(posterior.models[0].potentials()[2].*value / (expected.*value), 1, 1e-12) << factor;
    }
  }
}

TEST(LenstoolPosterior, WithoutPot0NothingIsRescaled) {
  const Posterior posterior = read("#O1 : sigma (km/s)\n950\n");
  EXPECT_EQ(posterior.models[0].potentials()[1].velocity_dispersion_km_s, 150);
  EXPECT_TRUE(std::isnan(posterior.chi2[0]));
}

TEST(LenstoolPosteriorErrors, Columns) {
  expect_bayes_refused("#O1 : colour\n1\n", {"line 1", "O1 : colour", "found colour", "O1", "rc (arcsec)"});
  expect_bayes_refused("#O1 : rc (kpc)\n1\n", {"line 1", "rc (kpc)", "rc (arcsec)"});
  expect_bayes_refused("#O7 : emass\n1\n",
                       {"line 1", "O7 : emass", "found O7", "an optimised potential of best.par: O1"});
  expect_bayes_refused("#Evidence\n1\n", {"line 1", "Evidence", "an unknown column", "Chi2"});
  expect_bayes_refused("1 2 3\n", {"no column names"});
}

TEST(LenstoolPosteriorErrors, Rows) {
  expect_bayes_refused(header, {"no rows"});
  expect_bayes_refused(header + "1 2 3\n", {"line 13", "3 numbers", "12"});
  expect_bayes_refused(header + rows.substr(0, rows.size() - 8), {"line 14", "11 numbers", "12"});
  expect_bayes_refused("#O1 : rc (arcsec)\nfast\n", {"line 2", "number 1", "fast", "a finite number"});
}

TEST(LenstoolPosteriorErrors, Values) {
  expect_bayes_refused("#O1 : rc (arcsec)\n-1\n", {"line 2", "potential O1: rc", "-1", "a radius >= 0"});
  expect_bayes_refused("#O1 : rcut (arcsec)\n5\n",
                       {"line 2", "potential O1: rcut", "5", "above the core radius"});
  expect_bayes_refused("#O1 : emass\n1.2\n", {"line 2", "potential O1: emass", "1.2", "0 <= emass < 1"});
  expect_bayes_refused("#O1 : sigma (km/s)\n-3\n", {"line 2", "potential O1: sigma", "-3", ">= 0"});
  expect_bayes_refused("#Pot0 rcut (arcsec)\n-3\n",
                       {"line 2", "potential 1: rcut", "-3", "above the core radius"});
}

// One draw of thirty has a cut radius below the core's 10": it is no dPIE, and the others are a posterior.
TEST(LenstoolPosterior, RowsThatAreNoProfileAreLeftOutAndNamed) {
  std::string text = "#O1 : rcut (arcsec)\n#O1 : sigma (km/s)\n";
  for (int k = 0; k < 30; ++k)
    text += std::to_string(k == 7 ? 9 : 100 + k) + " " + std::to_string(900 + k) + "\n";
  const Posterior posterior = read(text);
  ASSERT_EQ(posterior.models.size(), 29u);
  ASSERT_EQ(posterior.left_out.size(), 1u);
  EXPECT_EQ(posterior.left_out[0].row, 7);
  EXPECT_EQ(posterior.left_out[0].why, "line 10: potential O1: rcut = 9");
  EXPECT_EQ(posterior.rows[6], 6);
  EXPECT_EQ(posterior.rows[7], 8);
  EXPECT_EQ(posterior.chi2.size(), 29u);
  EXPECT_EQ(posterior.model_of_row(8, "bayes.dat", "--row").potentials()[0].velocity_dispersion_km_s, 908);
  expect_refused([&] { posterior.model_of_row(7, "bayes.dat", "--row"); },
                 {"bayes.dat", "--row", "found 7, which is no lens", "rcut = 9"});
  expect_refused([&] { posterior.model_of_row(30, "bayes.dat", "--row"); }, {"found 30", "0 .. 29"});
}

// Two of thirty are no accident.
TEST(LenstoolPosteriorErrors, ManyRowsThatAreNoProfile) {
  std::string text = "#O1 : rcut (arcsec)\n";
  for (int k = 0; k < 30; ++k) text += k % 15 == 3 ? "9\n" : "100\n";
  expect_bayes_refused(text, {"line 5", "potential O1: rcut", "above the core radius, 10", "2 of 30"});
  expect_bayes_refused("#O1 : rcut (arcsec)\n-9\n", {"line 2", "potential O1: rcut", "-9"});
}

TEST(LenstoolPosteriorErrors, Pot0WithoutGalaxies) {
  LenstoolProject alone = project();
  alone.potentials.resize(1);
  expect_refused([&] { read_bayes(written("bayes.dat", "#Pot0 sigma (km/s)\n100\n"), alone); },
                 {"best.par", "no galaxy on a scaling relation", "mag0 = 19.12"});
}

TEST(LenstoolArcs, ReadsEveryColumn) {
  const std::vector<Arc> arcs = read_arcs(
      written("arcs.dat", "#REFERENCE 0\n# a comment\n\n12.3 110.8 -73.45 0.1 0.2 30 1.449 25.5 \n"));
  ASSERT_EQ(arcs.size(), 1u);
  EXPECT_EQ(arcs[0].id, "12.3");
  EXPECT_EQ(arcs[0].system(), "12");
  EXPECT_EQ(arcs[0].position.ra_deg, 110.8);
  EXPECT_EQ(arcs[0].position.dec_deg, -73.45);
  EXPECT_EQ(arcs[0].a_arcsec, 0.1);
  EXPECT_EQ(arcs[0].b_arcsec, 0.2);
  EXPECT_EQ(arcs[0].angle_deg, 30);
  EXPECT_EQ(arcs[0].redshift, 1.449);
  EXPECT_EQ(arcs[0].mag, 25.5);
}

TEST(LenstoolArcsErrors, NameTheLine) {
  const auto refused = [](const std::string& text, std::vector<std::string> parts) {
    parts.emplace_back("arcs.dat");
    expect_refused([&] { read_arcs(written("arcs.dat", text)); }, parts);
  };
  refused("1.1 110.8 -73.45 0.1\n", {"line 1", "4 columns", "id ra dec a b theta z mag"});
  refused("\n1.1 110.8 south 0.1 0.1 0 1.4 0\n", {"line 2", "dec", "south", "a finite number"});
  refused("1.1 110.8 -93 0.1 0.1 0 1.4 0\n", {"line 1", "dec", "-93", "between -90 and 90"});
  refused("1.1 110.8 -73 0.1 0.1 0 -1 0\n", {"line 1", "z", "-1", "a redshift >= 0"});
  refused("#REFERENCE 3 110.8 -73\n1.1 1 2 0.1 0.1 0 1.4 0\n", {"line 1", "#REFERENCE", "absolute degrees"});
  refused("", {"no arcs"});
}

}  // namespace
}  // namespace arcproof::lens
