// Profiles other than 81 in .par files, and galaxies of a potfile.
#include "engine/core/error.h"
#include "engine/core/units.h"
#include "engine/io/files.h"
#include "engine/lens/lenstool/project.h"
#include "tests/support/data.h"

#include <cmath>

#include <gtest/gtest.h>

namespace arcproof::lens {
namespace {

namespace fs = std::filesystem;

std::string par(const std::string& potentials) {
  return "runmode\n reference 3 110.8 -73.4\n end\n" + potentials + "fini\n";
}
std::string block(const std::string& profile, const std::string& rest, const std::string& name = "1") {
  return "potentiel " + name + "\n profil " + profile +
         "\n x_centre 1\n y_centre -2\n z_lens 0.39\n angle_pos 30\n" + rest + " end\n";
}
fs::path written(const std::string& text, const std::string& catalogue = "") {
  const fs::path folder = tests::scratch_folder("lenstool_profiles");
  if (!catalogue.empty()) io::write_text(folder / "galaxies.cat", catalogue);
  io::write_text(folder / "lens.par", text);
  return folder / "lens.par";
}
LenstoolProject read(const std::string& text, const std::string& catalogue = "") {
  return read_lenstool(written(text, catalogue));
}
template <class P>
P only(const std::string& profile, const std::string& rest) {
  const LenstoolProject project = read(par(block(profile, rest)));
  EXPECT_TRUE(project.potentials.empty());
  EXPECT_EQ(project.further.size(), 1u);
  EXPECT_EQ(project.best().further().size(), 1u);
  return std::get<P>(project.further.at(0).profile);
}
void expect_refused(const std::string& text, const std::vector<std::string>& parts,
                    const std::string& catalogue = "") {
  try {
    read(text, catalogue);
    ADD_FAILURE() << "accepted: " << text;
  } catch (const InputError& error) {
    for (const std::string& part : parts)
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos)
          << error.what() << "\nlacks " << part;
  }
}

TEST(LenstoolProfiles, Isothermal) {
  const auto a = only<IsothermalPotential>("1", " ellipticite 0.3\n v_disp 500\n core_radius 0\n");
  EXPECT_DOUBLE_EQ(a.epsilon, 0.1);
  EXPECT_EQ(a.velocity_dispersion_km_s, 500);
  EXPECT_EQ(a.centre_arcsec.y, -2);
  EXPECT_DOUBLE_EQ(a.angle_rad, 30 * units::degree);
  EXPECT_DOUBLE_EQ(only<IsothermalPotential>("1", " ellip_pot 0.2\n v_disp 500\n").epsilon, 0.2);
  EXPECT_DOUBLE_EQ(only<IsothermalEllipsoid>("-1", " ellipticity 0.3\n v_disp 500\n").ellipticity, 0.3);
}

TEST(LenstoolProfiles, Nfw) {
  const double kpc = sky::Cosmology{}.kpc_per_arcsec(0.39);
  const auto a = only<NfwHalo>("12", " ellipticite 0.2\n scale_radius_kpc 300\n v_disp 1200\n alpha 1\n");
  EXPECT_DOUBLE_EQ(a.epsilon, 0.2);
  EXPECT_DOUBLE_EQ(a.scale_radius_arcsec, 300 / kpc);
  EXPECT_EQ(a.velocity_dispersion_km_s, 1200);
  const auto b = only<NfwHalo>("12", " rscale 60\n concentration 5\n");
  EXPECT_DOUBLE_EQ(b.velocity_dispersion_km_s, nfw_velocity_dispersion_km_s(5, 60 * kpc, 0.39, {}));
  // /usr/bin/python3, astropy 5.2: rho = FlatLambdaCDM(70, 0.3).critical_density(0.39);
  // ((1e15 * M_sun / (800/3 * pi * rho)) ** (1/3)).to('kpc') / 4
  const auto c = only<NfwHalo>("12", " m200 1e15\n concentration 4\n");
  EXPECT_NEAR(c.scale_radius_arcsec * kpc / 449.935475, 1, 1e-5);
}

TEST(LenstoolProfiles, ShearAndPointMass) {
  const auto shear = only<ExternalShear>("14", " gamma 0.05\n kappa 0.01\n");
  EXPECT_EQ(shear.gamma, 0.05);
  EXPECT_EQ(shear.kappa, 0.01);
  const auto mass = only<PointMass>("7", " masse 2\n");
  EXPECT_DOUBLE_EQ(
      mass.einstein_radius_arcsec,
      point_mass_einstein_radius_arcsec(2e12, sky::Cosmology{}.angular_diameter_distance_mpc(0.39)));
}

TEST(LenstoolProfiles, CentreInDegreesAndEllipticityOfThePotential) {
  const LenstoolProject project = read(par(
      "potential 1\n profile 81\n x_centre_wcs 110.9\n y_centre_wcs -73.41\n z_lens 0.39\n ellip_pot 0.2\n"
      " core_radius 1\n cut_radius 9\n v_disp 100\n end\n"));
  const DualPie& p = project.potentials.at(0).dual_pie;
  EXPECT_NEAR(p.centre_arcsec.x, -0.1 * 3600 * std::cos(73.4 * units::degree), 1e-9);
  EXPECT_NEAR(p.centre_arcsec.y, -36, 1e-9);
  EXPECT_NEAR(p.epsilon(), 0.2, 1e-15);
}

TEST(LenstoolProfiles, WhatAProfileDoesNotUseIsRefused) {
  expect_refused(par(block("14", " gamma 0.1\n v_disp 100\n")),
                 {"line 11", "v_disp", "profile 14 uses: gamma, kappa"});
  expect_refused(par(block("12", " ellip_pot 0.1\n rscale 3\n v_disp 100\n")),
                 {"ellip_pot", "profile 12 uses"});
  expect_refused(par(block("12", " rscale 3\n v_disp 100\n concentration 4\n")),
                 {"v_disp", "beside a concentration"});
  expect_refused(par(block("12", " rscale 3\n concentration 4\n alpha 1.5\n")), {"alpha", "1.5", "0 or 1"});
  expect_refused(par(block("12", " v_disp 100\n")), {"scale_radius", "it must be given"});
  expect_refused(par(block("1", " v_disp 100\n ellipticity 0.3\n ellip_pot 0.1\n")),
                 {"ellip_pot", "one of them"});
  expect_refused(par(block("14", "")), {"gamma", "it must be given"});
  expect_refused(par(block("82", " v_disp 1\n")), {"profile", "82", "81"});
  expect_refused(par(block("14", " gamma 0.1\n spin 3\n")), {"spin", "unknown keyword"});
  expect_refused(par(block("7", " mass -1\n")), {"mass", "-1"});
}

const std::string potfile =
    "potfile\n filein 3 galaxies.cat\n type 81\n mag0 19\n zlens 0.39\n corekpc 0.15\n sigma 0 150 0\n"
    " cutkpc 0 40 0\n slope 0 4 0\n vdslope 0 4 0\n end\n";
const std::string catalogue =
    "#REFERENCE 0\n7 110.8 -73.4 2 1 25 19 0\n8 110.9 -73.4 1 1 0 21.5 0\n# 9 110.9 -73.4 1 1 0 21.5 0\n";

TEST(LenstoolProfiles, Potfile) {
  const LenstoolProject project = read(par(potfile), catalogue);
  const double kpc = project.cosmology.kpc_per_arcsec(0.39);
  ASSERT_EQ(project.potentials.size(), 2u);
  EXPECT_EQ(project.z_lens, 0.39);
  const DualPie &a = project.potentials[0].dual_pie, &b = project.potentials[1].dual_pie;
  EXPECT_EQ(a.id, "7");
  EXPECT_DOUBLE_EQ(a.ellipticity, 0.6);
  EXPECT_DOUBLE_EQ(a.velocity_dispersion_km_s, 150);
  EXPECT_DOUBLE_EQ(a.cut_radius_arcsec, 40 / kpc);
  // Ten times fainter.
  EXPECT_NEAR(b.velocity_dispersion_km_s, 150 * std::pow(0.1, 0.25), 1e-10);
  EXPECT_NEAR(b.cut_radius_arcsec, 40 / kpc * std::sqrt(0.1), 1e-12);
  EXPECT_NEAR(b.core_radius_arcsec, 0.15 / kpc * std::sqrt(0.1), 1e-14);
  EXPECT_NEAR(b.centre_arcsec.x, -0.1 * 3600 * std::cos(73.4 * units::degree), 1e-9);
  EXPECT_TRUE(project.potentials[1].has_mag);
}

TEST(LenstoolProfiles, PotfileErrors) {
  const auto with = [](std::string from, const std::string& to) {
    std::string text = potfile;
    return par(text.replace(text.find(from), from.size(), to));
  };
  expect_refused(with("sigma 0 150 0", "sigma 1 100 200"), {"potfile: sigma", "sigma 1 100 200", "a prior"},
                 catalogue);
  expect_refused(with("type 81", "type 1"), {"potfile: type", "81"}, catalogue);
  expect_refused(with(" type 81\n", " tipe 81\n"), {"potfile: tipe", "unknown keyword", "vdslope"},
                 catalogue);
  expect_refused(with("cutkpc 0 40 0", "cutkpc 0 0.1 0"), {"potfile: cutkpc", "above the core"}, catalogue);
  expect_refused(with("galaxies.cat", "nothing.cat"), {"nothing.cat"}, catalogue);
  expect_refused(par(potfile), {"galaxies.cat", "line 1", "columns"}, "7 110.8 -73.4 2 1\n");
  expect_refused(par(potfile), {"galaxies.cat", "line 1: a b", "0 < b <= a"}, "7 110.8 -73.4 1 2 0 19 0\n");
  expect_refused(par(potfile + block("14", " gamma 0.1\n")).replace(0, 0, ""), {}, "x 1 2 3\n");
}

TEST(LenstoolProfiles, PosteriorKeepsThem) {
  const fs::path file = written(par(block("81", " core_radius 1\n cut_radius 9\n v_disp 100\n", "O1") +
                                    block("14", " gamma 0.05\n", "O2")));
  const LenstoolProject project = read_lenstool(file);
  const fs::path bayes = file.parent_path() / "bayes.dat";
  io::write_text(bayes, "#Nsample\n#O1 : sigma (km/s)\n1 120\n");
  const Posterior posterior = read_bayes(bayes, project);
  EXPECT_EQ(posterior.models.at(0).further().size(), 1u);
  EXPECT_EQ(posterior.models.at(0).potentials().at(0).velocity_dispersion_km_s, 120);
}

/// best.par with one potential O1 of this profile beside a dPIE, and a bayes.dat of these columns and
/// numbers.
Posterior posterior_of(const std::string& profile, const std::string& entries, const std::string& columns,
                       const std::string& numbers) {
  const fs::path file = written(
      par(block(profile, entries, "O1") + block("81", " core_radius 1\n cut_radius 9\n v_disp 100\n", "O2")));
  const fs::path bayes = file.parent_path() / "bayes.dat";
  io::write_text(bayes, columns + numbers + "\n");
  return read_bayes(bayes, read_lenstool(file));
}

template <class P>
P first_of(const Posterior& posterior) {
  return std::get<P>(posterior.models.at(0).further().at(0));
}

const std::string place_columns = "#O1 : x (arcsec)\n#O1 : y (arcsec)\n#O1 : theta (deg)\n";

// The names are those of getParName in Lenstool's bayesapp.c, the meaning that of the .par entries.
TEST(LenstoolProfiles, PosteriorOfIsothermalLenses) {
  const auto sie = first_of<IsothermalEllipsoid>(
      posterior_of("-1", " ellipticite 0.3\n v_disp 200\n",
                   place_columns + "#O1 : emass\n#O1 : sigma (km/s)\n", "1 2 30 0.4 250"));
  EXPECT_EQ(sie.centre_arcsec.x, 1);
  EXPECT_EQ(sie.centre_arcsec.y, 2);
  EXPECT_DOUBLE_EQ(sie.angle_rad, 30 * units::degree);
  EXPECT_EQ(sie.ellipticity, 0.4);
  EXPECT_EQ(sie.velocity_dispersion_km_s, 250);
  EXPECT_DOUBLE_EQ(first_of<IsothermalPotential>(
                       posterior_of("1", " ellipticite 0.3\n v_disp 200\n", "#O1 : emass\n", "0.6"))
                       .epsilon,
                   0.2);
  EXPECT_DOUBLE_EQ(first_of<IsothermalPotential>(
                       posterior_of("1", " ellipticite 0.3\n v_disp 200\n", "#O1 : epot\n", "0.15"))
                       .epsilon,
                   0.15);
}

TEST(LenstoolProfiles, PosteriorOfTheRest) {
  const auto shear = first_of<ExternalShear>(
      posterior_of("14", " gamma 0.1\n", "#O1 : gamma\n#O1 : theta (deg)\n", "0.07 45"));
  EXPECT_EQ(shear.gamma, 0.07);
  EXPECT_DOUBLE_EQ(shear.angle_rad, 45 * units::degree);
  const auto point =
      first_of<PointMass>(posterior_of("7", " masse 1\n", "#O1 : x (arcsec)\n#O1 : y (arcsec)\n", "3 -4"));
  EXPECT_EQ(point.centre_arcsec.x, 3);
  EXPECT_EQ(point.centre_arcsec.y, -4);
}

// A row says the same as a .par file with the same numbers.
TEST(LenstoolProfiles, PosteriorOfHalos) {
  const std::string entries = " ellipticite 0.1\n scale_radius 60\n v_disp 1000\n";
  const auto by_dispersion = first_of<NfwHalo>(
      posterior_of("12", entries, "#O1 : rs (arcsec)\n#O1 : sigma (km/s)\n#O1 : emass\n", "50 1200 0.2"));
  EXPECT_EQ(by_dispersion.scale_radius_arcsec, 50);
  EXPECT_EQ(by_dispersion.velocity_dispersion_km_s, 1200);
  EXPECT_EQ(by_dispersion.epsilon, 0.2);
  const auto in_par = [&](const std::string& text) {
    return std::get<NfwHalo>(read_lenstool(written(par(block("12", text, "O1")))).further.at(0).profile);
  };
  const auto by_concentration =
      first_of<NfwHalo>(posterior_of("12", entries, "#O1 : c\n#O1 : rs (arcsec)\n", "5 50"));
  EXPECT_DOUBLE_EQ(by_concentration.velocity_dispersion_km_s,
                   in_par(" ellipticite 0.1\n scale_radius 50\n concentration 5\n").velocity_dispersion_km_s);
  const auto by_mass =
      first_of<NfwHalo>(posterior_of("12", entries, "#O1 : c\n#O1 : M200 (Msol)\n", "5 1e15"));
  const NfwHalo same = in_par(" ellipticite 0.1\n concentration 5\n m200 1e15\n");
  EXPECT_DOUBLE_EQ(by_mass.scale_radius_arcsec, same.scale_radius_arcsec);
  EXPECT_DOUBLE_EQ(by_mass.velocity_dispersion_km_s, same.velocity_dispersion_km_s);
}

TEST(LenstoolProfiles, PosteriorColumnsThatAreRefusedByName) {
  const auto refused = [](const std::string& profile, const std::string& entries, const std::string& columns,
                          const std::string& numbers, const std::vector<std::string>& words) {
    try {
      posterior_of(profile, entries, columns, numbers);
      ADD_FAILURE() << "accepted " << columns;
    } catch (const InputError& error) {
      for (const std::string& word : words)
        EXPECT_NE(std::string(error.what()).find(word), std::string::npos) << word << ": " << error.what();
    }
  };
  const std::string halo = " ellipticite 0.1\n scale_radius 60\n v_disp 1000\n";
  refused("-1", " ellipticite 0.3\n v_disp 200\n", "#O1 : rc (arcsec)\n", "1",
          {"O1 : rc (arcsec)", "profile -1 (SIE)", "sigma (km/s)"});
  refused("7", " masse 1\n", "#O1 : M200 (Msol)\n", "1e12", {"M200 (Msol)", "profile 7 (point mass)"});
  refused("14", " gamma 0.1\n", "#O1 : sigma (km/s)\n", "1", {"profile 14 (external shear)", "gamma"});
  refused("12", halo, "#O1 : rhos (Msol/Mpc^3)\n", "1", {"rhos", "profile 12 (NFW)", "rs (arcsec)"});
  refused("12", halo, "#O1 : M200 (Msol)\n", "1e15", {"M200", "without a concentration", "O1 : c"});
  refused("12", halo, "#O1 : c\n#O1 : sigma (km/s)\n", "5 1000", {"O1 : c", "beside a dispersion"});
  refused("12", halo, "#O1 : c\n#O1 : rs (arcsec)\n#O1 : M200 (Msol)\n", "5 9 1e15",
          {"M200", "one of the two"});
  refused("12", halo, "#O1 : rs (arcsec)\n", "-5", {"line 2", "potential O1: rs", "-5", "a radius > 0"});
  refused("12", halo, "#O1 : emass\n", "1.5", {"potential O1: emass", "1.5"});
  refused("-1", " ellipticite 0.3\n v_disp 200\n", "#O1 : sigma (km/s)\n", "-1",
          {"potential O1: sigma", "-1"});
}

}  // namespace
}  // namespace arcproof::lens
