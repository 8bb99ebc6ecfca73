// Fits the clumps of mock files (a cube of 9 x 9 cutouts in units of their noise, and a table TRUTH) and
// prints for each file outliers, bias and scatter beside the Cramer-Rao bound, and how often the minimum
// found lies above chi^2 at the true positions and shapes.  clump_accuracy PSF.fits CUBE.fits...
#include "engine/core/statistics.h"
#include "engine/io/fits.h"
#include "engine/photometry/clump_fit.h"

#include <chrono>
#include <cmath>
#include <cstdio>
#include <map>
#include <string>

#include <fmt/format.h>

using namespace arcproof;
using namespace arcproof::photometry;

namespace {

constexpr int side = 9;

struct Mocks {
  io::FitsArray cube;
  io::Table truth;
  std::size_t count() const { return truth.rows(); }
  Cutout cutout(std::size_t i) const {
    Cutout cutout;
    cutout.size = side;
    cutout.flux.assign(&cube.values[i * side * side], &cube.values[i * side * side] + side * side);
    cutout.weight.assign(side * side, 1.0);
    return cutout;
  }
  double of(const char* column, std::size_t i) const { return truth.reals(column)[i]; }
};

struct Accuracy {
  std::vector<double> flux, size, log_size;  // over the truth
  std::vector<double> axis_ratio;
  std::vector<double> flux_pull;
  std::map<std::string, int> status;
  int outliers = 0, above_truth = 0, iterations = 0, unresolved = 0;
  double worst_excess = 0, seconds = 0;
};

Accuracy measure(const Mocks& mocks, const PsfTransform& psf, const FitOptions& options) {
  Accuracy result;
  const auto begin = std::chrono::steady_clock::now();
  std::vector<ClumpFit> fits;
  for (std::size_t i = 0; i < mocks.count(); ++i) {
    const ComponentStart start{0, 0, {1, 0, 1}};
    fits.push_back(fit_clumps(mocks.cutout(i), psf, std::span(&start, 1), options));
  }
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  for (std::size_t i = 0; i < mocks.count(); ++i) {
    const ClumpFit& fit = fits[i];
    const PrincipalAxes axes = principal_axes(fit.components[0].shape);
    const double circular = std::sqrt(axes.sigma_major * axes.sigma_minor);
    result.flux.push_back(fit.components[0].flux / mocks.of("flux", i));
    result.flux_pull.push_back((fit.components[0].flux - mocks.of("flux", i)) / fit.components[0].flux_error);
    result.size.push_back(circular / std::sqrt(mocks.of("sx", i) * mocks.of("sy", i)));
    result.log_size.push_back(std::log(result.size.back()));
    result.axis_ratio.push_back(axes.sigma_minor / axes.sigma_major);
    const auto far = [](double ratio) { return !(ratio > 1.0 / 3 && ratio < 3); };
    result.outliers += far(result.flux.back()) || far(result.size.back());
    result.unresolved += circular < 0.4;
    const ComponentStart truth{mocks.of("x0", i) - side / 2, mocks.of("y0", i) - side / 2,
                               covariance_of(mocks.of("sx", i), mocks.of("sy", i), mocks.of("theta", i))};
    const double excess = fit.chi2 - chi2_of_shapes(mocks.cutout(i), psf, std::span(&truth, 1));
    result.above_truth += excess > 1e-3;
    result.worst_excess = std::max(result.worst_excess, excess);
    result.iterations += fit.iterations;
    ++result.status[std::string(to_string(fit.status))];
  }
  return result;
}

void print(const std::string& name, const char* fit, const Mocks& mocks, const Accuracy& a) {
  const auto n = static_cast<double>(mocks.count());
  std::string status;
  for (const auto& [word, count] : a.status) status += fmt::format(", \"{}\": {}", word, count);
  fmt::print(
      "{{\"file\": \"{}\", \"maximum\": \"{}\", \"fits\": {}, \"us_per_fit\": {:.1f}, \"iterations\": "
      "{:.2f}, \"above_truth\": {}, "
      "\"worst_excess\": {:.2g}, \"outliers\": {:.4f}, \"unresolved\": {:.3f}, \"flux_bias\": {:.4f}, "
      "\"flux_scatter\": {:.4f}, \"flux_bound\": {:.4f}, \"size_bias\": {:.4f}, \"size_scatter\": {:.4f}, "
      "\"log_size_scatter\": {:.4f}, \"size_bound\": {:.4f}, \"axis_ratio_q10\": {:.3f}, "
      "\"flux_pull_sigma\": {:.3f}{}}}\n",
      name, fit, mocks.count(), 1e6 * a.seconds / n, a.iterations / n, a.above_truth, a.worst_excess,
      a.outliers / n, a.unresolved / n, statistics::median(a.flux) - 1, statistics::mad_sigma(a.flux),
      statistics::median(mocks.truth.reals("crlb_lnflux")), statistics::median(a.size) - 1,
      statistics::mad_sigma(a.size), statistics::mad_sigma(a.log_size),
      statistics::median(mocks.truth.reals("crlb_lnsize")), statistics::quantile(a.axis_ratio, 0.1),
      statistics::mad_sigma(a.flux_pull), status);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return std::fprintf(stderr, "clump_accuracy PSF.fits CUBE.fits...\n"), 2;
  const PsfTransform psf(sky::Psf::from_image(io::read_fits_image(argv[1]).pixels, 0.02, 0.02, argv[1]),
                         side);
  for (int i = 2; i < argc; ++i) {
    const Mocks mocks{io::read_fits_array(argv[i], "0"), io::read_fits_table(argv[i], "TRUTH")};
    const std::string path = argv[i];
    const std::string name = path.substr(path.rfind('/') + 1);
    print(name, "likelihood", mocks, measure(mocks, psf, {}));
    print(name, "posterior", mocks, measure(mocks, psf, {.prior = ShapePrior{}}));
  }
  return 0;
}
