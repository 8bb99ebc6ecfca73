#include "validation/match.h"

#include "validation/neighbours.h"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <vector>

namespace arcproof::validation {
namespace {

constexpr std::size_t none = static_cast<std::size_t>(-1);

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

Assignment assign(const io::Table& truth, const io::Table& measured, const MatchOptions& options) {
  const io::Texts& flag = truth.texts("injection_flag");
  const io::Reals &x = truth.reals("true_x"), &y = truth.reals("true_y"),
                  &sigma = truth.reals("true_sigma_major_pix");
  const Neighbours objects(measured.reals("x"), measured.reals("y"));
  std::vector<Pair> pairs;
  Assignment result{std::vector<std::size_t>(truth.rows(), none), std::vector<bool>(truth.rows(), false)};
  for (std::size_t i = 0; i < truth.rows(); ++i) {
    if (flag[i] != "injected") continue;
    for (const Neighbour& object : objects.within(x[i], y[i], match_reach(sigma[i], options))) {
      pairs.push_back({object.distance, i, object.point});
      result.within_reach[i] = true;
    }
  }
  std::sort(pairs.begin(), pairs.end());
  std::vector<bool> taken(measured.rows(), false);
  for (const Pair& pair : pairs) {
    if (result.object[pair.truth] != none || taken[pair.object]) continue;
    result.object[pair.truth] = pair.object;
    taken[pair.object] = true;
  }
  return result;
}

// Objects that were there before the injection.
class Baseline {
 public:
  Baseline(const io::Table& baseline, const MatchOptions& options)
      : objects_(baseline.reals("x"), baseline.reals("y")),
        flux_(baseline.reals("flux_" + options.reference_band)),
        options_(options) {}
  // Was there an object at this place, with a good part of the flux that was injected?
  bool had(double x, double y, double injected_flux) const {
    const std::vector<Neighbour> near = objects_.within(x, y, options_.radius_pix);
    return std::any_of(near.begin(), near.end(), [&](const Neighbour& one) {
      return flux_[one.point] > options_.confusion_flux_ratio * injected_flux;
    });
  }

 private:
  Neighbours objects_;
  const io::Reals& flux_;
  const MatchOptions& options_;
};

bool fit_has_result(const std::string& status) { return status != "singular" && status != "too_few_pixels"; }

// Other injections of the same realisation, under whose light an object may lie.
class OtherInjections {
 public:
  OtherInjections(const io::Table& truth, const MatchOptions& options)
      : images_(truth.reals("true_x"), truth.reals("true_y")),
        flux_(truth.reals("true_flux_" + options.reference_band)),
        flag_(truth.texts("injection_flag")),
        parent_(truth.has("parent_id") ? &truth.integers("parent_id") : nullptr),
        options_(options) {}
  // Is a brighter image of another clump at this place, which has no object of its own?
  bool explain(double x, double y, std::size_t row, const std::vector<std::size_t>& object_of) const {
    const std::vector<Neighbour> near = images_.within(x, y, options_.radius_pix);
    return std::any_of(near.begin(), near.end(), [&](const Neighbour& one) {
      const std::size_t other = one.point;
      return other != row && !same_clump(other, row) && object_of[other] == none && has_light(other) &&
             flux_[other] > flux_[row];
    });
  }

 private:
  bool same_clump(std::size_t a, std::size_t b) const { return parent_ && (*parent_)[a] == (*parent_)[b]; }
  // Whether anything was drawn for this row.
  bool has_light(std::size_t row) const {
    return flag_[row] != "no_image" && flag_[row] != "outside_image" && flag_[row] != "no_data";
  }
  Neighbours images_;
  const io::Reals& flux_;
  const io::Texts& flag_;
  const io::Integers* parent_;
  const MatchOptions& options_;
};

// What became of the truth's rows.
class Outcomes {
 public:
  Outcomes(const io::Table& truth, const io::Table& measured, const io::Table& baseline,
           const MatchOptions& options)
      : injection_flag_(truth.texts("injection_flag")),
        injected_flux_(truth.reals("true_flux_" + options.reference_band)),
        x_(measured.reals("x")),
        y_(measured.reals("y")),
        fit_status_(measured.texts("fit_status")),
        host_(measured.texts("host")),
        selected_(measured.flags("selected")),
        trusted_(measured.has("trusted") ? &measured.flags("trusted") : nullptr),
        enough_snr_(measured.has("enough_snr") ? &measured.flags("enough_snr") : nullptr),
        pass_(measured.has("detection_pass") ? &measured.integers("detection_pass") : nullptr),
        max_pass_(options.max_pass),
        interloper_(measured.has("interloper") ? &measured.flags("interloper") : nullptr),
        flux_(measured.reals("flux_" + options.reference_band)),
        max_flux_error_mag_(options.max_flux_error_mag),
        baseline_(baseline, options),
        others_(truth, options) {}

  /// Rules that may be switched off.
  struct Rules {
    bool before = true;  // confusion with what was there before ...
    bool others = true;  // ... and with other injections
    bool trust = true;
  };

  std::string of(std::size_t row, const Assignment& assignment, Rules rules) const {
    if (injection_flag_[row] != "injected") return "not_injected";
    const std::size_t object = assignment.object[row];
    if (object == none) return assignment.within_reach[row] ? "blended" : "not_detected";
    if (rules.before && baseline_.had(x_[object], y_[object], injected_flux_[row])) return "confused";
    if (rules.others && others_.explain(x_[object], y_[object], row, assignment.object)) return "confused";
    if (!fit_has_result(fit_status_[object])) return "fit_failed";
    if (interloper_ && (*interloper_)[object]) return "interloper";
    if (is_untrusted(object)) {
      if (rules.trust) return "not_trusted";
    } else if (!selected_[object]) {
      return "not_selected";
    }
    if (host_[object].empty()) return "outside_host";
    return has_right_flux(row, object) ? "recovered" : "wrong_flux";
  }

 private:
  const io::Texts& injection_flag_;
  const io::Reals &injected_flux_, &x_, &y_;
  const io::Texts &fit_status_, &host_;
  const io::Flags& selected_;
  const io::Flags *trusted_, *enough_snr_;  // null: not told
  const io::Integers* pass_;
  int max_pass_;
  const io::Flags* interloper_;
  const io::Reals& flux_;
  double max_flux_error_mag_;
  Baseline baseline_;
  OtherInjections others_;

  // Nothing but the fit's quality is against it.
  bool is_untrusted(std::size_t object) const {
    return enough_snr_ && trusted_ && (*enough_snr_)[object] && !(*trusted_)[object] &&
           !(pass_ && (*pass_)[object] > max_pass_);
  }

  bool has_right_flux(std::size_t row, std::size_t object) const {
    return std::abs(2.5 * std::log10(flux_[object] / injected_flux_[row])) <= max_flux_error_mag_;
  }
};

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
  const Assignment assignment = assign(truth, measured, options);
  const Outcomes outcomes(truth, measured, baseline, options);
  const io::Reals &x = measured.reals("x"), &y = measured.reals("y"), &true_x = truth.reals("true_x"),
                  &true_y = truth.reals("true_y");
  io::Table joined = truth;
  joined.rename("INJECTIONS");
  io::Texts outcome;
  io::Flags recovered, gross, any_quality;
  io::Reals distance;
  for (std::size_t i = 0; i < truth.rows(); ++i) {
    const std::size_t object = assignment.object[i];
    Outcomes::Rules rules{.before = options.allow_confusion, .others = options.allow_confusion};
    outcome.push_back(outcomes.of(i, assignment, rules));
    rules.trust = false;
    any_quality.push_back(outcomes.of(i, assignment, rules) == "recovered");
    rules = {.before = false, .others = options.allow_confusion};
    gross.push_back(outcomes.of(i, assignment, rules) == "recovered");
    recovered.push_back(outcome.back() == "recovered");
    distance.push_back(object == none ? std::nan("")
                                      : std::hypot(x[object] - true_x[i], y[object] - true_y[i]));
  }
  joined.add("outcome", "",
             "recovered, wrong_flux, not_detected, not_selected, not_trusted, interloper, fit_failed, "
             "outside_host, blended, "
             "confused or not_injected",
             std::move(outcome));
  joined.add("recovered", "", "the clump counts as found", std::move(recovered));
  joined.add("recovered_gross", "",
             "it would count as found if nothing had been there before: with chance matches",
             std::move(gross));
  joined.add("recovered_any_quality", "", "it would count as found if every fit were trusted",
             std::move(any_quality));
  joined.add("match_distance_pix", "pix", "from the injected to the measured position", std::move(distance));
  for (const io::Column& column : measured.columns()) joined.add(gathered(column, assignment.object));
  for (const auto& [key, value] : measured.notes()) joined.note(key, value);
  return joined;
}

}  // namespace arcproof::validation
