#include "engine/pipeline/photometer.h"

#include "engine/core/error.h"
#include "engine/core/parallel.h"
#include "engine/photometry/subtraction.h"
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

// The companions of an object are those of its own pass and the one before.
ClumpPhotometry measure_object(const DetectedObjects& objects, std::size_t i,
                               std::span<const photometry::BandData> bands, std::size_t reference,
                               const photometry::ProtocolOptions& options, StreamName name,
                               const photometry::KnownFit& known) {
  name.purpose = "redraws";
  name.clump = static_cast<std::int64_t>(i);
  Random random(name);
  const std::span<const Detection> all(objects.list);
  const std::span<const Detection> near = objects.list[i].pass == 1 ? all.first(objects.first_pass) : all;
  return photometry::measure_clump(near, i, bands, reference, options, random, known);
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

  FieldPhotometry run() {
    const sky::Exposure& reference = exposures_[field_.reference];
    const photometry::DetectionResult first =
        photometry::detect(reference.flux_njy, reference.error_njy, options_.detection);
    objects_.segmentation = segmentations(first.segmentation, field_.reference, exposures_);
    objects_.list = with_marked(first.objects);
    objects_.first_pass = objects_.list.size();
    measure_from(0);
    if (options_.residual_pass && !objects_.list.empty()) residual_pass(reference);
    redraw();
    return {std::move(clumps_), std::move(objects_)};
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
    const std::vector<photometry::BandData> bands =
        band_data(field_, exposures_, sky_, objects_.segmentation);
    std::vector<std::size_t> wanted;
    for (std::size_t i = first; i < objects_.list.size(); ++i)
      if (is_wanted(objects_.list[i])) wanted.push_back(i);
    std::vector<MeasuredClump> measured(wanted.size());
    photometry::ProtocolOptions best_fit_only = options_.photometry;
    best_fit_only.redraws = 0;
    parallel_for(wanted.size(), threads_, [&](std::size_t k) {
      const std::size_t i = wanted[k];
      measured[k].id = static_cast<std::int64_t>(i);
      measured[k].pass = objects_.list[i].pass;
      measured[k].photometry = measure(i, bands, best_fit_only);
    });
    std::move(measured.begin(), measured.end(), std::back_inserter(clumps_));
  }

  ClumpPhotometry measure(std::size_t i, std::span<const photometry::BandData> bands,
                          const photometry::ProtocolOptions& options) const {
    return measure_object(objects_, i, bands, field_.reference, options, stream_, {});
  }

  void redraw() {
    const std::vector<photometry::BandData> bands =
        band_data(field_, exposures_, sky_, objects_.segmentation);
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
        reference.flux_njy, measured, field_.reference, *field_.bands[field_.reference].psf);
    const auto second = photometry::detect(residual, reference.error_njy, options_.detection);
    const std::size_t first_new = objects_.list.size();
    for (Detection object : second.objects)
      if (is_new(object, first_new)) {
        object.pass = 2;
        objects_.list.push_back(object);
      }
    measure_from(first_new);
  }

  // New objects lie where the first pass measured, further than a fit's reach from every object it found.
  bool is_new(const Detection& object, std::size_t count) const {
    if (!is_wanted(object)) return false;
    const double reach = options_.photometry.fit.max_shift_pix;
    return std::none_of(
        objects_.list.begin(), objects_.list.begin() + static_cast<std::ptrdiff_t>(count),
        [&](const Detection& d) { return std::hypot(d.x - object.x, d.y - object.y) < reach; });
  }

  const AnalysisField& field_;
  std::span<const sky::Exposure> exposures_;
  std::span<const BandSky> sky_;
  std::span<const Region> regions_;
  const PipelineOptions& options_;
  StreamName stream_;
  int threads_;
  DetectedObjects objects_;
  std::vector<MeasuredClump> clumps_;
};

}  // namespace

FieldPhotometry photometry_of_field(const AnalysisField& field, std::span<const sky::Exposure> exposures,
                                    std::span<const BandSky> sky, std::span<const Region> regions,
                                    const PipelineOptions& options, const StreamName& stream, int threads) {
  return Photometer(field, exposures, sky, regions, options, stream, threads).run();
}

ClumpPhotometry photometry_of_object(const AnalysisField& field, std::span<const sky::Exposure> exposures,
                                     std::span<const BandSky> sky, const DetectedObjects& objects,
                                     std::int64_t id, const PipelineOptions& options,
                                     const StreamName& stream, const photometry::KnownFit& known) {
  require(id >= 0 && id < std::ssize(objects.list), "photometry_of_object: an object of the list");
  return measure_object(objects, static_cast<std::size_t>(id),
                        band_data(field, exposures, sky, objects.segmentation), field.reference,
                        options.photometry, stream, known);
}

}  // namespace arcproof::pipeline
