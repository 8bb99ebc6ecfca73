#include "engine/sed/gas/nebular.h"

#include "engine/core/units.h"
#include "engine/sed/synthesis.h"
#include "tests/unit/engine/sed/toy.h"

#include <cmath>

#include <gtest/gtest.h>

namespace arcproof::sed {
namespace {

constexpr double planck_h = 6.62607015e-27;

/// int gamma / (h nu) dnu, photons per recombination coefficient, or int gamma dnu.
template <class Emission>
double integral(const Emission& emission, double temperature, bool photons) {
  const std::vector<double> nu = toy::log_grid(1e11, 3e16, 30000);
  double sum = 0;
  for (std::size_t i = 1; i < nu.size(); ++i) {
    const double middle = 0.5 * (nu[i] + nu[i - 1]);
    sum += emission(middle, temperature) / (photons ? planck_h * middle : 1) * (nu[i] - nu[i - 1]);
  }
  return sum;
}

// The photons of recombination to all levels n >= 2 are case B. Draine's fit to alpha_B comes from other
// tables; the Gaunt factors are good to about 1%, and levels above n = 60 are left out.
TEST(NebularContinuum, FreeBoundPhotonsAddUpToCaseB) {
  for (const double temperature : {5000.0, 10000.0, 20000.0})
    EXPECT_NEAR(integral(free_bound_emission, temperature, true) / case_b_recombination(temperature), 1,
                0.02);
}

// Two photons each time; 0.838e-13 cm^3/s less collisions at 100 cm^-3. The published fit of the rate is good
// to 1e-3.
TEST(NebularContinuum, TwoPhotonsPerDecay) {
  const double decays = 0.838e-13 / (1 + 100 / 1.55e4);
  EXPECT_NEAR(integral(two_photon_emission, 1e4, true) / (2 * decays), 1, 1e-3);
}

// Osterbrock & Ferland (2006) eq. 3.14: 1.42e-27 T^0.5 g, mean Gaunt factor 1.3.
TEST(NebularContinuum, FreeFreeCoolsAsPublished) {
  EXPECT_NEAR(integral(free_free_emission, 1e4, false) / (1.42e-27 * 100 * 1.3), 1, 0.06);
}

// Osterbrock & Ferland (2006): j(H-beta) = 1.24e-25, alpha_B = 2.59e-13; Kennicutt (1998): Q = 7.31e11
// L(H-alpha).
TEST(NebularLines, HydrogenAgreesWithPublishedEmission) {
  EXPECT_NEAR(h_beta_per_photon(1e4) / (1.24e-25 / 2.59e-13), 1, 0.03);
  const std::vector<EmissionLine> lines = emission_lines({1e4, -3.5, 0.5});
  EXPECT_NEAR(lines[0].wavelength_angstrom, 6564.6, 0.3);
  EXPECT_NEAR(lines[1].wavelength_angstrom, 4862.7, 0.2);
  EXPECT_NEAR(lines[0].over_h_beta, 2.86, 0.01);
  EXPECT_NEAR(lines[0].over_h_beta * h_beta_per_photon(1e4) * 7.31e11, 1, 0.03);
}

// Near the limit the light per Angstrom of the Balmer lines is that of the free-bound continuum just below it
// (oscillator strengths are continuous) times the departure of level n from equilibrium with the free
// electrons, which at 10^4 K and 100 cm^-3 is about a half at n = 30 and one well above n = 100.
TEST(NebularLines, SeriesApproachTheirContinuum) {
  const std::vector<EmissionLine> lines = emission_lines({1e4, -3.5, 0.5});
  const double limit = 4 / 1.0967758e-3, n = 30, spacing = 8 * limit / (n * n * n);
  double line = 0;
  for (const EmissionLine& candidate : lines)
    if (candidate.name == "Balmer 30-2")
      line = candidate.over_h_beta * h_beta_per_photon(1e4) * case_b_recombination(1e4) / spacing;
  const double nu = units::speed_of_light_angstrom_s / limit;
  const double jump = free_bound_emission(nu * 1.00001, 1e4) - free_bound_emission(nu * 0.99999, 1e4);
  EXPECT_GT(line / (jump * nu / limit), 0.3);
  EXPECT_LT(line / (jump * nu / limit), 0.7);
}

// A line keeps its luminosity on any grid: the Gaussian is normalised on it.
TEST(NebularSpectrum, ConservesLineLuminosityOnAnyGrid) {
  for (const int points : {300, 1000, 5000}) {
    const std::vector<double> grid = toy::log_grid(1000, 60000, points);
    const NebularGas gas = nebular_gas(0.004);
    const std::vector<double> spectrum = nebular_spectrum(grid, 0.004),
                              continuum = nebular_continuum(grid, gas.temperature_k);
    double sum = 0, expected = 0;
    for (std::size_t i = 1; i < grid.size(); ++i)
      sum +=
          0.5 * (grid[i] - grid[i - 1]) * (spectrum[i] - continuum[i] + spectrum[i - 1] - continuum[i - 1]);
    for (const EmissionLine& line : emission_lines(gas))
      expected += line.over_h_beta * h_beta_per_photon(gas.temperature_k) / units::solar_luminosity_erg_s;
    EXPECT_NEAR(sum / expected, 1, 1e-10) << points;
  }
}

TEST(NebularGas, CoolsAndEnrichesWithMetallicity) {
  double temperature = 1e9, oxygen = -99;
  for (const double z : {0.0001, 0.0004, 0.001, 0.004, 0.008, 0.014, 0.02, 0.05}) {
    const NebularGas gas = nebular_gas(z);
    EXPECT_LE(gas.temperature_k, temperature);
    EXPECT_GT(gas.log_oxygen, oxygen);
    EXPECT_GT(gas.doubly_ionised_oxygen, 0);
    EXPECT_LT(gas.doubly_ionised_oxygen, 1);
    temperature = gas.temperature_k;
    oxygen = gas.log_oxygen;
  }
  EXPECT_NEAR(nebular_gas(0.0142).log_oxygen, 8.69 - 12 - 0.1, 1e-9);
}

TEST(NebularGas, LosesItsDoublyIonisedOxygenWithAge) {
  for (const double z : {0.004, 0.02}) {
    EXPECT_EQ(doubly_ionised_left(4.6, z), 1);
    EXPECT_NEAR(doubly_ionised_left(6.6, z), 0.01, 1e-12);
  }
  EXPECT_EQ(doubly_ionised_left(6.5, 0.0004), 1);
  EXPECT_NEAR(doubly_ionised_left(7.5, 0.0004), std::pow(10, -0.6), 1e-3);
  EXPECT_EQ(doubly_ionised_left(6.5, 1e-5), doubly_ionised_left(6.5, 0.0004));
}

// Where O++ is gone, [O III] and [Ne III] are, and [O II] is that of all oxygen; hydrogen does not change.
TEST(NebularSpectrum, ChangesInSoftLight) {
  const std::vector<double> grid = toy::log_grid(1000, 60000, 20000);
  NebularGas gas = nebular_gas(0.008);
  const std::vector<double> change = soft_light_change(grid, 0.008);
  const auto integral = [&](double from, double to) {
    double sum = 0;
    for (std::size_t i = 1; i < grid.size(); ++i)
      if (grid[i] > from && grid[i] < to) sum += 0.5 * (grid[i] - grid[i - 1]) * (change[i] + change[i - 1]);
    return sum / (h_beta_per_photon(gas.temperature_k) / units::solar_luminosity_erg_s);
  };
  const auto line = [&](double from, double to) {
    double sum = 0;
    for (const EmissionLine& candidate : emission_lines(gas))
      if (candidate.wavelength_angstrom > from && candidate.wavelength_angstrom < to)
        sum += candidate.over_h_beta;
    return sum;
  };
  const double oxygen_iii = line(4940, 5030), oxygen_ii = line(3715, 3740), high = gas.doubly_ionised_oxygen;
  // The Balmer lines near [O II] do not change and are not in it.
  gas.doubly_ionised_oxygen = 1;
  const double balmer = line(3715, 3740);
  EXPECT_NEAR(integral(4940, 5030), -oxygen_iii, 1e-6 * oxygen_iii);
  EXPECT_NEAR(integral(3715, 3740), (oxygen_ii - balmer) * high / (1 - high), 1e-6 * oxygen_ii);
  EXPECT_EQ(integral(6600, 6700), 0);
  EXPECT_EQ(integral(4840, 4880), 0);
}

// Read back through the direct method as published (Izotov et al. 2006 eqs. 3 and 5), the lines give the
// oxygen put in.
TEST(NebularLines, DirectMethodFindsTheOxygen) {
  const NebularGas gas{12000, -3.9, 0.6};
  double o3 = 0, o2 = 0;
  for (const EmissionLine& line : emission_lines(gas)) {
    if (line.name == "[OIII]") o3 += line.over_h_beta;
    if (line.name == "[OII]") o2 += line.over_h_beta;
  }
  const double t3 = 1.2, t2 = 0.7 * t3 + 0.3;
  const double high =
      std::pow(10, std::log10(o3) + 6.200 + 1.251 / t3 - 0.55 * std::log10(t3) - 0.014 * t3 - 12);
  const double low =
      std::pow(10, std::log10(o2) + 5.961 + 1.676 / t2 - 0.40 * std::log10(t2) - 0.034 * t2 - 12);
  EXPECT_NEAR(std::log10(high + low), gas.log_oxygen, 1e-9);
  EXPECT_NEAR(high / (high + low), 0.6, 1e-9);
}

}  // namespace
}  // namespace arcproof::sed
