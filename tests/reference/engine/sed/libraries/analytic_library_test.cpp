// The embedded library against the models it describes. The bounds below are the table in
// engine/sed/libraries/analytic_library.cpp: what was measured here, rounded up in the second digit. What the
// library was made for is 0.15 mag in U-B, B-V, V-I and 0.1 dex in M/L_V.
#include "engine/sed/libraries/analytic_library.h"

#include "engine/sed/libraries/bc03.h"
#include "engine/sed/synthesis.h"
#include "tests/support/data.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>

#include <gtest/gtest.h>

namespace arcproof::sed {
namespace {

Filter band(std::string name, double first, double step, std::vector<double> response) {
  Filter filter{std::move(name), {}, std::move(response)};
  for (std::size_t i = 0; i < filter.throughput.size(); ++i)
    filter.wavelength_angstrom.push_back(first + step * i);
  return filter;
}

/// Bessell (1990) UX, B, V, I.
std::map<std::string, Filter> johnson_cousins() {
  return {
      {"U", band("U", 3000, 50, {0,    .016, .068, .167, .287, .423, .560, .673, .772, .841, .905, .943, .981,
                                 .993, 1,    .989, .916, .804, .625, .423, .238, .114, .051, .019, 0})},
      {"B", band("B", 3600, 100, {0,    .030, .134, .567, .920, .978, 1,    .978, .935, .853, .740,
                                  .640, .536, .424, .325, .235, .150, .095, .043, .009, 0})},
      {"V", band("V", 4700, 100, {0,    .030, .163, .458, .780, .967, 1,    .973, .898, .792, .684, .574,
                                  .461, .359, .270, .197, .135, .081, .045, .025, .017, .013, .009, 0})},
      {"I", band("I", 7000, 100, {0,    .024, .232, .555, .785, .910, .965, .985, .990, .995, 1, 1,
                                  .990, .980, .950, .910, .860, .750, .560, .330, .150, .030, 0})}};
}

double magnitude(const std::vector<double>& wavelength, const std::vector<double>& spectrum,
                 const Filter& filter) {
  const BandWeights weights = band_weights(filter, wavelength);
  double sum = 0;
  for (std::size_t i = 0; i < weights.weight.size(); ++i)
    sum += weights.weight[i] * spectrum[weights.first + i];
  return -2.5 * std::log10(sum);
}

/// Mean of the spectrum in a box.
double mean(const std::vector<double>& wavelength, const std::vector<double>& spectrum, double from,
            double to) {
  double sum = 0, width = 0;
  for (std::size_t i = 1; i < wavelength.size(); ++i) {
    if (wavelength[i - 1] < from || wavelength[i] > to) continue;
    sum += 0.5 * (spectrum[i] + spectrum[i - 1]) * (wavelength[i] - wavelength[i - 1]);
    width += wavelength[i] - wavelength[i - 1];
  }
  return sum / width;
}

class AnalyticLibrary : public testing::Test {
 protected:
  void SetUp() override {
    std::vector<std::filesystem::path> files;
    for (const char* m : {"m32", "m42", "m52", "m62"}) {
      files.push_back(tests::data_file(std::string("ssp/raw/bc2003_lr_BaSeL_") + m + "_chab_ssp.ised.gz"));
      if (files.back().empty()) GTEST_SKIP() << "data file not at hand: ssp/raw/bc2003_lr_BaSeL_" << m;
    }
    bc03_ = read_bc03(files);
    analytic_ = analytic_library();
  }

  std::vector<double> spectrum(const Library& library, double age_myr, double z) const {
    return rest_frame_spectrum(library, {age_myr, z, 0, {0}}, {.covering_fraction = 0, .igm = false});
  }

  using Quantity =
      std::function<double(const std::vector<double>& wavelength, const std::vector<double>& spectrum)>;
  /// Greatest |analytic - BC03| over the metallicities and ages, in steps of 0.01 dex: BC03 has nodes every
  /// 0.02 dex while populations are young.
  double worst(double from_myr, double to_myr, const Quantity& quantity, const char* name) {
    double greatest = 0;
    for (const double z : {0.0004, 0.004, 0.008, 0.02}) {
      double here = 0;
      for (double log_age = std::log10(from_myr); log_age <= std::log10(to_myr) + 1e-9; log_age += 0.01) {
        const double age = std::pow(10, log_age);
        const double difference = quantity(analytic_.wavelength_angstrom, spectrum(analytic_, age, z)) -
                                  quantity(bc03_.wavelength_angstrom, spectrum(bc03_, age, z));
        here = std::max(here, std::abs(difference));
      }
      std::printf("%s, Z = %g, %g ... %g Myr: %.3f\n", name, z, from_myr, to_myr, here);
      greatest = std::max(greatest, here);
    }
    return greatest;
  }

  Quantity colour(const std::string& blue, const std::string& red) {
    return [this, blue, red](const auto& x, const auto& y) {
      return magnitude(x, y, bands_.at(blue)) - magnitude(x, y, bands_.at(red));
    };
  }

  std::map<std::string, Filter> bands_ = johnson_cousins();
  Library bc03_, analytic_;
};

TEST_F(AnalyticLibrary, HasTheColoursOfBc03) {
  EXPECT_LT(worst(1, 1e4, colour("U", "B"), "U-B"), 0.14);
  EXPECT_LT(worst(1, 1e4, colour("B", "V"), "B-V"), 0.10);
  EXPECT_LT(worst(1, 1e4, colour("V", "I"), "V-I"), 0.13);
}

TEST_F(AnalyticLibrary, HasTheMassToLightRatioOfBc03) {
  const auto log_light = [this](const auto& x, const auto& y) {
    return -0.4 * magnitude(x, y, bands_.at("V"));
  };
  EXPECT_LT(worst(1, 1e4, log_light, "log M/L_V"), 0.09);
}

TEST_F(AnalyticLibrary, HasTheUltravioletOfYoungBc03) {
  // Slope beta of f_lambda between 1300 and 2500 A while there is a UV to speak of.
  const auto slope = [](const auto& x, const auto& y) {
    return std::log(mean(x, y, 2350, 2650) / mean(x, y, 1300, 1500)) / std::log(2500.0 / 1400.0);
  };
  EXPECT_LT(worst(1, 300, slope, "UV slope"), 0.21);
  const auto ultraviolet = [this](const auto& x, const auto& y) {
    return std::log10(mean(x, y, 1450, 1650)) + 0.4 * magnitude(x, y, bands_.at("V"));
  };
  EXPECT_LT(worst(1, 300, ultraviolet, "log L(1550)/L_V"), 0.12);
}

TEST_F(AnalyticLibrary, HasTheBreaksOfBc03) {
  const auto balmer = [](const auto& x, const auto& y) {
    return std::log10(mean(x, y, 4100, 4400) / mean(x, y, 3400, 3600));
  };
  EXPECT_LT(worst(1, 1e4, balmer, "log break 4250/3500"), 0.07);
  const auto lyman = [](const auto& x, const auto& y) {
    return std::log10(mean(x, y, 920, 1000) / mean(x, y, 700, 900));
  };
  EXPECT_LT(worst(1, 10, lyman, "log Lyman break"), 0.20);
}

TEST_F(AnalyticLibrary, HasTheNearInfraredOfBc03) {
  const auto red = [this](const auto& x, const auto& y) {
    return std::log10(mean(x, y, 20000, 24000)) + 0.4 * magnitude(x, y, bands_.at("V"));
  };
  EXPECT_LT(worst(1, 1e4, red, "log L_K/L_V"), 0.12);
}

TEST_F(AnalyticLibrary, HasTheIonisingPhotonsAndSurvivingMassOfBc03) {
  double rate = 0, mass = 0;
  for (std::size_t iz = 0; iz < 4; ++iz) {
    for (std::size_t i = 0; i < bc03_.age_myr.size(); ++i) {
      const double age = bc03_.age_myr[i];
      if (age < 1 || age > 1e4) continue;
      const auto near = std::min_element(
          analytic_.age_myr.begin(), analytic_.age_myr.end(),
          [&](double a, double b) { return std::abs(std::log(a / age)) < std::abs(std::log(b / age)); });
      if (std::abs(std::log10(*near / age)) > 0.01) continue;
      const std::size_t mine =
          iz * analytic_.age_myr.size() + static_cast<std::size_t>(near - analytic_.age_myr.begin());
      const std::size_t theirs = iz * bc03_.age_myr.size() + i;
      if (age < 10)
        rate = std::max(rate, std::abs(analytic_.log_ionising_rate[mine] - bc03_.log_ionising_rate[theirs]));
      mass = std::max(mass, std::abs(analytic_.surviving_mass[mine] - bc03_.surviving_mass[theirs]));
    }
  }
  std::printf("log Q_H below 10 Myr: %.3f; surviving mass: %.3f\n", rate, mass);
  EXPECT_LT(rate, 0.15);
  EXPECT_LT(mass, 0.02);
}

// The numbers of docs/figures/embedded_library.gp: analytic - BC03 against age, a row an age; for each
// metallicity U-B, B-V, V-I [mag] and log M/L_V.
TEST_F(AnalyticLibrary, DeviationsAgainstAge) {
  for (int step = 0; step <= 40; ++step) {
    const double log_age = 6 + 0.1 * step;
    std::printf("%.1f", log_age);
    for (const double z : {0.0004, 0.004, 0.008, 0.02}) {
      const std::vector<double> mine = spectrum(analytic_, std::pow(10, log_age - 6), z),
                                theirs = spectrum(bc03_, std::pow(10, log_age - 6), z);
      const auto difference = [&](const std::string& name) {
        return magnitude(analytic_.wavelength_angstrom, mine, bands_.at(name)) -
               magnitude(bc03_.wavelength_angstrom, theirs, bands_.at(name));
      };
      const double u = difference("U"), b = difference("B"), v = difference("V"), i = difference("I");
      std::printf("  %6.3f %6.3f %6.3f %6.3f", u - b, b - v, v - i, 0.4 * v);
      EXPECT_LT(std::max({std::abs(u - b), std::abs(b - v), std::abs(v - i)}), 0.14);
      EXPECT_LT(std::abs(0.4 * v), 0.09);
    }
    std::printf("\n");
  }
}

}  // namespace
}  // namespace arcproof::sed
