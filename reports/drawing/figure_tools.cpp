#include "reports/drawing/figure_tools.h"

#include "engine/core/statistics.h"
#include "reports/drawing/html.h"

#include <algorithm>
#include <cctype>
#include <cmath>

#include <fmt/format.h>

namespace arcproof::reports {

std::vector<double> finite(const std::vector<double>& values) {
  std::vector<double> kept;
  for (const double v : values)
    if (std::isfinite(v)) kept.push_back(v);
  return kept;
}

Range range_of(const std::vector<double>& values, double p, double padding) {
  const std::vector<double> kept = finite(values);
  if (kept.empty()) return {0, 1};
  const double low = statistics::quantile(kept, p), high = statistics::quantile(kept, 1 - p);
  const double pad = high > low ? padding * (high - low) : 0.5;
  return {low - pad, high + pad};
}

double tick_step(double length, int ticks) {
  if (!(length > 0)) return 1;
  const double raw = length / ticks, decade = std::pow(10, std::floor(std::log10(raw)));
  for (const double factor : {1.0, 2.0, 5.0})
    if (raw <= factor * decade) return factor * decade;
  return 10 * decade;
}

std::string band_label(std::string_view band) {
  std::string label(band);
  std::transform(label.begin(), label.end(), label.begin(), [](unsigned char c) { return std::toupper(c); });
  return label;
}

std::string quantity_label(const std::string& quantity) {
  constexpr std::string_view flux = "relative_flux_", mag = "mag_";
  if (quantity.starts_with(flux) && quantity.ends_with("_analytic")) return "\u2013 analytic, white";
  if (quantity.starts_with(flux) && quantity.ends_with("_correlated")) return "\u2013 analytic, correlated";
  if (quantity.starts_with(flux)) return "flux " + band_label(quantity.substr(flux.size()));
  if (quantity.starts_with(mag)) return "magnitude " + band_label(quantity.substr(mag.size()));
  if (quantity == "log_radius_pc") return "log radius";
  if (quantity == "log_mu") return "log magnification";
  if (quantity == "log_mass_msun") return "log mass";
  if (quantity == "log_age_yr") return "log age";
  if (quantity == "ebv_mag") return "E(B\u2212V)";
  return quantity;
}

std::string model_label(const std::string& model) {
  return model == "power_law" ? "power law" : model == "schechter" ? "Schechter" : model;
}

std::string parameter_label(const std::string& parameter) {
  return parameter == "beta"              ? "slope \u03b2"
         : parameter == "log_cutoff_msun" ? "log\u2081\u2080 M<sub>c</sub> [M\u2609]"
                                          : html::escape(parameter);
}

std::string counted(std::size_t n, std::string_view singular) {
  return fmt::format("{}&nbsp;{}{}", html::count(static_cast<double>(n)), singular, n == 1 ? "" : "s");
}

}  // namespace arcproof::reports
