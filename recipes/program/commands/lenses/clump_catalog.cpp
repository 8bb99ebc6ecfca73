#include "recipes/program/commands/lenses/clump_catalog.h"

#include "engine/core/error.h"
#include "engine/core/text.h"
#include "engine/core/units.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace arcproof::commands {

constexpr double largest_pix = 500;

ClumpCatalog::ClumpCatalog(const std::string& file, const std::optional<double>& option_z,
                           double pixel_scale_arcsec)
    : table(file),
      ra(table.right_ascension()),
      dec(table.declination()),
      z(table.redshifts(option_z)),
      pixel_arcsec_(pixel_scale_arcsec) {
  const std::optional<double> stated = table.header_number("PIXSCALE");
  if (stated && std::abs(*stated / pixel_arcsec_ - 1) > 0.01)
    refuse(table.file(), "PIXSCALE", fmt::format("{:g}\"", *stated),
           fmt::format("{:g}\", as --pixel-scale says", pixel_arcsec_));
  read_shapes();
  read_photometry();
}

const io::Column* ClumpCatalog::length_column(const std::string& name) const {
  for (const char* ending : {"", "_arcsec", "_pix"})
    if (const io::Column* column = table.find(name + ending)) return column;
  return nullptr;
}

/// What turns the column's numbers into arcsec.
double ClumpCatalog::arcsec_per_unit(const io::Column& column) const {
  if (column.unit.empty()) return lower_case(column.name).ends_with("_pix") ? pixel_arcsec_ : 1;
  if (const auto arcsec = arcsec_per(column.unit, pixel_arcsec_)) return *arcsec;
  refuse(table.file(), "unit of column " + column.name, "'" + column.unit + "'", "arcsec, mas or pix");
}

// Sizes and their errors: 0 or more, and no more than a map around a clump can hold.
std::vector<Measured> ClumpCatalog::lengths(const io::Column& column) const {
  const double unit = arcsec_per_unit(column);
  const io::Reals values = table.numbers(column);
  const auto [minus, plus] = errors_of(column.name);
  std::vector<Measured> result;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] < 0 || values[i] * unit > largest_pix * pixel_arcsec_)
      table.refuse_value(column, i, values[i],
                         fmt::format("0 to {:g} pixels of --pixel-scale, or NaN", largest_pix));
    result.push_back({values[i] * unit, minus[i] * unit, plus[i] * unit});
  }
  return result;
}

// Columns NAME_err_minus and NAME_err_plus, or NAME_err for both; NaN without them and below 0.
std::pair<io::Reals, io::Reals> ClumpCatalog::errors_of(const std::string& name) const {
  const std::string low = lower_case(name);
  const io::Column* both = table.find(low + "_err");
  const auto read = [&](const char* ending) {
    const io::Column* column = table.find(low + ending);
    if (!column) column = both;
    io::Reals values = column ? table.numbers(*column) : io::Reals(rows(), nan);
    for (double& v : values)
      if (!(v >= 0)) v = nan;
    return values;
  };
  return {read("_err_minus"), read("_err_plus")};
}

void ClumpCatalog::read_shapes() {
  shapes.assign(rows(), {});
  if (const io::Column* major = length_column("sigma_major")) return read_ellipses(*major);
  double per_sigma = 1;
  const io::Column* round = length_column("sigma_circular");
  if (!round) {
    round = length_column("r_eff");
    per_sigma = units::gaussian_half_light_per_sigma;
  }
  if (!round) return;
  shape_columns = round->name;
  const std::vector<Measured> sizes = lengths(*round);
  for (std::size_t i = 0; i < rows(); ++i) {
    const Measured sigma{sizes[i].value / per_sigma, sizes[i].minus / per_sigma, sizes[i].plus / per_sigma};
    shapes[i] = {sigma, sigma, 0};
  }
}

void ClumpCatalog::read_ellipses(const io::Column& major_column) {
  const std::vector<Measured> major = lengths(major_column);
  const io::Column* minor_column = length_column("sigma_minor");
  const io::Column* ratio = minor_column ? nullptr : table.find("axis_ratio");
  if (!minor_column && !ratio)
    refuse(table.file(), "column " + major_column.name, "without sigma_minor or axis_ratio",
           "one of the two beside it");
  const std::vector<Measured> minor = minor_column ? lengths(*minor_column) : scaled(major, *ratio);
  const io::Column* angle = table.find("pa_deg");
  const io::Reals pa = angle ? table.numbers(*angle) : io::Reals(rows(), nan);
  shape_columns = major_column.name + ", " + (minor_column ? minor_column : ratio)->name;
  for (std::size_t i = 0; i < rows(); ++i) {
    if (std::isnan(major[i].value) || std::isnan(minor[i].value)) continue;
    if (minor[i].value > major[i].value * (1 + 1e-9))
      table.refuse_value(minor_column ? *minor_column : *ratio, i, minor[i].value,
                         fmt::format("at most the major axis, {:.10g}\"", major[i].value));
    shapes[i] = {major[i], minor[i], pa[i]};
    shapes[i].minor.value = std::min(minor[i].value, major[i].value);
    set_angle(shapes[i], angle);
  }
}

std::vector<Measured> ClumpCatalog::scaled(const std::vector<Measured>& major,
                                           const io::Column& column) const {
  const io::Reals ratio = table.numbers(column);
  std::vector<Measured> minor;
  for (std::size_t i = 0; i < rows(); ++i) {
    if (ratio[i] < 0 || ratio[i] > 1) table.refuse_value(column, i, ratio[i], "0 to 1, or NaN");
    minor.push_back({major[i].value * ratio[i], major[i].minus * ratio[i], major[i].plus * ratio[i]});
  }
  return minor;
}

// A circle has no angle; an ellipse needs one, and is without a shape where it is NaN.
void ClumpCatalog::set_angle(ClumpShape& shape, const io::Column* angle) const {
  if (shape.minor.value == shape.major.value) shape.pa_deg = 0;
  else if (!angle)
    refuse(table.file(), "column pa_deg", "none, but axes that differ",
           "the position angle of the major axis, North through East");
  else if (!std::isfinite(shape.pa_deg)) shape = {};
}

void ClumpCatalog::read_photometry() {
  for (const io::Column& column : table.columns()) {
    const std::string name = lower_case(column.name);
    const bool numeric = !std::holds_alternative<io::Texts>(column.values);
    if (!numeric || name.find("_err") != std::string::npos || name.find("_limit") != std::string::npos)
      continue;
    if (name.starts_with("flux_") && table.find(name + "_err"))
      photometry.push_back(of_fluxes(name.substr(5), column));
    if (name.starts_with("mag_") && !table.find("flux_" + name.substr(4) + "_err"))
      photometry.push_back(of_magnitudes(name.substr(4), column));
  }
}

double ClumpCatalog::njy_per_unit(const io::Column& column) const {
  if (const auto njy = njy_per(column.unit)) return *njy;
  refuse(table.file(), "unit of column " + column.name,
         column.unit.empty() ? "none" : "'" + column.unit + "'", "nJy, uJy, mJy or Jy");
}

Photometry ClumpCatalog::of_fluxes(const std::string& band, const io::Column& column) const {
  const double unit = njy_per_unit(column);
  const io::Reals flux = table.numbers(column);
  const auto [minus, plus] = errors_of(column.name);
  Photometry result{band, {}, {}};
  for (std::size_t i = 0; i < rows(); ++i) {
    result.mag_ab.push_back({units::abmag_from_njy(flux[i] * unit), mag_per_relative * plus[i] / flux[i],
                             mag_per_relative * minus[i] / flux[i]});
    result.flux_njy.push_back({flux[i] * unit, minus[i] * unit, plus[i] * unit});
  }
  return result;
}

Photometry ClumpCatalog::of_magnitudes(const std::string& band, const io::Column& column) const {
  if (!column.unit.empty() && !lower_case(column.unit).starts_with("mag"))
    refuse(table.file(), "unit of column " + column.name, "'" + column.unit + "'", "mag (AB)");
  const io::Reals mag = table.numbers(column);
  const auto [minus, plus] = errors_of(column.name);
  Photometry result{band, {}, {}};
  for (std::size_t i = 0; i < rows(); ++i) {
    const double flux = units::njy_from_abmag(mag[i]);
    result.mag_ab.push_back({mag[i], minus[i], plus[i]});
    result.flux_njy.push_back({flux, flux * plus[i] / mag_per_relative, flux * minus[i] / mag_per_relative});
  }
  return result;
}

}  // namespace arcproof::commands
