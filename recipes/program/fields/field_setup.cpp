#include "recipes/program/fields/field_setup.h"

#include "engine/core/error.h"
#include "engine/core/missing.h"
#include "engine/core/text.h"
#include "engine/core/units.h"
#include "engine/photometry/noise_correlation.h"
#include "engine/pipeline/grids.h"
#include "recipes/program/description/light.h"
#include "recipes/program/fields/controls.h"
#include "recipes/program/fields/science_catalogue.h"

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
      : r_(recipe), in_(inputs), field_(recipe.fields[static_cast<std::size_t>(number)]), threads_(threads) {
    setup_.number = number;
    setup_.name = field_.name;
    setup_.z = field_.z;
  }

  void check_maps() {
    set_geometry();
    check_nodes();
    check_lens(in_.analysis_lens, "analysis_lens");
    check_lens(truth_lens(), truth_key());
    for (std::size_t i = 0; i < in_.alternative_lenses.size(); ++i)
      check_lens(in_.alternative_lenses[i], alternative_key(i));
  }

  FieldSetup make() {
    set_geometry();
    set_lenses();
    set_light();
    set_plan();
    set_bands();
    set_exposures();
    set_host();
    set_sky_and_baseline();
    setup_.catalogue = clumps_of_host(setup_, threads_);
    set_placement();
    setup_.host_truth = truth_of_host(setup_);
    setup_.controls = controls_of(setup_, r_.control_area_arcsec2, threads_);
    return std::move(setup_);
  }

 private:
  const std::vector<sky::Exposure>& real_exposures() const {
    return in_.exposures[static_cast<std::size_t>(setup_.number)];
  }

  const lens::LoadedLens& truth_lens() const {
    return in_.truth_lens_of(static_cast<std::size_t>(setup_.number));
  }

  std::string truth_key() const {
    return field_.truth_lens ? fmt::format("fields[{}] ({}).truth_lens", setup_.number, field_.name)
                             : "truth_lens";
  }
  std::string alternative_key(std::size_t i) const {
    return fmt::format("alternative_lenses[{}] ({})", i, r_.alternative_lenses[i].name);
  }

  // Where the lens frame's origin is: that of the model whose posterior is evaluated in that frame; a map is
  // brought to any frame.
  std::optional<sky::SkyPosition> lens_origin() const {
    const lens::LoadedLens* const order[] = {&in_.analysis_lens, &truth_lens()};
    for (const lens::LoadedLens* input : order)
      if (input->model) return input->model->reference();
    for (const lens::LoadedLens* input : order)
      if (input->map) return input->map->file.reference;
    return std::nullopt;
  }

  sky::SkyPosition field_centre() const {
    const FieldRecipe& f = field_;
    if (const auto origin = lens_origin(); f.x_arcsec && origin)
      return lens::to_sky(*origin, {*f.x_arcsec, *f.y_arcsec});
    return {f.ra_deg, f.dec_deg};
  }

  // Of the reference band.
  double simulated_scale() const { return r_.simulated_scale(r_.bands[r_.band_index(r_.reference_band)]); }

  // Frame and size of the reference band's images.
  void set_geometry() {
    const sky::SkyPosition centre = field_centre();
    const sky::SkyPosition reference = frame_reference();
    if (real_exposures().empty()) {
      width_ = height_ = 2 * static_cast<int>(std::lround(0.5 * field_.size_arcsec / simulated_scale()));
      wcs_ = sky::Wcs::tangential(centre, {0.5 * (width_ - 1), 0.5 * (height_ - 1)}, simulated_scale());
      scale_ = simulated_scale();
    } else {
      const sky::Exposure& reference = real_exposures()[r_.band_index(r_.reference_band)];
      width_ = reference.flux_njy.width();
      height_ = reference.flux_njy.height();
      wcs_ = reference.wcs;
      scale_ = reference.pixel_scale_arcsec;
    }
    if (!wcs_ && has_lens_on_sky())
      throw InputError({r_.file, fmt::format("fields[{}] ({})", setup_.number, field_.name),
                        "exposures without sky coordinates under a lens model or map",
                        "exposures with a WCS, or a lens of kind constant"});
    setup_.width = width_;
    setup_.height = height_;
    setup_.frame = wcs_ ? lens::ImageFrame(*wcs_, reference)
                        : lens::ImageFrame(scale_, {0.5 * (width_ - 1), 0.5 * (height_ - 1)});
  }

  bool has_lens_on_sky() const {
    return !truth_lens().is_constant() || !in_.analysis_lens.is_constant() ||
           std::any_of(in_.alternative_lenses.begin(), in_.alternative_lenses.end(),
                       [](const lens::LoadedLens& input) { return !input.is_constant(); });
  }

  /// The image in the lens frame.
  struct Rectangle {
    lens::Vector2 low, high;
    Rectangle wider(double margin) const {
      return {{low.x - margin, low.y - margin}, {high.x + margin, high.y + margin}};
    }
  };
  Rectangle image_rectangle() const {
    lens::Vector2 low{HUGE_VAL, HUGE_VAL}, high{-HUGE_VAL, -HUGE_VAL};
    for (const double x : {0.0, width_ - 1.0})
      for (const double y : {0.0, height_ - 1.0}) {
        const lens::Vector2 corner = setup_.frame.to_lens({x, y});
        low = {std::min(low.x, corner.x), std::min(low.y, corner.y)};
        high = {std::max(high.x, corner.x), std::max(high.y, corner.y)};
      }
    return {low, high};
  }

  lens::Grid map_grid(double margin = map_margin_arcsec) const {
    const Rectangle r = image_rectangle().wider(margin);
    return lens::covering_grid(r.low, r.high, r_.lens_map_step_arcsec);
  }

  // The map's own nodes where its frame is ours: nothing is interpolated twice. Else a grid of ours, with as
  // much of a margin as there is map.
  lens::Grid grid_on(const lens::MapLens& map, const std::string& key) const {
    const lens::MapFile& file = map.file;
    const sky::SkyPosition ours = frame_reference();
    if (!file.own_projection && file.reference.ra_deg == ours.ra_deg &&
        file.reference.dec_deg == ours.dec_deg) {
      const lens::Grid& whole = file.map.grid();
      const Rectangle image = image_rectangle(), wide = image.wider(map_margin_arcsec);
      const lens::Vector2 first = whole.node(0, 0), last = whole.node(whole.width - 1, whole.height - 1);
      for (const lens::Vector2 corner : {image.low, image.high})
        if (!whole.contains(corner)) refuse_cover(map, key, corner);
      return lens::nodes_about(whole, {std::max(wide.low.x, first.x), std::max(wide.low.y, first.y)},
                               {std::min(wide.high.x, last.x), std::min(wide.high.y, last.y)});
    }
    for (const double margin : {map_margin_arcsec, 0.5, 0.2, 0.0}) {
      const lens::Grid grid = map_grid(margin);
      const auto node = lens::node_off_map(file, ours, grid);
      if (!node) return grid;
      if (margin == 0) refuse_cover(map, key, *node);
    }
    return {};
  }

  [[noreturn]] void refuse_cover(const lens::MapLens& map, const std::string& key, lens::Vector2 at) const {
    const sky::SkyPosition position = lens::to_sky(frame_reference(), at);
    refuse(map.name, key,
           fmt::format("a map that ends before RA {:.6f}, Dec {:.6f}", position.ra_deg, position.dec_deg),
           fmt::format("one that covers the image of fields[{}] ({})", setup_.number, field_.name));
  }

  std::string recipe_file() const { return r_.file; }
  std::string field_key() const { return fmt::format("fields[{}] ({})", setup_.number, field_.name); }

  void check_nodes() const {
    constexpr double most = 20000;  // along a side: 16 GB
    const Rectangle r = image_rectangle().wider(map_margin_arcsec);
    const double nodes = std::max(r.high.x - r.low.x, r.high.y - r.low.y) / r_.lens_map_step_arcsec;
    if (has_lens_on_sky() && !(nodes <= most))
      refuse(recipe_file(), "lens_map_step_arcsec",
             fmt::format("{:g}, {:.0f} nodes along {}", r_.lens_map_step_arcsec, nodes, field_key()),
             fmt::format("at most {:g} nodes", most));
  }

  // A field in which a model does nothing, at any source redshift, has the wrong place, or the wrong lens.
  void check_model(const lens::LensModel& model, const std::string& key) const {
    constexpr int side = 5;
    constexpr double least = 1e-4;  // of convergence or shear: 0.02% of the magnification
    const Rectangle r = image_rectangle();
    for (int j = 0; j < side; ++j)
      for (int i = 0; i < side; ++i) {
        const lens::Vector2 ours{r.low.x + (r.high.x - r.low.x) * i / (side - 1),
                                 r.low.y + (r.high.y - r.low.y) * j / (side - 1)};
        const sky::SkyPosition at = lens::to_sky(frame_reference(), ours);
        const lens::Magnification m = lens::magnification(model.hessian(model.to_frame(at)), 1);
        if (std::abs(m.kappa) > least || m.gamma() > least) return;
      }
    const lens::Vector2 centre = model.to_frame(field_centre());
    refuse(
        recipe_file(), field_key(),
        fmt::format("a field {:.4g} arcsec from the lens's reference, where convergence and shear of {} are "
                    "below {:g}",
                    std::hypot(centre.x, centre.y), key, least),
        "a place behind the lens, or a lens of kind constant");
  }

  // Reading the draws of a map finds what is wrong with them.
  void check_lens(const lens::LoadedLens& input, const std::string& key) const {
    if (input.model) check_model(*input.model, key);
    if (!input.map) return;
    grid_on(*input.map, key);
    if (setup_.number > 0) return;  // the draws do not depend on the field
    for (std::size_t k = 0; k < input.map_source.draws(); ++k)
      lens::read_draw(input.map_source, k, *input.map, input.keys);
  }

  lens::Realisations posterior_of(const lens::LoadedLens& input, const lens::Grid& grid) const {
    if (!input.map) return {input.posterior};
    std::vector<lens::LensMap> draws;
    for (std::size_t k = 0; k < input.map_source.draws(); ++k)
      draws.push_back(lens::on_grid(input.map->file,
                                    lens::read_draw(input.map_source, k, *input.map, input.keys),
                                    frame_reference(), grid, threads_));
    return {std::move(draws), input.map->z_lens, r_.cosmology};
  }

  lens::LensMap map_of(const lens::LoadedLens& input, const std::string& key) const {
    if (input.is_constant())
      return lens::LensMap::constant(input.constant.mu_tangential, input.constant.mu_radial,
                                     input.constant.angle_deg * units::degree);
    if (input.map)
      return lens::on_grid(input.map->file, input.map->file.map, frame_reference(), grid_on(*input.map, key),
                           threads_);
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

  sky::SkyPosition frame_reference() const { return lens_origin().value_or(field_centre()); }

  lens::Lens lens_of(const lens::LoadedLens& input, lens::LensMap map) const {
    return {std::move(map), input.z_lens(), r_.cosmology};
  }

  double truth_efficiency() const {
    const double z = field_.z;
    if (truth_lens().model) return truth_lens().model->efficiency(z);
    return truth_lens().map ? truth_lens().map->efficiency(z) : 1.0;
  }

  void set_lenses() {
    const lens::LensMap truth = map_of(truth_lens(), truth_key());
    const LensRecipe& truth_recipe = r_.truth_lens_of(field_);
    // The same model gives the same map: no need to compute it twice.
    const auto lens_for = [&](const lens::LoadedLens& input, const LensRecipe& recipe,
                              const std::string& key) {
      return lens_of(input, same_model(recipe, truth_recipe) ? truth : map_of(input, key));
    };
    setup_.truth_map = std::make_shared<lens::LensMap>(truth);
    setup_.finder = std::make_unique<lens::ImageFinder>(*setup_.truth_map, truth_efficiency());
    pipeline::AnalysisField& a = setup_.analysis;
    a.lens = lens_for(in_.analysis_lens, r_.analysis_lens, "analysis_lens");
    a.posterior = posterior_of(in_.analysis_lens, a.lens.map.grid());
    for (std::size_t i = 0; i < r_.alternative_lenses.size(); ++i)
      a.alternatives.push_back(
          {r_.alternative_lenses[i].name,
           lens_for(in_.alternative_lenses[i], r_.alternative_lenses[i].lens, alternative_key(i))});
    a.frame = setup_.frame;
    a.cosmology = r_.cosmology;
    a.name = field_.name;
    a.number = setup_.number;
    a.host = field_.name;
    a.z = field_.z_of_analysis();
  }

  void set_light() {
    const double z = field_.z;
    setup_.truth_light = std::make_shared<sed::BandSynthesis>(in_.truth_library, in_.filters, z, r_.cosmology,
                                                              truth_light(r_));
    setup_.arcsec_per_pc = 1e-3 / r_.cosmology.kpc_per_arcsec(z);
    setup_.age_of_universe_myr = r_.cosmology.age_myr(z);
    if (r_.run_sed) setup_.analysis.grid = grid_at(field_.z_of_analysis(), analysis_light(r_));
    if (r_.ladder) set_ladder();
  }

  sed::ModelGrid grid_at(double z, const sed::SynthesisOptions& light) const {
    return sed::build_grid(sed::BandSynthesis(in_.analysis_library, in_.filters, z, r_.cosmology, light),
                           r_.grid, r_.cosmology);
  }

  void set_ladder() {
    LadderGrids& grids = setup_.ladder.emplace();
    if (!r_.run_sed) return;
    const sed::SynthesisOptions analysis = analysis_light(r_), truth = truth_light(r_);
    sed::SynthesisOptions dust = analysis;
    dust.dust = truth.dust;
    dust.stars_over_gas_ebv = truth.stars_over_gas_ebv;
    if (field_.z_of_analysis() != field_.z)
      grids.at_true_z = std::make_shared<sed::ModelGrid>(grid_at(field_.z, analysis));
    if (dust.dust != analysis.dust || dust.stars_over_gas_ebv != analysis.stars_over_gas_ebv)
      grids.with_true_dust = std::make_shared<sed::ModelGrid>(grid_at(field_.z, dust));
  }

  void set_plan() {
    mocks::InjectionPlan& plan = setup_.plan;
    plan.seed = r_.seed;
    plan.population = r_.population;
    plan.injection = r_.injection;
    for (const BandRecipe& band : r_.bands) {
      plan.bands.push_back(lower_case(band.name));
      plan.galactic_extinction_mag.push_back(band.galactic_extinction_mag);
    }
    plan.reference = r_.band_index(r_.reference_band);
    setup_.pipeline = r_.pipeline;
    setup_.match = r_.match;
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
    if (const HostCentre centre = field_.host.centre(); centre.x_arcsec)
      return {*centre.x_arcsec, *centre.y_arcsec};
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
    const double z_lens =
        truth_lens().is_constant() ? lens_redshift_of_constant_field : truth_lens().z_lens();
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

  struct HostCentres {
    lens::Vector2 on_sky, in_source;
  };

  bool in_region(const EverywhereHost&, lens::Vector2, const HostCentres&) const { return true; }
  bool in_region(const CircleHost& circle, lens::Vector2 theta, const HostCentres& centres) const {
    return std::hypot(theta.x - centres.on_sky.x, theta.y - centres.on_sky.y) <= circle.radius_arcsec;
  }
  bool in_region(const SourceDiscHost& disc, lens::Vector2 theta, const HostCentres& centres) const {
    const lens::Lens& lens = setup_.analysis.lens;
    if (!lens.map.covers(theta)) return false;
    const lens::Vector2 beta = lens.map.source_position(theta, lens.efficiency(field_.z_of_analysis()));
    return std::hypot(beta.x - centres.in_source.x, beta.y - centres.in_source.y) <= disc.radius_arcsec;
  }
  // What a file draws was read with the inputs.
  template <class Drawn>
  bool in_region(const Drawn&, lens::Vector2, const HostCentres&) const {
    return false;
  }

  bool in_host(lens::Vector2 theta, const HostCentres& centres) const {
    return std::visit([&](const auto& region) { return in_region(region, theta, centres); },
                      field_.host.choice);
  }

  void set_host() {
    constexpr int edge = 8;  // pixels: a cutout must fit
    const lens::Vector2 on_sky = host_on_sky();
    const lens::Lens& lens = setup_.analysis.lens;
    const lens::Vector2 in_source =
        lens.map.covers(on_sky) ? lens.map.source_position(on_sky, lens.efficiency(field_.z_of_analysis()))
                                : on_sky;
    const auto linear = setup_.frame.linear_at({0.5 * (width_ - 1), 0.5 * (height_ - 1)});
    setup_.analysis.host_mask = Array2D<unsigned char>(width_, height_, 0);
    const sky::Exposure& reference = setup_.exposures[setup_.analysis.reference];
    for (int y = 0; y < height_; ++y)
      for (int x = 0; x < width_; ++x) {
        const sky::PixelPosition pixel{static_cast<double>(x), static_cast<double>(y)};
        const Array2D<unsigned char>& drawn = in_.host_masks[static_cast<std::size_t>(setup_.number)];
        if (drawn.width() ? !drawn(x, y) : !in_host(linear.to_lens(pixel), {on_sky, in_source})) continue;
        setup_.analysis.host_mask(x, y) = 1;
        const bool inside = x >= edge && y >= edge && x < width_ - edge && y < height_ - edge;
        if (inside && std::isfinite(reference.flux_njy(x, y)) && reference.error_njy(x, y) > 0)
          places_.push_back(pixel);
      }
    setup_.host_area_arcsec2 = static_cast<double>(places_.size()) * scale_ * scale_;
    if (places_.empty())
      throw InputError({r_.file, fmt::format("fields[{}] ({}).host", setup_.number, field_.name),
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
    set_band_noise();
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

  // Where the host's own clumps are, each by its brightest image.
  void set_placement() {
    const io::Reals &x = setup_.catalogue.reals("x"), &y = setup_.catalogue.reals("y");
    const io::Flags& selected = setup_.catalogue.flags("selected");
    const io::Integers& counter_image_of = setup_.catalogue.integers("counter_image_of");
    std::vector<sky::PixelPosition> rows;
    for (std::size_t i = 0; i < x.size(); ++i)
      if (selected[i] && counter_image_of[i] == io::missing_integer) rows.push_back({x[i], y[i]});
    // As the observer knows the source plane: through the analysis lens [arcsec].
    const lens::Lens& lens = setup_.analysis.lens;
    const double efficiency = lens.efficiency(field_.z), pixel = scale_ * scale_;
    const mocks::ToSource to_source = [&](sky::PixelPosition p) -> mocks::SourcePlace {
      const lens::Vector2 theta = setup_.frame.to_lens(p);
      if (!lens.map.covers(theta)) return {nan, nan, nan};
      const lens::Vector2 beta = lens.map.source_position(theta, efficiency);
      return {beta.x, beta.y, pixel / std::abs(lens::magnification(lens.map.hessian(theta), efficiency).mu)};
    };
    setup_.placement =
        mocks::Placement(std::move(places_), width_, height_, rows, r_.injection.placement, to_source);
  }

  // Bands whose noise goes together are no independent data of an SED.
  void set_band_noise() {
    double& largest = setup_.band_noise_correlation = nan;
    const sky::Exposure& reference = setup_.exposures[setup_.analysis.reference];
    std::vector<const sky::Exposure*> same;
    for (const sky::Exposure& exposure : setup_.exposures)
      if (pipeline::same_grid(exposure, reference)) same.push_back(&exposure);
    for (std::size_t a = 0; a < same.size(); ++a)
      for (std::size_t b = a + 1; b < same.size(); ++b) {
        const double r = photometry::band_noise_correlation(
            same[a]->flux_njy, same[a]->error_njy, same[b]->flux_njy, same[b]->error_njy, setup_.objects);
        if (std::isfinite(r) && !(std::abs(r) <= std::abs(largest))) largest = r;
      }
  }

  const Recipe& r_;
  const Inputs& in_;
  const FieldRecipe& field_;
  int threads_;
  FieldSetup setup_;
  std::optional<sky::Wcs> wcs_;
  std::vector<sky::PixelPosition> places_;  // pixels of the host's mask with room for a cutout
  int width_ = 0, height_ = 0;
  double scale_ = 0;
};

}  // namespace

void check_light(const Recipe& recipe, const Inputs& inputs) {
  for (const auto& [key, library] : {std::pair{"truth_library", inputs.truth_library},
                                     std::pair{"analysis_library", inputs.analysis_library}})
    for (const FieldRecipe& field : recipe.fields) {
      const double z = std::string(key) == "truth_library" ? field.z : field.z_of_analysis();
      const sed::BandSynthesis light(library, inputs.filters, z, recipe.cosmology, analysis_light(recipe));
      for (std::size_t b = 0; b < light.bands(); ++b) {
        if (!light.outside_library()[b]) continue;
        throw InputError({recipe.file,
                          fmt::format("fields ({}), bands ({})", field.name, recipe.bands[b].name),
                          fmt::format("a band outside the {} {} at z = {:g}", key, library->name, z),
                          fmt::format("observed wavelengths from {:.0f} to {:.0f} Angstrom",
                                      library->wavelength_angstrom.front() * (1 + z),
                                      library->wavelength_angstrom.back() * (1 + z))});
      }
    }
}

void check_maps(const Recipe& recipe, const Inputs& inputs) {
  for (std::size_t f = 0; f < recipe.fields.size(); ++f)
    FieldMaker(recipe, inputs, static_cast<int>(f), 1).check_maps();
}

FieldSetup set_up_field(const Recipe& recipe, const Inputs& inputs, int number, int threads) {
  return FieldMaker(recipe, inputs, number, threads).make();
}

}  // namespace arcproof::recipes
