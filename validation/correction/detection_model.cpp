#include "validation/correction/detection_model.h"

#include "engine/core/error.h"
#include "engine/core/missing.h"
#include "engine/core/parallel.h"
#include "engine/core/units.h"
#include "validation/completeness.h"
#include "validation/correction/features.h"
#include "validation/neighbours.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

namespace arcproof::validation {
namespace {

constexpr int folds = 5, pieces = 6;
constexpr std::size_t fewest_cases = 20;
constexpr double ridge = 0.05;  // what no other penalty holds: levels of splines
constexpr std::array<double, 4> penalties = {0.3, 3, 30, 300};

enum Variable : std::size_t { mag, log_sigma, log_mu, crowding, light, brightness, log_age, variables };
constexpr std::array<std::array<Variable, 2>, 7> products = {{{mag, log_sigma},
                                                              {mag, crowding},
                                                              {mag, brightness},
                                                              {mag, light},
                                                              {log_sigma, brightness},
                                                              {log_sigma, crowding},
                                                              {mag, log_mu}}};

std::array<double, variables> variables_of(const DetectionPlace& p) {
  const double flux = units::njy_from_abmag(p.mag);
  std::array<double, variables> x{};
  x[mag] = p.mag;
  x[log_sigma] = p.log_sigma;
  x[log_mu] = p.log_mu;
  x[crowding] = std::log10(p.crowding_pix + 0.5);
  x[light] = std::log10(std::fmax(p.neighbour_light, 0.0) / flux + 0.01);
  x[brightness] = std::asinh(100 * p.local_brightness / flux);
  x[log_age] = p.log_age_yr;
  return x;
}

int fold_of(const DetectionCase& one) {
  return static_cast<int>(((one.realisation % folds) + folds) % folds);
}

std::vector<DetectionCase> without(const std::vector<DetectionCase>& cases, int fold) {
  std::vector<DetectionCase> rest;
  std::copy_if(cases.begin(), cases.end(), std::back_inserter(rest),
               [&](const DetectionCase& one) { return fold_of(one) != fold; });
  return rest;
}

}  // namespace

std::vector<DetectionPlace> places_of_injections(const io::Table& t) {
  const auto optional = [&](const char* name) {
    return t.has(name) ? t.reals(name) : io::Reals(t.rows(), nan);
  };
  const io::Texts& field = t.texts("field");
  const io::Reals &m = t.reals("mag"), &major = t.reals("true_sigma_major_pix"),
                  &minor = t.reals("true_sigma_minor_pix"), &mu = t.reals("true_mu"),
                  &age = t.reals("true_log_age_yr");
  const io::Reals near = optional("crowding_pix"), around = optional("neighbour_light"),
                  ground = optional("local_brightness");
  std::vector<DetectionPlace> places;
  for (std::size_t i = 0; i < t.rows(); ++i)
    places.push_back({m[i], std::log10(std::fmax(std::sqrt(major[i] * minor[i]), smallest_sigma_pix)),
                      std::log10(mu[i]), near[i], around[i], ground[i], age[i], field[i]});
  return places;
}

std::vector<double> place_weights(const io::Table& t) {
  bool even = t.has(weight_clumps);
  for (const auto& [key, value] : t.notes())
    even = even && !(key == placing_note && value == placed_by_catalogue);
  std::vector<double> weights = even ? t.reals(weight_clumps) : io::Reals(t.rows(), 1);
  for (double& weight : weights)
    if (!std::isfinite(weight)) weight = 0;
  return weights;
}

std::vector<DetectionCase> detection_cases(const io::Table& t) {
  const io::Texts& flag = t.texts("injection_flag");
  const io::Flags& recovered = t.flags("recovered");
  const io::Integers& realisation = t.integers("realisation");
  const std::vector<double> weight = place_weights(t);
  const std::vector<DetectionPlace> places = places_of_injections(t);
  std::vector<DetectionCase> cases;
  for (std::size_t i = 0; i < t.rows(); ++i)
    if (flag[i] == "injected" && std::isfinite(places[i].mag))
      cases.push_back({places[i], recovered[i], weight[i], realisation[i]});
  return cases;
}

DetectionModel::DetectionModel(const std::vector<DetectionCase>& cases)
    : DetectionModel(cases, chosen_penalty(cases)) {}

DetectionModel::DetectionModel(const std::vector<DetectionCase>& cases, double penalty) : penalty_(penalty) {
  set_basis(cases);
  fit(cases, penalty);
}

void DetectionModel::set_basis(const std::vector<DetectionCase>& cases) {
  columns_ = 1;
  if (cases.size() < fewest_cases) return;
  centre_.assign(variables, 0);
  scale_.assign(variables, 1);
  for (std::size_t v = 0; v < variables; ++v) {
    std::vector<double> values;
    for (const DetectionCase& one : cases)
      if (const double x = variables_of(one.place)[v]; std::isfinite(x)) values.push_back(x);
    splines_.emplace_back(values, pieces);
    columns_ += splines_.back().size();
    if (values.empty()) continue;
    const double n = static_cast<double>(values.size());
    centre_[v] = std::accumulate(values.begin(), values.end(), 0.0) / n;
    double square = 0;
    for (const double x : values) square += (x - centre_[v]) * (x - centre_[v]) / n;
    if (square > 0) scale_[v] = std::sqrt(square);
  }
  columns_ += static_cast<Eigen::Index>(products.size());
  for (const DetectionCase& one : cases) fields_.push_back(one.place.field);
  std::sort(fields_.begin(), fields_.end());
  fields_.erase(std::unique(fields_.begin(), fields_.end()), fields_.end());
  columns_ += static_cast<Eigen::Index>(fields_.size());
}

Eigen::VectorXd DetectionModel::design(const DetectionPlace& place) const {
  Eigen::VectorXd x = Eigen::VectorXd::Zero(columns_);
  x[0] = 1;
  if (splines_.empty()) return x;
  const std::array<double, variables> value = variables_of(place);
  Eigen::Index at = 1;
  for (std::size_t v = 0; v < variables; ++v) {
    splines_[v].put(value[v], x.segment(at, splines_[v].size()));
    at += splines_[v].size();
  }
  const auto standard = [&](Variable v) {
    constexpr double far = 3;
    return std::isfinite(value[v]) ? std::clamp((value[v] - centre_[v]) / scale_[v], -far, far) : 0.0;
  };
  for (const auto& [a, b] : products) x[at++] = standard(a) * standard(b);
  const auto field = std::lower_bound(fields_.begin(), fields_.end(), place.field);
  if (field != fields_.end() && *field == place.field) x[at + (field - fields_.begin())] = 1;
  return x;
}

void DetectionModel::fit(const std::vector<DetectionCase>& cases, double penalty) {
  Eigen::MatrixXd roughness = Eigen::MatrixXd::Zero(columns_, columns_);
  roughness(0, 0) = 1e-6;
  Eigen::Index at = 1;
  for (const Spline& spline : splines_) {
    const Eigen::Index n = spline.size();
    roughness.block(at, at, n, n) = penalty * spline.roughness() + ridge * Eigen::MatrixXd::Identity(n, n);
    at += n;
  }
  for (; at < columns_; ++at) roughness(at, at) = 1;
  Eigen::MatrixXd matrix(static_cast<Eigen::Index>(cases.size()), columns_);
  std::vector<bool> found;
  std::vector<double> weights;
  double sum = 0;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    matrix.row(static_cast<Eigen::Index>(i)) = design(cases[i].place);
    found.push_back(cases[i].found);
    weights.push_back(cases[i].weight);
    sum += cases[i].weight;
  }
  if (!(sum > 0)) {  // nothing known: an even chance, with the error that says so
    fit_.coefficients = Eigen::VectorXd::Zero(columns_);
    fit_.covariance = 4 * Eigen::MatrixXd::Identity(columns_, columns_);
    return;
  }
  for (double& weight : weights) weight *= static_cast<double>(cases.size()) / sum;
  fit_ = inference::fit_logistic(matrix, found, weights, roughness);
}

double DetectionModel::chosen_penalty(const std::vector<DetectionCase>& cases) {
  double best = penalties.back(), least = HUGE_VAL;
  if (cases.size() < fewest_cases) return best;
  for (const double penalty : penalties) {
    const std::vector<double> p = held_out_probabilities(cases, penalty);
    if (const double loss = log_loss(cases, p); loss < least) {
      least = loss;
      best = penalty;
    }
  }
  return best;
}

Probability DetectionModel::at(const DetectionPlace& place, bool with_error) const {
  const Eigen::VectorXd x = design(place);
  const double p = inference::logistic(fit_.linear(x));
  return {p, with_error ? p * (1 - p) * fit_.linear_error(x) : nan};
}

namespace {

constexpr double mag_step = 0.25, size_step = 0.2, low_size = -1;
constexpr std::size_t sizes = 13;  // to 1.4

struct Cell {
  std::size_t lower;
  double share;  // of the upper neighbour
};
Cell cell_of(double value, double low, double step, std::size_t count) {
  const double at = std::clamp((value - low) / step, 0.0, static_cast<double>(count - 1));
  const auto lower = std::min(static_cast<std::size_t>(at), count - 2);
  return {lower, at - static_cast<double>(lower)};
}

}  // namespace

MeanDetection::MeanDetection(const std::vector<DetectionCase>& cases, const DetectionModel& model,
                             int threads) {
  constexpr std::size_t most_places = 150;
  if (cases.empty()) return;
  double high = -HUGE_VAL;
  low_mag_ = HUGE_VAL;
  for (const DetectionCase& one : cases) {
    low_mag_ = std::min(low_mag_, one.place.mag);
    high = std::max(high, one.place.mag);
    fields_.push_back(one.place.field);
  }
  mags_ = static_cast<std::size_t>(std::ceil((high - low_mag_) / mag_step)) + 2;
  std::sort(fields_.begin(), fields_.end());
  fields_.erase(std::unique(fields_.begin(), fields_.end()), fields_.end());
  grids_.resize(fields_.size() + 1);
  parallel_for(grids_.size(), threads, [&](std::size_t f) {
    std::vector<const DetectionCase*> mine;
    for (const DetectionCase& one : cases)
      if (f == fields_.size() || one.place.field == fields_[f]) mine.push_back(&one);
    if (f < fields_.size() && mine.size() < fewest_cases) return;
    const std::size_t stride = std::max<std::size_t>(1, mine.size() / most_places);
    std::vector<double>& p = grids_[f].p;
    for (std::size_t m = 0; m < mags_; ++m)
      for (std::size_t s = 0; s < sizes; ++s) {
        double sum = 0, weights = 0;
        for (std::size_t i = 0; i < mine.size(); i += stride) {
          DetectionPlace place = mine[i]->place;
          place.mag = low_mag_ + mag_step * static_cast<double>(m);
          place.log_sigma = low_size + size_step * static_cast<double>(s);
          sum += mine[i]->weight * model.at(place, false).value;
          weights += mine[i]->weight;
        }
        p.push_back(weights > 0 ? sum / weights : nan);
      }
  });
}

double MeanDetection::at(const std::string& field, double mag, double log_sigma) const {
  if (grids_.empty() || !std::isfinite(mag) || !std::isfinite(log_sigma)) return nan;
  const auto known = std::lower_bound(fields_.begin(), fields_.end(), field);
  const bool has_own = known != fields_.end() && *known == field &&
                       !grids_[static_cast<std::size_t>(known - fields_.begin())].p.empty();
  const std::vector<double>& p =
      has_own ? grids_[static_cast<std::size_t>(known - fields_.begin())].p : grids_.back().p;
  const Cell m = cell_of(mag, low_mag_, mag_step, mags_), s = cell_of(log_sigma, low_size, size_step, sizes);
  const auto row = [&](std::size_t i) {
    return (1 - s.share) * p[i * sizes + s.lower] + s.share * p[i * sizes + s.lower + 1];
  };
  return (1 - m.share) * row(m.lower) + m.share * row(m.lower + 1);
}

std::vector<double> held_out_probabilities(const std::vector<DetectionCase>& cases, double penalty) {
  std::vector<double> p(cases.size(), nan);
  for (int fold = 0; fold < folds; ++fold) {
    const DetectionModel model(without(cases, fold), penalty);
    for (std::size_t i = 0; i < cases.size(); ++i)
      if (fold_of(cases[i]) == fold) p[i] = model.at(cases[i].place, false).value;
  }
  return p;
}

std::vector<double> held_out_by_neighbours(const std::vector<DetectionCase>& cases) {
  constexpr std::size_t count = 60;
  std::vector<double> p(cases.size(), nan);
  for (int fold = 0; fold < folds; ++fold) {
    const std::vector<DetectionCase> rest = without(cases, fold);
    std::vector<double> magnitude, size;
    for (const DetectionCase& one : rest) {
      magnitude.push_back(one.place.mag);
      size.push_back(one.place.log_sigma);
    }
    const Neighbours tree(magnitude, size, {0.5, 0.2});
    for (std::size_t i = 0; i < cases.size(); ++i) {
      if (fold_of(cases[i]) != fold) continue;
      const auto near = tree.nearest(cases[i].place.mag, cases[i].place.log_sigma, count);
      const auto found =
          std::count_if(near.begin(), near.end(), [&](const Neighbour& n) { return rest[n.point].found; });
      p[i] = (static_cast<double>(found) + 0.5) / (static_cast<double>(near.size()) + 1);
    }
  }
  return p;
}

double log_loss(const std::vector<DetectionCase>& cases, const std::vector<double>& probabilities) {
  constexpr double least = 1e-12;
  require(cases.size() == probabilities.size(), "log_loss: a probability for each case");
  double sum = 0, weights = 0;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const double p = cases[i].found ? probabilities[i] : 1 - probabilities[i];
    sum -= cases[i].weight * std::log(std::fmax(p, least));
    weights += cases[i].weight;
  }
  return sum / weights;
}

}  // namespace arcproof::validation
