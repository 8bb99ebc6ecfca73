#include "engine/sky/exposure.h"

#include "engine/core/error.h"
#include "engine/core/text.h"
#include "engine/core/units.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include <fmt/format.h>

namespace arcproof::sky {
namespace {

struct Lookup {
  const io::FitsHeader& image;
  const io::FitsHeader& primary;
  std::optional<double> number(const char* key) const {
    const auto value = image.number(key);
    return value ? value : primary.number(key);
  }
  std::string text(const char* key) const {
    const auto value = image.text(key);
    return value ? *value : primary.text(key).value_or("");
  }
};

// "10.0*nanoJansky", "10 nJy", "nJy/pixel", "uJy", "Jy" -> nJy; 0 when the unit is not a flux density.
double njy_of_jansky_unit(std::string unit) {
  double factor = 1;
  for (const char* blank : {" /", "/ "})
    while (unit.find(blank) != std::string::npos) unit.replace(unit.find(blank), 2, "/");
  for (const char* per_pixel : {"/pixel", "/pix", " pixel-1", " pix-1"})  // which is what a pixel holds
    if (unit.ends_with(per_pixel)) unit = trimmed(unit.substr(0, unit.size() - std::strlen(per_pixel)));
  if (const auto sign = unit.find_first_of("* "); sign != std::string::npos) {
    char* end = nullptr;
    factor = std::strtod(unit.c_str(), &end);
    if (end != unit.c_str() + sign || !(factor > 0)) return 0;
    unit = trimmed(unit.substr(sign + 1));
  }
  // Words in any case; abbreviations as they are, for M is mega and m is milli.
  for (const auto& [name, njy] :
       {std::pair{"nJy", 1.0}, {"uJy", 1e3}, {"mJy", 1e6}, {"Jy", 1e9}, {"MJy", 1e15}})
    if (unit == name) return factor * njy;
  for (const auto& [name, njy] :
       {std::pair{"nanojansky", 1.0}, {"microjansky", 1e3}, {"millijansky", 1e6}, {"jansky", 1e9}})
    if (lower_case(unit) == name) return factor * njy;
  return 0;
}

// f_nu = PHOTFLAM lambda^2 / c, PHOTFLAM in erg/s/cm^2/A per (e-/s), PHOTPLAM in Angstrom; 1 nJy = 1e-32
// erg/s/cm^2/Hz.
double njy_of_count_rate(double photflam, double photplam) {
  return photflam * photplam * photplam / units::speed_of_light_angstrom_s * 1e32;
}

bool is_count_rate(const std::string& unit) {
  std::string u = lower_case(unit);
  if (u.find('/') != std::string::npos) std::erase(u, ' ');  // astropy writes "electron / s"
  for (const char* name : {"electrons/s", "electron/s", "electrons s-1", "e-/s", "counts/s", "cps"})
    if (u == name) return true;
  return false;
}

constexpr double largest_scale_arcsec = 60;

// Of a WCS without a matrix: 1 degree.
void check_wcs_scale(const std::filesystem::path& file, const std::string& hdu, double scale_arcsec) {
  if (scale_arcsec > largest_scale_arcsec)
    refuse(file, "HDU " + hdu,
           fmt::format("a WCS with pixels of {:g} arcsec (CD, or PC and CDELT)", scale_arcsec),
           fmt::format("pixels of {:g} arcsec at most", largest_scale_arcsec));
}

// PSFs are brought to one pixel scale, which pixels that are not square do not have.
void check_square(const ExposureFile& file, const std::string& hdu, Exposure& exposure) {
  constexpr double most = 0.01;
  if (!exposure.wcs || std::abs(exposure.wcs->pixel_aspect() - 1) <= most) return;
  const double side = std::sqrt(exposure.wcs->pixel_aspect());
  const std::string found =
      fmt::format("pixels of {:.4g} x {:.4g} arcsec", exposure.wcs->pixel_scale_arcsec() * side,
                  exposure.wcs->pixel_scale_arcsec() / side);
  if (file.square_pixels) refuse(file.path, "HDU " + hdu, found, "square pixels, to 1%: a PSF has one scale");
  exposure.notes.push_back(fmt::format("{} HDU {}: {}, not square; sizes and angles are those in pixels",
                                       file.path.string(), hdu, found));
}

double scale_of(const ExposureFile& file, const io::FitsImage& image, const std::optional<Wcs>& wcs) {
  double stated = wcs ? wcs->pixel_scale_arcsec() : 0;
  check_wcs_scale(file.path, image.hdu, stated);
  for (const char* key : {"PIXSCALE", "PIXSCL"}) {
    if (stated) break;
    const auto value = Lookup{image.header, image.primary}.number(key);
    if (value && !(*value > 0 && *value <= largest_scale_arcsec))
      throw InputError({file.path.string(), "HDU " + image.hdu, fmt::format("{} = {:g}", key, *value),
                        "a pixel scale above 0, to 60 arcsec"});
    stated = value.value_or(0);
  }
  if (!stated && !file.pixel_scale_arcsec)
    throw InputError({file.path.string(), "HDU " + image.hdu, "no WCS and no PIXSCALE",
                      "a pixel scale in the header, or " + called(file.names, "pixel_scale_arcsec")});
  if (stated && file.pixel_scale_arcsec && std::abs(stated / file.pixel_scale_arcsec - 1) > 0.01)
    throw InputError({file.path.string(), "HDU " + image.hdu, fmt::format("a pixel scale of {:g}\"", stated),
                      fmt::format("{:g}\", as is said beside it", file.pixel_scale_arcsec)});
  return file.pixel_scale_arcsec ? file.pixel_scale_arcsec : stated;
}

void require_data(const Array2D<double>& pixels, const std::string& file, const std::string& hdu) {
  if (std::none_of(pixels.begin(), pixels.end(), [](double v) { return std::isfinite(v); }))
    throw InputError({file, "HDU " + hdu, "no finite pixel", "an image with data"});
}

void require_shape(const io::FitsImage& image, const Array2D<double>& science, const std::string& file) {
  if (image.pixels.same_shape(science)) return;
  throw InputError({file, "HDU " + image.hdu,
                    fmt::format("{} x {} pixels", image.pixels.width(), image.pixels.height()),
                    fmt::format("{} x {} pixels as the science image", science.width(), science.height())});
}

Array2D<float> scaled(const Array2D<double>& pixels, double factor) {
  Array2D<float> result(pixels.width(), pixels.height());
  std::transform(pixels.begin(), pixels.end(), result.begin(),
                 [&](double v) { return static_cast<float>(v * factor); });
  return result;
}

Array2D<float> error_from_weight(const Array2D<double>& weight, double factor) {
  Array2D<float> result(weight.width(), weight.height());
  std::transform(weight.begin(), weight.end(), result.begin(),
                 [&](double w) { return w > 0 ? static_cast<float>(factor / std::sqrt(w)) : std::nanf(""); });
  return result;
}

// Errors may have a unit of their own; without one they have the science image's.
double error_factor(const io::FitsImage& error, const io::FitsImage& science, const std::string& file,
                    double factor) {
  const std::string unit = error.header.text("BUNIT").value_or("");
  if (unit.empty() || unit == Lookup{science.header, science.primary}.text("BUNIT")) return factor;
  return njy_per_image_unit(error.header, error.primary, file, error.hdu);
}

Array2D<float> read_error(const ExposureFile& file, const io::FitsImage& science_image, double factor) {
  const Array2D<double>& science = science_image.pixels;
  const bool weights = !file.weight_path.empty() || !file.weight_hdu.empty();
  const auto& separate = weights ? file.weight_path : file.error_path;
  const auto& path = separate.empty() ? file.path : separate;
  const std::string& hdu = weights ? file.weight_hdu : file.error_hdu;
  if (path == file.path && hdu.empty())
    throw InputError(
        {file.path.string(), called(file.names, "error_hdu"), "neither an error nor a weight image",
         fmt::format("{}, {}, {} or {}", called(file.names, "error_hdu"), called(file.names, "error_file"),
                     called(file.names, "weight_hdu"), called(file.names, "weight_file"))});
  const io::FitsImage image = io::read_fits_image(path, hdu);
  require_shape(image, science, path.string());
  require_data(image.pixels, path.string(), image.hdu);
  if (std::none_of(image.pixels.begin(), image.pixels.end(), [](double v) { return v > 0; }))
    refuse(path, "HDU " + image.hdu, "no pixel above 0",
           weights ? "weights (1 / variance); pixels without data have 0"
                   : "errors (1 sigma) above 0; pixels without data may have 0, less or NaN");
  return weights ? error_from_weight(image.pixels, factor)
                 : scaled(image.pixels, error_factor(image, science_image, path.string(), factor));
}

double stated_njy_per_unit(const io::FitsHeader& image, const io::FitsHeader& primary,
                           const std::string& file, const std::string& hdu) {
  const Lookup header{image, primary};
  const std::string unit = header.text("BUNIT");
  if (unit == "MJy/sr" || unit == "MJy sr-1") {
    if (const auto area = header.number("PIXAR_SR")) return 1e15 * *area;
    throw InputError(
        {file, "HDU " + hdu, "BUNIT MJy/sr without PIXAR_SR", "PIXAR_SR, the pixel's solid angle [sr]"});
  }
  if (const double njy = njy_of_jansky_unit(unit)) return njy;
  const auto photflam = header.number("PHOTFLAM"), photplam = header.number("PHOTPLAM");
  if ((unit.empty() || is_count_rate(unit)) && photflam && photplam)
    return njy_of_count_rate(*photflam, *photplam);
  if (is_count_rate(unit))
    throw InputError({file, "HDU " + hdu,
                      fmt::format("BUNIT '{}' without {}", unit, photflam ? "PHOTPLAM" : "PHOTFLAM"),
                      "PHOTFLAM [erg/s/cm2/A per electron/s] and PHOTPLAM [A] beside it"});
  throw InputError({file, "HDU " + hdu, unit.empty() ? "no BUNIT" : "BUNIT '" + unit + "'",
                    "MJy/sr with PIXAR_SR, a multiple of Jy, or electrons/s with PHOTFLAM and PHOTPLAM"});
}

// MJy/sr need the area of the very pixels: images that were resampled may still state that of the old ones.
void check_pixel_area(const io::FitsImage& image, double scale_arcsec, const std::string& file) {
  const Lookup header{image.header, image.primary};
  const auto area = header.number("PIXAR_SR");
  if (!area || !header.text("BUNIT").starts_with("MJy")) return;
  if (header.text("BUNIT") == "MJy") return;
  const double side = scale_arcsec * units::arcsec, expected = side * side;
  if (std::abs(*area / expected - 1) > 0.1)
    throw InputError(
        {file, "HDU " + image.hdu, fmt::format("PIXAR_SR = {:g}", *area),
         fmt::format("{:g} sr to 10%, the area of its pixels of {:g}\"", expected, scale_arcsec)});
}

}  // namespace

double njy_per_image_unit(const io::FitsHeader& image, const io::FitsHeader& primary, const std::string& file,
                          const std::string& hdu) {
  const double factor = stated_njy_per_unit(image, primary, file, hdu);
  if (!(factor > 0) || !std::isfinite(factor))
    throw InputError({file, "HDU " + hdu, fmt::format("1 image unit = {:g} nJy", factor),
                      "PIXAR_SR, or PHOTFLAM and PHOTPLAM, above 0"});
  return factor;
}

Exposure read_exposure(const ExposureFile& file) {
  const io::FitsImage image = io::read_fits_image(file.path, file.science_hdu);
  require_data(image.pixels, file.path.string(), image.hdu);
  Exposure exposure;
  exposure.band = file.band;
  exposure.wcs = Wcs::from_header(image.header.records, file.path.string(), image.hdu);
  exposure.pixel_scale_arcsec = scale_of(file, image, exposure.wcs);
  check_square(file, image.hdu, exposure);
  const double factor = njy_per_image_unit(image.header, image.primary, file.path.string(), image.hdu);
  exposure.flux_njy = scaled(image.pixels, factor);
  check_pixel_area(image, exposure.pixel_scale_arcsec, file.path.string());
  exposure.error_njy = read_error(file, image, factor);
  exposure.electrons_per_njy = file.electrons_per_njy;
  exposure.notes.push_back(
      fmt::format("{} HDU {}: 1 image unit = {:.6g} nJy per pixel", file.path.string(), image.hdu, factor));
  return exposure;
}

}  // namespace arcproof::sky
