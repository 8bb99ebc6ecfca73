// From a stellar library to spectra of composite populations with nebular emission, and to fluxes in bands.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/sed/filter.h"
#include "engine/sed/library.h"
#include "engine/sky/cosmology.h"

namespace arcproof::sed {

/// Star formation at a constant rate for `duration_myr`, then none; duration 0 is a single burst. `age` counts from its start.
struct StarFormation {
  double duration_myr = 0;
  bool operator==(const StarFormation&) const = default;
};

/// A stellar population, all that its spectrum depends on. Mass is mass FORMED by `age`.
struct Population {
  double age_myr = 10;
  double metallicity = 0.008;
  double ebv_mag = 0;          ///< Calzetti, on stars and gas alike
  StarFormation history;
};

struct SynthesisOptions {
  double covering_fraction = 0.5;  ///< of ionising photons absorbed by gas and turned into nebular emission (Claeyssens+2023: 0.5)
  bool igm = true;
  /// Ages below the library's first age use that first age.
};

/// Rest-frame spectrum before dust [Lsun / Angstrom per Msun formed] on the library's wavelengths. Interpolated in log age and
/// log Z between the library's nodes; the integral over the history is exact for spectra piecewise linear in age. ContractError
/// when age <= 0; metallicities outside the library are clamped to its ends.
std::vector<double> rest_frame_spectrum(const Library& library, const Population& population,
                                        const SynthesisOptions& options);

/// Nebular continuum and lines of Q_H = 1 photon/s [Lsun / Angstrom], case B, T_e and metal lines by metallicity; lines are
/// Gaussians of one wavelength step. On the given wavelength grid.
std::vector<double> nebular_spectrum(std::span<const double> wavelength_angstrom, double metallicity);

/// Observed fluxes of populations at one redshift in a set of bands: precomputes band weights, dust and IGM.
class BandSynthesis {
 public:
  BandSynthesis(std::shared_ptr<const Library> library, std::vector<Filter> filters, double z,
                const sky::Cosmology& cosmology, const SynthesisOptions& options);

  /// [nJy per Msun formed], intrinsic (mu = 1), before Milky-Way extinction, one value per band.
  std::vector<double> fluxes_njy_per_msun(const Population& population) const;
  /// The same for several reddenings of one population (the spectrum is made once): [i_ebv * bands + band].
  std::vector<double> fluxes_njy_per_msun(const Population& population, std::span<const double> ebv_mag) const;

  double z() const { return z_; }
  std::size_t bands() const { return filters_.size(); }
  const std::vector<Filter>& filters() const { return filters_; }
  /// True for bands that the library's spectrum covers to less than 99% at this redshift: their fluxes are not usable.
  const std::vector<bool>& outside_library() const { return outside_; }
  /// True for bands whose half-power range holds Lyman-alpha or lies below it.
  const std::vector<bool>& at_or_below_lyman_alpha() const { return lyman_alpha_; }

 private:
  std::shared_ptr<const Library> library_;
  std::vector<Filter> filters_;
  double z_;
  SynthesisOptions options_;
  std::vector<BandWeights> weights_;
  std::vector<double> attenuation_k_;   // at rest wavelengths
  std::vector<double> transmission_;    // of the IGM, at rest wavelengths
  double flux_factor_ = 0;              // Lsun/Angstrom -> nJy through the weights
  std::vector<bool> outside_, lyman_alpha_;
};

}  // namespace arcproof::sed
