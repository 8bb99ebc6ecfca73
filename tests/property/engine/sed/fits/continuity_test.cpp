// Is the posterior of a host what it says? Galaxies are drawn from the prior of the continuity history, made
// into photometry by the synthesis itself (no table, no interpolation but that over log U), and fitted. Over
// such mocks the rank of the truth among the draws is uniform, for each parameter and for what follows from
// them, and 68% intervals hold the truth 68% of the time. Mocks are kept by what is seen of them alone (their
// S/N).
#include "engine/sed/fits/continuity.h"

#include "engine/core/parallel.h"
#include "engine/core/statistics.h"
#include "engine/sed/libraries/analytic_library.h"
#include "engine/sed/parametric_filter.h"
#include "tests/property/engine/sed/calibration.h"

#include <cmath>
#include <memory>

#include <gtest/gtest.h>

namespace arcproof::sed {
namespace {

class Galaxies {
 public:
  explicit Galaxies(std::vector<double> bin_ends_myr) {
    for (const char* band : {"F606W", "F814W", "F090W", "F115W", "F150W", "F200W", "F277W", "F356W", "F444W"})
      filters_.push_back(parametric_filter(band));
    ContinuityModel model;
    model.bin_ends_myr = std::move(bin_ends_myr);
    grid_ = build_continuity_grid(library_, filters_, z, {}, model);
  }

  const ContinuityGrid& grid() const { return grid_; }

  struct Mock {
    ContinuityDraw truth;
    std::vector<BandFlux> photometry;
  };
  Mock draw(Random& random) const {
    for (;;) {
      Mock mock = any(random);
      std::vector<double> snr;
      for (const BandFlux& band : mock.photometry) snr.push_back(band.flux_njy / band.error_njy);
      std::sort(snr.begin(), snr.end());
      const double middle = snr[snr.size() / 2];
      if (middle > 5 && middle < 30 && snr.back() < 100 && snr[snr.size() - 4] > 2) return mock;
    }
  }

 private:
  static constexpr double z = 5;

  Mock any(Random& random) const {
    const ContinuityModel& m = grid_.model;
    Mock mock{draw_from_prior(grid_, m.log_mass_min, m.log_mass_max, random), {}};
    // The table tells which mocks can pass the cuts on S/N, three or more sigma of the noise allowed for; the
    // fluxes of those are the synthesis' own.
    std::vector<double> flux = model_fluxes_njy(grid_, mock.truth);
    if (const double middle = statistics::median(flux);
        middle < 2 || middle > 45 || *std::max_element(flux.begin(), flux.end()) > 140)
      return {mock.truth, std::vector<BandFlux>(filters_.size(), {0, 1, 0})};
    SynthesisOptions options = m.synthesis;
    options.log_u = mock.truth.log_u;
    const BandSynthesis light(library_, filters_, z, grid_.cosmology, options);
    std::fill(flux.begin(), flux.end(), 0.0);
    for (const FormedMass& formed : populations_of(grid_, mock.truth)) {
      const std::vector<double> one = light.fluxes_njy_per_msun(formed.population);
      for (std::size_t b = 0; b < flux.size(); ++b) flux[b] += formed.mass_msun * one[b];
    }
    for (std::size_t b = 0; b < flux.size(); ++b) {
      const double error = 1 + 0.1 * static_cast<double>(b % 4);  // nJy
      mock.photometry.push_back({random.normal(flux[b], error), error, 0});
    }
    return mock;
  }

  std::shared_ptr<const Library> library_ = std::make_shared<Library>(analytic_library());
  std::vector<Filter> filters_;
  ContinuityGrid grid_;
};

struct Quantity {
  std::string name;
  double (*of)(const ContinuityDraw&);
};
// Every parameter of the sampler (of the ratios, three) and what is published of galaxies.
const std::vector<Quantity> quantities{
    {"mass", [](const ContinuityDraw& d) { return d.log_mass_msun; }},
    {"Z", [](const ContinuityDraw& d) { return d.log_metallicity; }},
    {"A_V", [](const ContinuityDraw& d) { return d.av_mag; }},
    {"log U", [](const ContinuityDraw& d) { return d.log_u; }},
    {"ratio 1",
     [](const ContinuityDraw& d) { return std::log(d.rate_msun_per_yr[0] / d.rate_msun_per_yr[1]); }},
    {"ratio 2",
     [](const ContinuityDraw& d) { return std::log(d.rate_msun_per_yr[1] / d.rate_msun_per_yr[2]); }},
    {"ratio 4",
     [](const ContinuityDraw& d) { return std::log(d.rate_msun_per_yr[3] / d.rate_msun_per_yr[4]); }},
    {"mean age", [](const ContinuityDraw& d) { return d.log_mass_weighted_age_yr; }},
    {"SFR 10 Myr", [](const ContinuityDraw& d) { return d.rate_10myr_msun_per_yr; }},
    {"SFR 100 Myr", [](const ContinuityDraw& d) { return d.rate_100myr_msun_per_yr; }}};

struct Ranks {
  std::vector<std::vector<double>> rank;  ///< [quantity][mock], uniform on (0, 1)
  std::vector<double> covered;            ///< [quantity], share of 68% intervals that hold the truth
};

Ranks ranks_of(const Galaxies& galaxies, std::size_t mocks, const ContinuityOptions& options) {
  Ranks out{std::vector<std::vector<double>>(quantities.size(), std::vector<double>(mocks)),
            std::vector<double>(quantities.size())};
  parallel_for(mocks, hardware_threads(), [&](std::size_t n) {
    Random random({.seed = 21, .purpose = "continuity calibration", .clump = static_cast<std::int64_t>(n)});
    const Galaxies::Mock mock = galaxies.draw(random);
    const ContinuityPosterior fit = fit_continuity(galaxies.grid(), mock.photometry, options, random);
    ASSERT_EQ(fit.status, SedStatus::fitted);
    for (std::size_t q = 0; q < quantities.size(); ++q) {
      const double truth = quantities[q].of(mock.truth);
      const auto below = std::count_if(fit.draws.begin(), fit.draws.end(), [&](const ContinuityDraw& draw) {
        return quantities[q].of(draw) < truth;
      });
      out.rank[q][n] =
          (static_cast<double>(below) + random.uniform()) / static_cast<double>(fit.draws.size() + 1);
    }
  });
  for (std::size_t q = 0; q < quantities.size(); ++q)
    out.covered[q] = static_cast<double>(std::count_if(out.rank[q].begin(), out.rank[q].end(),
                                                       [](double r) { return r > 0.16 && r < 0.84; })) /
                     static_cast<double>(mocks);
  return out;
}

// 400 mocks, nine bands, five bins at z = 5, seed 21. Ten simultaneous bands of which a new seed leaves one
// with a chance of 5% at most; 68% intervals within 4 binomial errors, 9.3%: all ten in 99.9% of seeds.
TEST(ContinuityCalibration, RanksAreUniformAndIntervalsCover) {
  constexpr std::size_t mocks = 400;
  const Galaxies galaxies({10, 50, 200, 600});
  const Ranks ranks = ranks_of(galaxies, mocks, {.draws = 400, .sampler = {.live = 120}});
  const double critical = calibration::critical_tail(mocks, 0.05 / static_cast<double>(quantities.size()));
  for (std::size_t q = 0; q < quantities.size(); ++q) {
    const double tail = calibration::least_tail(ranks.rank[q]);
    std::printf("%-12s tail / critical = %.3g, covered = %.3f\n", quantities[q].name.c_str(), tail / critical,
                ranks.covered[q]);
    EXPECT_GT(tail, critical) << quantities[q].name;
    EXPECT_NEAR(ranks.covered[q], 0.68, 4 * std::sqrt(0.68 * 0.32 / static_cast<double>(mocks)))
        << quantities[q].name;
  }
}

}  // namespace
}  // namespace arcproof::sed
