// The section `potfile` of a .par file: galaxies of a catalogue on scaling relations. Private to engine/lens.
#pragma once

#include "engine/lens/lenstool/project.h"
#include "engine/lens/lenstool/text.h"

namespace arcproof::lens {

/// Adds the galaxies of one potfile to the project. Keywords: filein 1|3 NAME (columns id x y a b theta mag
/// lum; 1: arcsec from the reference, 3: degrees; a line #REFERENCE 0|3 in the catalogue decides over it),
/// type 81, mag0, zlens, core | corekpc, and "0 VALUE [...]" for sigma, cut | cutkpc, slope (4), vdslope (4).
/// Galaxies carry their magnitude and are not optimised. Throws InputError as read_lenstool says.
void add_potfile(const TextBlock& block, LenstoolProject& project);

}  // namespace arcproof::lens
