#include "validation/correction.h"

#include "engine/core/missing.h"
#include "engine/core/statistics.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace arcproof::validation {
namespace {

constexpr double smallest_sigma_pix = 0.1;  // sizes below this are all alike: a point
constexpr std::size_t fewest =
    5;  // injections that a correction needs, and needs near it not to be an extrapolation

struct Place {
  double mag, log_size;
};

double log_size(double sigma_pix) { return std::log10(std::max(sigma_pix, smallest_sigma_pix)); }

double distance(const Place& a, const Place& b, const CorrectionOptions& o) {
  return std::hypot((a.mag - b.mag) / o.mag_scale, (a.log_size - b.log_size) / o.log_size_scale);
}

struct Candidates {
  std::vector<Place> place;
  std::vector<std::size_t> row;  // of the joined table
};

Candidates measured_places(const io::Table& joined, const CorrectionOptions& o) {
  Candidates c;
  for (std::size_t i = 0; i < joined.rows(); ++i) {
    const double mag = joined.reals("measured_mag_" + o.reference_band)[i];
    if (!joined.flags("recovered")[i] || !std::isfinite(mag)) continue;
    c.place.push_back({mag, log_size(joined.reals("measured_sigma_circular_pix")[i])});
    c.row.push_back(i);
  }
  return c;
}

Candidates true_places(const io::Table& joined) {
  Candidates c;
  for (std::size_t i = 0; i < joined.rows(); ++i) {
    if (joined.texts("injection_flag")[i] != "injected" || !std::isfinite(joined.reals("mag")[i])) continue;
    const double sigma =
        std::sqrt(joined.reals("true_sigma_major_pix")[i] * joined.reals("true_sigma_minor_pix")[i]);
    c.place.push_back({joined.reals("mag")[i], log_size(sigma)});
    c.row.push_back(i);
  }
  return c;
}

struct Neighbours {
  std::vector<std::size_t> rows;
  bool near_enough = false;  // at least `fewest` of them lie within reach
};

Neighbours nearest(const Candidates& candidates, const Place& place, const CorrectionOptions& o) {
  std::vector<std::pair<double, std::size_t>> order;
  for (std::size_t i = 0; i < candidates.row.size(); ++i)
    order.emplace_back(distance(candidates.place[i], place, o), candidates.row[i]);
  const std::size_t most = std::min(order.size(), static_cast<std::size_t>(o.neighbours));
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(most), order.end());
  Neighbours result;
  const auto within = static_cast<std::size_t>(
      std::count_if(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(most),
                    [&](const auto& candidate) { return candidate.first <= o.far; }));
  result.near_enough = within >= fewest;
  const std::size_t count = std::min(most, std::max(within, fewest));
  for (std::size_t i = 0; i < count; ++i) result.rows.push_back(order[i].second);
  return result;
}

struct Offset {
  double median = nan, scatter = nan;
};

template <class Difference>
Offset offset_of(const Neighbours& neighbours, const Difference& difference) {
  std::vector<double> values;
  for (const std::size_t row : neighbours.rows)
    if (const double d = difference(row); std::isfinite(d)) values.push_back(d);
  if (values.size() < fewest) return {};
  return {statistics::median(values), statistics::mad_sigma(values)};
}

struct CorrectedRow {
  double p = nan, p_low = nan, p_high = nan, weight = nan;
  Offset mag, radius, mass;
  std::int64_t nearby = 0;
  bool extrapolated = true;
};

class Corrector {
 public:
  Corrector(const io::Table& joined, const CorrectionOptions& options)
      : joined_(joined),
        options_(options),
        measured_(measured_places(joined, options)),
        truth_(true_places(joined)) {}

  CorrectedRow correct(double mag, double sigma_pix) const {
    CorrectedRow row;
    if (!std::isfinite(mag) || !std::isfinite(sigma_pix)) return row;
    const Neighbours alike = nearest(measured_, {mag, log_size(sigma_pix)}, options_);
    const auto& j = joined_;
    row.mag = offset_of(alike, [&](std::size_t i) {
      return j.reals("measured_mag_" + options_.reference_band)[i] - j.reals("mag")[i];
    });
    row.radius = offset_of(alike, [&](std::size_t i) {
      return j.flags("measured_radius_is_upper_limit")[i]
                 ? nan
                 : std::log10(j.reals("measured_radius_pc")[i] / j.reals("true_radius_pc")[i]);
    });
    row.mass = offset_of(alike, [&](std::size_t i) {
      return j.reals("measured_log_mass_msun")[i] - j.reals("true_log_mass_msun")[i];
    });
    const Offset size = offset_of(alike, [&](std::size_t i) {
      return log_size(j.reals("measured_sigma_circular_pix")[i]) -
             log_size(std::sqrt(j.reals("true_sigma_major_pix")[i] * j.reals("true_sigma_minor_pix")[i]));
    });
    const auto or_zero = [](double v) { return std::isfinite(v) ? v : 0.0; };
    const Neighbours like_truth = nearest(
        truth_, {mag - or_zero(row.mag.median), log_size(sigma_pix) - or_zero(size.median)}, options_);
    row.nearby = static_cast<std::int64_t>(like_truth.rows.size());
    row.extrapolated = !(alike.near_enough && like_truth.near_enough);
    if (like_truth.rows.size() >= fewest) set_detection(like_truth, row);
    return row;
  }

 private:
  void set_detection(const Neighbours& neighbours, CorrectedRow& row) const {
    int found = 0;
    for (const std::size_t i : neighbours.rows) found += joined_.flags("recovered")[i];
    const int n = static_cast<int>(neighbours.rows.size());
    const auto interval = statistics::binomial_interval(found, n);
    row.p = static_cast<double>(found) / n;
    row.p_low = interval.low;
    row.p_high = interval.high;
    row.weight = found ? 1 / row.p : nan;
  }
  const io::Table& joined_;
  CorrectionOptions options_;
  Candidates measured_, truth_;
};

template <class Get>
void add_real(io::Table& table, const std::vector<CorrectedRow>& rows, const char* name, const char* unit,
              const char* text, Get get) {
  io::Reals values;
  for (std::size_t i = 0; i < rows.size(); ++i) values.push_back(get(i));
  table.add(name, unit, text, std::move(values));
}

}  // namespace

io::Table corrected(const io::Table& catalogue, const io::Table& joined, const CorrectionOptions& options) {
  const Corrector corrector(joined, options);
  const std::string band = options.reference_band;
  const io::Reals& mag = catalogue.reals("mag_" + band);
  std::vector<CorrectedRow> rows;
  for (std::size_t i = 0; i < catalogue.rows(); ++i)
    rows.push_back(corrector.correct(mag[i], catalogue.reals("sigma_circular_pix")[i]));

  io::Table table = catalogue;
  const io::Reals flux = catalogue.reals("flux_" + band),
                  flux_error = catalogue.reals("flux_" + band + "_err");
  const io::Reals &radius = catalogue.reals("radius_pc"), &mass = catalogue.reals("log_mass_msun");
  add_real(table, rows, "p_detect", "",
           "probability to find a clump of this magnitude and size, from injections",
           [&](std::size_t i) { return rows[i].p; });
  add_real(table, rows, "p_detect_low", "", "lower end of its 68% Jeffreys interval",
           [&](std::size_t i) { return rows[i].p_low; });
  add_real(table, rows, "p_detect_high", "", "upper end of its 68% Jeffreys interval",
           [&](std::size_t i) { return rows[i].p_high; });
  add_real(table, rows, "weight", "", "1 / p_detect", [&](std::size_t i) { return rows[i].weight; });
  add_real(table, rows, "mag_bias", "mag",
           "median of measured - true among injections measured alike, reference band",
           [&](std::size_t i) { return rows[i].mag.median; });
  add_real(table, rows, "mag_debiased", "mag", "magnitude of the reference band minus its bias",
           [&](std::size_t i) { return mag[i] - rows[i].mag.median; });
  add_real(table, rows, "mag_err_inflated", "mag",
           "larger of the catalogue's error and the injections' scatter", [&](std::size_t i) {
             return std::fmax(2.5 / std::log(10.0) * flux_error[i] / flux[i], rows[i].mag.scatter);
           });
  add_real(table, rows, "log_radius_bias", "",
           "median of measured - true log10 radius among injections measured alike [dex]",
           [&](std::size_t i) { return rows[i].radius.median; });
  add_real(table, rows, "radius_debiased_pc", "pc", "radius corrected for its bias",
           [&](std::size_t i) { return radius[i] * std::pow(10, -rows[i].radius.median); });
  add_real(table, rows, "log_radius_scatter", "", "scatter of measured - true log10 radius [dex]",
           [&](std::size_t i) { return rows[i].radius.scatter; });
  add_real(table, rows, "log_mass_bias", "",
           "median of measured - true log10 mass among injections measured alike [dex]",
           [&](std::size_t i) { return rows[i].mass.median; });
  add_real(table, rows, "log_mass_debiased", "", "log10 mass minus its bias",
           [&](std::size_t i) { return mass[i] - rows[i].mass.median; });
  add_real(table, rows, "log_mass_scatter", "", "scatter of measured - true log10 mass [dex]",
           [&](std::size_t i) { return rows[i].mass.scatter; });
  io::Integers nearby;
  io::Flags extrapolated;
  for (const CorrectedRow& row : rows) {
    nearby.push_back(row.nearby);
    extrapolated.push_back(row.extrapolated);
  }
  table.add("n_nearby", "", "injections consulted for p_detect", std::move(nearby));
  table.add("extrapolated", "", "fewer than 5 injections lie near this row: others, further away, stand in",
            std::move(extrapolated));
  return table;
}

}  // namespace arcproof::validation
