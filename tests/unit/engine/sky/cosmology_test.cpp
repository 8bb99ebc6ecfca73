#include "engine/sky/cosmology.h"

#include "engine/core/error.h"

#include <cmath>

#include <gtest/gtest.h>

namespace arcproof::sky {
namespace {

const Cosmology fiducial{.h0_km_s_mpc = 70, .omega_m = 0.3};

// astropy 5.2.1, c = FlatLambdaCDM(H0=70, Om0=0.3, Tcmb0=0): c.comoving_distance(z), luminosity_distance,
// angular_diameter_distance [Mpc], distmod [mag], 1 / arcsec_per_kpc_proper [kpc/arcsec], age [Myr].
struct Oracle {
  double z, comoving, luminosity, angular, modulus, kpc_per_arcsec, age;
};
constexpr Oracle oracles[] = {
    {0.388, 1509.75993407, 2095.54678849, 1087.72329544, 41.6064868101, 5.27343134891, 9282.88182651},
    {1.378, 4131.35123851, 9824.35324517, 1737.3217992, 44.961519848, 8.42277376744, 4511.79832758},
    {6.14, 8304.96412242, 59297.4438341, 1163.16024123, 48.865179862, 5.63915998273, 890.197609625},
    {10.0, 9440.2496264, 103842.74589, 858.204511491, 50.0818808178, 4.16069288361, 465.887238154}};

// Both promise 1e-10; the numbers above are rounded to 12 digits.
TEST(Cosmology, EqualsAstropy) {
  for (const Oracle& o : oracles) {
    EXPECT_NEAR(fiducial.comoving_distance_mpc(o.z) / o.comoving, 1, 1e-10) << o.z;
    EXPECT_NEAR(fiducial.luminosity_distance_mpc(o.z) / o.luminosity, 1, 1e-10) << o.z;
    EXPECT_NEAR(fiducial.angular_diameter_distance_mpc(o.z) / o.angular, 1, 1e-10) << o.z;
    EXPECT_NEAR(fiducial.distance_modulus_mag(o.z), o.modulus, 1e-9) << o.z;
    EXPECT_NEAR(fiducial.kpc_per_arcsec(o.z) / o.kpc_per_arcsec, 1, 1e-10) << o.z;
    EXPECT_NEAR(fiducial.age_myr(o.z) / o.age, 1, 1e-10) << o.z;
  }
}

// astropy 5.2.1, FlatLambdaCDM(H0=67.4, Om0=0.315, Tcmb0=0): luminosity_distance(1.378), age(1.378).
TEST(Cosmology, UsesItsOwnParameters) {
  const Cosmology planck{.h0_km_s_mpc = 67.4, .omega_m = 0.315};
  EXPECT_NEAR(planck.luminosity_distance_mpc(1.378) / 10095.377626, 1, 1e-10);
  EXPECT_NEAR(planck.age_myr(1.378) / 4580.94686949, 1, 1e-10);
}

// astropy 5.2.1, FlatLambdaCDM(H0=70, Om0=0.3, Tcmb0=0): age(0), lookback_time(1.378), z_at_value(age, 1
// Gyr).
TEST(Cosmology, TimesEqualAstropy) {
  EXPECT_NEAR(fiducial.age_myr(0) / 13466.9839471, 1, 1e-10);
  EXPECT_NEAR((fiducial.age_myr(0) - fiducial.age_myr(1.378)) / 8955.18561948, 1, 1e-10);
  EXPECT_NEAR(fiducial.redshift_at_age(1000), 5.60604744319, 1e-7);  // z_at_value's own tolerance is 1e-8
}

TEST(Cosmology, RedshiftAtAgeUndoesAge) {
  for (const double z : {0.0, 0.388, 1.378, 6.14, 10.0, 20.0})
    EXPECT_NEAR(fiducial.redshift_at_age(fiducial.age_myr(z)), z, 1e-11 * (1 + z)) << z;
}

TEST(Cosmology, AgesBelowAMillionYearsGiveTheRedshiftOfAMillion) {
  EXPECT_EQ(fiducial.redshift_at_age(1e-3), fiducial.redshift_at_age(1));
  EXPECT_GT(fiducial.redshift_at_age(1), fiducial.redshift_at_age(2));
}

// astropy 5.2.1: angular_diameter_distance_z1z2(0.388, 1.378) / angular_diameter_distance(1.378).
TEST(Cosmology, LensingEfficiencyIsTheRatioOfAngularDiameterDistances) {
  EXPECT_NEAR(fiducial.lensing_efficiency(0.388, 1.378), 0.634560257187, 1e-10);
}

TEST(Cosmology, SourcesInFrontOfTheLensAreNotLensed) {
  EXPECT_EQ(fiducial.lensing_efficiency(0.388, 0.388), 0);
  EXPECT_EQ(fiducial.lensing_efficiency(0.388, 0.2), 0);
}

// omega_m = 1: chi = 2 c / H0 (1 - 1 / sqrt(1 + z)).
TEST(Cosmology, MatterAloneHasAClosedDistance) {
  const Cosmology matter{.h0_km_s_mpc = 70, .omega_m = 1};
  EXPECT_NEAR(matter.comoving_distance_mpc(3) / (299792.458 / 70), 1, 1e-12);
}

// omega_m = 1: t = 2 / (3 H0) (1 + z)^(-3/2); 1 / H0 = 977.7922216807891 / 70 Gyr (astropy, 1 / H0).
TEST(Cosmology, MatterAloneHasAClosedAge) {
  const Cosmology matter{.h0_km_s_mpc = 70, .omega_m = 1};
  const double age = 2.0 / 3 * 977792.2216807891 / 70 / 8;
  EXPECT_NEAR(matter.age_myr(3) / age, 1, 1e-10);
  EXPECT_NEAR(matter.redshift_at_age(age), 3, 1e-9);
}

TEST(Cosmology, NearRedshiftZeroFollowsHubblesLaw) {
  EXPECT_EQ(fiducial.comoving_distance_mpc(0), 0);
  EXPECT_NEAR(fiducial.comoving_distance_mpc(1e-6) * 70 / 299792.458 / 1e-6, 1, 1e-6);
}

TEST(Cosmology, RefusesNegativeRedshifts) {
  EXPECT_THROW(fiducial.comoving_distance_mpc(-0.1), ContractError);
}

}  // namespace
}  // namespace arcproof::sky
