#include "engine/lens/delens.h"

#include "engine/core/error.h"
#include "engine/core/missing.h"
#include "engine/core/parallel.h"
#include "engine/core/text.h"
#include "engine/core/units.h"
#include "recipes/commands/catalog_file.h"
#include "recipes/commands/commands.h"
#include "recipes/commands/parts.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include <fmt/format.h>

namespace arcproof::commands {
namespace {

using lens::Vector2;

constexpr double floor_pix = 0.4;  // Claeyssens+2023 section 5.2
constexpr double largest_pix = 500;
constexpr double mag_per_relative = 1.0857362047581294;  // 2.5 / ln 10

// ---------------------------------------------------------------- the catalogue

/// A quantity of a row with errors to both sides; errors that are not given are NaN.
struct Measured {
  double value = nan, minus = nan, plus = nan;
  double relative_minus() const { return std::isnan(minus) ? 0 : minus / value; }
  double relative_plus() const { return std::isnan(plus) ? 0 : plus / value; }
};

struct Magnitude {
  std::string band;
  std::vector<Measured> mag_ab;  ///< by row
};

struct Shape {
  Measured major, minor;  ///< standard deviations [arcsec]
  double pa_deg = 0;      ///< North through East
  bool given() const { return !std::isnan(major.value); }
};

/// The columns of the user's table, in arcsec, degrees and AB magnitudes.
class Clumps {
 public:
  Clumps(const DelensArguments& a)
      : table(a.catalog),
        ra(table.right_ascension()),
        dec(table.declination()),
        z(table.redshifts(a.z)),
        pixel_arcsec_(a.pixel_scale_arcsec) {
    read_shapes();
    read_magnitudes();
  }

  std::size_t rows() const { return table.rows(); }

  CatalogFile table;
  io::Reals ra, dec, z;
  std::vector<Shape> shapes;
  std::vector<Magnitude> magnitudes;
  std::string shape_columns;  ///< which were taken; "" for none

 private:
  const io::Column* length_column(const std::string& name) const {
    for (const char* ending : {"", "_arcsec", "_pix"})
      if (const io::Column* column = table.find(name + ending)) return column;
    return nullptr;
  }

  /// What turns the column's numbers into arcsec.
  double arcsec_per_unit(const io::Column& column) const {
    const std::string unit = lower_case(column.unit);
    const bool in_pixels = lower_case(column.name).ends_with("_pix");
    if (unit.empty()) return in_pixels ? pixel_arcsec_ : 1;
    if (unit == "arcsec" || unit == "arcsecond") return 1;
    if (unit == "mas") return 1e-3;
    if (unit == "pix" || unit == "pixel") return pixel_arcsec_;
    refuse(table.file(), "unit of column " + column.name, "'" + column.unit + "'", "arcsec, mas or pix");
  }

  // Sizes and their errors: 0 or more, and no more than a map around a clump can hold.
  std::vector<Measured> lengths(const io::Column& column) const {
    const double unit = arcsec_per_unit(column);
    const io::Reals values = table.numbers(column);
    const auto [minus, plus] = errors_of(column.name);
    std::vector<Measured> result;
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (values[i] < 0 || values[i] * unit > largest_pix * pixel_arcsec_)
        table.refuse_value(column, i, values[i],
                           fmt::format("0 to {:g} pixels of --pixel-scale, or NaN", largest_pix));
      result.push_back({values[i] * unit, minus[i] * unit, plus[i] * unit});
    }
    return result;
  }

  // Columns NAME_err_minus and NAME_err_plus, or NAME_err for both; NaN without them and below 0.
  std::pair<io::Reals, io::Reals> errors_of(const std::string& name) const {
    const std::string low = lower_case(name);
    const io::Column* both = table.find(low + "_err");
    const auto read = [&](const char* ending) {
      const io::Column* column = table.find(low + ending);
      if (!column) column = both;
      io::Reals values = column ? table.numbers(*column) : io::Reals(rows(), nan);
      for (double& v : values)
        if (!(v >= 0)) v = nan;
      return values;
    };
    return {read("_err_minus"), read("_err_plus")};
  }

  void read_shapes() {
    shapes.assign(rows(), {});
    if (const io::Column* major = length_column("sigma_major")) return read_ellipses(*major);
    double per_sigma = 1;
    const io::Column* round = length_column("sigma_circular");
    if (!round) {
      round = length_column("r_eff");
      per_sigma = units::gaussian_half_light_per_sigma;
    }
    if (!round) return;
    shape_columns = round->name;
    const std::vector<Measured> sizes = lengths(*round);
    for (std::size_t i = 0; i < rows(); ++i) {
      const Measured sigma{sizes[i].value / per_sigma, sizes[i].minus / per_sigma, sizes[i].plus / per_sigma};
      shapes[i] = {sigma, sigma, 0};
    }
  }

  void read_ellipses(const io::Column& major_column) {
    const std::vector<Measured> major = lengths(major_column);
    const io::Column* minor_column = length_column("sigma_minor");
    const io::Column* ratio = minor_column ? nullptr : table.find("axis_ratio");
    if (!minor_column && !ratio)
      refuse(table.file(), "column " + major_column.name, "without sigma_minor or axis_ratio",
             "one of the two beside it");
    const std::vector<Measured> minor = minor_column ? lengths(*minor_column) : scaled(major, *ratio);
    const io::Column* angle = table.find("pa_deg");
    const io::Reals pa = angle ? table.numbers(*angle) : io::Reals(rows(), nan);
    shape_columns = major_column.name + ", " + (minor_column ? minor_column : ratio)->name;
    for (std::size_t i = 0; i < rows(); ++i) {
      if (std::isnan(major[i].value) || std::isnan(minor[i].value)) continue;
      if (minor[i].value > major[i].value * (1 + 1e-9))
        table.refuse_value(minor_column ? *minor_column : *ratio, i, minor[i].value,
                           fmt::format("at most the major axis, {:.10g}\"", major[i].value));
      shapes[i] = {major[i], minor[i], pa[i]};
      shapes[i].minor.value = std::min(minor[i].value, major[i].value);
      set_angle(shapes[i], angle);
    }
  }

  std::vector<Measured> scaled(const std::vector<Measured>& major, const io::Column& column) const {
    const io::Reals ratio = table.numbers(column);
    std::vector<Measured> minor;
    for (std::size_t i = 0; i < rows(); ++i) {
      if (ratio[i] < 0 || ratio[i] > 1) table.refuse_value(column, i, ratio[i], "0 to 1, or NaN");
      minor.push_back({major[i].value * ratio[i], major[i].minus * ratio[i], major[i].plus * ratio[i]});
    }
    return minor;
  }

  // A circle has no angle; an ellipse needs one, and is without a shape where it is NaN.
  void set_angle(Shape& shape, const io::Column* angle) const {
    if (shape.minor.value == shape.major.value) shape.pa_deg = 0;
    else if (!angle)
      refuse(table.file(), "column pa_deg", "none, but axes that differ",
             "the position angle of the major axis, North through East");
    else if (!std::isfinite(shape.pa_deg)) shape = {};
  }

  void read_magnitudes() {
    for (const io::Column& column : table.columns()) {
      const std::string name = lower_case(column.name);
      const bool numeric = !std::holds_alternative<io::Texts>(column.values);
      if (!numeric || name.find("_err") != std::string::npos || name.find("_limit") != std::string::npos)
        continue;
      if (name.starts_with("flux_") && table.find(name + "_err"))
        magnitudes.push_back({name.substr(5), of_fluxes(column)});
      if (name.starts_with("mag_") && !table.find("flux_" + name.substr(4) + "_err"))
        magnitudes.push_back({name.substr(4), of_magnitudes(column)});
    }
  }

  double njy_per(const io::Column& column) const {
    static const std::map<std::string, double> known{{"nJy", 1}, {"uJy", 1e3}, {"mJy", 1e6}, {"Jy", 1e9}};
    const auto at = known.find(column.unit);
    if (at == known.end())
      refuse(table.file(), "unit of column " + column.name,
             column.unit.empty() ? "none" : "'" + column.unit + "'", "nJy, uJy, mJy or Jy");
    return at->second;
  }

  std::vector<Measured> of_fluxes(const io::Column& column) const {
    const double unit = njy_per(column);
    const io::Reals flux = table.numbers(column);
    const auto [minus, plus] = errors_of(column.name);
    std::vector<Measured> result;
    for (std::size_t i = 0; i < rows(); ++i)
      result.push_back({units::abmag_from_njy(flux[i] * unit), mag_per_relative * plus[i] / flux[i],
                        mag_per_relative * minus[i] / flux[i]});
    return result;
  }

  std::vector<Measured> of_magnitudes(const io::Column& column) const {
    if (!column.unit.empty() && !lower_case(column.unit).starts_with("mag"))
      refuse(table.file(), "unit of column " + column.name, "'" + column.unit + "'", "mag (AB)");
    const io::Reals mag = table.numbers(column);
    const auto [minus, plus] = errors_of(column.name);
    std::vector<Measured> result;
    for (std::size_t i = 0; i < rows(); ++i) result.push_back({mag[i], minus[i], plus[i]});
    return result;
  }

  double pixel_arcsec_;
};

// ---------------------------------------------------------------- one clump

enum class Status { ok, no_position, no_redshift, not_behind_lens, outside_map };

std::string word(Status status) {
  switch (status) {
    case Status::ok:
      return "ok";
    case Status::no_position:
      return "no_position";
    case Status::no_redshift:
      return "no_redshift";
    case Status::not_behind_lens:
      return "not_behind_lens";
    case Status::outside_map:
      return "outside_map";
  }
  return "";
}

/// What the lens makes of a clump; NaN where the status is not ok.
struct Delensed {
  Status status = Status::ok;
  lens::ClumpMagnification mu{nan, nan, nan, nan, nan, nan, nan, false, nan};
  lens::SourceEllipse source{{{nan, nan}, nan, nan, nan}, nan, nan, nan, false, nan, false};
  std::string size_case = "none";
  Measured radius_pc;
  double radius_arcsec = nan;
  bool is_limit = false;
};

// The lens's frame: +x west, +y north, angles counter-clockwise from +x.
double frame_angle(double pa_deg) { return (pa_deg + 90) * units::degree; }
double position_angle(double angle_rad) {
  const double pa = std::remainder(angle_rad / units::degree - 90, 180.0);
  return pa < 0 ? pa + 180 : pa;
}

class Delenser {
 public:
  Delenser(const LensSource& source, double pixel_arcsec) : source_(source), pixel_(pixel_arcsec) {
    if (source.file) lens_.emplace(lens::Lens{source.file->map, source.z_lens, source.cosmology});
  }

  Delensed delens(sky::SkyPosition at, double z, const Shape& shape) const {
    const Vector2 theta = source_.to_frame(at);
    Delensed result;
    result.status = status_of(at, z, theta);
    if (result.status != Status::ok) return result;
    const lens::Ellipse ellipse{theta, shape.given() ? shape.major.value : 0,
                                shape.given() ? shape.minor.value : 0, frame_angle(shape.pa_deg)};
    if (lens_) look(*lens_, ellipse, shape, z, result);  // a map is large: not copied
    else look(around(ellipse), ellipse, shape, z, result);
    return result;
  }

 private:
  void look(const lens::Lens& lens, const lens::Ellipse& ellipse, const Shape& shape, double z,
            Delensed& result) const {
    result.mu = lens::magnification_of_clump(lens, source_.posterior, ellipse, z, pixel_);
    result.source = lens::source_ellipse(lens.map, lens.efficiency(z), ellipse);
    if (shape.given()) set_size(result, shape, z);
  }

  Status status_of(sky::SkyPosition at, double z, Vector2 theta) const {
    if (std::isnan(at.ra_deg) || std::isnan(at.dec_deg)) return Status::no_position;
    if (std::isnan(z)) return Status::no_redshift;
    if (z <= source_.z_lens) return Status::not_behind_lens;
    const bool covered = std::isfinite(theta.x) && std::isfinite(theta.y) &&
                         (source_.model || source_.file->map.covers(theta));
    return covered ? Status::ok : Status::outside_map;
  }

  // A map whose nodes are the pixels that magnification_of_clump looks at: the model's own numbers.
  lens::Lens around(const lens::Ellipse& e) const {
    const int reach = static_cast<int>(std::ceil(e.sigma_major_arcsec / pixel_)) + 1;
    const lens::Grid grid{{e.centre_arcsec.x - reach * pixel_, e.centre_arcsec.y - reach * pixel_},
                          pixel_,
                          2 * reach + 1,
                          2 * reach + 1};
    return {lens::LensMap::compute(*source_.model, grid), source_.z_lens, source_.cosmology};
  }

  // R ~ sigma mu^-1/2, or sigma / mu_t for one resolved axis, where the relative error of mu stands for that
  // of mu_t. A limit has no errors.
  void set_size(Delensed& result, const Shape& s, double z) const {
    const auto& mu = result.mu;
    if (!(std::isfinite(mu.mu) && std::isfinite(mu.mu_tangential))) return;
    const lens::IntrinsicSize size = lens::intrinsic_size(s.major.value, s.minor.value, floor_pix * pixel_,
                                                          mu.mu, mu.mu_tangential, z, source_.cosmology);
    result.radius_arcsec = size.radius_arcsec;
    result.radius_pc.value = size.radius_pc;
    const bool both = size.size_case == lens::SizeCase::resolved;
    result.is_limit = size.size_case == lens::SizeCase::unresolved;
    result.size_case = both ? "resolved" : result.is_limit ? "unresolved" : "resolved_one_axis";
    if (result.is_limit) return;
    const double power = both ? 0.5 : 1;
    const auto error = [&](double major, double minor, double mu_error) {
      return size.radius_pc *
             std::hypot(both ? std::hypot(major, minor) / 2 : major, power * mu_error / mu.mu);
    };
    result.radius_pc.minus = error(s.major.relative_minus(), s.minor.relative_minus(), mu.error_plus);
    result.radius_pc.plus = error(s.major.relative_plus(), s.minor.relative_plus(), mu.error_minus);
  }

  const LensSource& source_;
  double pixel_;
  std::optional<lens::Lens> lens_;  // of a map
};

// ---------------------------------------------------------------- the table

class Catalogue {
 public:
  Catalogue(const Clumps& clumps, const std::vector<Delensed>& results, const LensSource& source)
      : clumps_(clumps), results_(results), source_(source) {}

  io::Table table() {
    place_columns();
    magnification_columns();
    size_columns();
    source_columns();
    for (const Magnitude& magnitude : clumps_.magnitudes) magnitude_columns(magnitude);
    return std::move(table_);
  }

 private:
  template <class Get>
  void real(const std::string& name, const std::string& unit, const std::string& description, Get get) {
    add_reals(table_, name, unit, description, results_.size(),
              [&](std::size_t i) { return get(results_[i]); });
  }
  template <class Get>
  void of_source(const std::string& name, const std::string& unit, const std::string& description, Get get) {
    add_reals(table_, name, unit, description, results_.size(), [&](std::size_t i) {
      return clumps_.shapes[i].given() ? get(results_[i].source.ellipse, i) : nan;
    });
  }

  void place_columns() {
    table_.add(clumps_.table.id());
    table_.add("ra", "deg", "right ascension, as given", clumps_.ra);
    table_.add("dec", "deg", "declination, as given", clumps_.dec);
    table_.add("z", "", "redshift, as given", clumps_.z);
    add_texts(table_, "status",
              "ok; no_position, no_redshift, not_behind_lens (z <= ZLENS) or outside_map: all NaN",
              results_.size(), [&](std::size_t i) { return word(results_[i].status); });
  }

  void magnification_columns() {
    const bool posterior = !source_.posterior.empty();
    const auto of_posterior = [&](const char* name, const char* text, double lens::ClumpMagnification::*q) {
      real(name, "", text, [=](const Delensed& r) { return posterior ? r.mu.*q : nan; });
    };
    real("mu", "", "magnification |mu|: median over the clump's 1 sigma ellipse",
         [](const Delensed& r) { return r.mu.mu; });
    real("mu_err_minus", "", "total error: quadrature of mu_spread and mu_posterior_minus",
         [](const Delensed& r) { return r.mu.error_minus; });
    real("mu_err_plus", "", "total error: quadrature of mu_spread and mu_posterior_plus",
         [](const Delensed& r) { return r.mu.error_plus; });
    real("mu_spread", "", "standard deviation of |mu| over the ellipse",
         [](const Delensed& r) { return r.mu.spread; });
    of_posterior("mu_posterior_minus",
                 "mu less the 16% quantile of the posterior, 0 or more; NaN: none given",
                 &lens::ClumpMagnification::posterior_minus);
    of_posterior("mu_posterior_plus", "84% quantile of the posterior less mu, 0 or more; NaN: none given",
                 &lens::ClumpMagnification::posterior_plus);
    of_posterior("mu_posterior_median", "median of |mu| over the posterior; NaN: none given",
                 &lens::ClumpMagnification::posterior_median);
    real("mu_tangential", "", "|mu_t| at the centre", [](const Delensed& r) { return r.mu.mu_tangential; });
    real("parity", "", "sign of mu at the centre: 1, or -1 for a mirrored image",
         [](const Delensed& r) { return std::isnan(r.source.mu) ? nan : std::copysign(1.0, r.source.mu); });
    near_critical_columns();
  }

  void near_critical_columns() {
    real("nonlinearity", "", "change of the linear map over the ellipse; above 1: a critical line in it",
         [](const Delensed& r) { return r.source.nonlinearity; });
    io::Flags near;
    for (const Delensed& r : results_) near.push_back(r.source.near_critical);
    table_.add("near_critical", "", "|mu| > 50 at the centre, or nonlinearity > 0.5", near);
  }

  void size_columns() {
    add_texts(table_, "size_case",
              "resolved (both axes above 0.4 pixel), resolved_one_axis, unresolved; none: no shape given",
              results_.size(), [&](std::size_t i) { return results_[i].size_case; });
    real("r_eff_arcsec", "arcsec",
         "half-light radius in the source plane; an upper limit where r_eff_is_limit",
         [](const Delensed& r) { return r.radius_arcsec; });
    real("r_eff_pc", "pc", "half-light radius; an upper limit where r_eff_is_limit",
         [](const Delensed& r) { return r.radius_pc.value; });
    real("r_eff_err_minus_pc", "pc", "1 sigma: errors of the shape (where given) and of mu; NaN for a limit",
         [](const Delensed& r) { return r.radius_pc.minus; });
    real("r_eff_err_plus_pc", "pc", "1 sigma: errors of the shape (where given) and of mu; NaN for a limit",
         [](const Delensed& r) { return r.radius_pc.plus; });
    io::Flags limit;
    for (const Delensed& r : results_) limit.push_back(r.is_limit);
    table_.add("r_eff_is_limit", "", "r_eff is an upper limit", limit);
  }

  sky::SkyPosition source_place(std::size_t i) const {
    return source_.to_sky(results_[i].source.ellipse.centre_arcsec);
  }

  double pc_per_arcsec(std::size_t i) const {
    return results_[i].status == Status::ok ? 1e3 * source_.cosmology.kpc_per_arcsec(clumps_.z[i]) : nan;
  }

  void source_columns() {
    const std::size_t n = results_.size();
    add_reals(table_, "source_ra", "deg", "right ascension in the source plane", n,
              [&](std::size_t i) { return source_place(i).ra_deg; });
    add_reals(table_, "source_dec", "deg", "declination in the source plane", n,
              [&](std::size_t i) { return source_place(i).dec_deg; });
    real("source_x_arcsec", "arcsec", "source position in the lens's frame, +x west of (LENSRA, LENSDEC)",
         [](const Delensed& r) { return r.source.ellipse.centre_arcsec.x; });
    real("source_y_arcsec", "arcsec", "source position in the lens's frame, north of (LENSRA, LENSDEC)",
         [](const Delensed& r) { return r.source.ellipse.centre_arcsec.y; });
    of_source("source_sigma_major_arcsec", "arcsec", "source-plane ellipse (linear map): sigma, major axis",
              [](const lens::Ellipse& e, std::size_t) { return e.sigma_major_arcsec; });
    of_source("source_sigma_minor_arcsec", "arcsec", "source-plane ellipse (linear map): sigma, minor axis",
              [](const lens::Ellipse& e, std::size_t) { return e.sigma_minor_arcsec; });
    of_source("source_sigma_major_pc", "pc", "source-plane ellipse (linear map): sigma, major axis",
              [&](const lens::Ellipse& e, std::size_t i) { return e.sigma_major_arcsec * pc_per_arcsec(i); });
    of_source("source_sigma_minor_pc", "pc", "source-plane ellipse (linear map): sigma, minor axis",
              [&](const lens::Ellipse& e, std::size_t i) { return e.sigma_minor_arcsec * pc_per_arcsec(i); });
    of_source("source_pa_deg", "deg", "position angle of that major axis, North through East, 0 to 180",
              [](const lens::Ellipse& e, std::size_t) { return position_angle(e.angle_rad); });
  }

  void magnitude_columns(const Magnitude& magnitude) {
    const std::size_t n = results_.size();
    const std::string name = "absmag_" + magnitude.band;
    add_reals(table_, name, "mag",
              "M = m + 2.5 log10(mu) - DM(z) + 2.5 log10(1 + z), AB; no extinction is taken off", n,
              [&](std::size_t i) {
                const double z = clumps_.z[i];
                if (results_[i].status != Status::ok) return nan;
                return magnitude.mag_ab[i].value + 2.5 * std::log10(results_[i].mu.mu) -
                       source_.cosmology.distance_modulus_mag(z) + 2.5 * std::log10(1 + z);
              });
    const auto error = [&](const char* ending, double Measured::*photometric,
                           double lens::ClumpMagnification::*of_mu) {
      add_reals(table_, name + ending, "mag", "1 sigma: photometry (where given) and mu, in quadrature", n,
                [&](std::size_t i) {
                  const Measured& m = magnitude.mag_ab[i];
                  if (std::isnan(m.value)) return nan;
                  const double given = std::isnan(m.*photometric) ? 0 : m.*photometric;
                  return std::hypot(given, mag_per_relative * results_[i].mu.*of_mu / results_[i].mu.mu);
                });
    };
    error("_err_minus", &Measured::minus, &lens::ClumpMagnification::error_minus);
    error("_err_plus", &Measured::plus, &lens::ClumpMagnification::error_plus);
  }

  const Clumps& clumps_;
  const std::vector<Delensed>& results_;
  const LensSource& source_;
  io::Table table_{"CLUMPS"};
};

void check(const DelensArguments& a) {
  if (!(a.pixel_scale_arcsec > 0 && a.pixel_scale_arcsec <= 10))
    refuse("", "--pixel-scale", fmt::format("{:g}", a.pixel_scale_arcsec), "arcsec, above 0, to 10");
  if (a.z && !(*a.z > 0 && *a.z < 30)) refuse("", "--z", fmt::format("{:g}", *a.z), "0 < z < 30");
  const std::pair<std::string, std::filesystem::path> outputs[] = {{"-o", a.output}};
  std::vector<std::string> inputs = input_files(a.lens);
  inputs.push_back(a.catalog);
  check_outputs(outputs, inputs);
}

// One row in front of the lens is a foreground clump; all of them are a mistake.
void check_redshifts(const Clumps& clumps, const LensSource& source, const DelensArguments& a) {
  for (const double z : clumps.z)
    if (!(z <= source.z_lens)) return;
  const std::string allowed = fmt::format("a redshift above that of the lens, {:g}", source.z_lens);
  if (a.z) refuse("", "--z", fmt::format("{:g}", *a.z), allowed);
  clumps.table.refuse_value(*clumps.table.find("z"), 0, clumps.z[0], allowed + " (as in all rows)");
}

void add_notes(io::Table& table, const LensSource& source, const DelensArguments& a) {
  table.note("LENS", source.name);
  table.note("ZLENS", fmt::format("{:.6f}", source.z_lens));
  table.note("H0", fmt::format("{:.4f}", source.cosmology.h0_km_s_mpc));
  table.note("OMEGAM", fmt::format("{:.4f}", source.cosmology.omega_m));
  table.note("LENSRA", fmt::format("{:.9f}", source.reference.ra_deg));
  table.note("LENSDEC", fmt::format("{:.9f}", source.reference.dec_deg));
  table.note("POSTROWS", std::to_string(source.posterior.size()));
  table.note("PIXSCALE", fmt::format("{:.8f}", a.pixel_scale_arcsec));
}

std::string summary(const Clumps& clumps, const std::vector<Delensed>& results) {
  std::map<std::string, int> counts;
  for (const Delensed& r : results) ++counts[word(r.status)];
  std::string text = fmt::format("{} clumps:", results.size());
  for (const auto& [status, count] : counts) text += fmt::format(" {} {}", count, status);
  const auto near =
      std::count_if(results.begin(), results.end(), [](const Delensed& r) { return r.source.near_critical; });
  if (near) text += fmt::format("; {} near a critical line", near);
  return text + (clumps.shape_columns.empty() ? "\nno columns of shapes: no sizes\n"
                                              : "\nshapes: " + clumps.shape_columns + "\n");
}

}  // namespace

std::string run_delens(const DelensArguments& a) {
  check(a);
  const LensSource source = read_lens(a.lens);
  const Clumps clumps(a);
  check_redshifts(clumps, source, a);
  const Delenser delenser(source, a.pixel_scale_arcsec);
  std::vector<Delensed> results(clumps.rows());
  parallel_for(results.size(), a.threads, [&](std::size_t i) {
    results[i] = delenser.delens({clumps.ra[i], clumps.dec[i]}, clumps.z[i], clumps.shapes[i]);
  });
  io::Table table = Catalogue(clumps, results, source).table();
  add_notes(table, source, a);
  io::write_fits_tables(a.output, {table});
  return summary(clumps, results) + a.output.string() + "\n";
}

}  // namespace arcproof::commands
