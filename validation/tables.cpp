#include "validation/tables.h"

#include "validation/bias.h"

namespace arcproof::validation {

std::vector<BinAxis> axes_of(const TableOptions& options, const io::Table& joined) {
  return {axis_from_data(joined, "mag", "mag", options.mag_step),
          axis_from_data(joined, "true_log_radius_pc", "", options.log_radius_step),
          axis_from_data(joined, "true_log_mass_msun", "", options.log_mass_step)};
}

std::vector<io::Table> completeness_products(const io::Table& joined, const std::vector<BinAxis>& axes) {
  std::vector<io::Table> tables;
  const auto add = [&](const char* name, const std::vector<BinAxis>& which) {
    tables.push_back(completeness_table(joined, which));
    tables.back().rename(name);
  };
  add("MAG", {axes[0]});
  add("RADIUS", {axes[1]});
  add("MASS", {axes[2]});
  add("MAG_RADIUS", {axes[0], axes[1]});
  return tables;
}

BiasProducts bias_products(const TableOptions& options, const io::Table& joined,
                           const std::vector<BinAxis>& axes) {
  const auto quantities = quantities_of(joined, options.bands, options.reference_band);
  const BinAxis snr{"measured_snr_" + options.reference_band, "", {3, 5, 10, 20, 50, 100, 300, 1000}};
  std::vector<BinAxis> along{axes[0], axes[1], snr};
  if (options.has_pairs)
    along.push_back({"neighbour_pix", "pix", {0, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 5.5, 6, 8, 12, 20}});
  return {bias_table(joined, quantities, along), coverage_table(quantities)};
}

}  // namespace arcproof::validation
