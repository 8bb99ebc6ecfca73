#include "recipes/program/commands/shared.h"

#include "engine/core/error.h"
#include "engine/core/missing.h"
#include "engine/core/statistics.h"
#include "engine/core/text.h"
#include "engine/core/units.h"
#include "engine/io/files.h"
#include "engine/photometry/detection.h"
#include "engine/sky/position_angle.h"
#include "recipes/program/commands/user_table.h"

#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>
#include <unistd.h>

namespace arcproof::commands {
namespace fs = std::filesystem;
namespace {

constexpr const char* position_columns = "columns x and y (pixel, from 0) or ra and dec (degree)";

// A field of the engine's options as an option of the command line.
std::string option_of(const std::string& field) {
  if (field == "pixel_scale_arcsec") return "--pixel-scale";
  return field.starts_with("weight") ? "--weight" : "--error";
}

// The HDU that "" means.
std::string first_image_hdu(const HduPath& file) {
  if (!file.hdu.empty()) return file.hdu;
  const std::string name = io::read_fits_image(file.path).hdu;
  return name.substr(0, name.find(' '));
}

// ---------------------------------------------------------------- lists of sources

std::vector<double> positions_of(const io::Column& column, const std::string& file) {
  if (auto numbers = numbers_of(column)) return *std::move(numbers);
  throw InputError({file, "column " + column.name, "no numbers", position_columns});
}

io::Column source_ids(const io::Table& table) {
  return row_ids(table, {.own = "the source's id in the input list",
                         .numbered = "number of the source in the input list, from 0",
                         .may_be_real = false});
}

double separation_cosine(sky::SkyPosition a, sky::SkyPosition b) {
  const double d1 = a.dec_deg * units::degree, d2 = b.dec_deg * units::degree;
  return std::sin(d1) * std::sin(d2) +
         std::cos(d1) * std::cos(d2) * std::cos((a.ra_deg - b.ra_deg) * units::degree);
}

// Sky to pixels; what lies far from the image (a projection may not reach it) has no pixel.
void to_pixels(const sky::Wcs& wcs, SourceList& list) {
  constexpr double nearest_cosine = 0.98;  // 11 degrees
  const sky::SkyPosition image = wcs.to_sky({0, 0});
  for (std::size_t i = 0; i < list.x.size(); ++i) {
    const sky::SkyPosition at{list.x[i], list.y[i]};
    sky::PixelPosition pixel{nan, nan};
    if (std::abs(at.dec_deg) <= 90 && separation_cosine(at, image) > nearest_cosine) pixel = wcs.to_pixel(at);
    list.x[i] = pixel.x;
    list.y[i] = pixel.y;
  }
}

const sky::Wcs& require_wcs(const std::optional<sky::Wcs>& wcs, const std::string& file,
                            const std::string& found, const std::string& image) {
  if (!wcs)
    throw InputError({file, found, "sky positions, but " + image + " has no WCS", "pixel positions x and y"});
  return *wcs;
}

// A catalogue of another mosaic has the sky in common with this one, not the pixels.
void require_same_places(const SourceList& pixels, const SourceList& sky, const std::string& file,
                         const std::string& image) {
  std::vector<double> apart;
  for (std::size_t i = 0; i < sky.x.size(); ++i)
    if (const double d = std::hypot(pixels.x[i] - sky.x[i], pixels.y[i] - sky.y[i]); std::isfinite(d))
      apart.push_back(d);
  if (apart.empty()) return;
  if (const double typical = statistics::median(apart); typical > 1)
    throw InputError({file, "columns x, y and ra, dec",
                      fmt::format("places {:.1f} pixels apart in {} (median)", typical, image),
                      "one of the two pairs, or both of that image, x and y from 0"});
}

// Degrees on the sky; rows without a number are kept, and have no place.
void require_sky(double ra, double dec, const std::string& file, const std::string& row, bool table) {
  const auto fail = [&](const char* name, double value, const char* allowed) {
    refuse(file, table ? fmt::format("column {}, {}", name, row) : row,
           table ? fmt::format("{:g}", value) : fmt::format("{} = {:g}", name, value), allowed);
  };
  if (std::isfinite(ra) && !(ra >= 0 && ra <= 360)) fail("ra", ra, "0 to 360 degrees");
  if (std::isfinite(dec) && !(std::abs(dec) <= 90)) fail("dec", dec, "-90 to 90 degrees");
}

SourceList sources_of_table(const io::Table& table, const std::string& file,
                            const std::optional<sky::Wcs>& wcs, const std::string& image) {
  const io::Column *x = find_column(table, "x"), *y = find_column(table, "y");
  const io::Column *ra = find_column(table, "ra"), *dec = find_column(table, "dec");
  if (!(x && y) && !(ra && dec)) throw InputError({file, "columns", "no positions", position_columns});
  SourceList pixels;
  if (x && y) pixels = {source_ids(table), positions_of(*x, file), positions_of(*y, file)};
  if (x && y && !(ra && dec && wcs)) return pixels;
  for (const io::Column* column : {ra, dec}) require_degrees(*column, file);
  SourceList list{source_ids(table), positions_of(*ra, file), positions_of(*dec, file)};
  for (std::size_t i = 0; i < list.x.size(); ++i)
    require_sky(list.x[i], list.y[i], file, fmt::format("row {}", i + 1), true);
  to_pixels(require_wcs(wcs, file, "columns ra and dec", image), list);
  if (x && y) require_same_places(pixels, list, file, image);
  return list;
}

SourceList sources_of_regions(const fs::path& path, const std::optional<sky::Wcs>& wcs,
                              const std::string& image) {
  const io::Ds9File file = io::read_ds9(path);
  io::Integers numbers;
  SourceList list;
  for (const io::Ds9Region& region : file.regions) {
    numbers.push_back(std::ssize(numbers));
    list.x.push_back(region.x);
    list.y.push_back(region.y);
  }
  list.id = {"id", "", "number of the region in the input file, from 0", std::move(numbers), 1};
  if (file.frame != io::Ds9Frame::image)
    for (std::size_t i = 0; i < list.x.size(); ++i)
      require_sky(list.x[i], list.y[i], path.string(), fmt::format("region {}", i + 1), false);
  if (file.frame != io::Ds9Frame::image) to_pixels(require_wcs(wcs, path.string(), "regions", image), list);
  return list;
}

// A constant image, or one whose finite pixels are.
void require_noise(const Array2D<float>& pixels, const fs::path& file, const std::string& option) {
  float low = HUGE_VALF, high = -HUGE_VALF;
  for (const float v : pixels)
    if (std::isfinite(v)) low = std::min(low, v), high = std::max(high, v);
  if (!(low < high))
    refuse(file, option, "a constant image, in which no noise can be measured",
           "--error or --weight beside it");
}

bool is_finite(double x, double y) { return std::isfinite(x) && std::isfinite(y); }

}  // namespace

HduPath input_hdu(const std::string& text, const std::string& option) {
  HduPath result = io::split_hdu(text, "", option);
  io::require_file(result.path, option);
  return result;
}

std::pair<std::string, std::string> split_band(const std::string& text, const std::string& option) {
  const auto equals = text.find('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == text.size())
    throw InputError({"", option, "'" + text + "'", "BAND=VALUE, as in F150W=mosaic.fits[SCI]"});
  return {text.substr(0, equals), text.substr(equals + 1)};
}

Array2D<float> uniform_error(const Array2D<float>& image) {
  constexpr int mesh_pix = 64;
  Array2D<float> error(image.width(), image.height(), 1.0F);
  const Array2D<float> flat = photometry::background_subtracted(image, error, mesh_pix);
  const double sigma = statistics::sigma_clipped(std::vector<double>(flat.begin(), flat.end())).sigma;
  std::transform(image.begin(), image.end(), error.begin(),
                 [&](float v) { return std::isfinite(v) ? static_cast<float>(sigma) : std::nanf(""); });
  return error;
}

sky::Exposure read_mosaic(const MosaicFiles& files) {
  const std::string of_band = files.band.empty() ? "" : " (" + files.band + ")";
  if (!files.error.empty() && !files.weight.empty())
    throw InputError({"", "--weight" + of_band, "both --error and --weight", "one of the two"});
  const HduPath image = input_hdu(files.image, "--image" + of_band);
  sky::ExposureFile from;
  from.band = files.band;
  from.path = image.path;
  from.science_hdu = image.hdu;
  from.pixel_scale_arcsec = files.pixel_scale_arcsec;
  from.electrons_per_njy = files.electrons_per_njy;
  const bool measured = files.error.empty() && files.weight.empty();
  const std::string option = (files.weight.empty() ? "--error" : "--weight") + of_band;
  const HduPath error = measured ? HduPath{image.path, first_image_hdu(image)}
                                 : input_hdu(files.weight.empty() ? files.error : files.weight, option);
  if (!measured && error.path == image.path && error.hdu.empty())
    throw InputError({image.path.string(), option, "the file of the image, without an HDU",
                      "FILE[HDU], as in a.fits[ERR]"});
  (files.weight.empty() ? from.error_path : from.weight_path) = error.path;
  (files.weight.empty() ? from.error_hdu : from.weight_hdu) = error.hdu;
  from.names = option_of;
  from.square_pixels = files.square_pixels;
  sky::Exposure exposure = sky::read_exposure(from);
  if (measured) {
    require_noise(exposure.flux_njy, image.path, "--image" + of_band);
    exposure.error_njy = uniform_error(exposure.flux_njy);
    exposure.notes.push_back(image.path.string() +
                             ": no error image; one sigma for all pixels, measured on the image");
  }
  return exposure;
}

sky::Psf read_psf(const std::string& text, const std::string& band, double psf_scale_arcsec,
                  double scale_arcsec) {
  const std::vector<std::string> embedded = sky::parametric_psf_bands();
  const bool is_band = std::find(embedded.begin(), embedded.end(), text) != embedded.end();
  if (text == "embedded" || (is_band && !fs::exists(text)))
    return sky::Psf::parametric(text == "embedded" ? band : text, scale_arcsec);
  const HduPath file = input_hdu(text, band.empty() ? "--psf" : "--psf (" + band + ")");
  return sky::Psf::read(file.path, file.hdu, psf_scale_arcsec, scale_arcsec, "--psf-scale");
}

SourceList read_sources(const std::string& text, const std::string& option,
                        const std::optional<sky::Wcs>& wcs, const std::string& image) {
  const HduPath file = input_hdu(text, option);
  if (lower_case(file.path.extension().string()) == ".reg") return sources_of_regions(file.path, wcs, image);
  return sources_of_table(read_user_table(file), file.path.string(), wcs, image);
}

sky::SkyPosition place_on_sky(const std::optional<sky::Wcs>& wcs, double x, double y) {
  if (!wcs || !is_finite(x, y)) return {nan, nan};
  return wcs->to_sky({x, y});
}

double position_angle_deg(const std::optional<sky::Wcs>& wcs, double x, double y, double angle_rad) {
  if (!wcs || !is_finite(x, y) || !std::isfinite(angle_rad)) return nan;
  const sky::SkyPosition from = wcs->to_sky({x, y});
  const sky::SkyPosition to = wcs->to_sky({x + std::cos(angle_rad), y + std::sin(angle_rad)});
  const double east = std::remainder(to.ra_deg - from.ra_deg, 360.0) * std::cos(from.dec_deg * units::degree);
  return sky::position_angle_deg(east, to.dec_deg - from.dec_deg);
}

io::Ds9Region region_at(const sky::Exposure& exposure, double x, double y, double radius_x_pix,
                        double radius_y_pix, double angle_rad, std::string color, std::string text) {
  if (!exposure.wcs)
    return {x, y, radius_x_pix, radius_y_pix, angle_rad / units::degree, std::move(color), std::move(text)};
  const sky::SkyPosition at = place_on_sky(exposure.wcs, x, y);
  const double scale = exposure.pixel_scale_arcsec;
  return {at.ra_deg,
          at.dec_deg,
          radius_x_pix * scale,
          radius_y_pix * scale,
          position_angle_deg(exposure.wcs, x, y, angle_rad) + 90,
          std::move(color),
          std::move(text)};
}

io::Ds9Frame frame_of(const std::optional<sky::Wcs>& wcs) {
  if (!wcs) return io::Ds9Frame::image;
  return wcs->records().find("RADESYS = 'FK5") != std::string::npos ? io::Ds9Frame::fk5 : io::Ds9Frame::icrs;
}

std::string color_of(photometry::FitStatus status) {
  using photometry::FitStatus;
  switch (status) {
    case FitStatus::converged:
      return "green";
    case FitStatus::at_bound:
      return "yellow";
    case FitStatus::not_converged:
      return "magenta";
    case FitStatus::degenerate:
      return "cyan";
    case FitStatus::singular:
    case FitStatus::too_few_pixels:
      break;
  }
  return "red";
}

io::FitsHeader wcs_header(const std::optional<sky::Wcs>& wcs) {
  io::FitsHeader header;
  if (!wcs) return header;
  const std::string records = wcs->records();
  for (std::size_t at = 0; at + 80 <= records.size(); at += 80) {
    const std::string card = records.substr(at, 80);
    if (card.compare(8, 2, "= ") != 0) continue;
    const std::string key = card.substr(0, card.find_last_not_of(' ', 7) + 1);
    const auto quote = card.find('\'', 10);
    const bool text = quote != std::string::npos && card.find_first_not_of(' ', 10) == quote;
    const auto first = text ? quote + 1 : card.find_first_not_of(' ', 10);
    const auto end = text ? card.find('\'', first) : card.find_first_of(" /", first);
    std::string value = card.substr(first, end - first);
    value.erase(value.find_last_not_of(' ') + 1);
    header.add(key, value);
  }
  return header;
}

void check_outputs(std::span<const std::pair<std::string, fs::path>> outputs,
                   std::span<const std::string> inputs) {
  std::set<fs::path> known;
  for (const auto& [option, path] : outputs) {
    if (path.empty()) continue;
    const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
    if (!fs::is_directory(folder))
      throw InputError(
          {path.string(), option, "no folder " + folder.string(), "a file in a folder that exists"});
    if (fs::is_directory(path)) throw InputError({path.string(), option, "a folder", "the name of a file"});
    if (access(folder.c_str(), W_OK) != 0)
      throw InputError({path.string(), option, "a folder without permission to write", "a folder of yours"});
    if (!known.insert(fs::weakly_canonical(path)).second)
      throw InputError({path.string(), option, "the file of another output", "a file of its own"});
  }
  for (const std::string& text : inputs)
    if (!text.empty() && known.contains(fs::weakly_canonical(io::split_hdu(text, "", "").path)))
      throw InputError({text, "output", "an input, which would be overwritten", "another name"});
}

void add_sky_columns(io::Table& table, const std::optional<sky::Wcs>& wcs, std::span<const double> x,
                     std::span<const double> y) {
  add_reals(table, "ra", "deg", "right ascension, in the frame of the image's WCS", x.size(),
            [&](std::size_t i) { return place_on_sky(wcs, x[i], y[i]).ra_deg; });
  add_reals(table, "dec", "deg", "declination, in the frame of the image's WCS", x.size(),
            [&](std::size_t i) { return place_on_sky(wcs, x[i], y[i]).dec_deg; });
}

io::Column rows_of(const io::Column& column, std::span<const std::size_t> rows) {
  io::Column result = column;
  std::visit(
      [&](auto& values) {
        const auto all = std::move(values);
        values = {};
        for (const std::size_t row : rows) values.push_back(all[row]);
      },
      result.values);
  return result;
}

}  // namespace arcproof::commands
