#include "engine/sed/posterior.h"

#include "engine/core/error.h"
#include "engine/core/missing.h"
#include "engine/core/statistics.h"
#include "engine/core/units.h"
#include "engine/sed/fit_kernel.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace arcproof::sed {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
/// Power of the likelihood in the first proposal, at most.
constexpr double flattening = 0.6;

// ---- photometry

struct Data {
  std::vector<std::size_t> band;            ///< in the likelihood
  std::vector<double> precision, weighted;  ///< 1 / s^2, d / s^2
  std::vector<std::size_t> limited;
  std::vector<double> ceiling_njy;
  double null = 0;  ///< ln L without any star
  int detected = 0;
};

Data sort_bands(const PosteriorGrid& grid, const std::vector<BandFlux>& photometry,
                const PosteriorOptions& options) {
  Data data;
  for (std::size_t b = 0; b < photometry.size(); ++b) {
    const auto& [flux, error, limit] = photometry[b];
    if (!grid.usable_band[b] || std::isnan(flux)) continue;
    require(std::isfinite(flux) && std::isfinite(error) && error > 0,
            "fit_posterior: finite fluxes with errors > 0, or NaN for a band not observed");
    const bool detected = flux > options.min_snr * error;
    data.detected += detected;
    if (detected || options.non_detections == NonDetections::signed_fluxes) {
      data.band.push_back(b);
      data.precision.push_back(1 / (error * error));
      data.weighted.push_back(flux / (error * error));
      data.null -= 0.5 * flux * flux / (error * error) + std::log(std::sqrt(2 * units::pi) * error);
    } else if (limit > 0) {
      data.limited.push_back(b);
      data.ceiling_njy.push_back(options.limit_factor * limit);
    }
  }
  return data;
}

// ---- the likelihood of one model, mass integrated

/// A and B of the head of posterior.h and the greatest mass that limits allow.
struct Projection {
  double square = 0, product = 0, greatest_mass = infinity;
  double length() const { return std::sqrt(square); }
  double v() const { return square > 0 ? product / length() : 0; }
};

class MassPrior {
 public:
  explicit MassPrior(const PosteriorPriors& priors)
      : low_(std::pow(10, priors.log_mass_min)),
        high_(std::pow(10, priors.log_mass_max)),
        log_range_(std::log(high_ / low_)) {}

  double low() const { return low_; }
  double high(const Projection& p) const { return std::min(high_, p.greatest_mass); }

  /// ln of int L p(M) dM over L(M = 0).
  double log_gain(const Projection& p) const {
    const double most = high(p);
    if (most <= low_) return -infinity;
    if (!(p.square > 0)) return std::log(std::log(most / low_) / log_range_);
    const double v = p.v(), length = p.length();
    return 0.5 * v * v + mass_integral::log_fast(v, low_ * length, most * length) - std::log(log_range_);
  }

  /// Mass of greatest likelihood, inside the prior.
  double best(const Projection& p) const {
    return std::clamp(p.square > 0 ? p.product / p.square : low_, low_, std::max(low_, high(p)));
  }
  /// ln L(best mass) - ln L(M = 0).
  double log_profile(const Projection& p) const {
    const double mass = best(p);
    return high(p) <= low_ ? -infinity : mass * (p.product - 0.5 * mass * p.square);
  }

  /// Mass from its conditional distribution, by inversion of its integral at 256 points in ln M (64 where S/N
  /// makes it narrow).
  double draw(const Projection& p, double uniform) const {
    constexpr std::size_t most_points = 256;
    const double length = p.length(), v = p.v(), least = low_ * length;
    const std::size_t count = v > 12 ? 64 : most_points;
    const double tail = v + std::sqrt(50 + std::pow(std::max(v, least) - v, 2));
    const double from = std::log(std::max(least, std::min(v, high(p) * length) - 7));
    const double to = std::log(std::min(high(p) * length, std::max(tail, least)));
    if (!(length > 0) || !(to > from)) return low_ * std::pow(high(p) / low_, length > 0 ? 0.0 : uniform);
    std::array<double, most_points> integral{};
    const double step = (to - from) / static_cast<double>(count - 1), ratio = std::exp(step);
    const double peak = std::clamp(v, std::exp(from), std::exp(to)), top = 0.5 * (peak - v) * (peak - v);
    double last = 0, u = std::exp(from);
    for (std::size_t i = 0; i < count; ++i, u *= ratio) {
      const double d = u - v, density = std::exp(top - 0.5 * d * d);
      integral[i] = i > 0 ? integral[i - 1] + 0.5 * (last + density) : 0;
      last = density;
    }
    const double wanted = uniform * integral[count - 1];
    const auto right = static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(
        std::upper_bound(integral.begin(), integral.begin() + static_cast<std::ptrdiff_t>(count), wanted) -
            integral.begin(),
        1, static_cast<std::ptrdiff_t>(count) - 1));
    const double gap = integral[right] - integral[right - 1];
    const double part = gap > 0 ? (wanted - integral[right - 1]) / gap : 0.5;
    return std::exp(from + (static_cast<double>(right) - 1 + part) * step) / length;
  }

 private:
  double low_, high_, log_range_;
};

// ---- places on the grid

/// Two neighbouring centres and the weight of the right one, which leaves [0, 1] beyond the outermost
/// centres.
struct Between {
  std::size_t left = 0, right = 0;
  double part = 0;
};
Between between(const std::vector<double>& centre, double x) {
  if (centre.size() < 2) return {};
  const double step = centre[1] - centre[0];
  const double at = std::clamp((x - centre.front()) / step, -0.5, static_cast<double>(centre.size()) - 0.5);
  const auto left = std::min(static_cast<std::size_t>(std::max(0.0, at)), centre.size() - 2);
  return {left, left + 1, at - static_cast<double>(left)};
}

/// log10 age [Myr], log10 Z, A_V [mag], log10 U.
constexpr std::size_t axes = 4;
using Place = std::array<double, axes>;
enum Axis : std::size_t { age_axis, z_axis, av_axis, u_axis };

const std::vector<double>& centres(const PosteriorGrid& grid, std::size_t axis) {
  const std::array<const std::vector<double>*, axes> all{&grid.log_age_myr, &grid.log_z, &grid.av_mag,
                                                         &grid.log_u};
  return *all[axis];
}

/// The box of the prior.
struct Box {
  Place low, high;
  explicit Box(const PosteriorGrid& grid) {
    const PosteriorPriors& p = grid.model.priors;
    const double solar = std::log10(p.solar_metallicity);
    low = {grid.log_age_myr_edge.front(), p.log_z_solar_min + solar, p.av_min_mag, p.log_u_min};
    high = {grid.log_age_myr_edge.back(), p.log_z_solar_max + solar, p.av_max_mag, p.log_u_max};
  }
  bool free(std::size_t axis) const { return high[axis] > low[axis]; }
  bool holds(const Place& place) const {
    for (std::size_t i = 0; i < axes; ++i)
      if (place[i] < low[i] || place[i] > high[i]) return false;
    return true;
  }
};

/// The up to 16 models between which a place lies, and their weights.
struct Corners {
  std::array<std::size_t, 16> model;
  std::array<double, 16> weight;
  std::size_t count = 0;
};
Corners corners_of(const PosteriorGrid& grid, const Place& place) {
  const Between age = between(grid.log_age_myr, place[age_axis]), z = between(grid.log_z, place[z_axis]),
                av = between(grid.av_mag, place[av_axis]), u = between(grid.log_u, place[u_axis]);
  Corners out;
  const auto sides = [](const Between& b) {
    return std::array<std::pair<std::size_t, double>, 2>{{{b.left, 1 - b.part}, {b.right, b.part}}};
  };
  for (const auto& [ia, wa] : sides(age)) {
    const std::size_t us = grid.log_u_cells[ia];
    for (const auto& [iz, wz] : sides(z))
      for (const auto& [iv, wv] : sides(av)) {
        const std::size_t row = grid.first[ia] + (iz * grid.av_mag.size() + iv) * us;
        const auto add = [&](std::size_t model, double weight) {
          out.model[out.count] = model;
          out.weight[out.count++] = weight;
        };
        if (us == 1) {
          add(row, wa * wz * wv);
          continue;
        }
        for (const auto& [iu, wu] : sides(u)) add(row + iu, wa * wz * wv * wu);
      }
  }
  return out;
}

double flux_at(const std::vector<float>& flux, const Corners& corners) {
  double sum = 0;
  for (std::size_t k = 0; k < corners.count; ++k)
    sum += corners.weight[k] * static_cast<double>(flux[corners.model[k]]);
  return sum;
}

double surviving_at(const PosteriorGrid& grid, const Place& place) {
  const Between age = between(grid.log_age_myr, place[age_axis]), z = between(grid.log_z, place[z_axis]);
  const auto at = [&](std::size_t ia) {
    const double* row = &grid.surviving[ia * grid.log_z.size()];
    return row[z.left] + z.part * (row[z.right] - row[z.left]);
  };
  return at(age.left) + age.part * (at(age.right) - at(age.left));
}

/// Prior of the cells of an age, all log U included: its share of the range of ages.
double age_prior(const PosteriorGrid& grid, std::size_t age) {
  const std::vector<double>& edge = grid.log_age_myr_edge;
  if (grid.model.priors.age == AgePrior::log_uniform)
    return (edge[age + 1] - edge[age]) / (edge.back() - edge.front());
  return (std::pow(10, edge[age + 1]) - std::pow(10, edge[age])) /
         (std::pow(10, edge.back()) - std::pow(10, edge.front()));
}

// ---- proposals

struct Cell {
  std::size_t model, age;
  double prior;           ///< its share of the prior
  double log_likelihood;  ///< over L(M = 0), mass integrated
};

struct Point {
  Place place{};
  Projection projection;
  double log_likelihood = -infinity;  ///< as of a cell
  double proposal = 0;                ///< sum over the proposals of (points drawn x density / prior density)
  double weight = 0;
};

/// Student's t with four degrees of freedom in the free axes, about weighted points.
class Cloud {
 public:
  Cloud(const std::vector<Point>& points, std::span<const double> weight, const Box& box,
        const Place& resolution) {
    for (std::size_t i = 0; i < axes; ++i)
      if (box.free(i)) axis_.push_back(i);
    mean_ = box.low;
    double sum = 0;
    for (const double w : weight) sum += w;
    for (const std::size_t i : axis_) {
      mean_[i] = 0;
      for (std::size_t k = 0; k < points.size(); ++k) mean_[i] += weight[k] / sum * points[k].place[i];
    }
    for (std::size_t r = 0; r < axis_.size(); ++r)
      for (std::size_t c = 0; c <= r; ++c) {
        double moment = 0;
        for (std::size_t k = 0; k < points.size(); ++k)
          moment += weight[k] / sum * off(points[k].place, r) * off(points[k].place, c);
        // A hundredth of a cell: never singular.
        factor_[r][c] = moment + (r == c ? std::pow(0.01 * resolution[axis_[r]], 2) : 0.0);
      }
    decompose();
  }

  Place draw(Random& random) const {
    std::array<double, axes> normal{};
    for (std::size_t i = 0; i < axis_.size(); ++i) normal[i] = random.normal();
    const double chi2 = -2 * std::log((1 - random.uniform()) * (1 - random.uniform()));
    const double stretch = std::sqrt(degrees / chi2);
    Place place = mean_;
    for (std::size_t r = 0; r < axis_.size(); ++r)
      for (std::size_t c = 0; c <= r; ++c) place[axis_[r]] += stretch * factor_[r][c] * normal[c];
    return place;
  }

  double density(const Place& place) const {
    std::array<double, axes> solved{};
    double square = 0;
    for (std::size_t r = 0; r < axis_.size(); ++r) {
      solved[r] = off(place, r);
      for (std::size_t c = 0; c < r; ++c) solved[r] -= factor_[r][c] * solved[c];
      solved[r] /= factor_[r][r];
      square += solved[r] * solved[r];
    }
    return normalisation_ *
           std::pow(1 + square / degrees, -0.5 * (degrees + static_cast<double>(axis_.size())));
  }

 private:
  static constexpr double degrees = 4;
  double off(const Place& place, std::size_t r) const { return place[axis_[r]] - mean_[axis_[r]]; }

  void decompose() {  // Cholesky, in place
    const double d = static_cast<double>(axis_.size());
    normalisation_ = std::tgamma(0.5 * (degrees + d)) / std::tgamma(0.5 * degrees) /
                     std::pow(degrees * units::pi, 0.5 * d);
    for (std::size_t r = 0; r < axis_.size(); ++r) {
      for (std::size_t c = 0; c <= r; ++c) {
        double value = factor_[r][c];
        for (std::size_t k = 0; k < c; ++k) value -= factor_[r][k] * factor_[c][k];
        factor_[r][c] = r == c ? std::sqrt(value) : value / factor_[c][c];
      }
      normalisation_ /= factor_[r][r];
    }
  }

  std::vector<std::size_t> axis_;
  Place mean_{};
  std::array<std::array<double, axes>, axes> factor_{};
  double normalisation_ = 1;
};

double effective(std::span<const double> weights) {
  double sum = 0, squares = 0;
  for (const double w : weights) {
    sum += w;
    squares += w * w;
  }
  return squares > 0 ? sum * sum / squares : 0;
}

// ---- the fit

class Fit {
 public:
  Fit(const PosteriorGrid& grid, const Data& data, const PosteriorOptions& options)
      : grid_(grid), data_(data), options_(options), mass_(grid.model.priors), box_(grid) {
    for (const std::size_t b : data.band) flux_.push_back(grid.flux_njy[b].data());
    for (std::size_t i = 0; i < axes; ++i)
      width_[i] = (box_.high[i] - box_.low[i]) / static_cast<double>(centres(grid, i).size());
  }

  SedPosterior run(Random& random) {
    SedPosterior result;
    result.bands_detected = data_.detected;
    result.bands_used = static_cast<int>(data_.band.size());
    measure_models();
    choose_cells();
    if (cells_.empty()) {
      result.status = SedStatus::no_allowed_model;
      return result;
    }
    draw_from_cells(random);
    weigh();
    draw_from_clouds(random);
    if (!(effective_points_ > 0)) {
      result.status = SedStatus::no_allowed_model;
      return result;
    }
    describe(result);
    describe_best(result);
    resample(result, random);
    return result;
  }

 private:
  Projection project(std::size_t model) const {
    Projection p{square_[model], product_[model]};
    for (std::size_t k = 0; k < data_.limited.size(); ++k)
      limit(p, static_cast<double>(grid_.flux_njy[data_.limited[k]][model]), data_.ceiling_njy[k]);
    return p;
  }
  Projection project(const Place& place) const {
    const Corners corners = corners_of(grid_, place);
    Projection p;
    for (std::size_t k = 0; k < data_.band.size(); ++k) {
      const double flux = flux_at(grid_.flux_njy[data_.band[k]], corners);
      p.square += data_.precision[k] * flux * flux;
      p.product += data_.weighted[k] * flux;
    }
    for (std::size_t k = 0; k < data_.limited.size(); ++k)
      limit(p, flux_at(grid_.flux_njy[data_.limited[k]], corners), data_.ceiling_njy[k]);
    return p;
  }
  static void limit(Projection& p, double flux, double ceiling) {
    if (flux > 0) p.greatest_mass = std::min(p.greatest_mass, ceiling / flux);
  }

  std::size_t end_of_age(std::size_t age) const {
    return age + 1 < grid_.first.size() ? grid_.first[age + 1] : grid_.models();
  }

  // ---- step 1: cells

  /// Greatest ln L - ln L(M = 0) that a model could reach at any mass.
  double reach(std::size_t m) const {
    const double b = product_[m];
    return b > 0 ? 0.5 * b * b / square_[m] : 0.0;
  }

  void measure_models() {
    const std::size_t count = grid_.models();
    square_.resize(count);
    product_.resize(count);
    kernel::project(flux_, data_.precision, data_.weighted, count, square_.data(), product_.data());
    for (std::size_t m = 0; m < count; ++m) {
      if (reach(m) <= best_profile_) continue;
      const double value = mass_.log_profile(project(m));
      if (value <= best_profile_) continue;
      best_profile_ = value;
      best_model_ = m;
    }
  }

  // Cells of L^power. Where that leaves few of them, the likelihood is narrow against the cells and the value
  // at their centres a poor guide: a smaller power looks farther. Cells left out hold less than 1e-9.
  void choose_cells() {
    constexpr double few = 100, least_power = 0.01, depth = 21;
    for (power_ = flattening;; power_ *= 0.5) {
      collect(best_profile_ - depth / power_);
      highest_ = -infinity;
      for (const Cell& cell : cells_) highest_ = std::max(highest_, cell.log_likelihood);
      share_.clear();
      for (const Cell& cell : cells_)
        share_.push_back(cell.prior * std::exp(power_ * (cell.log_likelihood - highest_)));
      if (cells_.empty() || effective(share_) >= few || power_ < least_power) break;
    }
    for (const double share : share_) total_share_ += share;
  }

  void collect(double least) {
    cells_.clear();
    for (std::size_t age = 0; age < grid_.first.size(); ++age) {
      const double prior = age_prior(grid_, age) / static_cast<double>(end_of_age(age) - grid_.first[age]);
      for (std::size_t m = grid_.first[age]; m < end_of_age(age); ++m) {
        if (reach(m) < least) continue;
        const double log_likelihood = mass_.log_gain(project(m));
        if (log_likelihood > -infinity) cells_.push_back({m, age, prior, log_likelihood});
      }
    }
  }

  // ---- step 2: points

  Place place_in(const Cell& cell, Random& random) const {
    Place place = centre_of(cell.model, cell.age);
    const double low = grid_.log_age_myr_edge[cell.age], high = grid_.log_age_myr_edge[cell.age + 1];
    if (grid_.model.priors.age == AgePrior::log_uniform) {
      place[age_axis] = random.uniform(low, high);
    } else {
      const double young = std::pow(10, low), old = std::pow(10, high);
      place[age_axis] = std::clamp(std::log10(random.uniform(young, old)), low, high);
    }
    for (const std::size_t i : {z_axis, av_axis, u_axis}) {
      const bool whole = i == u_axis && grid_.log_u_cells[cell.age] == 1;
      place[i] += (random.uniform() - 0.5) * (whole ? box_.high[i] - box_.low[i] : width_[i]);
    }
    return place;
  }

  Place centre_of(std::size_t model, std::size_t age) const {
    const std::size_t us = grid_.log_u_cells[age], avs = grid_.av_mag.size();
    const std::size_t inside = model - grid_.first[age];
    return {grid_.log_age_myr[age], grid_.log_z[inside / us / avs], grid_.av_mag[inside / us % avs],
            us == 1 ? 0.5 * (box_.low[u_axis] + box_.high[u_axis]) : grid_.log_u[inside % us]};
  }

  /// Density of the cells' proposal over that of the prior, from its share.
  double density_of_cell(std::size_t k) const { return share_[k] / total_share_ / cells_[k].prior; }

  void draw_from_cells(Random& random) {
    const double step = total_share_ / options_.points;
    double next = random.uniform() * step, passed = 0;
    points_.reserve(static_cast<std::size_t>(options_.points) + 1);
    for (std::size_t k = 0; k < cells_.size(); ++k) {
      passed += share_[k];
      for (; next < passed; next += step) {
        Point point;
        point.place = place_in(cells_[k], random);
        point.proposal = options_.points * density_of_cell(k);
        points_.push_back(point);
      }
    }
    for (Point& point : points_) evaluate(point);
  }

  void evaluate(Point& point) const {
    if (!box_.holds(point.place)) return;
    point.projection = project(point.place);
    point.log_likelihood = mass_.log_gain(point.projection);
  }

  /// Prior density in the free axes.
  double prior_density(const Place& place) const {
    double density = 1;
    for (const std::size_t i : {z_axis, av_axis, u_axis})
      if (box_.free(i)) density /= box_.high[i] - box_.low[i];
    if (grid_.model.priors.age == AgePrior::log_uniform)
      return density / (box_.high[age_axis] - box_.low[age_axis]);
    return density * std::pow(10, place[age_axis]) * std::log(10) /
           (std::pow(10, box_.high[age_axis]) - std::pow(10, box_.low[age_axis]));
  }

  /// Density of the cells' proposal at any place, over the prior's.
  double density_of_cells(const Place& place) const {
    std::array<std::size_t, axes> i{};
    for (std::size_t a = 0; a < axes; ++a)
      if (box_.free(a))
        i[a] = std::min(static_cast<std::size_t>(std::max(0.0, (place[a] - box_.low[a]) / width_[a])),
                        centres(grid_, a).size() - 1);
    const std::size_t us = grid_.log_u_cells[i[age_axis]];
    const std::size_t model = grid_.first[i[age_axis]] + (i[z_axis] * grid_.av_mag.size() + i[av_axis]) * us +
                              (us == 1 ? 0 : i[u_axis]);
    const auto at = std::lower_bound(cells_.begin(), cells_.end(), model,
                                     [](const Cell& cell, std::size_t m) { return cell.model < m; });
    if (at == cells_.end() || at->model != model) return 0;
    return density_of_cell(static_cast<std::size_t>(at - cells_.begin()));
  }

  // ---- step 3: weights, and more points where they are few (adaptive multiple importance sampling, Cornuet
  // et al. 2012, with the balance heuristic)

  void weigh() {
    top_ = -infinity;
    for (const Point& point : points_) top_ = std::max(top_, point.log_likelihood);
    weights_.clear();
    for (Point& point : points_) {
      point.weight = top_ > -infinity ? std::exp(point.log_likelihood - top_) / point.proposal : 0;
      weights_.push_back(point.weight);
    }
    effective_points_ = effective(weights_);
  }

  /// Weights flattened until they stand for enough points to have a covariance.
  std::vector<double> flattened() const {
    constexpr double enough = 60;
    std::vector<double> flat = weights_;
    for (double power = 0.5; effective(flat) < enough && power > 1e-3; power *= 0.5)
      for (std::size_t i = 0; i < flat.size(); ++i) flat[i] = std::pow(weights_[i], power);
    return flat;
  }

  void draw_from_clouds(Random& random) {
    constexpr int rounds = 5;
    const double wanted = 0.25 * options_.points;
    const int count = options_.points / 2;
    for (int round = 0; round < rounds && effective_points_ > 0 && effective_points_ < wanted; ++round) {
      const Cloud cloud(points_, flattened(), box_, width_);
      for (Point& point : points_)
        point.proposal += count * cloud.density(point.place) / prior_density(point.place);
      for (int i = 0; i < count; ++i) {
        Point point;
        point.place = cloud.draw(random);
        evaluate(point);
        if (point.log_likelihood > -infinity) {
          point.proposal = options_.points * density_of_cells(point.place);
          for (const Cloud& earlier : clouds_)
            point.proposal += count * earlier.density(point.place) / prior_density(point.place);
          point.proposal += count * cloud.density(point.place) / prior_density(point.place);
        } else {
          point.proposal = 1;  // outside the prior: counts as drawn, weighs nothing
        }
        points_.push_back(point);
      }
      clouds_.push_back(cloud);
      weigh();
    }
  }

  // ---- results

  // Evidence: the sum of L / (points drawn x density / prior density).
  void describe(SedPosterior& result) const {
    double sum = 0;
    for (const double weight : weights_) sum += weight;
    result.status = SedStatus::fitted;
    result.effective_points = effective_points_;
    result.log_evidence = data_.null + top_ + std::log(sum);
    result.log_evidence_error =
        std::sqrt(std::max(0.0, 1 / effective_points_ - 1 / static_cast<double>(points_.size())));
  }

  void describe_best(SedPosterior& result) const {
    Place place = centre_of(best_model_, age_of(best_model_));
    Projection projection = project(best_model_);
    double value = best_profile_;
    for (const Point& point : points_) {
      if (point.log_likelihood == -infinity) continue;
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

  std::size_t age_of(std::size_t model) const {
    const auto after = std::upper_bound(grid_.first.begin(), grid_.first.end(), model);
    return static_cast<std::size_t>(after - grid_.first.begin()) - 1;
  }

  PosteriorDraw derive(const Place& place, double mass) const {
    const double age = std::min(std::pow(10, place[age_axis]), grid_.age_of_universe_myr);
    const StarFormation& history = grid_.model.history;
    PosteriorDraw draw;
    draw.log_mass_msun = std::log10(mass);
    draw.log_age_yr = place[age_axis] + 6;
    draw.log_metallicity = place[z_axis];
    draw.av_mag = place[av_axis];
    draw.log_u = place[u_axis];
    draw.log_surviving_mass_msun = std::log10(mass * surviving_at(grid_, place));
    draw.log_mass_weighted_age_yr = std::log10(mass_weighted_age_myr(history, age)) + 6;
    draw.formation_redshift = grid_.cosmology.redshift_at_age(grid_.age_of_universe_myr - age);
    draw.rate_msun_per_yr = mass * specific_rate_per_yr(history, age, options_.rate_window_myr);
    return draw;
  }

  // Step 4.
  void resample(SedPosterior& result, Random& random) const {
    double sum = 0;
    for (const double weight : weights_) sum += weight;
    const double step = sum / options_.draws;
    double next = random.uniform() * step, passed = 0;
    const auto wanted = static_cast<std::size_t>(options_.draws);
    std::size_t last = 0;  // with a weight, for what rounding leaves
    const auto take = [&](const Point& point) {
      result.draws.push_back(derive(point.place, mass_.draw(point.projection, random.uniform())));
    };
    for (std::size_t i = 0; i < points_.size(); ++i) {
      if (weights_[i] > 0) last = i;
      passed += weights_[i];
      for (; next < passed && result.draws.size() < wanted; next += step) take(points_[i]);
    }
    while (result.draws.size() < wanted) take(points_[last]);
  }

  const PosteriorGrid& grid_;
  const Data& data_;
  const PosteriorOptions& options_;
  MassPrior mass_;
  Box box_;
  Place width_{};  ///< of cells
  std::vector<const float*> flux_;
  std::vector<double> square_, product_;
  double best_profile_ = -infinity;
  std::size_t best_model_ = 0;
  std::vector<Cell> cells_;
  std::vector<double> share_;  ///< of the cells' proposal
  double power_ = flattening, highest_ = -infinity, total_share_ = 0;
  std::vector<Point> points_;
  std::vector<Cloud> clouds_;
  std::vector<double> weights_;
  double top_ = -infinity, effective_points_ = 0;
};

void summarise(SedPosterior& result) {
  constexpr std::array<double, 3> levels{0.16, 0.5, 0.84};
  std::vector<double> values(result.draws.size());
  for (const PosteriorQuantity& quantity : posterior_quantities()) {
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = result.draws[i].*quantity.of_draw;
    const std::vector<double> q = statistics::quantiles(values, levels);
    result.*quantity.summary = {result.best.*quantity.of_draw, q[1], q[0], q[2]};
  }
}

SedPosterior without_fit(SedPosterior result) {
  result.chi2 = result.log_evidence = result.log_evidence_error = nan;
  for (const PosteriorQuantity& quantity : posterior_quantities()) {
    result.best.*quantity.of_draw = nan;
    result.*quantity.summary = {nan, nan, nan, nan};
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
  const Data data = sort_bands(grid, photometry, options);
  SedPosterior result;
  result.bands_detected = data.detected;
  result.bands_used = static_cast<int>(data.band.size());
  if (data.detected < options.min_bands || data.band.empty()) return without_fit(std::move(result));
  result = Fit(grid, data, options).run(random);
  if (result.status != SedStatus::fitted) return without_fit(std::move(result));
  summarise(result);
  return result;
}

}  // namespace arcproof::sed
