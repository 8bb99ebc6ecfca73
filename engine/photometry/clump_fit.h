// The fit of one clump, or of a few that overlap: PSF-convolved elliptical Gaussians plus a plane (or a
// constant), by least squares. Claeyssens+2023 section 5.2.
//
// The fluxes and the plane are linear: for every trial of positions and shapes they are solved for exactly
// (variable projection), and Levenberg-Marquardt moves the rest. Shapes live in the covariance matrix C (see
// convolved_gaussian.h), in which the model is smooth through zero size. A free C that ends outside the
// allowed shapes (an axis ratio below the smallest, perhaps negative) is replaced by the best C on their
// edge, C = (1 - q^2) v v^T + q^2 |v|^2, found by a second descent in v: a fit never stalls there.
#pragma once

#include "engine/photometry/clump_model.h"
#include "engine/photometry/cutout.h"

#include <span>
#include <vector>

namespace arcproof::photometry {

/// Fits all components jointly. The PSF transform must serve cutout.size.
ClumpFit fit_clumps(const Cutout& cutout, const PsfTransform& psf, std::span<const ComponentStart> start,
                    const FitOptions& options);

/// Sum of squared weighted residuals of given parameters, with fluxes and plane solved for: for tests of
/// convergence.
double chi2_of_shapes(const Cutout& cutout, const PsfTransform& psf,
                      std::span<const ComponentStart> components);

}  // namespace arcproof::photometry
