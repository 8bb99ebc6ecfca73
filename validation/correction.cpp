#include "validation/correction.h"

#include "engine/core/missing.h"
#include "engine/core/statistics.h"
#include "engine/io/table_builder.h"
#include "validation/neighbours.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>
#include <vector>

namespace arcproof::validation {
namespace {

constexpr double smallest_sigma_pix = 0.1;  // sizes below this are all alike: a point
constexpr std::size_t fewest =
    5;  // injections that a correction needs, and needs near it not to be an extrapolation

struct Place {
  double mag, log_size;
};

// Injections that a row is corrected by.
struct Consulted {
  std::vector<std::size_t> rows;
  bool near_enough = false;  // at least `fewest` of them lie within reach
};

double log_size(double sigma_pix) { return std::log10(std::max(sigma_pix, smallest_sigma_pix)); }

// Injections, by magnitude and size.
class Candidates {
 public:
  Candidates(const std::vector<Place>& places, std::vector<std::size_t> rows, const CorrectionOptions& o)
      : rows_(std::move(rows)),
        tree_(column(places, &Place::mag), column(places, &Place::log_size), {o.mag_scale, o.log_size_scale}),
        options_(o) {}

  // At most `neighbours` of the nearest ones; those that are far only where fewer than `fewest` are near.
  Consulted nearest(const Place& place) const {
    const std::vector<Neighbour> order =
        tree_.nearest(place.mag, place.log_size, static_cast<std::size_t>(options_.neighbours));
    const auto within = static_cast<std::size_t>(std::count_if(
        order.begin(), order.end(), [&](const Neighbour& one) { return one.distance <= options_.far; }));
    Consulted result;
    result.near_enough = within >= fewest;
    const std::size_t count = std::min(order.size(), std::max(within, fewest));
    for (std::size_t i = 0; i < count; ++i) result.rows.push_back(rows_[order[i].point]);
    return result;
  }

 private:
  static std::vector<double> column(const std::vector<Place>& places, double Place::*which) {
    std::vector<double> values;
    for (const Place& place : places) values.push_back(place.*which);
    return values;
  }
  std::vector<std::size_t> rows_;  // of the joined table
  Neighbours tree_;
  CorrectionOptions options_;
};

struct Offset {
  double median = nan, scatter = nan;
};

template <class Difference>
Offset offset_of(const Consulted& neighbours, const Difference& difference) {
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

// Measured - true of one injection.
struct Offsets {
  double mag, log_radius, log_mass, log_size;
};

// What was injected and what was measured, row by row of the joined table.
class Injections {
 public:
  Injections(const io::Table& joined, const std::string& band)
      : flag_(joined.texts("injection_flag")),
        recovered_(joined.flags("recovered")),
        mag_(joined.reals("mag")),
        measured_mag_(joined.reals("measured_mag_" + band)),
        major_(joined.reals("true_sigma_major_pix")),
        minor_(joined.reals("true_sigma_minor_pix")),
        measured_sigma_(joined.reals("measured_sigma_circular_pix")) {
    const io::Flags& limit = joined.flags("measured_radius_is_upper_limit");
    const io::Reals &radius = joined.reals("true_radius_pc"),
                    &measured_radius = joined.reals("measured_radius_pc"),
                    &mass = joined.reals("true_log_mass_msun"),
                    &measured_mass = joined.reals("measured_log_mass_msun");
    offsets_.reserve(mag_.size());
    for (std::size_t i = 0; i < mag_.size(); ++i)
      offsets_.push_back({measured_mag_[i] - mag_[i],
                          limit[i] ? nan : std::log10(measured_radius[i] / radius[i]),
                          measured_mass[i] - mass[i], measured_place(i).log_size - true_place(i).log_size});
  }

  bool recovered(std::size_t i) const { return recovered_[i]; }
  const Offsets& offsets(std::size_t i) const { return offsets_[i]; }

  // Of the recovered ones, as they were measured; of all that were injected, as they are.
  Candidates measured(const CorrectionOptions& o) const {
    return candidates(o, &Injections::measured_place,
                      [&](std::size_t i) { return recovered_[i] && std::isfinite(measured_mag_[i]); });
  }
  Candidates injected(const CorrectionOptions& o) const {
    return candidates(o, &Injections::true_place,
                      [&](std::size_t i) { return flag_[i] == "injected" && std::isfinite(mag_[i]); });
  }

 private:
  Place measured_place(std::size_t i) const { return {measured_mag_[i], log_size(measured_sigma_[i])}; }
  Place true_place(std::size_t i) const { return {mag_[i], log_size(std::sqrt(major_[i] * minor_[i]))}; }
  template <class Counts>
  Candidates candidates(const CorrectionOptions& o, Place (Injections::*place)(std::size_t) const,
                        const Counts& counts) const {
    std::vector<Place> places;
    std::vector<std::size_t> rows;
    for (std::size_t i = 0; i < mag_.size(); ++i) {
      if (!counts(i)) continue;
      places.push_back((this->*place)(i));
      rows.push_back(i);
    }
    return {places, std::move(rows), o};
  }

  const io::Texts& flag_;
  const io::Flags& recovered_;
  const io::Reals &mag_, &measured_mag_, &major_, &minor_, &measured_sigma_;
  std::vector<Offsets> offsets_;  // side by side: rows are looked at in no order
};

// Intervals of found / consulted: few, and each asked for many times.
class Intervals {
 public:
  const statistics::Interval& of(int found, int consulted) {
    const auto [known, is_new] = known_.try_emplace({found, consulted});
    if (is_new) known->second = statistics::binomial_interval(found, consulted);
    return known->second;
  }

 private:
  std::map<std::pair<int, int>, statistics::Interval> known_;
};

class Corrector {
 public:
  Corrector(const io::Table& joined, const CorrectionOptions& options)
      : injections_(joined, options.reference_band),
        measured_(injections_.measured(options)),
        truth_(injections_.injected(options)) {}

  CorrectedRow correct(double mag, double sigma_pix) {
    CorrectedRow row;
    if (!std::isfinite(mag) || !std::isfinite(sigma_pix)) return row;
    const Consulted alike = measured_.nearest({mag, log_size(sigma_pix)});
    const auto offset = [&](double Offsets::*of) {
      return offset_of(alike, [&](std::size_t i) { return injections_.offsets(i).*of; });
    };
    row.mag = offset(&Offsets::mag);
    row.radius = offset(&Offsets::log_radius);
    row.mass = offset(&Offsets::log_mass);
    const Offset size = offset(&Offsets::log_size);
    const auto or_zero = [](double v) { return std::isfinite(v) ? v : 0.0; };
    const Consulted like_truth =
        truth_.nearest({mag - or_zero(row.mag.median), log_size(sigma_pix) - or_zero(size.median)});
    row.nearby = static_cast<std::int64_t>(like_truth.rows.size());
    row.extrapolated = !(alike.near_enough && like_truth.near_enough);
    if (like_truth.rows.size() >= fewest) set_detection(like_truth, row);
    return row;
  }

 private:
  void set_detection(const Consulted& neighbours, CorrectedRow& row) {
    int found = 0;
    for (const std::size_t i : neighbours.rows) found += injections_.recovered(i);
    const int n = static_cast<int>(neighbours.rows.size());
    const statistics::Interval& interval = intervals_.of(found, n);
    row.p = static_cast<double>(found) / n;
    row.p_low = interval.low;
    row.p_high = interval.high;
    row.weight = found ? 1 / row.p : nan;
  }
  Injections injections_;
  Candidates measured_, truth_;
  Intervals intervals_;
};

}  // namespace

io::Table corrected(const io::Table& catalogue, const io::Table& joined, const CorrectionOptions& options) {
  Corrector corrector(joined, options);
  const std::string band = options.reference_band;
  const io::Reals &mag = catalogue.reals("mag_" + band), &sigma = catalogue.reals("sigma_circular_pix");
  std::vector<CorrectedRow> rows;
  for (std::size_t i = 0; i < catalogue.rows(); ++i) rows.push_back(corrector.correct(mag[i], sigma[i]));

  io::Table table = catalogue;
  const io::Reals flux = catalogue.reals("flux_" + band),
                  flux_error = catalogue.reals("flux_" + band + "_err");
  const io::Reals &radius = catalogue.reals("radius_pc"), &mass = catalogue.reals("log_mass_msun");
  const io::Flags &selected = catalogue.flags("selected"), &limit = catalogue.flags("radius_is_upper_limit");
  using Row = CorrectedRow;
  io::TableBuilder add(table, rows);
  add.column("p_detect", "", "probability to find a clump of this magnitude and size, from injections",
             &Row::p);
  add.column("p_detect_low", "", "lower end of its 68% Jeffreys interval", &Row::p_low);
  add.column("p_detect_high", "", "upper end of its 68% Jeffreys interval", &Row::p_high);
  add.column(
      "weight", "",
      "1 / p_detect of selected rows, so that sums count these alone; NaN for others, and where none of the "
      "injections like the row was found",
      [&](const Row& r, std::size_t i) { return selected[i] ? r.weight : nan; });
  add.column("mag_bias", "mag", "median of measured - true among injections measured alike, reference band",
             [](const Row& r) { return r.mag.median; });
  add.column("mag_debiased", "mag", "magnitude of the reference band minus its bias",
             [&](const Row& r, std::size_t i) { return mag[i] - r.mag.median; });
  add.column("mag_err_inflated", "mag", "larger of the catalogue's error and the injections' scatter",
             [&](const Row& r, std::size_t i) {
               return std::fmax(2.5 / std::log(10.0) * flux_error[i] / flux[i], r.mag.scatter);
             });
  add.column("log_radius_bias", "",
             "median of measured - true log10 radius among injections measured alike [dex]",
             [](const Row& r) { return r.radius.median; });
  add.column("radius_debiased_pc", "pc",
             "radius corrected for its bias; an upper limit stays the limit it is",
             [&](const Row& r, std::size_t i) {
               return limit[i] ? radius[i] : radius[i] * std::pow(10, -r.radius.median);
             });
  add.column("log_radius_scatter", "", "scatter of measured - true log10 radius [dex]",
             [](const Row& r) { return r.radius.scatter; });
  add.column("log_mass_bias", "",
             "median of measured - true log10 mass among injections measured alike [dex]",
             [](const Row& r) { return r.mass.median; });
  add.column("log_mass_debiased", "", "log10 mass minus its bias",
             [&](const Row& r, std::size_t i) { return mass[i] - r.mass.median; });
  add.column("log_mass_scatter", "", "scatter of measured - true log10 mass [dex]",
             [](const Row& r) { return r.mass.scatter; });
  add.column("n_nearby", "", "injections consulted for p_detect", &Row::nearby);
  add.column("extrapolated", "", "fewer than 5 injections lie near this row: others, further away, stand in",
             &Row::extrapolated);
  return table;
}

}  // namespace arcproof::validation
