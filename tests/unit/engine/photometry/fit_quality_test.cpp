// The reasons not to trust a fit, each on a clump made for it by the mock renderer, which shares no code with
// the fits.
#include "engine/photometry/fit_quality.h"

#include "engine/core/statistics.h"
#include "tests/unit/engine/photometry/one_band_sky.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include <gtest/gtest.h>

namespace arcproof::photometry {
namespace {

constexpr double bright_snr = 100;

// Without the cautions.
int reasons(const ClumpPhotometry& clump) { return clump.quality & ~(quality_small_size | quality_faint); }

using one_band::Drawn;
using one_band::OneBandSky;

constexpr double pixel_sigma_njy = 0.5;

// Without noise, but with the weights of a noise of 0.5 nJy.
ClumpPhotometry measured_of(const std::vector<Drawn>& clumps, const std::vector<sky::PixelPosition>& places,
                            const ProtocolOptions& options = one_band::best_fit_only()) {
  OneBandSky sky(101, pixel_sigma_njy, clumps);
  sky.hide_sky();
  return sky.measure(places, options);
}

// Light above the median of a ring of three pixels, without anything of the code under test.
double light_above_ring(const Array2D<float>& image, int cx, int cy, int half) {
  double sum = 0;
  std::vector<double> ring;
  for (int y = cy - half - 3; y <= cy + half + 3; ++y)
    for (int x = cx - half - 3; x <= cx + half + 3; ++x) {
      if (std::abs(x - cx) <= half && std::abs(y - cy) <= half) sum += image(x, y);
      else ring.push_back(image(x, y));
    }
  std::sort(ring.begin(), ring.end());
  const std::size_t n = ring.size();
  const double middle = n % 2 ? ring[n / 2] : 0.5 * (ring[n / 2 - 1] + ring[n / 2]);
  return sum - (2 * half + 1) * (2 * half + 1) * middle;
}

// ---- one bit each

// 30 skies of each flux and size, S/N of 20 and far more. Seed 31. Nothing in 240 fits lies beyond a bound
// that is a dozen sigma away, but for chi-squared, which would have to be five times what it is: no false
// alarm to speak of.
TEST(FitQuality, AloneAndBrightIsTrusted) {
  for (const double flux : {1000.0, 20000.0})
    for (const double sigma : {0.0, 0.5, 1.0, 2.0}) {
      const OneBandSky clean(81, pixel_sigma_njy, {{40.2, 39.7, flux, sigma}});
      for (int number = 0; number < 30; ++number) {
        OneBandSky sky = clean;
        sky.add_white_noise(31, number);
        const ClumpPhotometry clump = sky.measure({{40, 40}}, one_band::best_fit_only());
        EXPECT_EQ(clump.quality, 0) << flux << " " << sigma << " " << quality_words(clump.quality);
        EXPECT_TRUE(clump.trusted);
      }
    }
}

TEST(FitQuality, NothingFittedIsNoResult) {
  OneBandSky sky(81, pixel_sigma_njy, {{40, 40, 1000}});
  for (float& value : sky.exposure.flux_njy) value = std::nanf("");
  const ClumpPhotometry clump = sky.measure({{40, 40}}, one_band::best_fit_only());
  EXPECT_EQ(clump.quality, quality_no_result);
  EXPECT_FALSE(clump.trusted);
}

// Larger than a fit may become, with noise and without. Seed 32.
TEST(FitQuality, TooLargeEndsAtTheLargestSize) {
  for (const int noise : {0, 1}) {
    OneBandSky sky(121, pixel_sigma_njy, {{60.2, 59.7, 1e5, 9}});
    sky.hide_sky();
    if (noise) sky.add_white_noise(32, 0);
    const ClumpPhotometry clump = sky.measure({{60, 60}}, one_band::best_fit_only());
    EXPECT_EQ(reasons(clump), quality_largest_size) << quality_words(clump.quality);
    EXPECT_NEAR(clump.sigma_major_pix.value, 6, 1e-6);
    EXPECT_FALSE(clump.trusted);
  }
  // The bound is the recipe's, not a number of the code: a clump of 2 pixels that may be 1.5, or 2.5.
  for (const double most : {1.5, 2.5}) {
    ProtocolOptions options = one_band::best_fit_only();
    options.fit.max_sigma_pix = most;
    const ClumpPhotometry clump = measured_of({{50, 50, 1000, 2}}, {{50, 50}}, options);
    EXPECT_EQ(clump.quality & quality_largest_size, most < 2 ? quality_largest_size : 0) << most;
  }
}

// A clump of which fifty times the light lies some pixels away: the fit goes there as far as it may.
TEST(FitQuality, DrawnToANeighbourIsMovedAway) {
  const auto started = [](double pixels) {
    return measured_of({{50, 50, 5000}, {50 - pixels, 50, 100}}, {{50 - pixels, 50}});
  };
  const ClumpPhotometry away = started(3), just = started(2.5), near = started(1.8);
  EXPECT_TRUE(away.quality & quality_moved_away) << quality_words(away.quality);
  EXPECT_NEAR(away.x, 47 + 2, 1e-6);
  EXPECT_FALSE(away.trusted);
  EXPECT_EQ(just.quality, quality_moved_away) << quality_words(just.quality);
  EXPECT_FALSE(just.trusted);
  EXPECT_EQ(near.quality, 0) << quality_words(
      near.quality);  // it is the bright clump that is fitted, and rightly
  EXPECT_NEAR(near.x, 50, 0.1);
}

// Two alike, 4.5 pixels apart: no Gaussian has two peaks. Where a pixel's signal hardly exceeds its noise
// nobody can tell.
TEST(FitQuality, TwoClumpsFittedByOneArePoorWhereItShows) {
  const auto pair = [](double flux) {
    return measured_of({{47.75, 50, flux, 0.5}, {52.25, 50, flux, 0.5}}, {{50, 50}});
  };
  for (const double flux : {1e3, 1e4, 1e5}) {
    const ClumpPhotometry clump = pair(flux);
    EXPECT_EQ(clump.quality, quality_poor_fit) << flux << " " << quality_words(clump.quality);
    EXPECT_GT(clump.chi2_reduced, 5);
    EXPECT_FALSE(clump.trusted);
  }
  for (const double flux : {30.0, 100.0}) {
    const ClumpPhotometry clump = pair(flux);
    EXPECT_EQ(reasons(clump), 0) << flux << " " << quality_words(clump.quality);
    EXPECT_LT(clump.chi2_reduced, 5);
  }
  // Both limits count.
  ProtocolOptions options = one_band::best_fit_only();
  options.quality.max_chi2_reduced = 1e9;
  const std::vector<Drawn> bright = {{47.75, 50, 1e4, 0.5}, {52.25, 50, 1e4, 0.5}};
  EXPECT_EQ(measured_of(bright, {{50, 50}}, options).quality, 0);
  options.quality = {};
  options.quality.max_unexplained = 0.9;
  EXPECT_EQ(measured_of(bright, {{50, 50}}, options).quality, 0);
}

// A tenth of the neighbour's flux, too far to be fitted with it and too near to be left alone by its light.
TEST(FitQuality, BrightNeighbourOutsideTheGroupSpoilsTheFit) {
  for (const double distance : {4.2, 5.0, 6.0})
    for (const double ratio : {10.0, 30.0}) {
      const ClumpPhotometry clump =
          measured_of({{50, 50, 100}, {50 + distance, 50, 100 * ratio}}, {{50, 50}, {50 + distance, 50}});
      EXPECT_EQ(clump.group_size, 1);
      EXPECT_TRUE(clump.quality & quality_moved_away) << distance << " " << quality_words(clump.quality);
      EXPECT_FALSE(clump.trusted);
      EXPECT_GT(std::abs(clump.bands[0].flux_njy - 100), 100);  // and rightly so
    }
  // In one group both are right; 12 pixels away a neighbour does no harm.
  for (const double distance : {3.5, 12.0}) {
    const ClumpPhotometry clump =
        measured_of({{50, 50, 100}, {50 + distance, 50, 1000}}, {{50, 50}, {50 + distance, 50}});
    EXPECT_EQ(reasons(clump), 0) << distance << " " << quality_words(clump.quality);
    EXPECT_NEAR(clump.bands[0].flux_njy, 100, 5) << distance;
  }
}

// ---- light of data and model

// Isolated clumps: what the fit says is what the data hold, and what is summed here.
TEST(FitQuality, ModelHoldsTheLightOfTheData) {
  for (const double sigma : {0.0, 0.5, 1.0, 1.7, 2.5, 4.0}) {
    OneBandSky sky(101, pixel_sigma_njy, {{50.2, 49.7, 2000, sigma}});
    sky.hide_sky();
    const DataCheck check = sky.measure({{50, 50}}, one_band::best_fit_only()).check;
    const double light = light_above_ring(sky.exposure.flux_njy, 50, 50, 4);
    EXPECT_GT(light, 300);
    EXPECT_NEAR(check.data_njy / light, 1, 1e-6) << sigma;
    EXPECT_NEAR(check.model_njy / light, 1, 0.03) << sigma;
  }
}

// The light of companions is taken off: what is left is that of the first alone, to 3% of both.
TEST(FitQuality, LightOfCompanionsIsTakenOff) {
  const Drawn first{48.6, 50, 1000}, second{51.6, 50.3, 1500};
  const DataCheck check = measured_of({first, second}, {{first.x, first.y}, {second.x, second.y}}).check;
  const OneBandSky alone(101, pixel_sigma_njy, {first});
  const double light = light_above_ring(alone.exposure.flux_njy, 50, 50, 6);  // the group's cutout
  EXPECT_NEAR(check.data_njy, light, 0.03 * 2500);
  EXPECT_NEAR(check.model_njy, light, 0.03 * 1000);
}

ClumpFit fit_by_hand(double flux, const Covariance& shape = {1, 0, 1}) {
  ClumpFit fit;
  fit.status = FitStatus::converged;
  fit.degrees_of_freedom = 72;
  fit.chi2 = 72;
  fit.components.resize(1);
  fit.components[0].flux = flux;
  fit.components[0].shape = shape;
  return fit;
}

DataCheck check_of(const Array2D<float>& image, const ClumpFit& fit) {
  return check_against_data(image, cut_uniform(image, 50, 50, 9, pixel_sigma_njy), fit,
                            one_band::transform().serving(15), pixel_sigma_njy);
}

// 2000 empty skies: the scatter of the sum is known to 1.6%, 8% are five of these (false alarm 6e-7). Seed
// 33.
TEST(FitQuality, ErrorOfTheLightIsItsScatter) {
  std::vector<double> light;
  double error = 0;
  Random random({.seed = 33, .purpose = "light of empty skies"});
  Array2D<float> image(101, 101, 0.0F);
  for (int number = 0; number < 2000; ++number) {
    for (int y = 40; y <= 60; ++y)
      for (int x = 40; x <= 60; ++x) image(x, y) = static_cast<float>(3 + pixel_sigma_njy * random.normal());
    const DataCheck check = check_of(image, fit_by_hand(0));
    light.push_back(check.data_njy);
    error = check.data_error_njy;
  }
  const double scatter = statistics::standard_deviation(light);
  std::printf("scatter of the light %.3f, error %.3f\n", scatter, error);
  EXPECT_NEAR(error / scatter, 1, 0.08);
  EXPECT_NEAR(statistics::mean(light), 0, 5 * scatter / std::sqrt(2000.0));
}

// On a plane of any slope a source of 100 is 100; what lies in pixels without data is not counted in the
// model either.
TEST(FitQuality, BackgroundAndMissingPixelsDoNotMatter) {
  Array2D<float> image(101, 101, 0.0F);
  for (int y = 0; y < 101; ++y)
    for (int x = 0; x < 101; ++x) image(x, y) = static_cast<float>(7 + 0.25 * (x - 50) - 0.5 * (y - 50));
  image(51, 50) += 60;
  image(50, 52) += 40;
  EXPECT_NEAR(check_of(image, fit_by_hand(0)).data_njy, 100, 1e-3);
  const double whole = check_of(image, fit_by_hand(100)).model_njy;
  for (int y = 40; y <= 60; ++y)
    for (int x = 40; x < 50; ++x) image(x, y) = std::nanf("");
  const DataCheck half = check_of(image, fit_by_hand(100));
  EXPECT_GT(half.model_njy, 0.5 * whole);  // the middle column is there
  EXPECT_LT(half.model_njy, 0.75 * whole);
  EXPECT_TRUE(std::isfinite(half.data_njy));
}

// The weighted squares about the mean, by hand: 81 pixels, one of which stands 10 out; then a column has no
// data.
TEST(FitQuality, SquaresOfAFlatModel) {
  Array2D<float> image(101, 101, 5.0F);
  image(50, 50) += 10;
  const auto squares = [](double pixels) {
    const double mean = 10 / pixels;
    return ((pixels - 1) * mean * mean + (10 - mean) * (10 - mean)) / (0.5 * 0.5);
  };
  EXPECT_NEAR(check_of(image, fit_by_hand(0)).chi2_flat, squares(81), 1e-3);
  for (int y = 46; y <= 54; ++y) image(46, y) = std::nanf("");
  EXPECT_NEAR(check_of(image, fit_by_hand(0)).chi2_flat, squares(72), 1e-3);
}

// ---- limits, by hand

int bits_of(const ClumpFit& fit, const DataCheck& check, const QualityOptions& limits = {}) {
  return quality_of(fit, {}, check, bright_snr, {}, limits);
}

TEST(FitQuality, MoreLightThanTheDataExceedsThem) {
  const auto bits = [](double data, double error, double model) {
    return bits_of(fit_by_hand(model), {.data_njy = data, .data_error_njy = error, .model_njy = model});
  };
  // Twice (100 + 3 * 10): 260.
  EXPECT_EQ(bits(100, 10, 259.9), 0);
  EXPECT_EQ(bits(100, 10, 260.1), quality_exceeds_data);
  // Data below 0 count as none: twice 3 * 10.
  EXPECT_EQ(bits(-500, 10, 59.9), 0);
  EXPECT_EQ(bits(-500, 10, 60.1), quality_exceeds_data);
  EXPECT_EQ(bits(100, 10, -1e4), 0);
  QualityOptions loose;
  loose.max_flux_ratio = 10;
  EXPECT_EQ(bits_of(fit_by_hand(1), {.data_njy = 100, .data_error_njy = 10, .model_njy = 1290}, loose), 0);
}

// A real one: a model of the right shape with three times the flux that was drawn.
TEST(FitQuality, ModelWithThreeTimesTheFluxExceedsTheData) {
  const OneBandSky sky(101, pixel_sigma_njy, {{50, 50, 2000}});
  EXPECT_EQ(bits_of(fit_by_hand(2000), check_of(sky.exposure.flux_njy, fit_by_hand(2000))), 0);
  EXPECT_EQ(bits_of(fit_by_hand(6000), check_of(sky.exposure.flux_njy, fit_by_hand(6000))),
            quality_exceeds_data);
}

TEST(FitQuality, LimitsOfPoorFits) {
  // chi-squared of a model, and of none; 100 degrees of freedom, 5 and 10%.
  const auto bits = [](double chi2, double flat) {
    ClumpFit fit = fit_by_hand(100);
    fit.degrees_of_freedom = 100;
    fit.chi2 = chi2;
    return bits_of(fit, {.data_njy = 100, .data_error_njy = 1, .model_njy = 100, .chi2_flat = flat});
  };
  EXPECT_EQ(bits(501, 4100), quality_poor_fit);  // 401 of 4000
  EXPECT_EQ(bits(499, 4100), 0);
  EXPECT_EQ(bits(501, 4120), 0);  // 401 of 4020
}

TEST(FitQuality, EndsOfTheDescent) {
  const auto bits = [](FitStatus status) {
    ClumpFit fit = fit_by_hand(100);
    fit.status = status;
    return bits_of(fit, {.data_njy = 100, .data_error_njy = 1, .model_njy = 100});
  };
  const std::map<FitStatus, int> expected = {
      {FitStatus::converged, 0},
      {FitStatus::at_bound, 0},  // of which bound, position and size say
      {FitStatus::not_converged, quality_not_converged},
      {FitStatus::degenerate, quality_degenerate},
      {FitStatus::singular, quality_no_result},
      {FitStatus::too_few_pixels, quality_no_result}};
  for (const auto& [status, quality] : expected) EXPECT_EQ(bits(status), quality) << to_string(status);
  EXPECT_EQ(quality_of({}, {}, {}, bright_snr, {}, {}), quality_no_result);
}

// Where a position or a shape is held, its bound says nothing.
TEST(FitQuality, BoundsOfWhatIsFree) {
  ClumpFit fit = fit_by_hand(100, {36, 0, 1});
  fit.components[0].x = 3;
  const ComponentStart start{1, 0, {1, 0, 1}};
  const DataCheck check{.data_njy = 100, .data_error_njy = 1, .model_njy = 100};
  EXPECT_EQ(quality_of(fit, start, check, bright_snr, {}, {}), quality_moved_away | quality_largest_size);
  EXPECT_EQ(quality_of(fit, start, check, bright_snr, {.position_free = false}, {}), quality_largest_size);
  EXPECT_EQ(quality_of(fit, start, check, bright_snr, {.shape_free = false}, {}), quality_moved_away);
  fit.components[0].x = 2.999;
  fit.components[0].shape = {35.9, 0, 1};
  EXPECT_EQ(quality_of(fit, start, check, bright_snr, {}, {}), 0);
}

// ---- what is rejected

TEST(FitQuality, RejectedAreTheNamedBits) {
  QualityOptions options;
  EXPECT_TRUE(options.trusts(0));
  for (const QualityBit& one : quality_bits()) {
    options.reject = {one.name};
    for (const QualityBit& other : quality_bits())
      EXPECT_EQ(options.trusts(other.bit), other.bit != one.bit && other.bit != quality_no_result)
          << one.name << " " << other.name;
    EXPECT_TRUE(options.trusts(0));
  }
  options.reject = {};
  EXPECT_TRUE(options.trusts(quality_moved_away | quality_poor_fit));
  EXPECT_FALSE(options.trusts(quality_no_result | quality_poor_fit));
  options.reject = {"poor_fit"};
  EXPECT_FALSE(options.trusts(quality_moved_away | quality_poor_fit));
  EXPECT_TRUE(options.trusts(quality_moved_away | quality_largest_size));
}

TEST(FitQuality, RejectedListReachesTheClump) {
  ProtocolOptions options = one_band::best_fit_only();
  const std::vector<Drawn> clumps = {{50, 50, 5000}, {47.5, 50, 100}};
  EXPECT_FALSE(measured_of(clumps, {{47.5, 50}}, options).trusted);
  options.quality.reject = {"largest_size", "poor_fit"};
  const ClumpPhotometry clump = measured_of(clumps, {{47.5, 50}}, options);
  EXPECT_EQ(clump.quality, quality_moved_away);
  EXPECT_TRUE(clump.trusted);
}

TEST(FitQuality, BitsHaveNamesAndAreToldInHeaders) {
  std::set<int> bits;
  std::set<std::string> names;
  for (const QualityBit& one : quality_bits()) {
    bits.insert(one.bit);
    names.insert(one.name);
    EXPECT_EQ(one.bit & (one.bit - 1), 0) << one.name;  // one bit each
    EXPECT_EQ(quality_words(one.bit), one.name);
  }
  EXPECT_EQ(bits.size(), quality_bits().size());
  EXPECT_EQ(names.size(), quality_bits().size());
  EXPECT_EQ(quality_words(0), "");
  EXPECT_EQ(quality_words(quality_moved_away | quality_poor_fit), "moved_away poor_fit");
  io::Table table;
  note_quality_bits(table);
  ASSERT_EQ(table.notes().size(), quality_bits().size());
  EXPECT_EQ(table.notes()[3].first, "QBIT4");
  EXPECT_EQ(table.notes()[3].second.substr(0, 15), "8: moved_away: ");
}

// Cautions depend on S/N and size alone, and reject nothing unless asked to.
TEST(FitQuality, SmallAndFaintFitsAreCautions) {
  ClumpFit fit;
  fit.status = FitStatus::converged;
  fit.degrees_of_freedom = 70;
  fit.chi2 = 70;
  fit.components.resize(1);
  fit.components[0].flux = 100;
  const DataCheck check{.data_njy = 100, .data_error_njy = 10, .model_njy = 100, .chi2_flat = 1000};
  const auto quality_at = [&](double sigma, double snr) {
    fit.components[0].shape = covariance_of(sigma, sigma, 0);
    return quality_of(fit, {}, check, snr, {}, {});
  };
  EXPECT_EQ(quality_at(0.79, 19.9), quality_small_size);
  EXPECT_EQ(quality_at(0.79, 20.1), 0);
  EXPECT_EQ(quality_at(0.81, 19.9), 0);
  EXPECT_EQ(quality_at(2, 9.9), quality_faint);
  EXPECT_EQ(quality_at(0.5, 5), quality_small_size | quality_faint);
  EXPECT_TRUE(QualityOptions{}.trusts(quality_small_size | quality_faint));
  EXPECT_FALSE(QualityOptions{.reject = {"faint"}}.trusts(quality_faint));
}

}  // namespace
}  // namespace arcproof::photometry
