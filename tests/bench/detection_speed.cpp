// Detects the sources of a mosaic with a background mesh, as a plain run of libsep does, and prints CPU
// seconds per megapixel and how many of the listed sources are found.  detection_speed IMAGE.fits
// CATALOGUE.fits
#include "engine/core/statistics.h"
#include "engine/io/fits.h"
#include "engine/photometry/detection.h"

#include <algorithm>
#include <cmath>
#include <ctime>

#include <fmt/format.h>

using namespace arcproof;

namespace {

double cpu_seconds() {
  timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

double found_fraction(const io::Table& truth, const std::vector<photometry::Detection>& objects) {
  int found = 0;
  for (std::size_t i = 0; i < truth.rows(); ++i)
    found += std::any_of(objects.begin(), objects.end(), [&](const photometry::Detection& d) {
      return std::hypot(d.x - truth.reals("x")[i], d.y - truth.reals("y")[i]) < 2;
    });
  return static_cast<double>(found) / static_cast<double>(truth.rows());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const Array2D<double> pixels = io::read_fits_image(argv[1], "").pixels;
  Array2D<float> image(pixels.width(), pixels.height());
  std::transform(pixels.begin(), pixels.end(), image.begin(), [](double v) { return static_cast<float>(v); });
  const double sigma = statistics::sigma_clipped(std::vector<double>(pixels.begin(), pixels.end())).sigma;
  const Array2D<float> error(image.width(), image.height(), static_cast<float>(sigma));
  photometry::DetectionOptions options;
  options.median_side_pix = 0;
  options.deblend_contrast = 0.005;
  std::vector<double> seconds;
  photometry::DetectionResult result;
  for (int repeat = 0; repeat < 7; ++repeat) {
    const double begin = cpu_seconds();
    result = photometry::detect(image, error, options);
    seconds.push_back(cpu_seconds() - begin);
  }
  const double megapixels = 1e-6 * static_cast<double>(image.size());
  fmt::print("detection: {:.4f} s CPU per Mpixel, {} objects, {:.4f} of the list found\n",
             statistics::median(seconds) / megapixels, result.objects.size(),
             found_fraction(io::read_fits_table(argv[2], ""), result.objects));
}
