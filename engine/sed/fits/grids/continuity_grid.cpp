#include "engine/sed/fits/grids/continuity_grid.h"

#include "engine/core/error.h"

#include <algorithm>
#include <cmath>

namespace arcproof::sed {
namespace {

/// Nodes evenly from low to high, no further apart than `step`.
std::vector<double> even_nodes(double low, double high, double step) {
  require(high >= low, "ContinuityModel: limits in order");
  const int pieces = static_cast<int>(std::ceil((high - low) / step - 1e-9));
  std::vector<double> nodes;
  for (int i = 0; i <= pieces; ++i) nodes.push_back(pieces > 0 ? low + i * (high - low) / pieces : low);
  return nodes;
}

/// The ends of the prior and the library's metallicities between them: the library is linear between those.
std::vector<double> metallicity_nodes(const Library& library, const ContinuityModel& model) {
  require(model.log_z_solar_max >= model.log_z_solar_min && model.solar_metallicity > 0,
          "ContinuityModel: limits in order");
  const double solar = std::log10(model.solar_metallicity), low = model.log_z_solar_min + solar,
               high = model.log_z_solar_max + solar;
  std::vector<double> nodes{low};
  for (const double z : library.metallicity)
    if (std::log10(z) > low && std::log10(z) < high) nodes.push_back(std::log10(z));
  if (high > low) nodes.push_back(high);
  return nodes;
}

/// By metallicity, then bin: formed at a constant rate within the bin.
std::vector<Population> bin_populations(const ContinuityGrid& grid) {
  std::vector<Population> all;
  for (const double log_z : grid.log_z)
    for (std::size_t j = 0; j < grid.bins(); ++j)
      all.push_back(
          {grid.edge_myr[j + 1], std::pow(10, log_z), 0, {grid.edge_myr[j + 1] - grid.edge_myr[j]}});
  return all;
}

void tabulate(const std::shared_ptr<const Library>& library, const std::vector<Filter>& filters,
              ContinuityGrid& grid) {
  const std::vector<Population> populations = bin_populations(grid);
  std::vector<double> ebv = grid.av_mag;
  for (double& x : ebv) x /= dust_r_v(grid.model.synthesis.dust);
  const std::size_t zs = grid.log_z.size(), avs = ebv.size(), us = grid.log_u.size(), bins = grid.bins(),
                    bands = filters.size();
  grid.flux_njy.resize(zs * avs * us * bins * bands);
  for (std::size_t iu = 0; iu < us; ++iu) {
    SynthesisOptions options = grid.model.synthesis;
    options.log_u = grid.log_u[iu];
    const BandSynthesis synthesis(library, filters, grid.z, grid.cosmology, options);
    const std::vector<double> flux = synthesis.many_fluxes_njy_per_msun(populations, ebv);
    for (std::size_t k = 0; k < populations.size(); ++k)
      for (std::size_t iv = 0; iv < avs; ++iv)
        for (std::size_t b = 0; b < bands; ++b)
          grid.flux_njy[((((k / bins) * avs + iv) * us + iu) * bins + k % bins) * bands + b] =
              static_cast<float>(flux[(k * avs + iv) * bands + b]);
    if (iu > 0) continue;
    const bool drop = grid.z > grid.model.lyman_alpha_dropped_above_z;
    for (std::size_t b = 0; b < bands; ++b)
      grid.usable_band.push_back(!synthesis.outside_library()[b] &&
                                 !(drop && synthesis.at_or_below_lyman_alpha()[b]));
  }
  for (const Population& population : populations)
    grid.surviving.push_back(surviving_fraction(*library, population));
}

}  // namespace

std::vector<double> continuity_edges_myr(std::span<const double> ends_myr, double age_of_universe_myr) {
  std::vector<double> edges{0};
  for (const double end : ends_myr) {
    require(end > edges.back() || end >= age_of_universe_myr, "continuity: ends of bins above 0, increasing");
    if (end < age_of_universe_myr) edges.push_back(end);
  }
  const std::size_t n = edges.size();
  if (n > 1 && age_of_universe_myr - edges[n - 1] < 0.5 * (edges[n - 1] - edges[n - 2])) edges.pop_back();
  edges.push_back(age_of_universe_myr);
  require(edges.size() > 2, "continuity: two bins or more before the observation");
  return edges;
}

ContinuityGrid build_continuity_grid(const std::shared_ptr<const Library>& library,
                                     const std::vector<Filter>& filters, double z,
                                     const sky::Cosmology& cosmology, const ContinuityModel& model) {
  require(library != nullptr && !filters.empty(), "build_continuity_grid: a library and bands");
  require(model.ratio_scale > 0 && model.log_mass_max > model.log_mass_min,
          "ContinuityModel: scale above 0, limits in order");
  ContinuityGrid grid;
  grid.z = z;
  grid.cosmology = cosmology;
  grid.age_of_universe_myr = cosmology.age_myr(z);
  grid.model = model;
  for (const Filter& filter : filters) grid.bands.push_back(filter.band);
  grid.edge_myr = continuity_edges_myr(model.bin_ends_myr, grid.age_of_universe_myr);
  grid.log_z = metallicity_nodes(*library, model);
  constexpr double av_step_mag = 0.05, log_u_step = 0.25;
  grid.av_mag = even_nodes(model.av_min_mag, model.av_max_mag, av_step_mag);
  grid.log_u = even_nodes(model.log_u_min, model.log_u_max, log_u_step);
  tabulate(library, filters, grid);
  return grid;
}

}  // namespace arcproof::sed
