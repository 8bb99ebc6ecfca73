#include "engine/lens/critical.h"

#include "engine/core/error.h"
#include "engine/core/units.h"
#include "engine/io/files.h"
#include "engine/lens/images.h"
#include "tests/support/data.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

namespace arcproof::lens {
namespace {

LensModel model_of(const Profile& profile) { return {{110, -73}, 0.4, {}, {}, {profile}}; }

// Away from the nodes of the singular centre.
LensMap map_of(const LensModel& model, double half, double step) {
  return LensMap::compute(model, covering_grid({-half - 0.013, -half - 0.007}, {half, half}, step), 1);
}

std::vector<CriticalLine> of_kind(const std::vector<CriticalLine>& lines, CriticalKind kind) {
  std::vector<CriticalLine> some;
  for (const CriticalLine& line : lines)
    if (line.kind == kind && line.image_plane.size() > 8) some.push_back(line);
  return some;
}

// Linear interpolation of a function errs by step^2 / 8 of its second derivative. Of the SIS's psi_xx = R y^2
// / r^3 that is 3 R / r^3 on the y axis, and 1 - kappa - gamma has the slope 1 / R there: (3/8) step^2 / R.
TEST(Critical, SphereHasAnEinsteinRing) {
  const IsothermalPotential sphere{{0.3, -0.2}, 0, 0, 800};
  const double d = 0.7, radius = d * sphere.b0_arcsec();
  for (const double step : {0.2, 0.1}) {
    const auto lines =
        of_kind(critical_lines(map_of(model_of(sphere), 20, step), d), CriticalKind::tangential);
    ASSERT_EQ(lines.size(), 1u);
    EXPECT_TRUE(lines[0].closed);
    double largest = 0;
    for (const Vector2& t : lines[0].image_plane)
      largest = std::max(largest, std::abs(std::hypot(t.x - 0.3, t.y + 0.2) - radius));
    std::cout << "step " << step << ": the ring is off by up to " << largest << " arcsec\n";
    const double bound = 0.376 * step * step / radius;
    EXPECT_LT(largest, bound);
    EXPECT_NEAR(effective_radius(lines[0].image_plane) / radius, 1, 3e-4);
    for (const Vector2& b : lines[0].source_plane) EXPECT_LT(std::hypot(b.x - 0.3, b.y + 0.2), bound);
  }
}

// The astroid of an SIE: its tangential critical line is kappa = 1/2; on the axes there, with the deflection
// of isothermal.h, beta = theta - alpha(phi). On the major axis theta = b0 / sqrt(1 - e), alpha = (b0 /
// sqrt(2 e)) atan(sqrt(2 e / (1 - e))) [= asin(sqrt(2 e / (1 + e)))]; on the minor axis theta = b0 / sqrt(1 +
// e), alpha = (b0 / sqrt(2 e)) asinh(sqrt(2 e / (1 - e))).
TEST(Critical, EllipsoidHasTheAnalyticAstroid) {
  const double e = 0.3, d = 0.8, angle = 0.4;
  const IsothermalEllipsoid lens{{}, e, angle, 900};
  const double b0 = d * lens.b0_arcsec(), root = std::sqrt(2 * e);
  const double major = b0 / std::sqrt(1 - e) - b0 / root * std::asin(std::sqrt(2 * e / (1 + e)));
  const double minor = b0 / root * std::asinh(std::sqrt(2 * e / (1 - e))) - b0 / std::sqrt(1 + e);
  const auto lines = of_kind(critical_lines(map_of(model_of(lens), 25, 0.1), d), CriticalKind::tangential);
  ASSERT_EQ(lines.size(), 1u);
  double along = 0, across = 0;
  for (const Vector2& b : lines[0].source_plane) {
    along = std::max(along, std::abs(b.x * std::cos(angle) + b.y * std::sin(angle)));
    across = std::max(across, std::abs(b.y * std::cos(angle) - b.x * std::sin(angle)));
  }
  std::cout << "cusps at " << along << ", " << across << " arcsec; analytic " << major << ", " << minor
            << "\n";
  EXPECT_NEAR(along, major, 2e-3);
  EXPECT_NEAR(across, minor, 2e-3);
}

// Einstein radius of a circular dPIE by bisection of d alpha(r) = r, radial line by that of d alpha'(r) = 1.
TEST(Critical, CircularDualPieHasBothLines) {
  const DualPie pie{"", {}, 0, 0, 2, 60, 1000};
  const double d = 0.75;
  const auto root = [](auto f, double low, double high) {
    for (int i = 0; i < 100; ++i) {
      const double middle = (low + high) / 2;
      (f(middle) > 0 ? low : high) = middle;
    }
    return low;
  };
  const double ring = root([&](double r) { return d * deflection(pie, {r, 0}).x - r; }, 1, 60);
  const double radial = root([&](double r) { return d * hessian(pie, {r, 0}).xx - 1; }, 1e-3, ring);
  const LensModel model({110, -73}, 0.4, {}, {pie});
  const auto lines = critical_lines(map_of(model, 1.3 * ring, 0.1), d);
  const auto t = of_kind(lines, CriticalKind::tangential), r = of_kind(lines, CriticalKind::radial);
  ASSERT_EQ(t.size(), 1u);
  ASSERT_EQ(r.size(), 1u);
  for (const Vector2& p : t[0].image_plane) EXPECT_NEAR(std::hypot(p.x, p.y), ring, 5e-4);
  for (const Vector2& p : r[0].image_plane) EXPECT_NEAR(std::hypot(p.x, p.y), radial, 2e-3);

  // Three images inside the radial caustic, one outside.
  const double caustic = std::abs(radial - d * deflection(pie, {radial, 0}).x);
  const Grid sources{{-1.5 * caustic, -1.5 * caustic}, caustic / 10, 31, 31};
  const Array2D<std::uint16_t> count = multiplicity_map(
      LensMap::compute(model, covering_grid({-60.01, -60.02}, {60, 60}, 0.1), 2), d, sources);
  for (int j = 0; j < 31; ++j) {
    for (int i = 0; i < 31; ++i) {
      const double beta = std::hypot(sources.node(i, j).x, sources.node(i, j).y);
      if (beta < 0.05 * caustic || std::abs(beta / caustic - 1) < 0.01) continue;
      EXPECT_EQ(count(i, j), beta < caustic ? 3 : 1) << beta / caustic;
    }
  }
}

// The finder counts in another way: Newton and removal of duplicates.
TEST(Critical, MultiplicityIsThatOfTheImageFinder) {
  const LensModel model({110, -73}, 0.4, {},
                        {{"halo", {}, 0.4, 0.3, 3, 100, 900}, {"g", {6, 4}, 0.2, 1, 1, 20, 300}});
  const LensMap map = LensMap::compute(model, covering_grid({-60.01, -60.02}, {60, 60}, 0.15), 2);
  const Grid sources{{-8.03, -8.01}, 0.37, 44, 44};
  const Array2D<std::uint16_t> count = multiplicity_map(map, 0.8, sources);
  const ImageFinder finder(map, 0.8);
  int different = 0, many = 0;
  for (int j = 0; j < 44; ++j) {
    for (int i = 0; i < 44; ++i) {
      different += finder.images(sources.node(i, j)).size() != count(i, j);
      many += count(i, j) >= 5;
      EXPECT_EQ(count(i, j) % 2, 1);  // Burke's theorem: the lens is not singular
    }
  }
  std::cout << different << " of " << 44 * 44 << " differ; " << many << " have five images or more\n";
  EXPECT_GT(many, 5);
  EXPECT_LE(different, 10);  // pairs less than a step apart, at a critical line
}

TEST(Critical, RegionsForDs9) {
  const IsothermalPotential sphere{{}, 0, 0, 600};
  const auto lines = critical_lines(map_of(model_of(sphere), 12, 0.2), 0.7);
  const auto file = tests::scratch_folder("critical") / "lines.reg";
  write_ds9_regions(file, lines, {110, -73});
  const std::string text = io::read_text(file);
  EXPECT_EQ(text.find("# Region file format: DS9"), 0u);
  EXPECT_NE(text.find("\nfk5\n"), std::string::npos);
  EXPECT_NE(text.find("polygon("), std::string::npos);
  EXPECT_NE(text.find("color=red text={tangential}"), std::string::npos);
  // First vertex back in the frame: on the ring.
  const double ra = std::stod(text.substr(text.find('(') + 1)),
               dec = std::stod(text.substr(text.find(',') + 1));
  const Vector2 theta = to_frame({110, -73}, {ra, dec});
  EXPECT_NEAR(std::hypot(theta.x, theta.y), 0.7 * sphere.b0_arcsec(), 2e-3);
}

// A line that leaves the map is open, and ends on its edge.
TEST(Critical, OpenLines) {
  const IsothermalPotential sphere{{}, 0, 0, 800};
  const LensMap map = LensMap::compute(model_of(sphere), covering_grid({0.01, 0.02}, {25, 25}, 0.1), 1);
  const auto lines = of_kind(critical_lines(map, 0.7), CriticalKind::tangential);
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_FALSE(lines[0].closed);
  const Vector2 a = lines[0].image_plane.front(), b = lines[0].image_plane.back();
  EXPECT_NEAR(std::min(a.x, b.x), 0.01, 1e-9);
  EXPECT_NEAR(std::min(a.y, b.y), 0.02, 1e-9);
  EXPECT_THROW(critical_lines(LensMap::constant(2, 1, 0), 1), ContractError);
}

}  // namespace
}  // namespace arcproof::lens
