// What fraction of a population a catalogue holds, from injections, and how well the injections tell it.
//
//   xi(theta) = int p(l | theta) P(selected | l) dl
//             ~  (1 / N_draw) sum_{found k} p(l_k | theta) r_k / p_draw(l_k)
//
// the sum over injections of known true log mass l_k, drawn with density p_draw and carried through the same
// selection as the science catalogue (Mandel, Farr & Gair 2019, MNRAS 486, 1086; Farr 2019, RNAAS 3, 66).
// N_draw counts all injections, the lost ones included.
//
// "found" means: detected, *and* inside every cut of the catalogue, applied to what was measured of the
// injection: signal to noise, age, the mass limit on the measured mass. Clusters scatter over these limits
// both ways; xi knows it only if the injections did the same.
//
// What is injected beside the mass (age, size, magnification, position ...) is summed over. The injections
// should follow the population in these; where they do not, r_k = p_population(age_k, size_k, ...) /
// p_draw(age_k, size_k, ...) given by the caller sets it right. What was assumed of them belongs beside the
// result.
//
// Monte-Carlo error (Farr 2019): sigma^2 = [<x^2> - <x>^2] / N_draw, x the summand (0 if lost), and
//
//   N_eff = xi^2 / sigma^2.
//
// ln xi^N errs by N / sqrt(N_eff). Farr shows that below N_eff = 4 N_obs the error cannot be marginalised
// over at all; `enough` asks for more than that. It is a lower limit, not a promise of accuracy: the variance
// of the log likelihood, N_obs^2 / N_eff, is 1 only at N_eff = N_obs^2 (Essick & Farr 2022, arXiv 2204.00461,
// ask for this variance). N_eff grows as N_draw, which says how many more are needed.
#pragma once

#include "engine/population/log_mass_sum.h"

#include <limits>
#include <span>
#include <string>
#include <vector>

namespace arcproof::population {

struct Injection {
  double log_mass_msun = 0;
  double log_draw_density = 0;  ///< natural log of p_draw [1/dex]; -ln(range) if uniform in log mass
  bool found = false;           ///< and inside every cut of the catalogue
  double weight = 1;            ///< r_k, >= 0
};

struct SelectionIntegral {
  double xi = 0;
  double variance = 0;              ///< of xi
  double effective_injections = 0;  ///< N_eff; infinite for a catalogue without selection
};

/// xi and its error for any theta. The injections enter once, through engine/population/log_mass_sum.h.
class Selection {
 public:
  /// Injections beyond [low, high] of the grid are counted in N_draw only. No injections, or a draw density
  /// or weight that is not finite: ContractError.
  Selection(const LogMassGrid& grid, std::span<const Injection> injections);

  SelectionIntegral integral(const GriddedDensity& p) const;
  SelectionIntegral direct_integral(const LogMassDensity& p) const;  ///< the slow twin

  /// The share of xi that lies at masses where nothing was injected, if the fraction found there is that of
  /// the outermost 5% of the injections: what the injections cannot tell.
  double uncovered(const LogMassDensity& p, const SelectionIntegral& integral) const;

  int injections() const { return drawn_; }
  int found() const { return found_; }
  const LogMassSum& sums() const { return sum_; }

 private:
  SelectionIntegral from_sums(double sum, double sum_of_squares) const;

  int drawn_ = 0, found_ = 0;
  double lowest_ = 0, highest_ = 0;                    // injected
  double found_at_lowest_ = 0, found_at_highest_ = 0;  // fraction of the outermost 5%
  LogMassSum sum_;
};

enum class SelectionStatus { ok, too_few_injections, injections_do_not_cover };

struct SelectionVerdict {
  SelectionStatus status = SelectionStatus::ok;
  double effective_injections = std::numeric_limits<double>::infinity();
  double injections_needed = 0;  ///< for N_eff = 4 N_obs, at the same draw density
  double uncovered = 0;
  std::string
      message;  ///< empty if ok; else "too few injections: N_eff = 31 of 240 needed; about 8000 injections
                ///< ..."
};

/// N_eff > 4 N_obs, uncovered u < 0.01, and sqrt(N_obs) u ln(1/u) < 0.2: so many sigma the slope of a power
/// law moves if the share u is left out; or what is wrong.
SelectionVerdict judge_selection(const SelectionIntegral& integral, double uncovered, int objects,
                                 int injections);

}  // namespace arcproof::population
