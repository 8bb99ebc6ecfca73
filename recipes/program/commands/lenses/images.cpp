#include "recipes/program/commands/lenses/images.h"

#include "engine/core/error.h"
#include "engine/core/missing.h"
#include "engine/core/parallel.h"
#include "engine/lens/images.h"
#include "recipes/program/commands/shared.h"
#include "recipes/program/commands/user_table.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <type_traits>

#include <fmt/format.h>

namespace arcproof::commands {
namespace {

using lens::Vector2;

constexpr double default_size_arcsec = 100, default_step_arcsec = 0.1;
constexpr double same_arcsec = 1e-4;  // images of a model closer than this are one
constexpr double longest_steps = 3;   // how far the exact image may be from the grid's

double distance(Vector2 a, Vector2 b) { return std::hypot(a.x - b.x, a.y - b.y); }

// ---------------------------------------------------------------- what was asked

/// The sources to look for. From an image: its place; from the source plane: none.
struct Asked {
  io::Column parent;
  io::Reals ra, dec, z;
  std::vector<Vector2> given;  ///< on the sky, in the lens's frame; NaN where the source plane was given
  std::vector<Vector2> beta;   ///< source plane
  std::vector<std::string> status;
  std::size_t rows() const { return z.size(); }
};

void check_position(const ImagesArguments& a) {
  const auto pair = [](const std::optional<double>& x, const std::optional<double>& y, const char* name_x,
                       const char* name_y) {
    if (x && !y) refuse("", name_y, "nothing", std::string("a value, beside ") + name_x);
    if (y && !x) refuse("", name_x, "nothing", std::string("a value, beside ") + name_y);
  };
  pair(a.ra, a.dec, "--ra", "--dec");
  pair(a.source_x, a.source_y, "--source-x", "--source-y");
  const int given = !a.catalog.empty() + a.ra.has_value() + a.source_x.has_value();
  if (given != 1)
    refuse("", "position", given == 0 ? "none" : fmt::format("{} of them", given),
           "one of CATALOG, --ra with --dec, --source-x with --source-y");
  if (a.catalog.empty() && !a.z) refuse("", "--z", "nothing", "the redshift of the source");
  if (a.source_x && !(std::isfinite(*a.source_x) && std::isfinite(*a.source_y)))
    refuse("", "--source-x, --source-y", "no finite numbers", "arcsec in the lens's frame");
}

void check(const ImagesArguments& a) {
  check_position(a);
  if (a.lens.posterior_rows != 0)
    refuse("", "--posterior-rows", std::to_string(a.lens.posterior_rows),
           "not with images: give --row for another model");
  if (!a.lens.maps.posterior_maps.empty() || !a.lens.maps.posterior_deflection_x.empty())
    refuse("", "--posterior-map or --posterior-deflection-x", "given",
           "not with images: give another draw as --map or --deflection-x");
  if (is_given(a.field) && a.lens.lenstool.par.empty() && !a.lens.cluster)
    refuse("", "--centre, --size, --like or --step", "given with a map",
           "only with a model: a map is searched as it is");
  const std::pair<std::string, std::filesystem::path> outputs[] = {{"-o", a.output},
                                                                   {"--regions", a.regions}};
  std::vector<std::string> inputs = input_files(a.lens);
  inputs.push_back(a.catalog);
  inputs.push_back(a.field.like);
  check_outputs(outputs, inputs);
}

Asked asked_in_catalog(const ImagesArguments& a, const LensSource& source) {
  const CatalogFile table(a.catalog);
  Asked asked{
      table.id("parent_id"), table.right_ascension(), table.declination(), table.redshifts(a.z), {}, {}, {}};
  if (a.z) source_redshift(*a.z, source, "--z");
  if (std::none_of(asked.z.begin(), asked.z.end(), [&](double z) { return z > source.z_lens; }))
    table.refuse_value(
        *table.find("z"), 0, asked.z[0],
        fmt::format("a redshift above that of the lens, {:g} (as in all rows)", source.z_lens));
  for (std::size_t i = 0; i < asked.rows(); ++i)
    asked.given.push_back(source.to_frame({asked.ra[i], asked.dec[i]}));
  return asked;
}

Asked asked_on_command_line(const ImagesArguments& a, const LensSource& source) {
  const double z = source_redshift(*a.z, source, "--z");
  Asked asked{{"parent_id", "", "number of the position given, from 0", io::Integers{0}, 1},
              {a.ra.value_or(nan)},
              {a.dec.value_or(nan)},
              {z},
              {},
              {},
              {}};
  asked.given.push_back({nan, nan});
  if (!a.ra) return asked;
  asked.given[0] = source.to_frame(sky_position(*a.ra, *a.dec, "--ra, --dec"));
  return asked;
}

// ---------------------------------------------------------------- the search

/// An image, in the lens's frame.
struct Found {
  Vector2 theta;
  double mu = 1;       ///< signed
  bool given = false;  ///< the image that was asked from
};

/// Finds images on a map; those of a model are then refined in the model itself.
class Search {
 public:
  Search(const ImagesArguments& a, const LensSource& source)
      : source_(source),
        map_(source.file
                 ? source.file->map
                 : map_on(source,
                          field_grid(a.field, source.reference, default_size_arcsec, default_step_arcsec),
                          a.threads)) {}

  Vector2 source_position(Vector2 theta, double z) const {
    if (source_.model) return source_.model->source_position(theta, z);
    return map_.source_position(theta, source_.efficiency(z));
  }
  bool covers(Vector2 theta) const { return map_.covers(theta); }
  const lens::LensMap& map() const { return map_; }

  /// By falling |mu|; the given image is among them, even where the grid does not resolve it.
  std::vector<Found> images(const lens::ImageFinder& finder, Vector2 beta, Vector2 given, double z) const {
    std::vector<Found> found;
    if (std::isfinite(given.x)) found.push_back({given, mu_at(given, z), true});
    const double step = map_.grid().step_arcsec;
    for (const lens::Image& image : finder.images(beta)) {
      const Vector2 theta = refined(image.position_arcsec, beta, z, step);
      // Interpolation displaces an image of a map a little from the one given.
      const double same = source_.model ? same_arcsec : 1e-6 * step;
      const auto twin = [&](const Found& f) { return distance(f.theta, theta) < same; };
      if (std::none_of(found.begin(), found.end(), twin)) found.push_back({theta, mu_at(theta, z)});
    }
    std::stable_sort(found.begin(), found.end(),
                     [](const Found& a, const Found& b) { return std::abs(a.mu) > std::abs(b.mu); });
    return found;
  }

 private:
  double mu_at(Vector2 theta, double z) const {
    if (source_.model) return source_.model->magnification(theta, z).mu;
    return lens::magnification(map_.hessian(theta), source_.efficiency(z)).mu;
  }

  // Where Newton's method leaves the neighbourhood the grid's own image stands.
  Vector2 refined(Vector2 theta, Vector2 beta, double z, double step) const {
    if (!source_.model) return theta;
    const auto exact = lens::image_near(*source_.model, source_.model->efficiency(z), beta, theta);
    return exact && distance(*exact, theta) < longest_steps * step ? *exact : theta;
  }

  const LensSource& source_;
  lens::LensMap map_;
};

/// Whether a row can be followed to the source plane.
std::string status_of(const Asked& asked, std::size_t i, bool from_sky, const LensSource& source,
                      const Search& search) {
  if (std::isnan(asked.z[i])) return "no_redshift";
  if (asked.z[i] <= source.z_lens) return "not_behind_lens";
  if (!from_sky) return "ok";
  if (std::isnan(asked.ra[i]) || std::isnan(asked.dec[i])) return "no_position";
  const Vector2 at = asked.given[i];
  return std::isfinite(at.x) && std::isfinite(at.y) && search.covers(at) ? "ok" : "outside_map";
}

void find_sources(Asked& asked, const ImagesArguments& a, const LensSource& source, const Search& search) {
  for (std::size_t i = 0; i < asked.rows(); ++i) {
    asked.status.push_back(status_of(asked, i, !a.source_x, source, search));
    Vector2 beta{nan, nan};
    if (asked.status[i] == "ok")
      beta =
          a.source_x ? Vector2{*a.source_x, *a.source_y} : search.source_position(asked.given[i], asked.z[i]);
    asked.beta.push_back(beta);
  }
  if (a.catalog.empty() && asked.status[0] != "ok")
    refuse(source.name, "--ra, --dec", fmt::format("{:.8g}, {:.8g}", *a.ra, *a.dec),
           "a place on the map, or in the field of --centre and --size");
}

std::vector<std::vector<Found>> find_images(const Asked& asked, const LensSource& source,
                                            const Search& search, int threads) {
  std::map<double, std::vector<std::size_t>> by_redshift;
  for (std::size_t i = 0; i < asked.rows(); ++i)
    if (asked.status[i] == "ok") by_redshift[asked.z[i]].push_back(i);
  std::vector<std::vector<Found>> images(asked.rows());
  for (const auto& [z, rows] : by_redshift) {
    const lens::ImageFinder finder(search.map(), source.efficiency(z));
    parallel_for(rows.size(), threads, [&, z = z, &rows = rows](std::size_t k) {
      const std::size_t i = rows[k];
      images[i] = search.images(finder, asked.beta[i], asked.given[i], z);
    });
  }
  return images;
}

// ---------------------------------------------------------------- tables and regions

/// An image and the row of its parent.
struct Row {
  std::size_t parent, number;
  const Found* image;
};

io::Column parents_of(const std::vector<Row>& rows, const io::Column& all) {
  io::Column column = all;
  column.description = "id of the position given";
  std::visit(
      [&](const auto& values) {
        std::decay_t<decltype(values)> picked;
        for (const Row& row : rows) picked.push_back(values[row.parent]);
        column.values = std::move(picked);
      },
      all.values);
  return column;
}

io::Table image_table(const std::vector<Row>& rows, const Asked& asked, const LensSource& source) {
  io::Table table("IMAGES");
  const std::size_t n = rows.size();
  table.add(parents_of(rows, asked.parent));
  add_integers(table, "image", "number of the image, from 0, by falling |mu|", n,
               [&](std::size_t i) { return static_cast<std::int64_t>(rows[i].number); });
  const auto real = [&](const char* name, const char* unit, const char* text, auto get) {
    add_reals(table, name, unit, text, n, [&](std::size_t i) { return get(*rows[i].image, rows[i].parent); });
  };
  const auto place = [&](const Found& f) { return source.to_sky(f.theta); };
  real("ra", "deg", "right ascension", [&](const Found& f, std::size_t) { return place(f).ra_deg; });
  real("dec", "deg", "declination", [&](const Found& f, std::size_t) { return place(f).dec_deg; });
  real("x_arcsec", "arcsec", "in the lens's frame, +x west of (LENSRA, LENSDEC)",
       [](const Found& f, std::size_t) { return f.theta.x; });
  real("y_arcsec", "arcsec", "in the lens's frame, north of (LENSRA, LENSDEC)",
       [](const Found& f, std::size_t) { return f.theta.y; });
  real("z", "", "redshift of the source", [&](const Found&, std::size_t p) { return asked.z[p]; });
  real("mu", "", "magnification, signed", [](const Found& f, std::size_t) { return f.mu; });
  add_integers(table, "parity", "sign of mu: 1, or -1 for a mirrored image", n,
               [&](std::size_t i) { return std::int64_t{rows[i].image->mu > 0 ? 1 : -1}; });
  real("distance_arcsec", "arcsec", "from the position given; NaN where it was one in the source plane",
       [&](const Found& f, std::size_t p) { return distance(f.theta, asked.given[p]); });
  io::Flags given;
  for (const Row& row : rows) given.push_back(row.image->given);
  table.add("is_given", "", "the image whose position was given", given);
  return table;
}

io::Table source_table(const Asked& asked, const std::vector<std::vector<Found>>& images,
                       const LensSource& source) {
  io::Table table("SOURCES");
  const std::size_t n = asked.rows();
  table.add(asked.parent);
  table.add("ra", "deg", "right ascension given; NaN: the source plane was", asked.ra);
  table.add("dec", "deg", "declination given; NaN: the source plane was", asked.dec);
  table.add("z", "", "redshift", asked.z);
  table.add("status", "", "ok, no_position, no_redshift, not_behind_lens or outside_map", asked.status);
  add_integers(table, "images", "how many images were found, the given one included", n,
               [&](std::size_t i) { return static_cast<std::int64_t>(images[i].size()); });
  const auto at = [&](std::size_t i) { return source.to_sky(asked.beta[i]); };
  add_reals(table, "source_ra", "deg", "right ascension in the source plane", n,
            [&](std::size_t i) { return at(i).ra_deg; });
  add_reals(table, "source_dec", "deg", "declination in the source plane", n,
            [&](std::size_t i) { return at(i).dec_deg; });
  add_reals(table, "source_x_arcsec", "arcsec", "in the lens's frame, +x west of (LENSRA, LENSDEC)", n,
            [&](std::size_t i) { return asked.beta[i].x; });
  add_reals(table, "source_y_arcsec", "arcsec", "in the lens's frame, north of (LENSRA, LENSDEC)", n,
            [&](std::size_t i) { return asked.beta[i].y; });
  table.note("LENS", source.name);
  table.note("ZLENS", fmt::format("{:.6f}", source.z_lens));
  table.note("LENSRA", fmt::format("{:.9f}", source.reference.ra_deg));
  table.note("LENSDEC", fmt::format("{:.9f}", source.reference.dec_deg));
  return table;
}

std::string name_of(const io::Column& parent, std::size_t row) {
  if (const auto* texts = std::get_if<io::Texts>(&parent.values)) return (*texts)[row];
  return std::to_string(std::get<io::Integers>(parent.values)[row]);
}

// Green as the source is, magenta mirrored, white the given one.
std::vector<io::Ds9Region> regions_of(const std::vector<Row>& rows, const Asked& asked,
                                      const LensSource& source) {
  constexpr double radius_arcsec = 0.3;
  std::vector<io::Ds9Region> regions;
  for (const Row& row : rows) {
    const sky::SkyPosition at = source.to_sky(row.image->theta);
    const char* color = row.image->given ? "white" : row.image->mu > 0 ? "green" : "magenta";
    regions.push_back(
        {at.ra_deg, at.dec_deg, radius_arcsec, radius_arcsec, 0, color,
         fmt::format("{}.{} mu {:.1f}", name_of(asked.parent, row.parent), row.number, row.image->mu)});
  }
  return regions;
}

std::string summary(const Asked& asked, const std::vector<Row>& rows, const LensSource& source) {
  if (asked.rows() > 1) return fmt::format("{} images of {} sources\n", rows.size(), asked.rows());
  std::string text = fmt::format("{} images\n", rows.size());
  for (const Row& row : rows) {
    const sky::SkyPosition at = source.to_sky(row.image->theta);
    text += fmt::format("  {}: RA {:.7f}, Dec {:.7f}, mu {:.2f}{}\n", row.number, at.ra_deg, at.dec_deg,
                        row.image->mu, row.image->given ? ", the given one" : "");
  }
  return text;
}

}  // namespace

std::string run_images(const ImagesArguments& a) {
  check(a);
  const LensSource source = read_lens(a.lens);
  Asked asked = a.catalog.empty() ? asked_on_command_line(a, source) : asked_in_catalog(a, source);
  const Search search(a, source);
  find_sources(asked, a, source, search);
  const std::vector<std::vector<Found>> images = find_images(asked, source, search, a.threads);
  std::vector<Row> rows;
  for (std::size_t i = 0; i < images.size(); ++i)
    for (std::size_t k = 0; k < images[i].size(); ++k) rows.push_back({i, k, &images[i][k]});
  io::write_fits_tables(a.output, {image_table(rows, asked, source), source_table(asked, images, source)});
  if (!a.regions.empty()) io::write_ds9(a.regions, io::Ds9Frame::icrs, regions_of(rows, asked, source));
  return summary(asked, rows, source) + a.output.string() + "\n";
}

}  // namespace arcproof::commands
