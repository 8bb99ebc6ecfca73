// Lenstool's arcs.dat: the multiple images that constrain a model.
#pragma once

#include "engine/sky/wcs.h"

#include <filesystem>
#include <string>
#include <vector>

namespace arcproof::lens {

/// One multiple image of arcs.dat. System is the part of the id before the dot.
struct Arc {
  std::string id;
  sky::SkyPosition position;
  double a_arcsec, b_arcsec, angle_deg, redshift, mag;  ///< redshift 0: to be fitted

  std::string system() const;
};

/// Throws InputError naming file and line: fewer than eight columns, no number, positions that are not in
/// absolute degrees (#REFERENCE other than 0), no arcs.
std::vector<Arc> read_arcs(const std::filesystem::path& arcs);

}  // namespace arcproof::lens
