// What several figures need: sizes, ranges of axes, names of quantities.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace arcproof::reports {

// Sizes of pictures [px], so that text has one size wherever a figure stands.
inline constexpr int third_px = 360, half_px = 560, full_px = 1140;

struct Range {
  double low, high;
};

/// From the p to the 1-p quantile of the finite values, widened by `padding` of its length. {0, 1} without
/// values.
Range range_of(const std::vector<double>& values, double p = 0, double padding = 0.05);

/// 1, 2 or 5 times a power of ten, so that `length` holds about `ticks` of them.
double tick_step(double length, int ticks);

/// The finite values, in their order.
std::vector<double> finite(const std::vector<double>& values);

/// "F150W" for f150w.
std::string band_label(std::string_view band);
/// "flux F150W" for relative_flux_f150w, "E(B-V)" for ebv_mag: words for people.
std::string quantity_label(const std::string& quantity);

/// "power law" for power_law, "Schechter" for schechter: models of the mass function.
std::string model_label(const std::string& model);
/// Html: the slope and the cut-off of these models.
std::string parameter_label(const std::string& parameter);

/// "12 of 40" style plural: "1 injection", "3 injections".
std::string counted(std::size_t n, std::string_view singular);

}  // namespace arcproof::reports
