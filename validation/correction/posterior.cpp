#include "validation/correction/posterior.h"

#include "engine/core/error.h"
#include "engine/core/missing.h"
#include "engine/core/parallel.h"
#include "engine/core/units.h"
#include "validation/completeness.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace arcproof::validation {
namespace {

constexpr double least_median_ess = 30, pivot_log_mass = 7;
constexpr std::size_t fewest_injections = 20;
constexpr double share_of_wrong_flux =
    0.7;  // of class 0; the others lie outside the host or in the negative image

std::vector<double> logs(std::vector<double> values) {
  for (double& value : values) value = value > 0 ? std::log10(value) : nan;
  return values;
}

std::vector<double> column_or_nan(const io::Table& table, const std::string& name) {
  return table.has(name) ? numbers_of(table, name) : std::vector<double>(table.rows(), nan);
}

std::vector<std::size_t> all_rows(const io::Table& table) {
  std::vector<std::size_t> rows(table.rows());
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = i;
  return rows;
}

}  // namespace

Correction::Columns Correction::measured_columns(const Measurements& from, const std::string& band,
                                                 const std::vector<std::string>& bands) {
  const auto get = [&](const std::string& name) { return column_or_nan(*from.table, from.prefix + name); };
  Columns c{get("mag_" + band), get("log_mass_msun"), logs(get("radius_pc")),       get("log_age_yr"),
            get("ebv_mag"),     logs(get("mu")),      get("radius_is_upper_limit"), {}};
  for (const std::string& one : bands) c.flux.push_back(get("flux_" + one));
  return c;
}

Correction::Columns Correction::true_columns(const io::Table& t, const std::vector<std::string>& bands) {
  const auto get = [&](const std::string& name) { return column_or_nan(t, name); };
  Columns c{get("mag"),
            get("true_log_mass_msun"),
            get("true_log_radius_pc"),
            get("true_log_age_yr"),
            get("true_ebv_mag"),
            logs(get("true_mu")),
            {},
            {}};
  for (const std::string& one : bands) c.flux.push_back(get("true_flux_" + one));
  return c;
}

Correction::Correction(const CorrectionInput& input, const CorrectionOptions& options, int threads) {
  const Measurements rows{&input.catalogue, ""}, injected{&input.injections, "measured_"};
  for (const std::string& band : bands_of(rows))
    if (input.injections.has("true_flux_" + band) && input.injections.has("measured_flux_" + band))
      bands_.push_back(band);
  reference_ = static_cast<std::size_t>(std::find(bands_.begin(), bands_.end(), options.reference_band) -
                                        bands_.begin());
  require(reference_ < bands_.size(), "Correction: tables with fluxes of the reference band");
  row_ = measured_columns(rows, options.reference_band, bands_);
  measured_ = measured_columns(injected, options.reference_band, bands_);
  truth_ = true_columns(input.injections, bands_);
  const std::vector<double> major = numbers_of(input.injections, "true_sigma_major_pix"),
                            minor = numbers_of(input.injections, "true_sigma_minor_pix");
  for (std::size_t i = 0; i < major.size(); ++i)
    true_log_sigma_.push_back(std::log10(std::fmax(std::sqrt(major[i] * minor[i]), smallest_sigma_pix)));
  find_good(input.injections);
  const std::vector<DetectionCase> cases = detection_cases(input.injections);
  detection_.emplace(cases);
  mean_detection_ = MeanDetection(cases, *detection_, threads);
  rows_.resize(input.catalogue.rows());
  set_places(input);
  set_base(input.injections, options);
  classify(input, options, base_);
  if (good_.size() >= fewest_injections) {
    train_forest(input, options, threads);
    move_to_places(threads);
    weigh_population(options);
    classify(input, options, population_.weights);
    weigh_population(options);
  }
  set_posteriors(threads);
}

Correction::Range Correction::range_of(const std::vector<double>& values) {
  Range range{HUGE_VAL, -HUGE_VAL};
  for (const double value : values) {
    range.low = std::fmin(range.low, value);
    range.high = std::fmax(range.high, value);
  }
  return range.low <= range.high ? range : Range{nan, nan};
}

// With a mass where any has one: a run without SED fits corrects what it measured.
void Correction::find_good(const io::Table& injections) {
  const io::Flags& recovered = injections.flags("recovered");
  bool masses = false;
  for (std::size_t k = 0; k < recovered.size(); ++k)
    masses = masses || (recovered[k] && std::isfinite(measured_.log_mass[k]));
  ages_ = range_of(truth_.log_age);
  reddenings_ = range_of(truth_.ebv);
  for (std::size_t k = 0; k < recovered.size(); ++k)
    if (recovered[k] && std::isfinite(measured_.mag[k]) && std::isfinite(measured_.log_radius[k]) &&
        (!masses || std::isfinite(measured_.log_mass[k])))
      good_.push_back(k);
}

void Correction::classify(const CorrectionInput& input, const CorrectionOptions& options,
                          const std::vector<double>& clump_weights) {
  const Measurements rows{&input.catalogue, ""}, injected{&input.injections, "measured_"};
  std::vector<Measurements> tables = {rows, injected};
  const Measurements controls{input.measured, ""};
  if (input.measured && input.measured->rows()) tables.push_back(controls);
  const std::vector<Feature> features = shared_features(shape_features(options.reference_band), tables);
  std::vector<std::size_t> wrong, outside;
  const io::Texts& outcome = input.injections.texts("outcome");
  const std::vector<double> selected = column_or_nan(input.injections, "measured_selected");
  for (std::size_t k = 0; k < outcome.size(); ++k)
    if (outcome[k] == "wrong_flux" && selected[k] == 1) wrong.push_back(k);
  if (tables.size() > 2) {
    const io::Texts& around = input.measured->texts("around");
    const std::vector<double> taken = column_or_nan(*input.measured, "selected");
    for (std::size_t i = 0; i < around.size(); ++i)
      if (around[i] != "injections" && taken[i] == 1) outside.push_back(i);
  }
  others_ = wrong.size() + outside.size();
  Eigen::MatrixXd others(static_cast<Eigen::Index>(others_), static_cast<Eigen::Index>(features.size()));
  if (!wrong.empty())
    others.topRows(static_cast<Eigen::Index>(wrong.size())) = feature_matrix(features, injected, wrong);
  if (!outside.empty())
    others.bottomRows(static_cast<Eigen::Index>(outside.size())) =
        feature_matrix(features, controls, outside);
  std::vector<double> other_weights(others_, 1.0);
  for (std::size_t i = 0; i < others_; ++i) {
    if (wrong.empty() || outside.empty()) continue;
    other_weights[i] = i < wrong.size() ? share_of_wrong_flux / static_cast<double>(wrong.size())
                                        : (1 - share_of_wrong_flux) / static_cast<double>(outside.size());
  }
  const ClumpClassifier classifier(feature_matrix(features, injected, good_), clump_weights, others,
                                   other_weights);
  classifier_trained_ = classifier.is_trained();
  log_odds_ = classifier.log_odds(feature_matrix(features, rows, all_rows(input.catalogue)));
  const std::vector<double> is_selected = column_or_nan(input.catalogue, "selected");
  std::vector<double> of_selected;
  for (std::size_t i = 0; i < rows_.size(); ++i)
    if (is_selected[i] != 0) of_selected.push_back(log_odds_[i]);
  share_ = classifier_trained_ ? validation::share_of_clumps(of_selected) : nan;
  for (std::size_t i = 0; i < rows_.size(); ++i)
    rows_[i].p_true =
        is_selected[i] == 0 || !classifier_trained_ ? nan : clump_probability(log_odds_[i], share_);
}

void Correction::train_forest(const CorrectionInput& input, const CorrectionOptions& options, int threads) {
  const Measurements rows{&input.catalogue, ""}, injected{&input.injections, "measured_"};
  const std::vector<Feature> features =
      shared_features(resemblance_features(options.reference_band, bands_), {rows, injected});
  Eigen::MatrixXd targets(static_cast<Eigen::Index>(good_.size()), 4);
  for (std::size_t i = 0; i < good_.size(); ++i) {
    const std::size_t k = good_[i];
    const double offsets[] = {truth_.mag[k] - measured_.mag[k], truth_.log_mass[k] - measured_.log_mass[k],
                              truth_.log_radius[k] - measured_.log_radius[k], truth_.log_age[k]};
    for (Eigen::Index t = 0; t < 4; ++t)
      targets(static_cast<Eigen::Index>(i), t) = std::isfinite(offsets[t]) ? offsets[t] : 0.0;
  }
  const inference::RegressionForest forest(feature_matrix(features, injected, good_), targets,
                                           {options.trees, options.leaf, 0.4, options.seed}, threads);
  const Eigen::MatrixXd x = feature_matrix(features, rows, all_rows(input.catalogue));
  resemblance_.resize(rows_.size());
  parallel_for(rows_.size(), threads, [&](std::size_t i) {
    if (!std::isfinite(row_.mag[i])) return;
    const Eigen::VectorXd row = x.row(static_cast<Eigen::Index>(i));
    resemblance_[i] = forest.like({row.data(), static_cast<std::size_t>(row.size())});
  });
}

void Correction::set_base(const io::Table& injections, const CorrectionOptions& options) {
  const std::vector<double> density = column_or_nan(injections, "log_draw_density"),
                            place = place_weights(injections);
  Eigen::MatrixXd axes(static_cast<Eigen::Index>(good_.size()), 4);
  for (std::size_t i = 0; i < good_.size(); ++i) {
    const std::size_t k = good_[i];
    const double law = std::isfinite(truth_.log_mass[k])
                           ? std::pow(10, options.reference_slope * (truth_.log_mass[k] - pivot_log_mass))
                           : 1;
    base_.push_back(law * (std::isfinite(density[k]) ? std::exp(-density[k]) : 1) * place[k]);
    axes.row(static_cast<Eigen::Index>(i)) << truth_.log_mass[k], truth_.log_radius[k], truth_.log_age[k],
        truth_.ebv[k];
  }
  terms_ = population_terms(axes, base_);
}

void Correction::weigh_population(const CorrectionOptions& options) {
  std::vector<std::vector<inference::Resemblance>> rows;
  std::vector<double> p;
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    const double one = classifier_trained_ ? rows_[i].p_true : 1.0;
    if (resemblance_[i].empty() || !(one > 0)) continue;
    rows.push_back(resemblance_[i]);
    p.push_back(one);
  }
  population_ = population_weights(rows, p, base_, terms_, options.penalty, least_median_ess);
}

void Correction::set_places(const CorrectionInput& input) {
  const auto optional = [&](const char* name) { return column_or_nan(input.catalogue, name); };
  const std::vector<double> near = optional("crowding_pix"), around = optional("neighbour_light"),
                            ground = optional("local_brightness");
  const io::Texts fields =
      input.catalogue.has("field") ? input.catalogue.texts("field") : io::Texts(rows_.size(), "");
  for (std::size_t i = 0; i < rows_.size(); ++i)
    places_.push_back({nan, nan, row_.log_mu[i], near[i], around[i], ground[i], nan, fields[i]});
  const std::vector<DetectionPlace> injected = places_of_injections(input.injections);
  for (const std::size_t k : good_)
    p_of_good_.push_back(std::fmax(detection_->at(injected[k]).value, least_p_detect));
}

// W_ik becomes W_ik g_ik, to a sum of 1.
void Correction::move_to_places(int threads) {
  constexpr double most = 2;
  parallel_for(rows_.size(), threads, [&](std::size_t i) {
    double sum = 0;
    for (inference::Resemblance& one : resemblance_[i]) {
      const double here = detection(i, {good_[one.row], 0}, false).value;
      one.weight *= std::fmin(here / p_of_good_[one.row], most);
      sum += one.weight;
    }
    if (!(sum > 0)) resemblance_[i].clear();
    for (inference::Resemblance& one : resemblance_[i]) one.weight /= sum;
  });
}

void Correction::set_posteriors(int threads) {
  double low_mag = HUGE_VAL, high_mag = -HUGE_VAL, low_radius = HUGE_VAL, high_radius = -HUGE_VAL;
  for (const std::size_t k : good_) {
    low_mag = std::min(low_mag, measured_.mag[k]);
    high_mag = std::max(high_mag, measured_.mag[k]);
    low_radius = std::min(low_radius, measured_.log_radius[k]);
    high_radius = std::max(high_radius, measured_.log_radius[k]);
  }
  parallel_for(rows_.size(), threads, [&](std::size_t i) {
    RowPosterior& row = rows_[i];
    row.outside = !(row_.mag[i] >= low_mag && row_.mag[i] <= high_mag && row_.log_radius[i] >= low_radius &&
                    row_.log_radius[i] <= high_radius);
    row.p_detect = row.p_detect_err = row.inverse_p_detect = nan;
    if (resemblance_.empty() || resemblance_[i].empty()) return;
    double sum = 0;
    for (const auto& [k, share] : resemblance_[i]) sum += share * population_.weights[k];
    if (!(sum > 0)) return;
    double squares = 0, p = 0, inverse = 0, error = 0;
    for (const auto& [k, share] : resemblance_[i]) {
      const double weight = share * population_.weights[k] / sum;
      if (!(weight > 0)) continue;
      row.draws.push_back({good_[k], weight});
      squares += weight * weight;
      const Probability one = detection(i, row.draws.back());
      p += weight * one.value;
      error += weight * one.error;
      inverse += weight / std::fmax(mean_detection(i, row.draws.back()), least_p_detect);
    }
    row.ess = 1 / squares;
    row.p_detect = p;
    row.p_detect_err = error;
    row.inverse_p_detect = inverse;
  });
}

double Correction::value(Quantity quantity, std::size_t i, const Draw& draw) const {
  const std::size_t k = draw.injection;
  const auto moved = [&](std::vector<double> Columns::*of) {
    return (row_.*of)[i] + (truth_.*of)[k] - (measured_.*of)[k];
  };
  const auto inside = [&](std::vector<double> Columns::*of, const Range& range) {
    const double value = std::clamp(moved(of), range.low, range.high);
    return std::isfinite(value) ? value : (truth_.*of)[k];
  };
  const auto log_radius = [&] {
    return row_.limit[i] == 1 || measured_.limit[k] == 1 ? truth_.log_radius[k] : moved(&Columns::log_radius);
  };
  switch (quantity) {
    case Quantity::mag:
      return moved(&Columns::mag);
    case Quantity::log_mass:
      return moved(&Columns::log_mass);
    case Quantity::log_mu:
      return moved(&Columns::log_mu);
    case Quantity::log_radius:
      return log_radius();
    case Quantity::log_age:
      return inside(&Columns::log_age, ages_);
    case Quantity::ebv:
      return inside(&Columns::ebv, reddenings_);
    case Quantity::log_density:
      return moved(&Columns::log_mass) - std::log10(2 * units::pi) - 2 * log_radius();
  }
  return nan;
}

double Correction::flux(std::size_t band, std::size_t i, const Draw& draw) const {
  const std::size_t k = draw.injection;
  const double scale = row_.flux[reference_][i] / measured_.flux[reference_][k];
  return row_.flux[band][i] + (truth_.flux[band][k] - measured_.flux[band][k]) * scale;
}

double Correction::mean_detection(std::size_t i, const Draw& draw) const {
  return mean_detection_.at(places_[i].field, value(Quantity::mag, i, draw), true_log_sigma_[draw.injection]);
}

Probability Correction::detection(std::size_t i, const Draw& draw, bool with_error) const {
  DetectionPlace place = places_[i];
  place.mag = value(Quantity::mag, i, draw);
  place.log_sigma = true_log_sigma_[draw.injection];
  place.log_age_yr = truth_.log_age[draw.injection];
  return detection_->at(place, with_error);
}

}  // namespace arcproof::validation
