#include "validation/match.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <tuple>
#include <vector>

namespace arcproof::validation {
namespace {

constexpr std::size_t none = static_cast<std::size_t>(-1);

struct Positions {
  const io::Reals& x;
  const io::Reals& y;
  std::size_t size() const { return x.size(); }
  double distance(std::size_t i, double px, double py) const { return std::hypot(x[i] - px, y[i] - py); }
};

struct Pair {
  double distance;
  std::size_t truth, object;
  bool operator<(const Pair& other) const {
    return std::tie(distance, truth, object) < std::tie(other.distance, other.truth, other.object);
  }
};

struct Assignment {
  std::vector<std::size_t> object;  // of each truth row; none when unmatched
  std::vector<bool> within_reach;   // some object lies within the radius
};

Assignment assign(const io::Table& truth, const Positions& objects, const MatchOptions& options) {
  std::vector<Pair> pairs;
  Assignment result{std::vector<std::size_t>(truth.rows(), none), std::vector<bool>(truth.rows(), false)};
  for (std::size_t i = 0; i < truth.rows(); ++i) {
    if (truth.texts("injection_flag")[i] != "injected") continue;
    for (std::size_t k = 0; k < objects.size(); ++k) {
      const double d = objects.distance(k, truth.reals("true_x")[i], truth.reals("true_y")[i]);
      if (!(d <= match_reach(truth.reals("true_sigma_major_pix")[i], options))) continue;
      pairs.push_back({d, i, k});
      result.within_reach[i] = true;
    }
  }
  std::sort(pairs.begin(), pairs.end());
  std::vector<bool> taken(objects.size(), false);
  for (const Pair& pair : pairs) {
    if (result.object[pair.truth] != none || taken[pair.object]) continue;
    result.object[pair.truth] = pair.object;
    taken[pair.object] = true;
  }
  return result;
}

// Was the matched object there before, with a good part of the flux that was injected?
bool was_there_before(const io::Table& measured, std::size_t object, const io::Table& baseline,
                      double injected_flux, const MatchOptions& options) {
  const Positions before{baseline.reals("x"), baseline.reals("y")};
  const io::Reals& flux = baseline.reals("flux_" + options.reference_band);
  for (std::size_t k = 0; k < before.size(); ++k)
    if (before.distance(k, measured.reals("x")[object], measured.reals("y")[object]) <= options.radius_pix &&
        flux[k] > options.confusion_flux_ratio * injected_flux)
      return true;
  return false;
}

bool fit_has_result(const std::string& status) { return status != "singular" && status != "too_few_pixels"; }

std::string outcome_of(std::size_t row, const Assignment& assignment, const io::Table& truth,
                       const io::Table& measured, const io::Table& baseline, const MatchOptions& options) {
  if (truth.texts("injection_flag")[row] != "injected") return "not_injected";
  const std::size_t object = assignment.object[row];
  if (object == none) return assignment.within_reach[row] ? "blended" : "not_detected";
  const double injected = truth.reals("true_flux_" + options.reference_band)[row];
  if (was_there_before(measured, object, baseline, injected, options)) return "confused";
  if (!fit_has_result(measured.texts("fit_status")[object])) return "fit_failed";
  if (measured.has("interloper") && measured.flags("interloper")[object]) return "interloper";
  if (!measured.flags("selected")[object]) return "not_selected";
  return measured.texts("host")[object].empty() ? "outside_host" : "recovered";
}

template <class Values, class Value>
io::Column gathered(const io::Column& column, const std::vector<std::size_t>& rows, Value missing) {
  const auto& source = std::get<Values>(column.values);
  Values values;
  for (const std::size_t row : rows)
    for (int k = 0; k < column.width; ++k)
      values.push_back(row == none ? missing : source[row * column.width + k]);
  return {"measured_" + column.name, column.unit, column.description, std::move(values), column.width};
}

io::Column gathered(const io::Column& column, const std::vector<std::size_t>& rows) {
  if (std::holds_alternative<io::Reals>(column.values))
    return gathered<io::Reals>(column, rows, std::nan(""));
  if (std::holds_alternative<io::Integers>(column.values))
    return gathered<io::Integers>(column, rows, io::missing_integer);
  if (std::holds_alternative<io::Texts>(column.values))
    return gathered<io::Texts>(column, rows, std::string());
  return gathered<io::Flags>(column, rows, false);
}

}  // namespace

double match_reach(double sigma_major_pix, const MatchOptions& options) {
  return std::max(options.radius_pix, std::min(options.max_radius_pix, sigma_major_pix));
}

io::Table match(const io::Table& truth, const io::Table& measured, const io::Table& baseline,
                const MatchOptions& options) {
  const Assignment assignment = assign(truth, {measured.reals("x"), measured.reals("y")}, options);
  io::Table joined = truth;
  joined.rename("INJECTIONS");
  io::Texts outcome;
  io::Flags recovered;
  io::Reals distance;
  for (std::size_t i = 0; i < truth.rows(); ++i) {
    const std::size_t object = assignment.object[i];
    outcome.push_back(outcome_of(i, assignment, truth, measured, baseline, options));
    recovered.push_back(outcome.back() == "recovered");
    distance.push_back(object == none ? std::nan("")
                                      : std::hypot(measured.reals("x")[object] - truth.reals("true_x")[i],
                                                   measured.reals("y")[object] - truth.reals("true_y")[i]));
  }
  joined.add("outcome", "",
             "recovered, not_detected, not_selected, interloper, fit_failed, outside_host, blended, confused "
             "or not_injected",
             std::move(outcome));
  joined.add("recovered", "", "the clump counts as found", std::move(recovered));
  joined.add("match_distance_pix", "pix", "from the injected to the measured position", std::move(distance));
  for (const io::Column& column : measured.columns()) joined.add(gathered(column, assignment.object));
  return joined;
}

}  // namespace arcproof::validation
