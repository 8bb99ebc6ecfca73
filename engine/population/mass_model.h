// Mass functions as densities of log mass, in one form that all of them share.
//
// With l = log10(M / Msun), u = l - log10 M_low and t = M / M_low = 10^u, every model here is
//
//   ln p(l | theta) = c0 + c1 u + c2 u^2 - x 10^u          log10 M_low <= l <= log10 M_high     [1/dex]
//
//   power_law            (beta)                c1 = (beta + 1) ln 10
//   schechter            (beta, log10 M_c)     c1 = (beta + 1) ln 10,  x = M_low / M_c
//   truncated_power_law  (beta, log10 M_max)   c1 = (beta + 1) ln 10,  M_high = M_max
//   log_normal           (mean, sigma) of l    c2 = -1 / (2 sigma^2),  c1 = (mean - log10 M_low) / sigma^2
//
// c0 normalises between the edges. M_low is the lowest *true* mass of the population: it lies below the mass
// limit of a catalogue by several mass errors, or clusters that scatter over the limit are not accounted for.
// All four are concave in l, which engine/population/selection.h uses.
//
// Priors: flat within the bounds of MassModelOptions. beta and log10 M_c as published (Claeyssens+2025
// section 4.4); log10 M_max within the bounds of log10 M_c; mean and sigma of the log-normal between a tenth
// of the turn-over of today's globular clusters (2e5 Msun: their section 5.4) and some 1e8, and from 0.1
// to 1.5 dex.
#pragma once

#include "engine/population/mass_function.h"
#include "engine/population/mass_likelihood.h"

#include <cmath>
#include <span>
#include <string>
#include <vector>

namespace arcproof::population {

enum class MassModelKind { power_law, schechter, truncated_power_law, log_normal };

struct MassModelOptions {
  double min_mass_msun = 2e6;          ///< M_low, of true masses
  double max_mass_msun = no_max_mass;  ///< M_high
  Bounds beta = {-3, -1};
  Bounds log_cutoff = {6.301029995663981, 9};  ///< log10 of M_c, and of M_max; the lower one is 2e6 Msun
  Bounds log_mean = {4.3, 8};
  Bounds log_sigma = {0.1, 1.5};
};

/// p(l | theta) at one theta. Densities per dex.
struct LogMassDensity {
  double low = 0, high = 0;  ///< edges, log10 Msun; high may be infinite
  double c0 = 0, c1 = 0, c2 = 0, x = 0;

  /// ln p without regard to the edges: the smooth continuation beyond them.
  double smooth_log(double log_mass) const {
    const double u = log_mass - low;
    return c0 + u * (c1 + u * c2) - (x > 0 ? x * std::pow(10.0, u) : 0.0);
  }
  /// d ln p / dl [1/dex], without regard to the edges.
  double slope(double log_mass) const;
  /// p; zero beyond the edges.
  double operator()(double log_mass) const {
    return log_mass < low || log_mass > high ? 0.0 : std::exp(smooth_log(log_mass));
  }
};

/// A mass function and the box of its flat prior. Bounds that are empty, M_low <= 0 or M_high <= M_low throw
/// ContractError.
class MassModel {
 public:
  MassModel(MassModelKind kind, const MassModelOptions& options);

  MassModelKind kind() const { return kind_; }
  const MassModelOptions& options() const { return options_; }
  int dimensions() const { return static_cast<int>(bounds_.size()); }
  const std::vector<Bounds>& bounds() const { return bounds_; }
  /// "beta", "log_cutoff_msun", "log_max_mass_msun", "log_mean_msun", "sigma_dex"
  const std::vector<std::string>& names() const { return names_; }

  double log_prior_density() const;                   ///< -ln(volume of the box)
  bool allowed(std::span<const double> theta) const;  ///< strictly within the box
  /// c0 is -infinity or NaN where the model has no norm.
  LogMassDensity density(std::span<const double> theta) const;

 private:
  MassModelKind kind_;
  MassModelOptions options_;
  double low_, high_;  // log10 Msun
  std::vector<Bounds> bounds_;
  std::vector<std::string> names_;
};

}  // namespace arcproof::population
