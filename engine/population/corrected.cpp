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
constexpr double negligible = 1e-9;  // probability of a node

bool passes(const ClusterMass& cluster, const MassFunctionOptions& cuts) {
  return !select_masses(std::span(&cluster, 1), cuts).empty();
}

// ---- injections

struct InjectedClump {
  double log_mass_msun = 0;
  double magnification = 0;                       // summed over the images in the host
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
    if (is_new) clumps.push_back({image.log_mass_msun});
    InjectedClump& clump = clumps[at->second];
    require(clump.log_mass_msun == image.log_mass_msun, "injections_by_clump: images share their mass");
    if (image.magnification > 0) clump.magnification += image.magnification;
    if (image.recovered && (!clump.brightest || brighter(image, *clump.brightest))) clump.brightest = &image;
  }
  return clumps;
}

// Clumps without an image in the host were not found, and carry no weight but their number.
double mean_inverse_magnification(const std::vector<InjectedClump>& clumps) {
  double sum = 0;
  int n = 0;
  for (const InjectedClump& clump : clumps)
    if (clump.magnification > 0) {
      sum += 1 / clump.magnification;
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
  for (CorrectedParameter& p : fit.parameters) p = {p.name, nan, nan, nan, p.monte_carlo_error};
}

// What keeps a fit from being made at all.
bool is_possible(CorrectedFit& fit, std::span<const ClusterMass> selected,
                 std::span<const Injection> injections, double lowest_mass_msun) {
  const double lowest = std::log10(lowest_mass_msun);
  for (const Injection& i : injections) fit.found += i.found && i.log_mass_msun >= lowest;
  if (selected.size() < fewest_clusters)
    give_up(fit, CorrectedStatus::too_few_clusters,
            fmt::format("{} clusters pass the cuts, {} needed", selected.size(), fewest_clusters));
  else if (!std::all_of(selected.begin(), selected.end(), [](const ClusterMass& c) {
             return std::isfinite(c.log_mass_error) && c.log_mass_error >= 0;
           }))
    give_up(fit, CorrectedStatus::no_mass_errors, "a cluster that passes the cuts has no mass error");
  else if (fit.found == 0)
    give_up(fit, CorrectedStatus::nothing_found,
            fmt::format("none of {} injected clumps was found within the cuts", injections.size()));
  return fit.status == CorrectedStatus::ok;
}

// The N_eff that 99% of the posterior exceeds.
SelectionIntegral worst_selection(const HierarchicalLikelihood& likelihood,
                                  const QuadraturePosterior& posterior) {
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

CorrectedParameter summary_of(const QuadraturePosterior& posterior, int parameter, std::string name,
                              double monte_carlo_error) {
  const double median = posterior.quantile(parameter, 0.5);
  return {std::move(name), median,
          median - std::hypot(median - posterior.quantile(parameter, 0.16), monte_carlo_error),
          median + std::hypot(posterior.quantile(parameter, 0.84) - median, monte_carlo_error),
          monte_carlo_error};
}

void judge(CorrectedFit& fit, const HierarchicalLikelihood& likelihood,
           const QuadraturePosterior& posterior) {
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

}  // namespace

std::vector<Injection> injections_by_clump(std::span<const InjectedClumpImage> images,
                                           const InjectedMasses& drawn, const MassFunctionOptions& cuts) {
  require(drawn.low_msun > 0 && drawn.high_msun > drawn.low_msun, "injections_by_clump: 0 < low < high");
  const double log_density = -std::log(std::log10(drawn.high_msun / drawn.low_msun));
  const std::vector<InjectedClump> clumps = clumps_of(images);
  const double mean = mean_inverse_magnification(clumps);
  std::vector<Injection> injections;
  for (const InjectedClump& clump : clumps)
    injections.push_back({clump.log_mass_msun, log_density,
                          clump.brightest && passes(clump.brightest->measured, cuts),
                          clump.magnification > 0 ? 1 / (clump.magnification * mean) : 1.0});
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
  CorrectedFit fit;
  fit.model = model;
  fit.clusters = static_cast<int>(selected.size());
  fit.injections = static_cast<int>(injections.size());
  fit.injections_needed = fit.uncovered = nan;
  for (const std::string& name : parameter_names(model)) fit.parameters.push_back({name, nan, nan, nan, nan});
  if (!is_possible(fit, selected, injections, lowest_mass_msun)) return fit;

  std::vector<MassPosterior> masses;
  for (const ClusterMass& c : selected)
    masses.push_back(normal_mass_posterior(c.log_mass_msun, c.log_mass_error));
  const HierarchicalLikelihood likelihood(model_of(model, lowest_mass_msun, cuts), masses, injections);
  QuadratureOptions quadrature;
  if (fit.parameters.size() > 1) quadrature.nodes = nodes_of_two;
  const QuadraturePosterior posterior = integrate_hierarchical(likelihood, quadrature);
  const std::vector<double> error = likelihood.monte_carlo_error(posterior);
  for (std::size_t p = 0; p < fit.parameters.size(); ++p)
    fit.parameters[p] = summary_of(posterior, static_cast<int>(p), fit.parameters[p].name, error[p]);
  judge(fit, likelihood, posterior);
  return fit;
}

}  // namespace arcproof::population
