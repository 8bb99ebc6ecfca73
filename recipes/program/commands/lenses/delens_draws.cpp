#include "recipes/program/commands/lenses/delens_draws.h"

#include "engine/core/error.h"
#include "engine/core/parallel.h"
#include "engine/core/random.h"
#include "engine/core/statistics.h"
#include "engine/core/units.h"
#include "engine/lens/delens.h"
#include "recipes/program/commands/shared.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <optional>

#include <fmt/format.h>

namespace arcproof::commands {
namespace {

/// What the fit saw of a clump, once.
struct Observed {
  sky::SkyPosition at;
  lens::Ellipse ellipse;  // without its centre
  bool has_shape = false;
  std::vector<double> flux_njy;
  std::int64_t redraw = -1;
};

std::vector<std::string> texts_of(const io::Column& ids) {
  if (const auto* texts = std::get_if<io::Texts>(&ids.values)) return *texts;
  std::vector<std::string> texts;
  if (const auto* numbers = std::get_if<io::Reals>(&ids.values))
    for (const double number : *numbers) texts.push_back(fmt::format("{}", number));
  else
    for (const std::int64_t i : std::get<io::Integers>(ids.values)) texts.push_back(std::to_string(i));
  return texts;
}

// The lens's frame: angles counter-clockwise from +x (west).
double frame_angle_rad(double pa_deg) { return (pa_deg + 90) * units::degree; }

/// Redraws of a table, by the id of their clump.
class RedrawTable {
 public:
  RedrawTable(const std::string& file, const ClumpCatalog& clumps, double pixel_scale_arcsec)
      : catalog_(file, 1.0, pixel_scale_arcsec) {  // redshifts are those of the clumps
    for (const char* column : {"id", "redraw"})
      if (!catalog_.table.find(column))
        refuse(catalog_.table.file(), std::string("column ") + column, "none",
               "the table REDRAWS of arcproof fit --keep-redraws, as FILE[REDRAWS]");
    const std::vector<std::string> ids = texts_of(catalog_.table.id());
    for (std::size_t i = 0; i < ids.size(); ++i) rows_[ids[i]].push_back(i);
    for (const Photometry& band : clumps.photometry) {
      const io::Column* column = catalog_.table.find("flux_" + band.band);
      if (!column)
        refuse(catalog_.table.file(), "column flux_" + band.band, "none",
               "a flux for each band of the catalogue");
      if (column->unit != "nJy")
        refuse(catalog_.table.file(), "unit of column " + column->name, "'" + column->unit + "'", "nJy");
      fluxes_.push_back(catalog_.table.numbers(*column));
    }
  }

  const std::string& file() const { return catalog_.table.file(); }
  std::size_t count(const std::string& id) const {
    const auto at = rows_.find(id);
    return at == rows_.end() ? 0 : at->second.size();
  }
  // Redraws lie about their clump. Ids alone do not tell one field's from another's.
  void check_place(const std::string& id, double ra_deg, double dec_deg, double farthest_arcsec) const {
    for (const std::size_t row : rows_.at(id)) {
      const double dx = std::remainder(catalog_.ra[row] - ra_deg, 360.0) * std::cos(dec_deg * units::degree),
                   off = 3600 * std::hypot(dx, catalog_.dec[row] - dec_deg);
      if (off > farthest_arcsec)
        refuse(catalog_.table.file(), fmt::format("ra and dec, row {} (id {})", row, id),
               fmt::format("{:.3g}\" from the clump of this id in the catalogue", off),
               fmt::format("redraws of these clumps, within {:g}\"", farthest_arcsec));
    }
  }
  Observed get(const std::string& id, std::size_t k) const {
    const std::size_t row = rows_.at(id)[k];
    const ClumpShape& shape = catalog_.shapes[row];
    Observed o{{catalog_.ra[row], catalog_.dec[row]}, {}, shape.given(), {}, static_cast<std::int64_t>(k)};
    if (o.has_shape) o.ellipse = {{}, shape.major.value, shape.minor.value, frame_angle_rad(shape.pa_deg)};
    for (const io::Reals& flux : fluxes_) o.flux_njy.push_back(flux[row]);
    return o;
  }

 private:
  ClumpCatalog catalog_;
  std::map<std::string, std::vector<std::size_t>> rows_;
  std::vector<io::Reals> fluxes_;  // by band of the catalogue
};

// A normal on either side of the value; errors that are not given are 0.
double drawn(const Measured& m, Random& random) {
  const double z = random.normal(), error = z < 0 ? m.minus : m.plus;
  return m.value + (std::isnan(error) ? 0 : z * error);
}

Observed drawn(const ClumpCatalog& clumps, std::size_t row, Random& random) {
  const ClumpShape& shape = clumps.shapes[row];
  Observed o{{clumps.ra[row], clumps.dec[row]}, {}, shape.given(), {}, -1};
  if (o.has_shape) {
    const double a = std::max(0.0, drawn(shape.major, random)), b = std::max(0.0, drawn(shape.minor, random));
    o.ellipse = {{}, std::max(a, b), std::min(a, b), frame_angle_rad(shape.pa_deg)};
  }
  for (const Photometry& band : clumps.photometry) o.flux_njy.push_back(drawn(band.flux_njy[row], random));
  return o;
}

// 0 .. count - 1 in random order.
std::vector<std::size_t> shuffled(std::size_t count, Random& random) {
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  for (std::size_t i = count; i > 1; --i) std::swap(order[i - 1], order[random.index(i)]);
  return order;
}

// The lens itself as the only draw, where it has no posterior.
lens::Realisations lens_alone(const LensSource& source) {
  if (!source.posterior.empty()) return {};
  if (source.model) return lens::Realisations({*source.model});
  return {{source.file->map}, source.z_lens, source.cosmology};
}

ClumpDraw seen_through(const lens::Realisations& lenses, std::size_t k, const LensSource& source, Observed o,
                       double z, double floor_arcsec) {
  o.ellipse.centre_arcsec = source.to_frame(o.at);
  const lens::DrawnMagnification mu = lens::magnification_of_draw(lenses, k, o.ellipse, z);
  ClumpDraw draw{o.redraw, source.posterior.empty() ? -1 : static_cast<std::int64_t>(k), mu.mu, nan, false,
                 {}};
  for (const double flux : o.flux_njy) draw.flux_njy.push_back(flux / mu.mu);
  if (o.has_shape && mu.mu > 0 && mu.mu_tangential > 0) {
    const lens::IntrinsicSize size =
        lens::intrinsic_size(o.ellipse.sigma_major_arcsec, o.ellipse.sigma_minor_arcsec, floor_arcsec, mu.mu,
                             mu.mu_tangential, z, source.cosmology);
    draw.radius_pc = size.radius_pc;
    draw.is_limit = size.size_case == lens::SizeCase::unresolved;
  }
  return draw;
}

double correlation(const std::vector<double>& x, const std::vector<double>& y) {
  if (x.size() < 3) return nan;
  const double mx = statistics::mean(x), my = statistics::mean(y);
  double xx = 0, yy = 0, xy = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    xx += (x[i] - mx) * (x[i] - mx);
    yy += (y[i] - my) * (y[i] - my);
    xy += (x[i] - mx) * (y[i] - my);
  }
  return xx > 0 && yy > 0 ? xy / std::sqrt(xx * yy) : nan;
}

void check_redraws(const RedrawTable& redraws, const ClumpCatalog& clumps,
                   const std::vector<std::string>& ids, const std::vector<char>& wanted,
                   double pixel_scale_arcsec) {
  constexpr double farthest_pix = 30;
  std::map<std::string, std::size_t> first;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (const auto [at, is_new] = first.emplace(ids[i], i); !is_new)
      refuse(clumps.table.file(), "column id", fmt::format("id {} in rows {} and {}", ids[i], at->second, i),
             "ids that differ, by which --redraws finds its rows");
    if (!wanted[i]) continue;
    if (redraws.count(ids[i]) < 2)
      refuse(redraws.file(), "column id",
             fmt::format("{} rows with {}, which the catalogue has", redraws.count(ids[i]), ids[i]),
             "two redraws and more of each clump of the catalogue");
    redraws.check_place(ids[i], clumps.ra[i], clumps.dec[i], farthest_pix * pixel_scale_arcsec);
  }
}

}  // namespace

JointPosterior::JointPosterior(const ClumpCatalog& clumps, const LensSource& lens,
                               const std::vector<char>& wanted, const DrawOptions& o)
    : clumps_(clumps), draws_(clumps.rows()) {
  for (const Photometry& band : clumps.photometry) bands_.push_back(band.band);
  for (const double z : clumps.z)
    distance_modulus_.push_back(z > 0 ? lens.cosmology.distance_modulus_mag(z) - 2.5 * std::log10(1 + z)
                                      : nan);
  const lens::Realisations alone = lens_alone(lens);
  const lens::Realisations& lenses = lens.posterior.empty() ? alone : lens.posterior;  // maps may be GBs
  std::optional<RedrawTable> redraws;
  const std::vector<std::string> ids = texts_of(clumps.table.id());
  if (!o.redraws.empty()) {
    redraws.emplace(o.redraws, clumps, o.pixel_scale_arcsec);
    check_redraws(*redraws, clumps, ids, wanted, o.pixel_scale_arcsec);
  }
  parallel_for(draws_.size(), o.threads, [&](std::size_t i) {
    if (!wanted[i]) return;
    Random random({o.seed, "joint draws", -1, static_cast<std::int64_t>(i)});
    std::vector<std::size_t> models;
    for (std::size_t n = 0; n < static_cast<std::size_t>(o.draws); ++n) {
      if (n % lenses.size() == 0) models = shuffled(lenses.size(), random);
      const Observed observed =
          redraws ? redraws->get(ids[i], n % redraws->count(ids[i])) : drawn(clumps, i, random);
      draws_[i].push_back(
          seen_through(lenses, models[n % models.size()], lens, observed, clumps.z[i], o.floor_arcsec));
    }
  });
}

io::Table JointPosterior::table() const {
  std::vector<std::size_t> row;
  std::vector<const ClumpDraw*> all;
  for (std::size_t i = 0; i < draws_.size(); ++i)
    for (const ClumpDraw& draw : draws_[i]) {
      row.push_back(i);
      all.push_back(&draw);
    }
  io::Table table("DRAWS");
  table.add(rows_of(clumps_.table.id(), row));
  const auto integer = [&](const char* name, const char* text, auto get) {
    add_integers(table, name, text, all.size(), [&](std::size_t i) { return get(i); });
  };
  const auto real = [&](const std::string& name, const char* unit, const std::string& text, auto get) {
    add_reals(table, name, unit, text, all.size(), [&](std::size_t i) { return get(i); });
  };
  integer("draw", "number of the draw, from 0",
          [&](std::size_t i) { return all[i] - draws_[row[i]].data(); });
  integer("redraw", "number of the fit's redraw; -1: drawn from the catalogue's errors",
          [&](std::size_t i) { return all[i]->redraw; });
  integer("lens_draw", "number of the lens's draw; -1: the lens itself, without a posterior",
          [&](std::size_t i) { return all[i]->lens_draw; });
  real("mu", "", "magnification |mu| of this shape by this lens", [&](std::size_t i) { return all[i]->mu; });
  real("r_eff_pc", "pc", "half-light radius in the source plane; where r_eff_is_limit, that of the floor",
       [&](std::size_t i) { return all[i]->radius_pc; });
  io::Flags limit;
  for (const ClumpDraw* draw : all) limit.push_back(draw->is_limit);
  table.add("r_eff_is_limit", "", "both axes of this redraw are below 0.4 pixel", std::move(limit));
  for (std::size_t b = 0; b < bands_.size(); ++b) {
    real("intrinsic_flux_" + bands_[b], "nJy", "observed flux / mu, signed",
         [&](std::size_t i) { return all[i]->flux_njy[b]; });
    real("absmag_" + bands_[b], "mag",
         "M = m + 2.5 log10(mu) - DM(z) + 2.5 log10(1 + z), AB; NaN for flux <= 0", [&](std::size_t i) {
           return units::abmag_from_njy(all[i]->flux_njy[b]) - distance_modulus_[row[i]];
         });
  }
  return table;
}

template <class Get>
void JointPosterior::add_interval(io::Table& table, const std::string& name, const std::string& unit,
                                  const std::string& text, Get get) const {
  io::Reals low, middle, high;
  for (const std::vector<ClumpDraw>& draws : draws_) {
    std::vector<double> values;
    for (const ClumpDraw& draw : draws)
      if (const double value = get(draw); std::isfinite(value)) values.push_back(value);
    const bool any = !values.empty();
    low.push_back(any ? statistics::quantile(values, 0.16) : nan);
    middle.push_back(any ? statistics::median(values) : nan);
    high.push_back(any ? statistics::quantile(values, 0.84) : nan);
  }
  table.add(name + "_q16", unit, "16% quantile of the draws: " + text, std::move(low));
  table.add(name + "_median", unit, "median of the draws: " + text, std::move(middle));
  table.add(name + "_q84", unit, "84% quantile of the draws: " + text, std::move(high));
}

void JointPosterior::add_summary(io::Table& table) const {
  add_interval(table, "joint_mu", "", "magnification", [](const ClumpDraw& d) { return d.mu; });
  add_interval(table, "joint_r_eff_pc", "pc", "half-light radius, limits at the floor's",
               [](const ClumpDraw& d) { return d.radius_pc; });
  add_reals(
      table, "joint_unresolved", "", "share of the draws with both axes below 0.4 pixel", draws_.size(),
      [&](std::size_t i) {
        const auto limits =
            std::count_if(draws_[i].begin(), draws_[i].end(), [](const ClumpDraw& d) { return d.is_limit; });
        return draws_[i].empty() ? nan : static_cast<double>(limits) / static_cast<double>(draws_[i].size());
      });
  for (std::size_t b = 0; b < bands_.size(); ++b)
    add_interval(table, "joint_flux_" + bands_[b], "nJy", "observed flux / mu",
                 [b](const ClumpDraw& d) { return d.flux_njy[b]; });
  if (bands_.empty()) return;
  add_reals(table, "joint_rho", "",
            "correlation of ln intrinsic flux in " + bands_[0] + " with ln r_eff over the draws",
            draws_.size(), [&](std::size_t i) {
              std::vector<double> flux, radius;
              for (const ClumpDraw& d : draws_[i])
                if (d.flux_njy[0] > 0 && d.radius_pc > 0) {
                  flux.push_back(std::log(d.flux_njy[0]));
                  radius.push_back(std::log(d.radius_pc));
                }
              return correlation(flux, radius);
            });
}

}  // namespace arcproof::commands
