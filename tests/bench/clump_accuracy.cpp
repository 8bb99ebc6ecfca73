// Fits the clumps of a mock file (a cube of 9 x 9 cutouts in units of their noise, and a table TRUTH) and
// prints outliers, bias and scatter beside the Cramer-Rao bound.  clump_accuracy PSF.fits CUBE.fits
#include "engine/core/statistics.h"
#include "engine/io/fits.h"
#include "engine/photometry/clump_fit.h"

#include <chrono>
#include <cmath>
#include <cstdio>

using namespace arcproof;
using namespace arcproof::photometry;

int main(int argc, char** argv) {
  if (argc != 3) return std::fprintf(stderr, "clump_accuracy PSF.fits CUBE.fits\n"), 2;
  const PsfTransform psf(sky::Psf::from_image(io::read_fits_image(argv[1]).pixels, 0.02, 0.02, argv[1]), 9);
  const io::FitsArray cube = io::read_fits_array(argv[2], "0");
  const io::Table truth = io::read_fits_table(argv[2], "TRUTH");
  std::vector<double> flux, size;
  int outliers = 0;
  const auto begin = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < truth.rows(); ++i) {
    Cutout cutout;
    cutout.size = 9;
    cutout.flux.assign(&cube.values[i * 81], &cube.values[i * 81] + 81);
    cutout.weight.assign(81, 1.0);
    const ComponentStart start{0, 0, {1, 0, 1}};
    const ClumpFit fit = fit_clumps(cutout, psf, std::span(&start, 1), {});
    const PrincipalAxes axes = principal_axes(fit.components[0].shape);
    flux.push_back(fit.components[0].flux / truth.reals("flux")[i]);
    size.push_back(
        std::sqrt(axes.sigma_major * axes.sigma_minor / (truth.reals("sx")[i] * truth.reals("sy")[i])));
    const auto far = [](double ratio) { return !(ratio > 1.0 / 3 && ratio < 3); };
    outliers += far(flux.back()) || far(size.back());
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  std::printf(
      "{\"fits\": %zu, \"us_per_fit\": %.1f, \"outliers\": %.4f, \"flux_bias\": %.4f, \"flux_scatter\": "
      "%.4f, "
      "\"flux_bound\": %.4f, \"size_bias\": %.4f, \"size_scatter\": %.4f}\n",
      truth.rows(), 1e6 * seconds / static_cast<double>(truth.rows()),
      outliers / static_cast<double>(truth.rows()), statistics::median(flux) - 1, statistics::mad_sigma(flux),
      statistics::median(truth.reals("crlb_lnflux")), statistics::median(size) - 1,
      statistics::mad_sigma(size));
  return 0;
}
