#include "engine/photometry/detection.h"

#include "engine/core/error.h"

#include <cmath>
#include <memory>
#include <mutex>

#include <fmt/format.h>
#include <sep.h>

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

struct Planes {
  Array2D<float> flux, noise;
  Array2D<unsigned char> mask;
};

Planes with_mask(const Array2D<float>& image, const Array2D<float>& error) {
  Planes planes{image, error, Array2D<unsigned char>(image.width(), image.height(), 0)};
  for (std::size_t i = 0; i < image.size(); ++i) {
    const float flux = image.data()[i], noise = error.data()[i];
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
  image.noise = planes.noise.data();
  image.mask = planes.mask.data();
  image.dtype = SEP_TFLOAT;
  image.ndtype = SEP_TFLOAT;
  image.mdtype = SEP_TBYTE;
  image.w = planes.flux.width();
  image.h = planes.flux.height();
  image.noise_type = SEP_NOISE_STDDEV;
  image.maskthresh = 0.5;
  return image;
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
  Planes planes = with_mask(image_njy, error_njy);
  DetectionResult result;
  result.background_njy = Array2D<float>(image_njy.width(), image_njy.height());
  result.segmentation = Array2D<int>(image_njy.width(), image_njy.height(), 0);

  sep_image image = as_sep(planes);
  sep_bkg* raw_background = nullptr;
  const int mesh = options.background_mesh_pix;
  check(sep_background(&image, mesh, mesh, 3, 3, 0.0, &raw_background));
  const std::unique_ptr<sep_bkg, BackgroundCloser> background(raw_background);
  check(sep_bkg_array(background.get(), result.background_njy.data(), SEP_TFLOAT));
  check(sep_bkg_subarray(background.get(), planes.flux.data(), SEP_TFLOAT));
  result.background_rms_njy = sep_bkg_globalrms(background.get());

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

}  // namespace arcproof::photometry
