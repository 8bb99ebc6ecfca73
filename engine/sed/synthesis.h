// From a stellar library to spectra of composite populations with nebular emission, and to fluxes in bands.
#pragma once

#include "engine/core/keys.h"
#include "engine/sed/attenuation.h"
#include "engine/sed/filter.h"
#include "engine/sed/gas/nebular.h"
#include "engine/sed/history.h"
#include "engine/sed/igm.h"
#include "engine/sed/libraries/library.h"
#include "engine/sky/cosmology.h"

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace arcproof::sed {

struct SynthesisOptions {
  /// Of ionising photons absorbed by gas and turned into nebular emission (Claeyssens+2023: 0.5).
  double covering_fraction = 0.5;
  bool igm = true;
  /// Ionisation parameter log10 U of the gas (engine/sed/gas/nebular.h).
  double log_u = reference_log_u;
  DustLaw dust = DustLaw::calzetti;
  /// E(B-V) of the stars over that of the gas: 1, both alike (Claeyssens+2023, 2025); 0.44, Calzetti et al.
  /// (2000) for starbursts. Above 0, not above 1.
  double stars_over_gas_ebv = 1;
  IgmLaw igm_law = IgmLaw::madau1995;

  /// Dust and intergalactic gas. Of the gas around the stars some take one value and some several: they
  /// describe it, within the limits below.
  void describe(Keys& keys) {
    std::string law = dust_law_names().at(static_cast<std::size_t>(dust));
    keys.text("attenuation", law, "dust: Calzetti+2000, SMC bar of Gordon+2003, Milky Way of Cardelli+1989",
              dust_law_names());
    dust = dust_law(law);
    keys.number("stars_over_gas_ebv", stars_over_gas_ebv, "",
                "E(B-V) of stars over that of gas; 1: alike, 0.44: Calzetti+2000", Allowed::above(0, 1));
    law = igm_law_names().at(static_cast<std::size_t>(igm_law));
    keys.text("igm", law, "intergalactic absorption", igm_law_names());
    igm_law = sed::igm_law(law);
  }
};
inline constexpr Allowed allowed_covering_fraction = Allowed::between(0, 1);
inline constexpr Allowed allowed_log_u = Allowed::between(-4, 0);

/// ContractError unless 0 <= covering fraction <= 1 and 0 < stars_over_gas_ebv <= 1.
void check_synthesis(const SynthesisOptions& options);

/// Hydrogen-ionising photons per second per Msun formed.
struct IonisingRate {
  double all = 0;
  double soft = 0;  ///< of these, by the O++ that is missing in their gas: Q_H (1 - doubly_ionised_left)
};
/// From the nodes of one metallicity.
IonisingRate ionising_rate(const Library& library, const std::vector<NodeWeight>& nodes,
                           std::size_t metallicity);

/// Rest-frame spectrum before dust [Lsun / Angstrom per Msun formed] on the library's wavelengths: the
/// weighted sum of
///   L (1 - f) below 912 A, L above, and f (Q_H nebular_spectrum(Z) + Q_soft soft_light_change(Z)),
/// f = covering_fraction, over the nodes of node_weights; Q_soft of IonisingRate.
std::vector<double> rest_frame_spectrum(const Library& library, const Population& population,
                                        const SynthesisOptions& options);

/// Observed spectrum f_nu [nJy per Msun formed], intrinsic (mu = 1), at the library's wavelengths times 1 +
/// z: stars and gas behind their dust, through the intergalactic medium. Its means over bands are the fluxes
/// of BandSynthesis. ContractError as there.
std::vector<double> observed_spectrum_njy_per_msun(const Library& library, const Population& population,
                                                   double z, const sky::Cosmology& cosmology,
                                                   const SynthesisOptions& options);

/// Observed fluxes of populations at one redshift in a set of bands: precomputes band weights, dust, IGM and
/// gas.
///   f_nu(l) = (1 + z) L_nu(l / (1 + z)) / (4 pi D_L^2),   averaged over the band as by band_weights.
class BandSynthesis {
 public:
  BandSynthesis(std::shared_ptr<const Library> library, std::vector<Filter> filters, double z,
                const sky::Cosmology& cosmology, const SynthesisOptions& options);

  /// [nJy per Msun formed], intrinsic (mu = 1), before Milky-Way extinction, one value per band.
  std::vector<double> fluxes_njy_per_msun(const Population& population) const;
  /// The same for several reddenings of one population (the spectrum is made once): [i_ebv * bands + band].
  std::vector<double> fluxes_njy_per_msun(const Population& population,
                                          std::span<const double> ebv_mag) const;

  /// The same for many populations at once: [(i_population * ebvs + i_ebv) * bands + band].
  std::vector<double> many_fluxes_njy_per_msun(std::span<const Population> populations,
                                               std::span<const double> ebv_mag) const;

  double z() const { return z_; }
  std::size_t bands() const { return filters_.size(); }
  const std::vector<Filter>& filters() const { return filters_; }
  /// True for bands that the library's spectrum covers to less than 99% at this redshift: their fluxes are
  /// not usable.
  const std::vector<bool>& outside_library() const { return outside_; }
  /// True for bands whose half-power range holds Lyman-alpha or lies below it.
  const std::vector<bool>& at_or_below_lyman_alpha() const { return lyman_alpha_; }

 private:
  struct ReddenedWeights;  // of all bands, for a list of E(B-V)
  struct Light;            // of stars and gas
  ReddenedWeights redden(std::span<const double> ebv_mag, double factor) const;
  void synthesise(const Population& population, Light& light) const;
  void add_light(std::size_t band, const std::vector<double>& spectrum, const ReddenedWeights& weights,
                 std::vector<double>& sum) const;

  std::shared_ptr<const Library> library_;
  std::vector<Filter> filters_;
  double z_;
  SynthesisOptions options_;
  std::vector<BandWeights> weights_;
  std::vector<double> attenuation_k_;         // at rest wavelengths
  std::vector<double> transmission_;          // of the IGM, at rest wavelengths
  std::vector<std::vector<double>> nebular_;  // [metallicity of the library], times the covering fraction
  std::vector<std::vector<double>> soft_;     // soft_light_change, alike
  std::size_t first_ = 0, last_ = 0;          // range of rest wavelengths that any band needs, last excluded
  double flux_factor_ = 0;                    // Lsun/Angstrom -> nJy through the weights
  std::vector<bool> outside_, lyman_alpha_;
};

}  // namespace arcproof::sed
