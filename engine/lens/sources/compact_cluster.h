// The embedded lens: a compact cluster for runs without files.
#pragma once

#include "engine/core/random.h"
#include "engine/lens/model.h"

namespace arcproof::lens {

/// A compact cluster at z = 0.4: one elliptical dPIE halo (520 km/s, core 0.5", cut 40"), a central galaxy
/// (220 km/s) and four members. Its Einstein radius for a source at z = 2 is about 5": the arcs fit on 500
/// NIRCam pixels. A made-up lens of plausible parameters (cluster-scale haloes of small groups:
/// Limousin+2009), at RA = 15, Dec = -2 deg. All dispersions are multiplied by `dispersion_factor`.
LensModel compact_cluster(const sky::Cosmology& cosmology, double dispersion_factor = 1);

/// A made-up posterior of it: every dispersion, and the halo's ellipticity and angle, scattered by
/// `relative_scatter` (angle: the same in radians).
std::vector<LensModel> compact_cluster_posterior(const sky::Cosmology& cosmology, double dispersion_factor,
                                                 double relative_scatter, int rows, std::uint64_t seed);

}  // namespace arcproof::lens
