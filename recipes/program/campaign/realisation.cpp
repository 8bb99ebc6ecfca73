#include "recipes/program/campaign/realisation.h"

#include "engine/core/missing.h"
#include "engine/core/text.h"
#include "engine/core/units.h"
#include "engine/io/table_builder.h"

#include <algorithm>
#include <cmath>

namespace arcproof::recipes {
namespace {

constexpr int realisations_with_examples = 4;
constexpr int example_side = 31;

// A place in the host's mask, uniform over its area.
sky::PixelPosition draw_place(const FieldSetup& field, Random& random) {
  const sky::PixelPosition pixel = field.places[random.index(field.places.size())];
  const double x = pixel.x + random.uniform(-0.5, 0.5);
  return {x, pixel.y + random.uniform(-0.5, 0.5)};
}

struct Drawn {
  mocks::Clump clump;
  sky::PixelPosition place;
};

Drawn draw_clump_and_place(const Recipe& recipe, const FieldSetup& field, Random& random) {
  mocks::Clump clump =
      mocks::draw_clump(recipe.population, field.recipe.z, field.age_of_universe_myr, random);
  return {std::move(clump), draw_place(field, random)};
}

// The second clump of a pair lies beside the first, whose place its stream tells.
sky::PixelPosition place_beside(const Recipe& recipe, const FieldSetup& field, int realisation, int first) {
  Random of_first({recipe.seed, "population", realisation, first});
  const sky::PixelPosition place = draw_clump_and_place(recipe, field, of_first).place;
  Random random({recipe.seed, "pairs", realisation, first});
  const mocks::Range& range = recipe.injection.pairs->separation_pix;
  const double distance = random.uniform(range.low, range.high), angle = random.uniform(0, 2 * units::pi);
  return {place.x + distance * std::cos(angle), place.y + distance * std::sin(angle)};
}

mocks::Clump draw_one(const Recipe& recipe, const FieldSetup& field, int realisation, int k) {
  Random random({recipe.seed, "population", realisation, k});
  auto [clump, place] = draw_clump_and_place(recipe, field, random);
  if (recipe.injection.pairs && k % 2 == 1) place = place_beside(recipe, field, realisation, k - 1);
  const lens::Vector2 theta = field.frame.to_lens(place);
  const double efficiency = field.finder->efficiency();
  const double mu = std::abs(lens::magnification(field.truth_map->hessian(theta), efficiency).mu);
  clump.source_arcsec = field.truth_map->source_position(theta, efficiency);
  clump.flux_njy = field.truth_light->fluxes_njy_per_msun(clump.population);
  for (std::size_t b = 0; b < recipe.bands.size(); ++b)
    clump.flux_njy[b] *= std::pow(10, -0.4 * recipe.bands[b].galactic_extinction_mag);
  const mocks::Range& mag = recipe.population.observed_mag_ab;
  if (mag.high > mag.low)
    clump.mass_msun = units::njy_from_abmag(random.uniform(mag.low, mag.high)) /
                      (mu * clump.flux_njy[field.analysis.reference]);
  for (double& flux : clump.flux_njy) flux *= clump.mass_msun;
  return clump;
}

bool in_mask(const Array2D<unsigned char>& mask, double x, double y) {
  const int i = static_cast<int>(std::lround(x)), j = static_cast<int>(std::lround(y));
  return mask.contains(i, j) && mask(i, j) != 0;
}

// Flag of a row: what the injection says, and whether the image is one that clumps are looked for in.
std::string flag_of(const mocks::InjectedImage& image, const FieldSetup& field, const InjectionRecipe& o) {
  if (image.flag == mocks::InjectionFlag::injected && std::abs(image.mu) < o.min_mu) return "demagnified";
  if (image.flag == mocks::InjectionFlag::injected && image.sigma_major_pix > o.max_sigma_pix) return "arc";
  if (image.flag == mocks::InjectionFlag::injected && !in_mask(field.analysis.host_mask, image.x, image.y))
    return "outside_host";
  return std::string(mocks::to_string(image.flag));
}

// Truth columns are gathered row by row.
struct Row {
  std::int64_t injection_id;
  const InjectedClump* parent;
  const mocks::InjectedImage* image;
};

// As if somebody had marked every clump in the image, with an error.
void mark(std::vector<pipeline::Region>& regions, const Recipe& recipe, int realisation) {
  Random random({recipe.seed, "marks", realisation});
  for (pipeline::Region& region : regions) {
    const double sigma = *recipe.injection.marking_error_pix;
    const double x = region.x + sigma * random.normal();
    region.marked = sky::PixelPosition{x, region.y + sigma * random.normal()};
  }
}

// Everything that the matching may look at is in the core.
std::vector<pipeline::Region> regions_of(const Recipe& recipe, const FieldSetup& field, int realisation,
                                         const std::vector<InjectedClump>& clumps) {
  std::vector<pipeline::Region> regions;
  for (const InjectedClump& clump : clumps)
    for (const mocks::InjectedImage& image : clump.images)
      if (flag_of(image, field, recipe.injection) == "injected") {
        const double core = validation::match_reach(image.sigma_major_pix, recipe.match);
        regions.push_back({image.x, image.y, std::max(12.0, 2 * core), core, std::nullopt});
      }
  if (recipe.injection.marking_error_pix) mark(regions, recipe, realisation);
  return regions;
}

// Distance to the nearest other image that was injected in the same realisation [pixel]; NaN for none.
double nearest_injected(const std::vector<InjectedClump>& clumps, const mocks::InjectedImage& image) {
  double nearest = HUGE_VAL;
  for (const InjectedClump& clump : clumps)
    for (const mocks::InjectedImage& other : clump.images)
      if (&other != &image && other.flag == mocks::InjectionFlag::injected)
        nearest = std::min(nearest, std::hypot(other.x - image.x, other.y - image.y));
  return std::isfinite(nearest) ? nearest : nan;
}

std::vector<double> cut(const Array2D<float>& image, int cx, int cy) {
  std::vector<double> values;
  for (int y = cy - example_side / 2; y <= cy + example_side / 2; ++y)
    for (int x = cx - example_side / 2; x <= cx + example_side / 2; ++x)
      values.push_back(image.contains(x, y) ? image(x, y) : nan);
  return values;
}

// Data and residual around recovered clumps, reference band: what a reader wants to see.
io::Table example_table(const io::Table& joined, const FieldSetup& field,
                        const std::vector<sky::Exposure>& exposures,
                        const std::vector<pipeline::MeasuredClump>& measured) {
  std::vector<photometry::ClumpPhotometry> fits;
  for (const pipeline::MeasuredClump& clump : measured) fits.push_back(clump.photometry);
  const std::size_t reference = field.analysis.reference;
  const Array2D<float>& data = exposures[reference].flux_njy;
  const Array2D<float> residual =
      photometry::subtract_models(data, fits, reference, *field.analysis.bands[reference].transforms);
  const io::Flags& recovered = joined.flags("recovered");
  const io::Integers& injection_id = joined.integers("injection_id");
  const io::Reals &measured_x = joined.reals("measured_x"), &measured_y = joined.reals("measured_y"),
                  &measured_snr =
                      joined.reals("measured_snr_" + lower_case(field.analysis.bands[reference].name));
  io::Integers id;
  io::Reals snr, pixels, residuals;
  for (std::size_t i = 0; i < joined.rows(); ++i) {
    if (!recovered[i]) continue;
    const int x = static_cast<int>(std::lround(measured_x[i])),
              y = static_cast<int>(std::lround(measured_y[i]));
    id.push_back(injection_id[i]);
    snr.push_back(measured_snr[i]);
    const auto d = cut(data, x, y), r = cut(residual, x, y);
    pixels.insert(pixels.end(), d.begin(), d.end());
    residuals.insert(residuals.end(), r.begin(), r.end());
  }
  io::Table table("EXAMPLES");
  table.add("injection_id", "", "row of the injection table", std::move(id));
  table.add("snr", "", "in the reference band", std::move(snr));
  table.add({"data", "nJy", "31 x 31 pixels of the reference band around the clump", std::move(pixels),
             example_side * example_side});
  table.add({"residual", "nJy", "the same after all fitted clumps are subtracted", std::move(residuals),
             example_side * example_side});
  return table;
}

}  // namespace

std::vector<InjectedClump> inject_realisation(const Recipe& recipe, const FieldSetup& field, int realisation,
                                              std::vector<sky::Exposure>* exposures) {
  std::vector<InjectedClump> result;
  for (int k = 0; k < recipe.injection.clumps; ++k) {
    InjectedClump one{
        static_cast<std::int64_t>(realisation) * 1000 + k, draw_one(recipe, field, realisation, k), {}};
    one.images = mocks::inject_clump(one.clump, field.injection_field(), exposures, field.analysis.reference,
                                     {recipe.seed, {}, realisation, k});
    result.push_back(std::move(one));
  }
  return result;
}

// Whether the 9 x 9 pixels of a fit hold no object.
bool is_empty_around(const Array2D<int>& objects, double x, double y) {
  constexpr int half = 4;
  if (!std::isfinite(x) || !std::isfinite(y)) return false;
  const int cx = static_cast<int>(std::lround(x)), cy = static_cast<int>(std::lround(y));
  for (int j = cy - half; j <= cy + half; ++j)
    for (int i = cx - half; i <= cx + half; ++i)
      if (!objects.contains(i, j) || objects(i, j) != 0) return false;
  return true;
}

io::Table truth_table(const Recipe& recipe, const FieldSetup& field, int realisation,
                      const std::vector<InjectedClump>& clumps) {
  std::vector<Row> rows;
  for (const InjectedClump& clump : clumps)
    for (std::size_t k = 0; k < clump.images.size(); ++k)
      rows.push_back({clump.parent_id * 100 + static_cast<std::int64_t>(k), &clump, &clump.images[k]});
  io::Table table("TRUTH");
  io::TableBuilder add(table, rows);
  const std::size_t reference = field.analysis.reference;
  const auto sky = [&](const Row& r) {
    return std::isfinite(r.image->x) ? field.frame.to_sky({r.image->x, r.image->y}) : std::nullopt;
  };
  add.column("injection_id", "", "one for each image of each injected clump, the same in all bands",
             [](const Row& r) { return r.injection_id; });
  add.column("parent_id", "", "clump behind the lens; its images share it",
             [](const Row& r) { return r.parent->parent_id; });
  add.column("realisation", "", "field with a handful of injections",
             [&](const Row&) { return std::int64_t{realisation}; });
  add.column("field", "", "name of the field", [&](const Row&) { return field.recipe.name; });
  add.column("injection_flag", "",
             "injected; or why nothing was to be found: no_image, outside_image, no_data, outside_host, "
             "demagnified, "
             "arc (stretched beyond injection.max_sigma_pix)",
             [&](const Row& r) { return flag_of(*r.image, field, recipe.injection); });
  add.column("ra", "deg", "right ascension, ICRS", [&](const Row& r) {
    const auto s = sky(r);
    return s ? s->ra_deg : nan;
  });
  add.column("dec", "deg", "declination, ICRS", [&](const Row& r) {
    const auto s = sky(r);
    return s ? s->dec_deg : nan;
  });
  add.column("mag", "mag", "observed AB magnitude in the reference band",
             [&](const Row& r) { return units::abmag_from_njy(r.image->flux_njy[reference]); });
  add.column("true_x", "pix", "position, reference band; 0 is the centre of the first pixel",
             [](const Row& r) { return r.image->x; });
  add.column("true_y", "pix", "position, reference band; 0 is the centre of the first pixel",
             [](const Row& r) { return r.image->y; });
  add.column("true_z", "", "redshift", [](const Row& r) { return r.parent->clump.z; });
  add.column("true_mu", "", "|mu| at the centre", [](const Row& r) { return std::abs(r.image->mu); });
  add.column("true_mu_profile", "", "|mu| averaged over the source's profile",
             [](const Row& r) { return r.image->mu_profile; });
  add.column("true_mu_tangential", "", "|mu_t| at the centre",
             [](const Row& r) { return r.image->mu_tangential; });
  add.column("on_empty_sky", "",
             "no object of the un-injected image within four pixels of either axis: the fit's cutout is sky",
             [&](const Row& r) { return is_empty_around(field.objects, r.image->x, r.image->y); });
  add.column("merged_images", "", "images of this clump that overlap with this one, itself included",
             [](const Row& r) { return std::int64_t{r.image->merged_images}; });
  add.column("neighbour_pix", "pix", "distance to the nearest other injected image of this realisation",
             [&](const Row& r) { return nearest_injected(clumps, *r.image); });
  add.column("true_sigma_major_pix", "pix", "lensed standard deviation before the PSF, major axis",
             [](const Row& r) { return r.image->sigma_major_pix; });
  add.column("true_sigma_minor_pix", "pix", "lensed standard deviation before the PSF, minor axis",
             [](const Row& r) { return r.image->sigma_minor_pix; });
  for (std::size_t b = 0; b < recipe.bands.size(); ++b)
    add.column("true_flux_" + lower_case(recipe.bands[b].name), "nJy", "observed flux",
               [b](const Row& r) { return r.image->flux_njy[b]; });
  add.column("true_radius_pc", "pc", "half-light radius in the source plane",
             [](const Row& r) { return r.parent->clump.radius_pc; });
  add.column("true_log_radius_pc", "", "log10 of the half-light radius [pc]",
             [](const Row& r) { return std::log10(r.parent->clump.radius_pc); });
  add.column("true_axis_ratio", "", "minor / major in the source plane",
             [](const Row& r) { return r.parent->clump.axis_ratio; });
  add.column("true_log_mass_msun", "", "log10 of the stellar mass formed [solMass]",
             [](const Row& r) { return std::log10(r.parent->clump.mass_msun); });
  add.column("true_log_age_yr", "", "log10 of the age [yr]",
             [](const Row& r) { return std::log10(r.parent->clump.population.age_myr) + 6; });
  add.column("true_ebv_mag", "mag", "colour excess",
             [](const Row& r) { return r.parent->clump.population.ebv_mag; });
  add.column("true_log_metallicity", "", "log10 of the metal mass fraction Z",
             [](const Row& r) { return std::log10(r.parent->clump.population.metallicity); });
  return table;
}

RealisationResult run_realisation(const Recipe& recipe, const FieldSetup& field, int realisation) {
  std::vector<sky::Exposure> exposures = field.exposures;
  const std::vector<InjectedClump> clumps = inject_realisation(recipe, field, realisation, &exposures);
  const io::Table truth = truth_table(recipe, field, realisation, clumps);
  const std::vector<pipeline::Region> regions = regions_of(recipe, field, realisation, clumps);
  std::vector<pipeline::MeasuredClump> measured;
  if (!regions.empty())
    measured = pipeline::measure_field(field.analysis, exposures, field.sky, regions, recipe.pipeline,
                                       {recipe.seed, {}, realisation});
  RealisationResult result;
  result.injections =
      validation::match(truth, pipeline::catalogue(field.analysis, measured), field.baseline, recipe.match);
  if (realisation < realisations_with_examples)
    result.examples = example_table(result.injections, field, exposures, measured);
  return result;
}

}  // namespace arcproof::recipes
