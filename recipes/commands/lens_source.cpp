#include "recipes/commands/lens_source.h"

#include "engine/core/error.h"
#include "engine/core/missing.h"
#include "engine/core/parallel.h"
#include "engine/io/files.h"
#include "engine/lens/compact_cluster.h"
#include "engine/lens/lenstool.h"
#include "recipes/commands/parts.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <tuple>

#include <fmt/format.h>

namespace arcproof::commands {
namespace {

using lens::Grid;
using lens::Vector2;

constexpr double cluster_scatter = 0.02;   // of the made-up posterior
constexpr double farthest_arcsec = 36000;  // beyond it a flat frame means nothing

void refuse_option(const std::string& option, const std::string& found, const std::string& allowed) {
  refuse("", option, found, allowed);
}

std::string number_text(double value) { return fmt::format("{:.10g}", value); }

bool is_deflection(const LensArguments& a) { return !a.deflection_x.empty() || !a.deflection_y.empty(); }

void check_choice(const LensArguments& a) {
  constexpr const char* choices = "one of --par, --map, --deflection-x with --deflection-y, --cluster";
  const int given = !a.par.empty() + !a.map.empty() + is_deflection(a) + a.cluster;
  if (given != 1) refuse_option("lens", given == 0 ? "none" : fmt::format("{} of them", given), choices);
  if (is_deflection(a) && a.deflection_x.empty()) refuse_option("--deflection-x", "nothing", "a FITS image");
  if (is_deflection(a) && a.deflection_y.empty()) refuse_option("--deflection-y", "nothing", "a FITS image");
}

// Every option has the lens it belongs to.
void check_company(const LensArguments& a) {
  const auto only_with = [](bool given, const char* option, bool holds, const char* company) {
    if (given && !holds) refuse_option(option, std::string("without ") + company, company);
  };
  only_with(!a.bayes.empty(), "--bayes", !a.par.empty(), "--par");
  only_with(a.row.has_value(), "--row", !a.bayes.empty(), "--bayes");
  only_with(a.posterior_rows != 0, "--posterior-rows", !a.bayes.empty() || a.cluster, "--bayes");
  for (const auto& [option, given] : {std::pair{"--map-unit", a.map_unit.has_value()},
                                      {"--map-dlsds", a.map_dlsds.has_value()},
                                      {"--map-z", a.map_z.has_value()},
                                      {"--map-sign", a.map_sign.has_value()},
                                      {"--map-x", a.map_x.has_value()}})
    only_with(given, option, is_deflection(a), "--deflection-x and --deflection-y");
  for (const auto& [option, given] : {std::pair{"--z-lens", a.z_lens.has_value()},
                                      {"--h0", a.h0.has_value()},
                                      {"--omega-m", a.omega_m.has_value()}})
    only_with(given, option, !a.map.empty() || is_deflection(a), "a map (a model says it itself)");
}

void check_number(const std::optional<double>& value, const char* option, double above, double most) {
  if (value && !(*value > above && *value <= most))
    refuse_option(option, number_text(*value), fmt::format("above {:g}, to {:g}", above, most));
}

void check_values(const LensArguments& a) {
  if (a.posterior_rows < 0 || (a.cluster && a.posterior_rows > 10000))
    refuse_option("--posterior-rows", std::to_string(a.posterior_rows),
                  a.cluster ? "0 (none) to 10000" : "0 (none) or a number of rows");
  if (a.map_unit && *a.map_unit != "arcsec" && *a.map_unit != "pixel")
    refuse_option("--map-unit", "'" + *a.map_unit + "'", "arcsec or pixel");
  if (a.map_x && *a.map_x != "west" && *a.map_x != "east")
    refuse_option("--map-x", "'" + *a.map_x + "'", "west or east");
  if (a.map_sign && *a.map_sign != 1 && *a.map_sign != -1)
    refuse_option("--map-sign", std::to_string(*a.map_sign),
                  "1 (beta = theta - alpha) or -1 (beta = theta + alpha)");
  check_number(a.z_lens, "--z-lens", 0, 20);
  check_number(a.map_z, "--map-z", 0, 30);
  check_number(a.map_dlsds, "--map-dlsds", 0, 1);
  check_number(a.h0, "--h0", 10, 200);
  check_number(a.omega_m, "--omega-m", 0, 1);
}

LensSource of_model(lens::LensModel model, std::string name) {
  LensSource source;
  source.reference = model.reference();
  source.z_lens = model.z_lens();
  source.cosmology = model.cosmology();
  source.model = std::move(model);
  source.name = std::move(name);
  return source;
}

LensSource of_lenstool(const LensArguments& a) {
  io::require_file(a.par, "--par");
  const lens::LenstoolProject project = lens::read_lenstool(a.par);
  LensSource source = of_model(project.best(), a.par);
  if (a.bayes.empty()) return source;
  io::require_file(a.bayes, "--bayes");
  std::vector<lens::LensModel> models = lens::read_bayes(a.bayes, project).models;
  const int available = static_cast<int>(models.size());
  if (a.row && (*a.row < 0 || *a.row >= available))
    refuse(a.bayes, "--row", std::to_string(*a.row), fmt::format("0 .. {}", available - 1));
  if (a.posterior_rows > available)
    refuse(a.bayes, "--posterior-rows", std::to_string(a.posterior_rows), fmt::format("0 .. {}", available));
  if (a.row) source.model = models[static_cast<std::size_t>(*a.row)];
  if (a.row) source.name += fmt::format(", row {} of {}", *a.row, a.bayes);
  models.erase(models.begin() + a.posterior_rows, models.end());
  source.posterior = std::move(models);
  return source;
}

LensSource of_cluster(const LensArguments& a) {
  LensSource source = of_model(lens::compact_cluster({}), "embedded compact cluster");
  source.posterior = lens::compact_cluster_posterior({}, 1, cluster_scatter, a.posterior_rows, 1);
  return source;
}

/// A value that the header or an option says; both must agree.
std::optional<double> said(const io::FitsHeader& header, const std::string& file, const std::string& key,
                           const std::optional<double>& option, const std::string& name) {
  const std::optional<double> in_file = header.number(key);
  if (in_file && option && std::abs(*in_file - *option) > 1e-6 * std::abs(*option))
    refuse(file, key, number_text(*in_file), number_text(*option) + ", as " + name + " says");
  return option ? option : in_file;
}

void place_map(LensSource& source, const LensArguments& a, const io::FitsHeader& header) {
  const std::optional<double> z = said(header, source.name, "ZLENS", a.z_lens, "--z-lens");
  if (!z || !(*z > 0)) refuse(source.name, "redshift of the lens", "no keyword ZLENS", "--z-lens Z");
  source.z_lens = *z;
  source.cosmology.h0_km_s_mpc = said(header, source.name, "H0", a.h0, "--h0").value_or(70);
  source.cosmology.omega_m = said(header, source.name, "OMEGAM", a.omega_m, "--omega-m").value_or(0.3);
}

LensSource of_map(const LensArguments& a) {
  io::require_file(a.map, "--map");
  LensSource source;
  source.name = a.map;
  source.file = lens::read_map_file(a.map);
  const io::FitsHeader header = io::read_fits_image(a.map, "ALPHA_X").header;
  place_map(source, a, header);
  source.reference = {header.number("LENSRA").value_or(nan), header.number("LENSDEC").value_or(nan)};
  return source;
}

LensSource of_deflection(const LensArguments& a) {
  io::require_file(a.deflection_x, "--deflection-x");
  io::require_file(a.deflection_y, "--deflection-y");
  LensSource source;
  source.name = a.deflection_x;
  place_map(source, a, io::read_fits_image(a.deflection_x).header);
  if (a.map_dlsds.has_value() == a.map_z.has_value())
    refuse_option("--map-dlsds", a.map_z ? "given with --map-z" : "neither it nor --map-z",
                  "the D_LS / D_S of the maps (1 for the Frontier Fields), or --map-z, their redshift");
  if (a.map_z && !(*a.map_z > source.z_lens))
    refuse_option("--map-z", number_text(*a.map_z), "above that of the lens: " + number_text(source.z_lens));
  lens::MapConvention convention;
  if (a.map_unit == "pixel") convention.unit = lens::MapConvention::Unit::pixel;
  convention.efficiency = a.map_z ? source.efficiency(*a.map_z) : *a.map_dlsds;
  convention.z_source = a.map_z.value_or(0);
  convention.sign = a.map_sign.value_or(1);
  convention.x_west = a.map_x != "east";
  source.file = lens::read_deflection_maps(a.deflection_x, a.deflection_y, convention);
  source.reference = source.file->to_sky({0, 0});
  source.own_projection = true;
  return source;
}

std::vector<double> numbers_in(const std::string& text, const std::string& option,
                               const std::string& allowed) {
  std::vector<double> numbers;
  for (const char* at = text.c_str(); numbers.empty() || *at == ',';) {
    if (!numbers.empty()) ++at;
    char* end = nullptr;
    numbers.push_back(std::strtod(at, &end));
    if (end == at || (*end != ',' && *end != '\0') || !std::isfinite(numbers.back()))
      refuse_option(option, "'" + text + "'", allowed);
    at = end;
  }
  return numbers;
}

/// A rectangle in the lens's frame.
struct Rectangle {
  Vector2 low, high;
};

Rectangle around(const FieldArguments& field, sky::SkyPosition reference, double default_size) {
  Vector2 centre{0, 0};
  if (!field.centre.empty()) {
    const std::vector<double> at = numbers_in(field.centre, "--centre", "RA,DEC in degrees");
    if (at.size() != 2) refuse_option("--centre", "'" + field.centre + "'", "RA,DEC in degrees");
    centre = lens::to_frame(reference, sky_position(at[0], at[1], "--centre"));
  }
  constexpr const char* sizes = "ARCSEC, or WIDTH,HEIGHT in arcsec, above 0";
  std::vector<double> size{default_size};
  if (!field.size.empty()) size = numbers_in(field.size, "--size", sizes);
  if (size.size() == 1) size.push_back(size[0]);
  if (size.size() != 2 || !(size[0] > 0) || !(size[1] > 0))
    refuse_option("--size", "'" + field.size + "'", sizes);
  return {{centre.x - size[0] / 2, centre.y - size[1] / 2}, {centre.x + size[0] / 2, centre.y + size[1] / 2}};
}

/// The rectangle that an image covers, and the side of its pixels.
std::pair<Rectangle, double> of_image(const std::string& text, sky::SkyPosition reference) {
  const HduPath file = input_hdu(text, "--like");
  const io::FitsImage image = io::read_fits_image(file.path, file.hdu);
  const auto wcs = sky::Wcs::from_header(image.header.records, file.path.string(), image.hdu);
  if (!wcs) refuse(file.path, "HDU " + image.hdu, "no celestial WCS", "an image with one, for --like");
  Rectangle r{{HUGE_VAL, HUGE_VAL}, {-HUGE_VAL, -HUGE_VAL}};
  for (const double x : {0.0, image.pixels.width() - 1.0})
    for (const double y : {0.0, image.pixels.height() - 1.0}) {
      const Vector2 corner = lens::to_frame(reference, wcs->to_sky({x, y}));
      r.low = {std::min(r.low.x, corner.x), std::min(r.low.y, corner.y)};
      r.high = {std::max(r.high.x, corner.x), std::max(r.high.y, corner.y)};
    }
  return {r, wcs->pixel_scale_arcsec()};
}

// The place of a node in the frame of the source's own map.
Vector2 in_file(const LensSource& source, Vector2 theta) {
  return source.own_projection ? source.file->to_frame(lens::to_sky(source.reference, theta)) : theta;
}

}  // namespace

Vector2 LensSource::to_frame(sky::SkyPosition position) const {
  const Vector2 flat = lens::to_frame(reference, position);
  if (!(std::hypot(flat.x, flat.y) < farthest_arcsec)) return {nan, nan};
  return own_projection ? file->to_frame(position) : flat;
}

sky::SkyPosition LensSource::to_sky(Vector2 theta) const {
  if (!std::isfinite(theta.x) || !std::isfinite(theta.y)) return {nan, nan};
  return own_projection ? file->to_sky(theta) : lens::to_sky(reference, theta);
}

double LensSource::efficiency(double z_source) const {
  return cosmology.lensing_efficiency(z_lens, z_source);
}

LensSource read_lens(const LensArguments& a) {
  check_choice(a);
  check_company(a);
  check_values(a);
  if (a.cluster) return of_cluster(a);
  if (!a.par.empty()) return of_lenstool(a);
  return a.map.empty() ? of_deflection(a) : of_map(a);
}

std::vector<std::string> input_files(const LensArguments& a) {
  return {a.par, a.bayes, a.map, a.deflection_x, a.deflection_y};
}

bool is_given(const FieldArguments& f) {
  return !f.centre.empty() || !f.size.empty() || !f.like.empty() || f.step;
}

Grid field_grid(const FieldArguments& field, sky::SkyPosition reference, double default_size,
                double default_step) {
  if (!field.like.empty() && (!field.centre.empty() || !field.size.empty()))
    refuse_option("--like", "given with --centre or --size", "one way to say the field");
  if (field.step && !(*field.step > 0 && std::isfinite(*field.step)))
    refuse_option("--step", number_text(*field.step), "arcsec, above 0");
  Rectangle r;
  double step = default_step;
  if (field.like.empty()) r = around(field, reference, default_size);
  else std::tie(r, step) = of_image(field.like, reference);
  step = field.step.value_or(step);
  constexpr double most_nodes = 20000;
  const double nodes = std::max(r.high.x - r.low.x, r.high.y - r.low.y) / step;
  if (!(nodes >= 1 && nodes < most_nodes))
    refuse_option("--step", fmt::format("{:g}\", which makes {:.0f} nodes along a side", step, nodes + 1),
                  fmt::format("2 to {:.0f} nodes", most_nodes));
  return lens::covering_grid(r.low, r.high, step);
}

lens::LensMap map_on(const LensSource& source, const Grid& grid, int threads) {
  if (source.model) return lens::LensMap::compute(*source.model, grid, threads);
  const lens::LensMap& map = source.file->map;
  Array2D<Vector2> deflection(grid.width, grid.height);
  Array2D<lens::Hessian> hessian(grid.width, grid.height);
  const auto refuse_node = [&](Vector2 node) {
    const sky::SkyPosition at = lens::to_sky(source.reference, node);
    refuse(source.name, "--centre, --size or --like",
           fmt::format("a field that reaches RA {:.6f}, Dec {:.6f}", at.ra_deg, at.dec_deg),
           "a field within the map");
  };
  parallel_for(static_cast<std::size_t>(grid.height), threads, [&](std::size_t row) {
    const int j = static_cast<int>(row);
    for (int i = 0; i < grid.width; ++i) {
      const Vector2 theta = in_file(source, grid.node(i, j));
      if (!map.covers(theta)) refuse_node(grid.node(i, j));
      deflection(i, j) = map.deflection(theta);
      hessian(i, j) = map.hessian(theta);
    }
  });
  return lens::LensMap::from_nodes(grid, std::move(deflection), std::move(hessian));
}

double source_redshift(double z, const LensSource& source, const std::string& option) {
  if (!(z > source.z_lens && z < 30))
    refuse_option(option, number_text(z),
                  fmt::format("above that of the lens, {}, and below 30", number_text(source.z_lens)));
  return z;
}

sky::SkyPosition sky_position(double ra, double dec, const std::string& option) {
  if (!(ra >= 0 && ra < 360 && std::abs(dec) <= 90))
    refuse_option(option, fmt::format("{}, {}", number_text(ra), number_text(dec)),
                  "0 <= RA < 360, -90 <= Dec <= 90, in degrees");
  return {ra, dec};
}

}  // namespace arcproof::commands
