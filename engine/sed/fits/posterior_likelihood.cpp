#include "engine/sed/fits/posterior_likelihood.h"

#include "engine/core/error.h"
#include "engine/core/units.h"
#include "engine/sed/fits/grids/mass_integral.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace arcproof::sed::posterior {

Data sort_bands(const std::vector<bool>& usable_band, const std::vector<BandFlux>& photometry, double min_snr,
                NonDetections non_detections, double limit_factor) {
  Data data;
  for (std::size_t b = 0; b < photometry.size(); ++b) {
    const auto& [flux, error, limit] = photometry[b];
    if (!usable_band[b] || std::isnan(flux)) continue;
    require(std::isfinite(flux) && std::isfinite(error) && error > 0,
            "fit_posterior: finite fluxes with errors > 0, or NaN for a band not observed");
    const bool detected = flux > min_snr * error;
    data.detected += detected;
    if (detected || non_detections == NonDetections::signed_fluxes) {
      data.band.push_back(b);
      data.precision.push_back(1 / (error * error));
      data.weighted.push_back(flux / (error * error));
      data.null -= 0.5 * flux * flux / (error * error) + std::log(std::sqrt(2 * units::pi) * error);
    } else if (limit > 0) {
      data.limited.push_back(b);
      data.ceiling_njy.push_back(limit_factor * limit);
    }
  }
  return data;
}

double Projection::length() const { return std::sqrt(square); }
double Projection::v() const { return square > 0 ? product / length() : 0; }

MassPrior::MassPrior(double log_mass_min, double log_mass_max)
    : low_(std::pow(10, log_mass_min)),
      high_(std::pow(10, log_mass_max)),
      log_range_(std::log(high_ / low_)) {}

double MassPrior::high(const Projection& p) const { return std::min(high_, p.greatest_mass); }

double MassPrior::log_gain(const Projection& p) const {
  const double most = high(p);
  if (most <= low_) return -infinity;
  if (!(p.square > 0)) return std::log(std::log(most / low_) / log_range_);
  const double v = p.v(), length = p.length();
  return 0.5 * v * v + mass_integral::log_fast(v, low_ * length, most * length) - std::log(log_range_);
}

double MassPrior::best(const Projection& p) const {
  return std::clamp(p.square > 0 ? p.product / p.square : low_, low_, std::max(low_, high(p)));
}

double MassPrior::log_profile(const Projection& p) const {
  const double mass = best(p);
  return high(p) <= low_ ? -infinity : mass * (p.product - 0.5 * mass * p.square);
}

double MassPrior::draw(const Projection& p, double uniform) const {
  constexpr std::size_t most_points = 256;
  const double length = p.length(), v = p.v(), least = low_ * length;
  const std::size_t count = v > 12 ? 64 : most_points;
  const double tail = v + std::sqrt(50 + std::pow(std::max(v, least) - v, 2));
  const double from = std::log(std::max(least, std::min(v, high(p) * length) - 7));
  const double to = std::log(std::min(high(p) * length, std::max(tail, least)));
  if (!(length > 0) || !(to > from)) return low_ * std::pow(high(p) / low_, length > 0 ? 0.0 : uniform);
  std::array<double, most_points> integral{};
  const double step = (to - from) / static_cast<double>(count - 1), ratio = std::exp(step);
  const double peak = std::clamp(v, std::exp(from), std::exp(to)), top = 0.5 * (peak - v) * (peak - v);
  double last = 0, u = std::exp(from);
  for (std::size_t i = 0; i < count; ++i, u *= ratio) {
    const double d = u - v, density = std::exp(top - 0.5 * d * d);
    integral[i] = i > 0 ? integral[i - 1] + 0.5 * (last + density) : 0;
    last = density;
  }
  const double wanted = uniform * integral[count - 1];
  const auto right = static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(
      std::upper_bound(integral.begin(), integral.begin() + static_cast<std::ptrdiff_t>(count), wanted) -
          integral.begin(),
      1, static_cast<std::ptrdiff_t>(count) - 1));
  const double gap = integral[right] - integral[right - 1];
  const double part = gap > 0 ? (wanted - integral[right - 1]) / gap : 0.5;
  return std::exp(from + (static_cast<double>(right) - 1 + part) * step) / length;
}

}  // namespace arcproof::sed::posterior
