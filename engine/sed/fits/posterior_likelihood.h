// The likelihood of one model, its mass integrated (formulas: head of posterior.h). Private to engine/sed.
#pragma once

#include "engine/sed/fits/posterior.h"

#include <algorithm>
#include <limits>
#include <vector>

namespace arcproof::sed::posterior {

inline constexpr double infinity = std::numeric_limits<double>::infinity();

/// What of the photometry enters.
struct Data {
  std::vector<std::size_t> band;            ///< in the likelihood
  std::vector<double> precision, weighted;  ///< 1 / s^2, d / s^2
  std::vector<std::size_t> limited;
  std::vector<double> ceiling_njy;
  double null = 0;  ///< ln L without any star
  int detected = 0;
};

/// Bands in the likelihood and bands that limit the mass. ContractError for infinite fluxes, and for errors that are not above 0.
Data sort_bands(const std::vector<bool>& usable_band, const std::vector<BandFlux>& photometry, double min_snr,
                NonDetections non_detections, double limit_factor);

/// A and B of the head of posterior.h and the greatest mass that limits allow.
struct Projection {
  double square = 0, product = 0, greatest_mass = infinity;
  double length() const;  ///< sqrt(A)
  double v() const;       ///< B / sqrt(A); 0 without any precision
  /// Lowers the greatest mass to what shines as bright as a limit.
  void limit(double flux, double ceiling) {
    if (flux > 0) greatest_mass = std::min(greatest_mass, ceiling / flux);
  }
};

/// Uniform in the logarithm.
class MassPrior {
 public:
  MassPrior(double log_mass_min, double log_mass_max);

  /// ln of int L p(M) dM over L(M = 0).
  double log_gain(const Projection& p) const;
  /// Mass of greatest likelihood, inside the prior.
  double best(const Projection& p) const;
  /// ln L(best mass) - ln L(M = 0).
  double log_profile(const Projection& p) const;
  /// Mass from its conditional distribution, by inversion of its integral at 256 points in ln M (64 where S/N
  /// makes it narrow); `uniform` in [0, 1).
  double draw(const Projection& p, double uniform) const;

 private:
  double high(const Projection& p) const;

  double low_, high_, log_range_;
};

}  // namespace arcproof::sed::posterior
