// The models of fitted clumps, taken away from the image in which they were fitted.
#pragma once

#include "engine/core/array2d.h"
#include "engine/photometry/protocol.h"
#include "engine/sky/psf.h"

#include <cstddef>
#include <span>

namespace arcproof::photometry {

/// `image_njy` of the reference band less the models of the trusted clumps (ClumpPhotometry::trusted). Each
/// model is evaluated in the Fourier domain as in the fit (convolved_gaussian.h), on a square of 21, 43, 85 or
/// 171 pixels: the smallest at whose border it is nowhere above a tenth of the local sky's sigma. A fit that is
/// not trusted, or of negative flux, would leave a false object: it is not subtracted.
Array2D<float> subtract_models(const Array2D<float>& image_njy, std::span<const ClumpPhotometry> clumps,
                               std::size_t reference, const sky::Psf& psf);

}  // namespace arcproof::photometry
