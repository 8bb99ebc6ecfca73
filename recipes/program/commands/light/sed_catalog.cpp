#include "recipes/program/commands/light/sed_catalog.h"

#include "engine/core/error.h"
#include "engine/core/missing.h"
#include "engine/core/text.h"
#include "engine/core/units.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace arcproof::commands {
namespace {

/// What converts numbers of a unit to nJy; 0 for magnitudes.
double njy_or_mag(const std::string& unit, const std::string& file, const std::string& column) {
  if (unit == "mag" || unit == "mag(AB)") return 0;
  if (const auto njy = njy_per(unit)) return *njy;
  throw InputError({file, "unit of column " + column, unit.empty() ? "none" : "'" + unit + "'",
                    "nJy, uJy, mJy, Jy or mag; or --unit, where the table does not say it"});
}

// 99 and -99 stand for "not detected" in some tables, which says nothing without a flux.
bool is_magnitude(double value) { return value > 0 && value < 50; }

constexpr double brightest_njy = 3.7e12;  // 0 mag AB
constexpr double detection_snr = 2;  // below which a band is undetected, and its limit where none is given

}  // namespace

std::string upper_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::toupper(c); });
  return text;
}

PhotometryCatalog::PhotometryCatalog(const SedArguments& a) : a_(a), file_(a.catalog) {
  for (const io::Column& column : file_.columns()) {
    const std::string text = lower_case(column.name);
    if (!text.starts_with("flux_") || text.find("_err") != std::string::npos || text.ends_with("_limit"))
      continue;
    if (file_.find(text + "_err")) bands_.push_back(upper_case(text.substr(5)));
    else without_error_.push_back(column.name);
  }
  if (bands_.empty())
    refuse(file_.file(), "columns", "no pair of flux_BAND and flux_BAND_err", "one pair for each band");
  photometry_.assign(rows(), std::vector<sed::BandFlux>(bands_.size()));
  faults_.resize(rows());
  for (std::size_t b = 0; b < bands_.size(); ++b) read_band(b);
  read_redshifts();
  demagnify();
  drop_rows_at_fault();
}

void PhotometryCatalog::blame(std::size_t row, const char* status, const std::string& column, double value,
                              const char* allowed) {
  if (faults_[row]) return;
  faults_[row] = {status, fmt::format("row {}: {} = {:g} (allowed: {})", row, column, value, allowed)};
}

void PhotometryCatalog::drop_rows_at_fault() {
  const auto at_fault = [](const std::optional<RowFault>& fault) { return fault.has_value(); };
  if (std::all_of(faults_.begin(), faults_.end(), at_fault))
    throw InputError(
        {file_.file(), "rows", "none that can be fitted: " + faults_.front()->text, "one row or more"});
  for (std::size_t i = 0; i < rows(); ++i)
    if (faults_[i]) photometry_[i].assign(bands_.size(), {nan, nan, 0});
}

/// [nJy], in the column's own unit or that of its fluxes.
io::Reals PhotometryCatalog::read_limits(const io::Column& limit, const io::Column& flux) const {
  const std::string given = flux.unit.empty() ? a_.unit : flux.unit;
  const double unit = njy_or_mag(limit.unit.empty() ? given : limit.unit, file_.file(), limit.name);
  io::Reals limits = file_.numbers(limit);
  for (double& value : limits)
    if (unit > 0) value *= unit;
    else value = is_magnitude(value) ? units::njy_from_abmag(value) : nan;
  return limits;
}

void PhotometryCatalog::read_band(std::size_t b) {
  const std::string key = "flux_" + lower_case(bands_[b]);
  const io::Column &flux = *file_.find(key), &error = *file_.find(key + "_err");
  if (!flux.unit.empty() && !a_.unit.empty() &&
      njy_or_mag(flux.unit, file_.file(), flux.name) != njy_or_mag(a_.unit, "", "--unit"))
    refuse(file_.file(), "unit of column " + flux.name, "'" + flux.unit + "', but --unit " + a_.unit,
           "one of the two");
  const double unit = njy_or_mag(flux.unit.empty() ? a_.unit : flux.unit, file_.file(), flux.name);
  const double error_unit = njy_or_mag(
      error.unit.empty() ? (flux.unit.empty() ? a_.unit : flux.unit) : error.unit, file_.file(), error.name);
  if ((unit == 0) != (error_unit == 0))
    throw InputError(
        {file_.file(), "unit of column " + error.name, "'" + error.unit + "'", "as of " + flux.name});
  const io::Reals f = file_.numbers(flux), e = file_.numbers(error);
  const io::Column* limit = file_.find(key + "_limit");
  const io::Reals limits = limit ? read_limits(*limit, flux) : io::Reals(rows(), nan);
  for (std::size_t i = 0; i < rows(); ++i) {
    sed::BandFlux& band = photometry_[i][b];
    if (unit == 0) {
      band.flux_njy = units::njy_from_abmag(f[i]);
      band.error_njy = 0.4 * std::log(10.0) * band.flux_njy * e[i];
      if (!std::isnan(f[i]) && !is_magnitude(f[i]))
        blame(i, "bad_flux", flux.name, f[i], "0 to 50 mag, or NaN: not observed");
    } else {
      band.flux_njy = f[i] * unit;
      band.error_njy = e[i] * error_unit;
      if (std::abs(band.flux_njy) > brightest_njy)
        blame(i, "bad_flux", flux.name, f[i], "fainter than 0 mag AB, or NaN: not observed");
    }
    if (std::isnan(band.flux_njy) || std::isnan(band.error_njy)) band.flux_njy = nan;
    else if (!(band.error_njy > 0) || !std::isfinite(band.error_njy))
      blame(i, "bad_error", error.name, e[i], "an error above 0, or NaN");
    band.limit_njy = limits[i] > 0 ? limits[i] : detection_snr * band.error_njy;
    if (!(band.limit_njy > 0) || !std::isfinite(band.limit_njy)) band.limit_njy = 0;
  }
}

void PhotometryCatalog::read_redshifts() {
  const io::Column* column = file_.redshift_column(a_.z);
  z_ = column ? file_.numbers(*column) : io::Reals(rows(), *a_.z);
  for (std::size_t i = 0; i < rows(); ++i)
    if (!(z_[i] > 0 && z_[i] < 30)) blame(i, "bad_redshift", "z", z_[i], "0 < z < 30");
}

void PhotometryCatalog::demagnify() {
  const io::Column* column = file_.find("mu");
  if (!column) return;
  const io::Reals mu = file_.numbers(*column);
  for (std::size_t i = 0; i < rows(); ++i) {
    if (!(std::abs(mu[i]) > 0) || !std::isfinite(mu[i])) {
      blame(i, "bad_magnification", column->name, mu[i], "a finite number that is not 0");
      continue;
    }
    for (sed::BandFlux& band : photometry_[i]) {
      band.flux_njy /= std::abs(mu[i]);
      band.error_njy /= std::abs(mu[i]);
      band.limit_njy /= std::abs(mu[i]);
    }
  }
}

}  // namespace arcproof::commands
