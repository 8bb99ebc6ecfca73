// The four published Lenstool models of SMACS0723: two in French, two in English, one without a posterior.
#include "engine/lens/lenstool/project.h"
#include "tests/reference/engine/lens/smacs0723.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

namespace arcproof::lens {
namespace {

struct Expected {
  std::string name;
  int potentials, optimised;
};

TEST(LenstoolModels, AllFourLoad) {
  for (const auto& [name, potentials, optimised] : {Expected{"ICLv0", 145, 4}, Expected{"ICLv1", 149, 5},
                                                    Expected{"ICLv2", 149, 5}, Expected{"noICLv1", 148, 4}}) {
    ARCPROOF_NEEDS_DATA(path, "lens/" + name + "/best.par");
    const LenstoolProject project = read_lenstool(path);
    EXPECT_EQ(static_cast<int>(project.potentials.size()), potentials) << name;
    EXPECT_EQ(std::count_if(project.potentials.begin(), project.potentials.end(),
                            [](const LenstoolPotential& p) { return p.optimised; }),
              optimised)
        << name;
    EXPECT_DOUBLE_EQ(project.z_lens, 0.39) << name;
    EXPECT_EQ(project.cosmology, sky::Cosmology{}) << name;
    EXPECT_NEAR(project.reference.ra_deg, 110.827, 0.001) << name;
    EXPECT_GE(read_arcs(path.parent_path() / "arcs.dat").size(), 59u) << name;
  }
}

double relative(double a, double b) { return std::abs(a / b - 1); }

// Largest relative difference of radii and dispersions; centres, ellipticities and angles are the same text
// in both files.
double largest_parameter_difference(const LensModel& a, const LensModel& b) {
  double largest = 0;
  for (std::size_t i = 0; i < a.potentials().size(); ++i) {
    const DualPie &p = a.potentials()[i], &q = b.potentials()[i];
    EXPECT_EQ(p.id, q.id);
    EXPECT_DOUBLE_EQ(p.centre_arcsec.x, q.centre_arcsec.x) << p.id;
    EXPECT_DOUBLE_EQ(p.centre_arcsec.y, q.centre_arcsec.y) << p.id;
    EXPECT_DOUBLE_EQ(p.ellipticity, q.ellipticity) << p.id;
    EXPECT_DOUBLE_EQ(p.angle_rad, q.angle_rad) << p.id;
    largest = std::max({largest, relative(p.core_radius_arcsec, q.core_radius_arcsec),
                        relative(p.cut_radius_arcsec, q.cut_radius_arcsec),
                        relative(p.velocity_dispersion_km_s, q.velocity_dispersion_km_s)});
  }
  return largest;
}

double largest_deflection_difference(const LensModel& a, const LensModel& b) {
  double largest = 0;
  for (int i = -10; i <= 10; ++i) {
    for (int j = -10; j <= 10; ++j) {
      const Vector2 theta{4.0 * i, 4.0 * j}, p = a.deflection(theta), q = b.deflection(theta);
      largest = std::max(largest, std::hypot(p.x - q.x, p.y - q.y));
    }
  }
  return largest;
}

// Radii and dispersions of the galaxies come from the scaling relation in one and from six decimals in the
// other.
TEST(LenstoolModels, FirstRowOfThePosteriorIsTheBestModel) {
  for (const std::string name : {"ICLv0", "ICLv1", "noICLv1"}) {
    ARCPROOF_NEEDS_DATA(path, "lens/" + name + "/best.par");
    const LenstoolProject project = read_lenstool(path);
    const Posterior posterior = read_bayes(path.parent_path() / "bayes.dat", project);
    ASSERT_EQ(posterior.models.size(), 100u) << name;
    EXPECT_EQ(posterior.redshift_names.size(), 16u) << name;
    const double parameters = largest_parameter_difference(posterior.models[0], project.best());
    const double deflections = largest_deflection_difference(posterior.models[0], project.best());
    std::cout << name << ": chi2 " << posterior.chi2[0] << "; parameters differ by up to " << parameters
              << ", deflections by up to " << deflections << " arcsec\n";
    EXPECT_LT(parameters, 3e-5) << name;
    EXPECT_LT(deflections, 1e-5) << name;
    EXPECT_GT(largest_deflection_difference(posterior.models[1], project.best()), 0.01) << name;
  }
}

// Two galaxies of ICLv1 carry a magnitude but lie far off the scaling relation (the first potentials named
// "6" and "7"): they keep best.par's values in every row, while all others move with the row.
TEST_F(Smacs0723, GalaxiesOffTheScalingRelationAreNotRescaled) {
  const Posterior rows = posterior();
  std::vector<std::string> kept;
  int moved = 0;
  for (std::size_t i = 0; i < project().potentials.size(); ++i) {
    const LenstoolPotential& potential = project().potentials[i];
    if (!potential.has_mag) continue;
    const DualPie& p = rows.models.at(1).potentials()[i];
    const bool same = p.velocity_dispersion_km_s == potential.dual_pie.velocity_dispersion_km_s &&
                      p.cut_radius_arcsec == potential.dual_pie.cut_radius_arcsec;
    if (same) kept.push_back(p.id);
    else ++moved;
  }
  EXPECT_EQ(kept, (std::vector<std::string>{"6", "7"}));
  EXPECT_EQ(moved, 142);
}

}  // namespace
}  // namespace arcproof::lens
