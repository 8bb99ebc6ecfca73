// The joint posterior of a clump's intrinsic flux and size: draws of the fit, each seen through a draw of the
// lens.
//
// Flux and size go together twice: a fit that makes a clump larger makes it brighter, and a model that
// magnifies it more makes it smaller and fainter. Intervals of each alone do not tell; surface densities, F /
// R^2, need both.
#pragma once

#include "engine/io/table.h"
#include "recipes/program/commands/lenses/clump_catalog.h"
#include "recipes/program/commands/lenses/lens_source.h"

#include <cstdint>
#include <string>
#include <vector>

namespace arcproof::commands {

struct DrawOptions {
  int draws = 0;            ///< of each clump
  std::string redraws;      ///< FILE[HDU]: table REDRAWS of `arcproof fit --keep-redraws`; "": from the
                            ///< catalogue's errors
  double floor_arcsec = 0;  ///< of sizes
  double pixel_scale_arcsec = 0;
  std::uint64_t seed = 1;
  int threads = 1;
};

struct ClumpDraw {
  std::int64_t redraw = -1, lens_draw = -1;  ///< -1: of the catalogue's errors; of the best lens
  double mu = 0, radius_pc = 0;              ///< NaN off a map; without a shape
  bool is_limit = false;                     ///< radius_pc is that of a clump below the floor
  std::vector<double> flux_njy;              ///< intrinsic, observed flux / mu; by band of the catalogue
};

class JointPosterior {
 public:
  /// Draws clumps where `wanted`. Redraw and lens draw are paired at random, so that each is used equally
  /// often. Without redraws, fluxes and axes are drawn from the catalogue's errors, each by itself, which
  /// leaves the correlation that comes from the lens; without a lens posterior, that of the fit is left. The
  /// spread of mu over a clump (mu_spread) is in neither. InputError: redraws of which a clump's id has none,
  /// of ids given twice, without a band of the catalogue.
  JointPosterior(const ClumpCatalog& clumps, const LensSource& lens, const std::vector<char>& wanted,
                 const DrawOptions& options);

  /// One row per draw.
  io::Table table() const;
  /// Medians and 68% intervals of mu, size and fluxes, and the correlation of ln flux (first band) with ln
  /// size.
  void add_summary(io::Table& clumps) const;

 private:
  template <class Get>
  void add_interval(io::Table& table, const std::string& name, const std::string& unit,
                    const std::string& text, Get get) const;

  const ClumpCatalog& clumps_;
  std::vector<std::string> bands_;
  std::vector<std::vector<ClumpDraw>> draws_;  // by row of the catalogue
  std::vector<double> distance_modulus_;
};

}  // namespace arcproof::commands
