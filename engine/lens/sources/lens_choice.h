// A lens as a user asks for it, in a recipe or on the command line: one of four kinds, read by one reader.
#pragma once

#include "engine/core/keys.h"
#include "engine/core/plausible.h"
#include "engine/lens/sources/map_source.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace arcproof::lens {

/// The embedded cluster (engine/lens/sources/compact_cluster.h), with a made-up posterior.
struct CompactClusterLens {
  static constexpr const char* kind_name = "compact_cluster";
  double dispersion_factor = 1;
  double posterior_scatter = 0.02;
  int posterior_rows = 0;
  bool operator==(const CompactClusterLens&) const = default;

  void describe(Keys& keys) {
    keys.number("dispersion_factor", dispersion_factor, "",
                "all velocity dispersions are multiplied by this: a lens that is wrong by so much",
                Allowed::above(0, 10));
    keys.number("posterior_scatter", posterior_scatter, "",
                "relative 1 sigma of the dispersions in the made-up posterior", Allowed::between(0, 1));
    keys.integer("posterior_rows", posterior_rows, "", "models behind the magnification's error; 0: none",
                 Allowed::between(0, 10000));
  }
};

/// A Lenstool project (engine/lens/lenstool/project.h).
struct LenstoolLens {
  static constexpr const char* kind_name = "lenstool";
  std::string par, bayes;
  int row = -1;
  int posterior_rows = 0;
  bool operator==(const LenstoolLens&) const = default;

  void describe(Keys& keys) {
    keys.text("par", par, "the model, best.par");
    keys.text("bayes", bayes, "its posterior, bayes.dat");
    keys.integer("row", row, "", "row of bayes.dat, from 0, to use as the model; -1: best.par itself",
                 Allowed::between(-1, 1e6));
    keys.integer("posterior_rows", posterior_rows, "",
                 "models behind the magnification's error, the first rows of bayes.dat; 0: none",
                 Allowed::between(0, 10000));
  }
};

/// Maps (engine/lens/sources/map_source.h). What a header contradicts is refused. In a map's own plate carree
/// frame its nodes are used as they are. It must cover the images of the fields.
struct MapFilesLens {
  static constexpr const char* kind_name = "map";
  std::string map;
  std::string deflection_x, deflection_y;
  std::vector<std::string> posterior_maps, posterior_deflection_x, posterior_deflection_y;
  MapOptions options;
  bool operator==(const MapFilesLens&) const = default;

  void describe(Keys& keys) {
    keys.text("map", map, "a map written by arcproof lens-map");
    keys.text("deflection_x", deflection_x,
              "or deflection map from another code (e.g. Frontier Fields), FILE or FILE[HDU]");
    keys.text("deflection_y", deflection_y, "the same, y");
    keys.texts("posterior_maps", posterior_maps,
               "draws of the posterior: map files on the same nodes, once for each draw");
    keys.texts("posterior_deflection_x", posterior_deflection_x,
               "draws of the posterior: deflection maps, x, once for each draw");
    keys.texts("posterior_deflection_y", posterior_deflection_y,
               "draws of the posterior: deflection maps, y, once for each draw");
    options.describe(keys);
  }
};

/// One magnification everywhere.
struct ConstantLens {
  static constexpr const char* kind_name = "constant";
  double mu_tangential = 1, mu_radial = 1, angle_deg = 0;
  bool operator==(const ConstantLens&) const = default;

  void describe(Keys& keys) {
    constexpr Allowed any = Allowed::above(0, plausible::largest_magnification);
    keys.number("mu_tangential", mu_tangential, "", "tangential magnification", any);
    keys.number("mu_radial", mu_radial, "", "radial magnification", any);
    keys.number("angle_deg", angle_deg, "deg",
                "direction of the tangential stretch, counter-clockwise from +x (west)",
                Allowed::between(-360, 360));
  }
};

using LensChoice = std::variant<CompactClusterLens, LenstoolLens, MapFilesLens, ConstantLens>;

/// Whether two choices are the same model (their posteriors may differ).
bool same_model(const LensChoice& a, const LensChoice& b);
/// Models of the posterior that were asked for; 0 for maps, all of whose draws are used.
int posterior_rows(const LensChoice& lens);
/// A few words: "ICLv1" for a Lenstool model .../ICLv1/best.par ("ICLv1 row 50" for a row of its posterior),
/// "map FILE", "compact_cluster", "compact_cluster x 1.05", "constant 10 x 2" (tangential and radial).
std::string name_of(const LensChoice& lens);

/// How a lens is read: what only the caller knows.
struct LensReading {
  MapKeys keys;  ///< how messages call the fields of a choice
  /// Path of an input file that exists; throws InputError naming the key.
  std::function<std::filesystem::path(const std::string& key, const std::string& text)> file;
  /// Of the whole run, imposed on the embedded cluster and on maps; without: defaults, and what headers say.
  std::optional<sky::Cosmology> cosmology;
  std::uint64_t seed = 1;                     ///< of the made-up posterior
  bool with_posterior = true;                 ///< of models; draws of maps are read later, with read_draw
  std::vector<std::string>* notes = nullptr;  ///< receives what was done; may be null
};

/// A lens at hand: a model with its posterior, a map, or a constant field.
struct LoadedLens {
  std::optional<LensModel> model;
  std::vector<LensModel> posterior;  ///< of a model
  std::shared_ptr<const MapLens> map;
  MapSource map_source;  ///< of a map; its draws are read where they are needed
  MapKeys keys;
  ConstantLens constant;  ///< where there is neither model nor map

  bool is_constant() const { return !model && !map; }
  /// 0 for a constant field.
  double z_lens() const { return model ? model->z_lens() : map ? map->z_lens : 0; }
};

/// Throws InputError naming file or key: a row or more rows than bayes.dat has; and what read_lenstool,
/// read_bayes and read_map throw.
LoadedLens read_lens(const LensChoice& choice, const LensReading& reading);

}  // namespace arcproof::lens
