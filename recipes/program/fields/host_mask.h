// Which pixels belong to a galaxy, as a user drew it: an image of ones and zeros, or regions of DS9.
#pragma once

#include "engine/core/array2d.h"
#include "engine/sky/wcs.h"

#include <filesystem>
#include <optional>
#include <string>

namespace arcproof::recipes {

/// 1 where the image is above 0. InputError: another shape than `width` x `height`, or no such pixel; a pixel
/// that is no whole number >= 0 (or without a number): what is no mask.
Array2D<unsigned char> read_mask_image(const std::filesystem::path& path, const std::string& hdu, int width,
                                       int height);

/// 1 where a pixel's centre lies in one of the regions: circles, ellipses (drawn as polygons of 90 corners),
/// boxes, polygons. InputError: no such region, regions on the sky for an image without WCS, or no pixel
/// inside.
Array2D<unsigned char> read_mask_regions(const std::filesystem::path& path,
                                         const std::optional<sky::Wcs>& wcs, int width, int height);

}  // namespace arcproof::recipes
