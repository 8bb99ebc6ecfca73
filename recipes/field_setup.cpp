#include "recipes/field_setup.h"

#include "engine/core/error.h"
#include "engine/core/units.h"
#include "recipes/light.h"

#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>

namespace arcproof::recipes {
namespace {

constexpr double map_margin_arcsec = 1.0;
constexpr double lens_redshift_of_constant_field = 0.4;  // of the light in front of it, when a scene has any

class FieldMaker {
 public:
  FieldMaker(const Recipe& recipe, const Inputs& inputs, int number, int threads)
      : r_(recipe), in_(inputs), threads_(threads) {
    setup_.number = number;
    setup_.recipe = recipe.fields[static_cast<std::size_t>(number)];
  }

  FieldSetup make() {
    set_geometry();
    set_lenses();
    set_light();
    set_bands();
    set_exposures();
    set_host();
    set_sky_and_baseline();
    return std::move(setup_);
  }

 private:
  const std::vector<sky::Exposure>& real_exposures() const {
    return in_.exposures[static_cast<std::size_t>(setup_.number)];
  }

  const LensInput& truth_lens() const { return in_.truth_lens_of(static_cast<std::size_t>(setup_.number)); }

  // The model that says where the lens frame's origin is: the one whose posterior is evaluated in that frame.
  const lens::LensModel* reference_model() const {
    if (in_.analysis_lens.model) return &*in_.analysis_lens.model;
    return truth_lens().model ? &*truth_lens().model : nullptr;
  }

  sky::SkyPosition field_centre() const {
    const FieldRecipe& f = setup_.recipe;
    if (f.x_arcsec && reference_model()) return reference_model()->to_sky({*f.x_arcsec, *f.y_arcsec});
    return {f.ra_deg, f.dec_deg};
  }

  // Of the reference band.
  double simulated_scale() const { return r_.simulated_scale(r_.bands[r_.band_index(r_.reference_band)]); }

  // Frame and size of the reference band's images.
  void set_geometry() {
    const sky::SkyPosition centre = field_centre();
    const sky::SkyPosition reference = reference_model() ? reference_model()->reference() : centre;
    if (real_exposures().empty()) {
      width_ = height_ =
          2 * static_cast<int>(std::lround(0.5 * setup_.recipe.size_arcsec / simulated_scale()));
      wcs_ = sky::Wcs::tangential(centre, {0.5 * (width_ - 1), 0.5 * (height_ - 1)}, simulated_scale());
      scale_ = simulated_scale();
    } else {
      const sky::Exposure& reference = real_exposures()[r_.band_index(r_.reference_band)];
      width_ = reference.flux_njy.width();
      height_ = reference.flux_njy.height();
      wcs_ = reference.wcs;
      scale_ = reference.pixel_scale_arcsec;
    }
    if (!wcs_ && has_model())
      throw InputError({(r_.folder / "recipe.json").string(),
                        fmt::format("fields[{}] ({})", setup_.number, setup_.recipe.name),
                        "exposures without sky coordinates under a lens model",
                        "exposures with a WCS, or a lens of kind constant"});
    setup_.width = width_;
    setup_.height = height_;
    setup_.frame = wcs_ ? lens::ImageFrame(*wcs_, reference)
                        : lens::ImageFrame(scale_, {0.5 * (width_ - 1), 0.5 * (height_ - 1)});
  }

  bool has_model() const {
    return truth_lens().model || in_.analysis_lens.model ||
           std::any_of(in_.alternative_lenses.begin(), in_.alternative_lenses.end(),
                       [](const LensInput& input) { return input.model.has_value(); });
  }

  lens::Grid map_grid() const {
    lens::Vector2 low{HUGE_VAL, HUGE_VAL}, high{-HUGE_VAL, -HUGE_VAL};
    for (const double x : {0.0, width_ - 1.0})
      for (const double y : {0.0, height_ - 1.0}) {
        const lens::Vector2 corner = setup_.frame.to_lens({x, y});
        low = {std::min(low.x, corner.x), std::min(low.y, corner.y)};
        high = {std::max(high.x, corner.x), std::max(high.y, corner.y)};
      }
    return lens::covering_grid({low.x - map_margin_arcsec, low.y - map_margin_arcsec},
                               {high.x + map_margin_arcsec, high.y + map_margin_arcsec},
                               r_.lens_map_step_arcsec);
  }

  lens::LensMap map_of(const LensInput& input) const {
    if (!input.model) return lens::LensMap::constant(input.mu_tangential, input.mu_radial, input.angle_rad);
    const lens::Grid grid = map_grid();
    const sky::SkyPosition ours = frame_reference(), theirs = input.model->reference();
    if (ours.ra_deg == theirs.ra_deg && ours.dec_deg == theirs.dec_deg)
      return lens::LensMap::compute(*input.model, grid, threads_);
    // Another origin: the same places of the sky in the model's own frame. The frames differ in scale by the
    // cosines of their declinations: over a field, under 1e-4 arcsec for origins half an arcsecond apart.
    lens::Grid moved = grid;
    moved.origin_arcsec = lens::to_frame(theirs, lens::to_sky(ours, grid.origin_arcsec));
    const lens::LensMap map = lens::LensMap::compute(*input.model, moved, threads_);
    return lens::LensMap::from_nodes(grid, map.deflection_nodes(), map.hessian_nodes());
  }

  sky::SkyPosition frame_reference() const {
    return reference_model() ? reference_model()->reference() : field_centre();
  }

  lens::Lens lens_of(const LensInput& input, lens::LensMap map) const {
    return {std::move(map), input.model ? input.model->z_lens() : 0, r_.cosmology};
  }

  void set_lenses() {
    const lens::LensMap truth = map_of(truth_lens());
    const LensRecipe& truth_recipe = r_.truth_lens_of(setup_.recipe);
    // The same model gives the same map: no need to compute it twice.
    const auto lens_for = [&](const LensInput& input, const LensRecipe& recipe) {
      return lens_of(input, same_model(recipe, truth_recipe) ? truth : map_of(input));
    };
    setup_.truth_map = std::make_shared<lens::LensMap>(truth);
    const double z = setup_.recipe.z;
    setup_.finder = std::make_unique<lens::ImageFinder>(
        *setup_.truth_map, truth_lens().model ? truth_lens().model->efficiency(z) : 1.0);
    pipeline::AnalysisField& a = setup_.analysis;
    a.lens = lens_for(in_.analysis_lens, r_.analysis_lens);
    a.posterior = in_.analysis_lens.posterior;
    for (std::size_t i = 0; i < r_.alternative_lenses.size(); ++i)
      a.alternatives.push_back({r_.alternative_lenses[i].name,
                                lens_for(in_.alternative_lenses[i], r_.alternative_lenses[i].lens)});
    a.frame = setup_.frame;
    a.cosmology = r_.cosmology;
    a.name = setup_.recipe.name;
    a.number = setup_.number;
    a.host = setup_.recipe.name;
    a.z = z;
  }

  void set_light() {
    const double z = setup_.recipe.z;
    setup_.truth_light = std::make_shared<sed::BandSynthesis>(in_.truth_library, in_.filters, z, r_.cosmology,
                                                              truth_light(r_));
    setup_.arcsec_per_pc = 1e-3 / r_.cosmology.kpc_per_arcsec(z);
    setup_.age_of_universe_myr = r_.cosmology.age_myr(z);
    if (r_.run_sed)
      setup_.analysis.grid = sed::build_grid(
          sed::BandSynthesis(in_.analysis_library, in_.filters, z, r_.cosmology, analysis_light(r_)), r_.grid,
          r_.cosmology);
  }

  void set_bands() {
    setup_.convolver = std::make_shared<mocks::Convolver>(in_.injection_psfs);
    pipeline::AnalysisField& a = setup_.analysis;
    for (std::size_t b = 0; b < r_.bands.size(); ++b)
      a.bands.push_back({r_.bands[b].name, in_.analysis_psfs[b],
                         std::make_shared<photometry::BandPsf>(*in_.analysis_psfs[b]),
                         r_.bands[b].galactic_extinction_mag});
    a.reference = r_.band_index(r_.reference_band);
    a.second_reference = r_.band_index(r_.second_reference_band);
  }

  lens::Vector2 host_on_sky() const {
    const RegionRecipe& region = setup_.recipe.host;
    if (region.x_arcsec) return {*region.x_arcsec, *region.y_arcsec};
    return setup_.frame.to_lens({0.5 * (width_ - 1), 0.5 * (height_ - 1)});
  }

  void set_exposures() {
    if (!real_exposures().empty()) {
      setup_.exposures = real_exposures();
      return;
    }
    std::vector<mocks::SceneBand> bands;
    for (const BandRecipe& b : r_.bands)
      bands.push_back({b.name, b.depth_mag_ab, b.depth_sigmas, b.electrons_per_njy, b.galactic_extinction_mag,
                       r_.simulated_scale(b)});
    mocks::SceneOptions options = r_.scene;
    options.width = width_;
    options.height = height_;
    const double z_lens = truth_lens().model ? truth_lens().model->z_lens() : lens_redshift_of_constant_field;
    const sed::BandSynthesis lens_light(in_.truth_library, in_.filters, z_lens, r_.cosmology,
                                        truth_light(r_));
    const lens::Vector2 host =
        setup_.truth_map->covers(host_on_sky())
            ? setup_.truth_map->source_position(host_on_sky(), setup_.finder->efficiency())
            : host_on_sky();
    mocks::Scene scene = mocks::make_scene(options, bands, in_.injection_psfs,
                                           r_.band_index(r_.reference_band), setup_.injection_field(),
                                           *setup_.truth_light, lens_light, setup_.age_of_universe_myr, host,
                                           scale_, wcs_ ? &*wcs_ : nullptr, r_.seed, setup_.number);
    setup_.exposures = std::move(scene.exposures);
    setup_.host_clumps = std::move(scene.host_clumps);
  }

  bool in_host(lens::Vector2 theta, lens::Vector2 centre_on_sky, lens::Vector2 centre_in_source) const {
    const RegionRecipe& region = setup_.recipe.host;
    if (region.kind == "everywhere") return true;
    if (region.kind == "circle")
      return std::hypot(theta.x - centre_on_sky.x, theta.y - centre_on_sky.y) <= region.radius_arcsec;
    const lens::Lens& lens = setup_.analysis.lens;
    if (!lens.map.covers(theta)) return false;
    const lens::Vector2 beta = lens.map.source_position(theta, lens.efficiency(setup_.recipe.z));
    return std::hypot(beta.x - centre_in_source.x, beta.y - centre_in_source.y) <= region.radius_arcsec;
  }

  void set_host() {
    constexpr int edge = 8;  // pixels: a cutout must fit
    const lens::Vector2 on_sky = host_on_sky();
    const lens::Lens& lens = setup_.analysis.lens;
    const lens::Vector2 in_source =
        lens.map.covers(on_sky) ? lens.map.source_position(on_sky, lens.efficiency(setup_.recipe.z)) : on_sky;
    const auto linear = setup_.frame.linear_at({0.5 * (width_ - 1), 0.5 * (height_ - 1)});
    setup_.analysis.host_mask = Array2D<unsigned char>(width_, height_, 0);
    const sky::Exposure& reference = setup_.exposures[setup_.analysis.reference];
    for (int y = 0; y < height_; ++y)
      for (int x = 0; x < width_; ++x) {
        const sky::PixelPosition pixel{static_cast<double>(x), static_cast<double>(y)};
        const Array2D<unsigned char>& drawn = in_.host_masks[static_cast<std::size_t>(setup_.number)];
        if (drawn.width() ? !drawn(x, y) : !in_host(linear.to_lens(pixel), on_sky, in_source)) continue;
        setup_.analysis.host_mask(x, y) = 1;
        const bool inside = x >= edge && y >= edge && x < width_ - edge && y < height_ - edge;
        if (inside && std::isfinite(reference.flux_njy(x, y)) && reference.error_njy(x, y) > 0)
          setup_.places.push_back(pixel);
      }
    if (setup_.places.empty())
      throw InputError({(r_.folder / "recipe.json").string(),
                        fmt::format("fields[{}] ({}).host", setup_.number, setup_.recipe.name),
                        "a region without a single pixel of data", "a region that overlaps the image"});
  }

  void set_sky_and_baseline() {
    setup_.sky = pipeline::measure_sky(setup_.analysis, setup_.exposures, r_.pipeline, r_.seed);
    for (std::size_t b = 0; b < setup_.sky.size(); ++b) {
      photometry::DepthLimit& depth = setup_.sky[b].depth;
      if (depth.flux_njy > 0) continue;  // no noise, or no room for apertures: what the recipe says
      depth.mag_ab = r_.bands[b].depth_mag_ab;
      depth.flux_njy = units::njy_from_abmag(depth.mag_ab);
    }
    const sky::Exposure& reference = setup_.exposures[setup_.analysis.reference];
    auto found = photometry::detect(reference.flux_njy, reference.error_njy, r_.pipeline.detection);
    setup_.objects = std::move(found.segmentation);
    // The full measurement, both passes: what the pipeline finds here without any injection. Objects that it
    // does not measure (outside the host) stand with their isophotal fluxes.
    pipeline::PipelineOptions best_fits = r_.pipeline;
    best_fits.photometry.redraws = 0;
    pipeline::AnalysisField no_sed = setup_.analysis;
    no_sed.grid.models.clear();
    const auto measured = pipeline::measure_field(no_sed, setup_.exposures, setup_.sky, {}, best_fits,
                                                  {r_.seed, {}, -1 - setup_.number}, threads_);
    io::Reals x, y, flux;
    std::set<std::int64_t> known;
    const auto put = [&](double px, double py, double f) {
      x.push_back(px);
      y.push_back(py);
      flux.push_back(f);
    };
    for (const pipeline::MeasuredClump& clump : measured) {
      const photometry::BandFluxes& band = clump.photometry.bands[setup_.analysis.reference];
      if (!std::isfinite(band.flux_njy)) continue;
      known.insert(clump.id);
      put(clump.photometry.x, clump.photometry.y, band.flux_njy);
    }
    for (std::size_t i = 0; i < found.objects.size(); ++i)
      if (!known.contains(static_cast<std::int64_t>(i)))
        put(found.objects[i].x, found.objects[i].y, found.objects[i].flux_njy);
    setup_.baseline = io::Table("BASELINE");
    setup_.baseline.add("x", "pix", "", std::move(x));
    setup_.baseline.add("y", "pix", "", std::move(y));
    setup_.baseline.add("flux_" + r_.match.reference_band, "nJy", "fitted; isophotal where not fitted",
                        std::move(flux));
  }

  const Recipe& r_;
  const Inputs& in_;
  int threads_;
  FieldSetup setup_;
  std::optional<sky::Wcs> wcs_;
  int width_ = 0, height_ = 0;
  double scale_ = 0;
};

}  // namespace

void check_light(const Recipe& recipe, const Inputs& inputs) {
  for (const auto& [key, library] : {std::pair{"truth_library", inputs.truth_library},
                                     std::pair{"analysis_library", inputs.analysis_library}})
    for (const FieldRecipe& field : recipe.fields) {
      const sed::BandSynthesis light(library, inputs.filters, field.z, recipe.cosmology,
                                     analysis_light(recipe));
      for (std::size_t b = 0; b < light.bands(); ++b) {
        if (!light.outside_library()[b]) continue;
        throw InputError({(recipe.folder / "recipe.json").string(),
                          fmt::format("fields ({}), bands ({})", field.name, recipe.bands[b].name),
                          fmt::format("a band outside the {} {} at z = {:g}", key, library->name, field.z),
                          fmt::format("observed wavelengths from {:.0f} to {:.0f} Angstrom",
                                      library->wavelength_angstrom.front() * (1 + field.z),
                                      library->wavelength_angstrom.back() * (1 + field.z))});
      }
    }
}

FieldSetup set_up_field(const Recipe& recipe, const Inputs& inputs, int number, int threads) {
  return FieldMaker(recipe, inputs, number, threads).make();
}

}  // namespace arcproof::recipes
