// What follows from a clump's photometry and its lens: magnification, size, magnitude, density.
#pragma once

#include "engine/pipeline/measured_clump.h"

namespace arcproof::pipeline {

/// Magnification, size, source position and absolute magnitude by the main lens, with what is known of the
/// source. The clump lies in the host.
void delens(MeasuredClump& clump, const AnalysisField& field, const PipelineOptions& options,
            double pixel_scale_arcsec, const KnownSource& known = {});

/// The same by the field's other lenses, where their maps reach; after the SED fit, as the masses follow that
/// of the main lens. One entry a lens stands in `alternatives` already.
void delens_with_alternatives(MeasuredClump& clump, const AnalysisField& field,
                              const PipelineOptions& options, double pixel_scale_arcsec);
/// NaN.
AlternativeDelensing unknown_delensing();

/// Absolute magnitude: m + 2.5 log10 mu - DM(z) + 2.5 log10(1 + z) - A. Claeyssens+2023 (their Tables B1 and
/// B2).
double absolute_magnitude(double mag_ab, double mu, double z, double galactic_extinction_mag,
                          const sky::Cosmology& cosmology);

/// Mean surface density within the half-light radius [Msun / pc^2]: M / (2 pi R^2). Morishita+2025.
double surface_density_msun_pc2(double mass_msun, double radius_pc);

}  // namespace arcproof::pipeline
