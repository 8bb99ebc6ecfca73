// Parts of the maps of all pairs of lenses or of stellar templates: names along the axes, numbers in the cells.
#pragma once

#include "engine/io/table.h"

#include <string>
#include <vector>

namespace arcproof::reports {

/// Each text once, in the order of their first appearance.
std::vector<std::string> distinct(const io::Texts& texts);
/// Where a name stands in a list; its length where it does not.
double index_of(const std::vector<std::string>& names, const std::string& name);
/// gnuplot's tics: the names at 0, 1, 2, ..., the first at the other end where the axis runs from the top.
std::string tics(const std::vector<std::string>& names, bool from_the_top);
/// "+0.12 ± 0.03": what stands in a cell; a dash for NaN.
std::string offset_text(double offset, double scatter);

}  // namespace arcproof::reports
