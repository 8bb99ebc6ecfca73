#include "engine/pipeline/derived.h"

#include "engine/core/missing.h"
#include "engine/core/units.h"

#include <cmath>

namespace arcproof::pipeline {
namespace {

using photometry::ClumpPhotometry;

lens::Ellipse ellipse_on_sky(const ClumpPhotometry& clump, const AnalysisField& field, double pixel_scale) {
  const auto linear = field.frame.linear_at({clump.x, clump.y});
  const double c = std::cos(clump.angle_rad), s = std::sin(clump.angle_rad);
  const double ax = linear.xx * c + linear.xy * s, ay = linear.yx * c + linear.yy * s;
  return {linear.theta, clump.sigma_major_pix.value * pixel_scale, clump.sigma_minor_pix.value * pixel_scale,
          std::atan2(ay, ax)};
}

// dR/R: fit (redraws) and half of dmu/mu, for R ~ sigma / sqrt(mu); the whole of it where R ~ sigma / mu_t.
void add_size_errors(MeasuredClump& clump) {
  clump.radius_pc_minus = clump.radius_pc_plus = nan;
  if (clump.size.size_case == lens::SizeCase::unresolved) return;
  const bool both = clump.size.size_case == lens::SizeCase::resolved;
  const auto& sigma = both ? clump.photometry.circular_sigma_pix : clump.photometry.sigma_major_pix;
  const double power = both ? 0.5 : 1.0;
  const double r = clump.size.radius_pc, mu = clump.magnification.mu;
  // A larger magnification makes the clump smaller.
  clump.radius_pc_minus =
      r * std::hypot(sigma.minus / sigma.value, power * clump.magnification.error_plus / mu);
  clump.radius_pc_plus =
      r * std::hypot(sigma.plus / sigma.value, power * clump.magnification.error_minus / mu);
}

lens::IntrinsicSize size_of(const lens::Ellipse& ellipse, double mu, double mu_tangential, double z,
                            const AnalysisField& field, const PipelineOptions& options, double pixel_scale) {
  return lens::intrinsic_size(ellipse.sigma_major_arcsec, ellipse.sigma_minor_arcsec,
                              options.resolution_floor_pix * pixel_scale, mu, mu_tangential, z,
                              field.cosmology);
}

}  // namespace

AlternativeDelensing unknown_delensing() { return {nan, nan, {lens::SizeCase::unresolved, nan, nan}, nan}; }

void delens_with_alternatives(MeasuredClump& clump, const AnalysisField& field,
                              const PipelineOptions& options, double pixel_scale) {
  const lens::Ellipse ellipse = ellipse_on_sky(clump.photometry, field, pixel_scale);
  for (std::size_t i = 0; i < field.alternatives.size(); ++i) {
    const lens::ClumpMagnification m =
        lens::magnification_of_clump(field.alternatives[i].lens, {}, ellipse, field.z, pixel_scale);
    if (!m.inside_map) continue;
    clump.alternatives[i] = {m.mu, m.mu_tangential,
                             size_of(ellipse, m.mu, m.mu_tangential, field.z, field, options, pixel_scale),
                             clump.sed.log_mass_msun.best - std::log10(m.mu / clump.magnification.mu)};
  }
}

void delens(MeasuredClump& clump, const AnalysisField& field, const PipelineOptions& options,
            double pixel_scale, const KnownSource& known) {
  const double z = known.z.value_or(field.z);
  const lens::Ellipse ellipse = ellipse_on_sky(clump.photometry, field, pixel_scale);
  clump.magnification = known.magnification ? *known.magnification
                                            : lens::magnification_of_clump(field.lens, field.posterior,
                                                                           ellipse, z, pixel_scale);
  clump.size = size_of(ellipse, clump.magnification.mu, clump.magnification.mu_tangential, z, field, options,
                       pixel_scale);
  add_size_errors(clump);
  if (field.lens.map.covers(ellipse.centre_arcsec))
    clump.source_arcsec = field.lens.map.source_position(ellipse.centre_arcsec, field.lens.efficiency(z));
  const photometry::BandFluxes& reference = clump.photometry.bands[field.reference];
  clump.absolute_mag =
      absolute_magnitude(units::abmag_from_njy(reference.flux_njy), clump.magnification.mu, z,
                         field.bands[field.reference].galactic_extinction_mag, field.cosmology);
  clump.absolute_mag_error =
      2.5 / std::log(10.0) *
      std::hypot(
          reference.error_njy / reference.flux_njy,
          0.5 * (clump.magnification.error_minus + clump.magnification.error_plus) / clump.magnification.mu);
}

double absolute_magnitude(double mag_ab, double mu, double z, double galactic_extinction_mag,
                          const sky::Cosmology& cosmology) {
  return mag_ab + 2.5 * std::log10(mu) - cosmology.distance_modulus_mag(z) + 2.5 * std::log10(1 + z) -
         galactic_extinction_mag;
}

double surface_density_msun_pc2(double mass_msun, double radius_pc) {
  return mass_msun / (2 * units::pi * radius_pc * radius_pc);
}

}  // namespace arcproof::pipeline
