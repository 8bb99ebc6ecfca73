#include "engine/sky/psf.h"

#include "engine/core/error.h"
#include "engine/core/units.h"
#include "engine/io/fits.h"
#include "engine/sky/psf_tools.h"
#include "engine/sky/wcs.h"

#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

namespace arcproof::sky {
namespace {

// Trigonometric interpolation in one dimension: weights[j * n + i] takes sample i to position centre + (j -
// half) * step. The samples are thought of as followed by zeros up to an odd period of 2n + 1, so that
// nothing wraps around.
std::vector<double> interpolation_weights(int n, double centre, int half, double step) {
  const int period = 2 * n + 1;
  std::vector<double> weights(static_cast<std::size_t>(2 * half + 1) * n);
  for (int j = -half; j <= half; ++j)
    for (int i = 0; i < n; ++i) {
      const double d = centre + j * step - i;
      const double s = std::sin(units::pi * d / period);
      weights[static_cast<std::size_t>(j + half) * n + i] =
          std::abs(s) < 1e-12 ? 1.0 : std::sin(units::pi * d) / (period * s);
    }
  return weights;
}

double sum_of(const Array2D<double>& image) {
  double sum = 0;
  for (const double v : image) sum += v;
  return sum;
}

void check_image(const Array2D<double>& image, const std::string& file) {
  if (std::any_of(image.begin(), image.end(), [](double v) { return !std::isfinite(v); }))
    throw InputError({file, "PSF image", "NaN or infinite pixels", "finite pixels"});
  const double sum = sum_of(image);
  if (!(sum > 0)) throw InputError({file, "PSF image", fmt::format("a sum of {:g}", sum), "a positive sum"});
}

double bilinear(const Array2D<double>& image, double x, double y) {
  const int ix = std::clamp(static_cast<int>(std::floor(x)), 0, image.width() - 2);
  const int iy = std::clamp(static_cast<int>(std::floor(y)), 0, image.height() - 2);
  const double fx = x - ix, fy = y - iy;
  return (1 - fy) * ((1 - fx) * image(ix, iy) + fx * image(ix + 1, iy)) +
         fy * ((1 - fx) * image(ix, iy + 1) + fx * image(ix + 1, iy + 1));
}

double scale_from_header(const io::FitsImage& image, const std::string& file) {
  for (const io::FitsHeader* header : {&image.header, &image.primary}) {
    for (const char* key : {"PIXSCL", "PIXSCALE", "PIXELSCL"})
      if (const auto value = header->number(key)) return *value;
    for (const char* key : {"CD1_1", "CDELT1"})
      if (const auto value = header->number(key); value && *value != 0 && *value != 1)
        return std::abs(*value) * 3600;
  }
  // A matrix whose unit is not seen in CD1_1 or CDELT1: rotated, or PC of degrees with CDELT of 1.
  const std::optional<Wcs> wcs = Wcs::from_header(image.header.records, file, image.hdu);
  return wcs ? wcs->pixel_scale_arcsec() : 0;
}

// One shape per camera, in units of the FWHM: fitted to the encircled energy of drizzled model PSFs.
struct Shape {
  double core_fraction, sigma_per_fwhm, alpha_per_fwhm, beta;
};
constexpr Shape nircam_short{0.429, 0.383, 1.135, 1.525};
constexpr Shape nircam_long{0.527, 0.402, 1.060, 1.651};
constexpr Shape acs{0.135, 0.391, 0.570, 1.993};
constexpr Shape wfc3_ir{0.325, 0.557, 0.542, 1.560};

struct BandPsf {
  double fwhm_arcsec;
  const Shape* shape;
};

// FWHM of the drizzled PSF [arcsec]: Claeyssens+2023 Table 1 where the band is listed; other NIRCam bands
// from the diffraction FWHM of the JWST documentation with 0.02" of drizzling added in quadrature; other HST
// bands by interpolation in wavelength.
const std::map<std::string, BandPsf>& band_table() {
  static const std::map<std::string, BandPsf> table = {
      {"F435W", {0.120, &acs}},          {"F475W", {0.120, &acs}},          {"F606W", {0.120, &acs}},
      {"F775W", {0.120, &acs}},          {"F814W", {0.120, &acs}},          {"F850LP", {0.120, &acs}},
      {"F105W", {0.160, &wfc3_ir}},      {"F110W", {0.170, &wfc3_ir}},      {"F125W", {0.180, &wfc3_ir}},
      {"F140W", {0.190, &wfc3_ir}},      {"F160W", {0.190, &wfc3_ir}},      {"F070W", {0.035, &nircam_short}},
      {"F090W", {0.050, &nircam_short}}, {"F115W", {0.050, &nircam_short}}, {"F140M", {0.052, &nircam_short}},
      {"F150W", {0.060, &nircam_short}}, {"F162M", {0.059, &nircam_short}}, {"F182M", {0.065, &nircam_short}},
      {"F200W", {0.068, &nircam_short}}, {"F210M", {0.074, &nircam_short}}, {"F250M", {0.100, &nircam_long}},
      {"F277W", {0.110, &nircam_long}},  {"F300M", {0.116, &nircam_long}},  {"F335M", {0.124, &nircam_long}},
      {"F356W", {0.130, &nircam_long}},  {"F360M", {0.131, &nircam_long}},  {"F410M", {0.138, &nircam_long}},
      {"F430M", {0.145, &nircam_long}},  {"F444W", {0.140, &nircam_long}},  {"F460M", {0.156, &nircam_long}},
      {"F480M", {0.165, &nircam_long}}};
  return table;
}

}  // namespace

Centre brightest_pixel(const Array2D<double>& image) {
  const auto peak = std::max_element(image.begin(), image.end()) - image.begin();
  const auto x = peak % image.width(), y = peak / image.width();
  return {static_cast<double>(x), static_cast<double>(y)};
}

double core_sigma(const Array2D<double>& image) {
  const double half = 0.5 * *std::max_element(image.begin(), image.end());
  const auto count = std::count_if(image.begin(), image.end(), [&](double v) { return v > half; });
  return std::max(1.0,
                  2 * std::sqrt(static_cast<double>(count) / units::pi) / units::gaussian_fwhm_per_sigma);
}

Centre windowed_centroid(const Array2D<double>& image, Centre start, double sigma) {
  Centre c = start;
  const int reach = static_cast<int>(std::ceil(4 * sigma));
  for (int iteration = 0; iteration < 50; ++iteration) {
    double sum = 0, sx = 0, sy = 0;
    for (int y = static_cast<int>(c.y) - reach; y <= static_cast<int>(c.y) + reach; ++y)
      for (int x = static_cast<int>(c.x) - reach; x <= static_cast<int>(c.x) + reach; ++x) {
        if (!image.contains(x, y)) continue;
        const double dx = x - c.x, dy = y - c.y;
        const double weight = image(x, y) * std::exp(-0.5 * (dx * dx + dy * dy) / (sigma * sigma));
        sum += weight;
        sx += weight * dx;
        sy += weight * dy;
      }
    if (!(sum > 0)) break;
    c.x = std::clamp(c.x + 2 * sx / sum, 0.0, image.width() - 1.0);
    c.y = std::clamp(c.y + 2 * sy / sum, 0.0, image.height() - 1.0);
    if (std::hypot(sx, sy) < 1e-9 * sum) break;
  }
  return c;
}

Array2D<double> resampled(const Array2D<double>& image, Centre centre, int half, double step) {
  const int n = 2 * half + 1;
  const std::vector<double> wx = interpolation_weights(image.width(), centre.x, half, step);
  const std::vector<double> wy = interpolation_weights(image.height(), centre.y, half, step);
  Array2D<double> rows(n, image.height());
  for (int y = 0; y < image.height(); ++y)
    for (int j = 0; j < n; ++j) {
      const double* weight = &wx[static_cast<std::size_t>(j) * image.width()];
      double sum = 0;
      for (int i = 0; i < image.width(); ++i) sum += weight[i] * image(i, y);
      rows(j, y) = sum;
    }
  Array2D<double> result(n, n);
  for (int k = 0; k < n; ++k)
    for (int i = 0; i < image.height(); ++i) {
      const double weight = wy[static_cast<std::size_t>(k) * image.height() + i];
      for (int j = 0; j < n; ++j) result(j, k) += weight * rows(j, i);
    }
  return result;
}

double fwhm_pixels(const Array2D<double>& image) {
  constexpr int split = 8;
  const int middle = image.width() / 2;
  const double half_maximum = 0.5 * image(middle, middle);
  const int reach = std::min(middle - 1, 40);
  long count = 0;
  for (int y = -reach * split; y <= reach * split; ++y)
    for (int x = -reach * split; x <= reach * split; ++x)
      count += bilinear(image, middle + static_cast<double>(x) / split,
                        middle + static_cast<double>(y) / split) > half_maximum;
  return 2 * std::sqrt(static_cast<double>(count) / units::pi) / split;
}

Psf::Psf(Array2D<double> image, double scale_arcsec, std::vector<std::string> notes)
    : image_(std::move(image)), scale_arcsec_(scale_arcsec), notes_(std::move(notes)) {}

Psf Psf::from_image(const Array2D<double>& image, double image_scale_arcsec, double scale_arcsec,
                    const std::string& file) {
  require(image_scale_arcsec > 0 && scale_arcsec > 0, "Psf::from_image: scales > 0");
  check_image(image, file);
  const Centre centre = windowed_centroid(image, brightest_pixel(image), core_sigma(image));
  const double step = scale_arcsec / image_scale_arcsec;
  const double room =
      std::min({centre.x, centre.y, image.width() - 1 - centre.x, image.height() - 1 - centre.y});
  const int half = static_cast<int>(std::floor(room / step));
  if (half < 2)
    throw InputError({file, "PSF image",
                      fmt::format("{} x {} pixels with the centre at ({:.1f}, {:.1f})", image.width(),
                                  image.height(), centre.x, centre.y),
                      "at least 5 x 5 pixels around the centre"});
  Array2D<double> result = resampled(image, centre, half, step);
  const double total = sum_of(result);
  if (!(total > 0))
    throw InputError({file, "PSF image", fmt::format("a sum of {:g}", total), "a positive sum"});
  for (double& v : result) v /= total;
  return Psf(std::move(result), scale_arcsec,
             {fmt::format("{}: centre ({:.3f}, {:.3f}) of {} x {} pixels moved to the central pixel of {} x "
                          "{}; {}sum {:.4f} set to 1",
                          file, centre.x, centre.y, image.width(), image.height(), 2 * half + 1, 2 * half + 1,
                          std::abs(step - 1) < 1e-6 ? std::string()
                                                    : fmt::format("resampled from {:.5f}\" to {:.5f}\"; ",
                                                                  image_scale_arcsec, scale_arcsec),
                          total)});
}

Psf Psf::read(const std::filesystem::path& path, const std::string& hdu, double image_scale_arcsec,
              double scale_arcsec, const std::string& scale_name) {
  const io::FitsImage image = io::read_fits_image(path, hdu);
  const double stated = scale_from_header(image, path.string());
  if (stated <= 0 && image_scale_arcsec <= 0)
    throw InputError({path.string(), "HDU " + image.hdu, "no pixel scale (PIXSCL, PIXSCALE, CD1_1 or CDELT1)",
                      "a pixel scale in the header, or " + scale_name});
  if (stated > 0 && image_scale_arcsec > 0 && std::abs(stated / image_scale_arcsec - 1) > 0.01)
    throw InputError({path.string(), "HDU " + image.hdu, fmt::format("a pixel scale of {:g}\"", stated),
                      fmt::format("{:g}\" as {} says", image_scale_arcsec, scale_name)});
  constexpr double largest_scale_arcsec = 10;
  if (stated > largest_scale_arcsec)
    throw InputError({path.string(), "HDU " + image.hdu, fmt::format("a pixel scale of {:g}\"", stated),
                      fmt::format("above 0, to {:g}\"", largest_scale_arcsec)});
  return from_image(image.pixels, image_scale_arcsec > 0 ? image_scale_arcsec : stated, scale_arcsec,
                    path.string());
}

Psf Psf::parametric(const std::string& band, double scale_arcsec, double radius_arcsec) {
  require(scale_arcsec > 0 && radius_arcsec > 0, "Psf::parametric: scale and radius > 0");
  const ParametricPsf p = parametric_psf(band);
  const int half = std::max(2, static_cast<int>(std::lround(radius_arcsec / scale_arcsec)));
  Array2D<double> image(2 * half + 1, 2 * half + 1);
  const double s2 = p.core_sigma_arcsec * p.core_sigma_arcsec, a2 = p.wing_alpha_arcsec * p.wing_alpha_arcsec;
  for (int y = -half; y <= half; ++y)
    for (int x = -half; x <= half; ++x) {
      const double r2 =
          (static_cast<double>(x) * x + static_cast<double>(y) * y) * scale_arcsec * scale_arcsec;
      image(x + half, y + half) =
          p.core_fraction * std::exp(-0.5 * r2 / s2) / (2 * units::pi * s2) +
          (1 - p.core_fraction) * (p.wing_beta - 1) / (units::pi * a2) * std::pow(1 + r2 / a2, -p.wing_beta);
    }
  const double total = sum_of(image);
  for (double& v : image) v /= total;
  return Psf(std::move(image), scale_arcsec,
             {fmt::format("{}: embedded parametric PSF (Gaussian core + Moffat wing)", band)});
}

double Psf::fwhm_arcsec() const { return fwhm_pixels(image_) * scale_arcsec_; }

double Psf::encircled_energy(double radius_arcsec) const {
  constexpr int split = 5;
  const double limit = radius_arcsec / scale_arcsec_;
  double sum = 0;
  for (int y = 0; y < image_.height(); ++y)
    for (int x = 0; x < image_.width(); ++x)
      for (int k = 0; k < split * split; ++k) {
        const int row = k / split, column = k % split;
        const double dx = x - half_size() + (column + 0.5) / split - 0.5;
        const double dy = y - half_size() + (row + 0.5) / split - 0.5;
        if (dx * dx + dy * dy <= limit * limit) sum += image_(x, y) / (split * split);
      }
  return sum;
}

ParametricPsf parametric_psf(const std::string& band) {
  const auto it = band_table().find(band);
  if (it == band_table().end())
    throw InputError({"", "band", band + ", which has no embedded PSF",
                      fmt::format("a PSF file, or one of: {}", fmt::join(parametric_psf_bands(), ", "))});
  const auto& [fwhm, shape] = it->second;
  return {shape->core_fraction, shape->sigma_per_fwhm * fwhm, shape->alpha_per_fwhm * fwhm, shape->beta};
}

std::vector<std::string> parametric_psf_bands() {
  std::vector<std::string> names;
  for (const auto& [name, ignored] : band_table()) names.push_back(name);
  return names;
}

}  // namespace arcproof::sky
