#include "engine/sed/fits/continuity.h"

#include "engine/core/error.h"
#include "engine/core/interpolate.h"
#include "engine/core/missing.h"
#include "engine/core/units.h"
#include "engine/sed/fits/posterior_likelihood.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include <Eigen/Core>

namespace arcproof::sed {
namespace {

using posterior::Data;
using posterior::MassPrior;
using posterior::Projection;

/// All but the mass.
struct Galaxy {
  std::vector<double> share;  ///< [bin] of the mass formed
  double log_z = 0, av_mag = 0, log_u = 0;
};

/// Quantile of Student's t with two degrees of freedom, cut at +-10 scales^-1 [dex].
double ratio_quantile(double p, double scale) {
  constexpr double most = 10;
  const double t = most / scale, tail = 0.5 - 0.5 * t / std::sqrt(2 + t * t);
  const double q = tail + p * (1 - 2 * tail);
  return std::clamp(scale * (2 * q - 1) / std::sqrt(2 * q * (1 - q)), -most, most);
}

/// Fluxes of galaxies in some of the grid's bands [nJy per Msun formed], which stand together, in fours.
class FluxTable {
 public:
  FluxTable(const ContinuityGrid& grid, const std::vector<std::size_t>& bands)
      : grid_(grid), stride_((bands.size() + lanes - 1) / lanes * lanes), flux_(stride_) {
    const std::size_t rows = grid.flux_njy.size() / grid.bands.size();
    table_.assign(rows * stride_, 0.0F);
    for (std::size_t row = 0; row < rows; ++row)
      for (std::size_t k = 0; k < bands.size(); ++k)
        table_[row * stride_ + k] = grid.flux_njy[row * grid.bands.size() + bands[k]];
  }

  const std::vector<float>& of(const Galaxy& galaxy) {
    std::fill(flux_.begin(), flux_.end(), 0.0F);
    share_.assign(galaxy.share.begin(), galaxy.share.end());
    const Bracket z = held_bracket(grid_.log_z, galaxy.log_z), av = held_bracket(grid_.av_mag, galaxy.av_mag),
                  u = held_bracket(grid_.log_u, galaxy.log_u);
    for (const bool right_z : {false, true})
      for (const bool right_av : {false, true})
        for (const bool right_u : {false, true}) {
          const double weight = (right_z ? z.part : 1 - z.part) * (right_av ? av.part : 1 - av.part) *
                                (right_u ? u.part : 1 - u.part);
          const std::size_t row =
              (right_z ? z.right : z.left) * grid_.av_mag.size() + (right_av ? av.right : av.left);
          if (weight > 0)
            add(row * grid_.log_u.size() + (right_u ? u.right : u.left), static_cast<float>(weight));
        }
    return flux_;
  }

 private:
  // Four bands at a time, whose sums over the bins stay in registers.
  void add(std::size_t node, float weight) {
    const float* table = &table_[node * share_.size() * stride_];
    for (std::size_t k = 0; k < stride_; k += lanes) {
      Eigen::Array4f sum = Eigen::Array4f::Zero();
      const float* from = table + k;
      for (const float share : share_) {
        sum += share * Eigen::Map<const Eigen::Array4f>(from);
        from += stride_;
      }
      Eigen::Map<Eigen::Array4f>(&flux_[k]) += weight * sum;
    }
  }

  static constexpr std::size_t lanes = 4;
  const ContinuityGrid& grid_;
  std::size_t stride_;
  std::vector<float> table_, flux_, share_;
};

/// A galaxy from its place in the unit cube of the prior: ratios, Z, A_V, log U.
void set_galaxy(const ContinuityGrid& grid, std::span<const double> cube, Galaxy& galaxy) {
  const std::size_t bins = grid.bins();
  galaxy.share.resize(bins);
  // Rates against that of the youngest bin, by logarithms, so that the greatest is 1.
  double log_rate = 0, top = 0;
  for (std::size_t j = 0; j < bins; ++j) {
    if (j > 0) log_rate -= ratio_quantile(cube[j - 1], grid.model.ratio_scale);
    galaxy.share[j] = log_rate;
    top = std::max(top, log_rate);
  }
  double sum = 0;
  for (std::size_t j = 0; j < bins; ++j) {
    double& share = galaxy.share[j];
    share = std::exp(std::log(10.0) * (share - top)) * (grid.edge_myr[j + 1] - grid.edge_myr[j]);
    sum += share;
  }
  for (double& share : galaxy.share) share /= sum;
  const auto along = [](const std::vector<double>& axis, double part) {
    return between(axis.front(), axis.back(), part);
  };
  galaxy.log_z = along(grid.log_z, cube[bins - 1]);
  galaxy.av_mag = along(grid.av_mag, cube[bins]);
  galaxy.log_u = along(grid.log_u, cube[bins + 1]);
}

std::vector<std::size_t> bands_that_count(const Data& data) {
  std::vector<std::size_t> bands = data.band;
  bands.insert(bands.end(), data.limited.begin(), data.limited.end());
  return bands;
}

class HostLikelihood {
 public:
  HostLikelihood(const ContinuityGrid& grid, const Data& data)
      : grid_(grid),
        data_(data),
        mass_(grid.model.log_mass_min, grid.model.log_mass_max),
        table_(grid, bands_that_count(data)) {}

  const MassPrior& mass() const { return mass_; }

  /// Over L(M = 0), mass integrated.
  double log_likelihood(std::span<const double> cube) {
    set_galaxy(grid_, cube, galaxy_);
    return mass_.log_gain(project(galaxy_));
  }

  Galaxy galaxy(std::span<const double> cube) {
    set_galaxy(grid_, cube, galaxy_);
    return galaxy_;
  }

  Projection project(const Galaxy& galaxy) {
    const std::vector<float>& flux = table_.of(galaxy);
    Projection p;
    const std::size_t bands = data_.band.size();
    for (std::size_t k = 0; k < bands; ++k) {
      const double f = flux[k];
      p.square += f * f * data_.precision[k];
      p.product += f * data_.weighted[k];
    }
    for (std::size_t k = 0; k < data_.limited.size(); ++k) p.limit(flux[bands + k], data_.ceiling_njy[k]);
    return p;
  }

 private:
  const ContinuityGrid& grid_;
  const Data& data_;
  MassPrior mass_;
  FluxTable table_;
  Galaxy galaxy_;
};

/// Mass formed in the last `window_myr`, over the mass formed.
double formed_within(const ContinuityGrid& grid, const std::vector<double>& share, double window_myr) {
  double sum = 0;
  for (std::size_t j = 0; j < share.size() && grid.edge_myr[j] < window_myr; ++j) {
    const double young = grid.edge_myr[j], old = grid.edge_myr[j + 1];
    sum += share[j] * (std::min(old, window_myr) - young) / (old - young);
  }
  return sum;
}

/// How long ago half of the mass had formed [Myr].
double half_mass_age(const ContinuityGrid& grid, const std::vector<double>& share) {
  double younger = 0;
  std::size_t j = 0;
  while (j + 1 < share.size() && younger + share[j] < 0.5) younger += share[j++];
  const double part = share[j] > 0 ? std::min(1.0, (0.5 - younger) / share[j]) : 1.0;
  return grid.edge_myr[j] + part * (grid.edge_myr[j + 1] - grid.edge_myr[j]);
}

double surviving_share(const ContinuityGrid& grid, const Galaxy& galaxy) {
  const Bracket z = held_bracket(grid.log_z, galaxy.log_z);
  double sum = 0;
  for (std::size_t j = 0; j < grid.bins(); ++j) {
    const double left = grid.surviving[z.left * grid.bins() + j],
                 right = grid.surviving[z.right * grid.bins() + j];
    sum += galaxy.share[j] * between(left, right, z.part);
  }
  return sum;
}

ContinuityDraw derive(const ContinuityGrid& grid, const Galaxy& galaxy, double mass) {
  ContinuityDraw draw;
  draw.log_mass_msun = std::log10(mass);
  draw.log_surviving_mass_msun = std::log10(mass * surviving_share(grid, galaxy));
  double mean_age = 0;
  for (std::size_t j = 0; j < grid.bins(); ++j) {
    const double young = grid.edge_myr[j], old = grid.edge_myr[j + 1];
    mean_age += galaxy.share[j] * 0.5 * (young + old);
    draw.rate_msun_per_yr.push_back(mass * galaxy.share[j] / ((old - young) * 1e6));
  }
  draw.log_mass_weighted_age_yr = std::log10(mean_age) + 6;
  draw.log_half_mass_age_yr = std::log10(half_mass_age(grid, galaxy.share)) + 6;
  draw.rate_10myr_msun_per_yr = mass * formed_within(grid, galaxy.share, 10) / 10e6;
  draw.rate_100myr_msun_per_yr = mass * formed_within(grid, galaxy.share, 100) / 100e6;
  draw.log_metallicity = galaxy.log_z;
  draw.av_mag = galaxy.av_mag;
  draw.log_u = galaxy.log_u;
  return draw;
}

double normalisation(const Data& data) {  // sum of ln(sqrt(2 pi) s)
  double sum = 0;
  for (const double w : data.precision) sum += std::log(std::sqrt(2 * units::pi / w));
  return sum;
}

void describe_best(const ContinuityGrid& grid, const Data& data, const inference::NestedSamples& samples,
                   HostLikelihood& model, ContinuityPosterior& result) {
  double value = -posterior::infinity;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const Galaxy galaxy = model.galaxy(samples.at(i));
    const Projection projection = model.project(galaxy);
    const double here = model.mass().log_profile(projection);
    if (here <= value) continue;
    value = here;
    result.best = derive(grid, galaxy, model.mass().best(projection));
  }
  result.chi2 = std::max(0.0, -2 * (data.null + value + normalisation(data)));
}

// Systematically, by weight; each draws its mass from its conditional.
void resample(const ContinuityGrid& grid, const inference::NestedSamples& samples, int draws,
              HostLikelihood& model, Random& random, ContinuityPosterior& result) {
  const double uniform = random.uniform();
  inference::resample_systematically(
      samples.weight, 1, static_cast<std::size_t>(draws), uniform, [&](std::size_t i) {
        const Galaxy galaxy = model.galaxy(samples.at(i));
        const double mass = model.mass().draw(model.project(galaxy), random.uniform());
        result.draws.push_back(derive(grid, galaxy, mass));
      });
}

void summarise(const ContinuityGrid& grid, ContinuityPosterior& result) {
  std::vector<double> values(result.draws.size());
  result.summary.clear();
  result.rate_msun_per_yr.clear();
  for (const ContinuityQuantity& quantity : continuity_quantities()) {
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = result.draws[i].*quantity.of_draw;
    result.summary.push_back({inference::summary_of(values), result.best.*quantity.of_draw});
  }
  for (std::size_t j = 0; j < grid.bins(); ++j) {
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = result.draws[i].rate_msun_per_yr[j];
    result.rate_msun_per_yr.push_back({inference::summary_of(values), result.best.rate_msun_per_yr[j]});
  }
}

ContinuityPosterior unfitted(const ContinuityGrid& grid, const Data& data) {
  ContinuityPosterior result;
  result.bands_detected = data.detected;
  result.bands_used = static_cast<int>(data.band.size());
  result.chi2 = result.log_evidence = result.log_evidence_error = nan;
  for (const ContinuityQuantity& quantity : continuity_quantities()) result.best.*quantity.of_draw = nan;
  result.best.rate_msun_per_yr.assign(grid.bins(), nan);
  result.summary.assign(continuity_quantities().size(), {{nan, nan, nan}, nan});
  result.rate_msun_per_yr.assign(grid.bins(), {{nan, nan, nan}, nan});
  return result;
}

}  // namespace

const std::vector<ContinuityQuantity>& continuity_quantities() {
  using D = ContinuityDraw;
  static const std::vector<ContinuityQuantity> all{
      {"log_mass_msun", "log(solMass)", "mass formed", &D::log_mass_msun},
      {"log_surviving_mass_msun", "log(solMass)", "mass of living stars and remnants",
       &D::log_surviving_mass_msun},
      {"log_mass_weighted_age_yr", "log(yr)", "mean age of the stars formed, by mass",
       &D::log_mass_weighted_age_yr},
      {"log_half_mass_age_yr", "log(yr)", "how long ago half of the mass had formed",
       &D::log_half_mass_age_yr},
      {"rate_10myr_msun_per_yr", "solMass/yr", "star formation rate, mean over the last 10 Myr",
       &D::rate_10myr_msun_per_yr},
      {"rate_100myr_msun_per_yr", "solMass/yr", "star formation rate, mean over the last 100 Myr",
       &D::rate_100myr_msun_per_yr},
      {"log_metallicity", "", "log10 of the metallicity Z (mass fraction)", &D::log_metallicity},
      {"av_mag", "mag", "attenuation in V", &D::av_mag},
      {"log_u", "", "log10 of the ionisation parameter", &D::log_u}};
  return all;
}

ContinuityPosterior fit_continuity(const ContinuityGrid& grid, const std::vector<BandFlux>& photometry,
                                   const ContinuityOptions& options, Random& random) {
  require(photometry.size() == grid.bands.size(), "fit_continuity: one flux per band of the grid");
  require(options.draws >= 1, "ContinuityOptions: draws >= 1");
  const Data data = posterior::sort_bands(grid.usable_band, photometry, options.min_snr,
                                          options.non_detections, options.limit_factor);
  ContinuityPosterior result = unfitted(grid, data);
  if (data.detected < options.min_bands || data.band.empty()) return result;
  result.status = SedStatus::no_allowed_model;
  HostLikelihood model(grid, data);
  const int dimensions = static_cast<int>(grid.bins()) + 2;
  const inference::NestedSamples samples =
      inference::sample_nested([&](std::span<const double> cube) { return model.log_likelihood(cube); },
                               dimensions, options.sampler, random);
  if (samples.size() == 0) return result;
  result.status = SedStatus::fitted;
  result.finished = samples.finished;
  result.log_evidence = data.null + samples.log_evidence;
  result.log_evidence_error = samples.log_evidence_error;
  result.effective_points = samples.effective_number();
  describe_best(grid, data, samples, model, result);
  resample(grid, samples, options.draws, model, random, result);
  summarise(grid, result);
  return result;
}

ContinuityDraw draw_from_prior(const ContinuityGrid& grid, double log_mass_min, double log_mass_max,
                               Random& random) {
  std::vector<double> cube(grid.bins() + 2);
  for (double& x : cube) x = random.uniform();
  Galaxy galaxy;
  set_galaxy(grid, cube, galaxy);
  return derive(grid, galaxy, std::pow(10, random.uniform(log_mass_min, log_mass_max)));
}

std::vector<double> model_fluxes_njy(const ContinuityGrid& grid, const ContinuityDraw& draw) {
  Galaxy galaxy{{}, draw.log_metallicity, draw.av_mag, draw.log_u};
  const double mass = std::pow(10, draw.log_mass_msun);
  for (const FormedMass& formed : populations_of(grid, draw)) galaxy.share.push_back(formed.mass_msun / mass);
  std::vector<std::size_t> bands(grid.bands.size());
  std::iota(bands.begin(), bands.end(), std::size_t{0});
  FluxTable table(grid, bands);
  const std::vector<float>& per_mass = table.of(galaxy);
  std::vector<double> flux;
  for (const std::size_t b : bands) flux.push_back(mass * static_cast<double>(per_mass[b]));
  return flux;
}

std::vector<FormedMass> populations_of(const ContinuityGrid& grid, const ContinuityDraw& draw) {
  std::vector<FormedMass> all;
  for (std::size_t j = 0; j < grid.bins(); ++j) {
    const double young = grid.edge_myr[j], old = grid.edge_myr[j + 1];
    all.push_back({{old,
                    std::pow(10, draw.log_metallicity),
                    draw.av_mag / dust_r_v(grid.model.synthesis.dust),
                    {old - young}},
                   draw.rate_msun_per_yr[j] * (old - young) * 1e6});
  }
  return all;
}

}  // namespace arcproof::sed
