#include "engine/photometry/detection.h"

#include "engine/core/error.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <mutex>

#include <fmt/format.h>
extern "C" {
#include <sep.h>
}

namespace arcproof::photometry {
namespace {

void check(int status) {
  if (status == 0) return;
  char message[128] = {}, detail[512] = {};
  sep_get_errmsg(status, message);
  sep_get_errdetail(detail);
  throw SystemError(fmt::format("libsep: {} {}", message, detail));
}

struct BackgroundCloser {
  void operator()(sep_bkg* b) const { sep_bkg_free(b); }
};
struct CatalogCloser {
  void operator()(sep_catalog* c) const { sep_catalog_free(c); }
};

// libsep's work space is a process-wide setting.
void set_work_space() {
  static std::once_flag once;
  std::call_once(once, [] {
    sep_set_extract_pixstack(4'000'000);
    sep_set_sub_object_limit(4096);
  });
}

/// What libsep is given. It needs no second image where the noise is one number, and no mask where all pixels
/// have data.
struct Planes {
  Array2D<float> flux;
  const Array2D<float>* error = nullptr;
  Array2D<float> noise;  ///< the error, 1e30 where masked; empty where nothing is
  Array2D<unsigned char> mask;
  bool one_noise = false;  ///< error(0, 0) for all pixels, none of which is masked
};

Planes with_mask(Array2D<float> image, const Array2D<float>& error) {
  Planes planes;
  planes.flux = std::move(image);
  planes.error = &error;
  bool all_good = true;
  planes.one_noise = true;
  for (std::size_t i = 0; i < error.size(); ++i) {
    const float noise = error.data()[i];
    all_good &= std::isfinite(planes.flux.data()[i]) && std::isfinite(noise) && noise > 0;
    planes.one_noise &= noise == error.data()[0];
  }
  if (all_good) return planes;
  planes.one_noise = false;
  planes.noise = error;
  planes.mask = Array2D<unsigned char>(error.width(), error.height(), 0);
  for (std::size_t i = 0; i < error.size(); ++i) {
    const float flux = planes.flux.data()[i], noise = error.data()[i];
    if (std::isfinite(flux) && std::isfinite(noise) && noise > 0) continue;
    planes.flux.data()[i] = 0;
    planes.noise.data()[i] = 1e30F;
    planes.mask.data()[i] = 1;
  }
  return planes;
}

sep_image as_sep(const Planes& planes) {
  sep_image image{};
  image.data = planes.flux.data();
  if (planes.one_noise) image.noiseval = planes.error->data()[0];
  else image.noise = planes.noise.size() ? planes.noise.data() : planes.error->data();
  if (planes.mask.size()) image.mask = planes.mask.data();
  image.dtype = SEP_TFLOAT;
  image.ndtype = SEP_TFLOAT;
  image.mdtype = SEP_TBYTE;
  image.w = planes.flux.width();
  image.h = planes.flux.height();
  image.noise_type = SEP_NOISE_STDDEV;
  image.maskthresh = 0.5;
  return image;
}

// Masked pixels are left at 0.
void subtract_background(Planes& planes, int mesh_pix) {
  const sep_image image = as_sep(planes);
  sep_bkg* raw_background = nullptr;
  check(sep_background(&image, mesh_pix, mesh_pix, 3, 3, 0.0, &raw_background));
  const std::unique_ptr<sep_bkg, BackgroundCloser> background(raw_background);
  check(sep_bkg_subarray(background.get(), planes.flux.data(), SEP_TFLOAT));
  for (std::size_t i = 0; i < planes.mask.size(); ++i)
    if (planes.mask.data()[i]) planes.flux.data()[i] = 0;
}

// Median of every other finite pixel (a chequerboard) of a square about (x, y), cut at the image's edges; 0
// if the square has no such pixel.
float box_median(const Array2D<float>& image, int x, int y, int side, std::vector<float>& values) {
  values.clear();
  const int half = side / 2;
  for (int j = std::max(0, y - half); j < std::min(image.height(), y + half); ++j)
    for (int i = std::max(0, x - half) + (j & 1); i < std::min(image.width(), x + half); i += 2)
      if (std::isfinite(image(i, j))) values.push_back(image(i, j));
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

Detection object(const sep_catalog& catalog, int i) {
  Detection d;
  d.x = catalog.x[i];
  d.y = catalog.y[i];
  d.a = catalog.a[i];
  d.b = catalog.b[i];
  d.theta_rad = catalog.theta[i];
  d.flux_njy = catalog.flux[i];
  d.pixels = catalog.npix[i];
  d.flags = catalog.flag[i];
  return d;
}

}  // namespace

DetectionResult detect(const Array2D<float>& image_njy, const Array2D<float>& error_njy,
                       const DetectionOptions& options) {
  require(image_njy.same_shape(error_njy), "detect: image and error have the same shape");
  set_work_space();
  Planes planes = with_mask(
      options.median_side_pix > 0 ? median_subtracted(image_njy, options.median_side_pix) : image_njy,
      error_njy);
  if (options.median_side_pix == 0) subtract_background(planes, options.background_mesh_pix);
  DetectionResult result;
  result.segmentation = Array2D<int>(image_njy.width(), image_njy.height(), 0);

  const sep_image image = as_sep(planes);
  static constexpr float kernel[9] = {1, 2, 1, 2, 4, 2, 1, 2, 1};
  sep_catalog* raw_catalog = nullptr;
  check(sep_extract(&image, static_cast<float>(options.threshold_sigma), SEP_THRESH_REL, options.min_area_pix,
                    kernel, 3, 3, SEP_FILTER_CONV, options.deblend_levels, options.deblend_contrast, 1, 1.0,
                    &raw_catalog));
  const std::unique_ptr<sep_catalog, CatalogCloser> catalog(raw_catalog);
  for (int i = 0; i < catalog->nobj; ++i) {
    result.objects.push_back(object(*catalog, i));
    for (int k = 0; k < catalog->npix[i]; ++k) result.segmentation.data()[catalog->pix[i][k]] = i + 1;
  }
  return result;
}

Array2D<float> median_subtracted(const Array2D<float>& image_njy, int side_pix) {
  const int stride = std::max(1, side_pix / 6);
  const int nodes_x = (image_njy.width() + stride - 1) / stride + 1,
            nodes_y = (image_njy.height() + stride - 1) / stride + 1;
  Array2D<float> median(nodes_x, nodes_y);
  std::vector<float> values;
  for (int j = 0; j < nodes_y; ++j)
    for (int i = 0; i < nodes_x; ++i)
      median(i, j) = box_median(image_njy, i * stride, j * stride, side_pix, values);
  Array2D<float> result = image_njy;
  for (int y = 0; y < image_njy.height(); ++y)
    for (int x = 0; x < image_njy.width(); ++x) {
      const int i = x / stride, j = y / stride;
      const float fx = static_cast<float>(x % stride) / stride, fy = static_cast<float>(y % stride) / stride;
      result(x, y) -= (1 - fy) * ((1 - fx) * median(i, j) + fx * median(i + 1, j)) +
                      fy * ((1 - fx) * median(i, j + 1) + fx * median(i + 1, j + 1));
    }
  return result;
}

Array2D<float> background_subtracted(const Array2D<float>& image_njy, const Array2D<float>& error_njy,
                                     int mesh_pix) {
  Planes planes = with_mask(image_njy, error_njy);
  subtract_background(planes, mesh_pix);
  for (std::size_t i = 0; i < planes.mask.size(); ++i)
    if (planes.mask.data()[i]) planes.flux.data()[i] = std::nanf("");
  return std::move(planes.flux);
}

}  // namespace arcproof::photometry
