#include "validation/correction/features.h"

#include "engine/core/error.h"
#include "engine/core/missing.h"

#include <algorithm>
#include <cmath>

namespace arcproof::validation {
namespace {

double itself(const double* c) { return c[0]; }
double log_of(const double* c) { return c[0] > 0 ? std::log10(c[0]) : nan; }
double log_size(const double* c) {
  return std::isnan(c[0]) ? nan : std::log10(std::fmax(c[0], smallest_sigma_pix));
}
double log_distance(const double* c) { return std::log10(std::fmax(c[0], 0.5)); }
double log_ratio(const double* c) { return c[0] > 0 && c[1] > 0 ? std::log10(c[0] / c[1]) : nan; }
// Of a flux c0 +- c1 to that of the reference band, c2: below one sigma it is taken as one sigma.
double colour(const double* c) {
  return c[2] > 0 && std::isfinite(c[0]) ? -2.5 * std::log10(std::fmax(c[0], c[1]) / c[2]) : nan;
}
double light_ratio(const double* c) {
  return c[1] > 0 ? std::log10(std::fmax(c[0], 0.0) / c[1] + 0.01) : nan;
}
double brightness_ratio(const double* c) { return c[1] > 0 ? std::asinh(100 * c[0] / c[1]) : nan; }

bool is_of_the_place(const std::string& column) {
  return column == "crowding_pix" || column == "neighbour_light" || column == "local_brightness";
}

std::string name_in(const Measurements& from, const std::string& column) {
  return is_of_the_place(column) ? column : from.prefix + column;
}

}  // namespace

std::vector<std::string> bands_of(const Measurements& from) {
  const std::string head = from.prefix + "flux_";
  std::vector<std::string> bands;
  for (const io::Column& column : from.table->columns())
    if (column.name.starts_with(head) && from.table->has(column.name + "_err") &&
        from.table->has(from.prefix + "mag_" + column.name.substr(head.size())))
      bands.push_back(column.name.substr(head.size()));
  return bands;
}

std::vector<double> numbers_of(const io::Table& table, const std::string& name) {
  const io::Column& column = table.column(name);
  if (const auto* reals = std::get_if<io::Reals>(&column.values)) return *reals;
  std::vector<double> values;
  if (const auto* flags = std::get_if<io::Flags>(&column.values)) {
    for (const bool flag : *flags) values.push_back(flag ? 1 : 0);
    return values;
  }
  const auto* integers = std::get_if<io::Integers>(&column.values);
  require(integers != nullptr, "numbers_of: column " + name + " is text");
  for (const std::int64_t value : *integers)
    values.push_back(value == io::missing_integer ? nan : static_cast<double>(value));
  return values;
}

std::vector<Feature> shape_features(const std::string& band) {
  return {{"mag", {"mag_" + band}, itself},
          {"log_sigma", {"sigma_circular_pix"}, log_size},
          {"log_sigma_major", {"sigma_major_pix"}, log_size},
          {"log_snr", {"snr_" + band}, log_of},
          {"log_chi2", {"fit_chi2_reduced"}, log_of},
          {"quality", {"quality"}, [](const double* c) { return c[0] > 0 ? 1.0 : 0.0; }},
          {"detection_pass", {"detection_pass"}, itself},
          {"log_mu", {"mu"}, log_of},
          {"axis_ratio", {"axis_ratio"}, itself},
          {"light", {"model_light", "data_light"}, log_ratio},
          {"group_size", {"group_size"}, itself}};
}

std::vector<Feature> resemblance_features(const std::string& band, const std::vector<std::string>& bands) {
  std::vector<Feature> all = shape_features(band);
  for (const std::string& other : bands)
    if (other != band)
      all.push_back({"colour_" + other, {"flux_" + other, "flux_" + other + "_err", "flux_" + band}, colour});
  const Feature more[] = {{"log_mass", {"log_mass_msun"}, itself},
                          {"log_age", {"log_age_yr"}, itself},
                          {"ebv", {"ebv_mag"}, itself},
                          {"log_sed_chi2", {"sed_chi2_reduced"}, log_of},
                          {"log_radius", {"radius_pc"}, log_of},
                          {"limit", {"radius_is_upper_limit"}, itself},
                          {"crowding", {"crowding_pix"}, log_distance},
                          {"neighbour_light", {"neighbour_light", "flux_" + band}, light_ratio},
                          {"local_brightness", {"local_brightness", "flux_" + band}, brightness_ratio}};
  all.insert(all.end(), std::begin(more), std::end(more));
  return all;
}

std::vector<Feature> shared_features(const std::vector<Feature>& features,
                                     const std::vector<Measurements>& tables) {
  std::vector<Feature> shared;
  for (const Feature& feature : features)
    if (std::all_of(tables.begin(), tables.end(), [&](const Measurements& from) {
          return std::all_of(feature.columns.begin(), feature.columns.end(), [&](const std::string& column) {
            return from.table->has(name_in(from, column));
          });
        }))
      shared.push_back(feature);
  return shared;
}

Eigen::MatrixXd feature_matrix(const std::vector<Feature>& features, const Measurements& from,
                               const std::vector<std::size_t>& rows) {
  Eigen::MatrixXd matrix(static_cast<Eigen::Index>(rows.size()), static_cast<Eigen::Index>(features.size()));
  for (std::size_t f = 0; f < features.size(); ++f) {
    std::vector<std::vector<double>> columns;
    for (const std::string& column : features[f].columns)
      columns.push_back(numbers_of(*from.table, name_in(from, column)));
    std::vector<double> values(columns.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
      for (std::size_t c = 0; c < columns.size(); ++c) values[c] = columns[c][rows[i]];
      matrix(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(f)) = features[f].value(values.data());
    }
  }
  return matrix;
}

}  // namespace arcproof::validation
