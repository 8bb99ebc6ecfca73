#include "recipes/program/commands/lenses/lens_source.h"

#include "engine/core/decimal.h"
#include "engine/core/error.h"
#include "engine/core/missing.h"
#include "engine/core/text.h"
#include "engine/io/files.h"
#include "recipes/program/commands/shared.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <tuple>

#include <fmt/format.h>

namespace arcproof::commands {
namespace {

using lens::Grid;
using lens::Vector2;

constexpr double farthest_arcsec = 36000;  // beyond it a flat frame means nothing

void refuse_option(const std::string& option, const std::string& found, const std::string& allowed) {
  refuse("", option, found, allowed);
}

std::string number_text(double value) { return fmt::format("{:.10g}", value); }

bool is_deflection(const LensArguments& a) {
  return !a.maps.deflection_x.empty() || !a.maps.deflection_y.empty();
}

void check_choice(const LensArguments& a) {
  constexpr const char* choices = "one of --par, --map, --deflection-x with --deflection-y, --cluster";
  const int given = !a.lenstool.par.empty() + !a.maps.map.empty() + is_deflection(a) + a.cluster;
  if (given != 1) refuse_option("lens", given == 0 ? "none" : fmt::format("{} of them", given), choices);
  if (is_deflection(a) && a.maps.deflection_x.empty())
    refuse_option("--deflection-x", "nothing", "a FITS image");
  if (is_deflection(a) && a.maps.deflection_y.empty())
    refuse_option("--deflection-y", "nothing", "a FITS image");
}

// Every option has the lens it belongs to.
void check_compatible_options(const LensArguments& a) {
  const auto only_with = [](bool given, const char* option, bool holds, const char* company) {
    if (given && !holds) refuse_option(option, std::string("without ") + company, company);
  };
  const bool bayes = !a.lenstool.bayes.empty();
  only_with(bayes, "--bayes", !a.lenstool.par.empty(), "--par");
  only_with(a.lenstool.row != lens::LenstoolLens{}.row, "--row", bayes, "--bayes");
  only_with(a.posterior_rows != 0, "--posterior-rows", bayes || a.cluster, "--bayes");
  const bool map = !a.maps.map.empty() || is_deflection(a);
  constexpr const char* maps = "a map (--map, or --deflection-x with --deflection-y)";
  const lens::MapOptions& o = a.maps.options;
  for (const auto& [option, given] : {std::pair{"--map-unit", o.map_unit.has_value()},
                                      {"--map-dlsds", o.map_dlsds.has_value()},
                                      {"--map-z", o.map_z.has_value()},
                                      {"--map-sign", o.map_sign.has_value()},
                                      {"--map-x", o.map_x.has_value()},
                                      {"--map-pixel-scale", o.map_pixel_scale_arcsec.has_value()},
                                      {"--posterior-map", !a.maps.posterior_maps.empty()},
                                      {"--posterior-deflection-x", !a.maps.posterior_deflection_x.empty()},
                                      {"--posterior-deflection-y", !a.maps.posterior_deflection_y.empty()}})
    only_with(given, option, map, maps);
  for (const auto& [option, given] : {std::pair{"--z-lens", o.z_lens.has_value()},
                                      {"--h0", o.h0.has_value()},
                                      {"--omega-m", o.omega_m.has_value()}})
    only_with(given, option, map, "a map (a model says it itself)");
}

void check_values(const LensArguments& a) {
  if (a.posterior_rows < 0 || (a.cluster && a.posterior_rows > 10000))
    refuse_option("--posterior-rows", std::to_string(a.posterior_rows),
                  a.cluster ? "0 (none) to 10000" : "0 (none) or a number of rows");
}

lens::LensChoice choice_of(const LensArguments& a) {
  if (a.cluster) {
    lens::CompactClusterLens cluster;
    cluster.posterior_rows = a.posterior_rows;
    return cluster;
  }
  if (a.lenstool.par.empty()) return a.maps;
  lens::LenstoolLens lenstool = a.lenstool;
  lenstool.posterior_rows = a.posterior_rows;
  return lenstool;
}

// A field of the lens as an option: posterior_maps is --posterior-map, the unit needs no saying.
std::string option_of(const std::string& field) {
  const std::string name = field.substr(0, field.find('['));  // of a list
  if (name == "posterior_maps") return "--posterior-map";
  std::string option = "--" + (name.ends_with("_arcsec") ? name.substr(0, name.size() - 7) : name);
  std::replace(option.begin(), option.end(), '_', '-');
  return option;
}

lens::LensReading reading() {
  lens::LensReading reading;
  reading.keys = {"", option_of};
  reading.file = [](const std::string& option, const std::string& text) {
    io::require_file(text, option);
    return std::filesystem::path(text);
  };
  return reading;
}

std::string name_of(const LensArguments& a) {
  if (a.cluster) return "embedded compact cluster";
  return a.lenstool.row < 0
             ? a.lenstool.par
             : fmt::format("{}, row {} of {}", a.lenstool.par, a.lenstool.row, a.lenstool.bayes);
}

LensSource of_model(lens::LoadedLens lens, std::string name) {
  LensSource source;
  source.reference = lens.model->reference();
  source.z_lens = lens.model->z_lens();
  source.cosmology = lens.model->cosmology();
  source.model = std::move(lens.model);
  source.posterior = {std::move(lens.posterior)};
  source.name = std::move(name);
  return source;
}

LensSource of_map(const lens::LoadedLens& lens) {
  LensSource source;
  source.posterior = lens::read_draws(lens.map_source, *lens.map, lens.keys);
  source.reference = lens.map->file.reference;
  source.z_lens = lens.map->z_lens;
  source.cosmology = lens.map->cosmology;
  source.name = lens.map->name;
  source.file = lens.map->file;
  return source;
}

std::vector<double> numbers_in(const std::string& text, const std::string& option,
                               const std::string& allowed) {
  std::vector<double> numbers;
  for (std::size_t at = 0, comma = 0; comma != std::string::npos; at = comma + 1) {
    comma = text.find(',', at);
    const std::optional<double> number = decimal_number(trimmed(text.substr(at, comma - at)));
    if (!number || !std::isfinite(*number)) refuse_option(option, "'" + text + "'", allowed);
    numbers.push_back(*number);
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

}  // namespace

Vector2 LensSource::to_frame(sky::SkyPosition position) const {
  const Vector2 flat = lens::to_frame(reference, position);
  if (!(std::hypot(flat.x, flat.y) < farthest_arcsec)) return {nan, nan};
  return file && file->own_projection ? file->to_frame(position) : flat;
}

sky::SkyPosition LensSource::to_sky(Vector2 theta) const {
  if (!std::isfinite(theta.x) || !std::isfinite(theta.y)) return {nan, nan};
  return file && file->own_projection ? file->to_sky(theta) : lens::to_sky(reference, theta);
}

double LensSource::efficiency(double z_source) const {
  return cosmology.lensing_efficiency(z_lens, z_source);
}

LensSource read_lens(const LensArguments& a) {
  check_choice(a);
  check_compatible_options(a);
  check_values(a);
  lens::LoadedLens lens = lens::read_lens(choice_of(a), reading());
  return lens.map ? of_map(lens) : of_model(std::move(lens), name_of(a));
}

std::vector<std::string> input_files(const LensArguments& a) {
  std::vector<std::string> files{a.lenstool.par, a.lenstool.bayes, a.maps.map};
  files.insert(files.end(), a.maps.posterior_maps.begin(), a.maps.posterior_maps.end());
  const auto add = [&](const std::string& text, const char* field) {
    if (!text.empty()) files.push_back(io::split_hdu(text, "", option_of(field)).path.string());
  };
  add(a.maps.deflection_x, "deflection_x");
  add(a.maps.deflection_y, "deflection_y");
  for (const std::string& text : a.maps.posterior_deflection_x) add(text, "posterior_deflection_x");
  for (const std::string& text : a.maps.posterior_deflection_y) add(text, "posterior_deflection_y");
  return files;
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
  if (const auto node = lens::node_off_map(*source.file, source.reference, grid)) {
    const sky::SkyPosition at = lens::to_sky(source.reference, *node);
    refuse(source.name, "--centre, --size or --like",
           fmt::format("a field that reaches RA {:.6f}, Dec {:.6f}", at.ra_deg, at.dec_deg),
           "a field within the map");
  }
  return lens::on_grid(*source.file, source.file->map, source.reference, grid, threads);
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
