#include "engine/pipeline/measure.h"

#include "engine/core/error.h"
#include "engine/core/missing.h"
#include "engine/core/units.h"
#include "engine/pipeline/derived.h"
#include "engine/pipeline/grids.h"

#include <algorithm>
#include <cmath>

namespace arcproof::pipeline {
namespace {

using photometry::ClumpPhotometry;

bool has_enough_snr(const ClumpPhotometry& clump, const AnalysisField& field, double min_snr) {
  const auto good = [&](std::size_t b) { return clump.bands[b].snr() > min_snr; };
  return good(field.reference) && good(field.second_reference);
}

std::size_t index_of_band(const AnalysisField& field, const std::string& name) {
  const auto at = std::find_if(field.bands.begin(), field.bands.end(),
                               [&](const AnalysisBand& b) { return b.name == name; });
  require(at != field.bands.end(), "measure_field: interloper_box names bands of the field");
  return static_cast<std::size_t>(at - field.bands.begin());
}

// A colour needs a flux above 0 in both bands; without one nothing can be said against the clump.
bool is_interloper(const ClumpPhotometry& clump, const AnalysisField& field,
                   const std::vector<ColourRange>& box) {
  const auto mag = [&](const std::string& name) {
    const std::size_t b = index_of_band(field, name);
    return units::abmag_from_njy(clump.bands[b].flux_njy) - field.bands[b].galactic_extinction_mag;
  };
  return !box.empty() && std::all_of(box.begin(), box.end(), [&](const ColourRange& range) {
    const double colour = mag(range.blue) - mag(range.red);
    return colour > range.low_mag && colour < range.high_mag;  // false for NaN
  });
}

std::vector<sed::BandFlux> intrinsic_photometry(const MeasuredClump& clump, const AnalysisField& field,
                                                std::span<const BandSky> sky) {
  std::vector<sed::BandFlux> result;
  for (std::size_t b = 0; b < field.bands.size(); ++b) {
    const photometry::BandFluxes& band = clump.photometry.bands[b];
    const double factor = std::pow(10, 0.4 * field.bands[b].galactic_extinction_mag) / clump.magnification.mu;
    result.push_back({band.flux_njy * factor, band.error_njy * factor, sky[b].depth.flux_njy * factor});
  }
  return result;
}

void fit_sed(MeasuredClump& clump, const AnalysisField& field, std::span<const BandSky> sky,
             const PipelineOptions& options, StreamName name, const sed::ModelGrid& grid) {
  name.purpose = "sed redraws";
  name.clump = clump.id;
  Random random(name);
  clump.sed = sed::fit_grid(grid, intrinsic_photometry(clump, field, sky), options.sed, random);
}

void set_unknown(MeasuredClump& clump, const AnalysisField& field) {
  lens::ClumpMagnification& m = clump.magnification;
  m.mu = m.mu_tangential = m.spread = m.posterior_minus = m.posterior_plus = m.error_minus = m.error_plus =
      nan;
  clump.size = {lens::SizeCase::unresolved, nan, nan};
  clump.radius_pc_minus = clump.radius_pc_plus = clump.absolute_mag = clump.absolute_mag_error = nan;
  clump.sed.status = sed::SedStatus::too_few_bands;
  for (sed::Estimate* e :
       {&clump.sed.log_mass_msun, &clump.sed.log_age_yr, &clump.sed.ebv_mag, &clump.sed.log_metallicity})
    *e = {nan, nan, nan};
  clump.sed.chi2 = clump.sed.chi2_reduced = nan;
  clump.source_arcsec = {nan, nan};
  clump.alternatives.assign(field.alternatives.size(), unknown_delensing());
}

bool was_fitted(const ClumpPhotometry& clump) {
  return clump.status != photometry::FitStatus::too_few_pixels &&
         clump.status != photometry::FitStatus::singular;
}

}  // namespace

std::vector<BandSky> measure_sky(const AnalysisField& field, std::span<const sky::Exposure> exposures,
                                 const PipelineOptions& options, std::uint64_t seed) {
  const sky::Exposure& reference = exposures[field.reference];
  const auto detected = photometry::detect(reference.flux_njy, reference.error_njy, options.detection);
  const auto segmentation = segmentations(detected.segmentation, field.reference, exposures);
  std::vector<BandSky> result;
  for (std::size_t b = 0; b < exposures.size(); ++b) {
    Random random({seed, "depth", field.number, -1, field.bands[b].name});
    const sky::Exposure& exposure = exposures[b];
    const Array2D<float> flat = photometry::background_subtracted(exposure.flux_njy, exposure.error_njy,
                                                                  options.detection.background_mesh_pix);
    result.push_back(
        {photometry::limiting_depth(flat, segmentation[b], *field.bands[b].psf, options.limits, random),
         photometry::measure_noise_correlation(exposure.flux_njy, exposure.error_njy, segmentation[b],
                                               options.noise)});
  }
  return result;
}

void derive_source(MeasuredClump& clump, const AnalysisField& field, std::span<const BandSky> sky,
                   const PipelineOptions& options, const StreamName& stream, double pixel_scale,
                   const KnownSource& known) {
  const sed::ModelGrid& grid = known.grid ? *known.grid : field.grid;
  set_unknown(clump, field);
  delens(clump, field, options, pixel_scale, known);
  if (clump.magnification.inside_map && clump.selected && !grid.models.empty())
    fit_sed(clump, field, sky, options, stream, grid);
  delens_with_alternatives(clump, field, options, pixel_scale);
}

std::vector<MeasuredClump> measure_field(const AnalysisField& field, std::span<const sky::Exposure> exposures,
                                         std::span<const BandSky> sky, std::span<const Region> regions,
                                         const PipelineOptions& options, const StreamName& stream,
                                         int threads) {
  return measure_field_with_objects(field, exposures, sky, regions, options, stream, threads).clumps;
}

FieldPhotometry measure_field_with_objects(const AnalysisField& field,
                                           std::span<const sky::Exposure> exposures,
                                           std::span<const BandSky> sky, std::span<const Region> regions,
                                           const PipelineOptions& options, const StreamName& stream,
                                           int threads) {
  require(exposures.size() == field.bands.size() && sky.size() == field.bands.size(),
          "measure_field: one exposure and one sky a band");
  FieldPhotometry result = photometry_of_field(field, exposures, sky, regions, options, stream, threads);
  const double pixel_scale = exposures[field.reference].pixel_scale_arcsec;
  for (MeasuredClump& clump : result.clumps) {
    set_unknown(clump, field);
    if (!clump.redrawn || !was_fitted(clump.photometry)) continue;
    clump.interloper = is_interloper(clump.photometry, field, options.interloper_box);
    clump.enough_snr = has_enough_snr(clump.photometry, field, options.min_snr);
    clump.selected =
        clump.enough_snr && clump.photometry.trusted && clump.pass <= options.max_pass && !clump.interloper;
    clump.in_host = in_mask(field.host_mask, clump.photometry.x, clump.photometry.y);
    if (clump.in_host) derive_source(clump, field, sky, options, stream, pixel_scale);
  }
  return result;
}

}  // namespace arcproof::pipeline
