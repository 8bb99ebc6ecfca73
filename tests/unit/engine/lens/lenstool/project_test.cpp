#include "engine/lens/lenstool/project.h"

#include "engine/core/error.h"
#include "engine/core/units.h"
#include "engine/io/files.h"
#include "tests/support/data.h"

#include <cmath>
#include <functional>

#include <gtest/gtest.h>

namespace arcproof::lens {
namespace {

namespace fs = std::filesystem;

// At z = 0.39 an arcsec is 5.2902 kpc with H0 = 70, Omega_m = 0.3 (astropy 5.2: FlatLambdaCDM(70, 0.3)).
constexpr double kpc_per_arcsec = 5.29020;

const std::string french = R"(#Mon Oct 17 15:34:25 2022
#Chi2tot(dof=32): 28.1497
runmode
	reference     3 110.8 -73.4
	end
grille
	nombre      128
	nlentille   3
	end
potentiel O1
	profil       81
	x_centre     -2.5
	y_centre     1.25
	ellipticite     0.56
	angle_pos       548.25
	core_radius         1.9
	core_radius_kpc     10.0
	cut_radius         189.1
	cut_radius_kpc     1000.0
	v_disp     971.5
	z_lens     0.3900
	end
potentiel 2
	profil       81
	x_centre     10
	y_centre     -20
	core_radius_kpc     0.15
	cut_radius_kpc     40
	v_disp     150
	mag		  19.12
	z_lens     0.3900
	end
potentiel 3
	profil       81
	x_centre     12
	y_centre     -25
	ellipticite     0.2
	angle_pos       -30
	core_radius_kpc     0.015
	cut_radius_kpc     4
	v_disp     47.43416490252569
	mag		  24.12
	z_lens     0.3900
	end
cosmologie
	model       1
	H0        70.000000
	omegaM    0.300000
	omegaX    0.700000
	omegaK    0.
	wX        -1.000000
	wa        0.000000
	end
fini
)";

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

std::string changed(std::string text, const std::vector<std::pair<std::string, std::string>>& changes) {
  for (const auto& [from, to] : changes) text = replaced(text, from, to);
  return text;
}

std::string english() {
  return changed(french, {{"potentiel", "potential"},
                          {"profil ", "profile "},
                          {"ellipticite", "ellipticity"},
                          {"grille", "grid"},
                          {"nlentille", "nlens"},
                          {"cosmologie", "cosmology"},
                          {"fini", "finish"}});
}

fs::path written(const std::string& text, const std::string& name = "best.par") {
  fs::path path = tests::scratch_folder("lenstool") / name;
  io::write_text(path, text);
  return path;
}

/// `read` throws an InputError whose message has all `parts`.
void expect_complaint(const std::function<void()>& read, const std::vector<std::string>& parts) {
  try {
    read();
    ADD_FAILURE() << "accepted; expected a complaint about " << parts.back();
  } catch (const InputError& error) {
    const std::string message = error.what();
    for (const std::string& part : parts)
      EXPECT_NE(message.find(part), std::string::npos) << message << "\nlacks: " << part;
  }
}

/// A file with one change is refused with a message that names the file and all `parts`.
void expect_refused(const std::string& from, const std::string& to, std::vector<std::string> parts) {
  const std::string text = replaced(french, from, to);
  ASSERT_NE(text, french) << from;
  parts.emplace_back("best.par");
  expect_complaint([&] { read_lenstool(written(text)); }, parts);
}

TEST(Lenstool, ReadsFrenchAndEnglishAlike) {
  const LenstoolProject a = read_lenstool(written(french)), b = read_lenstool(written(english()));
  ASSERT_EQ(a.potentials.size(), 3u);
  ASSERT_EQ(b.potentials.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(a.potentials[i].dual_pie.id, b.potentials[i].dual_pie.id);
    EXPECT_EQ(a.potentials[i].dual_pie.ellipticity, b.potentials[i].dual_pie.ellipticity);
    EXPECT_EQ(a.potentials[i].dual_pie.cut_radius_arcsec, b.potentials[i].dual_pie.cut_radius_arcsec);
  }
}

TEST(Lenstool, ReadsEveryEntry) {
  const LenstoolProject project = read_lenstool(written(french));
  EXPECT_EQ(project.reference.ra_deg, 110.8);
  EXPECT_EQ(project.reference.dec_deg, -73.4);
  EXPECT_EQ(project.z_lens, 0.39);
  EXPECT_EQ(project.cosmology, sky::Cosmology{});
  const LenstoolPotential &halo = project.potentials[0], &galaxy = project.potentials[1];
  EXPECT_EQ(halo.dual_pie.id, "O1");
  EXPECT_TRUE(halo.optimised);
  EXPECT_FALSE(halo.has_mag);
  EXPECT_EQ(halo.dual_pie.centre_arcsec.x, -2.5);
  EXPECT_EQ(halo.dual_pie.centre_arcsec.y, 1.25);
  EXPECT_EQ(halo.dual_pie.ellipticity, 0.56);
  EXPECT_DOUBLE_EQ(halo.dual_pie.angle_rad, 548.25 * units::degree);
  EXPECT_NEAR(halo.dual_pie.core_radius_arcsec, 10 / kpc_per_arcsec, 1e-5);  // the kpc entry, not 1.9
  EXPECT_NEAR(halo.dual_pie.cut_radius_arcsec, 1000 / kpc_per_arcsec, 1e-3);
  EXPECT_EQ(halo.dual_pie.velocity_dispersion_km_s, 971.5);
  EXPECT_FALSE(galaxy.optimised);
  EXPECT_TRUE(galaxy.has_mag);
  EXPECT_EQ(galaxy.mag, 19.12);
  EXPECT_EQ(galaxy.dual_pie.ellipticity, 0);
  EXPECT_EQ(project.best().potentials().size(), 3u);
}

TEST(Lenstool, TakesArcsecRadiiWhereThereAreNoOthers) {
  const LenstoolProject project =
      read_lenstool(written(replaced(french, "	core_radius_kpc     10.0\n", "")));
  EXPECT_EQ(project.potentials[0].dual_pie.core_radius_arcsec, 1.9);
}

TEST(Lenstool, ReadsAnotherCosmology) {
  const std::string text = changed(french, {{"H0        70.000000", "H0 50"},
                                            {"omegaM    0.300000", "omegaM 0.25"},
                                            {"omegaX    0.700000", "omegaX 0.75"},
                                            {"	core_radius         1.9\n", ""},
                                            {"	cut_radius         189.1\n", ""}});
  const LenstoolProject project = read_lenstool(written(text));
  EXPECT_EQ(project.cosmology, (sky::Cosmology{50, 0.25}));
  EXPECT_NEAR(project.potentials[0].dual_pie.core_radius_arcsec, 10 / project.cosmology.kpc_per_arcsec(0.39),
              1e-12);
}

TEST(Lenstool, HasTheHousesCosmologyWhereTheFileHasNone) {
  std::string text = french;
  text.erase(text.find("cosmologie"), text.find("fini") - text.find("cosmologie"));
  EXPECT_EQ(read_lenstool(written(text)).cosmology, sky::Cosmology{});
}

TEST(LenstoolErrors, UnknownProfile) {
  expect_refused("profil       81\n	x_centre     10", "profil 83\n	x_centre     10",
                 {"potential 2", "profile", "83", "81", "12 (NFW)"});
}

TEST(LenstoolErrors, UnknownKeyword) {
  expect_refused(
      "	v_disp     150\n", "	v_dips     150\n",
      {"line 29", "potential 2", "v_dips", "an unknown keyword", "allowed: ", "v_disp", "ellipticite"});
}

TEST(LenstoolErrors, EntryGivenTwice) {
  expect_refused("	v_disp     150\n", "	v_disp     150\n	v_disp     151\n",
                 {"potential 2", "v_disp", "a second entry"});
}

TEST(LenstoolErrors, NoNumber) {
  expect_refused("v_disp     150", "v_disp     fast",
                 {"potential 2", "v_disp", "found fast", "a finite number"});
  expect_refused("v_disp     150", "v_disp", {"potential 2", "v_disp", "found nothing", "a finite number"});
  expect_refused("v_disp     150", "v_disp nan", {"potential 2", "v_disp", "nan", "a finite number"});
}

TEST(LenstoolErrors, MissingEntries) {
  for (const std::string line :
       {"	x_centre     10\n", "	y_centre     -20\n", "	core_radius_kpc     0.15\n",
        "	cut_radius_kpc     40\n", "	v_disp     150\n"}) {
    const std::string key = line.substr(1, line.find(' ') - 1), stem = key.substr(0, key.find("_kpc"));
    expect_refused(line, "", {"potential 2", stem, "nothing", "it must be given"});
  }
}

TEST(LenstoolErrors, RadiiOutOfRange) {
  expect_refused("core_radius_kpc     0.15", "core_radius_kpc -0.15",
                 {"potential 2", "core_radius_kpc", "-0.15", "a radius >= 0"});
  expect_refused("cut_radius_kpc     40", "cut_radius_kpc -40",
                 {"potential 2", "cut_radius_kpc", "-40", "above the core radius"});
  expect_refused("cut_radius_kpc     40", "cut_radius_kpc 0.1",
                 {"potential 2", "cut_radius_kpc", "0.1", "above the core radius"});
}

TEST(LenstoolErrors, RadiiThatContradictEachOther) {
  expect_refused("core_radius         1.9", "core_radius 2.9",
                 {"potential O1", "core_radius", "2.9 arcsec beside 10 kpc", "5.29"});
}

TEST(LenstoolErrors, EllipticityAndDispersionOutOfRange) {
  expect_refused("ellipticite     0.2", "ellipticite 1.2",
                 {"potential 3", "ellipticity", "1.2", "0 <= ellipticity < 1"});
  expect_refused("v_disp     150", "v_disp -150", {"potential 2", "v_disp", "-150", ">= 0"});
}

TEST(LenstoolErrors, Redshifts) {
  expect_refused("mag		  24.12\n	z_lens     0.3900", "mag 24.12\n	z_lens 0.5",
                 {"potential 3", "z_lens", "0.5", "one redshift", "0.39"});
  expect_refused("z_lens     0.3900", "z_lens 0", {"potential O1", "z_lens", "a redshift > 0"});
}

TEST(LenstoolErrors, Reference) {
  expect_refused("	reference     3 110.8 -73.4\n", "",
                 {"runmode: reference", "nothing", "reference 3 RA DEC"});
  expect_refused("reference     3", "reference 1",
                 {"line 4", "reference 1 110.8 -73.4", "reference 3 RA DEC"});
  expect_refused("110.8 -73.4", "110.8 -93.4", {"reference", "-93.4", "between -90 and 90"});
  expect_refused("110.8 -73.4", "7h23 -73.4", {"reference", "7h23", "a finite number"});
}

TEST(LenstoolErrors, CosmologyThatIsNotFlat) {
  expect_refused("omegaX    0.7", "omegaX 0.8", {"cosmologie", "omegaX 0.8", "a flat universe"});
  expect_refused("wX        -1.000000", "wX -0.9", {"wX -0.9", "a flat universe"});
  expect_refused("H0        70", "H0 -70", {"H0", "-70", "a positive number"});
}

// Cut anywhere, the file is refused: inside a block, between two blocks, before its last word.
TEST(LenstoolErrors, TruncatedFile) {
  for (const std::string last : {"x_centre     10\n", "ellipticite     0.2\n"})
    expect_complaint([&] { read_lenstool(written(french.substr(0, french.find(last) + last.size()))); },
                     {"best.par", "potentiel", "end of file", "closed by 'end'"});
  expect_complaint([&] { read_lenstool(written(french.substr(0, french.find("potentiel 3")))); },
                   {"best.par", "end of file", "'fini' or 'finish'"});
  expect_complaint([&] { read_lenstool(written("")); }, {"best.par", "end of file", "'fini' or 'finish'"});
  for (std::size_t cut = 0; cut + 5 < french.size(); cut += 7)
    EXPECT_THROW(read_lenstool(written(french.substr(0, cut))), InputError) << cut;
}

TEST(LenstoolErrors, PotentialsThatAreNotThere) {
  expect_refused("nlentille   3", "nlentille   4",
                 {"line 8", "nlentille", "found 4", "number of potentials in the file, 3"});
  expect_complaint([&] { read_lenstool(written("runmode\n reference 3 1 2\n end\nfini\n")); },
                   {"best.par", "potential", "nothing", "at least one"});
}

TEST(LenstoolErrors, MissingFile) {
  expect_complaint([] { read_lenstool("/nowhere/best.par"); }, {"/nowhere/best.par"});
}

}  // namespace
}  // namespace arcproof::lens
