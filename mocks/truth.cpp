#include "mocks/truth.h"

#include "engine/core/missing.h"
#include "engine/core/units.h"
#include "engine/io/table_builder.h"

#include <algorithm>
#include <cmath>

namespace arcproof::mocks {
namespace {

struct Drawn {
  Clump clump;
  sky::PixelPosition place;
};

Drawn draw_clump_and_place(const PopulationOptions& population, const TruthField& field, Random& random) {
  Clump clump = draw_clump(population, field.z, field.age_of_universe_myr, random);
  return {std::move(clump), field.placement->draw(random)};
}

// The second clump of a pair lies beside the first, whose place its stream tells.
sky::PixelPosition place_beside(const InjectionPlan& plan, const TruthField& field, int realisation,
                                int first) {
  Random of_first({plan.seed, "population", realisation, first});
  const sky::PixelPosition place = draw_clump_and_place(plan.population, field, of_first).place;
  Random random({plan.seed, "pairs", realisation, first});
  const Range& range = plan.injection.pairs->separation_pix;
  const double distance = random.uniform(range.low, range.high), angle = random.uniform(0, 2 * units::pi);
  return {place.x + distance * std::cos(angle), place.y + distance * std::sin(angle)};
}

Clump draw_one(const InjectionPlan& plan, const TruthField& field, int realisation, int k) {
  Random random({plan.seed, "population", realisation, k});
  auto [clump, place] = draw_clump_and_place(plan.population, field, random);
  if (plan.injection.pairs && k % 2 == 1) place = place_beside(plan, field, realisation, k - 1);
  const lens::Vector2 theta = field.injection.frame->to_lens(place);
  const double efficiency = field.injection.finder->efficiency();
  const double mu = std::abs(lens::magnification(field.injection.lens->hessian(theta), efficiency).mu);
  clump.source_arcsec = field.injection.lens->source_position(theta, efficiency);
  clump.flux_njy = field.light->fluxes_njy_per_msun(clump.population);
  for (std::size_t b = 0; b < plan.bands.size(); ++b)
    clump.flux_njy[b] *= std::pow(10, -0.4 * plan.galactic_extinction_mag[b]);
  const Range& mag = plan.population.observed_mag_ab;
  if (mag.high > mag.low)
    clump.mass_msun =
        units::njy_from_abmag(random.uniform(mag.low, mag.high)) / (mu * clump.flux_njy[plan.reference]);
  for (double& flux : clump.flux_njy) flux *= clump.mass_msun;
  return clump;
}

// Truth columns are gathered row by row.
struct Row {
  std::int64_t injection_id;
  const InjectedClump* parent;
  const InjectedImage* image;
};

// Distance to the nearest other image that was injected in the same realisation [pixel]; NaN for none.
double nearest_injected(const std::vector<InjectedClump>& clumps, const InjectedImage& image) {
  double nearest = HUGE_VAL;
  for (const InjectedClump& clump : clumps)
    for (const InjectedImage& other : clump.images)
      if (&other != &image && other.flag == InjectionFlag::injected)
        nearest = std::min(nearest, std::hypot(other.x - image.x, other.y - image.y));
  return std::isfinite(nearest) ? nearest : nan;
}

// The density with which an image like this is drawn at its place [1/pixel^2]: mocks/placement.h.
double drawn_density(const Row& row, const Placement& placement) {
  double in_source = 0;
  for (const InjectedImage& image : row.parent->images)
    if (std::isfinite(image.x) && image.mu != 0)
      in_source += placement.drawn(image.x, image.y) * std::abs(image.mu);
  return in_source / std::abs(row.image->mu);
}

double weight(double wanted, double drawn) { return wanted > 0 ? wanted / drawn : 0; }

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

}  // namespace

std::string flag_of(const InjectedImage& image, const TruthField& field, const InjectionOptions& o) {
  if (image.flag == InjectionFlag::injected && std::abs(image.mu) < o.min_mu) return "demagnified";
  if (image.flag == InjectionFlag::injected && image.sigma_major_pix > o.max_sigma_pix) return "arc";
  if (image.flag == InjectionFlag::injected && !in_mask(*field.host_mask, image.x, image.y))
    return "outside_host";
  return std::string(to_string(image.flag));
}

std::vector<InjectedClump> inject_realisation(const InjectionPlan& whole, const Range& mass_msun,
                                              const TruthField& field, int realisation,
                                              std::vector<sky::Exposure>* exposures) {
  InjectionPlan plan = whole;
  plan.population.mass_msun = mass_msun;
  std::vector<InjectedClump> result;
  for (int k = 0; k < plan.injection.clumps; ++k) {
    InjectedClump one{
        static_cast<std::int64_t>(realisation) * 1000 + k, draw_one(plan, field, realisation, k), {}};
    one.images =
        inject_clump(one.clump, field.injection, exposures, plan.reference, {plan.seed, {}, realisation, k});
    result.push_back(std::move(one));
  }
  return result;
}

io::Table truth_table(const InjectionPlan& plan, const TruthField& field, int realisation,
                      const std::vector<InjectedClump>& clumps) {
  std::vector<Row> rows;
  for (const InjectedClump& clump : clumps)
    for (std::size_t k = 0; k < clump.images.size(); ++k)
      rows.push_back({injection_id(clump, k), &clump, &clump.images[k]});
  io::Table table("TRUTH");
  io::TableBuilder add(table, rows);
  const std::size_t reference = plan.reference;
  const auto sky = [&](const Row& r) {
    return std::isfinite(r.image->x) ? field.injection.frame->to_sky({r.image->x, r.image->y}) : std::nullopt;
  };
  add.column("injection_id", "", "one for each image of each injected clump, the same in all bands",
             [](const Row& r) { return r.injection_id; });
  add.column("parent_id", "", "clump behind the lens; its images share it",
             [](const Row& r) { return r.parent->parent_id; });
  add.column("realisation", "", "field with a handful of injections",
             [&](const Row&) { return std::int64_t{realisation}; });
  add.column("field", "", "name of the field", [&](const Row&) { return field.name; });
  add.column("injection_flag", "",
             "injected; or why nothing was to be found: no_image, outside_image, no_data, outside_host, "
             "demagnified, "
             "arc (stretched beyond injection.max_sigma_pix)",
             [&](const Row& r) { return flag_of(*r.image, field, plan.injection); });
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
             [&](const Row& r) { return is_empty_around(*field.objects, r.image->x, r.image->y); });
  add.column("place_density", "pix**-2",
             "density with which an image is drawn at this place; the clump may have been placed at any of "
             "its images",
             [&](const Row& r) { return drawn_density(r, *field.placement); });
  add.column("weight_clumps", "",
             "for averages over places where the host's clumps are: their density over place_density",
             [&](const Row& r) {
               return weight(field.placement->clumps(r.image->x, r.image->y),
                             drawn_density(r, *field.placement));
             });
  add.column(
      "weight_uniform", "",
      "for averages over the host's area, but for edges and missing pixels: 1 / area over place_density",
      [&](const Row& r) {
        return weight(field.placement->uniform(r.image->x, r.image->y), drawn_density(r, *field.placement));
      });
  add.column("merged_images", "", "images of this clump that overlap with this one, itself included",
             [](const Row& r) { return std::int64_t{r.image->merged_images}; });
  add.column("neighbour_pix", "pix", "distance to the nearest other injected image of this realisation",
             [&](const Row& r) { return nearest_injected(clumps, *r.image); });
  add.column("true_sigma_major_pix", "pix", "lensed standard deviation before the PSF, major axis",
             [](const Row& r) { return r.image->sigma_major_pix; });
  add.column("true_sigma_minor_pix", "pix", "lensed standard deviation before the PSF, minor axis",
             [](const Row& r) { return r.image->sigma_minor_pix; });
  for (std::size_t b = 0; b < plan.bands.size(); ++b)
    add.column("true_flux_" + plan.bands[b], "nJy", "observed flux",
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

}  // namespace arcproof::mocks
