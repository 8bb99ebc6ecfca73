// The likelihood of measured masses with the pipeline itself as the model of the errors.
//
//   L(theta) = prod_i n(x_i | theta) / xi(theta)^N,       n(x | theta) = int p(m | theta) P(x | m) dm
//   xi(theta) = int n(x | theta) dx over the catalogue's limits                                          (1)
//
// x: measured log10 mass; P(x | m): the chance that a clump of true log10 mass m is found, passes the cuts of
// the catalogue other than that on mass, and is given the mass x. (1) is engine/population/hierarchical.h,
// eq. 1, with the data of a cluster reduced to x_i, and P(x | m) taken from the injections instead of a
// normal error of the stated size: Mandel, Farr & Gair 2019 (MNRAS 486, 1086, eq. 7 and 14).
//
// Why. A stated mass error need not be the scatter of the pipeline: it may be the width of a chi-squared fit,
// or hold a magnification error that all clusters of an arc share; blends and wrong matches give tails, and
// faint clumps are found when noise makes them bright. In a likelihood of normal errors s each cluster brings
// the factor exp(b^2 s^2 / 2), b = (beta + 1) ln 10: an error of s shifts the slope at first order.
// Injections that went through the same pipeline know all of this, and how detection and mass errors hang
// together.
//
// P(x | m) from injection k of true mass l_k that was given x_k: an injection says what happens to clumps of
// about its mass. It is slid along, both masses together, by up to w = kernel_dex:
//
//   P(x | m) = (1/N_draw) sum_k r_k / p_draw(l_k) K(m - l_k) / Z(m) delta(x - m - (x_k - l_k))
//   n(x_i | theta) = (1/N_draw) sum_k r_k / p_draw(l_k) K(x_i - x_k) / Z(m) p(m | theta),
//   m = l_k + x_i - x_k
//
// K: the biweight (15/16 w) (1 - (u/w)^2)^2, of standard deviation w / sqrt(7); Z(m) = int K(m - l) dl over
// the injected masses mends its edges. The mass function itself is not smoothed, only what the pipeline does
// as a function of true mass: the error is of second order in w over the masses in which completeness and
// scatter change.
//
// How wide. The kernel's bias of a slope goes as w^2; its random error hardly depends on w, as a slope is a
// mean over all injections, unlike P itself; what a narrow kernel costs is the bias of the logarithm of
// n(x_i), -1 / 2 n_eff,i with n_eff,i ~ w N_found. The two balance at w ~ N_found^(-1/3), narrower than what
// suits P itself, N^(-1/5). In recipe cmf_recovery (10,000 found, 150 clusters) w = 0.22 made slopes of -2.5
// and -3 too flat by 0.31 and 0.37 of their error, w = 0.1 by 0.03 and less; the random errors were 0.028 and
// 0.032.
//
// xi is the integral of the same P(x | m), by Gauss-Legendre for each injection, to 1e-6.
//
// What it assumes: injections suffered the errors of the catalogue. Those of the magnification are among them
// only where truth and analysis have different lens models.
#pragma once

#include "engine/population/hierarchical.h"
#include "engine/population/mass_model.h"
#include "engine/population/selection.h"

#include <limits>
#include <span>
#include <vector>

namespace arcproof::population {

/// An injected clump with the mass that the pipeline gave it.
struct MeasuredInjection {
  double log_mass_msun = 0;     ///< true
  double log_draw_density = 0;  ///< natural log of p_draw [1/dex]
  double weight = 1;            ///< r_k (engine/population/selection.h)
  /// NaN: not found, or outside of the catalogue's cuts other than that on mass.
  double measured_log_mass = std::numeric_limits<double>::quiet_NaN();
};

struct MeasuredMassOptions {
  Bounds log_mass = {-100, 100};  ///< the catalogue's limits on measured log10 mass
  /// w; 0: 0.27 (500 / number found)^(1/3), from 0.03 to 0.8.
  double kernel_dex = 0;
  double step_dex = 0.02;  ///< of the grid of true masses (engine/population/log_mass_sum.h)
};

class MeasuredMassLikelihood {
 public:
  /// `log_masses`: measured, all within the limits. The model's masses above the heaviest injection count as
  /// lost: `verdict` says how many these may be. No clusters, no injections: ContractError.
  MeasuredMassLikelihood(const MassModel& model, std::span<const double> log_masses,
                         std::span<const MeasuredInjection> injections, const MeasuredMassOptions& options);

  double operator()(std::span<const double> theta) const;            ///< ln L, -infinity outside the prior
  double log_posterior(std::span<const double> theta) const;         ///< with the normalised flat prior
  double direct(std::span<const double> theta) const;                ///< the slow twin, term by term
  SelectionIntegral selection(std::span<const double> theta) const;  ///< xi, its error, N_eff to 1%
  SelectionVerdict verdict(std::span<const double> theta, const SelectionIntegral& worst) const;
  /// How far another set of injections would move the posterior mean of each parameter, 1 sigma:
  /// HierarchicalLikelihood::monte_carlo_error, with what an injection does to clusters and to xi together.
  std::vector<double> monte_carlo_error(std::span<const PosteriorPoint> points) const;

  /// The true log10 masses whose injections make the error of xi: the middle `share` of the sum of the
  /// squares of their contributions. Where more injections help most. Found in the limits: at least one.
  Bounds costly_masses(std::span<const double> theta, double share) const;

  /// Clusters with a measured mass that no injection comes near: the likelihood is zero.
  int clusters_without_injections() const { return lonely_; }
  int clusters() const { return static_cast<int>(clusters_.size()); }
  double kernel_dex() const { return kernel_.width; }
  const MassModel& model() const { return model_; }

 private:
  // A clump of true mass m, slid from an injection.
  struct Term {
    int injection;
    double injected_log_mass, log_mass_msun, weight;
  };
  using Terms = std::vector<Term>;
  struct Kernel {
    double width, low, high;  // of the injected masses
    double operator()(double distance) const;
    double norm(double log_mass) const;  // Z
  };
  // (injected mass, contribution to xi) of each injection that has one.
  std::vector<WeightedMass> contributions(std::span<const double> theta) const;
  Terms terms_of_cluster(double measured) const;
  Terms terms_of_selection() const;
  LogMassSum sum_of(const Terms& terms) const;
  struct WeightedDensity {
    GriddedDensity density;
    double weight;
  };
  std::vector<WeightedDensity> densities(int parameter, std::span<const PosteriorPoint> points) const;
  std::vector<double> response(const LogMassSum& sum, std::span<const WeightedDensity> points) const;

  struct Found {
    double log_mass, measured, weight;  // weight r / p_draw
    int number;
  };
  MassModel model_;
  MeasuredMassOptions options_;
  std::vector<Found> found_;  // by rising measured mass
  Kernel kernel_;
  double low_, high_;  // true masses that injections and model share
  LogMassGrid grid_;
  std::vector<Terms> cluster_terms_;
  Terms selection_terms_;
  std::vector<LogMassSum> clusters_;
  std::vector<LogMassSum> xi_;  // one
  Selection counts_;
  int injections_, lonely_ = 0;
};

/// The posterior by quadrature, with its evidence: what tests look at of this likelihood alone.
inference::QuadraturePosterior integrate_measured_masses(const MeasuredMassLikelihood& likelihood,
                                                         const inference::QuadratureOptions& options = {});

}  // namespace arcproof::population
