#include "engine/sed/fits/posterior.h"

#include "engine/core/error.h"
#include "engine/core/missing.h"
#include "engine/core/units.h"
#include "engine/sed/fits/posterior_points.h"

#include <algorithm>
#include <cmath>

namespace arcproof::sed {
namespace {

using posterior::Cells;
using posterior::Data;
using posterior::MassPrior;
using posterior::Place;
using posterior::Point;
using posterior::Points;

/// What is told of the points, once they are weighed.
class Results {
 public:
  Results(const PosteriorGrid& grid, const Data& data, const PosteriorOptions& options)
      : grid_(grid),
        data_(data),
        options_(options),
        mass_(grid.model.priors.log_mass_min, grid.model.priors.log_mass_max) {}

  // Evidence: the sum of L / (points drawn x density / prior density).
  void describe(const Points& points, SedPosterior& result) const {
    double sum = 0;
    for (const double weight : points.weights()) sum += weight;
    result.status = SedStatus::fitted;
    result.effective_points = points.effective_number();
    result.log_evidence = data_.null + points.greatest_log_likelihood() + std::log(sum);
    result.log_evidence_error = std::sqrt(
        std::max(0.0, 1 / points.effective_number() - 1 / static_cast<double>(points.all().size())));
  }

  void describe_best(const Cells& cells, const Points& points, SedPosterior& result) const {
    Place place = cells.best_place();
    posterior::Projection projection = cells.best_projection();
    double value = cells.best_profile();
    for (const Point& point : points.all()) {
      if (point.log_likelihood == -posterior::infinity) continue;
      const double here = mass_.log_profile(point.projection);
      if (here <= value) continue;
      value = here;
      place = point.place;
      projection = point.projection;
    }
    result.best = derive(place, mass_.best(projection));
    double normalisation = 0;  // chi^2 = -2 (ln L + sum ln(sqrt(2 pi) s))
    for (const double w : data_.precision) normalisation += std::log(std::sqrt(2 * units::pi / w));
    result.chi2 = std::max(0.0, -2 * (data_.null + value + normalisation));
  }

  // Step 4.
  void resample(const Points& points, SedPosterior& result, Random& random) const {
    double sum = 0;
    for (const double weight : points.weights()) sum += weight;
    const double uniform = random.uniform();
    inference::resample_systematically(points.weights(), sum, static_cast<std::size_t>(options_.draws),
                                       uniform, [&](std::size_t i) {
                                         const Point& point = points.all()[i];
                                         const double mass = mass_.draw(point.projection, random.uniform());
                                         result.draws.push_back(derive(point.place, mass));
                                       });
  }

 private:
  PosteriorDraw derive(const Place& place, double mass) const {
    const double age = std::min(std::pow(10, place[posterior::age_axis]), grid_.age_of_universe_myr);
    const StarFormation& history = grid_.model.history;
    PosteriorDraw draw;
    draw.log_mass_msun = std::log10(mass);
    draw.log_age_yr = place[posterior::age_axis] + 6;
    draw.log_metallicity = place[posterior::z_axis];
    draw.av_mag = place[posterior::av_axis];
    draw.log_u = place[posterior::u_axis];
    draw.log_surviving_mass_msun = std::log10(mass * posterior::surviving_at(grid_, place));
    draw.log_mass_weighted_age_yr = std::log10(mass_weighted_age_myr(history, age)) + 6;
    draw.formation_redshift = grid_.cosmology.redshift_at_age(grid_.age_of_universe_myr - age);
    draw.rate_msun_per_yr = mass * specific_rate_per_yr(history, age, options_.rate_window_myr);
    return draw;
  }

  const PosteriorGrid& grid_;
  const Data& data_;
  const PosteriorOptions& options_;
  MassPrior mass_;
};

void summarise(SedPosterior& result) {
  std::vector<double> values(result.draws.size());
  for (const PosteriorQuantity& quantity : posterior_quantities()) {
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = result.draws[i].*quantity.of_draw;
    result.*quantity.summary = {inference::summary_of(values), result.best.*quantity.of_draw};
  }
}

SedPosterior without_fit(SedPosterior result) {
  result.chi2 = result.log_evidence = result.log_evidence_error = nan;
  for (const PosteriorQuantity& quantity : posterior_quantities()) {
    result.best.*quantity.of_draw = nan;
    result.*quantity.summary = {{nan, nan, nan}, nan};
  }
  return result;
}

}  // namespace

const std::vector<PosteriorQuantity>& posterior_quantities() {
  using D = PosteriorDraw;
  using P = SedPosterior;
  static const std::vector<PosteriorQuantity> all{
      {"log_mass_msun", "log(solMass)", "mass formed", &D::log_mass_msun, &P::log_mass_msun},
      {"log_age_yr", "log(yr)", "age, since star formation began", &D::log_age_yr, &P::log_age_yr},
      {"log_metallicity", "", "log10 of the metallicity Z (mass fraction)", &D::log_metallicity,
       &P::log_metallicity},
      {"av_mag", "mag", "attenuation in V", &D::av_mag, &P::av_mag},
      {"log_u", "", "log10 of the ionisation parameter", &D::log_u, &P::log_u},
      {"log_surviving_mass_msun", "log(solMass)", "mass of living stars and remnants",
       &D::log_surviving_mass_msun, &P::log_surviving_mass_msun},
      {"log_mass_weighted_age_yr", "log(yr)", "mean age of the stars formed, by mass",
       &D::log_mass_weighted_age_yr, &P::log_mass_weighted_age_yr},
      {"formation_redshift", "", "redshift at which star formation began", &D::formation_redshift,
       &P::formation_redshift},
      {"rate_msun_per_yr", "solMass/yr", "star formation rate, mean over the window of the options",
       &D::rate_msun_per_yr, &P::rate_msun_per_yr}};
  return all;
}

SedPosterior fit_posterior(const PosteriorGrid& grid, const std::vector<BandFlux>& photometry,
                           const PosteriorOptions& options, Random& random) {
  require(photometry.size() == grid.bands.size(), "fit_posterior: one flux per band of the grid");
  require(options.draws >= 1 && options.points >= options.draws && options.rate_window_myr > 0,
          "PosteriorOptions: draws >= 1, points >= draws, rate window > 0");
  const Data data = posterior::sort_bands(grid.usable_band, photometry, options.min_snr,
                                          options.non_detections, options.limit_factor);
  SedPosterior result;
  result.bands_detected = data.detected;
  result.bands_used = static_cast<int>(data.band.size());
  if (data.detected < options.min_bands || data.band.empty()) return without_fit(std::move(result));
  result.status = SedStatus::no_allowed_model;
  const Cells cells(grid, data);
  if (cells.size() == 0) return without_fit(std::move(result));
  const Points points(grid, data, options, cells, random);
  if (!(points.effective_number() > 0)) return without_fit(std::move(result));
  result.status = SedStatus::fitted;
  const Results results(grid, data, options);
  results.describe(points, result);
  results.describe_best(cells, points, result);
  results.resample(points, result, random);
  summarise(result);
  return result;
}

}  // namespace arcproof::sed
