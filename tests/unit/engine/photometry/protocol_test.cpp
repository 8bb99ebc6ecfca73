// The protocol on clumps that the mock renderer, which shares no code with the fits, draws: forced fluxes, the
// freedom of their centres, groups, limits, and errors that equal the scatter of many skies.
#include "engine/photometry/protocol.h"

#include "engine/core/random.h"
#include "engine/core/statistics.h"
#include "engine/photometry/subtraction.h"
#include "mocks/convolve.h"
#include "mocks/shoot.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

namespace arcproof::photometry {
namespace {

constexpr int side = 61;
constexpr double noise_njy = 0.5, centre = 30;

const std::shared_ptr<const sky::Psf>& psf_of(std::size_t band) {
  static const std::shared_ptr<const sky::Psf> psfs[] = {
      std::make_shared<const sky::Psf>(sky::Psf::parametric("F150W", 0.02)),
      std::make_shared<const sky::Psf>(sky::Psf::parametric("F277W", 0.02))};
  return psfs[band];
}

struct Source {
  double x, y, flux_njy, sigma_pix = 1.0;
};

// Two bands, the first the reference. Their sources need not lie at the same places.
struct Sky {
  sky::Exposure exposures[2];
  Array2D<int> segmentation{side, side, 0};
  BandPsf transforms[2] = {BandPsf(*psf_of(0)), BandPsf(*psf_of(1))};

  std::vector<BandData> bands() const {
    return {{&exposures[0], &transforms[0], &segmentation, nullptr},
            {&exposures[1], &transforms[1], &segmentation, nullptr}};
  }
};

void draw(sky::Exposure& exposure, std::size_t band, const std::vector<Source>& sources) {
  static const mocks::Convolver convolvers[] = {mocks::Convolver({psf_of(0)}), mocks::Convolver({psf_of(1)})};
  for (const Source& s : sources)
    mocks::add_patch(exposure.flux_njy,
                     convolvers[band].convolve(mocks::unlensed_piece(s.x, s.y, s.sigma_pix)).front(),
                     s.flux_njy);
}

void add_noise(Sky& sky, int number) {
  for (std::size_t b = 0; b < 2; ++b) {
    Random random(
        {.seed = 21, .purpose = "protocol noise", .realisation = number, .band = b ? "F277W" : "F150W"});
    for (float& value : sky.exposures[b].flux_njy) value += static_cast<float>(noise_njy * random.normal());
  }
}

Sky sky_of(const std::vector<Source>& first, const std::vector<Source>& second) {
  Sky sky;
  for (std::size_t b = 0; b < 2; ++b) {
    sky::Exposure& exposure = sky.exposures[b];
    exposure.band = b ? "F277W" : "F150W";
    exposure.pixel_scale_arcsec = 0.02;
    exposure.flux_njy = Array2D<float>(side, side, 0.0F);
    exposure.error_njy = Array2D<float>(side, side, static_cast<float>(noise_njy));
    draw(exposure, b, b ? second : first);
  }
  // Pixels of a detection are no sky.
  for (int y = 0; y < side; ++y)
    for (int x = 0; x < side; ++x)
      for (const Source& s : first)
        if (std::hypot(x - s.x, y - s.y) < 9) sky.segmentation(x, y) = 1;
  return sky;
}

Detection at(double x, double y) {
  Detection d;
  d.x = x;
  d.y = y;
  d.a = d.b = 1;
  return d;
}

ClumpPhotometry measure(const Sky& sky, const std::vector<Detection>& detections,
                        const ProtocolOptions& options, int number = 0) {
  Random random({.seed = 22, .purpose = "protocol redraws", .realisation = number});
  return measure_clump(detections, 0, sky.bands(), 0, options, random);
}

ProtocolOptions without_redraws() {
  ProtocolOptions options;
  options.redraws = 0;
  return options;
}

// ---- forced fluxes

TEST(Protocol, ForcedFluxesAreThoseOfEachBand) {
  for (const double red_njy : {10.0, 80.0, 640.0}) {
    const Sky sky = sky_of({{30.2, 29.7, 100}}, {{30.2, 29.7, red_njy}});
    const ClumpPhotometry clump = measure(sky, {at(30, 30)}, without_redraws());
    ASSERT_EQ(clump.bands.size(), 2u);
    EXPECT_EQ(clump.bands[0].band, "F150W");
    EXPECT_EQ(clump.bands[1].band, "F277W");
    EXPECT_NEAR(clump.bands[0].flux_njy / 100, 1, 0.005);
    EXPECT_NEAR(clump.bands[1].flux_njy / red_njy, 1, 0.005) << red_njy;
    EXPECT_NEAR(clump.x, 30.2, 0.02);
    EXPECT_NEAR(clump.y, 29.7, 0.02);
    EXPECT_NEAR(clump.circular_sigma_pix.value, 1, 0.02);
  }
}

// Whichever band is the reference, a flux stays with its band.
TEST(Protocol, AnyBandMayBeTheReference) {
  const Sky sky = sky_of({{30.2, 29.7, 100}}, {{30.2, 29.7, 300}});
  Random random({.seed = 22, .purpose = "protocol redraws"});
  const std::vector<Detection> detections = {at(30, 30)};
  const ClumpPhotometry clump = measure_clump(detections, 0, sky.bands(), 1, without_redraws(), random);
  EXPECT_NEAR(clump.bands[0].flux_njy / 100, 1, 0.01);
  EXPECT_NEAR(clump.bands[1].flux_njy / 300, 1, 0.01);
}

// A band that is out of register by 0.7 pixel: free centres follow it, fixed ones lose light; at 1.6 none goes
// further than it may.
TEST(Protocol, CentresOfOtherBandsAreFreeWithinAPixel) {
  const Sky sky = sky_of({{30, 30, 100}}, {{30.7, 30, 100}}),
            far = sky_of({{30, 30, 100}}, {{31.6, 30, 100}});
  ProtocolOptions fixed = without_redraws();
  fixed.forced_shift_pix = 0;
  EXPECT_NEAR(measure(sky, {at(30, 30)}, without_redraws()).bands[1].flux_njy, 100, 0.5);
  EXPECT_LT(measure(sky, {at(30, 30)}, fixed).bands[1].flux_njy, 97);
  const BandFluxes beyond = measure(far, {at(30, 30)}, without_redraws()).bands[1];
  EXPECT_EQ(beyond.status, FitStatus::at_bound);
  EXPECT_LT(beyond.flux_njy, 97);
}

// Two clumps of 3 pixels distance are fitted together; alone, either would take light of the other.
TEST(Protocol, CloseClumpsAreFittedTogether) {
  const Sky sky = sky_of({{28.6, 30, 100}, {31.6, 30.3, 60}}, {{28.6, 30, 50}, {31.6, 30.3, 90}});
  const std::vector<Detection> both = {at(28.6, 30), at(31.6, 30.3)};
  const ClumpPhotometry clump = measure(sky, both, without_redraws());
  EXPECT_EQ(clump.group_size, 2);
  EXPECT_NEAR(clump.bands[0].flux_njy, 100, 1);
  EXPECT_NEAR(clump.bands[1].flux_njy, 50, 1);
  EXPECT_NEAR(clump.x, 28.6, 0.02);
  const ClumpPhotometry other = measure(sky, {both[1], both[0]}, without_redraws());
  EXPECT_NEAR(other.bands[0].flux_njy, 60, 1);
  EXPECT_NEAR(other.bands[1].flux_njy, 90, 1);
  ProtocolOptions apart = without_redraws();
  apart.group_distance_pix = 2.5;
  const ClumpPhotometry alone = measure(sky, both, apart);
  EXPECT_EQ(alone.group_size, 1);
  EXPECT_GT(std::abs(alone.bands[1].flux_njy - 50), 5);
}

TEST(Protocol, CentresInGroupsAreFixed) {
  const Sky sky = sky_of({{28.6, 30, 100}, {31.6, 30.3, 60}}, {{28.6, 30.7, 100}, {31.6, 31, 60}});
  const std::vector<Detection> both = {at(28.6, 30), at(31.6, 30.3)};
  ProtocolOptions free = without_redraws();
  free.fix_position_in_groups = false;
  EXPECT_NEAR(measure(sky, both, free).bands[1].flux_njy, 100, 1);
  EXPECT_LT(measure(sky, both, without_redraws()).bands[1].flux_njy, 97);
}

// ---- what is known of a clump is not fitted

ClumpPhotometry measure_known(const Sky& sky, const std::vector<Detection>& detections, const KnownFit& known,
                              const ProtocolOptions& options) {
  Random random({.seed = 22, .purpose = "protocol redraws"});
  return measure_clump(detections, 0, sky.bands(), 0, options, random, known);
}

// Noise of seed 21. A position is kept in both bands and in all redraws; a shape has no error; flux, background
// and nothing else is left: the flux's error is smaller.
TEST(Protocol, KnownPositionAndShapeAreKept) {
  Sky sky = sky_of({{30.2, 29.7, 100}}, {{30.2, 29.7, 60}});
  add_noise(sky, 3);
  ProtocolOptions options;
  options.redraws = 50;
  const std::vector<Detection> detections = {at(30.6, 30)};
  const sky::PixelPosition truth{30.2, 29.7};
  const ClumpPhotometry fitted = measure_known(sky, detections, {}, options),
                        placed = measure_known(sky, detections, {truth}, options),
                        shaped = measure_known(sky, detections, {truth, Covariance{1, 0, 1}}, options);
  EXPECT_GT(std::hypot(fitted.x - 30.2, fitted.y - 29.7), 1e-4);
  for (const ClumpPhotometry* clump : {&placed, &shaped}) {
    EXPECT_NEAR(clump->x, 30.2, 1e-12);
    EXPECT_NEAR(clump->y, 29.7, 1e-12);
    ASSERT_EQ(clump->redraws.size(), 50U);
    for (const Redraw& redraw : clump->redraws) EXPECT_NEAR(redraw.x, 30.2, 1e-12);
  }
  EXPECT_GT(placed.circular_sigma_pix.plus, 0.001);
  EXPECT_NEAR(shaped.sigma_major_pix.value, 1, 1e-12);
  EXPECT_NEAR(shaped.sigma_minor_pix.value, 1, 1e-12);
  EXPECT_NEAR(shaped.circular_sigma_pix.plus, 0, 1e-12);
  EXPECT_LT(shaped.bands[0].error_njy, 0.9 * fitted.bands[0].error_njy);
  for (const ClumpPhotometry* clump : {&placed, &shaped})
    for (std::size_t b = 0; b < 2; ++b)
      EXPECT_NEAR(clump->bands[b].flux_njy, b ? 60 : 100, 5 * clump->bands[b].error_njy) << b;
}

// Out of register by 0.7 pixel: a free centre follows the second band, a known one does not.
TEST(Protocol, KnownPositionsHoldInAllBands) {
  const Sky sky = sky_of({{30, 30, 100}}, {{30.7, 30, 100}});
  const KnownFit known{sky::PixelPosition{30, 30}};
  EXPECT_NEAR(measure_known(sky, {at(30, 30)}, {}, without_redraws()).bands[1].flux_njy, 100, 0.5);
  EXPECT_LT(measure_known(sky, {at(30, 30)}, known, without_redraws()).bands[1].flux_njy, 97);
}

// What is known of one clump holds for it alone: its companion is still fitted, place and shape.
TEST(Protocol, CompanionsOfKnownClumpsAreFitted) {
  const Sky sky = sky_of({{28.6, 30, 100}, {31.6, 30.3, 60, 1.4}}, {{28.6, 30, 50}, {31.6, 30.3, 90, 1.4}});
  const std::vector<Detection> both = {at(28.4, 30), at(31.9, 30.1)};
  const KnownFit known{sky::PixelPosition{28.6, 30}, Covariance{1, 0, 1}};
  const ClumpPhotometry clump = measure_known(sky, both, known, without_redraws());
  EXPECT_EQ(clump.group_size, 2);
  EXPECT_NEAR(clump.bands[0].flux_njy, 100, 0.5);
  EXPECT_NEAR(clump.bands[1].flux_njy, 50, 0.5);
}

// ---- where there is nothing to measure

TEST(Protocol, BandsWithoutDataKeepTheirPlace) {
  Sky sky = sky_of({{30, 30, 100}}, {{30, 30, 100}});
  for (auto* image : {&sky.exposures[1].flux_njy, &sky.exposures[1].error_njy})
    for (float& value : *image) value = std::nanf("");
  const ClumpPhotometry clump = measure(sky, {at(30, 30)}, ProtocolOptions{});
  EXPECT_NEAR(clump.bands[0].flux_njy, 100, 0.5);
  EXPECT_EQ(clump.bands[1].band, "F277W");
  EXPECT_TRUE(std::isnan(clump.bands[1].flux_njy) && std::isnan(clump.bands[1].error_njy));
  EXPECT_EQ(clump.bands[1].snr(), 0);
  ASSERT_EQ(clump.redraws.size(), 100u);
  EXPECT_TRUE(std::isnan(clump.redraws[0].flux_njy[1]));
  EXPECT_FALSE(std::isnan(clump.redraws[0].flux_njy[0]));
}

TEST(Protocol, FitsEndOnTheirLimits) {
  const Sky sky = sky_of({{33, 30, 100}}, {{33, 30, 100}});
  EXPECT_EQ(measure(sky, {at(30, 30)}, without_redraws()).status, FitStatus::at_bound);
  const ClumpPhotometry near = measure(sky, {at(31.8, 30)}, without_redraws());
  EXPECT_EQ(near.status, FitStatus::converged);
  EXPECT_NEAR(near.x, 33, 0.02);
  const Sky point = sky_of({{30, 30, 100, 0}}, {{30, 30, 100, 0}});
  const ClumpPhotometry clump = measure(point, {at(30, 30)}, without_redraws());
  EXPECT_LT(clump.sigma_major_pix.value, 0.4);
  EXPECT_GE(clump.sigma_major_pix.value, 0.1 - 1e-9);
  EXPECT_NEAR(clump.bands[1].flux_njy, 100, 1);
}

// ---- errors

double quantile_of(std::vector<double> values, double p) {
  std::sort(values.begin(), values.end());
  const double at = p * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const std::size_t above = std::min(below + 1, values.size() - 1);
  return values[below] + (at - std::floor(at)) * (values[above] - values[below]);
}

// 150 skies, errors from 60 redraws of each. The scatter over skies is known to 6%, the mean of the errors,
// half-ranges of 60 numbers, to 1%; 30% are five standard errors, false alarm 6e-7. S/N about 8. Seeds 21, 22.
TEST(Protocol, ErrorsEqualTheScatterOverSkies) {
  ProtocolOptions options;
  options.redraws = 60;
  std::vector<double> flux[2], error[2], correlated[2], sigma, sigma_minus, sigma_plus;
  const Sky clean = sky_of({{30.2, 29.7, 150, 1.3}}, {{30.2, 29.7, 150, 1.3}});
  for (int number = 0; number < 150; ++number) {
    Sky sky = clean;
    add_noise(sky, number);
    const ClumpPhotometry clump = measure(sky, {at(30, 30)}, options, number);
    for (std::size_t b = 0; b < 2; ++b) {
      flux[b].push_back(clump.bands[b].flux_njy);
      error[b].push_back(clump.bands[b].error_njy);
      correlated[b].push_back(clump.bands[b].correlated_njy);
      EXPECT_NEAR(clump.bands[b].sky_sigma_njy / noise_njy, 1, 0.2);
    }
    sigma.push_back(clump.circular_sigma_pix.value);
    sigma_minus.push_back(clump.circular_sigma_pix.minus);
    sigma_plus.push_back(clump.circular_sigma_pix.plus);
  }
  for (std::size_t b = 0; b < 2; ++b) {
    const double scatter = statistics::standard_deviation(flux[b]);
    std::printf("band %zu: scatter %.2f, error %.2f, bias %.2f\n", b, scatter, statistics::mean(error[b]),
                statistics::mean(flux[b]) - 150);
    EXPECT_NEAR(statistics::mean(error[b]) / scatter, 1, 0.3) << b;
    EXPECT_NEAR(statistics::mean(flux[b]), 150, 5 * scatter / std::sqrt(150) + 0.01 * 150) << b;
  }
  const double scatter = statistics::standard_deviation(sigma);
  EXPECT_NEAR(0.5 * (statistics::mean(sigma_minus) + statistics::mean(sigma_plus)) / scatter, 1, 0.3);
}

// A clump that is hardly resolved may be a little smaller, down to the least size, or much larger.
TEST(Protocol, IntervalsAreTheQuantilesOfTheRedraws) {
  ProtocolOptions options;
  options.redraws = 101;
  Sky sky = sky_of({{30.2, 29.7, 150, 0.35}}, {{30.2, 29.7, 150, 0.35}});
  add_noise(sky, 0);
  const ClumpPhotometry clump = measure(sky, {at(30, 30)}, options);
  ASSERT_EQ(clump.redraws.size(), 101u);
  std::vector<double> major, minor, circular, flux[2];
  for (const Redraw& redraw : clump.redraws) {
    const PrincipalAxes axes = principal_axes(redraw.shape);
    major.push_back(axes.sigma_major);
    minor.push_back(axes.sigma_minor);
    circular.push_back(std::sqrt(axes.sigma_major * axes.sigma_minor));
    for (std::size_t b = 0; b < 2; ++b) flux[b].push_back(redraw.flux_njy[b]);
  }
  for (const auto& [interval, draws] : {std::pair{clump.sigma_major_pix, major},
                                        {clump.sigma_minor_pix, minor},
                                        {clump.circular_sigma_pix, circular}}) {
    EXPECT_NEAR(interval.minus, std::max(0.0, interval.value - quantile_of(draws, 0.16)), 1e-12);
    EXPECT_NEAR(interval.plus, std::max(0.0, quantile_of(draws, 0.84) - interval.value), 1e-12);
    EXPECT_GT(std::abs(interval.minus - interval.plus), 0.01);
  }
  // The redraws are of noise alone here: no electrons, no shot noise.
  for (std::size_t b = 0; b < 2; ++b)
    EXPECT_NEAR(clump.bands[b].scatter_njy, 0.5 * (quantile_of(flux[b], 0.84) - quantile_of(flux[b], 0.16)),
                1e-12);
}

// 4 electrons per nJy: the shot noise of 400 nJy is 10 nJy, above that of the sky. Redraws hold it too: their
// standard deviation from 400 is known to 3.5%, 20% are five of these and more. Seed 22.
TEST(Protocol, ShotNoiseIsAddedInQuadrature) {
  Sky sky = sky_of({{30.2, 29.7, 400}}, {{30.2, 29.7, 100}});
  for (sky::Exposure& exposure : sky.exposures) exposure.electrons_per_njy = 4;
  add_noise(sky, 3);
  ProtocolOptions options;
  options.redraws = 400;
  const ClumpPhotometry clump = measure(sky, {at(30, 30)}, options);
  for (std::size_t b = 0; b < 2; ++b) {
    const BandFluxes& band = clump.bands[b];
    EXPECT_NEAR(band.poisson_njy, std::sqrt(band.flux_njy / 4), 1e-9);
    EXPECT_NEAR(band.error_njy, std::hypot(band.scatter_njy, band.poisson_njy), 1e-9);
    EXPECT_GT(band.correlated_njy, band.poisson_njy);
    std::vector<double> draws;
    for (const Redraw& redraw : clump.redraws) draws.push_back(redraw.flux_njy[b]);
    EXPECT_NEAR(statistics::mad_sigma(draws) / band.error_njy, 1, 0.2) << b;
  }
}

// ---- subtraction

TEST(Protocol, SubtractedModelsLeaveNothing) {
  const Sky sky = sky_of({{28.6, 30, 100}, {31.6, 30.3, 60}, {12, 44, 80}}, {});
  std::vector<Detection> detections = {at(28.6, 30), at(31.6, 30.3), at(12, 44)};
  std::vector<ClumpPhotometry> clumps;
  for (int k = 0; k < 3; ++k) {
    clumps.push_back(measure(sky, detections, without_redraws()));
    std::rotate(detections.begin(), detections.begin() + 1, detections.end());
  }
  const Array2D<float>& image = sky.exposures[0].flux_njy;
  const Array2D<float> rest = subtract_models(image, clumps, 0, *psf_of(0));
  const float peak = *std::max_element(image.begin(), image.end());
  float worst = 0;
  for (const float value : rest) worst = std::max(worst, std::abs(value));
  EXPECT_LT(worst, 0.02F * peak);

  // A negative flux, or a fit that is not trusted, is no clump.
  clumps[0].bands[0].flux_njy = -100;
  clumps[1].trusted = false;
  const Array2D<float> two = subtract_models(image, std::span(clumps).first(2), 0, *psf_of(0));
  EXPECT_TRUE(std::equal(two.begin(), two.end(), image.begin()));
}

}  // namespace
}  // namespace arcproof::photometry
