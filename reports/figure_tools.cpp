#include "reports/figure_tools.h"

#include "engine/core/statistics.h"
#include "reports/columns.h"
#include "reports/html.h"

#include <algorithm>
#include <cctype>
#include <cmath>

#include <fmt/format.h>

namespace arcproof::reports {

Range magnitude_range(const RunFolder& run) {
  const io::Table& table = run.completeness_mag;
  const io::Reals low = real_column(table, "low_1"), high = real_column(table, "high_1");
  const io::Integers injected = integer_column(table, "n_injected"),
                     recovered = integer_column(table, "n_recovered");
  Range all{HUGE_VAL, -HUGE_VAL};
  double faint =
      std::fmax(run.metric("depth." + run.reference_band()) + 1, run.metric("completeness.mag_50") + 2.5);
  for (std::size_t i = 0; i < table.rows(); ++i) {
    if (injected[i] > 0) all = {std::fmin(all.low, low[i]), std::fmax(all.high, high[i])};
    if (recovered[i] > 0) faint = std::fmax(faint, high[i] + 0.5);
  }
  if (!(all.low < all.high)) return {20, 30};
  return {all.low, faint > all.low ? std::min(all.high, faint) : all.high};
}

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

std::string counted(std::size_t n, std::string_view singular) {
  return fmt::format("{}&nbsp;{}{}", html::count(static_cast<double>(n)), singular, n == 1 ? "" : "s");
}

}  // namespace arcproof::reports
