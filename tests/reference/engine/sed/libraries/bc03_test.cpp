// The reader of .ised files against the same models as a FITS file (float32 copies of the native spectra at
// 97 of the 221 ages).
#include "engine/sed/libraries/bc03.h"

#include "engine/io/fits.h"
#include "engine/sed/libraries/library.h"
#include "tests/support/data.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

namespace arcproof::sed {
namespace {

std::size_t index_of(const std::vector<double>& grid, double value) {
  const auto near = std::min_element(grid.begin(), grid.end(), [&](double a, double b) {
    return std::abs(a - value) < std::abs(b - value);
  });
  EXPECT_NEAR(*near / value, 1, 1e-7);
  return static_cast<std::size_t>(near - grid.begin());
}

class Bc03Fits : public testing::Test {
 protected:
  void SetUp() override {
    fits_ = tests::data_file("ssp/bc03_basel31_pad94_chab_stellar.fits");
    if (fits_.empty()) GTEST_SKIP() << "data file not at hand: ssp/bc03_basel31_pad94_chab_stellar.fits";
    std::vector<std::filesystem::path> files;
    for (const char* m : {"m72", "m32", "m62", "m42", "m52"}) {
      const std::string name = std::string("ssp/raw/bc2003_lr_BaSeL_") + m + "_chab_ssp.ised.gz";
      files.push_back(tests::data_file(name));
      if (files.back().empty()) GTEST_SKIP() << "data file not at hand: " << name;
    }
    library_ = read_bc03(files);
    for (const double age : array("AGE")) age_.push_back(index_of(library_.age_myr, age * 1e-6));
    for (const double x : array("WAVE")) wave_.push_back(index_of(library_.wavelength_angstrom, x));
  }
  std::vector<double> array(const std::string& hdu) const { return io::read_fits_array(fits_, hdu).values; }

  std::filesystem::path fits_;
  Library library_;
  std::vector<std::size_t> age_, wave_;  // of the FITS file's nodes in the library
};

TEST_F(Bc03Fits, HasTheNativeGrid) {
  EXPECT_EQ(library_.age_myr.size(), 220u);
  EXPECT_EQ(library_.wavelength_angstrom.size(), 2023u);
  EXPECT_EQ(library_.metallicity, (std::vector<double>{0.0004, 0.004, 0.008, 0.02, 0.05}));
  EXPECT_EQ(library_.name, "bc03-basel-pad94-chab");
  EXPECT_EQ(age_.size(), 97u);
  EXPECT_EQ(wave_.size(), 1560u);
}

// Both files hold the same floats; the reader converts the Sun (3.826 to 3.828) and rounds once more: 1e-7.
TEST_F(Bc03Fits, SpectraAreTheSame) {
  const std::vector<double> spectra = array("STELLAR");
  double greatest = 0;
  for (std::size_t iz = 0; iz < 5; ++iz)
    for (std::size_t a = 0; a < age_.size(); ++a)
      for (std::size_t w = 0; w < wave_.size(); ++w) {
        const double mine = library_.spectrum(iz, age_[a])[wave_[w]] * 3.828 / 3.826;
        const double theirs = spectra[(iz * age_.size() + a) * wave_.size() + w];
        // Values below the least normal float are cut differently.
        if (theirs > 1e-37) greatest = std::max(greatest, std::abs(mine / theirs - 1));
      }
  EXPECT_LT(greatest, 2e-7);
}

TEST_F(Bc03Fits, SurvivingMassIsTheSame) {
  const std::vector<double> mass = array("MSTAR");
  ASSERT_FALSE(library_.surviving_mass.empty());
  for (std::size_t iz = 0; iz < 5; ++iz)
    for (std::size_t a = 0; a < age_.size(); ++a)  // the FITS file's numbers were printed to five digits
      EXPECT_NEAR(library_.surviving_mass[iz * library_.age_myr.size() + age_[a]], mass[iz * age_.size() + a],
                  6e-6);
}

// The same integral, except for how the step of the grid that holds the limit (905 ... 915 A) is cut: it
// matters where light is left only next to the limit, in old populations.
TEST_F(Bc03Fits, IonisingRateIsTheSame) {
  const std::vector<double> rate = array("LOGQH");
  double young = 0, old = 0;
  for (std::size_t iz = 0; iz < 5; ++iz)
    for (std::size_t a = 0; a < age_.size(); ++a) {
      const std::size_t node = iz * library_.age_myr.size() + age_[a];
      double& greatest = library_.age_myr[age_[a]] < 6 ? young : old;
      greatest = std::max(greatest, std::abs(library_.log_ionising_rate[node] - rate[iz * age_.size() + a]));
    }
  std::printf("log Q_H: %.4f below 6 Myr, %.4f above\n", young, old);
  EXPECT_LT(young, 0.001);
  EXPECT_LT(old, 0.02);
}

}  // namespace
}  // namespace arcproof::sed
