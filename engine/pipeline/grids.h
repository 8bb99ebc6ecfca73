// The pixel grids of a field's bands: mosaics of one field may differ in pixel scale and in pointing.
#pragma once

#include "engine/sky/exposure.h"

#include <span>
#include <vector>

namespace arcproof::pipeline {

/// Whether pixel (x, y) of one exposure is pixel (x, y) of the other: images of one shape and scale (0.01%)
/// whose corners lie on one another to a tenth of a pixel where both have a WCS.
bool same_grid(const sky::Exposure& a, const sky::Exposure& b);

/// The segmentation of the reference band on every band's grid: each pixel takes the object of the reference
/// pixel under its centre, and 0 outside. Bands on another grid have a WCS, as has the reference
/// (ContractError otherwise).
std::vector<Array2D<int>> segmentations(const Array2D<int>& reference, std::size_t reference_band,
                                        std::span<const sky::Exposure> exposures);

}  // namespace arcproof::pipeline
