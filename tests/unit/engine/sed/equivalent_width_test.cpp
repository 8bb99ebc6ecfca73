#include "engine/sed/equivalent_width.h"

#include "engine/core/error.h"
#include "engine/sed/attenuation.h"
#include "engine/sed/libraries/analytic_library.h"
#include "tests/unit/engine/sed/toy.h"

#include <cmath>

#include <gtest/gtest.h>

namespace arcproof::sed {
namespace {

/// Coarse in the ultraviolet, steps of 1 A beyond: lines of the spectrum are as wide as a step.
std::vector<double> fine_wavelengths() {
  std::vector<double> x = toy::log_grid(200, 4000, 200);
  for (int wavelength = 4001; wavelength < 6800; ++wavelength) x.push_back(wavelength);
  return x;
}

/// A straight line in the optical, with a trough of stellar H-alpha of a depth.
Library young_stars(double depth = 0) {
  return toy::library(fine_wavelengths(), {1, 10, 100}, {0.004, 0.02}, [depth](double x, double age, double) {
    const double ionising = x < 950 ? 6 / age : 0, y = (x - 6564.6) / 8;
    return ionising + 1 - 1e-4 * x - 0.1 * depth * std::exp(-0.5 * y * y);
  });
}

double width(const Library& library, const Population& population, const MeasuredLine& line,
             const SynthesisOptions& options = {}) {
  return line_light(library, population, line, options).equivalent_width_angstrom();
}

const Population half_way{3, 0.009, 0, {5}};

/// The line of the spectrum above the straight line from 7 A below to 7 A above it, over the latter.
double width_in_spectrum(const Library& library, const std::vector<double>& spectrum, double wavelength) {
  const std::vector<double>& x = library.wavelength_angstrom;
  const auto at = [&](double w) {
    return static_cast<std::size_t>(std::lower_bound(x.begin(), x.end(), w) - x.begin());
  };
  const std::size_t first = at(wavelength - 7), last = at(wavelength + 7);
  double flux = 0, continuum = 0;
  for (std::size_t i = first; i < last; ++i)
    flux += 0.5 * (spectrum[i] + spectrum[i + 1]) * (x[i + 1] - x[i]);
  const auto straight = [&](double w) {
    return std::lerp(spectrum[first], spectrum[last], (w - x[first]) / (x[last] - x[first]));
  };
  continuum = 0.5 * (x[last] - x[first]) * (spectrum[first] + spectrum[last]);
  return (flux - continuum) / straight(wavelength);
}

// What is left: the curvature of the continuum of the gas over 14 A, and floats.
TEST(EquivalentWidth, IsThatOfTheLineInTheSpectrum) {
  const Library library = young_stars();
  for (const double covering : {0.3, 1.0}) {
    const SynthesisOptions options{.covering_fraction = covering, .log_u = -2.2};
    const std::vector<double> spectrum = rest_frame_spectrum(library, half_way, options);
    for (const MeasuredLine& line : measured_lines) {
      const double expected = width_in_spectrum(library, spectrum, line.wavelength_angstrom);
      EXPECT_GT(expected, 20) << line.name;
      EXPECT_NEAR(width(library, half_way, line, options) / expected, 1, 1e-4) << line.name;
    }
  }
}

// W = f L / (S + f C): 1 / W is a straight line in 1 / f. Without gas there is no line.
TEST(EquivalentWidth, FollowsTheCoveringFraction) {
  const Library library = young_stars();
  for (const MeasuredLine& line : measured_lines) {
    const auto inverse = [&](double f) {
      return 1 / width(library, half_way, line, {.covering_fraction = f});
    };
    EXPECT_EQ(width(library, half_way, line, {.covering_fraction = 0}), 0);
    EXPECT_NEAR((inverse(0.25) - inverse(0.5)) / (inverse(0.5) - inverse(1.0)), 2, 1e-9) << line.name;
    EXPECT_GT(inverse(0.25), inverse(1.0));
    const SynthesisOptions half{.covering_fraction = 0.5}, whole{.covering_fraction = 1};
    EXPECT_NEAR(
        line_light(library, half_way, line, whole).line / line_light(library, half_way, line, half).line, 2,
        1e-12);
  }
  EXPECT_THROW(width(library, half_way, measured_lines[0], {.covering_fraction = 1.1}), ContractError);
  EXPECT_THROW(width(library, half_way, {"none", 6000, 60, 120}), ContractError);
}

// Stars and gas behind the same dust keep W; else the gas' part of the light falls by the dust between them.
TEST(EquivalentWidth, FallsWithDustOnTheGasAlone) {
  const Library library = young_stars();
  Population dusty = half_way;
  dusty.ebv_mag = 0.3;
  for (const DustLaw dust : {DustLaw::calzetti, DustLaw::smc}) {
    for (const MeasuredLine& line : measured_lines) {
      const LineLight clear = line_light(library, half_way, line, {.dust = dust});
      const double bare = clear.line / (clear.stars + clear.gas);
      EXPECT_NEAR(width(library, dusty, line, {.dust = dust}) / bare, 1, 1e-12);
      const double between =
          std::pow(10, -0.4 * dust_k(dust, line.wavelength_angstrom) * 0.3 * (1 / 0.44 - 1));
      EXPECT_NEAR(width(library, dusty, line, {.dust = dust, .stars_over_gas_ebv = 0.44}),
                  clear.line * between / (clear.stars + clear.gas * between), 1e-9 * bare);
      EXPECT_LT(width(library, dusty, line, {.dust = dust, .stars_over_gas_ebv = 0.44}), 0.8 * bare);
    }
  }
}

// The trough has half of the continuum at its centre and ends, at 7 standard deviations, before the windows.
TEST(EquivalentWidth, LeavesOutWhatTheStarsAbsorb) {
  const Library smooth = young_stars(), absorbing = young_stars(1.7);
  const double centre = 6564.6;
  const std::vector<double> stars = rest_frame_spectrum(absorbing, half_way, {.covering_fraction = 0});
  EXPECT_LT(width_in_spectrum(absorbing, stars, centre), -0.5);
  EXPECT_NEAR(width(absorbing, half_way, measured_lines[0]) / width(smooth, half_way, measured_lines[0]), 1,
              1e-6);
}

TEST(EquivalentWidth, IsNotThereOutsideTheLibrary) {
  const Library blue =
      toy::library(toy::log_grid(200, 6600, 400), {1, 10}, {0.02}, [](double, double, double) { return 1; });
  EXPECT_TRUE(std::isnan(width(blue, {3, 0.02, 0, {}}, measured_lines[0])));
  EXPECT_GT(width(blue, {3, 0.02, 0, {}}, measured_lines[1]), 0);
}

// A burst's ionising stars die first: its widths fall with age, those of stars that go on forming stay above.
TEST(EquivalentWidth, FallsAsAPopulationAges) {
  const Library library = analytic_library();
  for (const MeasuredLine& line : measured_lines) {
    double before = HUGE_VAL;
    for (const double age : {3.0, 5.0, 7.0, 10.0}) {
      const double burst = width(library, {age, 0.004, 0, {0}}, line),
                   steady = width(library, {age, 0.004, 0, {10}}, line);
      EXPECT_LT(burst, before) << line.name << " " << age;
      EXPECT_LT(burst, steady) << line.name << " " << age;
      before = burst;
    }
  }
}

}  // namespace
}  // namespace arcproof::sed
