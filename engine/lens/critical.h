// Critical lines, caustics and the number of images.
//
// det A = (1 - kappa - gamma)(1 - kappa + gamma), A = 1 - d H: the first factor vanishes on tangential, the
// second on radial critical lines (Schneider, Ehlers & Falco 1992, section 5.2). Each factor is contoured at
// 0 by marching squares on the nodes of a map; every crossing of a grid line is then moved along it, by
// bisection in the map's bilinear Hessian, to the zero itself. Caustics are the critical lines carried by
// beta = theta - d alpha.
#pragma once

#include "engine/lens/map.h"

#include <cstdint>
#include <filesystem>
#include <vector>

namespace arcproof::lens {

enum class CriticalKind { tangential, radial };

/// One connected line: in the image plane, and the same points in the source plane.
struct CriticalLine {
  CriticalKind kind = CriticalKind::tangential;
  bool closed = false;                ///< false: the line leaves the map
  std::vector<Vector2> image_plane;   ///< [arcsec]; the first point is not repeated at the end
  std::vector<Vector2> source_plane;  ///< the caustic
};

/// Lines of sources at this D_LS / D_S, tangential ones first, each kind in the order of the grid. Points are
/// where the lines cross the grid's lines: accurate to the bilinear Hessian, second order in the step (an
/// Einstein ring of radius R: within (3/8) step^2 / R). Lines smaller than a cell are missed; singular lenses
/// have no radial line, but cells around an unresolved centre may show one of the size of a cell.
/// ContractError for a constant field.
std::vector<CriticalLine> critical_lines(const LensMap& map, double efficiency);

/// Enclosed area [arcsec^2] of a closed polygon, and sqrt(area / pi): the effective Einstein radius of the
/// outermost tangential line.
double enclosed_area(const std::vector<Vector2>& polygon);
double effective_radius(const std::vector<Vector2>& polygon);

/// For each node of `source_grid`, how many triangles (two for each cell of the map) cover it in the source
/// plane: the number of its images within the map. Images of an unresolved core are missed.
Array2D<std::uint16_t> multiplicity_map(const LensMap& map, double efficiency, const Grid& source_grid);

/// DS9 regions in fk5: one polygon (closed) or chain of line segments for each line; tangential red, radial
/// blue; image plane or source plane through `reference`. Coordinates to 1e-9 degree. Whole or not there.
void write_ds9_regions(const std::filesystem::path& path, const std::vector<CriticalLine>& lines,
                       sky::SkyPosition reference, bool source_plane = false);

}  // namespace arcproof::lens
