#include "engine/population/mass_model.h"

#include "engine/core/error.h"

#include <algorithm>
#include <numbers>

namespace arcproof::population {
namespace {

constexpr double ln10 = std::numbers::ln10;

// Probability of a standard normal variate between a and b, from the tail where nothing cancels.
double normal_between(double a, double b) {
  const auto tail = [](double z) { return 0.5 * std::erfc(z / std::numbers::sqrt2); };
  return a > 0 ? tail(a) - tail(b) : tail(-b) - tail(-a);
}

LogMassDensity power_law(double beta, double low, double high) {
  const double z = power_law_normalisation(beta, (high - low) * ln10);
  return {.low = low, .high = high, .c0 = std::log(ln10 / z), .c1 = (beta + 1) * ln10};
}

LogMassDensity schechter(double beta, double log_cutoff, double low, double high) {
  const double x = std::pow(10.0, low - log_cutoff);
  const double z = schechter_normalisation(beta, x, (high - low) * ln10);
  return {.low = low, .high = high, .c0 = std::log(ln10 / z), .c1 = (beta + 1) * ln10, .x = x};
}

LogMassDensity log_normal(double mean, double sigma, double low, double high) {
  const double a = (low - mean) / sigma, norm = normal_between(a, (high - mean) / sigma);
  const double c0 = -0.5 * a * a - std::log(norm * sigma) - 0.5 * std::log(2 * std::numbers::pi);
  return {.low = low, .high = high, .c0 = c0, .c1 = -a / sigma, .c2 = -0.5 / (sigma * sigma)};
}

}  // namespace

double LogMassDensity::slope(double log_mass) const {
  const double u = log_mass - low;
  return c1 + 2 * c2 * u - (x > 0 ? ln10 * x * std::pow(10.0, u) : 0.0);
}

MassModel::MassModel(MassModelKind kind, const MassModelOptions& options) : kind_(kind), options_(options) {
  require(options.min_mass_msun > 0 && options.max_mass_msun > options.min_mass_msun,
          "MassModel: 0 < min_mass < max_mass");
  low_ = std::log10(options.min_mass_msun);
  high_ = std::log10(options.max_mass_msun);
  if (kind == MassModelKind::log_normal) {
    bounds_ = {options.log_mean, options.log_sigma};
    names_ = {"log_mean_msun", "sigma_dex"};
    require(options.log_sigma.low > 0, "MassModel: sigma > 0");
  } else {
    bounds_ = {options.beta};
    names_ = {"beta"};
    if (kind != MassModelKind::power_law) bounds_.push_back(options.log_cutoff);
    if (kind == MassModelKind::schechter) names_.emplace_back("log_cutoff_msun");
    if (kind == MassModelKind::truncated_power_law) names_.emplace_back("log_max_mass_msun");
  }
  for (const Bounds& b : bounds_) require(b.low < b.high, "MassModel: bounds of the prior are not empty");
  require(kind != MassModelKind::truncated_power_law || options.log_cutoff.low >= low_,
          "MassModel: log10 M_max of the prior >= log10 M_low");
}

double MassModel::log_prior_density() const {
  double log_volume = 0;
  for (const Bounds& b : bounds_) log_volume += std::log(b.high - b.low);
  return -log_volume;
}

bool MassModel::allowed(std::span<const double> theta) const {
  require(theta.size() == bounds_.size(), "MassModel: as many values as parameters");
  for (std::size_t i = 0; i < theta.size(); ++i)
    if (!(theta[i] > bounds_[i].low && theta[i] < bounds_[i].high)) return false;
  return true;
}

LogMassDensity MassModel::density(std::span<const double> theta) const {
  require(theta.size() == bounds_.size(), "MassModel: as many values as parameters");
  switch (kind_) {
    case MassModelKind::power_law:
      return power_law(theta[0], low_, high_);
    case MassModelKind::schechter:
      return schechter(theta[0], theta[1], low_, high_);
    case MassModelKind::truncated_power_law:
      return power_law(theta[0], low_, std::min(theta[1], high_));
    case MassModelKind::log_normal:
      return log_normal(theta[0], theta[1], low_, high_);
  }
  throw ContractError("MassModel: a kind that exists");
}

}  // namespace arcproof::population
