// What lies around a place of a field that holds no injections: the nearest object, the light of all objects near
// it, and the brightness of the sky there. The same numbers for injected clumps and for rows of the catalogue, so
// that the one can stand for the other in corrections.
//
// Columns, reference band:
//   crowding_pix       distance to the nearest other object [pixel]
//   neighbour_light    sum_j F_j exp(-d_j^2 / 2 s^2) over other objects j at distance d_j; s = 3 pixels [nJy]
//   local_brightness   median of the image between 4 and 8 pixels [nJy/pixel]
//
// Objects are those of FieldSetup::baseline, in which those outside the host are detections of the first pass, with
// isophotal places and fluxes: they are not fitted. A row of the catalogue is not its own neighbour.
#pragma once

#include "engine/io/table.h"
#include "recipes/program/fields/field_setup.h"

#include <string>

namespace arcproof::recipes {

/// Adds the columns, for positions in the columns `x` and `y` [pixel]. `own`: each position is that of an object of
/// the baseline, which is left out: the nearest within half a pixel.
void add_surroundings(io::Table& table, const FieldSetup& field, const std::string& x, const std::string& y,
                      bool own);

}  // namespace arcproof::recipes
