#include "engine/sed/library_file.h"

#include "engine/core/error.h"
#include "engine/core/units.h"
#include "engine/io/files.h"
#include "engine/io/fits.h"
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
  const Library library = convert_library({{write("bc2003_lr_m42_chab_ssp.ised_ASCII", text)}});
  EXPECT_EQ(library.metallicity, (std::vector<double>{0.004}));
  EXPECT_EQ(library.age_myr, (std::vector<double>{1, 2}));
  ASSERT_EQ(library.wavelength_angstrom.size(), 101u);
  EXPECT_NEAR(library.spectrum(0, 1)[100], 103 * old_sun, 1e-4);
  EXPECT_NEAR(library.spectrum(0, 0)[0], 2 * old_sun, 1e-6);
}

}  // namespace
}  // namespace arcproof::sed
