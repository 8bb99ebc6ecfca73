// Fluxes of all cells. A population is a sum of spectra of the library's nodes, and so are its fluxes: the
// nodes are put through the bands once for every A_V and log U, and each cell is a weighted sum of them.
#include "engine/sed/fits/grids/posterior_grid.h"

#include "engine/core/error.h"

#include <algorithm>
#include <cmath>

namespace arcproof::sed {
namespace {

std::vector<double> centres(double low, double high, int cells) {
  require(cells >= 1 && high >= low, "PosteriorCells: one cell or more, limits in order");
  std::vector<double> out;
  for (int i = 0; i < cells; ++i) out.push_back(low + (i + 0.5) * (high - low) / cells);
  return out;
}

void cut_axes(PosteriorGrid& grid) {
  const PosteriorPriors& p = grid.model.priors;
  const PosteriorCells& c = grid.model.cells;
  require(p.age_min_myr > 0 && p.age_min_myr < grid.age_of_universe_myr,
          "PosteriorPriors: age_min above 0 and below the age of the Universe");
  require(c.log_age_step > 0 && p.log_mass_max > p.log_mass_min && p.solar_metallicity > 0,
          "PosteriorPriors: limits in order; PosteriorCells: step > 0");
  const double low = std::log10(p.age_min_myr), high = std::log10(grid.age_of_universe_myr);
  const int ages = std::max(1, static_cast<int>(std::ceil((high - low) / c.log_age_step - 1e-9)));
  for (int i = 0; i <= ages; ++i) grid.log_age_myr_edge.push_back(low + i * (high - low) / ages);
  grid.log_age_myr = centres(low, high, ages);
  const double solar = std::log10(p.solar_metallicity);
  grid.log_z = centres(p.log_z_solar_min + solar, p.log_z_solar_max + solar, c.metallicity);
  grid.av_mag = centres(p.av_min_mag, p.av_max_mag, c.av);
  grid.log_u = centres(p.log_u_min, p.log_u_max, c.log_u);
}

/// Fluxes of the library's nodes: [((Z * ages + age) * A_V + A_V) * log U + log U) * bands + band].
class NodeFluxes {
 public:
  NodeFluxes(const std::shared_ptr<const Library>& library, const std::vector<Filter>& filters,
             PosteriorGrid& grid)
      : library_(*library), block_(grid.av_mag.size() * grid.log_u.size() * filters.size()) {
    std::vector<Population> nodes;
    for (const double z : library_.metallicity)
      for (const double age : library_.age_myr) nodes.push_back({age, z, 0, {}});
    std::vector<double> ebv = grid.av_mag;
    for (double& x : ebv) x /= dust_r_v(grid.model.synthesis.dust);
    values_.resize(nodes.size() * block_);
    const std::size_t us = grid.log_u.size(), bands = filters.size();
    for (std::size_t iu = 0; iu < us; ++iu) {
      SynthesisOptions options = grid.model.synthesis;
      options.log_u = grid.log_u[iu];
      const BandSynthesis synthesis(library, filters, grid.z, grid.cosmology, options);
      const std::vector<double> flux = synthesis.many_fluxes_njy_per_msun(nodes, ebv);
      for (std::size_t k = 0; k < nodes.size() * ebv.size(); ++k)
        for (std::size_t b = 0; b < bands; ++b) values_[(k * us + iu) * bands + b] = flux[k * bands + b];
      if (iu == 0) mark_bands(synthesis, grid);
    }
  }

  std::size_t block() const { return block_; }
  /// sum += weight * fluxes of one node.
  void add(std::size_t node, double weight, std::vector<double>& sum) const {
    const double* from = &values_[node * block_];
    for (std::size_t i = 0; i < block_; ++i) sum[i] += weight * from[i];
  }

 private:
  static void mark_bands(const BandSynthesis& synthesis, PosteriorGrid& grid) {
    const bool drop = grid.z > grid.model.lyman_alpha_dropped_above_z;
    for (std::size_t b = 0; b < synthesis.bands(); ++b)
      grid.usable_band.push_back(!synthesis.outside_library()[b] &&
                                 !(drop && synthesis.at_or_below_lyman_alpha()[b]));
  }

  const Library& library_;
  std::size_t block_;
  std::vector<double> values_;
};

/// One age at all metallicities of the library.
std::vector<std::vector<double>> at_age(const Library& library, const NodeFluxes& nodes,
                                        const StarFormation& history, double age) {
  std::vector<std::vector<double>> out;
  for (std::size_t iz = 0; iz < library.metallicity.size(); ++iz) {
    std::vector<double>& sum = out.emplace_back(nodes.block());
    for (const NodeWeight& node : node_weights(library, {age, library.metallicity[iz], 0, history}))
      nodes.add(node.metallicity * library.age_myr.size() + node.age, node.weight, sum);
  }
  return out;
}

/// Whether log U changes a flux by more than 1e-3.
bool log_u_matters(const std::vector<std::vector<double>>& blocks, std::size_t us, std::size_t bands) {
  for (const std::vector<double>& block : blocks)
    for (std::size_t k = 0; k < block.size(); k += us * bands)
      for (std::size_t b = 0; b < bands; ++b)
        for (std::size_t iu = 1; iu < us; ++iu)
          if (std::abs(block[k + iu * bands + b] - block[k + b]) > 1e-3 * block[k + b]) return true;
  return false;
}

void append_age(PosteriorGrid& grid, const Library& library,
                const std::vector<std::vector<double>>& at_nodes) {
  const std::size_t us = grid.log_u.size(), bands = grid.bands.size();
  const std::size_t kept = log_u_matters(at_nodes, us, bands) ? us : 1;
  grid.first.push_back(grid.models());
  grid.log_u_cells.push_back(kept);
  std::vector<double> sum(at_nodes.front().size());
  for (const double log_z : grid.log_z) {
    std::fill(sum.begin(), sum.end(), 0.0);
    for (const NodeWeight& node :
         node_weights(library, {library.age_myr.front(), std::pow(10, log_z), 0, {}}))
      for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += node.weight * at_nodes[node.metallicity][i];
    for (std::size_t iv = 0; iv < grid.av_mag.size(); ++iv)
      for (std::size_t iu = 0; iu < kept; ++iu)
        for (std::size_t b = 0; b < bands; ++b)
          grid.flux_njy[b].push_back(static_cast<float>(sum[(iv * us + iu) * bands + b]));
  }
}

}  // namespace

PosteriorGrid build_posterior_grid(const std::shared_ptr<const Library>& library,
                                   const std::vector<Filter>& filters, double z,
                                   const sky::Cosmology& cosmology, const PosteriorModel& model) {
  require(library != nullptr && !filters.empty(), "build_posterior_grid: a library and bands");
  PosteriorGrid grid;
  grid.z = z;
  grid.cosmology = cosmology;
  grid.age_of_universe_myr = cosmology.age_myr(z);
  grid.model = model;
  cut_axes(grid);
  for (const Filter& filter : filters) grid.bands.push_back(filter.band);
  grid.flux_njy.resize(filters.size());
  const NodeFluxes nodes(library, filters, grid);
  for (const double log_age : grid.log_age_myr) {
    const double age = std::pow(10, log_age);
    append_age(grid, *library, at_age(*library, nodes, model.history, age));
    for (const double log_z : grid.log_z)
      grid.surviving.push_back(surviving_fraction(*library, {age, std::pow(10, log_z), 0, model.history}));
  }
  return grid;
}

}  // namespace arcproof::sed
