// A lens of map files as a user asks for it, on the command line or in a recipe: which files, what their
// numbers mean, and the draws of a posterior beside them. One set of rules and messages for both.
#pragma once

#include "engine/core/keys.h"
#include "engine/lens/realisations.h"
#include "engine/lens/sources/map_file.h"

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace arcproof::lens {

/// What the user says of a map; empty where nothing is said. What a header says too must agree: numbers to
/// 1e-3 (z_lens, h0 and omega_m to 1e-6), words exactly.
struct MapOptions {
  std::optional<std::string> map_unit;
  std::optional<double> map_dlsds, map_z;
  std::optional<int> map_sign;
  std::optional<std::string> map_x;
  std::optional<double> map_pixel_scale_arcsec;
  std::optional<double> z_lens;
  std::optional<double> h0, omega_m;  ///< H0 and OMEGAM of headers; 70 and 0.3 where neither says it
  bool operator==(const MapOptions&) const = default;

  /// All but h0 and omega_m, which a recipe says for all of it.
  void describe(Keys& keys) {
    keys.optional_text("map_unit", map_unit, "unit of the deflection (absent: arcsec)", {"arcsec", "pixel"});
    keys.optional_number("map_dlsds", map_dlsds, "",
                         "D_LS / D_S that deflections are normalised to; 1 for the Frontier Fields",
                         Allowed::above(0, 1));
    keys.optional_number("map_z", map_z, "", "or the source redshift that they are for",
                         Allowed::above(0, 30));
    std::optional<double> sign = map_sign;
    keys.optional_number("map_sign", sign, "", "beta = theta - sign alpha: 1 or -1 (absent: 1)",
                         Allowed::either(-1, 1));
    map_sign = sign ? std::optional(static_cast<int>(*sign)) : std::nullopt;
    keys.optional_text("map_x", map_x, "where a positive x-deflection points (absent: west)",
                       {"west", "east"});
    keys.optional_number("map_pixel_scale_arcsec", map_pixel_scale_arcsec, "arcsec",
                         "pixel scale of the map, which must be that of its WCS to 1e-3",
                         Allowed::above(0, 60));
    keys.optional_number("z_lens", z_lens, "",
                         "redshift of the lens, where the header (ZLENS) does not say it",
                         Allowed::above(0, 20));
  }
};

/// Files and what is said of them. Either `map` (of arcproof, read_map_file) or both deflections.
struct MapSource {
  std::filesystem::path map;
  io::HduPath deflection_x, deflection_y;
  MapOptions options;
  /// Draws of the posterior: files of the same kind as the lens, said to mean the same.
  std::vector<std::filesystem::path> posterior_maps;
  std::vector<io::HduPath> posterior_x, posterior_y;
  std::size_t draws() const { return map.empty() ? posterior_x.size() : posterior_maps.size(); }
};

/// How messages call what the user gave.
struct MapKeys {
  std::string file;  ///< the recipe; "" on the command line
  FieldNames name;   ///< of a field of MapOptions or MapSource
};

/// A map with all that it takes to be a lens.
struct MapLens {
  MapFile file;
  double z_lens = 0;
  sky::Cosmology cosmology;
  std::string name;                          ///< the file, for messages
  double efficiency(double z_source) const;  ///< D_LS / D_S; 0 for a source in front of the lens
};

/// Throws InputError naming file or key: neither or both kinds of files, one deflection without the other,
/// options without meaning or out of range, no normalisation of deflection files (or two), no redshift of the
/// lens, a header that contradicts the options (DEFLUNIT, DLSDS, ZSOURCE, DEFLSIGN, XAXIS, PIXSCALE, ZLENS,
/// H0, OMEGAM), ZSOURCE <= ZLENS, DLSDS that is not that of ZSOURCE to 1e-3; and what read_map_file and
/// read_deflection_maps throw.
MapLens read_map(const MapSource& source, const MapKeys& keys);

/// Draw `k` of the posterior, on the nodes of the lens. InputError as read_map, and where its nodes are at
/// other places than those of `best` (to 1e-3 of a step) or its lens is at another redshift.
LensMap read_draw(const MapSource& source, std::size_t k, const MapLens& best, const MapKeys& keys);
/// All draws, whole: 40 bytes a node each.
Realisations read_draws(const MapSource& source, const MapLens& best, const MapKeys& keys);

/// The place in the map's own frame of a place in the plate carree frame about `reference`. The same numbers
/// where that is the map's own frame.
Vector2 in_map_frame(const MapFile& file, sky::SkyPosition reference, Vector2 theta_arcsec);

/// A node of this grid (plate carree about `reference`) that is not on the map; empty where all are.
std::optional<Vector2> node_off_map(const MapFile& file, sky::SkyPosition reference, const Grid& grid);

/// `map` (that of `file`, or a draw on the same nodes) on such a grid: interpolated at the nodes' places on
/// the sky, deflection bicubic, Hessian bilinear. Nodes that are nodes of the map keep its values.
/// Deflections of another projection, or about another reference, are not turned with the meridians (0.0016
/// rad at 100" and Dec -73, 0.0003 at Dec -30). Lookups in the result, where its nodes are not those of the
/// map, interpolate twice: up to twice the error of the map. ContractError off the map.
LensMap on_grid(const MapFile& file, const LensMap& map, sky::SkyPosition reference, const Grid& grid,
                int threads);

/// The nodes of a grid about the rectangle [low, high], as far as the grid reaches. ContractError where the
/// rectangle's corners are off the grid.
Grid nodes_about(const Grid& grid, Vector2 low_arcsec, Vector2 high_arcsec);

}  // namespace arcproof::lens
