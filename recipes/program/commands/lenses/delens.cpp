#include "recipes/program/commands/lenses/delens.h"

#include "engine/core/error.h"
#include "engine/core/missing.h"
#include "engine/core/parallel.h"
#include "engine/core/text.h"
#include "engine/core/units.h"
#include "engine/lens/delens.h"
#include "recipes/program/commands/lenses/clump_catalog.h"
#include "recipes/program/commands/lenses/delens_draws.h"
#include "recipes/program/commands/shared.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include <fmt/format.h>

namespace arcproof::commands {
namespace {

using lens::Vector2;

constexpr double floor_pix = 0.4;  // Claeyssens+2023 section 5.2

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

  Delensed delens(sky::SkyPosition at, double z, const ClumpShape& shape) const {
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
  void look(const lens::Lens& lens, const lens::Ellipse& ellipse, const ClumpShape& shape, double z,
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
  void set_size(Delensed& result, const ClumpShape& s, double z) const {
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

class DelensedTable {
 public:
  DelensedTable(const ClumpCatalog& clumps, const std::vector<Delensed>& results, const LensSource& source)
      : clumps_(clumps), results_(results), source_(source) {}

  io::Table table() {
    place_columns();
    magnification_columns();
    size_columns();
    source_columns();
    for (const Photometry& band : clumps_.photometry) magnitude_columns(band);
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

  void magnitude_columns(const Photometry& magnitude) {
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

  const ClumpCatalog& clumps_;
  const std::vector<Delensed>& results_;
  const LensSource& source_;
  io::Table table_{"CLUMPS"};
};

void check(const DelensArguments& a) {
  if (!(a.pixel_scale_arcsec > 0 && a.pixel_scale_arcsec <= 10))
    refuse("", "--pixel-scale", fmt::format("{:g}", a.pixel_scale_arcsec), "arcsec, above 0, to 10");
  if (a.z && !(*a.z > 0 && *a.z < 30)) refuse("", "--z", fmt::format("{:g}", *a.z), "0 < z < 30");
  const std::pair<std::string, std::filesystem::path> outputs[] = {{"-o", a.output}};
  if (!a.redraws.empty() && !a.draws)
    refuse("", "--redraws", a.redraws + " without --draws", "--draws N: how many of each clump");
  std::vector<std::string> inputs = input_files(a.lens);
  inputs.push_back(a.catalog);
  if (!a.redraws.empty()) inputs.push_back(a.redraws);
  check_outputs(outputs, inputs);
}

// One row in front of the lens is a foreground clump; all of them are a mistake.
void check_redshifts(const ClumpCatalog& clumps, const LensSource& source, const DelensArguments& a) {
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

std::string summary(const ClumpCatalog& clumps, const std::vector<Delensed>& results) {
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
  const ClumpCatalog clumps(a.catalog, a.z, a.pixel_scale_arcsec);
  check_redshifts(clumps, source, a);
  const Delenser delenser(source, a.pixel_scale_arcsec);
  std::vector<Delensed> results(clumps.rows());
  parallel_for(results.size(), a.threads, [&](std::size_t i) {
    results[i] = delenser.delens({clumps.ra[i], clumps.dec[i]}, clumps.z[i], clumps.shapes[i]);
  });
  io::Table table = DelensedTable(clumps, results, source).table();
  add_notes(table, source, a);
  std::vector<io::Table> tables;
  if (a.draws) {
    std::vector<char> wanted;
    for (const Delensed& r : results) wanted.push_back(r.status == Status::ok);
    const JointPosterior joint(
        clumps, source, wanted,
        {a.draws, a.redraws, floor_pix * a.pixel_scale_arcsec, a.pixel_scale_arcsec, a.seed, a.threads});
    joint.add_summary(table);
    tables.push_back(joint.table());
  }
  tables.insert(tables.begin(), table);
  io::write_fits_tables(a.output, tables);
  return summary(clumps, results) + a.output.string() + "\n";
}

}  // namespace arcproof::commands
