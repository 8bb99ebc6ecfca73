#include "recipes/commands/sed_catalog.h"

#include "engine/core/error.h"
#include "engine/core/missing.h"
#include "engine/core/text.h"
#include "engine/core/units.h"
#include "engine/io/ecsv.h"
#include "engine/io/fits.h"
#include "recipes/commands/parts.h"

#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

namespace arcproof::commands {
namespace {

/// What converts numbers of a unit to nJy; 0 for magnitudes.
double njy_per(const std::string& unit, const std::string& file, const std::string& column) {
  static const std::map<std::string, double> known{{"nJy", 1},  {"uJy", 1e3}, {"mJy", 1e6},
                                                   {"Jy", 1e9}, {"mag", 0},   {"mag(AB)", 0}};
  const auto at = known.find(unit);
  if (at == known.end())
    throw InputError({file, "unit of column " + column, unit.empty() ? "none" : "'" + unit + "'",
                      "nJy, uJy, mJy, Jy or mag; or --unit, where the table has none"});
  return at->second;
}

}  // namespace

std::string upper_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::toupper(c); });
  return text;
}

PhotometryCatalog::PhotometryCatalog(const SedArguments& a) : a_(a) {
  const HduPath file = input_hdu(a.catalog, "catalog");
  name_ = file.path.string();
  table_ = lower_case(file.path.extension().string()) == ".ecsv" ? io::read_ecsv(file.path)
                                                                 : io::read_fits_table(file.path, file.hdu);
  for (const io::Column& column : table_.columns()) {
    const std::string text = lower_case(column.name);
    if (text.starts_with("flux_") && find(text + "_err")) bands_.push_back(upper_case(text.substr(5)));
  }
  if (bands_.empty())
    throw InputError({name_, "columns", "no pair of flux_BAND and flux_BAND_err", "one pair for each band"});
  photometry_.assign(table_.rows(), std::vector<sed::BandFlux>(bands_.size()));
  for (std::size_t b = 0; b < bands_.size(); ++b) read_band(b);
  read_redshifts();
  demagnify();
}

io::Column PhotometryCatalog::id() const {
  if (const io::Column* column = find("id"))
    if (column->width == 1 && !std::holds_alternative<io::Flags>(column->values)) {
      io::Column copy = *column;
      copy.name = "id";
      return copy;
    }
  io::Integers numbers;
  for (std::size_t i = 0; i < rows(); ++i) numbers.push_back(static_cast<std::int64_t>(i));
  return {"id", "", "row of the table given, from 0", numbers};
}

const io::Column* PhotometryCatalog::find(const std::string& name) const {
  for (const io::Column& column : table_.columns())
    if (lower_case(column.name) == name) return &column;
  return nullptr;
}

io::Reals PhotometryCatalog::numbers(const io::Column& column) const {
  if (column.width == 1) {
    if (const auto* reals = std::get_if<io::Reals>(&column.values)) return *reals;
    if (const auto* integers = std::get_if<io::Integers>(&column.values)) {
      io::Reals out;
      for (const std::int64_t i : *integers)
        out.push_back(i == io::missing_integer ? nan : static_cast<double>(i));
      return out;
    }
  }
  throw InputError({name_, "column " + column.name, "no numbers, or several a row", "one number a row"});
}

void PhotometryCatalog::read_band(std::size_t b) {
  const std::string key = "flux_" + lower_case(bands_[b]);
  const io::Column &flux = *find(key), &error = *find(key + "_err");
  const double unit = njy_per(flux.unit.empty() ? a_.unit : flux.unit, name_, flux.name);
  const double error_unit =
      njy_per(error.unit.empty() ? (flux.unit.empty() ? a_.unit : flux.unit) : error.unit, name_, error.name);
  if ((unit == 0) != (error_unit == 0))
    throw InputError({name_, "unit of column " + error.name, "'" + error.unit + "'", "as of " + flux.name});
  const io::Reals f = numbers(flux), e = numbers(error);
  const io::Column* limit = find(key + "_limit");
  const io::Reals l = limit ? numbers(*limit) : io::Reals(rows(), 0.0);
  for (std::size_t i = 0; i < rows(); ++i) {
    sed::BandFlux& band = photometry_[i][b];
    if (unit == 0) {
      band.flux_njy = units::njy_from_abmag(f[i]);
      band.error_njy = 0.4 * std::log(10.0) * band.flux_njy * e[i];
      band.limit_njy = limit ? units::njy_from_abmag(l[i]) : 0;
    } else {
      band = {f[i] * unit, e[i] * error_unit, l[i] * unit};
    }
    if (!std::isfinite(band.flux_njy) || std::isnan(band.error_njy)) band.flux_njy = nan;
    else if (!(band.error_njy > 0) || !std::isfinite(band.error_njy))
      throw InputError({name_, fmt::format("column {}, row {}", error.name, i), fmt::format("{:g}", e[i]),
                        "an error above 0, or NaN"});
    if (!(band.limit_njy > 0)) band.limit_njy = 0;
  }
}

void PhotometryCatalog::read_redshifts() {
  const io::Column* column = find("z");
  if (!column && !(a_.z > 0)) throw InputError({name_, "column z", "none", "a column z, or --z"});
  z_ = column ? numbers(*column) : io::Reals(rows(), a_.z);
  for (std::size_t i = 0; i < rows(); ++i)
    if (!(z_[i] > 0 && z_[i] < 30))
      throw InputError({name_, fmt::format("column z, row {}", i), fmt::format("{:g}", z_[i]), "0 < z < 30"});
}

void PhotometryCatalog::demagnify() {
  const io::Column* column = find("mu");
  if (!column) return;
  const io::Reals mu = numbers(*column);
  for (std::size_t i = 0; i < rows(); ++i) {
    if (!(std::abs(mu[i]) > 0) || !std::isfinite(mu[i]))
      throw InputError({name_, fmt::format("column mu, row {}", i), fmt::format("{:g}", mu[i]), "not 0"});
    for (sed::BandFlux& band : photometry_[i]) {
      band.flux_njy /= std::abs(mu[i]);
      band.error_njy /= std::abs(mu[i]);
      band.limit_njy /= std::abs(mu[i]);
    }
  }
}

}  // namespace arcproof::commands
