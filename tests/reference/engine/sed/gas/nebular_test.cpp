// Nebular emission against an independent calculation: hydrogen and helium continuum at 10^4 K times Q_H, and
// lines of Cloudy models at log U = -2.5 (Byler et al. 2017), per Msun formed, for a covering fraction of 1.
#include "engine/sed/gas/nebular.h"

#include "engine/core/units.h"
#include "engine/io/fits.h"
#include "engine/sed/synthesis.h"
#include "tests/support/data.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

namespace arcproof::sed {
namespace {

constexpr const char* nebular_file = "ssp/bc03_basel31_pad94_chab_nebular_logU-2.5.fits";
constexpr const char* stellar_file = "ssp/bc03_basel31_pad94_chab_stellar.fits";

class NebularReference : public testing::Test {
 protected:
  void SetUp() override {
    const auto nebular = tests::data_file(nebular_file), stellar = tests::data_file(stellar_file);
    if (nebular.empty() || stellar.empty()) GTEST_SKIP() << "data file not at hand: " << nebular_file;
    wave_ = io::read_fits_array(nebular, "WAVE").values;
    age_ = io::read_fits_array(nebular, "AGE").values;
    z_ = io::read_fits_array(nebular, "Z").values;
    spectrum_ = io::read_fits_array(nebular, "NEB").values;
    line_wave_ = io::read_fits_array(nebular, "LINEWAVE").values;
    line_ = io::read_fits_array(nebular, "LINELUM").values;
    rate_ = io::read_fits_array(stellar, "LOGQH").values;
    ages_of_rate_ = io::read_fits_array(stellar, "AGE").values.size();
  }
  /// Ionising photons per second and Lsun, so that quotients by it are Lsun per photon.
  double photons(std::size_t iz, std::size_t age) const {
    return std::pow(10, rate_[iz * ages_of_rate_ + age]);
  }

  /// Luminosity of the lines between two wavelengths, per photon [Lsun], averaged over ages below 5 Myr with
  /// the photons as weights: what a region that forms stars steadily for 5 Myr sends out.
  double steady_line(std::size_t iz, double from, double to) const {
    double light = 0, sum = 0;
    for (std::size_t age = 0; age < age_.size() && age_[age] < 5e6; ++age) {
      const double width = age == 0 ? age_[0] : age_[age] - age_[age - 1];
      for (std::size_t i = 0; i < line_wave_.size(); ++i)
        if (line_wave_[i] > from && line_wave_[i] < to)
          light += width * line_[(iz * age_.size() + age) * line_wave_.size() + i];
      sum += width * photons(iz, age);
    }
    return light / sum;
  }

  std::vector<double> wave_, age_, z_, spectrum_, line_wave_, line_, rate_;
  std::size_t ages_of_rate_ = 0;
};

// The file has lines in its spectrum: the comparison is on wavelengths from which every line is 1.5% or more
// away.
TEST_F(NebularReference, ContinuumAgrees) {
  const std::vector<double> mine = nebular_continuum(wave_, 1e4);
  double greatest = 0;
  for (std::size_t i = 0; i < wave_.size(); ++i) {
    if (wave_[i] < 1250 || wave_[i] > 20000) continue;
    const bool free_of_lines = std::none_of(line_wave_.begin(), line_wave_.end(), [&](double line) {
      return std::abs(line / wave_[i] - 1) < 0.015;
    });
    const bool at_an_edge = std::abs(wave_[i] / 3647 - 1) < 0.01 || std::abs(wave_[i] / 8206 - 1) < 0.01 ||
                            std::abs(wave_[i] / 14588 - 1) < 0.01;
    if (!free_of_lines || at_an_edge) continue;
    const double theirs = spectrum_[i] / photons(0, 0) * 3.826 / 3.828;
    greatest = std::max(greatest, std::abs(mine[i] / theirs - 1));
  }
  std::printf("continuum at 10^4 K, 1,250 A ... 2 um: greatest difference %.3f\n", greatest);
  EXPECT_LT(greatest, 0.05);
}

TEST_F(NebularReference, StrongLinesAgree) {
  struct Line {
    const char* name;
    double from, to, dex;
  };
  for (std::size_t iz = 0; iz < 4; ++iz) {
    const NebularGas gas = nebular_gas(z_[iz]);
    const auto mine = [&](double from, double to) {
      double sum = 0;
      for (const EmissionLine& line : emission_lines(gas))
        if (line.wavelength_angstrom > from && line.wavelength_angstrom < to) sum += line.over_h_beta;
      return sum * h_beta_per_photon(gas.temperature_k) / units::solar_luminosity_erg_s;
    };
    // H-alpha, H-beta, [OIII] and [OII] carry most of the light. The fainter lines differ by the abundances
    // that the two adopt.
    for (const Line& line : {Line{"H-alpha", 6560, 6570, 0.1},
                             {"H-beta", 4860, 4866, 0.1},
                             {"[OIII]", 4955, 5015, 0.1},
                             {"[OII]", 3724, 3733, 0.15},
                             {"[NeIII]", 3868, 3872, 0.6},
                             {"HeI 5876", 5874, 5880, 0.15},
                             {"[NII]", 6583, 6588, 0.25},
                             {"[SII]", 6715, 6735, 0.35},
                             {"[SIII]", 9065, 9540, 0.35},
                             {"P-beta", 12815, 12830, 0.1},
                             {"P-alpha", 18750, 18765, 0.1},
                             {"H-gamma", 4339, 4344, 0.1}}) {
      const double dex = std::log10(mine(line.from, line.to) / steady_line(iz, line.from, line.to));
      std::printf("Z = %-6g %-8s %+.3f dex\n", z_[iz], line.name, dex);
      EXPECT_LT(std::abs(dex), line.dex) << line.name << " Z = " << z_[iz];
    }
  }
}

// The continuum that populations get is at the T_e of their metallicity; this far from the one at 10^4 K.
TEST_F(NebularReference, ContinuumAtTheTemperatureOfTheGas) {
  for (std::size_t iz = 0; iz < 4; ++iz) {
    const double temperature = nebular_gas(z_[iz]).temperature_k;
    const std::vector<double> x{1500, 3000, 3600, 3800, 5500, 8000, 12000, 18000};
    const std::vector<double> own = nebular_continuum(x, temperature), standard = nebular_continuum(x, 1e4);
    std::printf("Z = %-6g T_e = %5.0f K, over 10^4 K:", z_[iz], temperature);
    for (std::size_t i = 0; i < x.size(); ++i) {
      std::printf(" %.0f: %.2f", x[i], own[i] / standard[i]);
      EXPECT_NEAR(own[i] / standard[i], 1, 0.4);
    }
    std::printf("\n");
  }
}

}  // namespace
}  // namespace arcproof::sed
