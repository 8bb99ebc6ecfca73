// lens-map, delens and images on the embedded cluster, against the model itself: finite differences of its
// deflection, positions carried over the sky by hand, quantiles by sorting.
#include "engine/core/error.h"
#include "engine/core/random.h"
#include "engine/io/ds9.h"
#include "engine/io/files.h"
#include "engine/io/fits.h"
#include "engine/lens/sources/compact_cluster.h"
#include "recipes/program/commands/lenses/delens.h"
#include "recipes/program/commands/lenses/images.h"
#include "recipes/program/commands/lenses/lens_map.h"
#include "tests/support/data.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>
#include <sstream>
#include <tuple>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace arcproof::commands {
namespace {

namespace fs = std::filesystem;

constexpr double ra0 = 15, dec0 = -2,
                 z_source = 2;  // of the embedded cluster: engine/lens/sources/compact_cluster.h
constexpr double pixel_arcsec = 0.02;
constexpr double degree = 3.14159265358979323846 / 180;

// The frame, written down once more: +x west, +y north, arcsec.
struct Point {
  double x, y;
};
double ra_of(Point p) { return ra0 - p.x / 3600 / std::cos(dec0 * degree); }
double dec_of(Point p) { return dec0 + p.y / 3600; }

const lens::LensModel& cluster() {
  static const lens::LensModel model = lens::compact_cluster({});
  return model;
}

// beta(theta) of the best model at z_source; the efficiency from astropy 5.2, FlatLambdaCDM(70, 0.3):
// 1 - comoving_distance(0.4) / comoving_distance(2) = 0.70046573.
Point source_of(Point p, double efficiency = 0.70046573194) {
  const lens::Vector2 alpha = cluster().deflection({p.x, p.y});
  return {p.x - efficiency * alpha.x, p.y - efficiency * alpha.y};
}

double mu_by_differences(Point p) {
  constexpr double h = 1e-4;
  const Point e = source_of({p.x + h, p.y}), w = source_of({p.x - h, p.y}), n = source_of({p.x, p.y + h}),
              s = source_of({p.x, p.y - h});
  return 4 * h * h / ((e.x - w.x) * (n.y - s.y) - (n.x - s.x) * (e.y - w.y));
}

const fs::path& folder() {
  static const fs::path path = tests::scratch_folder("lens-commands");
  return path;
}

// Seed 5: 40 places within 6.5" of the centre, sigma 0.01" to 0.05", any angle.
struct Clump {
  Point at;
  double major, minor, pa;
};
const std::vector<Clump>& clumps() {
  static const std::vector<Clump> list = [] {
    Random random({5, "lens commands"});
    std::vector<Clump> made;
    for (int i = 0; i < 40; ++i) {
      const double r = random.uniform(1.5, 6.5), t = random.uniform(0, 6.28),
                   major = random.uniform(0.01, 0.05);
      made.push_back({{r * std::cos(t), r * std::sin(t)},
                      major,
                      major * random.uniform(0.3, 1),
                      random.uniform(0, 180)});
    }
    return made;
  }();
  return list;
}

fs::path catalog() {
  fs::path path = folder() / "catalog.fits";
  io::Reals ra, dec, major, minor, pa, flux, error;
  for (const Clump& c : clumps()) {
    ra.push_back(ra_of(c.at));
    dec.push_back(dec_of(c.at));
    major.push_back(c.major);
    minor.push_back(c.minor);
    pa.push_back(c.pa);
    flux.push_back(0.1);
    error.push_back(0.01);
  }
  io::Table table("CATALOG");
  table.add("RA", "deg", "", ra);
  table.add("DEC", "deg", "", dec);
  table.add("sigma_major", "arcsec", "", major);
  table.add("sigma_minor", "arcsec", "", minor);
  table.add("pa_deg", "deg", "", pa);
  table.add("flux_F150W", "uJy", "", flux);
  table.add("flux_F150W_err", "uJy", "", error);
  io::write_fits_tables(path, {table});
  return path;
}

io::Table delens(LensArguments lens, const std::string& name, const fs::path& table, bool with_z = true) {
  DelensArguments a;
  a.lens = std::move(lens);
  a.catalog = table.string();
  if (with_z) a.z = z_source;
  a.pixel_scale_arcsec = pixel_arcsec;
  a.output = folder() / name;
  a.threads = 2;
  run_delens(a);
  return io::read_fits_table(a.output);
}

LensArguments of_cluster(int posterior_rows = 0) {
  LensArguments lens;
  lens.cluster = true;
  lens.posterior_rows = posterior_rows;
  return lens;
}

LensMapArguments map_arguments(const std::string& name, double step) {
  LensMapArguments a;
  a.lens = of_cluster();
  a.z = z_source;
  a.field.size = "16";
  a.field.step = step;
  a.output = folder() / name;
  return a;
}

std::string refusal(const auto& call) {
  try {
    call();
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

// ---------------------------------------------------------------- delens

TEST(Delens, SourcePlaneIsTheModels) {
  const io::Table table = delens(of_cluster(), "source.fits", catalog());
  ASSERT_EQ(table.rows(), clumps().size());
  for (std::size_t i = 0; i < clumps().size(); ++i) {
    const Clump& c = clumps()[i];
    const Point beta = source_of(c.at);
    EXPECT_NEAR(table.reals("source_x_arcsec")[i], beta.x, 1e-7);
    EXPECT_NEAR(table.reals("source_y_arcsec")[i], beta.y, 1e-7);
    EXPECT_NEAR(table.reals("source_ra")[i], ra_of(beta), 1e-10);
    EXPECT_NEAR(table.reals("source_dec")[i], dec_of(beta), 1e-10);
    EXPECT_EQ(table.reals("parity")[i], mu_by_differences(c.at) > 0 ? 1 : -1);
    // The area of the source ellipse is that of the image over |mu| at the centre.
    const double area =
        table.reals("source_sigma_major_arcsec")[i] * table.reals("source_sigma_minor_arcsec")[i];
    EXPECT_NEAR(area * std::abs(mu_by_differences(c.at)) / (c.major * c.minor), 1, 1e-4);
  }
}

// A needle (axis ratio 1e-6) on the sky is a needle in the source plane: its ends are carried over by hand.
TEST(Delens, PositionAnglesRunFromNorthThroughEast) {
  io::Reals ra, dec, major, ratio, pa;
  for (const Clump& c : clumps()) {
    ra.push_back(ra_of(c.at));
    dec.push_back(dec_of(c.at));
    major.push_back(1e-3);
    ratio.push_back(1e-6);
    pa.push_back(c.pa);
  }
  io::Table needles("NEEDLES");
  needles.add("ra", "deg", "", ra);
  needles.add("dec", "deg", "", dec);
  needles.add("sigma_major_arcsec", "", "", major);
  needles.add("axis_ratio", "", "", ratio);
  needles.add("pa_deg", "deg", "", pa);
  io::write_fits_tables(folder() / "needles.fits", {needles});
  const io::Table table = delens(of_cluster(), "needles_out.fits", folder() / "needles.fits");
  for (std::size_t i = 0; i < clumps().size(); ++i) {
    const Clump& c = clumps()[i];
    const double east = 1e-3 * std::sin(c.pa * degree), north = 1e-3 * std::cos(c.pa * degree);
    const Point a = source_of({c.at.x - east, c.at.y + north}),
                b = source_of({c.at.x + east, c.at.y - north});
    const double angle = std::atan2(-(a.x - b.x), a.y - b.y) / degree;  // east over north
    EXPECT_NEAR(std::remainder(table.reals("source_pa_deg")[i] - angle, 180), 0, 0.02) << i;
    EXPECT_NEAR(table.reals("source_sigma_major_arcsec")[i] / (std::hypot(a.x - b.x, a.y - b.y) / 2), 1,
                1e-4);
  }
}

// Small clumps: the median over the ellipse is mu at the centre. Sizes and magnitudes by the formulas of the
// paper, with mu by differences; distance modulus 45.957197 and 8.3708933 kpc per arcsec at z = 2 from
// astropy 5.2, FlatLambdaCDM(70, 0.3).
TEST(Delens, SizesAndMagnitudesFollowTheFormulas) {
  const io::Table table = delens(of_cluster(), "sizes.fits", catalog());
  int seen[3] = {};
  for (std::size_t i = 0; i < clumps().size(); ++i) {
    const Clump& c = clumps()[i];
    if (table.flags("near_critical")[i] || table.reals("nonlinearity")[i] > 0.05) continue;
    const double mu = std::abs(mu_by_differences(c.at));
    EXPECT_NEAR(table.reals("mu")[i] / mu, 1, 0.01);
    const double floor = 0.4 * pixel_arcsec, mu_t = table.reals("mu_tangential")[i], half = 1.17741002;
    const int which = c.minor > floor ? 0 : c.major > floor ? 1 : 2;
    ++seen[which];
    const double sigma = which == 0   ? std::sqrt(c.major * c.minor / table.reals("mu")[i])
                         : which == 1 ? c.major / mu_t
                                      : floor / mu_t;
    EXPECT_NEAR(table.reals("r_eff_pc")[i] / (half * sigma * 8370.8933), 1, 1e-6);
    EXPECT_EQ(table.texts("size_case")[i],
              (std::vector<std::string>{"resolved", "resolved_one_axis", "unresolved"}[which]));
    const double mag = 31.4 - 2.5 * std::log10(100.0);
    EXPECT_NEAR(table.reals("absmag_f150w")[i],
                mag + 2.5 * std::log10(table.reals("mu")[i]) - 45.957197 + 2.5 * std::log10(3.0), 1e-5);
  }
  EXPECT_GT(seen[0], 5);
  EXPECT_GT(seen[1], 1);
}

TEST(Delens, ErrorsAddUp) {
  const io::Table table = delens(of_cluster(30), "errors.fits", catalog());
  for (std::size_t i = 0; i < table.rows(); ++i) {
    const double mu = table.reals("mu")[i], spread = table.reals("mu_spread")[i],
                 plus = table.reals("mu_posterior_plus")[i];
    EXPECT_NEAR(table.reals("mu_err_plus")[i], std::hypot(spread, plus), 1e-9 * mu);
    EXPECT_GT(table.reals("mu_posterior_minus")[i] + plus, 0);
    if (table.texts("size_case")[i] != "resolved") continue;
    EXPECT_NEAR(table.reals("r_eff_err_minus_pc")[i] / table.reals("r_eff_pc")[i],
                0.5 * table.reals("mu_err_plus")[i] / mu, 1e-9);
    EXPECT_NEAR(table.reals("absmag_f150w_err_plus")[i],
                1.0857362 * std::hypot(0.1, table.reals("mu_err_plus")[i] / mu), 1e-6);
  }
}

// Interpolation of a map at 0.02": its Hessian is bilinear, hence second order in the step (quarter of the
// error at half the step); the accuracy of lens::LensMap says 0.05% at clumps far from critical lines.
TEST(Delens, MapAgreesWithTheModel) {
  const io::Table exact = delens(of_cluster(), "exact.fits", catalog());
  std::vector<double> worst;
  for (const double step : {0.04, 0.02}) {
    const LensMapArguments a = map_arguments("map.fits", step);
    run_lens_map(a);
    LensArguments map;
    map.maps.map = a.output.string();  // redshift and cosmology are in its header
    const io::Table table = delens(map, "of_map.fits", catalog());
    std::vector<double> error;
    for (std::size_t i = 0; i < table.rows(); ++i) {
      EXPECT_EQ(table.texts("status")[i], "ok");
      if (std::abs(exact.reals("mu")[i]) > 10) continue;
      error.push_back(std::abs(table.reals("mu")[i] / exact.reals("mu")[i] - 1));
      EXPECT_NEAR(table.reals("source_x_arcsec")[i], exact.reals("source_x_arcsec")[i], 2e-5);
    }
    ASSERT_GT(error.size(), 20u);
    std::sort(error.begin(), error.end());
    worst.push_back(error[error.size() / 2]);
    std::cout << "step " << step << ": median " << worst.back() << ", largest " << error.back() << "\n";
    EXPECT_LT(error.back(), 0.002);
  }
  EXPECT_LT(worst[1], 0.5 * worst[0]);
}

TEST(Delens, KeepsEveryRow) {
  const double none = std::nan("");
  io::Table given("GIVEN");
  given.add("id", "", "", io::Texts{"a", "b", "c", "d", "e"});
  given.add("ra", "deg", "", io::Reals{ra0, none, ra0, ra0, 200});
  given.add("dec", "deg", "", io::Reals{dec0 + 0.001, dec0, dec0, dec0, dec0});
  given.add("z", "", "", io::Reals{2, 2, 0.3, none, 2});
  given.add("r_eff_arcsec", "arcsec", "", io::Reals{none, 0.05, 0.05, 0.05, 0.05});
  io::write_fits_tables(folder() / "rows.fits", {given});
  const io::Table table = delens(of_cluster(), "rows_out.fits", folder() / "rows.fits", false);
  EXPECT_EQ(table.texts("id"), (io::Texts{"a", "b", "c", "d", "e"}));
  EXPECT_EQ(table.texts("status"),
            (io::Texts{"ok", "no_position", "not_behind_lens", "no_redshift", "outside_map"}));
  EXPECT_TRUE(std::isfinite(table.reals("mu")[0]));
  EXPECT_TRUE(std::isnan(table.reals("r_eff_pc")[0]));
  EXPECT_EQ(table.texts("size_case")[0], "none");
  for (const io::Column& column : table.columns()) {
    EXPECT_FALSE(column.description.empty()) << column.name;
    if (const auto* reals = std::get_if<io::Reals>(&column.values);
        reals && column.name != "ra" && column.name != "dec" && column.name != "z") {
      for (std::size_t i = 1; i < 5; ++i) EXPECT_TRUE(std::isnan((*reals)[i])) << column.name << " " << i;
    }
  }
}

TEST(Delens, RefusesImpossibleColumns) {
  const auto refused = [](const io::Table& table) {
    io::write_fits_tables(folder() / "bad.fits", {table});
    fs::remove(folder() / "bad_out.fits");
    std::string text = refusal([] { delens(of_cluster(), "bad_out.fits", folder() / "bad.fits", false); });
    EXPECT_EQ(fs::exists(folder() / "bad_out.fits"), text.empty());  // nothing written where it is refused
    return text;
  };
  const auto with = [](const std::string& name, const std::string& unit, double value) {
    io::Table table("BAD");
    for (const auto& [n, u, v] :
         std::vector<std::tuple<std::string, std::string, double>>{{"ra", "deg", ra0},
                                                                   {"dec", "deg", dec0},
                                                                   {"z", "", 2.0},
                                                                   {"sigma_major", "arcsec", 0.05},
                                                                   {"sigma_minor", "arcsec", 0.04},
                                                                   {"pa_deg", "deg", 3.0}})
      table.add(n, n == name ? unit : u, "", io::Reals{n == name ? value : v});
    return table;
  };
  EXPECT_EQ(refused(with("ra", "deg", ra0)), "");
  EXPECT_NE(refused(with("ra", "hourangle", 1)).find("column ra"), std::string::npos);
  EXPECT_NE(refused(with("dec", "deg", -91)).find("column dec, row 0"), std::string::npos);
  EXPECT_NE(refused(with("z", "", 0.4)).find("column z, row 0"), std::string::npos);
  EXPECT_NE(refused(with("sigma_major", "arcsec", -1)).find("column sigma_major, row 0"), std::string::npos);
  EXPECT_NE(refused(with("sigma_minor", "arcsec", 0.06)).find("column sigma_minor"), std::string::npos);
  EXPECT_NE(refused(with("sigma_minor", "furlong", 0.04)).find("arcsec, mas or pix"), std::string::npos);
  EXPECT_EQ(refused(with("sigma_minor", "mas", 40)), "");
}

// ---------------------------------------------------------------- images

io::Table images(ImagesArguments a, const std::string& name) {
  a.lens = a.lens.maps.map.empty() ? of_cluster() : a.lens;
  if (a.lens.cluster) a.field.size = "24";
  a.z = z_source;
  a.output = folder() / name;
  a.regions = folder() / (name + ".reg");
  run_images(a);
  return io::read_fits_table(a.output, "IMAGES");
}

// Seed 5, the places of the clumps: every image lies over one source, and every image gives the same set.
TEST(Images, AllShareTheirSource) {
  ImagesArguments a;
  a.catalog = catalog().string();
  const io::Table table = images(a, "images.fits");
  const io::Table sources = io::read_fits_table(folder() / "images.fits", "SOURCES");
  ASSERT_EQ(sources.rows(), clumps().size());
  std::size_t total = 0, several = 0;
  for (const std::int64_t n : sources.integers("images")) {
    total += static_cast<std::size_t>(n);
    several += n > 1;
  }
  EXPECT_EQ(total, table.rows());
  EXPECT_GT(several, 10u);
  EXPECT_EQ(io::read_ds9(folder() / "images.fits.reg").regions.size(), table.rows());
  for (std::size_t k = 0; k < table.rows(); ++k) {
    const std::size_t parent = static_cast<std::size_t>(table.integers("parent_id")[k]);
    const Point at{table.reals("x_arcsec")[k], table.reals("y_arcsec")[k]}, beta = source_of(at);
    EXPECT_NEAR(beta.x, sources.reals("source_x_arcsec")[parent], 1e-8);
    EXPECT_NEAR(beta.y, sources.reals("source_y_arcsec")[parent], 1e-8);
    EXPECT_NEAR(table.reals("ra")[k], ra_of(at), 1e-10);
    EXPECT_EQ(table.integers("parity")[k], table.reals("mu")[k] > 0 ? 1 : -1);
    const Clump& c = clumps()[parent];
    EXPECT_NEAR(table.reals("distance_arcsec")[k], std::hypot(at.x - c.at.x, at.y - c.at.y), 1e-6);
    if (std::abs(table.reals("mu")[k]) < 100) {
      EXPECT_NEAR(table.reals("mu")[k] / mu_by_differences(at), 1, 1e-3) << k;
    }
    EXPECT_EQ(table.flags("is_given")[k], table.reals("distance_arcsec")[k] < 1e-6);
  }
}

TEST(Images, FromTheSourcePlaneAndThroughAMap) {
  ImagesArguments from_sky;
  from_sky.ra = ra_of({3, 4});
  from_sky.dec = dec_of({3, 4});
  const io::Table first = images(from_sky, "from_sky.fits");
  ImagesArguments from_source;
  from_source.source_x = source_of({3, 4}).x;
  from_source.source_y = source_of({3, 4}).y;
  const io::Table second = images(from_source, "from_source.fits");
  const LensMapArguments m = map_arguments("images_map.fits", 0.02);
  run_lens_map(m);
  from_sky.lens.maps.map = m.output.string();
  const io::Table third = images(from_sky, "from_map.fits");
  ASSERT_GE(first.rows(), 3u);
  ASSERT_EQ(second.rows(), first.rows());
  EXPECT_FALSE(second.flags("is_given")[0]);
  EXPECT_TRUE(std::isnan(second.reals("distance_arcsec")[0]));
  for (std::size_t k = 0; k < first.rows(); ++k) {
    EXPECT_NEAR(second.reals("x_arcsec")[k], first.reals("x_arcsec")[k], 1e-6);
    if (k >= third.rows() || std::abs(first.reals("mu")[k]) < 0.1) continue;  // the map's core differs
    EXPECT_NEAR(third.reals("x_arcsec")[k], first.reals("x_arcsec")[k], 1e-3);
    EXPECT_NEAR(third.reals("mu")[k] / first.reals("mu")[k], 1, 0.01);
  }
}

// ---------------------------------------------------------------- lens-map

TEST(LensMap, HoldsTheLensAndItsPosterior) {
  LensMapArguments a = map_arguments("posterior.fits", 0.5);
  a.lens.posterior_rows = 11;
  a.threads = 2;
  run_lens_map(a);
  const io::FitsImage mu = io::read_fits_image(a.output, "MU");
  EXPECT_EQ(mu.header.number("ZLENS"), 0.4);
  EXPECT_EQ(mu.header.number("H0"), 70);
  const io::FitsImage q16 = io::read_fits_image(a.output, "MU_Q16"),
                      q50 = io::read_fits_image(a.output, "MU_MEDIAN"),
                      q84 = io::read_fits_image(a.output, "MU_Q84");
  const auto posterior = lens::compact_cluster_posterior({}, 1, 0.02, 11, 1);
  ASSERT_EQ(mu.pixels.width(), 33);
  for (int j = 1; j < 33; j += 4)
    for (int i = 1; i < 33; i += 4) {
      const Point at{-8 + 0.5 * i, -8 + 0.5 * j};
      const double expected = mu_by_differences(at);
      if (std::abs(expected) < 50) {
        EXPECT_NEAR(mu.pixels(i, j) / expected, 1, 1e-3) << i << " " << j;
      }
      std::vector<double> sample;
      for (const lens::LensModel& model : posterior)
        sample.push_back(std::abs(model.magnification({at.x, at.y}, z_source).mu));
      std::sort(sample.begin(), sample.end());
      EXPECT_NEAR(q50.pixels(i, j) / sample[5], 1, 1e-6);
      // 16% of eleven: between the second and the third, at 0.6.
      EXPECT_NEAR(q16.pixels(i, j) / (0.4 * sample[1] + 0.6 * sample[2]), 1, 1e-6);
      EXPECT_NEAR(q84.pixels(i, j) / (0.6 * sample[8] + 0.4 * sample[9]), 1, 1e-6);
    }
}

// Against the images that are found one by one; places within two nodes of a caustic, where the count
// changes, are left out.
TEST(LensMap, MultiplicityIsTheNumberOfImages) {
  LensMapArguments a = map_arguments("multiplicity-map.fits", 0.05);
  a.multiplicity = folder() / "multiplicity.fits";
  run_lens_map(a);
  const io::FitsImage image = io::read_fits_image(a.multiplicity, "N_IMAGES");
  const double x0 = image.header.number("LENSX0").value(), y0 = image.header.number("LENSY0").value(),
               step = image.header.number("PIXSCALE").value();
  std::set<int> seen;
  int compared = 0;
  for (int j = 30; j < image.pixels.height() - 30; j += 60)
    for (int i = 30; i < image.pixels.width() - 30; i += 60) {
      const float count = image.pixels(i, j);
      bool plain = true;
      for (int dj = -2; dj <= 2; ++dj)
        for (int di = -2; di <= 2; ++di) plain = plain && image.pixels(i + di, j + dj) == count;
      if (!plain) continue;
      ImagesArguments find;
      find.lens = of_cluster();
      find.source_x = x0 + i * step;
      find.source_y = y0 + j * step;
      find.z = z_source;
      find.field.size = "16";
      find.field.step = 0.05;
      find.output = folder() / "of_multiplicity.fits";
      run_images(find);
      EXPECT_EQ(io::read_fits_table(find.output).rows(), static_cast<std::size_t>(count)) << i << " " << j;
      seen.insert(static_cast<int>(count));
      ++compared;
    }
  EXPECT_GE(compared, 10);
  EXPECT_GE(seen.size(), 2U);
}

// Along the tangential critical line 1 / mu changes its sign: it vanishes to what one step of the grid
// allows.
TEST(LensMap, CriticalLinesAreWhereMagnificationIsInfinite) {
  LensMapArguments a = map_arguments("critical.fits", 0.05);
  a.critical = folder() / "critical.reg";
  a.caustics = folder() / "caustics.reg";
  run_lens_map(a);
  std::istringstream lines(io::read_text(a.critical)), caustics(io::read_text(a.caustics));
  std::string line, caustic;
  int points = 0;
  while (std::getline(lines, line) && std::getline(caustics, caustic)) {
    if (line.find("tangential") == std::string::npos) continue;
    for (char& c : line) c = std::strchr("(),", c) ? ' ' : c;
    for (char& c : caustic) c = std::strchr("(),", c) ? ' ' : c;
    std::istringstream numbers(line), sources(caustic);
    std::string word;
    numbers >> word;
    sources >> word;
    for (double ra = 0, dec = 0, s_ra = 0, s_dec = 0; numbers >> ra >> dec && sources >> s_ra >> s_dec;
         ++points) {
      const Point at{-(ra - ra0) * std::cos(dec0 * degree) * 3600, (dec - dec0) * 3600}, beta = source_of(at);
      EXPECT_LT(std::abs(1 / mu_by_differences(at)), 0.005);
      EXPECT_NEAR(s_ra, ra_of(beta), 1e-8);
      EXPECT_NEAR(s_dec, dec_of(beta), 1e-8);
    }
  }
  EXPECT_GT(points, 300);
}

// ---------------------------------------------------------------- where the lens comes from

// The maps of another maker: the deflection alone, another sign and side, in pixels, for a redshift.
TEST(LensSource, ReadsDeflectionMapsAsTheOptionsSay) {
  const LensMapArguments a = map_arguments("whole.fits", 0.02);
  run_lens_map(a);
  for (const char* name : {"ALPHA_X", "ALPHA_Y"}) {
    const io::FitsImage image = io::read_fits_image(a.output, name);
    io::FitsHeader header;
    for (const char* key : {"CTYPE1", "CTYPE2", "CRVAL1", "CRVAL2", "CRPIX1", "CRPIX2", "CDELT1", "CDELT2"})
      header.add(key, *image.header.text(key));
    Array2D<float> pixels(image.pixels.width(), image.pixels.height());
    const double factor = std::string(name) == "ALPHA_X" ? 1 / 0.02 : -1 / 0.02;  // east, and theta + alpha
    std::transform(image.pixels.begin(), image.pixels.end(), pixels.begin(),
                   [&](double v) { return static_cast<float>(factor * v); });
    io::write_fits_images(folder() / (std::string(name) + ".fits"), {{"ALPHA", pixels, header}});
  }
  LensArguments lens;
  lens.maps.deflection_x = (folder() / "ALPHA_X.fits").string();
  lens.maps.deflection_y = (folder() / "ALPHA_Y.fits").string();
  lens.maps.options.map_unit = "pixel";
  lens.maps.options.map_z = z_source;
  lens.maps.options.map_sign = -1;
  lens.maps.options.map_x = "east";
  lens.maps.options.z_lens = 0.4;
  const io::Table exact = delens(of_cluster(), "exact.fits", catalog()),
                  table = delens(lens, "of_deflection.fits", catalog());
  for (std::size_t i = 0; i < table.rows(); ++i) {
    EXPECT_EQ(table.texts("status")[i], "ok");
    if (exact.reals("mu")[i] < 10) {
      EXPECT_NEAR(table.reals("mu")[i] / exact.reals("mu")[i], 1, 0.01) << i;
    }
    EXPECT_NEAR(table.reals("source_ra")[i], exact.reals("source_ra")[i], 1e-8);
    EXPECT_NEAR(table.reals("source_dec")[i], exact.reals("source_dec")[i], 1e-8);
  }
  // On a grid of arcproof's own: interpolated, from the projection of the files.
  LensMapArguments again = map_arguments("again.fits", 0.25);
  again.lens = lens;
  again.field.size = "10";
  run_lens_map(again);
  const io::FitsImage alpha = io::read_fits_image(again.output, "ALPHA_Y");
  for (int j = 0; j < 41; j += 5) {
    const Point at{-5 + 0.25 * j, -5 + 0.25 * (40 - j)};
    EXPECT_NEAR(alpha.pixels(j, 40 - j), at.y - source_of(at).y, 2e-4);
  }
  again.field.size = "17";
  EXPECT_NE(refusal([&] { run_lens_map(again); }).find("within the map"), std::string::npos);
  const auto refused = [](LensArguments bad) { return refusal([&] { read_lens(bad); }); };
  LensArguments wrong = lens;
  wrong.maps.options.map_sign = 1;
  EXPECT_NE(refused(wrong), "");
  wrong = lens;
  wrong.maps.options.map_x = "west";
  EXPECT_NE(refused(wrong), "");
  wrong = lens;
  wrong.maps.options.z_lens.reset();
  EXPECT_NE(refused(wrong).find("--z-lens"), std::string::npos);
  wrong = lens;
  wrong.maps.options.map_z.reset();
  EXPECT_NE(refused(wrong).find("--map-dlsds"), std::string::npos);
  wrong = lens;
  wrong.maps.deflection_y.clear();
  EXPECT_NE(refused(wrong).find("--deflection-y"), std::string::npos);
}

TEST(LensSource, RefusesWhatDoesNotBelongTogether) {
  const auto refused = [](const auto& change) {
    LensArguments a;
    a.cluster = true;
    change(a);
    return refusal([&] { read_lens(a); });
  };
  EXPECT_EQ(refused([](LensArguments&) {}), "");
  EXPECT_NE(refused([](LensArguments& a) { a.cluster = false; }).find("found none"), std::string::npos);
  EXPECT_NE(refused([](LensArguments& a) { a.maps.map = "x.fits"; }).find("2 of them"), std::string::npos);
  EXPECT_NE(refused([](LensArguments& a) { a.lenstool.bayes = "bayes.dat"; }).find("--par"),
            std::string::npos);
  EXPECT_NE(refused([](LensArguments& a) { a.lenstool.row = 1; }).find("--bayes"), std::string::npos);
  EXPECT_NE(refused([](LensArguments& a) { a.maps.options.map_unit = "pixel"; }).find("--deflection-x"),
            std::string::npos);
  EXPECT_NE(refused([](LensArguments& a) { a.maps.options.z_lens = 0.4; }).find("--z-lens"),
            std::string::npos);
  EXPECT_NE(refused([](LensArguments& a) { a.posterior_rows = -1; }).find("--posterior-rows"),
            std::string::npos);
  const LensMapArguments m = map_arguments("for_refusal.fits", 0.5);
  run_lens_map(m);
  EXPECT_NE(refused([&](LensArguments& a) {
              a.cluster = false;
              a.maps.map = m.output.string();
              a.maps.options.z_lens = 0.5;
            }).find("ZLENS"),
            std::string::npos);
}

// A posterior of Lenstool: a row of bayes.dat is the model, and rows there are not are refused.
TEST(LensSource, TakesRowsOfAPosterior) {
  const std::string par = (folder() / "best.par").string(), bayes = (folder() / "bayes.dat").string();
  io::write_text(par,
                 "runmode\n\treference 3 15.0 -2.0\n\tend\ngrille\n\tnlentille 1\n\tend\npotentiel O1\n"
                 "\tprofil 81\n\tx_centre 0\n\ty_centre 0\n\tellipticite 0.2\n\tangle_pos 10\n"
                 "\tcore_radius 0.5\n\tcut_radius 30\n\tv_disp 500\n\tz_lens 0.4\n\tend\n"
                 "fini\n");
  io::write_text(bayes,
                 "#Nsample\n#ln(Lhood)\n#O1 : sigma (km/s)\n#Chi2\n1 -1 500 2\n2 -1 450 2\n3 -1 550 2\n");
  LensArguments a;
  a.lenstool.par = par;
  a.lenstool.bayes = bayes;
  a.lenstool.row = 1;
  a.posterior_rows = 3;
  const LensSource source = read_lens(a);
  EXPECT_EQ(source.model->potentials()[0].velocity_dispersion_km_s, 450);
  ASSERT_EQ(source.posterior.size(), 3u);
  EXPECT_EQ(source.posterior.models()[2].potentials()[0].velocity_dispersion_km_s, 550);
  a.lenstool.row = 3;
  EXPECT_NE(refusal([&] { read_lens(a); }).find("0 .. 2"), std::string::npos);
  a.lenstool.row = 0;
  a.posterior_rows = 4;
  EXPECT_NE(refusal([&] { read_lens(a); }).find("0 .. 3"), std::string::npos);
}

}  // namespace
}  // namespace arcproof::commands
