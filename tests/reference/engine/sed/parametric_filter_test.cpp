// The embedded bands against the real curves: synthetic magnitudes of stellar spectra, and half-power points.
#include "engine/sed/parametric_filter.h"

#include "engine/sed/libraries/bc03.h"
#include "engine/sed/synthesis.h"
#include "tests/support/data.h"

#include <algorithm>
#include <cmath>
#include <map>

#include <gtest/gtest.h>

namespace arcproof::sed {
namespace {

std::string file_of(const std::string& band) {
  static const std::map<std::string, std::string> hubble{
      {"F435W", "ACS"},      {"F475W", "ACS"},      {"F606W", "ACS"},     {"F775W", "ACS"},
      {"F814W", "ACS"},      {"F850LP", "ACS"},     {"F105W", "WFC3IR"},  {"F110W", "WFC3IR"},
      {"F125W", "WFC3IR"},   {"F140W", "WFC3IR"},   {"F160W", "WFC3IR"},  {"F275W", "WFC3UVIS"},
      {"F336W", "WFC3UVIS"}, {"F390W", "WFC3UVIS"}, {"F438W", "WFC3UVIS"}};
  const auto found = hubble.find(band);
  return "filters/" + (found == hubble.end() ? "NIRCam" : found->second) + "_" + band + ".txt";
}

double magnitude(const BandWeights& weights, const float* spectrum) {
  double sum = 0;
  for (std::size_t i = 0; i < weights.weight.size(); ++i)
    sum += weights.weight[i] * spectrum[weights.first + i];
  return -2.5 * std::log10(sum);
}

class ParametricFilters : public testing::TestWithParam<std::string> {
 protected:
  static const Library* bc03() {
    static const auto library = []() -> std::unique_ptr<Library> {
      std::vector<std::filesystem::path> files;
      for (const char* m : {"m32", "m52", "m62"}) {
        files.push_back(tests::data_file(std::string("ssp/raw/bc2003_lr_BaSeL_") + m + "_chab_ssp.ised.gz"));
        if (files.back().empty()) return nullptr;
      }
      return std::make_unique<Library>(read_bc03(files));
    }();
    return library.get();
  }
};

// Spectra of single bursts, 2 Myr ... 10 Gyr, at z = 0.5 ... 8. Bands that hold Lyman-alpha or less are
// compared apart: their flux is that of the break, wherever it happens to stand in the band.
TEST_P(ParametricFilters, GiveTheMagnitudesOfTheRealCurve) {
  ARCPROOF_NEEDS_DATA(path, file_of(GetParam()));
  const Library* library = bc03();
  if (!library) GTEST_SKIP() << "data file not at hand: ssp/raw/bc2003_lr_BaSeL_*_chab_ssp.ised.gz";
  const Filter real = read_filter(path, GetParam()), mine = parametric_filter(GetParam());
  double greatest = 0;
  for (double z = 0.5; z <= 8; z += 0.25) {
    std::vector<double> observed(library->wavelength_angstrom);
    for (double& x : observed) x *= 1 + z;
    if (mine.wavelength_angstrom.front() < 1216 * (1 + z)) continue;
    const BandWeights of_mine = band_weights(mine, observed), of_real = band_weights(real, observed);
    for (std::size_t iz = 0; iz < 3; ++iz) {
      for (std::size_t age = 0; age < library->age_myr.size(); age += 9) {
        if (library->age_myr[age] < 2 || library->age_myr[age] > 1e4) continue;
        const float* spectrum = library->spectrum(iz, age);
        greatest = std::max(greatest, std::abs(magnitude(of_mine, spectrum) - magnitude(of_real, spectrum)));
      }
    }
  }
  std::printf("%-6s greatest difference %.4f mag; half-power %.0f %.0f (real %.0f %.0f); pivot %.0f (%.0f)\n",
              GetParam().c_str(), greatest, mine.half_power_low_angstrom(), mine.half_power_high_angstrom(),
              real.half_power_low_angstrom(), real.half_power_high_angstrom(), mine.pivot_angstrom(),
              real.pivot_angstrom());
  EXPECT_LT(greatest, GetParam() == "F850LP" ? 0.03 : 0.01);
  EXPECT_NEAR(mine.half_power_low_angstrom() / real.half_power_low_angstrom(), 1, 0.005);
  EXPECT_NEAR(mine.half_power_high_angstrom() / real.half_power_high_angstrom(), 1, 0.005);
  EXPECT_NEAR(mine.pivot_angstrom() / real.pivot_angstrom(), 1, 0.002);
}

INSTANTIATE_TEST_SUITE_P(Bands, ParametricFilters, testing::ValuesIn(parametric_filter_bands()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace arcproof::sed
