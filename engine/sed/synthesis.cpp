#include "engine/sed/synthesis.h"

#include "engine/core/error.h"
#include "engine/core/units.h"
#include "engine/sed/attenuation.h"

#include <algorithm>
#include <cmath>

namespace arcproof::sed {
namespace {

constexpr double lyman_alpha_angstrom = 1215.67;

/// First wavelength index that ionising photons do not reach.
std::size_t lyman_limit_index(const Library& library) {
  const std::vector<double>& x = library.wavelength_angstrom;
  return static_cast<std::size_t>(std::lower_bound(x.begin(), x.end(), units::lyman_limit_angstrom) -
                                  x.begin());
}

/// spectrum += sum of the nodes' stars, over [first, last) of the library's wavelengths.
void add_stars(const Library& library, const std::vector<NodeWeight>& nodes, double covering_fraction,
               std::size_t first, std::size_t last, std::vector<double>& spectrum) {
  for (const NodeWeight& node : nodes) {
    const float* stars = library.spectrum(node.metallicity, node.age);
    for (std::size_t i = first; i < last; ++i) spectrum[i] += node.weight * static_cast<double>(stars[i]);
  }
  for (std::size_t i = first; i < std::min(last, lyman_limit_index(library)); ++i)
    spectrum[i] *= 1 - covering_fraction;
}

}  // namespace

IonisingRate ionising_rate(const Library& library, const std::vector<NodeWeight>& nodes,
                           std::size_t metallicity) {
  IonisingRate rate;
  for (const NodeWeight& node : nodes) {
    if (node.metallicity != metallicity) continue;
    const double photons =
        node.weight *
        std::pow(10, library.log_ionising_rate[node.metallicity * library.age_myr.size() + node.age]);
    rate.all += photons;
    rate.soft +=
        photons * (1 - doubly_ionised_left(library.age_myr[node.age], library.metallicity[metallicity]));
  }
  return rate;
}

void check_synthesis(const SynthesisOptions& options) {
  require(options.covering_fraction >= 0 && options.covering_fraction <= 1,
          "covering fraction between 0 and 1");
  require(options.stars_over_gas_ebv > 0 && options.stars_over_gas_ebv <= 1,
          "E(B-V) of stars over gas above 0, not above 1");
}

std::vector<double> rest_frame_spectrum(const Library& library, const Population& population,
                                        const SynthesisOptions& options) {
  check_synthesis(options);
  const std::vector<NodeWeight> nodes = node_weights(library, population);
  const std::size_t count = library.wavelength_angstrom.size();
  std::vector<double> spectrum(count, 0.0);
  add_stars(library, nodes, options.covering_fraction, 0, count, spectrum);
  for (std::size_t iz = 0; iz < library.metallicity.size(); ++iz) {
    const IonisingRate rate = ionising_rate(library, nodes, iz);
    const double photons = options.covering_fraction * rate.all, soft = options.covering_fraction * rate.soft;
    if (photons <= 0) continue;
    const std::vector<double>&x = library.wavelength_angstrom,
          gas = nebular_spectrum(x, library.metallicity[iz], options.log_u),
          change = soft_light_change(x, library.metallicity[iz], options.log_u);
    for (std::size_t i = 0; i < count; ++i) spectrum[i] += photons * gas[i] + soft * change[i];
  }
  return spectrum;
}

namespace {

/// L [Lsun / Angstrom] at rest to f_lambda (c = 1 Angstrom^2 / s) whose weighted sums are nJy: with L per
/// rest-frame Angstrom, f_lambda = L / (4 pi D_L^2 (1 + z)); the weights want a division by c; 1 nJy = 1e-32
/// erg/s/cm^2/Hz.
double flux_factor(double z, const sky::Cosmology& cosmology) {
  const double distance_cm = cosmology.luminosity_distance_mpc(z) * 1e6 * units::parsec_cm;
  return units::solar_luminosity_erg_s / (4 * units::pi * distance_cm * distance_cm * (1 + z)) /
         units::speed_of_light_angstrom_s * 1e32;
}

}  // namespace

std::vector<double> observed_spectrum_njy_per_msun(const Library& library, const Population& population,
                                                   double z, const sky::Cosmology& cosmology,
                                                   const SynthesisOptions& options) {
  require(z > 0, "observed_spectrum_njy_per_msun: z > 0");
  const std::vector<double> all = rest_frame_spectrum(library, population, options);
  std::vector<double> stars(all.size(), 0.0);
  add_stars(library, node_weights(library, population), options.covering_fraction, 0, all.size(), stars);
  std::vector<double> flux(all.size());
  const double factor = flux_factor(z, cosmology);
  for (std::size_t i = 0; i < flux.size(); ++i) {
    const double rest = library.wavelength_angstrom[i], observed = rest * (1 + z);
    const double depth = -0.4 * dust_k(options.dust, rest) * population.ebv_mag;
    const double light = stars[i] * std::pow(10, depth) +
                         (all[i] - stars[i]) * std::pow(10, depth / options.stars_over_gas_ebv);
    const double through = options.igm ? igm_transmission(observed, z, options.igm_law) : 1.0;
    flux[i] = light * through * factor * observed * observed;
  }
  return flux;
}

/// Weights of all bands times dust: for band b, [(i - first of the band) * ebvs + i_ebv].
struct BandSynthesis::ReddenedWeights {
  std::size_t ebvs = 0;
  std::vector<std::vector<double>> band;
};

BandSynthesis::BandSynthesis(std::shared_ptr<const Library> library, std::vector<Filter> filters, double z,
                             const sky::Cosmology& cosmology, const SynthesisOptions& options)
    : library_(std::move(library)), filters_(std::move(filters)), z_(z), options_(options) {
  require(library_ != nullptr, "BandSynthesis: a library");
  require(z > 0, "BandSynthesis: z > 0");
  check_synthesis(options);
  const std::vector<double>& rest = library_->wavelength_angstrom;
  std::vector<double> observed(rest);
  for (double& x : observed) x *= 1 + z;

  first_ = rest.size();
  for (const Filter& filter : filters_) {
    const BandWeights& weights = weights_.emplace_back(band_weights(filter, observed));
    outside_.push_back(weights.covered < 0.99);
    lyman_alpha_.push_back(filter.half_power_low_angstrom() <= lyman_alpha_angstrom * (1 + z));
    if (weights.weight.empty()) continue;
    first_ = std::min(first_, weights.first);
    last_ = std::max(last_, weights.first + weights.weight.size());
  }
  first_ = std::min(first_, last_);

  for (std::size_t i = 0; i < rest.size(); ++i) {
    attenuation_k_.push_back(dust_k(options.dust, rest[i]));
    transmission_.push_back(options.igm ? igm_transmission(observed[i], z, options.igm_law) : 1.0);
  }
  for (const double metallicity : library_->metallicity) {
    nebular_.push_back(nebular_spectrum(rest, metallicity, options.log_u));
    soft_.push_back(soft_light_change(rest, metallicity, options.log_u));
    for (double& value : nebular_.back()) value *= options.covering_fraction;
    for (double& value : soft_.back()) value *= options.covering_fraction;
  }
  flux_factor_ = flux_factor(z, cosmology);
}

BandSynthesis::ReddenedWeights BandSynthesis::redden(std::span<const double> ebv_mag, double factor) const {
  const std::size_t ebvs = ebv_mag.size();
  std::vector<double> dust((last_ - first_) * ebvs);
  for (std::size_t i = first_; i < last_; ++i)
    for (std::size_t e = 0; e < ebvs; ++e)
      dust[(i - first_) * ebvs + e] =
          std::pow(10, -0.4 * attenuation_k_[i] * (ebv_mag[e] * factor)) * transmission_[i] * flux_factor_;
  ReddenedWeights out{ebvs, {}};
  for (const BandWeights& weights : weights_) {
    std::vector<double>& band = out.band.emplace_back(weights.weight.size() * ebvs);
    for (std::size_t i = 0; i < weights.weight.size(); ++i)
      for (std::size_t e = 0; e < ebvs; ++e)
        band[i * ebvs + e] = weights.weight[i] * dust[(weights.first + i - first_) * ebvs + e];
  }
  return out;
}

/// Spectra before dust; where stars and gas lie behind the same dust, all light is in `stars`.
struct BandSynthesis::Light {
  std::vector<double> stars, gas;
};

void BandSynthesis::synthesise(const Population& population, Light& light) const {
  const std::vector<NodeWeight> nodes = node_weights(*library_, population);
  light.stars.assign(library_->wavelength_angstrom.size(), 0.0);
  add_stars(*library_, nodes, options_.covering_fraction, first_, last_, light.stars);
  const bool alike = options_.stars_over_gas_ebv == 1;
  if (!alike) light.gas.assign(light.stars.size(), 0.0);
  std::vector<double>& gas = alike ? light.stars : light.gas;
  for (std::size_t iz = 0; iz < nebular_.size(); ++iz) {
    const IonisingRate rate = ionising_rate(*library_, nodes, iz);
    if (rate.all <= 0) continue;
    const double *young = nebular_[iz].data(), *change = soft_[iz].data();
    for (std::size_t i = first_; i < last_; ++i) gas[i] += rate.all * young[i] + rate.soft * change[i];
  }
}

/// All reddenings side by side, so that the loop vectorises and each sum keeps its order.
void BandSynthesis::add_light(std::size_t band, const std::vector<double>& spectrum,
                              const ReddenedWeights& weights, std::vector<double>& sum) const {
  const double* weight = weights.band[band].data();
  for (std::size_t i = 0; i < weights_[band].weight.size(); ++i, weight += weights.ebvs) {
    const double light = spectrum[weights_[band].first + i];
    for (std::size_t e = 0; e < weights.ebvs; ++e) sum[e] += weight[e] * light;
  }
}

std::vector<double> BandSynthesis::many_fluxes_njy_per_msun(std::span<const Population> populations,
                                                            std::span<const double> ebv_mag) const {
  const bool alike = options_.stars_over_gas_ebv == 1;
  const ReddenedWeights reddened = redden(ebv_mag, 1),
                        gas = alike ? ReddenedWeights{} : redden(ebv_mag, 1 / options_.stars_over_gas_ebv);
  const std::size_t ebvs = ebv_mag.size(), bands = filters_.size();
  std::vector<double> fluxes(populations.size() * ebvs * bands), sum(ebvs);
  Light light;
  for (std::size_t p = 0; p < populations.size(); ++p) {
    synthesise(populations[p], light);
    for (std::size_t b = 0; b < bands; ++b) {
      std::fill(sum.begin(), sum.end(), 0.0);
      add_light(b, light.stars, reddened, sum);
      if (!alike) add_light(b, light.gas, gas, sum);
      for (std::size_t e = 0; e < ebvs; ++e) fluxes[(p * ebvs + e) * bands + b] = sum[e];
    }
  }
  return fluxes;
}

std::vector<double> BandSynthesis::fluxes_njy_per_msun(const Population& population,
                                                       std::span<const double> ebv_mag) const {
  return many_fluxes_njy_per_msun(std::span(&population, 1), ebv_mag);
}

std::vector<double> BandSynthesis::fluxes_njy_per_msun(const Population& population) const {
  return fluxes_njy_per_msun(population, std::span(&population.ebv_mag, 1));
}

}  // namespace arcproof::sed
