#include "engine/pipeline/measure.h"

#include "engine/core/error.h"
#include "engine/core/missing.h"
#include "engine/core/parallel.h"
#include "engine/core/units.h"
#include "engine/pipeline/grids.h"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace arcproof::pipeline {
namespace {

using photometry::ClumpPhotometry;
using photometry::Detection;

bool inside(std::span<const Region> regions, double x, double y, double Region::*radius) {
  return regions.empty() || std::any_of(regions.begin(), regions.end(), [&](const Region& r) {
           return std::hypot(x - r.x, y - r.y) <= r.*radius;
         });
}

std::vector<photometry::BandData> band_data(const AnalysisField& field,
                                            std::span<const sky::Exposure> exposures,
                                            std::span<const BandSky> sky,
                                            const std::vector<Array2D<int>>& segmentation) {
  std::vector<photometry::BandData> bands;
  for (std::size_t b = 0; b < exposures.size(); ++b)
    bands.push_back({&exposures[b], field.bands[b].transforms.get(), &segmentation[b], &sky[b].correlation});
  return bands;
}

// First pass, then the second on the residual image: objects that were hidden by their neighbours. Then the
// redraws, which cost most, of what lies in the cores of the regions.
class Photometer {
 public:
  Photometer(const AnalysisField& field, std::span<const sky::Exposure> exposures,
             std::span<const BandSky> sky, std::span<const Region> regions, const PipelineOptions& options,
             const StreamName& stream, int threads)
      : field_(field),
        exposures_(exposures),
        sky_(sky),
        regions_(regions),
        options_(options),
        stream_(stream),
        threads_(threads) {}

  std::vector<MeasuredClump> run() {
    const sky::Exposure& reference = exposures_[field_.reference];
    const photometry::DetectionResult first =
        photometry::detect(reference.flux_njy, reference.error_njy, options_.detection);
    segmentation_ = segmentations(first.segmentation, field_.reference, exposures_);
    detections_ = with_marked(first.objects);
    first_pass_ = detections_.size();
    measure_from(0);
    if (options_.residual_pass && !detections_.empty()) residual_pass(reference);
    redraw();
    return std::move(clumps_);
  }

 private:
  std::vector<Detection> with_marked(std::vector<Detection> objects) const {
    const double reach = options_.photometry.fit.max_shift_pix;
    std::vector<Detection> marked;
    for (const Region& region : regions_) {
      if (!region.marked) continue;
      Detection object;
      object.x = region.marked->x;
      object.y = region.marked->y;
      object.a = object.b = 1;
      marked.push_back(object);
      std::erase_if(objects,
                    [&](const Detection& d) { return std::hypot(d.x - object.x, d.y - object.y) < reach; });
    }
    objects.insert(objects.end(), marked.begin(), marked.end());
    return objects;
  }

  void measure_from(std::size_t first) {
    const std::vector<photometry::BandData> bands = band_data(field_, exposures_, sky_, segmentation_);
    std::vector<std::size_t> wanted;
    for (std::size_t i = first; i < detections_.size(); ++i)
      if (is_wanted(detections_[i])) wanted.push_back(i);
    std::vector<MeasuredClump> measured(wanted.size());
    photometry::ProtocolOptions best_fit_only = options_.photometry;
    best_fit_only.redraws = 0;
    parallel_for(wanted.size(), threads_, [&](std::size_t k) {
      const std::size_t i = wanted[k];
      measured[k].id = static_cast<std::int64_t>(i);
      measured[k].pass = detections_[i].pass;
      measured[k].photometry = measure(i, bands, best_fit_only);
    });
    std::move(measured.begin(), measured.end(), std::back_inserter(clumps_));
  }

  // The companions of an object are those of its own pass and the one before.
  ClumpPhotometry measure(std::size_t i, std::span<const photometry::BandData> bands,
                          const photometry::ProtocolOptions& options) const {
    StreamName name = stream_;
    name.purpose = "redraws";
    name.clump = static_cast<std::int64_t>(i);
    Random random(name);
    const std::span<const Detection> all(detections_);
    const std::span<const Detection> known = detections_[i].pass == 1 ? all.first(first_pass_) : all;
    return photometry::measure_clump(known, i, bands, field_.reference, options, random);
  }

  void redraw() {
    const std::vector<photometry::BandData> bands = band_data(field_, exposures_, sky_, segmentation_);
    std::vector<MeasuredClump*> wanted;
    for (MeasuredClump& clump : clumps_) {
      clump.redrawn = inside(regions_, clump.photometry.x, clump.photometry.y, &Region::core);
      if (clump.redrawn) wanted.push_back(&clump);
    }
    parallel_for(wanted.size(), threads_, [&](std::size_t k) {
      wanted[k]->photometry = measure(static_cast<std::size_t>(wanted[k]->id), bands, options_.photometry);
    });
  }

  bool is_wanted(const Detection& d) const {
    return inside(regions_, d.x, d.y, &Region::radius) &&
           (!options_.only_host || in_mask(field_.host_mask, d.x, d.y));
  }

  void residual_pass(const sky::Exposure& reference) {
    std::vector<ClumpPhotometry> measured;
    for (const MeasuredClump& clump : clumps_) measured.push_back(clump.photometry);
    const Array2D<float> residual = photometry::subtract_models(
        reference.flux_njy, measured, field_.reference, *field_.bands[field_.reference].transforms);
    const auto second = photometry::detect(residual, reference.error_njy, options_.detection);
    const std::size_t first_new = detections_.size();
    for (Detection object : second.objects)
      if (is_new(object, first_new)) {
        object.pass = 2;
        detections_.push_back(object);
      }
    measure_from(first_new);
  }

  // New objects lie where the first pass measured, further than a fit's reach from every object it found.
  bool is_new(const Detection& object, std::size_t count) const {
    if (!is_wanted(object)) return false;
    const double reach = options_.photometry.fit.max_shift_pix;
    return std::none_of(
        detections_.begin(), detections_.begin() + static_cast<std::ptrdiff_t>(count),
        [&](const Detection& d) { return std::hypot(d.x - object.x, d.y - object.y) < reach; });
  }

  const AnalysisField& field_;
  std::span<const sky::Exposure> exposures_;
  std::span<const BandSky> sky_;
  std::span<const Region> regions_;
  const PipelineOptions& options_;
  StreamName stream_;
  int threads_;
  std::vector<Detection> detections_;
  std::size_t first_pass_ = 0;
  std::vector<Array2D<int>> segmentation_;
  std::vector<MeasuredClump> clumps_;
};

bool is_selected(const ClumpPhotometry& clump, const AnalysisField& field, double min_snr) {
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

lens::IntrinsicSize size_of(const lens::Ellipse& ellipse, double mu, double mu_tangential,
                            const AnalysisField& field, const PipelineOptions& options, double pixel_scale) {
  return lens::intrinsic_size(ellipse.sigma_major_arcsec, ellipse.sigma_minor_arcsec,
                              options.resolution_floor_pix * pixel_scale, mu, mu_tangential, field.z,
                              field.cosmology);
}

constexpr AlternativeDelensing unknown_delensing{nan, nan, {lens::SizeCase::unresolved, nan, nan}, nan};

// After the SED fit: masses follow the main lens's.
void delens_with_alternatives(MeasuredClump& clump, const AnalysisField& field,
                              const PipelineOptions& options, double pixel_scale) {
  const lens::Ellipse ellipse = ellipse_on_sky(clump.photometry, field, pixel_scale);
  for (std::size_t i = 0; i < field.alternatives.size(); ++i) {
    const lens::ClumpMagnification m =
        lens::magnification_of_clump(field.alternatives[i].lens, {}, ellipse, field.z, pixel_scale);
    if (!m.inside_map) continue;
    clump.alternatives[i] = {m.mu, m.mu_tangential,
                             size_of(ellipse, m.mu, m.mu_tangential, field, options, pixel_scale),
                             clump.sed.log_mass_msun.best - std::log10(m.mu / clump.magnification.mu)};
  }
}

void delens(MeasuredClump& clump, const AnalysisField& field, const PipelineOptions& options,
            double pixel_scale) {
  const lens::Ellipse ellipse = ellipse_on_sky(clump.photometry, field, pixel_scale);
  clump.magnification =
      lens::magnification_of_clump(field.lens, field.posterior, ellipse, field.z, pixel_scale);
  clump.size = size_of(ellipse, clump.magnification.mu, clump.magnification.mu_tangential, field, options,
                       pixel_scale);
  add_size_errors(clump);
  if (clump.magnification.inside_map)
    clump.source_arcsec =
        field.lens.map.source_position(ellipse.centre_arcsec, field.lens.efficiency(field.z));
  const photometry::BandFluxes& reference = clump.photometry.bands[field.reference];
  clump.absolute_mag =
      absolute_magnitude(units::abmag_from_njy(reference.flux_njy), clump.magnification.mu, field.z,
                         field.bands[field.reference].galactic_extinction_mag, field.cosmology);
  clump.absolute_mag_error =
      2.5 / std::log(10.0) *
      std::hypot(
          reference.error_njy / reference.flux_njy,
          0.5 * (clump.magnification.error_minus + clump.magnification.error_plus) / clump.magnification.mu);
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
             const PipelineOptions& options, StreamName name) {
  name.purpose = "sed redraws";
  name.clump = clump.id;
  Random random(name);
  clump.sed = sed::fit_grid(field.grid, intrinsic_photometry(clump, field, sky), options.sed, random);
}

void set_unknown(MeasuredClump& clump) {
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

std::vector<MeasuredClump> measure_field(const AnalysisField& field, std::span<const sky::Exposure> exposures,
                                         std::span<const BandSky> sky, std::span<const Region> regions,
                                         const PipelineOptions& options, const StreamName& stream,
                                         int threads) {
  require(exposures.size() == field.bands.size() && sky.size() == field.bands.size(),
          "measure_field: one exposure and one sky a band");
  std::vector<MeasuredClump> clumps =
      Photometer(field, exposures, sky, regions, options, stream, threads).run();
  const double pixel_scale = exposures[field.reference].pixel_scale_arcsec;
  for (MeasuredClump& clump : clumps) {
    set_unknown(clump);
    clump.alternatives.assign(field.alternatives.size(), unknown_delensing);
    if (!clump.redrawn || !was_fitted(clump.photometry)) continue;
    clump.interloper = is_interloper(clump.photometry, field, options.interloper_box);
    clump.selected = is_selected(clump.photometry, field, options.min_snr) && !clump.interloper;
    clump.in_host = in_mask(field.host_mask, clump.photometry.x, clump.photometry.y);
    if (!clump.in_host) continue;
    delens(clump, field, options, pixel_scale);
    if (clump.magnification.inside_map && clump.selected && !field.grid.models.empty())
      fit_sed(clump, field, sky, options, stream);
    delens_with_alternatives(clump, field, options, pixel_scale);
  }
  return clumps;
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
