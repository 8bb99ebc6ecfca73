#include "engine/sed/synthesis.h"

#include "engine/core/error.h"
#include "engine/sed/attenuation.h"
#include "engine/sed/gas/nebular.h"
#include "engine/sed/libraries/analytic_library.h"
#include "engine/sed/parametric_filter.h"
#include "tests/unit/engine/sed/toy.h"

#include <cmath>
#include <tuple>

#include <gtest/gtest.h>

namespace arcproof::sed {
namespace {

constexpr SynthesisOptions stars_alone{.covering_fraction = 0, .igm = false};

double weighted(const std::vector<NodeWeight>& nodes, const std::vector<double>& values) {
  double sum = 0;
  for (const NodeWeight& node : nodes) sum += node.weight * values[node.age];
  return sum;
}

// Numbers of tests/reference/generators/sed_numbers.py: scipy.integrate.quad of the interpolated values over
// the history.
TEST(NodeWeights, IntegrateHistoriesExactly) {
  const std::vector<double> nodes{1, 2, 5, 10, 30}, values{3, 7, 4, 1, 2};
  const Library library = toy::library({1000, 2000}, nodes, {0.01}, [](double, double, double) { return 1; });
  const std::vector<std::tuple<double, double, double>> published{
      {0, 0.7, 3},           {0, 4, 4.924927569},    {2.5, 12.5, 2.691539675}, {9.99, 10, 1.002164764},
      {25, 60, 1.988505991}, {1.5, 100, 2.054443513}};
  for (const auto& [young, old, mean] : published)
    EXPECT_NEAR(weighted(node_weights(library, {old, 0.01, 0, {old - young}}), values), mean, 3e-9) << old;
}

TEST(NodeWeights, BurstIsInterpolatedInLogAgeAndLogMetallicity) {
  const Library library =
      toy::library({1000, 2000}, {1, 10}, {0.001, 0.01}, [](double, double, double) { return 1; });
  const std::vector<NodeWeight> nodes =
      node_weights(library, {std::pow(10, 0.25), 0.001 * std::pow(10, 0.4), 0, {0}});
  ASSERT_EQ(nodes.size(), 4u);
  EXPECT_NEAR(nodes[0].weight, 0.6 * 0.75, 1e-12);
  EXPECT_NEAR(nodes[1].weight, 0.6 * 0.25, 1e-12);
  EXPECT_NEAR(nodes[2].weight, 0.4 * 0.75, 1e-12);
  EXPECT_NEAR(nodes[3].weight, 0.4 * 0.25, 1e-12);
}

TEST(NodeWeights, HoldTheEnds) {
  const Library library =
      toy::library({1000, 2000}, {1, 10}, {0.001, 0.01}, [](double, double, double) { return 1; });
  const std::vector<NodeWeight> young = node_weights(library, {0.01, 0.0001, 0, {0}});
  ASSERT_EQ(young.size(), 1u);
  EXPECT_EQ(young[0].age, 0u);
  EXPECT_EQ(young[0].metallicity, 0u);
  const std::vector<NodeWeight> old = node_weights(library, {500, 0.1, 0, {10}});
  ASSERT_EQ(old.size(), 1u);
  EXPECT_EQ(old[0].age, 1u);
  EXPECT_EQ(old[0].metallicity, 1u);
  EXPECT_NEAR(old[0].weight, 1, 1e-12);
}

TEST(NodeWeights, RefuseWhatIsNoPopulation) {
  const Library library =
      toy::library({1000, 2000}, {1, 10}, {0.01}, [](double, double, double) { return 1; });
  EXPECT_THROW(node_weights(library, {0, 0.01, 0, {0}}), ContractError);
  EXPECT_THROW(node_weights(library, {-1, 0.01, 0, {0}}), ContractError);
  EXPECT_THROW(node_weights(library, {1, 0, 0, {0}}), ContractError);
  EXPECT_THROW(node_weights(library, {1, 0.01, 0, {-1}}), ContractError);
}

// A constant rate from 0 to T with straight-line nodes: the mean of the surviving mass over the stars' ages,
// from the same scipy numbers as above.
TEST(SurvivingFraction, IsTheMeanOverTheHistory) {
  Library library =
      toy::library({1000, 2000}, {1, 2, 5, 10, 30}, {0.01}, [](double, double, double) { return 1; });
  EXPECT_TRUE(std::isnan(surviving_fraction(library, {10, 0.01, 0, {0}})));
  library.surviving_mass = {3, 7, 4, 1, 2};
  EXPECT_NEAR(surviving_fraction(library, {12.5, 0.01, 0, {10}}), 2.691539675, 3e-9);
  EXPECT_NEAR(surviving_fraction(library, {5, 0.01, 0, {0}}), 4, 1e-12);
}

// Gas takes the fraction f of what is below 912 A and gives back f Q_H nebular; nothing else changes.
TEST(RestFrameSpectrum, GasTakesAndGivesTheCoveredFraction) {
  const Library library = analytic_library();
  const Population young{2.0, 0.004, 0, {0}};
  const std::vector<double> stars = rest_frame_spectrum(library, young, stars_alone);
  const std::vector<double> gas = nebular_spectrum(library.wavelength_angstrom, 0.004);
  double rate = 0;
  for (const NodeWeight& node : node_weights(library, young))
    rate += node.weight *
            std::pow(10, library.log_ionising_rate[node.metallicity * library.age_myr.size() + node.age]);
  for (const double f : {0.3, 1.0}) {
    const std::vector<double> both =
        rest_frame_spectrum(library, young, {.covering_fraction = f, .igm = false});
    for (std::size_t i = 0; i < both.size(); ++i) {
      const double light = library.wavelength_angstrom[i] < 912 ? (1 - f) * stars[i] : stars[i];
      EXPECT_NEAR(both[i], light + f * rate * gas[i], 1e-9 * both[i] + 1e-300)
          << library.wavelength_angstrom[i];
    }
  }
  EXPECT_THROW(rest_frame_spectrum(library, young, {.covering_fraction = 1.1}), ContractError);
}

/// Flux of H-alpha above a straight line under it, and that line's height; within 120 A.
struct Line {
  double flux = 0, continuum = 0;
  double equivalent_width() const { return flux / continuum; }
};
Line halpha(const Library& library, const std::vector<double>& spectrum) {
  const std::vector<double>& x = library.wavelength_angstrom;
  const auto at = [&](double wavelength) {
    return static_cast<std::size_t>(std::lower_bound(x.begin(), x.end(), wavelength) - x.begin());
  };
  const std::size_t first = at(6564.6 - 120), last = at(6564.6 + 120);
  Line line;
  line.continuum = 0.5 * (spectrum[first] + spectrum[last]);
  for (std::size_t i = first; i < last; ++i) {
    const auto above = [&](std::size_t k) {
      return spectrum[k] - (spectrum[first] +
                            (x[k] - x[first]) / (x[last] - x[first]) * (spectrum[last] - spectrum[first]));
    };
    line.flux += 0.5 * (above(i) + above(i + 1)) * (x[i + 1] - x[i]);
  }
  return line;
}

// The line is as bright as photons are absorbed; its equivalent width f L / (S + f C), S and C the light of
// stars and gas under it. What escapes (f = 0) leaves the stars alone, above and below the Lyman limit.
TEST(RestFrameSpectrum, LinesScaleWithTheCoveringFraction) {
  const Library library = analytic_library();
  const Population young{3, 0.004, 0, {0}};
  const auto at = [&](double f) {
    return rest_frame_spectrum(library, young, {.covering_fraction = f, .igm = false});
  };
  const Line none = halpha(library, at(0)), whole = halpha(library, at(1));
  const double stars = none.continuum, gas = whole.continuum - none.continuum;
  const double line = whole.flux - none.flux;  // what the stars' curvature seems to be is no line
  EXPECT_LT(std::abs(none.flux), 0.01 * line);
  for (const double f : {0.25, 0.5, 0.75}) {
    const Line some = halpha(library, at(f));
    EXPECT_NEAR((some.flux - none.flux) / line, f, 1e-9);
    EXPECT_NEAR((some.flux - none.flux) / some.continuum, f * line / (stars + f * gas),
                1e-9 * whole.equivalent_width());
  }
  // Hundreds of Angstrom at 3 Myr.
  EXPECT_GT(whole.equivalent_width(), 300);
  EXPECT_LT(whole.equivalent_width(), 3000);

  std::vector<double> escaping(library.wavelength_angstrom.size(), 0.0);
  for (const NodeWeight& node : node_weights(library, young))
    for (std::size_t i = 0; i < escaping.size(); ++i)
      escaping[i] += node.weight * static_cast<double>(library.spectrum(node.metallicity, node.age)[i]);
  const std::vector<double> all = at(0);
  for (std::size_t i = 0; i < all.size(); ++i) EXPECT_NEAR(all[i], escaping[i], 1e-9 * escaping[i]);
}

// The gas around old stars: what the lines of soft light change, by the O++ that their age leaves.
TEST(RestFrameSpectrum, LosesOxygenLinesAsTheStarsAge) {
  Library library = analytic_library();
  const double node = *std::lower_bound(library.age_myr.begin(), library.age_myr.end(), 6.0);
  const auto gas = [&](const Population& population) {
    std::vector<double> all = rest_frame_spectrum(library, population, {.covering_fraction = 1});
    const std::vector<double> none = rest_frame_spectrum(library, population, {.covering_fraction = 0});
    for (std::size_t i = 0; i < all.size(); ++i) all[i] -= none[i];
    return all;
  };
  const std::size_t iz = 1;
  const Population old{node, library.metallicity[iz], 0, {0}};
  const double left = doubly_ionised_left(node, library.metallicity[iz]);
  ASSERT_GT(left, 0.001);
  ASSERT_LT(left, 0.5);
  const IonisingRate rate = ionising_rate(library, node_weights(library, old), iz);
  EXPECT_NEAR(rate.soft / rate.all, 1 - left, 1e-12);
  const std::vector<double> seen = gas(old),
                            young = nebular_spectrum(library.wavelength_angstrom, library.metallicity[iz]),
                            change = soft_light_change(library.wavelength_angstrom, library.metallicity[iz]);
  for (std::size_t i = 0; i < seen.size(); ++i) {
    if (library.wavelength_angstrom[i] < 912) continue;
    EXPECT_NEAR(seen[i], rate.all * (young[i] + (1 - left) * change[i]), 1e-6 * rate.all * young[i]);
  }
}

TEST(RestFrameSpectrum, ShortHistoryTendsToABurst) {
  const Library library = analytic_library();
  const std::vector<double> burst = rest_frame_spectrum(library, {20, 0.008, 0, {0}}, {});
  const std::vector<double> nearly = rest_frame_spectrum(library, {20, 0.008, 0, {1e-4}}, {});
  for (std::size_t i = 0; i < burst.size(); ++i) EXPECT_NEAR(nearly[i] / burst[i], 1, 1e-4);
}

// Numbers of tests/reference/generators/sed_numbers.py: scipy quadrature of the formulas, astropy's
// luminosity distance. The library stores floats (6e-8) on a grid of 5e-4 in ln l, whose curvature leaves
// 1e-7; Calzetti's step at 6300 A, inside the second box, is smeared over one wavelength of the library:
// 1e-5.
TEST(BandSynthesis, AgreesWithScipyAndAstropy) {
  auto library = std::make_shared<Library>(
      toy::library(toy::log_grid(1200, 9000, 4001), {1, 10}, {0.01},
                   [](double x, double, double) { return std::pow(x / 5000, -1.7); }));
  const std::vector<Filter> near{toy::box("blue", 8000, 10000), toy::box("red", 15000, 18000)};
  const BandSynthesis at_low_z(library, near, 1.7, {}, stars_alone);
  EXPECT_NEAR(at_low_z.fluxes_njy_per_msun({5, 0.01, 0, {0}})[0] / 3.929871e-4, 1, 1e-6);
  EXPECT_NEAR(at_low_z.fluxes_njy_per_msun({5, 0.01, 0.25, {0}})[0] / 8.9632366e-5, 1, 1e-6);
  EXPECT_NEAR(at_low_z.fluxes_njy_per_msun({5, 0.01, 0.25, {0}})[1] / 2.050072e-4, 1, 2e-5);
  const BandSynthesis at_high_z(library, near, 6.2, {}, stars_alone);
  EXPECT_NEAR(at_high_z.fluxes_njy_per_msun({5, 0.01, 0.1, {0}})[1] / 1.9758991e-5, 1, 1e-6);
}

// The fast path through band weights against the long way round: spectra of stars and of gas, dust on each,
// IGM, weights, one by one.
TEST(BandSynthesis, FastPathIsTheLongWayRound) {
  const auto library = std::make_shared<Library>(analytic_library());
  const std::vector<Filter> filters{parametric_filter("F606W"), parametric_filter("F150W"),
                                    parametric_filter("F444W")};
  const double z = 4.2;
  const Population population{7, 0.002, 0.35, {10}};
  for (const SynthesisOptions& options :
       {SynthesisOptions{}, SynthesisOptions{.stars_over_gas_ebv = 0.44},
        SynthesisOptions{.covering_fraction = 1, .dust = DustLaw::smc, .igm_law = IgmLaw::inoue2014},
        SynthesisOptions{.dust = DustLaw::milky_way, .stars_over_gas_ebv = 0.7}}) {
    const BandSynthesis synthesis(library, filters, z, {}, options);
    const std::vector<double> both = rest_frame_spectrum(*library, population, options);
    std::vector<double> stars = rest_frame_spectrum(*library, population, stars_alone);
    std::vector<double> observed(both.size()), light(both.size());
    for (std::size_t i = 0; i < both.size(); ++i) {
      const double rest = library->wavelength_angstrom[i], k = dust_k(options.dust, rest);
      observed[i] = rest * (1 + z);
      if (rest < 912) stars[i] *= 1 - options.covering_fraction;
      light[i] = (stars[i] * std::pow(10, -0.4 * 0.35 * k) +
                  (both[i] - stars[i]) * std::pow(10, -0.4 * 0.35 / options.stars_over_gas_ebv * k)) *
                 igm_transmission(observed[i], z, options.igm_law);
    }
    const std::vector<double> fast = synthesis.fluxes_njy_per_msun(population),
                              spectrum = observed_spectrum_njy_per_msun(*library, population, z, {}, options);
    double factor = 0;  // the same for all bands
    for (std::size_t b = 0; b < filters.size(); ++b) {
      const BandWeights weights = band_weights(filters[b], observed);
      double sum = 0, of_spectrum = 0;
      for (std::size_t i = 0; i < weights.weight.size(); ++i) {
        const std::size_t at = weights.first + i;
        sum += weights.weight[i] * light[at];
        of_spectrum += weights.weight[i] * spectrum[at] / (observed[at] * observed[at]);
      }
      EXPECT_NEAR(fast[b] / of_spectrum, 1, 1e-12);
      if (b == 0) factor = fast[0] / sum;
      EXPECT_NEAR(fast[b] / sum / factor, 1, 1e-12);
    }
  }
}

// Gas behind more dust than the stars takes from a young population what it adds to it, and nothing from an
// old one, whose gas does not shine.
TEST(BandSynthesis, DustierGasDimsTheYoungOnly) {
  const auto library = std::make_shared<Library>(analytic_library());
  const std::vector<Filter> filters{parametric_filter("F200W")};
  const auto flux = [&](double ratio, double age) {
    return BandSynthesis(library, filters, 2, {}, {.stars_over_gas_ebv = ratio})
        .fluxes_njy_per_msun({age, 0.008, 0.3, {0}})[0];
  };
  EXPECT_LT(flux(0.44, 2), 0.98 * flux(1, 2));
  EXPECT_NEAR(flux(0.44, 2000) / flux(1, 2000), 1, 1e-3);
  const auto synthesis = [&](double ratio) {
    return BandSynthesis(library, filters, 2, {}, {.stars_over_gas_ebv = ratio});
  };
  EXPECT_THROW(synthesis(0), ContractError);
  EXPECT_THROW(synthesis(1.1), ContractError);
}

TEST(BandSynthesis, ManyAtOnceAreTheSameAsOneByOne) {
  const auto library = std::make_shared<Library>(analytic_library());
  const BandSynthesis synthesis(library, {parametric_filter("F090W"), parametric_filter("F200W")}, 2, {}, {});
  const std::vector<double> ebv{0, 0.15, 0.4};
  const std::vector<Population> populations{{3, 0.004, 0, {0}}, {300, 0.02, 0, {100}}};
  const std::vector<double> many = synthesis.many_fluxes_njy_per_msun(populations, ebv);
  for (std::size_t p = 0; p < 2; ++p) {
    for (std::size_t e = 0; e < 3; ++e) {
      Population one = populations[p];
      one.ebv_mag = ebv[e];
      const std::vector<double> single = synthesis.fluxes_njy_per_msun(one);
      for (std::size_t b = 0; b < 2; ++b) EXPECT_EQ(many[(p * 3 + e) * 2 + b], single[b]);
    }
  }
}

TEST(BandSynthesis, KnowsBandsThatItCannotGive) {
  const auto library = std::make_shared<Library>(analytic_library());
  const std::vector<Filter> filters{parametric_filter("F606W"), parametric_filter("F090W"),
                                    parametric_filter("F150W")};
  // Lyman-alpha at z = 6.5 is at 9118 A, inside F090W.
  const BandSynthesis far(library, filters, 6.5, {}, {});
  EXPECT_EQ(far.at_or_below_lyman_alpha(), (std::vector<bool>{true, true, false}));
  EXPECT_EQ(far.outside_library(), (std::vector<bool>{false, false, false}));
  // What is left of F606W (rest 635 ... 945 A) is what the gas on the way lets through of a spectrum that is
  // not brighter there, in f_nu, than in F150W. A flat f_nu tells how much that is: 2.5e-4.
  double through = 0, all = 0;
  for (std::size_t i = 0; i < filters[0].wavelength_angstrom.size(); ++i) {
    const double x = filters[0].wavelength_angstrom[i], share = filters[0].throughput[i] / x;
    through += share * igm_transmission(x, 6.5);
    all += share;
  }
  const std::vector<double> seen = far.fluxes_njy_per_msun({10, 0.004, 0, {0}});
  EXPECT_LT(through / all, 1e-3);
  EXPECT_GT(seen[0], 0);
  EXPECT_LT(seen[0], through / all * seen[2]);
  const auto narrow = std::make_shared<Library>(toy::library(toy::log_grid(1000, 5000, 500), {1, 10}, {0.01},
                                                             [](double, double, double) { return 1; }));
  const BandSynthesis cut(narrow, filters, 1, {}, {});
  EXPECT_EQ(cut.outside_library(), (std::vector<bool>{false, true, true}));
  EXPECT_EQ(cut.fluxes_njy_per_msun({5, 0.01, 0, {0}})[2], 0);
  EXPECT_THROW(BandSynthesis(library, filters, 0, {}, {}), ContractError);
}

}  // namespace
}  // namespace arcproof::sed
