#include "validation/studies/mass_columns.h"

#include "engine/core/error.h"
#include "engine/core/missing.h"
#include "engine/core/text.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>

#include <fmt/format.h>

namespace arcproof::studies {
namespace {

// Columns of a user's table: names in any case, numbers of any type.
class Reader {
 public:
  Reader(const io::Table& table, const std::string& file) : table_(table), file_(file) {}

  const io::Column* find(const std::string& name) const {
    for (const io::Column& column : table_.columns())
      if (lower_case(column.name) == name) return &column;
    return nullptr;
  }
  bool has(const std::string& name) const { return find(name) != nullptr; }

  [[noreturn]] void missing(const std::string& key, const std::string& allowed) const {
    throw InputError({file_, key, "none", allowed});
  }

  io::Reals numbers(const std::string& name) const {
    const io::Column& column = needed(name);
    if (const auto* reals = std::get_if<io::Reals>(&column.values); reals && column.width == 1) return *reals;
    if (const auto* integers = std::get_if<io::Integers>(&column.values)) {
      io::Reals out;
      for (const std::int64_t i : *integers)
        out.push_back(i == io::missing_integer ? nan : static_cast<double>(i));
      return out;
    }
    throw InputError({file_, "column " + column.name, "no numbers, or several a row", "one number a row"});
  }
  template <class Values>
  const Values& of_type(const std::string& name, const char* type) const {
    const io::Column& column = needed(name);
    if (const auto* values = std::get_if<Values>(&column.values)) return *values;
    throw InputError({file_, "column " + column.name, "another type", type});
  }
  const io::Integers& integers(const std::string& name) const {
    return of_type<io::Integers>(name, "integers");
  }
  const io::Texts& texts(const std::string& name) const { return of_type<io::Texts>(name, "text"); }
  const io::Flags& flags(const std::string& name) const { return of_type<io::Flags>(name, "true or false"); }

  std::size_t rows() const { return table_.rows(); }
  const std::string& file() const { return file_; }

 private:
  const io::Column& needed(const std::string& name) const {
    const io::Column* column = find(name);
    if (!column) missing("column " + name, "a column of this name");
    return *column;
  }
  const io::Table& table_;
  const std::string& file_;
};

// Half the distance of the 16 and 84% quantiles, or the error as it stands.
std::optional<io::Reals> error_of(const Reader& read, const std::string& name) {
  if (read.has(name + "_err")) return read.numbers(name + "_err");
  for (const auto& [low, high] : {std::pair{"_q16", "_q84"}, {"_lo", "_hi"}}) {
    if (!read.has(name + low) || !read.has(name + high)) continue;
    const io::Reals a = read.numbers(name + low), b = read.numbers(name + high);
    io::Reals half;
    for (std::size_t i = 0; i < a.size(); ++i) half.push_back(0.5 * (b[i] - a[i]));
    return half;
  }
  return std::nullopt;
}

struct Values {
  io::Reals value, error;
};

// A mass in another unit would shift the whole mass function. Columns without a unit are taken at their name.
void check_unit(const io::Column& column, const std::string& file, bool is_log) {
  std::string unit = lower_case(column.unit);
  std::erase_if(unit, [](char c) { return c == ' ' || c == '_'; });
  const std::vector<std::string> logs = {"",
                                         "dex",
                                         "log(solmass)",
                                         "log(msun)",
                                         "dex(solmass)",
                                         "dex(msun)",
                                         "log10(solmass)",
                                         "log10(msun)",
                                         "[solmass]",
                                         "[msun]",
                                         "solmass",
                                         "msun"},
                                 linear = {"", "solmass", "msun"};
  const std::vector<std::string>& known = is_log ? logs : linear;
  if (std::find(known.begin(), known.end(), unit) == known.end())
    throw InputError({file, "unit of column " + column.name, "'" + column.unit + "'",
                      is_log ? "dex, or log(solMass)" : "solMass"});
}

// log10 masses and their errors [dex].
Values masses_of(const Reader& read, double error_dex) {
  const bool is_log = read.has("log_mass_msun");
  if (!is_log && !read.has("mass_msun"))
    read.missing("column log_mass_msun", "a column log_mass_msun or mass_msun");
  const std::string name = is_log ? "log_mass_msun" : "mass_msun";
  check_unit(*read.find(name), read.file(), is_log);
  Values mass{read.numbers(name), io::Reals(read.rows(), error_dex)};
  if (std::isnan(error_dex)) {
    const std::optional<io::Reals> error = error_of(read, name);
    if (!error)
      read.missing("column " + name + "_err", "_err, _q16 and _q84, or _lo and _hi; or --mass-error DEX");
    mass.error = *error;
  }
  if (!is_log)
    for (std::size_t i = 0; i < read.rows(); ++i) {
      if (std::isnan(error_dex)) mass.error[i] /= mass.value[i] * std::numbers::ln10;
      mass.value[i] = mass.value[i] > 0 ? std::log10(mass.value[i]) : nan;
    }
  if (std::isnan(error_dex) && read.has("log_mass_mu_err")) {
    const io::Reals mu = read.numbers("log_mass_mu_err");
    for (std::size_t i = 0; i < mu.size(); ++i) mass.error[i] = std::hypot(mass.error[i], mu[i]);
  }
  return mass;
}

// What arcproof's own catalogues say of a row: a selected clump, with an SED, and no counter image.
std::vector<bool> rows_that_count(const Reader& read) {
  std::vector<bool> counts(read.rows(), true);
  const auto keep = [&](auto condition) {
    for (std::size_t i = 0; i < counts.size(); ++i) counts[i] = counts[i] && condition(i);
  };
  if (read.has("selected")) keep([&selected = read.flags("selected")](std::size_t i) { return selected[i]; });
  if (read.has("sed_status"))
    keep([&status = read.texts("sed_status")](std::size_t i) { return status[i] == "fitted"; });
  if (const io::Column* status = read.find("status"))  // a table of `arcproof sed`, or of somebody else
    if (const auto* words = std::get_if<io::Texts>(&status->values))
      keep(
          [&](std::size_t i) { return (*words)[i] != "too_few_bands" && (*words)[i] != "no_allowed_model"; });
  if (read.has("counter_image_of"))
    keep([&other = read.integers("counter_image_of")](std::size_t i) {
      return other[i] == io::missing_integer;
    });
  return counts;
}

}  // namespace

CatalogueClusters read_clusters(const io::Table& table, const std::string& file, double error_dex) {
  const Reader read(table, file);
  const Values mass = masses_of(read, error_dex);
  CatalogueClusters out;
  out.mass_column = read.has("log_mass_msun") ? "log_mass_msun" : "mass_msun";
  if (read.has("log_mass_msun") && read.has("mass_msun")) out.unread_mass_column = "mass_msun";
  out.has_ages = read.has("log_age_yr");
  // Without ages: 1 yr, which no limit on age leaves out.
  const io::Reals age = out.has_ages ? read.numbers("log_age_yr") : io::Reals(read.rows(), 0.0);
  const io::Reals age_error =
      out.has_ages ? error_of(read, "log_age_yr").value_or(io::Reals(read.rows(), 0.0)) : age;
  const std::vector<bool> counts = rows_that_count(read);
  for (std::size_t i = 0; i < read.rows(); ++i) {
    if (!counts[i]) continue;
    out.without_mass += !std::isfinite(mass.value[i]);
    out.clusters.push_back({mass.value[i], mass.error[i], age[i], age_error[i]});
    out.rows.push_back(i);
  }
  return out;
}

std::vector<population::InjectedClumpImage> read_injected_images(const io::Table& table,
                                                                 const std::string& file,
                                                                 const std::string& reference_band,
                                                                 bool with_ages) {
  const Reader read(table, file);
  const io::Integers& clump = read.integers("parent_id");
  const io::Reals mass = read.numbers("true_log_mass_msun");
  const io::Flags& recovered = read.flags("recovered");
  const io::Reals measured = read.numbers("measured_log_mass_msun");
  const auto optional = [&](const std::string& name, double value) {
    return read.has(name) ? read.numbers(name) : io::Reals(read.rows(), value);
  };
  const io::Reals age = with_ages ? read.numbers("measured_log_age_yr") : io::Reals(read.rows(), 0.0);
  const io::Reals place_weight = optional("weight_clumps", nan);
  const io::Reals draw_density = optional("log_draw_density", nan);
  const io::Reals lens_error = optional("measured_log_mass_mu_err", 0);
  const io::Reals error = error_of(read, "measured_log_mass_msun").value_or(io::Reals(read.rows(), 0.0));
  const io::Reals mu = optional("true_mu", 1), snr = optional("measured_snr_" + reference_band, nan);
  const io::Texts* flags = read.has("injection_flag") ? &read.texts("injection_flag") : nullptr;
  const io::Texts* status = read.has("measured_sed_status") ? &read.texts("measured_sed_status") : nullptr;
  std::vector<population::InjectedClumpImage> images;
  for (std::size_t i = 0; i < read.rows(); ++i) {
    if (!std::isfinite(mass[i]))
      throw InputError({file, fmt::format("column true_log_mass_msun, row {}", i), "no number", "a number"});
    const bool in_host = !flags || (*flags)[i] == "injected" || (*flags)[i] == "arc";
    const bool fitted = !status || (*status)[i] == "fitted";
    images.push_back({clump[i],
                      mass[i],
                      in_host ? mu[i] : nan,
                      recovered[i],
                      snr[i],
                      {fitted ? measured[i] : nan, std::hypot(error[i], lens_error[i]), age[i], 0},
                      draw_density[i],
                      place_weight[i]});
  }
  return images;
}

}  // namespace arcproof::studies
