#include "validation/checks/built_in.h"

#include "engine/core/missing.h"

#include <algorithm>
#include <cmath>

namespace arcproof::validation {
namespace {

struct Limit {
  const char* metric;  ///< a name; one * in it stands for any text
  std::optional<double> min, max;
  const char* why;
};

const std::vector<Limit>& limits() {
  static const std::vector<Limit> all = {
      {"offset.x_pix", -0.1, 0.1, "measured positions are not shifted along x"},
      {"offset.y_pix", -0.1, 0.1, "measured positions are not shifted along y"},
      {"bright.*.flux_bias", -0.05, 0.05, "fluxes of bright clumps are right in every band"},
      {"errors.factor_68_low", std::nullopt, 1.3, "flux errors are not too small"},
      {"errors.factor_68_high", 0.7, std::nullopt, "flux errors are not too large"},
      {"null.shuffled_skill", 0.0, 0.0, "shuffled truth says nothing of what was measured"},
      {"null.repeated_draws", std::nullopt, 0.0, "no two clumps were drawn from the same random numbers"},
      {"null.band_noise_correlation", -0.1, 0.1,
       "the noise of different bands is independent, as SED fits take it to be"},
      {"chance.net_faint", 0.0, 0.0, "where nothing can be seen, nothing is found"},
      {"chance.rate", std::nullopt, 0.05, "few clumps are found by chance"},
      {"chance.net_minus_clean", std::nullopt, 0.1,
       "completeness is the same whether confusion is left out clump by clump or in the mean"},
      {"purity.truth", 0.7, std::nullopt, "selected rows are clumps of the simulated host"},
      {"purity.negative", std::nullopt, 0.05, "noise and background are not selected"},
      {"purity.outside", std::nullopt, 0.3, "objects that do not belong to the host are few"},
      {"crowding.changed_fraction", std::nullopt, 0.1, "injections leave most of the host as it is"},
      {"crowding.near_share", std::nullopt, 0.3, "injections do not crowd each other"},
      {"convergence.*.r_hat", std::nullopt, 1.01, "chains of the mass function have converged"},
      {"convergence.*.ess_per_chain", 50.0, std::nullopt,
       "chains of the mass function are longer than their memory"}};
  return all;
}

bool is_called(const std::string& name, const std::string& pattern) {
  const auto star = pattern.find('*');
  if (star == std::string::npos) return name == pattern;
  const std::string head = pattern.substr(0, star), tail = pattern.substr(star + 1);
  return name.size() >= head.size() + tail.size() && name.starts_with(head) && name.ends_with(tail);
}

}  // namespace

std::vector<BuiltInCheck> built_in_checks(const Metrics& metrics) {
  constexpr double errors = 3;
  std::vector<BuiltInCheck> checks;
  for (const Limit& limit : limits()) {
    const std::size_t before = checks.size();
    for (const auto& [name, value] : metrics.all()) {
      if (!is_called(name, limit.metric) || !std::isfinite(value)) continue;
      BuiltInCheck check{{name, limit.min, limit.max, limit.why}, value, 0, true};
      if (const auto error = metrics.find(name + "_err"); error && std::isfinite(*error))
        check.error = *error;
      const double margin = errors * check.error;
      check.met =
          (!limit.min || value >= *limit.min - margin) && (!limit.max || value <= *limit.max + margin);
      checks.push_back(check);
    }
    if (checks.size() == before)
      checks.push_back({{limit.metric, limit.min, limit.max, limit.why}, nan, 0, true, false});
  }
  return checks;
}

Judgement judgement_of(const std::vector<Verdict>& verdicts, const std::vector<BuiltInCheck>& checks) {
  if (!std::all_of(verdicts.begin(), verdicts.end(), [](const Verdict& v) { return v.passed; }))
    return Judgement::fail;
  if (verdicts.empty()) return Judgement::not_judged;
  return std::all_of(checks.begin(), checks.end(), [](const BuiltInCheck& c) { return c.met; })
             ? Judgement::pass
             : Judgement::pass_with_warnings;
}

std::string to_string(Judgement judgement) {
  switch (judgement) {
    case Judgement::pass:
      return "PASS";
    case Judgement::pass_with_warnings:
      return "PASS WITH WARNINGS";
    case Judgement::fail:
      return "FAIL";
    case Judgement::not_judged:
      return "NOT JUDGED";
  }
  return "";
}

}  // namespace arcproof::validation
