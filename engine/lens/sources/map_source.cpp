#include "engine/lens/sources/map_source.h"

#include "engine/core/error.h"
#include "engine/core/parallel.h"
#include "engine/io/files.h"
#include "engine/io/fits.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

namespace arcproof::lens {
namespace {

std::string as_given(double value) { return fmt::format("{:.10g}", value); }

bool is_deflection(const MapSource& s) {
  return !s.deflection_x.path.empty() || !s.deflection_y.path.empty();
}

void refuse_key(const MapKeys& keys, const std::string& field, const std::string& found,
                const std::string& allowed) {
  refuse(keys.file, keys.name(field), found, allowed);
}

// ---------------------------------------------------------------- what was asked

void check_files(const MapSource& s, const MapKeys& keys) {
  if (s.map.empty() && !is_deflection(s))
    refuse_key(keys, "map", "nothing",
               "a map of arcproof, or " + keys.name("deflection_x") + " with " + keys.name("deflection_y"));
  if (!s.map.empty() && is_deflection(s))
    refuse_key(keys, "map", "given with " + keys.name("deflection_x"), "one of the two");
  if (s.map.empty() && s.deflection_x.path.empty())
    refuse_key(keys, "deflection_x", "nothing", "a FITS image, FILE or FILE[HDU]");
  if (s.map.empty() && s.deflection_y.path.empty())
    refuse_key(keys, "deflection_y", "nothing", "a FITS image, FILE or FILE[HDU]");
}

void check_posterior(const MapSource& s, const MapKeys& keys) {
  const std::size_t x = s.posterior_x.size(), y = s.posterior_y.size();
  if (s.map.empty() && !s.posterior_maps.empty())
    refuse_key(keys, "posterior_maps", "given without " + keys.name("map"),
               keys.name("posterior_deflection_x") + " and " + keys.name("posterior_deflection_y"));
  if (!s.map.empty() && (x || y))
    refuse_key(keys, x ? "posterior_deflection_x" : "posterior_deflection_y",
               "given with " + keys.name("map"), keys.name("posterior_maps"));
  if (x != y)
    refuse_key(keys, "posterior_deflection_y", fmt::format("{} files", y),
               fmt::format("{}, one for each of {}", x, keys.name("posterior_deflection_x")));
}

void check_word(const std::optional<std::string>& word, const MapKeys& keys, const std::string& field,
                const std::string& a, const std::string& b) {
  if (word && *word != a && *word != b) refuse_key(keys, field, "'" + *word + "'", a + " or " + b);
}

void check_range(const std::optional<double>& value, const MapKeys& keys, const std::string& field,
                 double above, double most) {
  if (value && !(*value > above && *value <= most))
    refuse_key(keys, field, as_given(*value), fmt::format("above {:g}, to {:g}", above, most));
}

void check_options(const MapOptions& o, const MapKeys& keys) {
  check_word(o.map_unit, keys, "map_unit", "arcsec", "pixel");
  check_word(o.map_x, keys, "map_x", "west", "east");
  if (o.map_sign && *o.map_sign != 1 && *o.map_sign != -1)
    refuse_key(keys, "map_sign", std::to_string(*o.map_sign),
               "1 (beta = theta - alpha) or -1 (beta = theta + alpha)");
  check_range(o.map_dlsds, keys, "map_dlsds", 0, 1);
  check_range(o.map_z, keys, "map_z", 0, 30);
  check_range(o.map_pixel_scale_arcsec, keys, "map_pixel_scale_arcsec", 0, 60);
  check_range(o.z_lens, keys, "z_lens", 0, 20);
  check_range(o.h0, keys, "h0", 10, 200);
  check_range(o.omega_m, keys, "omega_m", 0, 1);
}

// ---------------------------------------------------------------- what a header says beside it

/// A value that the header or the user says; both must agree to `relative`.
std::optional<double> said(const std::optional<double>& in_file, const std::optional<double>& option,
                           double relative, const std::string& file, const std::string& keyword,
                           const std::string& key) {
  if (in_file && option && !(std::abs(*in_file - *option) <= relative * std::abs(*option)))
    refuse(file, keyword, as_given(*in_file), as_given(*option) + ", as " + key + " says");
  return option ? option : in_file;
}

void check_scale(const MapLens& lens, const MapOptions& o, const MapKeys& keys) {
  said(lens.file.map.grid().step_arcsec, o.map_pixel_scale_arcsec, 1e-3, lens.name, "pixel scale of the WCS",
       keys.name("map_pixel_scale_arcsec"));
}

void check_text(const std::string& in_file, const std::optional<std::string>& option, const std::string& file,
                const std::string& keyword, const std::string& key) {
  if (option && *option != in_file) refuse(file, keyword, in_file, *option + ", as " + key + " says");
}

// A map of arcproof says all of it itself.
void check_convention(const MapLens& lens, const MapOptions& o, const MapKeys& keys) {
  const MapConvention& c = lens.file.convention;
  check_text(c.unit == MapConvention::Unit::pixel ? "pixel" : "arcsec", o.map_unit, lens.name, "DEFLUNIT",
             keys.name("map_unit"));
  check_text(c.x_west ? "west" : "east", o.map_x, lens.name, "XAXIS", keys.name("map_x"));
  said(c.sign, o.map_sign, 0, lens.name, "DEFLSIGN", keys.name("map_sign"));
  said(c.efficiency, o.map_dlsds, 1e-3, lens.name, "DLSDS", keys.name("map_dlsds"));
  said(c.z_source, o.map_z, 1e-3, lens.name, "ZSOURCE", keys.name("map_z"));
}

void set_place(MapLens& lens, const MapOrigin& says, const MapOptions& o, const MapKeys& keys) {
  constexpr double same = 1e-6;
  const auto z = said(says.z_lens, o.z_lens, same, lens.name, "ZLENS", keys.name("z_lens"));
  if (!z) refuse(lens.name, "redshift of the lens", "no keyword ZLENS", keys.name("z_lens"));
  if (!(*z > 0 && *z <= 20)) refuse(lens.name, "ZLENS", as_given(*z), "above 0, to 20");
  lens.z_lens = *z;
  lens.cosmology.h0_km_s_mpc =
      said(says.h0_km_s_mpc, o.h0, same, lens.name, "H0", keys.name("h0")).value_or(70);
  lens.cosmology.omega_m =
      said(says.omega_m, o.omega_m, same, lens.name, "OMEGAM", keys.name("omega_m")).value_or(0.3);
  if (!(lens.cosmology.h0_km_s_mpc >= 10 && lens.cosmology.h0_km_s_mpc <= 200))
    refuse(lens.name, "H0", as_given(lens.cosmology.h0_km_s_mpc), "10 to 200 km/s/Mpc");
  if (!(lens.cosmology.omega_m > 0 && lens.cosmology.omega_m <= 1))
    refuse(lens.name, "OMEGAM", as_given(lens.cosmology.omega_m), "above 0, to 1");
}

// The normalisation and the redshift it is for are one statement.
void check_normalisation(const MapLens& lens, const MapKeys& keys) {
  const MapConvention& c = lens.file.convention;
  if (!(c.z_source > 0)) return;
  if (!(c.z_source > lens.z_lens))
    refuse(lens.name, "ZSOURCE", as_given(c.z_source),
           "above the redshift of the lens, " + as_given(lens.z_lens));
  const double expected = lens.efficiency(c.z_source);
  if (std::abs(c.efficiency - expected) > 1e-3 * expected)
    refuse(lens.name, "DLSDS", as_given(c.efficiency),
           fmt::format("{:.6f}, that of ZSOURCE = {} behind a lens at {} ({} = {})", expected,
                       as_given(c.z_source), as_given(lens.z_lens), keys.name("omega_m"),
                       as_given(lens.cosmology.omega_m)));
}

// ---------------------------------------------------------------- reading

MapLens read_own(const std::filesystem::path& path, const MapOptions& o, const MapKeys& keys) {
  io::require_file(path, keys.name("map"));
  MapLens lens{read_map_file(path), 0, {}, path.string()};
  set_place(lens, lens.file.says, o, keys);
  check_convention(lens, o, keys);
  check_scale(lens, o, keys);
  check_normalisation(lens, keys);
  return lens;
}

std::optional<double> optional_number(const io::FitsHeader& header, const std::string& file,
                                      const std::string& keyword) {
  const auto text = header.text(keyword);
  if (text && !header.number(keyword)) refuse(file, keyword, *text, "a number");
  return header.number(keyword);
}

MapConvention convention_of(const MapLens& lens, const MapOptions& o, const MapKeys& keys) {
  if (o.map_dlsds.has_value() == o.map_z.has_value())
    refuse_key(keys, "map_dlsds",
               o.map_z ? "given with " + keys.name("map_z") : "neither it nor " + keys.name("map_z"),
               "the D_LS / D_S of the maps (1 for the Frontier Fields), or " + keys.name("map_z") +
                   ", their redshift");
  if (o.map_z && !(*o.map_z > lens.z_lens))
    refuse_key(keys, "map_z", as_given(*o.map_z), "above that of the lens: " + as_given(lens.z_lens));
  MapConvention convention;
  if (o.map_unit == "pixel") convention.unit = MapConvention::Unit::pixel;
  convention.efficiency = o.map_z ? lens.efficiency(*o.map_z) : *o.map_dlsds;
  convention.z_source = o.map_z.value_or(0);
  convention.sign = o.map_sign.value_or(1);
  convention.x_west = o.map_x != "east";
  return convention;
}

MapLens read_deflections(const io::HduPath& x, const io::HduPath& y, const MapOptions& o,
                         const MapKeys& keys) {
  io::require_file(x.path, keys.name("deflection_x"));
  io::require_file(y.path, keys.name("deflection_y"));
  // The header first: what the numbers mean depends on the redshift of the lens.
  const io::FitsHeader header = io::read_fits_image(x.path, x.hdu).header;
  MapLens lens{{LensMap::constant(1, 1, 0), sky::Wcs::tangential({0, 0}, {0, 0}, 1), {}}, 0, {}, x.text()};
  set_place(lens,
            {optional_number(header, lens.name, "ZLENS"), optional_number(header, lens.name, "H0"),
             optional_number(header, lens.name, "OMEGAM")},
            o, keys);
  lens.file = read_deflection_maps(x, y, convention_of(lens, o, keys));
  check_scale(lens, o, keys);
  return lens;
}

void check_same_nodes(const MapLens& draw, const MapLens& best) {
  const Grid &a = draw.file.map.grid(), &b = best.file.map.grid();
  const auto refuse_draw = [&](const std::string& found, const std::string& allowed) {
    refuse(draw.name, "draw of the posterior", found, allowed + ", as " + best.name);
  };
  if (a.width != b.width || a.height != b.height)
    refuse_draw(fmt::format("{} x {} nodes", a.width, a.height), fmt::format("{} x {}", b.width, b.height));
  for (const sky::PixelPosition corner :
       {sky::PixelPosition{0, 0}, sky::PixelPosition{a.width - 1.0, a.height - 1.0}}) {
    const sky::PixelPosition there = best.file.wcs.to_pixel(draw.file.wcs.to_sky(corner));
    if (!(std::hypot(there.x - corner.x, there.y - corner.y) < 1e-3))
      refuse_draw("pixels at other places on the sky", "the same places");
  }
  if (std::abs(draw.z_lens - best.z_lens) > 1e-6 * best.z_lens)
    refuse_draw("a lens at " + as_given(draw.z_lens), as_given(best.z_lens));
}

}  // namespace

double MapLens::efficiency(double z_source) const { return cosmology.lensing_efficiency(z_lens, z_source); }

MapLens read_map(const MapSource& source, const MapKeys& keys) {
  check_files(source, keys);
  check_posterior(source, keys);
  check_options(source.options, keys);
  return source.map.empty() ? read_deflections(source.deflection_x, source.deflection_y, source.options, keys)
                            : read_own(source.map, source.options, keys);
}

LensMap read_draw(const MapSource& source, std::size_t k, const MapLens& best, const MapKeys& keys) {
  require(k < source.draws(), "read_draw: a draw that there is");
  // The draws' own names for the files; what is said of them is the same.
  const MapKeys of_draws{keys.file, [&](const std::string& field) {
                           if (field == "map") return keys.name("posterior_maps");
                           const bool file = field == "deflection_x" || field == "deflection_y";
                           return keys.name(file ? "posterior_" + field : field);
                         }};
  MapLens draw = source.map.empty() ? read_deflections(source.posterior_x[k], source.posterior_y[k],
                                                       source.options, of_draws)
                                    : read_own(source.posterior_maps[k], source.options, of_draws);
  check_same_nodes(draw, best);
  return std::move(draw.file.map);
}

Realisations read_draws(const MapSource& source, const MapLens& best, const MapKeys& keys) {
  if (source.draws() == 0) return {};
  std::vector<LensMap> maps;
  for (std::size_t k = 0; k < source.draws(); ++k) maps.push_back(read_draw(source, k, best, keys));
  return {std::move(maps), best.z_lens, best.cosmology};
}

// ---------------------------------------------------------------- on another grid

Vector2 in_map_frame(const MapFile& file, sky::SkyPosition reference, Vector2 theta) {
  const bool same = !file.own_projection && file.reference.ra_deg == reference.ra_deg &&
                    file.reference.dec_deg == reference.dec_deg;
  return same ? theta : file.to_frame(to_sky(reference, theta));
}

std::optional<Vector2> node_off_map(const MapFile& file, sky::SkyPosition reference, const Grid& grid) {
  // The map is a convex rectangle: it holds all nodes where it holds those of the edge.
  const auto off = [&](int i, int j) {
    return !file.map.covers(in_map_frame(file, reference, grid.node(i, j)));
  };
  for (int i = 0; i < grid.width; ++i)
    for (const int j : {0, grid.height - 1})
      if (off(i, j)) return grid.node(i, j);
  for (int j = 0; j < grid.height; ++j)
    for (const int i : {0, grid.width - 1})
      if (off(i, j)) return grid.node(i, j);
  return std::nullopt;
}

LensMap on_grid(const MapFile& file, const LensMap& map, sky::SkyPosition reference, const Grid& grid,
                int threads) {
  Array2D<Vector2> deflection(grid.width, grid.height);
  Array2D<Hessian> hessian(grid.width, grid.height);
  parallel_for(static_cast<std::size_t>(grid.height), threads, [&](std::size_t row) {
    const int j = static_cast<int>(row);
    for (int i = 0; i < grid.width; ++i) {
      const Vector2 theta = in_map_frame(file, reference, grid.node(i, j));
      deflection(i, j) = map.deflection(theta);
      hessian(i, j) = map.hessian(theta);
    }
  });
  return LensMap::from_nodes(grid, std::move(deflection), std::move(hessian));
}

Grid nodes_about(const Grid& grid, Vector2 low, Vector2 high) {
  require(grid.contains(low) && grid.contains(high), "nodes_about: a rectangle on the grid");
  const auto below = [&](double at, double origin, int count) {
    const int i = static_cast<int>(std::floor((at - origin) / grid.step_arcsec));
    return std::clamp(i, 0, count - 2);
  };
  const auto above = [&](double at, double origin, int first, int count) {
    const int i = static_cast<int>(std::ceil((at - origin) / grid.step_arcsec));
    return std::clamp(i, first + 1, count - 1);
  };
  const int i0 = below(low.x, grid.origin_arcsec.x, grid.width),
            j0 = below(low.y, grid.origin_arcsec.y, grid.height);
  const int i1 = above(high.x, grid.origin_arcsec.x, i0, grid.width),
            j1 = above(high.y, grid.origin_arcsec.y, j0, grid.height);
  return {grid.node(i0, j0), grid.step_arcsec, i1 - i0 + 1, j1 - j0 + 1};
}

}  // namespace arcproof::lens
