#include "engine/sed/libraries/library.h"

#include "engine/core/error.h"
#include "engine/core/units.h"
#include "engine/sed/libraries/analytic_library.h"
#include "engine/sed/libraries/bc03.h"
#include "tests/support/data.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <fstream>
#include <string>
#include <utility>

#include <gtest/gtest.h>

namespace arcproof::sed {
namespace {

// ---- ionising photons

// L = 1 Lsun / A from 500 to 1000 A: photons below the limit are int_500^912 l dl / (h c).
TEST(IonisingRate, CountsPhotonsBelowTheLimit) {
  const std::vector<double> wavelength{500, 700, 900, 1000};
  const std::vector<float> spectrum{1, 1, 1, 1};
  const double expected = 0.5 * (912.0 * 912 - 500.0 * 500) * 3.828e33 / (6.62607015e-27 * 2.99792458e18);
  EXPECT_NEAR(log_ionising_rate(wavelength, spectrum), std::log10(expected), 1e-12);
  EXPECT_EQ(log_ionising_rate(std::vector<double>{2000, 3000}, std::vector<float>{1, 1}), -HUGE_VAL);
}

// ---- .ised files, written here after the format's description

class IsedWriter {
 public:
  explicit IsedWriter(bool big_endian, bool long_marks) : big_endian_(big_endian), long_marks_(long_marks) {}

  IsedWriter& integer(std::int32_t value) { return word(std::bit_cast<std::uint32_t>(value)); }
  IsedWriter& reals(const std::vector<float>& values) {
    for (const float value : values) word(std::bit_cast<std::uint32_t>(value));
    return *this;
  }
  IsedWriter& counted(const std::vector<float>& values) {
    return integer(static_cast<std::int32_t>(values.size())).reals(values);
  }
  IsedWriter& end_record() {
    const std::string record = std::exchange(record_, {});
    if (long_marks_ && big_endian_) integer(0);
    integer(static_cast<std::int32_t>(record.size()));
    if (long_marks_ && !big_endian_) integer(0);
    const std::string mark = std::exchange(record_, {});
    file_ += mark + record + mark;
    return *this;
  }
  const std::string& file() const { return file_; }

 private:
  IsedWriter& word(std::uint32_t value) {
    for (int byte = 0; byte < 4; ++byte)
      record_ += static_cast<char>(value >> 8 * (big_endian_ ? 3 - byte : byte) & 0xff);
    return *this;
  }
  bool big_endian_, long_marks_;
  std::string file_, record_;
};

struct Ised {
  bool big_endian = false;
  std::vector<float> ages{0, 1e6, 1e7, 1e9};
  std::vector<float> wavelengths{500, 900, 1000, 5000};
  float brightness = 1;
  bool masses_add_up = true;
  bool long_marks = false;  ///< lengths of 8 bytes
};

/// Spectrum of age number a: brightness (a + 1) (1, 2, 3, 4).
std::string ised(const Ised& what) {
  IsedWriter out(what.big_endian, what.long_marks);
  out.counted(what.ages).reals({0.1F, 100, 0, 1}).end_record();
  out.counted(what.wavelengths).end_record();
  for (std::size_t a = 0; a < what.ages.size(); ++a) {
    std::vector<float> spectrum;
    for (std::size_t i = 0; i < what.wavelengths.size(); ++i)
      spectrum.push_back(what.brightness * static_cast<float>((a + 1) * (i + 1)));
    out.counted(spectrum).counted({7, 7}).end_record();
  }
  for (int record = 0; record < 14; ++record) {
    std::vector<float> values(what.ages.size(), 9);
    for (std::size_t a = 0; a < values.size(); ++a) {
      const float age = static_cast<float>(a);
      if (record == 1) values[a] = 1 - 0.2F * age;
      if (record == 9) values[a] = 0.05F * age;
      if (record == 12) values[a] = (what.masses_add_up ? 0.15F : 0.5F) * age;
    }
    out.counted(values).end_record();
  }
  return out.file();
}

class Bc03 : public testing::Test {
 protected:
  std::filesystem::path write(const std::string& name, const std::string& contents) {
    std::ofstream(folder_ / name, std::ios::binary) << contents;
    return folder_ / name;
  }
  Complaint complaint_about(const std::vector<std::filesystem::path>& files) {
    try {
      read_bc03(files);
    } catch (const InputError& error) {
      return error.complaint();
    }
    return {};
  }
  std::filesystem::path folder_ = tests::scratch_folder("ised");
};

TEST_F(Bc03, IsReadInEitherByteOrder) {
  const auto high = write("bc2003_lr_BaSeL_m62_chab_ssp.ised", ised({.big_endian = true, .brightness = 2}));
  const auto low = write("bc2003_lr_BaSeL_m42_chab_ssp.ised", ised({}));
  const Library library = read_bc03({high, low});
  EXPECT_EQ(library.name, "bc03-basel-pad94-chab");
  EXPECT_EQ(library.metallicity, (std::vector<double>{0.004, 0.02}));
  EXPECT_EQ(library.age_myr, (std::vector<double>{1, 10, 1000}));  // age 0 is dropped
  EXPECT_EQ(library.wavelength_angstrom, (std::vector<double>{500, 900, 1000, 5000}));
  const double sun = 3.826 / 3.828;  // BC03's Sun in nominal ones
  EXPECT_NEAR(library.spectrum(0, 0)[3], 2 * 4 * sun, 1e-6);
  EXPECT_NEAR(library.spectrum(1, 2)[1], 2 * 4 * 2 * sun, 1e-6);
  EXPECT_NEAR(library.surviving_mass[1], 1 - 0.2 * 2 + 0.05 * 2, 1e-6);
  EXPECT_EQ(library.log_ionising_rate.size(), 6u);
  EXPECT_NEAR(library.log_ionising_rate[3] - library.log_ionising_rate[0], std::log10(2), 1e-6);
}

TEST_F(Bc03, LengthsOfEightBytesAreRead) {
  const Library expected = read_bc03({write("bc2003_lr_BaSeL_m42_chab_ssp.ised", ised({}))});
  for (const bool big_endian : {false, true}) {
    const std::string whole = ised({.big_endian = big_endian, .long_marks = true});
    const Library library = read_bc03({write("cb2007_lr_BaSeL_m42_chab_ssp.ised", whole)});
    EXPECT_EQ(library.luminosity, expected.luminosity);
    EXPECT_EQ(library.surviving_mass, expected.surviving_mass);
    EXPECT_EQ(library.name, "cb07-basel-pad94-chab");
    EXPECT_NE(library.citation.find("Bruzual 2007"), std::string::npos);
    const auto cut = write("cb2007_lr_BaSeL_m42_chab_ssp.ised", whole.substr(0, whole.size() / 2));
    EXPECT_EQ(complaint_about({cut}).file, cut.string());
  }
}

TEST_F(Bc03, UnknownEvolutionRecordsGiveNoMass) {
  const auto path = write("bc2003_lr_BaSeL_m42_chab_ssp.ised", ised({.masses_add_up = false}));
  EXPECT_TRUE(read_bc03({path}).surviving_mass.empty());
}

TEST_F(Bc03, TruncatedFilesAreRefused) {
  const std::string whole = ised({});
  std::size_t accepted = 0;
  for (std::size_t length = 0; length < whole.size(); length += 4) {  // records are whole words
    const auto path = write("bc2003_lr_BaSeL_m42_chab_ssp.ised", whole.substr(0, length));
    accepted += complaint_about({path}).file.empty();
  }
  // Only cuts between two evolution records leave a readable file (13 of them, and one before the first): its
  // spectra are whole.
  EXPECT_EQ(accepted, 14u);
}

TEST_F(Bc03, OtherFilesAreRefused) {
  const auto text = write("bc2003_lr_BaSeL_m42_chab_ssp.ised", "# wavelength flux\n1 2\n3 4\n");
  EXPECT_EQ(complaint_about({text}).key, "record 1");
  EXPECT_EQ(complaint_about({write("a_m42_chab.ised", "")}).key, "record 1");
  EXPECT_EQ(complaint_about({folder_ / "missing_m42_chab.ised"}).found, "no such file");
  EXPECT_EQ(complaint_about({}).found, "none");
  const auto backwards = write("b_m42_chab.ised", ised({.ages = {0, 2e6, 1e6}}));
  EXPECT_EQ(complaint_about({backwards}).key, "record 1");
  const auto repeated = write("c_m42_chab.ised", ised({.wavelengths = {500, 900, 900, 5000}}));
  EXPECT_EQ(complaint_about({repeated}).key, "record 2");
  const auto negative = write("d_m42_chab.ised", ised({.brightness = -1}));
  EXPECT_NE(complaint_about({negative}).found.find("luminosity"), std::string::npos);
}

TEST_F(Bc03, NamesMustTellTheMetallicity) {
  EXPECT_EQ(complaint_about({write("bc2003.ised", ised({}))}).key, "metallicity");
  EXPECT_EQ(complaint_about({write("bc2003_m99_chab.ised", ised({}))}).key, "metallicity");
  const auto one = write("x_m42_chab_ssp.ised", ised({})), two = write("y_m42_chab_ssp.ised", ised({}));
  EXPECT_EQ(complaint_about({one, two}).key, "metallicity");
}

TEST_F(Bc03, FilesOnDifferentGridsAreRefused) {
  const auto one = write("x_m42_chab_ssp.ised", ised({}));
  const auto ages = write("x_m52_chab_ssp.ised", ised({.ages = {0, 1e6, 1e8, 1e9}}));
  const auto waves = write("x_m62_chab_ssp.ised", ised({.wavelengths = {500, 900, 1000, 6000}}));
  EXPECT_EQ(complaint_about({one, ages}).file, ages.string());
  EXPECT_EQ(complaint_about({one, waves}).file, waves.string());
}

// ---- the embedded library

TEST(AnalyticLibrary, IsWhole) {
  const Library library = analytic_library();
  EXPECT_EQ(library.metallicity, (std::vector<double>{0.0004, 0.004, 0.008, 0.02}));
  EXPECT_NEAR(library.age_myr.front(), 1, 1e-12);
  EXPECT_EQ(library.age_myr.back(), 13500);
  EXPECT_TRUE(std::is_sorted(library.age_myr.begin(), library.age_myr.end(), std::less_equal<>()));
  EXPECT_TRUE(std::is_sorted(library.wavelength_angstrom.begin(), library.wavelength_angstrom.end(),
                             std::less_equal<>()));
  EXPECT_EQ(library.wavelength_angstrom.front(), 91);
  EXPECT_NEAR(library.wavelength_angstrom.back(), 60000, 1e-6);
  const std::size_t nodes = library.age_myr.size() * 4;
  EXPECT_EQ(library.luminosity.size(), nodes * library.wavelength_angstrom.size());
  EXPECT_EQ(library.log_ionising_rate.size(), nodes);
  EXPECT_EQ(library.surviving_mass.size(), nodes);
  for (const float value : library.luminosity) EXPECT_TRUE(std::isfinite(value) && value >= 0);
  for (const double mass : library.surviving_mass) EXPECT_TRUE(mass > 0.4 && mass <= 1);
}

TEST(AnalyticLibrary, FadesInTheVisibleAfterItsSupergiants) {
  const Library library = analytic_library();
  const auto visible =
      std::lower_bound(library.wavelength_angstrom.begin(), library.wavelength_angstrom.end(), 5500) -
      library.wavelength_angstrom.begin();
  for (std::size_t iz = 0; iz < 4; ++iz) {
    const auto at = [&](double age) {
      const auto i = std::lower_bound(library.age_myr.begin(), library.age_myr.end(), age * 0.999) -
                     library.age_myr.begin();
      return library.spectrum(iz, static_cast<std::size_t>(i))[visible];
    };
    for (double age = 20; age < 8000; age *= 2) EXPECT_GT(at(age), at(2 * age)) << age;
  }
}

TEST(AnalyticLibrary, RatesAreThoseOfItsSpectra) {
  const Library library = analytic_library();
  const std::size_t count = library.wavelength_angstrom.size();
  for (std::size_t i = 0; i < library.log_ionising_rate.size(); i += 17)
    EXPECT_NEAR(
        library.log_ionising_rate[i],
        log_ionising_rate(library.wavelength_angstrom, {library.luminosity.data() + i * count, count}),
        1e-12);
}

}  // namespace
}  // namespace arcproof::sed
