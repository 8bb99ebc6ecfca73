#include "engine/population/corrected.h"

#include "engine/core/error.h"
#include "engine/core/missing.h"

#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

namespace arcproof::population {
namespace {

constexpr std::size_t fewest_clusters = 3;
constexpr double best_covered = 0.99;
constexpr int nodes_of_two =
    101;  // a side: quantiles to 1e-4 of the width, in a quarter of the default's time
constexpr int nodes_of_two_measured = 61;  // to 1e-3 of the width
constexpr double negligible = 1e-9;        // probability of a node

bool passes(const ClusterMass& cluster, const MassFunctionOptions& cuts) {
  return !select_masses(std::span(&cluster, 1), cuts).empty();
}

// ---- injections

struct InjectedClump {
  double log_mass_msun = 0, log_draw_density = nan;
  double magnification = 0;                       // summed over the images in the host
  double place_weight = nan;                      // likewise
  const InjectedClumpImage* brightest = nullptr;  // of the recovered ones
};

bool brighter(const InjectedClumpImage& a, const InjectedClumpImage& b) {
  return a.snr > b.snr || (std::isnan(b.snr) && !std::isnan(a.snr));
}

std::vector<InjectedClump> clumps_of(std::span<const InjectedClumpImage> images) {
  std::vector<InjectedClump> clumps;
  std::map<std::int64_t, std::size_t> place;
  for (const InjectedClumpImage& image : images) {
    const auto [at, is_new] = place.try_emplace(image.clump, clumps.size());
    if (is_new) clumps.push_back({image.log_mass_msun, image.log_draw_density});
    InjectedClump& clump = clumps[at->second];
    require(clump.log_mass_msun == image.log_mass_msun, "injections_by_clump: images share their mass");
    if (image.magnification > 0) {
      clump.magnification += image.magnification;
      if (image.place_weight >= 0)
        clump.place_weight = (clump.place_weight >= 0 ? clump.place_weight : 0) + image.place_weight;
    }
    if (image.recovered && (!clump.brightest || brighter(image, *clump.brightest))) clump.brightest = &image;
  }
  return clumps;
}

// Clumps without an image in the host were not found, and carry no weight but their number.
double plain_weight(const InjectedClump& clump) {
  return (clump.place_weight >= 0 ? clump.place_weight : 1) / clump.magnification;
}

double mean_plain_weight(const std::vector<InjectedClump>& clumps) {
  double sum = 0;
  int n = 0;
  for (const InjectedClump& clump : clumps)
    if (clump.magnification > 0) {
      sum += plain_weight(clump);
      ++n;
    }
  return n > 0 ? sum / n : 1;
}

// ---- fit

MassModel model_of(MassFunctionModel model, double lowest_mass_msun, const MassFunctionOptions& cuts) {
  MassModelOptions options;
  options.min_mass_msun = lowest_mass_msun;
  options.beta = {cuts.beta_low, cuts.beta_high};
  options.log_cutoff = {std::log10(cuts.min_mass_msun), cuts.log_cutoff_high};
  return {model == MassFunctionModel::power_law ? MassModelKind::power_law : MassModelKind::schechter,
          options};
}

void give_up(CorrectedFit& fit, CorrectedStatus status, std::string message) {
  fit.status = status;
  fit.message = std::move(message);
  for (CorrectedParameter& p : fit.parameters) p = {{nan, nan, nan}, p.name, p.monte_carlo_error};
}

CorrectedFit empty_fit(MassFunctionModel model, std::size_t clusters, std::size_t injections) {
  CorrectedFit fit;
  fit.model = model;
  fit.clusters = static_cast<int>(clusters);
  fit.injections = static_cast<int>(injections);
  fit.injections_needed = fit.uncovered = nan;
  for (const std::string& name : parameter_names(model))
    fit.parameters.push_back({{nan, nan, nan}, name, nan});
  return fit;
}

// What keeps a fit from being made at all.
bool is_possible(CorrectedFit& fit) {
  if (fit.clusters < static_cast<int>(fewest_clusters))
    give_up(fit, CorrectedStatus::too_few_clusters,
            fmt::format("{} clusters pass the cuts, {} needed", fit.clusters, fewest_clusters));
  else if (fit.found == 0)
    give_up(fit, CorrectedStatus::nothing_found,
            fmt::format("none of {} injected clumps was found within the cuts", fit.injections));
  return fit.status == CorrectedStatus::ok;
}

bool have_errors(CorrectedFit& fit, std::span<const ClusterMass> selected) {
  if (std::all_of(selected.begin(), selected.end(), [](const ClusterMass& c) {
        return std::isfinite(c.log_mass_error) && c.log_mass_error >= 0;
      }))
    return true;
  give_up(fit, CorrectedStatus::no_mass_errors, "a cluster that passes the cuts has no mass error");
  return false;
}

// The N_eff that 99% of the posterior exceeds.
template <class Likelihood>
SelectionIntegral worst_selection(const Likelihood& likelihood,
                                  const inference::QuadraturePosterior& posterior) {
  std::vector<std::pair<SelectionIntegral, double>> nodes;
  for (std::size_t e = 0; e < posterior.probabilities().size(); ++e)
    if (posterior.probabilities()[e] > negligible)
      nodes.emplace_back(likelihood.selection(posterior.point(e)), posterior.probabilities()[e]);
  std::stable_sort(nodes.begin(), nodes.end(), [](const auto& a, const auto& b) {
    return a.first.effective_injections < b.first.effective_injections;
  });
  double below = 0;
  for (const auto& [selection, probability] : nodes) {
    below += probability;
    if (below > 1 - best_covered) return selection;
  }
  return nodes.back().first;
}

CorrectedParameter summary_of(const inference::QuadraturePosterior& posterior, int parameter,
                              std::string name, double monte_carlo_error) {
  const double median = posterior.quantile(parameter, 0.5);
  return {{median, median - std::hypot(median - posterior.quantile(parameter, 0.16), monte_carlo_error),
           median + std::hypot(posterior.quantile(parameter, 0.84) - median, monte_carlo_error)},
          std::move(name),
          monte_carlo_error};
}

template <class Likelihood>
void judge(CorrectedFit& fit, const Likelihood& likelihood, const inference::QuadraturePosterior& posterior) {
  std::vector<double> median;
  for (const CorrectedParameter& p : fit.parameters) median.push_back(p.median);
  const SelectionVerdict verdict = likelihood.verdict(median, worst_selection(likelihood, posterior));
  fit.effective_injections = verdict.effective_injections;
  fit.injections_needed = verdict.injections_needed;
  fit.uncovered = verdict.uncovered;
  if (verdict.status == SelectionStatus::too_few_injections)
    give_up(fit, CorrectedStatus::too_few_injections, verdict.message);
  if (verdict.status == SelectionStatus::injections_do_not_cover)
    give_up(fit, CorrectedStatus::injections_do_not_cover, verdict.message);
}

// Posterior, quantiles, Monte-Carlo errors, verdict.
template <class Likelihood>
void summarise(CorrectedFit& fit, const Likelihood& likelihood, const inference::LogDensity& density,
               int nodes) {
  inference::QuadratureOptions quadrature;
  if (fit.parameters.size() > 1) quadrature.nodes = nodes;
  const auto posterior = std::make_shared<const inference::QuadraturePosterior>(
      density, likelihood.model().bounds(), quadrature);
  std::vector<PosteriorPoint> points;
  for (std::size_t e = 0; e < posterior->probabilities().size(); ++e)
    if (posterior->probabilities()[e] > negligible)
      points.push_back({posterior->point(e), posterior->probabilities()[e]});
  const std::vector<double> error = likelihood.monte_carlo_error(points);
  for (std::size_t p = 0; p < fit.parameters.size(); ++p)
    fit.parameters[p] = summary_of(*posterior, static_cast<int>(p), fit.parameters[p].name, error[p]);
  fit.posterior = posterior;
  judge(fit, likelihood, *posterior);
}

double density_of(const InjectedClump& clump, const InjectedMasses& drawn) {
  return std::isnan(clump.log_draw_density) ? -std::log(std::log10(drawn.high_msun / drawn.low_msun))
                                            : clump.log_draw_density;
}

// To a mean of 1.
double weight_of(const InjectedClump& clump, double mean) {
  return clump.magnification > 0 ? plain_weight(clump) / mean : 1.0;
}

bool young(const ClusterMass& cluster, MassFunctionOptions cuts) {
  cuts.min_mass_msun = std::numeric_limits<double>::min();
  cuts.max_mass_msun = no_max_mass;
  return passes(cluster, cuts);
}

}  // namespace

std::vector<Injection> injections_by_clump(std::span<const InjectedClumpImage> images,
                                           const InjectedMasses& drawn, const MassFunctionOptions& cuts) {
  require(drawn.low_msun > 0 && drawn.high_msun > drawn.low_msun, "injections_by_clump: 0 < low < high");
  const std::vector<InjectedClump> clumps = clumps_of(images);
  const double mean = mean_plain_weight(clumps);
  std::vector<Injection> injections;
  for (const InjectedClump& clump : clumps)
    injections.push_back({clump.log_mass_msun, density_of(clump, drawn),
                          clump.brightest && passes(clump.brightest->measured, cuts),
                          weight_of(clump, mean)});
  return injections;
}

std::vector<MeasuredInjection> measured_by_clump(std::span<const InjectedClumpImage> images,
                                                 const InjectedMasses& drawn,
                                                 const MassFunctionOptions& cuts) {
  require(drawn.low_msun > 0 && drawn.high_msun > drawn.low_msun, "measured_by_clump: 0 < low < high");
  const std::vector<InjectedClump> clumps = clumps_of(images);
  const double mean = mean_plain_weight(clumps);
  std::vector<MeasuredInjection> injections;
  for (const InjectedClump& clump : clumps) {
    const bool found = clump.brightest && young(clump.brightest->measured, cuts);
    injections.push_back({clump.log_mass_msun, density_of(clump, drawn), weight_of(clump, mean),
                          found ? clump.brightest->measured.log_mass_msun : nan});
  }
  return injections;
}

std::vector<ClusterMass> select_clusters(std::span<const ClusterMass> clusters,
                                         const MassFunctionOptions& cuts) {
  std::vector<ClusterMass> selected;
  std::copy_if(clusters.begin(), clusters.end(), std::back_inserter(selected),
               [&](const ClusterMass& c) { return passes(c, cuts); });
  return selected;
}

const char* name_of(CorrectedStatus status) {
  switch (status) {
    case CorrectedStatus::ok:
      return "ok";
    case CorrectedStatus::too_few_clusters:
      return "too_few_clusters";
    case CorrectedStatus::no_mass_errors:
      return "no_mass_errors";
    case CorrectedStatus::nothing_found:
      return "nothing_found";
    case CorrectedStatus::too_few_injections:
      return "too_few_injections";
    case CorrectedStatus::injections_do_not_cover:
      return "injections_do_not_cover";
  }
  return "";
}

CorrectedFit correct_mass_function(MassFunctionModel model, std::span<const ClusterMass> clusters,
                                   std::span<const Injection> injections, double lowest_mass_msun,
                                   const MassFunctionOptions& cuts) {
  require(lowest_mass_msun > 0 && lowest_mass_msun <= cuts.min_mass_msun,
          "correct_mass_function: 0 < lowest mass <= minimum mass of the cuts");
  const std::vector<ClusterMass> selected = select_clusters(clusters, cuts);
  CorrectedFit fit = empty_fit(model, selected.size(), injections.size());
  const double lowest = std::log10(lowest_mass_msun);
  for (const Injection& i : injections) fit.found += i.found && i.log_mass_msun >= lowest;
  if (!is_possible(fit) || !have_errors(fit, selected)) return fit;

  std::vector<MassPosterior> masses;
  for (const ClusterMass& c : selected)
    masses.push_back(normal_mass_posterior(c.log_mass_msun, c.log_mass_error));
  const HierarchicalLikelihood likelihood(model_of(model, lowest_mass_msun, cuts), masses, injections);
  const auto density = [&](std::span<const double> theta) { return likelihood.log_posterior(theta); };
  summarise(fit, likelihood, density, nodes_of_two);
  return fit;
}

CorrectedFit correct_mass_function(MassFunctionModel model, std::span<const ClusterMass> clusters,
                                   std::span<const MeasuredInjection> injections, double lowest_mass_msun,
                                   const MassFunctionOptions& cuts) {
  require(lowest_mass_msun > 0 && lowest_mass_msun <= cuts.min_mass_msun,
          "correct_mass_function: 0 < lowest mass <= minimum mass of the cuts");
  constexpr double rounding = 1e-9;  // of a mass at the cut, taken to its logarithm
  const Bounds limits{std::log10(cuts.min_mass_msun) - rounding, std::log10(cuts.max_mass_msun) + rounding};
  const std::vector<ClusterMass> selected = select_clusters(clusters, cuts);
  CorrectedFit fit = empty_fit(model, selected.size(), injections.size());
  const double lowest = std::log10(lowest_mass_msun);
  for (const MeasuredInjection& i : injections)
    fit.found +=
        i.log_mass_msun >= lowest && i.measured_log_mass > limits.low && i.measured_log_mass < limits.high;
  if (!is_possible(fit)) return fit;

  std::vector<double> masses;
  for (const ClusterMass& c : selected) masses.push_back(c.log_mass_msun);
  MeasuredMassOptions options;
  options.log_mass = limits;
  const MeasuredMassLikelihood likelihood(model_of(model, lowest_mass_msun, cuts), masses, injections,
                                          options);
  if (likelihood.clusters_without_injections() > 0) {
    give_up(
        fit, CorrectedStatus::injections_do_not_cover,
        fmt::format("injections do not cover the catalogue: {} of {} clusters have a measured mass that no "
                    "injected clump was given, to {:g} dex",
                    likelihood.clusters_without_injections(), fit.clusters, likelihood.kernel_dex()));
    return fit;
  }
  const auto density = [&](std::span<const double> theta) { return likelihood.log_posterior(theta); };
  summarise(fit, likelihood, density, nodes_of_two_measured);
  std::vector<double> median;
  for (std::size_t p = 0; p < fit.parameters.size(); ++p)
    median.push_back(fit.posterior->quantile(static_cast<int>(p), 0.5));
  fit.costly_log_mass = likelihood.costly_masses(median, 0.8);
  return fit;
}

}  // namespace arcproof::population
