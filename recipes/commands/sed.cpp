#include "engine/core/error.h"
#include "engine/core/missing.h"
#include "engine/core/parallel.h"
#include "engine/core/text.h"
#include "engine/core/units.h"
#include "engine/io/ecsv.h"
#include "engine/io/fits.h"
#include "engine/sed/posterior.h"
#include "recipes/commands/commands.h"
#include "recipes/commands/parts.h"

#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

namespace arcproof::commands {
namespace {

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::toupper(c); });
  return text;
}

void check(const SedArguments& a) {
  if (a.protocol != "claeyssens2025" && a.protocol != "claeyssens2023")
    throw InputError({"", "--protocol", "'" + a.protocol + "'", "claeyssens2025 or claeyssens2023"});
  if (a.age_prior != "uniform" && a.age_prior != "log_uniform")
    throw InputError({"", "--age-prior", "'" + a.age_prior + "'", "uniform or log_uniform"});
  if (a.covering_fraction && !(*a.covering_fraction >= 0 && *a.covering_fraction <= 1))
    throw InputError({"", "--covering-fraction", fmt::format("{:g}", *a.covering_fraction), "0 to 1"});
  if (!(a.tau_myr > 0)) throw InputError({"", "--tau", fmt::format("{:g}", a.tau_myr), "Myr, above 0"});
  if (a.draws < 1 || a.draws > 100000)
    throw InputError({"", "--draws", std::to_string(a.draws), "1 to 100000"});
  const std::pair<std::string, std::filesystem::path> outputs[] = {{"-o", a.output}};
  std::vector<std::string> inputs{a.catalog};
  for (const std::filesystem::path& file : a.library.files) inputs.push_back(file.string());
  check_outputs(outputs, inputs);
}

// ---- the table

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

class Catalog {
 public:
  Catalog(const SedArguments& a) : a_(a) {
    const HduPath file = input_hdu(a.catalog, "catalog");
    name_ = file.path.string();
    table_ = lower_case(file.path.extension().string()) == ".ecsv" ? io::read_ecsv(file.path)
                                                                   : io::read_fits_table(file.path, file.hdu);
    for (const io::Column& column : table_.columns()) {
      const std::string text = lower_case(column.name);
      if (text.starts_with("flux_") && find(text + "_err")) bands_.push_back(upper(text.substr(5)));
    }
    if (bands_.empty())
      throw InputError(
          {name_, "columns", "no pair of flux_BAND and flux_BAND_err", "one pair for each band"});
    photometry_.assign(table_.rows(), std::vector<sed::BandFlux>(bands_.size()));
    for (std::size_t b = 0; b < bands_.size(); ++b) read_band(b);
    read_redshifts();
    demagnify();
  }

  std::size_t rows() const { return table_.rows(); }
  const std::vector<std::string>& bands() const { return bands_; }
  double z(std::size_t row) const { return z_[row]; }
  const std::vector<sed::BandFlux>& photometry(std::size_t row) const { return photometry_[row]; }

  io::Column id() const {
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

 private:
  const io::Column* find(const std::string& name) const {
    for (const io::Column& column : table_.columns())
      if (lower_case(column.name) == name) return &column;
    return nullptr;
  }

  io::Reals numbers(const io::Column& column) const {
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

  void read_band(std::size_t b) {
    const std::string key = "flux_" + lower_case(bands_[b]);
    const io::Column &flux = *find(key), &error = *find(key + "_err");
    const double unit = njy_per(flux.unit.empty() ? a_.unit : flux.unit, name_, flux.name);
    const double error_unit = njy_per(
        error.unit.empty() ? (flux.unit.empty() ? a_.unit : flux.unit) : error.unit, name_, error.name);
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

  void read_redshifts() {
    const io::Column* column = find("z");
    if (!column && !(a_.z > 0)) throw InputError({name_, "column z", "none", "a column z, or --z"});
    z_ = column ? numbers(*column) : io::Reals(rows(), a_.z);
    for (std::size_t i = 0; i < rows(); ++i)
      if (!(z_[i] > 0 && z_[i] < 30))
        throw InputError(
            {name_, fmt::format("column z, row {}", i), fmt::format("{:g}", z_[i]), "0 < z < 30"});
  }

  void demagnify() {
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

  const SedArguments& a_;
  std::string name_;
  io::Table table_;
  std::vector<std::string> bands_;
  std::vector<std::vector<sed::BandFlux>> photometry_;
  io::Reals z_;
};

std::vector<sed::Filter> read_filters(const SedArguments& a, const std::vector<std::string>& bands) {
  std::map<std::string, std::string> files;
  for (const std::string& text : a.filters) {
    auto [band, file] = split_band(text, "--filter");
    files[upper(band)] = file;
  }
  std::vector<sed::Filter> filters;
  for (const std::string& band : bands)
    filters.push_back(files.contains(band) ? sed::read_filter(files[band], band)
                                           : sed::parametric_filter(band));
  return filters;
}

/// Rows that share a redshift, and so a grid; in order of redshift.
std::map<double, std::vector<std::size_t>> by_redshift(const Catalog& catalog) {
  std::map<double, std::vector<std::size_t>> rows;
  for (std::size_t i = 0; i < catalog.rows(); ++i) rows[catalog.z(i)].push_back(i);
  return rows;
}

std::string word(sed::SedStatus status) {
  switch (status) {
    case sed::SedStatus::fitted:
      return "fitted";
    case sed::SedStatus::too_few_bands:
      return "too_few_bands";
    case sed::SedStatus::no_allowed_model:
      return "no_allowed_model";
  }
  return "";
}

// ---- claeyssens2025

std::vector<sed::SedPosterior> posteriors(const SedArguments& a, const Catalog& catalog,
                                          const std::shared_ptr<const sed::Library>& library,
                                          const std::vector<sed::Filter>& filters) {
  sed::PosteriorModel model;
  model.history.tau_myr = a.tau_myr;
  model.synthesis.covering_fraction = a.covering_fraction.value_or(1);
  model.priors.age = a.age_prior == "uniform" ? sed::AgePrior::uniform : sed::AgePrior::log_uniform;
  sed::PosteriorOptions options;
  options.draws = a.draws;
  options.points = std::max(options.points, 8 * a.draws);
  options.min_bands = a.min_bands;
  if (a.upper_limits) options.non_detections = sed::NonDetections::upper_limits;
  std::vector<sed::SedPosterior> fits(catalog.rows());
  for (const auto& [z, rows] : by_redshift(catalog)) {
    const sed::PosteriorGrid grid = sed::build_posterior_grid(library, filters, z, {}, model);
    parallel_for(rows.size(), a.threads, [&, &rows = rows](std::size_t k) {
      Random random({.seed = a.seed, .purpose = "posterior", .clump = static_cast<std::int64_t>(rows[k])});
      fits[rows[k]] = sed::fit_posterior(grid, catalog.photometry(rows[k]), options, random);
    });
  }
  return fits;
}

io::Table table_of(const std::vector<sed::SedPosterior>& fits, const Catalog& catalog) {
  io::Table table("SED");
  const std::size_t n = fits.size();
  table.add(catalog.id());
  add_reals(table, "z", "", "redshift", n, [&](std::size_t i) { return catalog.z(i); });
  add_texts(table, "status", "fitted, too_few_bands or no_allowed_model", n,
            [&](std::size_t i) { return word(fits[i].status); });
  add_integers(table, "bands_detected", "bands with S/N > 2", n,
               [&](std::size_t i) { return std::int64_t{fits[i].bands_detected}; });
  add_integers(table, "bands_used", "bands in the likelihood", n,
               [&](std::size_t i) { return std::int64_t{fits[i].bands_used}; });
  add_reals(table, "chi2", "", "of the best fit", n, [&](std::size_t i) { return fits[i].chi2; });
  for (const sed::PosteriorQuantity& q : sed::posterior_quantities()) {
    const auto part = [&](const char* suffix, const char* what, double sed::PosteriorSummary::*value) {
      add_reals(table, std::string(q.name) + suffix, q.unit, fmt::format("{}; {}", q.description, what), n,
                [&](std::size_t i) { return fits[i].*q.summary.*value; });
    };
    part("", "median", &sed::PosteriorSummary::median);
    part("_lo", "16%", &sed::PosteriorSummary::low);
    part("_hi", "84%", &sed::PosteriorSummary::high);
    part("_best", "best fit", &sed::PosteriorSummary::best);
  }
  add_reals(table, "log_evidence", "", "natural logarithm; fluxes in nJy, priors normalised", n,
            [&](std::size_t i) { return fits[i].log_evidence; });
  add_reals(table, "log_evidence_err", "", "1 sigma of the method", n,
            [&](std::size_t i) { return fits[i].log_evidence_error; });
  add_reals(table, "effective_points", "", "independent points behind the draws", n,
            [&](std::size_t i) { return fits[i].effective_points; });
  return table;
}

io::Table draws_of(const std::vector<sed::SedPosterior>& fits) {
  io::Table table("POSTERIOR");
  io::Integers row;
  std::vector<const sed::PosteriorDraw*> all;
  for (std::size_t i = 0; i < fits.size(); ++i)
    for (const sed::PosteriorDraw& draw : fits[i].draws) {
      row.push_back(static_cast<std::int64_t>(i));
      all.push_back(&draw);
    }
  table.add("row", "", "row of the table SED, from 0", row);
  for (const sed::PosteriorQuantity& q : sed::posterior_quantities())
    add_reals(table, q.name, q.unit, q.description, all.size(),
              [&](std::size_t i) { return all[i]->*q.of_draw; });
  return table;
}

// ---- claeyssens2023

std::vector<sed::SedResult> best_fits(const SedArguments& a, const Catalog& catalog,
                                      const std::shared_ptr<const sed::Library>& library,
                                      const std::vector<sed::Filter>& filters) {
  sed::SynthesisOptions synthesis;
  synthesis.covering_fraction = a.covering_fraction.value_or(0.5);
  sed::GridFitOptions options;
  options.min_bands = a.min_bands;
  std::vector<sed::SedResult> fits(catalog.rows());
  for (const auto& [z, rows] : by_redshift(catalog)) {
    const sed::ModelGrid grid = sed::build_grid({library, filters, z, {}, synthesis}, {}, {});
    parallel_for(rows.size(), a.threads, [&, &rows = rows](std::size_t k) {
      Random random({.seed = a.seed, .purpose = "redraws", .clump = static_cast<std::int64_t>(rows[k])});
      fits[rows[k]] = sed::fit_grid(grid, catalog.photometry(rows[k]), options, random);
    });
  }
  return fits;
}

io::Table table_of(const std::vector<sed::SedResult>& fits, const Catalog& catalog) {
  io::Table table("SED");
  const std::size_t n = fits.size();
  table.add(catalog.id());
  add_reals(table, "z", "", "redshift", n, [&](std::size_t i) { return catalog.z(i); });
  add_texts(table, "status", "fitted, too_few_bands or no_allowed_model", n,
            [&](std::size_t i) { return word(fits[i].status); });
  add_integers(table, "bands_used", "bands with S/N > 2", n,
               [&](std::size_t i) { return std::int64_t{fits[i].bands_used}; });
  add_reals(table, "chi2", "", "of the best model", n, [&](std::size_t i) { return fits[i].chi2; });
  const auto estimate = [&](const char* name, const char* unit, const char* what,
                            sed::Estimate sed::SedResult::*q) {
    add_reals(table, name, unit, fmt::format("{}; best model", what), n,
              [&](std::size_t i) { return (fits[i].*q).best; });
    add_reals(table, std::string(name) + "_lo", unit, fmt::format("{}; 16% of the redraws", what), n,
              [&](std::size_t i) { return (fits[i].*q).low; });
    add_reals(table, std::string(name) + "_hi", unit, fmt::format("{}; 84% of the redraws", what), n,
              [&](std::size_t i) { return (fits[i].*q).high; });
  };
  estimate("log_mass_msun", "log(solMass)", "mass formed", &sed::SedResult::log_mass_msun);
  estimate("log_age_yr", "log(yr)", "age, since star formation began", &sed::SedResult::log_age_yr);
  estimate("ebv_mag", "mag", "E(B-V), Calzetti", &sed::SedResult::ebv_mag);
  estimate("log_metallicity", "", "log10 of the metallicity Z", &sed::SedResult::log_metallicity);
  return table;
}

template <class Fits>
std::string summary(const Fits& fits) {
  const auto good = std::count_if(fits.begin(), fits.end(),
                                  [](const auto& f) { return f.status == sed::SedStatus::fitted; });
  return fmt::format("{} of {} rows fitted\n", good, fits.size());
}

}  // namespace

std::string run_sed(const SedArguments& a) {
  check(a);
  const Catalog catalog(a);
  const std::vector<sed::Filter> filters = read_filters(a, catalog.bands());
  const auto library = std::make_shared<const sed::Library>(
      a.library.files.empty() ? sed::analytic_library() : sed::convert_library(a.library));
  std::string lines = fmt::format("{} bands, library {}\n", catalog.bands().size(), library->name);
  std::vector<io::Table> tables;
  if (a.protocol == "claeyssens2025") {
    const std::vector<sed::SedPosterior> fits = posteriors(a, catalog, library, filters);
    tables = {table_of(fits, catalog), draws_of(fits)};
    lines += summary(fits);
  } else {
    const std::vector<sed::SedResult> fits = best_fits(a, catalog, library, filters);
    tables = {table_of(fits, catalog)};
    lines += summary(fits);
  }
  tables.front().note("PROTOCOL", a.protocol);
  tables.front().note("LIBRARY", library->name);
  tables.front().note("IMF", library->imf);
  io::write_fits_tables(a.output, tables);
  return lines + a.output.string() + "\n";
}

}  // namespace arcproof::commands
