#include "engine/lens/sources/map_file.h"

#include "engine/core/error.h"
#include "engine/core/units.h"
#include "engine/io/fits.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace arcproof::lens {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void complain(const fs::path& file, std::string key, std::string found, std::string allowed) {
  throw InputError({file.string(), std::move(key), std::move(found), std::move(allowed)});
}

void require_valid(const MapConvention& c) {
  require(c.efficiency > 0 && std::isfinite(c.efficiency) && c.z_source >= 0 && (c.sign == 1 || c.sign == -1),
          "MapConvention: efficiency > 0, redshift >= 0, sign 1 or -1");
}

std::string unit_text(MapConvention::Unit unit) {
  return unit == MapConvention::Unit::arcsec ? "arcsec" : "pixel";
}

// --- Writing ---

std::string number_text(double value) {
  const std::string text = fmt::format("{:.17g}", value);
  return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
}

// Plate carree with its reference on the equator: RA and Dec are linear in the pixels.
void add_frame(const Grid& grid, sky::SkyPosition reference, io::FitsHeader& header) {
  header.add("LENSRA", number_text(reference.ra_deg), "[deg] reference of the lens frame");
  header.add("LENSDEC", number_text(reference.dec_deg), "[deg] reference of the lens frame");
  header.add("LENSX0", number_text(grid.origin_arcsec.x), "[arcsec] first pixel, +x west");
  header.add("LENSY0", number_text(grid.origin_arcsec.y), "[arcsec] first pixel, +y north");
  header.add("PIXSCALE", number_text(grid.step_arcsec), "[arcsec] in the lens frame");
}

void add_wcs(const Grid& grid, sky::SkyPosition reference, io::FitsHeader& header) {
  const double step_deg = grid.step_arcsec / 3600;
  header.add("CTYPE1", "RA---CAR", "plate carree: Lenstool's flat frame");
  header.add("CTYPE2", "DEC--CAR", "plate carree: Lenstool's flat frame");
  header.add("CUNIT1", "deg");
  header.add("CUNIT2", "deg");
  header.add("CRVAL1", number_text(reference.ra_deg), "[deg]");
  header.add("CRVAL2", "0.0", "[deg] the projection's equator");
  header.add("CRPIX1", number_text(1 - grid.origin_arcsec.x / grid.step_arcsec), "[pixel]");
  header.add("CRPIX2", number_text(1 - (grid.origin_arcsec.y / 3600 + reference.dec_deg) / step_deg),
             "[pixel]");
  header.add("CDELT1", number_text(-step_deg / std::cos(reference.dec_deg * units::degree)), "[deg/pixel]");
  header.add("CDELT2", number_text(step_deg), "[deg/pixel]");
  header.add("RADESYS", "ICRS");
}

io::FitsHeader header_of(const Grid& grid, sky::SkyPosition reference, const MapConvention& c,
                         const MapOrigin& origin, const std::string& unit) {
  io::FitsHeader header;
  add_wcs(grid, reference, header);
  if (!unit.empty()) header.add("BUNIT", unit);
  add_frame(grid, reference, header);
  header.add("DLSDS", number_text(c.efficiency), "D_LS / D_S of these numbers");
  if (c.z_source > 0) header.add("ZSOURCE", number_text(c.z_source), "redshift of the source");
  header.add("DEFLUNIT", unit_text(c.unit), "unit of the deflection");
  header.add("DEFLSIGN", std::to_string(c.sign), "beta = theta - DEFLSIGN * alpha");
  header.add("XAXIS", c.x_west ? "WEST" : "EAST", "where a positive x-deflection points");
  if (origin.z_lens) header.add("ZLENS", number_text(*origin.z_lens), "redshift of the lens");
  if (origin.h0_km_s_mpc) header.add("H0", number_text(*origin.h0_km_s_mpc), "[km/s/Mpc]");
  if (origin.omega_m) header.add("OMEGAM", number_text(*origin.omega_m), "flat Lambda-CDM");
  return header;
}

/// Deflection in the frame and sense of `map` times these is that of the file.
struct Factors {
  double x, y;
};
Factors factors_of(const MapConvention& c, double step) {
  const double y = c.sign * c.efficiency / (c.unit == MapConvention::Unit::pixel ? step : 1);
  return {c.x_west ? y : -y, y};
}

// --- Reading ---

double number_in(const fs::path& file, const io::FitsImage& image, const std::string& key) {
  const auto value = image.header.number(key);
  if (!value || !std::isfinite(*value))
    complain(file, "HDU " + image.hdu + ": " + key, image.header.text(key).value_or("nothing"), "a number");
  return *value;
}

MapOrigin origin_in(const fs::path& file, const io::FitsImage& image) {
  const auto optional = [&](const std::string& key) {
    return image.header.text(key) ? std::optional(number_in(file, image, key)) : std::nullopt;
  };
  return {optional("ZLENS"), optional("H0"), optional("OMEGAM")};
}

void check_numbers(const fs::path& file, const io::FitsImage& image) {
  for (int j = 0; j < image.pixels.height(); ++j)
    for (int i = 0; i < image.pixels.width(); ++i)
      if (!std::isfinite(image.pixels(i, j)))
        complain(file, fmt::format("HDU {}: pixel ({}, {}) from 0", image.hdu, i, j), "no number",
                 "a number in every pixel");
}

sky::Wcs wcs_of(const fs::path& file, const io::FitsImage& image) {
  auto wcs = sky::Wcs::from_header(image.header.records, file.string(), image.hdu);
  if (!wcs) complain(file, "HDU " + image.hdu, "no celestial WCS", "one: RA to the left, Dec upwards");
  return *wcs;
}

bool near(double a, double b, double relative) {
  return std::abs(a - b) <= relative * std::max(std::abs(a), std::abs(b));
}

/// A value in a header and what the convention says about it.
struct Said {
  std::string key;
  std::string found;
  bool holds;
  std::string allowed;
};

void check_text(const io::FitsImage& image, const std::string& key, const std::vector<std::string>& synonyms,
                std::vector<Said>& said) {
  const auto text = image.header.text(key);
  if (!text) return;
  std::string low = *text;
  std::transform(low.begin(), low.end(), low.begin(), [](unsigned char c) { return std::tolower(c); });
  const bool holds = std::find(synonyms.begin(), synonyms.end(), low) != synonyms.end();
  said.push_back({key, *text, holds, synonyms.front() + ", as the options say"});
}
void check_number(const io::FitsImage& image, const std::string& key, double expected,
                  std::vector<Said>& said) {
  const auto text = image.header.text(key);
  if (!text) return;
  const auto value = image.header.number(key);
  said.push_back({key, *text, value && near(*value, expected, 1e-3),
                  fmt::format("{:g}, as the options (or the WCS) say", expected)});
}

void check_convention(const fs::path& file, const io::FitsImage& image, const MapConvention& c,
                      double scale) {
  const std::vector<std::string> units = c.unit == MapConvention::Unit::arcsec
                                             ? std::vector<std::string>{"arcsec", "arcseconds", "\""}
                                             : std::vector<std::string>{"pixel", "pix", "pixels"};
  std::vector<Said> said;
  check_text(image, "DEFLUNIT", units, said);
  check_text(image, "BUNIT", units, said);
  check_text(image, "XAXIS", {c.x_west ? "west" : "east"}, said);
  check_number(image, "DEFLSIGN", c.sign, said);
  check_number(image, "DLSDS", c.efficiency, said);
  if (c.z_source > 0) check_number(image, "ZSOURCE", c.z_source, said);
  else if (const auto z = image.header.text("ZSOURCE"))
    said.push_back({"ZSOURCE", *z, false, "none, as the D_LS / D_S given: give the redshift instead"});
  check_number(image, "PIXSCALE", scale, said);
  for (const Said& s : said)
    if (!s.holds) complain(file, "HDU " + image.hdu + ": " + s.key, s.found, s.allowed);
}

// Pixels that are square, north up, RA to the left; their side [arcsec].
double upright_scale(const fs::path& file, const io::FitsImage& image, const sky::Wcs& wcs) {
  const sky::PixelPosition middle{(image.pixels.width() - 1) / 2.0, (image.pixels.height() - 1) / 2.0};
  const sky::SkyPosition here = wcs.to_sky(middle);
  const Vector2 right = to_frame(here, wcs.to_sky({middle.x + 1, middle.y})),
                up = to_frame(here, wcs.to_sky({middle.x, middle.y + 1}));
  const double scale = std::sqrt(std::abs(right.x * up.y - right.y * up.x));
  const bool upright = near(right.x, scale, 1e-3) && near(up.y, scale, 1e-3) &&
                       std::abs(right.y) < 1e-3 * scale && std::abs(up.x) < 1e-3 * scale;
  if (!upright)
    complain(file, "HDU " + image.hdu + ": WCS",
             fmt::format("a step of one column is ({:.4g}, {:.4g}) arcsec to the west and north, of one row "
                         "({:.4g}, {:.4g})",
                         right.x, right.y, up.x, up.y),
             "square pixels, RA to the left, Dec upwards");
  return scale;
}

// First derivative along a line of numbers: fourth order, and second on the outermost two.
double slope(const std::function<double(int)>& value, int i, int count, double step) {
  if (i >= 2 && i + 2 < count)
    return (8 * (value(i + 1) - value(i - 1)) - (value(i + 2) - value(i - 2))) / (12 * step);
  if (i >= 1 && i + 1 < count) return (value(i + 1) - value(i - 1)) / (2 * step);
  if (count < 3) return (value(1) - value(0)) / step;
  return i == 0 ? (4 * value(1) - 3 * value(0) - value(2)) / (2 * step)
                : (3 * value(i) - 4 * value(i - 1) + value(i - 2)) / (2 * step);
}

struct Derived {
  Array2D<Hessian> hessian;
  double convergence = 0;  // sum of kappa
  double agreement = 0;    // sum of the product of both ways to psi_xy
};

Derived derived(const Array2D<Vector2>& alpha, double step) {
  Derived result{Array2D<Hessian>(alpha.width(), alpha.height()), 0, 0};
  for (int j = 0; j < alpha.height(); ++j) {
    for (int i = 0; i < alpha.width(); ++i) {
      const auto along_x = [&](double Vector2::*part) {
        return slope([&](int k) { return alpha(k, j).*part; }, i, alpha.width(), step);
      };
      const auto along_y = [&](double Vector2::*part) {
        return slope([&](int k) { return alpha(i, k).*part; }, j, alpha.height(), step);
      };
      const double xx = along_x(&Vector2::x), yy = along_y(&Vector2::y), xy = along_y(&Vector2::x),
                   yx = along_x(&Vector2::y);
      result.hessian(i, j) = {xx, (xy + yx) / 2, yy};
      result.convergence += (xx + yy) / 2;
      result.agreement += xy * yx;
    }
  }
  return result;
}

void check_is_lens(const fs::path& file, const Derived& d) {
  if (d.agreement < 0)
    complain(file, "deflection", "d alpha_x / dy and d alpha_y / dx of opposite sign",
             "the gradient of a potential: another direction of x in the options");
  if (d.convergence < 0)
    complain(file, "deflection", "a negative mean convergence",
             "mass: another sign (or direction of x) in the options");
}

}  // namespace

Vector2 MapFile::to_frame(sky::SkyPosition position) const {
  const sky::PixelPosition p = wcs.to_pixel(position);
  const Grid& g = map.grid();
  return {g.origin_arcsec.x + p.x * g.step_arcsec, g.origin_arcsec.y + p.y * g.step_arcsec};
}

sky::SkyPosition MapFile::to_sky(Vector2 theta) const {
  const Grid& g = map.grid();
  return wcs.to_sky(
      {(theta.x - g.origin_arcsec.x) / g.step_arcsec, (theta.y - g.origin_arcsec.y) / g.step_arcsec});
}

io::FitsHeader grid_header(const Grid& grid, sky::SkyPosition reference) {
  io::FitsHeader header;
  add_wcs(grid, reference, header);
  add_frame(grid, reference, header);
  return header;
}

std::vector<io::NamedImage> map_images(const LensMap& map, sky::SkyPosition reference,
                                       const MapConvention& convention, const MapOrigin& origin) {
  require(!map.is_constant(), "map_images: a map with nodes");
  require_valid(convention);
  const Grid& grid = map.grid();
  const Factors factor = factors_of(convention, grid.step_arcsec);
  const double d = convention.efficiency;
  std::vector<io::NamedImage> images;
  const auto add = [&](const std::string& name, const std::string& unit, const auto& value) {
    io::NamedImage image{name, Array2D<float>(grid.width, grid.height),
                         header_of(grid, reference, convention, origin, unit)};
    for (int j = 0; j < grid.height; ++j)
      for (int i = 0; i < grid.width; ++i)
        image.pixels(i, j) =
            static_cast<float>(value(map.deflection_nodes()(i, j), map.hessian_nodes()(i, j)));
    images.push_back(std::move(image));
  };
  const std::string unit = unit_text(convention.unit);
  add("ALPHA_X", unit, [&](Vector2 a, const Hessian&) { return factor.x * a.x; });
  add("ALPHA_Y", unit, [&](Vector2 a, const Hessian&) { return factor.y * a.y; });
  add("KAPPA", "", [&](Vector2, const Hessian& h) { return magnification(h, d).kappa; });
  add("GAMMA1", "", [&](Vector2, const Hessian& h) { return magnification(h, d).gamma1; });
  add("GAMMA2", "", [&](Vector2, const Hessian& h) { return magnification(h, d).gamma2; });
  add("PSI_XX", "", [&](Vector2, const Hessian& h) { return d * h.xx; });
  add("PSI_XY", "", [&](Vector2, const Hessian& h) { return d * h.xy; });
  add("PSI_YY", "", [&](Vector2, const Hessian& h) { return d * h.yy; });
  add("MU", "", [&](Vector2, const Hessian& h) { return magnification(h, d).mu; });
  return images;
}

void write_map_file(const fs::path& path, const LensMap& map, sky::SkyPosition reference,
                    const MapConvention& convention, const MapOrigin& origin) {
  io::write_fits_images(path, map_images(map, reference, convention, origin));
}

namespace {

MapConvention convention_in(const fs::path& file, const io::FitsImage& image) {
  MapConvention c;
  const auto one_of = [&](const std::string& key, const std::string& a, const std::string& b) {
    const std::string text = image.header.text(key).value_or("nothing");
    if (text != a && text != b) complain(file, "HDU " + image.hdu + ": " + key, text, a + " or " + b);
    return text == a;
  };
  c.unit = one_of("DEFLUNIT", "arcsec", "pixel") ? MapConvention::Unit::arcsec : MapConvention::Unit::pixel;
  c.sign = one_of("DEFLSIGN", "1", "-1") ? 1 : -1;
  c.x_west = one_of("XAXIS", "WEST", "EAST");
  c.efficiency = number_in(file, image, "DLSDS");
  if (!(c.efficiency > 0))
    complain(file, "HDU " + image.hdu + ": DLSDS", number_text(c.efficiency), "a number > 0");
  c.z_source = image.header.number("ZSOURCE").value_or(0);
  return c;
}

Grid grid_in(const fs::path& file, const io::FitsImage& image, const sky::Wcs& wcs) {
  const Grid grid{{number_in(file, image, "LENSX0"), number_in(file, image, "LENSY0")},
                  number_in(file, image, "PIXSCALE"),
                  image.pixels.width(),
                  image.pixels.height()};
  const sky::SkyPosition reference{number_in(file, image, "LENSRA"), number_in(file, image, "LENSDEC")};
  for (const auto& [i, j] : {std::pair{0, 0}, std::pair{grid.width - 1, grid.height - 1}}) {
    const Vector2 from_wcs = to_frame(reference, wcs.to_sky({double(i), double(j)})), node = grid.node(i, j);
    if (std::hypot(from_wcs.x - node.x, from_wcs.y - node.y) > 1e-3 * std::abs(grid.step_arcsec))
      complain(file, "HDU " + image.hdu + ": PIXSCALE", number_text(grid.step_arcsec),
               "a scale (with LENSX0, LENSY0, LENSRA, LENSDEC) that agrees with the WCS");
  }
  return grid;
}

}  // namespace

MapFile read_map_file(const fs::path& path) {
  const std::vector<std::string> names = {"ALPHA_X", "ALPHA_Y", "PSI_XX", "PSI_XY", "PSI_YY"};
  std::vector<io::FitsImage> images;
  for (const std::string& name : names) {
    images.push_back(io::read_fits_image(path, name));
    if (!images.back().pixels.same_shape(images.front().pixels))
      complain(path, "HDU " + name, "another size", "that of ALPHA_X");
    check_numbers(path, images.back());
  }
  const MapConvention convention = convention_in(path, images[0]);
  const sky::Wcs wcs = wcs_of(path, images[0]);
  const Grid grid = grid_in(path, images[0], wcs);
  const Factors factor = factors_of(convention, grid.step_arcsec);
  Array2D<Vector2> alpha(grid.width, grid.height);
  Array2D<Hessian> hessian(grid.width, grid.height);
  const double d = convention.efficiency;
  for (int j = 0; j < grid.height; ++j) {
    for (int i = 0; i < grid.width; ++i) {
      const auto value = [&](int k) { return images[k].pixels(i, j); };
      alpha(i, j) = {value(0) / factor.x, value(1) / factor.y};
      hessian(i, j) = {value(2) / d, value(3) / d, value(4) / d};
    }
  }
  const sky::SkyPosition reference{number_in(path, images[0], "LENSRA"),
                                   number_in(path, images[0], "LENSDEC")};
  return {LensMap::from_nodes(grid, std::move(alpha), std::move(hessian)),
          wcs,
          convention,
          reference,
          false,
          origin_in(path, images[0])};
}

MapFile read_deflection_maps(const io::HduPath& x_file, const io::HduPath& y_file,
                             const MapConvention& convention) {
  require_valid(convention);
  const fs::path &x_path = x_file.path, &y_path = y_file.path;
  const io::FitsImage x = io::read_fits_image(x_path, x_file.hdu),
                      y = io::read_fits_image(y_path, y_file.hdu);
  if (!x.pixels.same_shape(y.pixels) || x.pixels.width() < 2 || x.pixels.height() < 2)
    complain(y_path, "NAXIS1, NAXIS2", fmt::format("{} x {}", y.pixels.width(), y.pixels.height()),
             fmt::format("2 x 2 or more, as the x-deflection: {} x {}", x.pixels.width(), x.pixels.height()));
  const sky::Wcs wcs = wcs_of(x_path, x), y_wcs = wcs_of(y_path, y);
  const double scale = upright_scale(x_path, x, wcs);
  const sky::PixelPosition origin = y_wcs.to_pixel(wcs.to_sky({0, 0}));
  if (!near(upright_scale(y_path, y, y_wcs), scale, 1e-6) || std::hypot(origin.x, origin.y) > 1e-3)
    complain(y_path, "WCS", "another place on the sky", "that of the x-deflection");
  check_convention(x_path, x, convention, scale);
  check_convention(y_path, y, convention, scale);

  const sky::PixelPosition middle{(x.pixels.width() - 1) / 2.0, (x.pixels.height() - 1) / 2.0};
  const Grid grid{{-middle.x * scale, -middle.y * scale}, scale, x.pixels.width(), x.pixels.height()};
  const Factors factor = factors_of(convention, scale);
  Array2D<Vector2> alpha(grid.width, grid.height);
  check_numbers(x_path, x);
  check_numbers(y_path, y);
  for (std::size_t k = 0; k < alpha.size(); ++k)
    alpha.data()[k] = {x.pixels.data()[k] / factor.x, y.pixels.data()[k] / factor.y};
  Derived result = derived(alpha, scale);
  check_is_lens(x_path, result);
  return {LensMap::from_nodes(grid, std::move(alpha), std::move(result.hessian)),
          wcs,
          convention,
          wcs.to_sky(middle),
          true,
          origin_in(x_path, x)};
}

}  // namespace arcproof::lens
