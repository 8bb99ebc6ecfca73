#include "engine/sed/libraries/library_file.h"

#include "engine/core/error.h"
#include "engine/core/units.h"
#include "engine/io/files.h"
#include "engine/io/fits.h"
#include "engine/sed/libraries/analytic_library.h"
#include "engine/sed/libraries/library_formats.h"
#include "tests/unit/engine/sed/toy.h"

#include <cmath>
#include <cstdlib>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace arcproof::sed {
namespace {
namespace fs = std::filesystem;

class LibraryFile : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() /
              fmt::format("library_file_{}_{}", testing::UnitTest::GetInstance()->current_test_info()->name(),
                          getpid());
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }
  fs::path write(const std::string& name, const std::string& text) const {
    io::write_text(folder_ / name, text);
    return folder_ / name;
  }
  Complaint complaint_about(const LibrarySource& source) const {
    try {
      convert_library(source);
    } catch (const InputError& error) {
      return error.complaint();
    }
    return {};
  }
  fs::path folder_;
};

constexpr double old_sun = 3.826e33 / units::solar_luminosity_erg_s;

TEST_F(LibraryFile, ReadsBackWhatWasWritten) {
  for (const bool with_mass : {true, false}) {
    Library library = analytic_library();
    library.tracks = "Padova 1994";
    if (!with_mass) library.surviving_mass.clear();
    write_library(folder_ / "l.fits", library);
    const Library back = read_library(folder_ / "l.fits");
    EXPECT_EQ(back.name, library.name);
    EXPECT_EQ(back.imf, library.imf);
    EXPECT_EQ(back.tracks, library.tracks);
    EXPECT_EQ(back.citation, library.citation);
    EXPECT_EQ(back.wavelength_angstrom, library.wavelength_angstrom);
    EXPECT_EQ(back.age_myr, library.age_myr);
    EXPECT_EQ(back.metallicity, library.metallicity);
    EXPECT_EQ(back.luminosity, library.luminosity);
    EXPECT_EQ(back.log_ionising_rate, library.log_ionising_rate);
    EXPECT_EQ(back.surviving_mass, library.surviving_mass);
    EXPECT_EQ(convert_library({{folder_ / "l.fits"}}).luminosity, library.luminosity);
  }
}

TEST_F(LibraryFile, NoIonisingPhotonsStayNone) {
  const Library dark = toy::library({1000, 2000}, {1, 10}, {0.01}, [](double, double, double) { return 1; });
  write_library(folder_ / "l.fits", dark);
  EXPECT_EQ(read_library(folder_ / "l.fits").log_ionising_rate, dark.log_ionising_rate);
  EXPECT_TRUE(std::isinf(dark.log_ionising_rate.front()));
}

TEST_F(LibraryFile, RefusesWhatIsNone) {
  io::Table other("SPECTRA"), waves("WAVELENGTH");
  waves.add("wavelength", "Angstrom", "", io::Reals{1, 2, 3});
  other.add("metallicity", "", "", io::Reals{0.01, 0.01, 0.02});
  other.add("age", "Myr", "", io::Reals{1, 2, 2});
  io::write_fits_tables(folder_ / "l.fits", {waves, other});
  try {
    read_library(folder_ / "l.fits");
    FAIL();
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("row 3"), std::string::npos) << error.what();
  }
  EXPECT_THROW(convert_library({{}}), InputError);
  EXPECT_THROW(convert_library({{folder_ / "none.fits"}}), InputError);
  EXPECT_THROW(convert_library({{write("x.txt", "1")}}), InputError);
}

TEST_F(LibraryFile, Bpass) {
  const auto file = [&](const std::string& name, double scale) {
    std::string text;
    for (int i = 0; i < 4; ++i) {
      text += fmt::format("{:10.1f}", 500.0 + 500 * i);
      for (int n = 0; n <= 50; ++n) text += fmt::format(" {:.5E}", scale * 1e6 * (n + 1) * (i + 1));
      text += "\n";
    }
    return write(name, text);
  };
  const Library library = convert_library(
      {{file("spectra-bin-imf135_300.z014.dat", 2), file("spectra-bin-imf135_300.zem5.dat", 1)}});
  EXPECT_EQ(library.metallicity, (std::vector<double>{1e-5, 0.014}));
  ASSERT_EQ(library.age_myr.size(), 51u);
  EXPECT_NEAR(library.age_myr[10], 10, 1e-12);
  EXPECT_EQ(library.wavelength_angstrom, (std::vector<double>{500, 1000, 1500, 2000}));
  EXPECT_NEAR(library.spectrum(1, 3)[2], 2 * 4 * 3 * old_sun, 1e-4);
  EXPECT_EQ(library.imf, "BPASS 135_300");
  EXPECT_NE(library.citation.find("Stanway"), std::string::npos);
  const Library enhanced = convert_library({{file("spectra-bin-imf135_300.a+02.z002.dat", 1)}});
  EXPECT_EQ(enhanced.name, "bpass-2.3-a+02");
  EXPECT_EQ(enhanced.metallicity, (std::vector<double>{0.002}));
  EXPECT_EQ(enhanced.imf, "BPASS 135_300");
  EXPECT_THROW(convert_library({{write("spectra-bin-imf135_300.z014.dat", "1 2 3\n")}}), InputError);
  EXPECT_THROW(convert_library({{write("spectra-bin.dat", "1 2 3\n")}}), InputError);
}

TEST_F(LibraryFile, Starburst99) {
  std::string text =
      " MODEL DESIGNATION: test\n MODEL GENERATED: Wed\n\n"
      "   COMPUTED SYNTHETIC SPECTRUM [ERG/SEC/A]\n"
      "  TIME [YR]    WAVELENGTH [A]   LOG TOTAL  LOG STELLAR  LOG NEBULAR  [ERG/SEC/A]\n";
  for (const double age : {1e4, 2.01e6})
    for (int i = 1; i <= 3; ++i)
      text += fmt::format(" {:.5E} {:12.2f} {:10.5f} {:10.5f} {:10.5f}\n", age, 500.0 * i, 39.9,
                          39.0 + 0.1 * i, 38.0);
  LibrarySource source{{write("run.spectrum1", text)}};
  EXPECT_THROW(convert_library(source), InputError);  // Z is not in it
  source.metallicity = 0.001;
  const Library library = convert_library(source);
  EXPECT_EQ(library.age_myr, (std::vector<double>{0.01, 2.01}));
  EXPECT_NEAR(library.spectrum(0, 1)[2] / (std::pow(10, 39.3) / 1e6 / 3.828e33), 1, 1e-6);
  source.files = {write("cut.spectrum1", text.substr(0, text.size() - 70))};
  EXPECT_THROW(convert_library(source), InputError);
}

TEST_F(LibraryFile, Maraston2005) {
  std::string text;
  for (const double age : {1e-3, 1.0})
    for (int i = 1; i <= 3; ++i)
      text += fmt::format("{:E} -0.33 {:.1f} {:E}\n", age, 1000.0 * i, age * i * 1e30);
  const Library library = convert_library({{write("sed.krz001.rhb", text)}});
  EXPECT_EQ(library.metallicity, (std::vector<double>{0.01}));
  EXPECT_EQ(library.age_myr, (std::vector<double>{1, 1000}));
  EXPECT_NEAR(library.spectrum(0, 1)[1] / (2e30 / 3.828e33), 1, 1e-6);
  EXPECT_TRUE(library.surviving_mass.empty());
}

TEST_F(LibraryFile, Bc03Ascii) {
  // 3 ages with 0 first, 101 wavelengths, indices on the line after the fluxes, as GALAXEV prints.
  std::string text = "3 0.0 1.0e6\n 2.0e6\n 0.1 100. 2. 1. 0\n Padova 1994 ...\n some, text \n101";
  for (int i = 0; i < 101; ++i) text += fmt::format(" {:.1f}{}", 100.0 + 10 * i, i % 8 == 7 ? "\n" : "");
  text += "\n";
  for (int age = 0; age < 3; ++age) {
    text += "101";
    for (int i = 0; i < 101; ++i) text += fmt::format(" {:E}{}", 1.0 + age + i, i % 6 == 5 ? "\n" : "");
    text += "\n 4 1. 2. 3.\n 4.\n";
  }
  const Library library = convert_library({{write("bc2003_lr_BaSeL_m42_chab_ssp.ised_ASCII", text)}});
  EXPECT_EQ(library.metallicity, (std::vector<double>{0.004}));
  EXPECT_EQ(library.age_myr, (std::vector<double>{1, 2}));
  ASSERT_EQ(library.wavelength_angstrom.size(), 101u);
  EXPECT_NEAR(library.spectrum(0, 1)[100], 103 * old_sun, 1e-4);
  EXPECT_NEAR(library.spectrum(0, 0)[0], 2 * old_sun, 1e-6);
  EXPECT_EQ(library.name, "bc03-basel-pad94-chab");
  EXPECT_NE(library.imf.find("Chabrier"), std::string::npos);
  const Library newer = convert_library({{write("cb2007_lr_BaSeL_m162_salp_ssp.ised_ASCII", text)}});
  EXPECT_EQ(newer.name, "cb07-basel-pad00-salp");
  EXPECT_EQ(newer.metallicity, (std::vector<double>{0.019}));
  EXPECT_EQ(newer.luminosity, library.luminosity);
  const auto cut = write("bc2003_lr_BaSeL_m52_chab_ssp.ised_ASCII", text.substr(0, text.size() - 8));
  EXPECT_EQ(complaint_about({{cut}}).file, cut.string());
}

// Fortran leaves the letter out of an exponent of three digits, and a number may be too small for a double.
TEST_F(LibraryFile, NumbersOfFortranAreRead) {
  std::string text;
  for (const double age : {1e-3, 1.0})
    text += fmt::format(
        "{0:E} 0.0 1000.0 0.25000-104\n{0:E} 0.0 2000.0 1.0E-4000\n{0:E} 0.0 3000.0 +3.0E+30\n", age);
  const Library library = convert_library({{write("sed.krz002.rhb", text)}});
  ASSERT_EQ(library.wavelength_angstrom.size(), 3u);
  EXPECT_EQ(library.spectrum(0, 0)[0], 0.0F);  // 1e-138 is none of a float
  EXPECT_EQ(library.spectrum(0, 0)[1], 0.0F);
  EXPECT_NEAR(library.spectrum(0, 0)[2] / (3e30 / 3.828e33), 1, 1e-6);
  EXPECT_EQ(library.imf, "Kroupa (2001), 0.1-100 Msun");
  const auto nan = write("sed.ssz002.rhb", "1.0 0.0 1000.0 NaN\n");
  EXPECT_EQ(complaint_about({{nan}}).key, "line 1");
}

// Two ages, three wavelengths: the luminosity of 2e6 Msun is age x wavelength x 1e36 erg/s/A.
std::string yggdrasil(const std::string& last_row) {
  std::string text = "Yggdrasil model grid, initial mass (Msolar): 2.000E+06\nIMF: Kroupa\n\n";
  for (const double age : {1.0, 10.0}) {
    text +=
        fmt::format("\nAge (Myr):    {:.4E}\nStellar mass: 1.0E+06\nNumber of wavelength points:  3\n", age);
    text += "Wavelength (A)  Flux (erg/s/A)\n";
    for (const double x : {500.0, 1500.0, 5000.0})
      text += age > 1 && x > 2000 ? last_row : fmt::format("{:.4f}  {:.5E}\n", x, age * x * 1e36);
  }
  return text;
}

TEST_F(LibraryFile, Yggdrasil) {
  const std::string text = yggdrasil("5000.0000  5.00000E+40\n");
  const Library stars = convert_library({{write("Z=0.004_kroupa_IMF_fcov_0_SFR_inst_Spectra", text),
                                          write("Z=0.0004_kroupa_IMF_fcov_0_SFR_inst_Spectra", text)}});
  EXPECT_EQ(stars.name, "yggdrasil");
  EXPECT_EQ(stars.metallicity, (std::vector<double>{0.0004, 0.004}));
  EXPECT_EQ(stars.age_myr, (std::vector<double>{1, 10}));
  EXPECT_EQ(stars.wavelength_angstrom, (std::vector<double>{500, 1500, 5000}));
  EXPECT_NEAR(stars.spectrum(1, 1)[1] / (10 * 1500 * 1e36 / 2e6 / 3.828e33), 1, 1e-6);
  EXPECT_TRUE(std::isfinite(stars.log_ionising_rate.front()));

  // Gas is not added to spectra that have it.
  const Library gas = convert_library({{write("Z=0.004_kroupa_IMF_fcov_0.5_SFR_inst_Spectra", text)}});
  EXPECT_EQ(gas.name, "yggdrasil-gas-0.5");
  EXPECT_TRUE(std::isinf(gas.log_ionising_rate.front()));
  EXPECT_EQ(complaint_about({{folder_ / "Z=0.0004_kroupa_IMF_fcov_0_SFR_inst_Spectra",
                              folder_ / "Z=0.004_kroupa_IMF_fcov_0.5_SFR_inst_Spectra"}})
                .key,
            "covering fraction");

  LibrarySource first{{write("PopIII.1_fcov_0_SFR_inst_Spectra", text)}};
  EXPECT_EQ(complaint_about(first).key, "metallicity");
  first.metallicity = 1e-7;
  EXPECT_EQ(convert_library(first).metallicity, (std::vector<double>{1e-7}));
}

TEST_F(LibraryFile, DamagedYggdrasilIsRefused) {
  const auto key = [&](const std::string& name, const std::string& text) {
    return complaint_about({{write(name, text)}}).key;
  };
  const std::string name = "Z=0.02_kroupa_IMF_fcov_0_SFR_inst_Spectra", good = yggdrasil("5000.0 5.0E+40\n");
  EXPECT_EQ(key(name, good), "");
  EXPECT_EQ(key(name, yggdrasil("")), "line 18");                  // a row is missing
  EXPECT_EQ(key(name, yggdrasil("6000.0 5.0E+40\n")), "line 19");  // another wavelength
  EXPECT_EQ(key(name, yggdrasil("5000.0 5.0E+40 1\n")), "line 19");
  EXPECT_EQ(key(name, "no mass\n"), "line 1");
  EXPECT_EQ(key(name, "mass 1e6\n1 2\n"), "line 2");  // before an age
  EXPECT_EQ(key("Z=0.02_kroupa_IMF_fcov_0_SFR_100M_Spectra", good), "history of star formation");
}

// Two ages, three wavelengths: Lsun/Hz of 1 Msun.
std::string fsps(const std::string& rate) {
  return "#   Log(Z/Zsol): -1.000\n#   IMF: 1\n#   Processing SSP\n#\n"
         "#   log(age) log(mass) Log(lbol) log(SFR) spectra\n  2      3\n"
         "       500.0000      1500.0000      5000.0000\n"
         "  6.0000   0.0000   3.0000 " +
         rate +
         "\n  1.0E-15  2.0E-15  4.0E-15\n"
         "  9.0000  -0.2000   0.0000 -99.0000\n  0.100000-120  2.0E-16\n  4.0E-16\n";
}

TEST_F(LibraryFile, Fsps) {
  LibrarySource source{{write("ssp.spec", fsps("-99.0000"))}};
  const Library library = convert_library(source);
  EXPECT_EQ(library.name, "fsps");
  EXPECT_NEAR(library.metallicity[0], 0.00142, 1e-12);
  ASSERT_EQ(library.age_myr.size(), 2u);
  EXPECT_NEAR(library.age_myr[1], 1000, 1e-9);
  EXPECT_NEAR(library.surviving_mass[1], std::pow(10, -0.2), 1e-9);
  // L_lambda = L_nu c / lambda^2.
  EXPECT_NEAR(library.spectrum(0, 0)[1] / (2e-15 * 2.99792458e18 / 1500 / 1500 * 3.839 / 3.828), 1, 1e-6);
  EXPECT_EQ(library.spectrum(0, 1)[0], 0.0F);
  source.solar_metallicity = 0.019;
  EXPECT_NEAR(convert_library(source).metallicity[0], 0.0019, 1e-12);
  source.metallicity = 0.003;
  EXPECT_EQ(convert_library(source).metallicity, (std::vector<double>{0.003}));
}

TEST_F(LibraryFile, DamagedFspsIsRefused) {
  const std::string good = fsps("-99.0000");
  EXPECT_EQ(complaint_about({{write("a.spec", fsps("-0.3"))}}).key, "line 8");  // not a burst
  EXPECT_EQ(complaint_about({{write("b.spec", good.substr(0, good.size() - 12))}}).key, "line 11");
  EXPECT_EQ(complaint_about({{write("c.spec", "1 2\n")}}).key, "metallicity");
  EXPECT_EQ(complaint_about({{write("d.spec", "# Log(Z/Zsol): 0.0\n2.5 3\n")}}).key, "line 2");
  EXPECT_EQ(complaint_about({{write("e.spec", good + " 1 2 3\n")}}).key, "");  // what follows is not read
}

// Users' values are refused where they are read, by the description (LibraryCommand.RefusesWhatNoLibraryHas).
TEST(ConvertLibrary, TakesNoNumbersThatNoLibraryHas) {
  const std::vector<fs::path> files = {"burst.spectrum1"};  // is not looked for
  for (const double wrong : {std::nan(""), -1.0}) {
    EXPECT_THROW(convert_library({.files = files, .mass_msun = wrong}), ContractError) << wrong;
    EXPECT_THROW(convert_library({.files = files, .metallicity = wrong}), ContractError) << wrong;
    EXPECT_THROW(convert_library({.files = files, .solar_metallicity = wrong}), ContractError) << wrong;
  }
}

}  // namespace
}  // namespace arcproof::sed
