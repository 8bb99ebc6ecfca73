// The transform against closed forms and high-precision numbers, the image against a slow twin in real space,
// the fit against what was put in.
#include "engine/photometry/sersic.h"

#include "engine/core/random.h"
#include "engine/core/statistics.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <vector>

#include <gtest/gtest.h>

namespace arcproof::photometry {
namespace {

// mpmath 1.3.0 at 25 digits: the root of gammainc(2 n, 0, b, regularized=True) = 1/2, which is
// scipy.special.gammaincinv(2 n, 0.5).
struct HalfLight {
  double n, b;
};
constexpr HalfLight half_light[] = {
    {0.3, 0.3157020170161079}, {0.5, 0.6931471805599453}, {0.75, 1.182986942187669}, {1, 1.678346990016661},
    {1.5, 2.67406031372356},   {2, 3.672060748850896},    {3, 5.67016118871207},     {4, 7.669249442500804},
    {6, 11.66836315304476},    {10, 19.66767242330567}};

double reference_b(double n) {
  for (const HalfLight& row : half_light)
    if (row.n == n) return row.b;
  return std::nan("");
}

TEST(SersicB, EqualsHighPrecisionNumbers) {
  for (const HalfLight& row : half_light) EXPECT_NEAR(sersic_b(row.n) / row.b, 1, 1e-12) << row.n;
}

TEST(SersicTransform, EqualsTheClosedForms) {
  const SersicTransform gaussian(0.5), exponential(1);
  const double bg = reference_b(0.5), be = reference_b(1);
  for (double k = 1e-5; k < 1e4; k *= 1.037) {
    EXPECT_NEAR(gaussian(k), std::exp(-k * k / (4 * bg)), 5e-7) << k;
    const double f = std::pow(1 + k * k / (be * be), -1.5);
    EXPECT_NEAR(exponential(k), f, 2e-7) << k;
    EXPECT_NEAR(k * exponential.derivative(k), -3 * k * k / (be * be + k * k) * f, 1e-5) << k;
  }
  EXPECT_EQ(gaussian(0), 1);
  EXPECT_EQ(exponential.derivative(0), 0);
}

// mpmath 1.3.0 at 20 digits or more: the Hankel integral turned to the imaginary axis, valid for n >= 1,
//   F = 2 / (pi n b^(-2n) Gamma(2n)) integral of s exp(-b s^(1/n) cos(pi/2n)) sin(b s^(1/n) sin(pi/2n)) K0(k
//   s) ds,
// with s = u^n by mp.quad over panels in u. Not the integral that the code uses.
TEST(SersicTransform, EqualsHighPrecisionNumbers) {
  struct Row {
    double n, k, f;
  };
  constexpr Row rows[] = {
      {2, 0.01, 0.99988453199236}, {2, 0.1, 0.98874989484168},    {2, 0.3, 0.9144079570689},
      {2, 1, 0.57654355244731},    {2, 3, 0.1905223733738},       {2, 10, 0.027266984865093},
      {2, 30, 0.0029834734710868}, {2, 100, 0.00020206065743723}, {4, 0.01, 0.9994632786125},
      {4, 0.1, 0.96266208264778},  {4, 0.3, 0.83692031486137},    {4, 1, 0.54450247959252},
      {4, 3, 0.25943150328546},    {4, 10, 0.077690146587662},    {4, 30, 0.018867563226122},
      {4, 100, 0.0030275616254623}};
  for (const Row& row : rows) {
    const SersicTransform& transform = shared_sersic_transform(row.n);
    EXPECT_NEAR(transform(row.k), row.f, 1e-7) << row.n << " " << row.k;
    EXPECT_NEAR(transform(row.k) / row.f, 1, 1e-5) << row.n << " " << row.k;
  }
}

TEST(SersicTransform, IsMonotonicAndItsSlopeIsItsDerivative) {
  for (const double n : {0.5, 0.9, 1.7, 2.6, 4.0, 6.0}) {
    const SersicTransform transform(n);
    for (double k = 3e-5; k < 5e3; k *= 1.1) {
      const double h = 1e-5 * k, slope = (transform(k + h) - transform(k - h)) / (2 * h);
      EXPECT_NEAR(k * transform.derivative(k), k * slope, 1e-7) << n << " " << k;
      EXPECT_LT(slope, 1e-9) << n << " " << k;
    }
  }
}

// ---- The slow twin: the PSF from its formula, the profile in real space in polar coordinates of the
// ellipse. The radius goes through t = b (r / R_e)^(1/n), which takes the cusp away; panels of five Gauss
// nodes at most 1/11 pixel apart, rings of points at most 1/11 pixel apart, 1/2 beyond 8 pixels.
struct Point {
  double x, y, light;
};

std::vector<Point> profile_points(const SersicShape& shape) {
  constexpr double node[] = {-0.906179845938664, -0.5384693101056831, 0, 0.5384693101056831,
                             0.906179845938664};
  constexpr double weight[] = {0.2369268850561891, 0.4786286704993665, 0.5688888888888889, 0.4786286704993665,
                               0.2369268850561891};
  const double b = reference_b(shape.n), n = shape.n, stretch = 1 / std::sqrt(shape.axis_ratio);
  const double c = std::cos(shape.angle_rad), s = std::sin(shape.angle_rad);
  const auto radius = [&](double t) { return shape.effective_radius_pix * std::pow(t / b, n); };
  std::vector<Point> points;
  for (double t = 0; radius(t) < 30 * stretch && t < 60;) {
    double width = 0.5;
    const double spacing = radius(t) * stretch < 8 ? 1.0 / 11 : 1.0 / 2;
    while ((radius(t + width) - radius(t)) * stretch > 5 * spacing) width /= 2;
    for (int i = 0; i < 5; ++i) {
      const double at = t + 0.5 * width * (1 + node[i]), r = radius(at);
      const double light =
          0.5 * width * weight[i] * std::exp(-at + (2 * n - 1) * std::log(at) - std::lgamma(2 * n));
      const int ring = 32 + static_cast<int>(2 * M_PI * r * stretch / spacing);
      for (int j = 0; j < ring; ++j) {
        const double u = r * stretch * std::cos(2 * M_PI * j / ring),
                     v = r / stretch * std::sin(2 * M_PI * j / ring);
        points.push_back({c * u - s * v, s * u + c * v, light / ring});
      }
    }
    t += width;
  }
  return points;
}

// Core and wing, band-limited at this sampling: at the Nyquist frequency the core has fallen to 6e-5. (A
// Moffat of the same width has 2e-3 left, by which its formula differs from its samples.)
double core_and_wing(double r2) {
  return std::exp(-0.5 * r2 / (1.4 * 1.4)) + 0.03 * std::exp(-0.5 * r2 / (4 * 4));
}
double gaussian(double r2) { return std::exp(-0.5 * r2 / (1.3 * 1.3)); }

sky::Psf psf_of(double (*formula)(double), int side = 101) {
  Array2D<double> image(side, side);
  for (int y = 0; y < side; ++y)
    for (int x = 0; x < side; ++x)
      image(x, y) = formula(std::pow(x - side / 2, 2) + std::pow(y - side / 2, 2));
  return sky::Psf::from_image(image, 0.02, 0.02, "formula");
}

double central_value(const sky::Psf& psf) { return psf.image()(psf.half_size(), psf.half_size()); }

double twin(double (*formula)(double), const std::vector<Point>& points, double dx, double dy) {
  double sum = 0;
  for (const Point& p : points) sum += p.light * formula((dx - p.x) * (dx - p.x) + (dy - p.y) * (dy - p.y));
  return sum;
}

// Largest difference [peak] over every `stride`-th pixel.
double worst_error(double (*formula)(double), const sky::Psf& psf, const SersicShape& shape, int size,
                   int stride) {
  constexpr double x0 = 0.23, y0 = -0.37;
  const double norm = central_value(psf) / formula(0);
  const std::vector<double> image = sersic_image(psf, size, x0, y0, shape);
  const std::vector<Point> points = profile_points(shape);
  const double peak = *std::max_element(image.begin(), image.end());
  double worst = 0;
  for (int j = 0; j < size; j += stride)
    for (int i = 0; i < size; i += stride)
      worst = std::max(worst, std::abs(image[j * size + i] -
                                       norm * twin(formula, points, i - size / 2 - x0, j - size / 2 - y0)) /
                                  peak);
  return worst;
}

TEST(SersicImage, EqualsASummationInRealSpace) {
  const sky::Psf psf = psf_of(core_and_wing);
  double worst = 0;
  for (const double n : {0.5, 1.0, 2.0, 4.0})
    for (const double radius : {0.5, 1.0, 2.0, 4.0})
      for (const double q : {1.0, 0.4}) {
        const double error = worst_error(core_and_wing, psf, {radius, n, q, 0.6}, 13, 4);
        EXPECT_LT(error, 1e-3) << n << " " << radius << " " << q;
        worst = std::max(worst, error);
      }
  std::printf("largest difference %.2g of the peak\n", worst);
}

TEST(SersicImage, OfIndexOneHalfIsTheGaussianOfTheClumpFit) {
  const sky::Psf psf = psf_of(gaussian);
  const PsfTransform transform(psf, 21);  // a period of 63 pixels as well
  ComponentImages images(21);
  for (const double radius : {0.5, 1.5, 4.0})
    for (const double q : {1.0, 0.3}) {
      const double sigma = radius / std::sqrt(2 * std::log(2.0));
      images.evaluate(transform, 0.3, -0.2, covariance_of(sigma / std::sqrt(q), sigma * std::sqrt(q), 0.8),
                      Derivatives::none);
      const std::vector<double> image = sersic_image(psf, 21, 0.3, -0.2, {radius, 0.5, q, 0.8});
      const double peak = *std::max_element(image.begin(), image.end());
      for (int i = 0; i < 21 * 21; ++i)
        EXPECT_NEAR(image[i], images.plane(0)[i], 1e-6 * peak) << radius << " " << q;
    }
}

TEST(SersicImage, PeriodGrowsUntilItsReturningLightIsSmall) {
  EXPECT_EQ(SersicRenderer::period_for(21, {.radius_pix = 1, .n = 1}), 63);
  EXPECT_GT(SersicRenderer::period_for(21, {.radius_pix = 4, .n = 4}), 63);
  EXPECT_GT(SersicRenderer::period_for(41, {.radius_pix = 1, .n = 1}), 63);
  const sky::Psf psf = psf_of(core_and_wing, 301);
  const SersicProfile extended = profile_of(0.1, 0.2, {10, 4, 1, 0});
  const int period = SersicRenderer::period_for(21, extended);
  const SersicTransform transform(4);
  const Eigen::VectorXd image = SersicRenderer(psf, 21, period).image(extended, transform);
  const Eigen::VectorXd wide = SersicRenderer(psf, 21, 511).image(extended, transform);
  EXPECT_LT((image - wide).cwiseAbs().maxCoeff(), 3e-4 * image.maxCoeff()) << period;
}

TEST(SersicImage, DerivativesAreFiniteDifferences) {
  const sky::Psf psf = psf_of(core_and_wing);
  const SersicRenderer renderer(psf, 13, 63);
  using Member = double SersicProfile::*;
  const std::pair<int, Member> members[] = {{SersicRenderer::x_column, &SersicProfile::x},
                                            {SersicRenderer::y_column, &SersicProfile::y},
                                            {SersicRenderer::log_radius_column, &SersicProfile::radius_pix},
                                            {SersicRenderer::g1_column, &SersicProfile::g1},
                                            {SersicRenderer::g2_column, &SersicProfile::g2},
                                            {SersicRenderer::index_column, &SersicProfile::n}};
  for (const SersicProfile profile :
       {SersicProfile{0.2, -0.3, 1.4, 0.5, -0.8, 2.3}, SersicProfile{0.1, 0, 2, 0, 0, 1}}) {
    const SersicTransform transform(profile.n), above(profile.n + SersicRenderer::index_step),
        below(profile.n - SersicRenderer::index_step);
    const Eigen::MatrixXd all = renderer.derivatives(profile, transform, &above, &below);
    const double peak = all.col(0).maxCoeff();
    EXPECT_EQ((all.col(0) - renderer.image(profile, transform)).cwiseAbs().maxCoeff(), 0);
    for (const auto& [column, member] : members) {
      constexpr double h = 1e-3;
      SersicProfile plus = profile, minus = profile;
      plus.*member += h;
      minus.*member -= h;
      const Eigen::VectorXd difference =
          (renderer.image(plus, SersicTransform(plus.n)) - renderer.image(minus, SersicTransform(minus.n))) /
          (2 * h);
      const double factor = column == SersicRenderer::log_radius_column ? 1 / profile.radius_pix : 1;
      EXPECT_LT((factor * all.col(column) - difference).cwiseAbs().maxCoeff(), 2e-5 * peak) << column;
    }
  }
}

// ---- The fit.
constexpr int fit_size = 21;

Cutout cutout_of(std::vector<double> flux, double sigma) {
  Cutout cutout;
  cutout.size = static_cast<int>(std::lround(std::sqrt(static_cast<double>(flux.size()))));
  cutout.weight.assign(flux.size(), 1 / sigma);
  cutout.flux = std::move(flux);
  return cutout;
}

struct Truth {
  double flux, x, y;
  SersicShape shape;
};

Cutout drawn(const sky::Psf& psf, const Truth& truth, double sigma, int size = fit_size) {
  std::vector<double> image = sersic_image(psf, size, truth.x, truth.y, truth.shape);
  for (int i = 0; i < size * size; ++i)
    image[i] = truth.flux * image[i] + 0.02 + 0.003 * (i % size - size / 2) - 0.001 * (i / size - size / 2);
  return cutout_of(std::move(image), sigma);
}

TEST(SersicFit, WithoutNoiseReturnsTheTruth) {
  const sky::Psf psf = psf_of(core_and_wing);
  for (const double n : {0.7, 1.0, 2.0, 4.0})
    for (const double radius : {1.0, 2.0, 4.0}) {
      const Truth truth{100, 0.31, -0.22, {radius, n, 0.6, 0.7}};
      const SersicFit fit = fit_sersic(drawn(psf, truth, 0.01), psf, 0, 0, {});
      EXPECT_EQ(fit.status, FitStatus::converged) << n << " " << radius;
      EXPECT_NEAR(fit.flux, 100, 1e-2) << n << " " << radius;
      EXPECT_NEAR(fit.shape.effective_radius_pix / radius, 1, 1e-3) << n << " " << radius;
      EXPECT_NEAR(fit.shape.n, n, 1e-2);
      EXPECT_NEAR(fit.shape.axis_ratio, 0.6, 1e-3);
      EXPECT_NEAR(fit.shape.angle_rad, 0.7, 1e-3);
      EXPECT_NEAR(fit.x, 0.31, 1e-3);
      EXPECT_NEAR(fit.y, -0.22, 1e-3);
      EXPECT_NEAR(fit.background, 0.02, 1e-4);
      EXPECT_NEAR(fit.slope_x, 0.003, 1e-5);
      EXPECT_NEAR(fit.slope_y, -0.001, 1e-5);
      EXPECT_EQ(fit.degrees_of_freedom, fit_size * fit_size - 10);
    }
}

// Three profiles of which each lies in the others' wings: jointly all are found, alone none is.
TEST(SersicFit, FitsAGroupJointly) {
  const sky::Psf psf = psf_of(core_and_wing);
  const std::vector<Truth> truth = {{100, 0.2, -0.1, {1.2, 1.0, 0.7, 0.4}},
                                    {60, 3.4, 1.3, {1.0, 1.5, 0.8, -0.9}},
                                    {40, -1.8, 3.6, {1.6, 0.7, 0.6, 1.2}}};
  Cutout cutout = drawn(psf, truth[0], 0.01);
  std::vector<SersicStart> start;
  for (const Truth& t : truth) start.push_back({std::round(t.x), std::round(t.y)});
  for (std::size_t k = 1; k < truth.size(); ++k) {
    const std::vector<double> image = sersic_image(psf, fit_size, truth[k].x, truth[k].y, truth[k].shape);
    for (std::size_t i = 0; i < image.size(); ++i) cutout.flux[i] += truth[k].flux * image[i];
  }
  const SersicGroupFit fit = fit_sersic_group(cutout, psf, start, {});
  EXPECT_EQ(fit.status, FitStatus::converged);
  EXPECT_EQ(fit.degrees_of_freedom, fit_size * fit_size - 3 * 7 - 3);
  EXPECT_NEAR(fit.background, 0.02, 1e-3);
  ASSERT_EQ(fit.components.size(), truth.size());
  for (std::size_t k = 0; k < truth.size(); ++k) {
    const SersicComponent& c = fit.components[k];
    EXPECT_NEAR(c.flux / truth[k].flux, 1, 2e-3) << k;
    EXPECT_NEAR(c.x, truth[k].x, 2e-3) << k;
    EXPECT_NEAR(c.y, truth[k].y, 2e-3) << k;
    EXPECT_NEAR(c.shape.effective_radius_pix / truth[k].shape.effective_radius_pix, 1, 5e-3) << k;
    EXPECT_NEAR(c.shape.n, truth[k].shape.n, 0.03) << k;
    EXPECT_GT(c.flux_error, 0) << k;
  }
  const SersicFit alone = fit_sersic(cutout, psf, 0, 0, {});
  EXPECT_GT(std::abs(alone.flux / truth[0].flux - 1), 0.05);
}

// On images of the twin, which shares no code with the fit: the image errs by up to 1e-4 of the peak, which
// a free index and a plane magnify.
TEST(SersicFit, ReturnsWhatTheRealSpaceTwinDrew) {
  const sky::Psf psf = psf_of(core_and_wing);
  const double norm = central_value(psf) / core_and_wing(0);
  for (const double n : {1.0, 2.0}) {
    const std::vector<Point> points = profile_points({1.5, n, 0.7, -0.4});
    std::vector<double> image;
    for (int j = 0; j < fit_size; ++j)
      for (int i = 0; i < fit_size; ++i)
        image.push_back(100 * norm *
                        twin(core_and_wing, points, i - fit_size / 2 - 0.2, j - fit_size / 2 + 0.3));
    const SersicFit fit = fit_sersic(cutout_of(image, 0.01), psf, 0, 0, {});
    EXPECT_EQ(fit.status, FitStatus::converged);
    EXPECT_NEAR(fit.flux, 100, 0.3);
    EXPECT_NEAR(fit.shape.effective_radius_pix, 1.5, 0.01);
    EXPECT_NEAR(fit.shape.n, n, 0.02);
    EXPECT_NEAR(fit.shape.axis_ratio, 0.7, 0.003);
    EXPECT_NEAR(fit.shape.angle_rad, -0.4, 0.003);
  }
}

// N = 200, seed 31, signal to noise about 100. For a false alarm of 1e-4 in each, two-sided: the mean of the
// pulls is within 3.9 / sqrt(200) = 0.28, their standard deviation within 1 -+ 3.9 / sqrt(400), 0.80 .. 1.20.
void expect_unit_pulls(const SersicFitOptions& options, double n, double sigma, const char* purpose) {
  const sky::Psf psf = psf_of(core_and_wing);
  Random random({.seed = 31, .purpose = purpose});
  std::vector<double> pull, index_pull, ratio;
  int converged = 0;
  const std::clock_t begin = std::clock();
  for (int trial = 0; trial < 200; ++trial) {
    const Truth truth{100,
                      random.uniform(-0.5, 0.5),
                      random.uniform(-0.5, 0.5),
                      {random.uniform(1.2, 2), n, random.uniform(0.5, 1), random.uniform(-1.5, 1.5)}};
    Cutout cutout = drawn(psf, truth, sigma);
    for (double& value : cutout.flux) value += sigma * random.normal();
    const SersicFit fit = fit_sersic(cutout, psf, 0, 0, options);
    converged += fit.status == FitStatus::converged;
    pull.push_back((fit.flux - truth.flux) / fit.flux_error);
    index_pull.push_back(options.index_free ? (fit.shape.n - n) / fit.index_error : 0.0);
    ratio.push_back(fit.flux / fit.flux_error);
  }
  const double seconds = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
  const double mean = statistics::mean(pull), sd = statistics::standard_deviation(pull);
  std::printf(
      "S/N %.0f, flux pulls %.3f +- %.3f, index pulls %.3f, %d of 200 converged, %.1f ms of processor time a "
      "fit\n",
      statistics::median(ratio), mean, sd, statistics::median(index_pull), converged, 5 * seconds);
  EXPECT_GT(statistics::median(ratio), 80);
  EXPECT_LT(statistics::median(ratio), 130);
  EXPECT_GE(converged, 195);
  EXPECT_LT(std::abs(mean), 0.28);
  EXPECT_GT(sd, 0.80);
  EXPECT_LT(sd, 1.20);
}

TEST(SersicFit, FluxPullsWithAFreeIndexAreUnitNormal) { expect_unit_pulls({}, 1, 0.045, "sersic free"); }
TEST(SersicFit, FluxPullsWithAFixedIndexAreUnitNormal) {
  expect_unit_pulls({.index_free = false, .index = 1}, 1, 0.065, "sersic fixed");
}

TEST(SersicFit, AFixedIndexStaysAndItsErrorsAreSmaller) {
  const sky::Psf psf = psf_of(core_and_wing);
  const Cutout cutout = drawn(psf, {100, 0.1, 0.2, {2, 2, 0.8, 0.3}}, 0.1);
  const SersicFit fixed = fit_sersic(cutout, psf, 0, 0, {.index_free = false, .index = 2});
  const SersicFit free = fit_sersic(cutout, psf, 0, 0, {});
  EXPECT_EQ(fixed.status, FitStatus::converged);
  EXPECT_EQ(fixed.shape.n, 2);
  EXPECT_EQ(fixed.index_error, 0);
  EXPECT_NEAR(fixed.flux, 100, 1e-2);
  EXPECT_LT(fixed.flux_error, free.flux_error);
  EXPECT_EQ(fixed.degrees_of_freedom, free.degrees_of_freedom + 1);
  const SersicFit constant = fit_sersic(cutout, psf, 0, 0, {.index_free = false, .index = 2, .plane = false});
  EXPECT_EQ(constant.slope_x, 0);
  EXPECT_EQ(constant.degrees_of_freedom, fixed.degrees_of_freedom + 2);
  EXPECT_GT(constant.chi2, fixed.chi2 + 1);
}

TEST(SersicFit, SaysWhatWentWrong) {
  const sky::Psf psf = psf_of(core_and_wing);
  const Truth truth{100, 0.1, 0.2, {2, 1, 0.8, 0.3}};
  Cutout cutout = drawn(psf, truth, 0.1);
  EXPECT_EQ(fit_sersic(cutout, psf, 0, 0, {.min_index = 1.5}).status, FitStatus::at_bound);
  EXPECT_EQ(fit_sersic(cutout, psf, 0, 0, {.max_radius_pix = 1.5}).status, FitStatus::at_bound);
  EXPECT_EQ(fit_sersic(cutout, psf, 0, 0, {.min_axis_ratio = 0.9}).status, FitStatus::at_bound);
  EXPECT_EQ(fit_sersic(cutout, psf, 0, 0, {.max_shift_pix = 0.05}).status, FitStatus::at_bound);
  EXPECT_EQ(fit_sersic(cutout, psf, 0, 0, {.max_iterations = 1}).status, FitStatus::not_converged);
  EXPECT_EQ(fit_sersic(cutout_of(std::vector<double>(441, 0.0), 1), psf, 0, 0, {}).status,
            FitStatus::singular);
  for (int i = 0; i < 441; ++i) cutout.weight[i] = i % 44 == 0 ? 10 : 0;  // eleven pixels
  EXPECT_NE(fit_sersic(cutout, psf, 0, 0, {}).status, FitStatus::too_few_pixels);
  cutout.weight[0] = 0;
  EXPECT_EQ(fit_sersic(cutout, psf, 0, 0, {}).status, FitStatus::too_few_pixels);
}

TEST(SersicFit, PixelsWithoutWeightDoNotMatter) {
  const sky::Psf psf = psf_of(core_and_wing);
  Cutout cutout = drawn(psf, {100, 0.1, 0.2, {2, 1, 0.8, 0.3}}, 0.1);
  for (int i = 0; i < 441; i += 7) {
    cutout.flux[i] = 1e6;
    cutout.weight[i] = 0;
  }
  const SersicFit fit = fit_sersic(cutout, psf, 0, 0, {});
  EXPECT_NEAR(fit.flux, 100, 1e-2);
  EXPECT_EQ(fit.degrees_of_freedom, 441 - 63 - 10);
}

}  // namespace
}  // namespace arcproof::photometry
