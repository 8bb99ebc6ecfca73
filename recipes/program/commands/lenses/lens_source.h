// The lens of `arcproof lens-map`, `delens` and `images`: a Lenstool model, a map, or the embedded cluster.
#pragma once

#include "engine/lens/model.h"
#include "engine/lens/sources/lens_choice.h"

#include <optional>
#include <string>
#include <vector>

namespace arcproof::commands {

/// As the user typed it; exactly one of the embedded cluster, lenstool.par, maps.map and maps.deflection_x
/// with maps.deflection_y. A map is cut out of the sky and holds no more than it covers; a model is exact
/// everywhere.
struct LensArguments {
  bool cluster = false;  ///< the embedded compact cluster, with dispersions scattered by 2% in its posterior
  lens::LenstoolLens lenstool;
  lens::MapFilesLens maps;
  int posterior_rows = 0;  ///< of a model: those behind the error of mu; 0: none
};

/// A lens at hand. Frame: arcsec, +x west, +y north; of a model and of a map of arcproof about `reference`,
/// of deflection maps in their own projection.
struct LensSource {
  std::optional<lens::LensModel> model;  ///< exact, where the lens is a model
  lens::Realisations posterior;          ///< may be empty
  std::optional<lens::MapFile> file;     ///< where it is not
  sky::SkyPosition reference = {};
  double z_lens = 0;
  sky::Cosmology cosmology;
  std::string name;  ///< for messages and headers

  /// NaN for positions that are not finite, or 10 degrees and more from the reference.
  lens::Vector2 to_frame(sky::SkyPosition position) const;
  sky::SkyPosition to_sky(lens::Vector2 theta_arcsec) const;
  double efficiency(double z_source) const;  ///< D_LS / D_S; 0 for a source in front of the lens
};

/// Throws InputError naming the option: none or several lenses, an option that the lens does not have, a row
/// that bayes.dat does not have; and what read_lenstool, read_bayes and read_map throw. The posterior of the
/// embedded cluster is made up: dispersions scattered by 2%.
LensSource read_lens(const LensArguments& arguments);
/// The files among these arguments: outputs must not replace them.
std::vector<std::string> input_files(const LensArguments& arguments);

/// A rectangle of the sky with a step.
struct FieldArguments {
  std::string centre;          ///< RA,DEC [degree]; empty: the lens's reference
  std::string size;            ///< ARCSEC, or WIDTH,HEIGHT [arcsec]
  std::string like;            ///< IMAGE[HDU]: covers this image instead of centre and size
  std::optional<double> step;  ///< [arcsec]
};
bool is_given(const FieldArguments& field);

/// The grid of nodes in the plate carree frame about the lens's reference. Without size or like it has the
/// default size; without a step that of the image, or the default. InputError naming the option: no numbers,
/// both size and like, an image without WCS, fewer than 2 or more than 20000 nodes along a side.
lens::Grid field_grid(const FieldArguments& field, sky::SkyPosition reference, double default_size_arcsec,
                      double default_step_arcsec);

/// The lens on a grid of the plate carree frame about its reference. A model is computed on the nodes, a map
/// interpolated there (lens::on_grid). InputError where the map does not cover the grid.
lens::LensMap map_on(const LensSource& source, const lens::Grid& grid, int threads);

/// A redshift that an option gives. InputError unless z_lens < z < 30.
double source_redshift(double z, const LensSource& source, const std::string& option);
/// A position that options give. InputError outside 0 <= ra < 360, -90 <= dec <= 90.
sky::SkyPosition sky_position(double ra_deg, double dec_deg, const std::string& option);

}  // namespace arcproof::commands
