#include "recipes/program/fields/ladder.h"

#include "engine/core/error.h"
#include "engine/pipeline/catalogue.h"
#include "engine/sed/fits/grids/nearest_models.h"
#include "validation/studies/ladder.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace arcproof::recipes {
namespace {

using pipeline::MeasuredClump;

/// A recovered injection.
struct Recovered {
  const mocks::InjectedClump* clump;
  const mocks::InjectedImage* image;
};

photometry::Covariance shape_of(const mocks::InjectedImage& image) {
  const double c = std::cos(image.angle_rad), s = std::sin(image.angle_rad);
  const double a = image.sigma_major_pix * image.sigma_major_pix,
               b = image.sigma_minor_pix * image.sigma_minor_pix;
  return {a * c * c + b * s * s, (a - b) * c * s, a * s * s + b * c * c};
}

// The flux was multiplied by the magnification averaged over the profile.
lens::ClumpMagnification magnification_of(const mocks::InjectedImage& image) {
  lens::ClumpMagnification magnification;
  magnification.mu = magnification.posterior_median = image.mu_profile;
  magnification.mu_tangential = image.mu_tangential;
  return magnification;
}

io::Table with_measurement(const io::Table& rows, const io::Table& catalogue) {
  const std::string prefix = "measured_";
  io::Table table(rows.name());
  for (const io::Column& column : rows.columns())
    if (!column.name.starts_with(prefix)) table.add(column);
  for (io::Column column : catalogue.columns()) {
    column.name.insert(0, prefix);
    table.add(std::move(column));
  }
  return table;
}

class Ladder {
 public:
  Ladder(const FieldSetup& field, int realisation, const std::vector<sky::Exposure>& exposures,
         const pipeline::FieldPhotometry& found, const std::vector<mocks::InjectedClump>& injected,
         const io::Table& joined)
      : field_(field),
        exposures_(exposures),
        objects_(found.objects),
        stream_{field.plan.seed, {}, realisation},
        scale_(exposures[field.analysis.reference].pixel_scale_arcsec) {
    collect(found.clumps, injected, joined);
  }

  io::Table rows() {
    using namespace studies;
    add(rung_as_measured);
    for (const int rung : {rung_position, rung_shape}) climb(rung, &Ladder::fit_again);
    climb(rung_fluxes, &Ladder::put_fluxes);
    for (const int rung : {rung_magnification, rung_redshift, rung_metallicity_dust}) climb(rung, nullptr);
    return std::move(rows_);
  }

 private:
  using Change = void (Ladder::*)(std::size_t, int);

  void collect(const std::vector<MeasuredClump>& clumps, const std::vector<mocks::InjectedClump>& injected,
               const io::Table& joined) {
    std::map<std::int64_t, const MeasuredClump*> measured;
    for (const MeasuredClump& clump : clumps) measured[clump.id] = &clump;
    std::map<std::int64_t, Recovered> truth;
    for (const mocks::InjectedClump& clump : injected)
      for (std::size_t k = 0; k < clump.images.size(); ++k)
        truth[mocks::injection_id(clump, k)] = {&clump, &clump.images[k]};
    const io::Flags& recovered = joined.flags("recovered");
    const io::Integers &id = joined.integers("injection_id"),
                       &object = joined.integers("measured_detection_id");
    std::vector<std::size_t> chosen;
    for (std::size_t i = 0; i < joined.rows(); ++i) {
      if (!recovered[i]) continue;
      chosen.push_back(i);
      recovered_.push_back(truth.at(id[i]));
      clumps_.push_back(*measured.at(object[i]));
    }
    joined_ = joined.select(chosen);
  }

  // Changes the photometry where there is a change, and derives all that follows with what is known here.
  void climb(int rung, Change change) {
    for (std::size_t k = 0; k < clumps_.size(); ++k) {
      if (change) (this->*change)(k, rung);
      derive(k, rung);
    }
    add(rung);
  }

  void fit_again(std::size_t k, int rung) {
    const mocks::InjectedImage& image = *recovered_[k].image;
    photometry::KnownFit known{sky::PixelPosition{image.x, image.y}};
    if (rung >= studies::rung_shape) known.shape = shape_of(image);
    clumps_[k].photometry = pipeline::photometry_of_object(field_.analysis, exposures_, field_.sky, objects_,
                                                           clumps_[k].id, field_.pipeline, stream_, known);
  }

  void put_fluxes(std::size_t k, int) {
    std::vector<photometry::BandFluxes>& bands = clumps_[k].photometry.bands;
    for (std::size_t b = 0; b < bands.size(); ++b)
      if (std::isfinite(bands[b].flux_njy)) bands[b].flux_njy = recovered_[k].image->flux_njy[b];
  }

  void derive(std::size_t k, int rung) {
    using namespace studies;
    const auto& [truth, image] = recovered_[k];
    pipeline::PipelineOptions options = field_.pipeline;
    pipeline::KnownSource known;
    sed::ModelGrid nearest;
    if (rung >= rung_magnification) known.magnification = magnification_of(*image);
    if (rung >= rung_redshift) {
      known.z = field_.z;
      known.grid = &field_.ladder->true_z(field_.analysis.grid);
    }
    if (rung >= rung_metallicity_dust) {
      nearest = sed::models_nearest_to(field_.ladder->true_dust(field_.analysis.grid),
                                       truth->clump.population.metallicity, truth->clump.population.ebv_mag);
      known.grid = &nearest;
      options.sed.fix_ebv_to_zero = false;
    }
    pipeline::derive_source(clumps_[k], field_.analysis, field_.sky, options, stream_, scale_, known);
  }

  void add(int rung) {
    rows_.append(studies::ladder_rows_of(
        rung, with_measurement(joined_, pipeline::catalogue(field_.analysis, clumps_)),
        field_.plan.bands[field_.plan.reference]));
  }

  const FieldSetup& field_;
  const std::vector<sky::Exposure>& exposures_;
  const pipeline::DetectedObjects& objects_;
  StreamName stream_;
  double scale_;
  std::vector<Recovered> recovered_;
  std::vector<MeasuredClump> clumps_;  // of the rung that was reached, in the order of recovered_
  io::Table joined_;                   // rows of these
  io::Table rows_{"LADDER_ROWS"};
};

}  // namespace

io::Table ladder_rows(const FieldSetup& field, int realisation, const std::vector<sky::Exposure>& exposures,
                      const pipeline::FieldPhotometry& found,
                      const std::vector<mocks::InjectedClump>& injected, const io::Table& joined) {
  require(field.ladder.has_value(), "ladder_rows: the field is set up for it");
  return Ladder(field, realisation, exposures, found, injected, joined).rows();
}

}  // namespace arcproof::recipes
