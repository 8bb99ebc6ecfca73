// The fit against the Cramer-Rao bound, on thousands of noisy clumps. The mocks are exact (Fourier transform
// of the PSF image times that of an elliptical Gaussian, summed term by term) and share no code with the fit.
#include "engine/core/random.h"
#include "engine/core/statistics.h"
#include "engine/core/units.h"
#include "engine/photometry/clump_fit.h"

#include <complex>
#include <numbers>

#include <Eigen/Dense>
#include <gtest/gtest.h>

namespace arcproof::photometry {
namespace {

constexpr int side = 9;
using Image = std::vector<double>;  // 9 x 9, row-major

struct Ellipse {
  double flux = 1, x = 0, y = 0, sigma_x = 1, sigma_y = 1, angle = 0;
};

class ExactRenderer {
 public:
  explicit ExactRenderer(const sky::Psf& psf) : spectrum_(period * (period / 2 + 1)) {
    const int half = std::min(psf.half_size(), period / 2 - 1);
    for (int v = 0; v < period; ++v)
      for (int u = 0; u <= period / 2; ++u) {
        std::complex<double> sum = 0;
        for (int j = -half; j <= half; ++j)
          for (int i = -half; i <= half; ++i)
            sum += psf.image()(psf.half_size() + i, psf.half_size() + j) * wave(-(u * i + v * j));
        spectrum_[index(u, v)] = sum;
      }
  }

  Image draw(const Ellipse& e) const {
    const double c = std::cos(e.angle), s = std::sin(e.angle), two_pi = 2 * std::numbers::pi;
    std::vector<std::complex<double>> by_row(static_cast<std::size_t>(side * (period / 2 + 1)));
    for (int u = 0; u <= period / 2; ++u)
      for (int v = 0; v < period; ++v) {
        const double ku = two_pi * u / period, kv = two_pi * (v > period / 2 ? v - period : v) / period;
        const double a = (c * ku + s * kv) * e.sigma_x, b = (c * kv - s * ku) * e.sigma_y;
        const std::complex<double> term = spectrum_[index(u, v)] * std::exp(-0.5 * (a * a + b * b)) *
                                          std::polar(1.0, -(ku * e.x + kv * e.y));
        for (int j = 0; j < side; ++j)
          by_row[static_cast<std::size_t>(j * (period / 2 + 1) + u)] += term * wave(v * (j - side / 2));
      }
    Image image(side * side);
    for (int j = 0; j < side; ++j)
      for (int i = 0; i < side; ++i) {
        double sum = 0;
        for (int u = 0; u <= period / 2; ++u)
          sum +=
              (u == 0 || u == period / 2 ? 1 : 2) *
              (by_row[static_cast<std::size_t>(j * (period / 2 + 1) + u)] * wave(u * (i - side / 2))).real();
        image[static_cast<std::size_t>(j * side + i)] = e.flux * sum / (period * period);
      }
    return image;
  }

 private:
  static constexpr int period = 48;
  static std::size_t index(int u, int v) { return static_cast<std::size_t>(v * (period / 2 + 1) + u); }
  static std::complex<double> wave(int k) {
    return std::polar(1.0, 2 * std::numbers::pi * (k % period) / period);
  }
  std::vector<std::complex<double>> spectrum_;
};

// Bounds of ln flux and ln sqrt(sigma_x sigma_y) for noise of 1 a pixel and nine parameters: six of the
// ellipse and a plane.
std::pair<double, double> cramer_rao(const ExactRenderer& renderer, const Ellipse& e) {
  Eigen::MatrixXd slopes(side * side, 9);
  double Ellipse::*const members[] = {&Ellipse::flux,    &Ellipse::x,       &Ellipse::y,
                                      &Ellipse::sigma_x, &Ellipse::sigma_y, &Ellipse::angle};
  constexpr double h = 1e-4;
  for (int k = 0; k < 6; ++k) {
    Ellipse up = e, down = e;
    up.*members[k] += h;
    down.*members[k] -= h;
    const Image a = renderer.draw(up), b = renderer.draw(down);
    for (int p = 0; p < side * side; ++p)
      slopes(p, k) = (a[static_cast<std::size_t>(p)] - b[static_cast<std::size_t>(p)]) / (2 * h);
  }
  for (int p = 0; p < side * side; ++p) {
    slopes(p, 6) = 1;
    slopes(p, 7) = p % side - side / 2;
    slopes(p, 8) = p / side - side / 2;
  }
  const Eigen::MatrixXd covariance = (slopes.transpose() * slopes).inverse();
  Eigen::VectorXd to_size = Eigen::VectorXd::Zero(9);
  to_size(3) = 0.5 / e.sigma_x;
  to_size(4) = 0.5 / e.sigma_y;
  return {std::sqrt(covariance(0, 0)) / e.flux, std::sqrt(to_size.dot(covariance * to_size))};
}

struct Accuracy {
  std::vector<double> flux, size;  // over the truth
  std::vector<double> flux_bound, size_bound;
  std::vector<double> flux_pull;
  int fits = 0, outliers = 0, above_truth = 0, unresolved = 0, without_status = 0;

  double flux_scatter() const { return statistics::mad_sigma(flux) / statistics::median(flux_bound); }
  double size_scatter() const { return statistics::mad_sigma(size) / statistics::median(size_bound); }
};

Ellipse draw_ellipse(Random& random, const ExactRenderer& renderer, double signal_to_noise, double sigma) {
  const double q = random.uniform(0.5, 1);
  Ellipse e{1, 0, 0, sigma / std::sqrt(q), sigma * std::sqrt(q), 0};
  e.angle = random.uniform(-units::pi / 2, units::pi / 2);
  e.x = random.uniform(-0.5, 0.5);
  e.y = random.uniform(-0.5, 0.5);
  double power = 0;
  for (const double value : renderer.draw(e)) power += value * value;
  e.flux = signal_to_noise / std::sqrt(power);
  return e;
}

void judge(const Ellipse& truth, const Cutout& cutout, const PsfTransform& psf, const ClumpFit& fit,
           Accuracy& a) {
  const PrincipalAxes axes = principal_axes(fit.components[0].shape);
  const double size = std::sqrt(axes.sigma_major * axes.sigma_minor);
  a.flux.push_back(fit.components[0].flux / truth.flux);
  a.flux_pull.push_back((fit.components[0].flux - truth.flux) / fit.components[0].flux_error);
  a.size.push_back(size / std::sqrt(truth.sigma_x * truth.sigma_y));
  const auto far = [](double ratio) { return !(ratio > 1.0 / 3 && ratio < 3); };
  a.outliers += far(a.flux.back()) || far(a.size.back());
  a.unresolved += size < 0.4;
  const ComponentStart at_truth{truth.x, truth.y, covariance_of(truth.sigma_x, truth.sigma_y, truth.angle)};
  a.above_truth += fit.chi2 > chi2_of_shapes(cutout, psf, std::span(&at_truth, 1)) + 1e-3;
  ++a.fits;
}

Accuracy measure(double signal_to_noise, double sigma, int count, std::uint64_t seed,
                 const FitOptions& options = {}) {
  const sky::Psf psf = sky::Psf::parametric("F150W", 0.02, 0.46);
  const ExactRenderer renderer(psf);
  const PsfTransform transform(psf, side);
  Random random({.seed = seed, .purpose = "accuracy"});
  Accuracy accuracy;
  for (int i = 0; i < count; ++i) {
    const Ellipse truth = draw_ellipse(random, renderer, signal_to_noise, sigma);
    if (i < 100) {
      const auto [flux, size] = cramer_rao(renderer, truth);
      accuracy.flux_bound.push_back(flux);
      accuracy.size_bound.push_back(size);
    }
    Cutout cutout;
    cutout.size = side;
    cutout.flux = renderer.draw(truth);
    cutout.weight.assign(side * side, 1.0);
    for (double& value : cutout.flux) value += 3 + random.normal();
    const ComponentStart start{0, 0, {1, 0, 1}};
    judge(truth, cutout, transform, fit_clumps(cutout, transform, std::span(&start, 1), options), accuracy);
  }
  std::printf(
      "S/N %g, sigma %g, %d fits: flux bias %+.3f, flux scatter %.3f and size scatter %.3f of the bound, "
      "%.1f%% "
      "outliers, %.1f%% unresolved, %d above the truth, flux pulls %.2f\n",
      signal_to_noise, sigma, count, statistics::median(accuracy.flux) - 1, accuracy.flux_scatter(),
      accuracy.size_scatter(), 100.0 * accuracy.outliers / count, 100.0 * accuracy.unresolved / count,
      accuracy.above_truth, statistics::mad_sigma(accuracy.flux_pull));
  return accuracy;
}

// N = 2500: the error of a ratio of scatters (1.48 MAD) is 1.17 / sqrt(2 N) = 1.7%. Seen: 1.02 and 1.01; the
// bounds of 0.95 and 1.05 are two errors and more away (false alarm 4% for another seed).
TEST(ClumpAccuracy, ReachesTheBoundAtHighSignalToNoise) {
  const Accuracy a = measure(100, 1, 2500, 1);
  EXPECT_LT(a.flux_scatter(), 1.05);
  EXPECT_LT(a.size_scatter(), 1.05);
  EXPECT_GT(a.flux_scatter(), 0.95);  // a scatter below the bound would be a biased fit or a wrong bound
  EXPECT_GT(a.size_scatter(), 0.95);
  EXPECT_EQ(a.outliers, 0);
}

// Seen: 1.04 and 1.15 (error 0.02). The size's excess is that of maximum likelihood itself, whose sizes are
// not normal at this S/N; with weak priors it is 0.97.
TEST(ClumpAccuracy, IsNearTheBoundAtSignalToNoiseTwenty) {
  const Accuracy a = measure(20, 1, 2500, 2);
  EXPECT_LT(a.flux_scatter(), 1.15);
  EXPECT_LT(a.size_scatter(), 1.25);
}

// Sizes half a pixel, near the floor of 0.4: the flux is right, and half of the fits say unresolved.
TEST(ClumpAccuracy, SmallClumpsKeepTheirFlux) {
  const Accuracy a = measure(20, 0.5, 2500, 3);
  EXPECT_LT(std::abs(statistics::median(a.flux) - 1), 0.05);
  EXPECT_GT(a.unresolved, 500);
}

// The minimum found is the minimum: at most 1 fit in 1000 ends above chi^2 at the truth.
TEST(ClumpAccuracy, NeverEndsAboveTheTruth) {
  int fits = 0, above = 0;
  for (const double signal_to_noise : {5.0, 20.0, 100.0})
    for (const double sigma : {0.5, 1.0, 2.0}) {
      const Accuracy a = measure(signal_to_noise, sigma, 350, 4);
      fits += a.fits;
      above += a.above_truth;
    }
  EXPECT_LE(above, fits / 1000);
}

// At S/N 5 nine parameters are beyond the data. Weak priors on size and axis ratio tame the outliers.
TEST(ClumpAccuracy, PriorsTameOutliersAtLowSignalToNoise) {
  FitOptions posterior;
  posterior.prior = ShapePrior{};
  for (const double sigma : {0.5, 1.0, 2.0}) {
    const Accuracy likelihood = measure(5, sigma, 400, 5), with_prior = measure(5, sigma, 400, 5, posterior);
    EXPECT_LT(with_prior.outliers, 0.7 * likelihood.outliers) << sigma;
    EXPECT_LT(std::abs(statistics::median(with_prior.flux) - 1), 0.35) << sigma;
  }
}

}  // namespace
}  // namespace arcproof::photometry
