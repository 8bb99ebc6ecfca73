// A simulated field: sky noise, cluster light, interlopers and a lensed host galaxy with its own clumps, in
// several bands, each on its own pixels. It is the un-injected sky into which a campaign then injects.
#pragma once

#include "engine/core/keys.h"
#include "engine/core/plausible.h"
#include "engine/core/units.h"
#include "engine/sed/synthesis.h"
#include "engine/sky/exposure.h"
#include "mocks/inject.h"

#include <memory>
#include <string>
#include <vector>

namespace arcproof::mocks {

/// One band of the simulated exposures.
struct SceneBand {
  std::string name;
  double depth_mag_ab = 29;  ///< point-source limit at depth_sigmas in an aperture of one FWHM radius
  double depth_sigmas = 5;
  double electrons_per_njy = 0;
  double galactic_extinction_mag = 0;
  double pixel_scale_arcsec = 0;  ///< 0: that of the field
};

struct HostOptions {
  double mass_msun = 1e9;
  double radius_kpc = 1.0;
  double axis_ratio = 0.6;
  double age_myr = 500;
  double metallicity = 0.008;
  double ebv_mag = 0.1;
  int clumps = 25;
  double clump_beta = -2.0;
  Range clump_mass_msun{5e5, 1e8};
  Range clump_age_myr{1, 300};
  Range clump_radius_pc{3, 60};

  void describe(Keys& keys) {
    keys.number("mass_msun", mass_msun, "Msun", "stellar mass formed in the diffuse light; 0: none",
                Allowed::between(0, 1e13));
    keys.number("radius_kpc", radius_kpc, "kpc", "half-light radius of the exponential disc",
                Allowed::above(0, 1000));
    keys.number("axis_ratio", axis_ratio, "", "axis ratio of the disc", Allowed::above(0, 1));
    keys.number("age_myr", age_myr, "Myr", "age of the diffuse light", plausible::age_myr);
    keys.number("metallicity", metallicity, "mass fraction", "metallicity Z", plausible::metallicity);
    keys.number("ebv_mag", ebv_mag, "mag", "colour excess E(B-V)", Allowed::between(0, 10));
    keys.integer("clumps", clumps, "", "number of the host's own clumps: the science sample",
                 Allowed::between(0, 10000));
    keys.number("clump_beta", clump_beta, "", "slope of their mass function", Allowed::between(-10, 10));
    keys.interval("clump_mass_msun", clump_mass_msun.low, clump_mass_msun.high, "Msun",
                  "range of their masses", plausible::mass_msun);
    keys.interval("clump_age_myr", clump_age_myr.low, clump_age_myr.high, "Myr",
                  "range of their ages, uniform in log", plausible::logarithmic_age_myr);
    keys.interval("clump_radius_pc", clump_radius_pc.low, clump_radius_pc.high, "pc",
                  "range of their half-light radii, uniform in log", plausible::radius_pc);
  }
};

struct ClusterLightOptions {
  double mag_ab = 0;
  double core_radius_arcsec = 1.0;
  double axis_ratio = 0.7;
  double angle_rad = 0;
  lens::Vector2 centre_arcsec;
  double age_myr = 9000, metallicity = 0.02;

  void describe(Keys& keys) {
    keys.number("mag_ab", mag_ab, "AB mag", "total magnitude in the reference band; 0: none",
                Allowed::between(0, 50));
    keys.number("core_radius_arcsec", core_radius_arcsec, "arcsec",
                "core radius of the profile (1 + r^2 / core^2)^-1.3, cut at 30 core radii",
                plausible::size_arcsec);
    keys.number("axis_ratio", axis_ratio, "", "axis ratio of the isophotes", Allowed::above(0, 1));
    keys.number("angle_rad", angle_rad, "rad",
                "direction of the major axis, counter-clockwise from +x (west)",
                Allowed::between(-2 * units::pi, 2 * units::pi));
    keys.number("x_arcsec", centre_arcsec.x, "arcsec", "centre in the lens frame, +x west",
                plausible::place_arcsec);
    keys.number("y_arcsec", centre_arcsec.y, "arcsec", "centre in the lens frame, +y north",
                plausible::place_arcsec);
    keys.number("age_myr", age_myr, "Myr", "age of its stars", plausible::age_myr);
    keys.number("metallicity", metallicity, "mass fraction", "metallicity Z", plausible::metallicity);
  }
};

struct InterloperOptions {
  int count = 0;
  Range mag_ab{25, 29};
  Range sigma_arcsec{0.0, 0.06};

  void describe(Keys& keys) {
    keys.integer("count", count, "",
                 "number of foreground and cluster objects in a field, unlensed, old and compact",
                 Allowed::between(0, 10000));
    keys.interval("mag_ab", mag_ab.low, mag_ab.high, "AB mag",
                  "range of their magnitudes in the reference band, uniform", Allowed::between(5, 50));
    keys.interval("sigma_arcsec", sigma_arcsec.low, sigma_arcsec.high, "arcsec",
                  "range of their Gaussian sigma, uniform", Allowed::between(0, 60));
  }
};

struct SceneOptions {
  int width = 512, height = 512;  ///< on the field's pixel scale
  bool noise = true;
  double noise_correlation = 0.0;
  HostOptions host;
  ClusterLightOptions cluster;
  InterloperOptions interlopers;

  /// All but the size, which is the field's.
  void describe(Keys& keys) {
    keys.flag("noise", noise, "false: noiseless pixels; error images still reflect the stated depth");
    keys.number("noise_correlation", noise_correlation, "",
                "noise correlation of neighbouring pixels, as drizzling makes it", Allowed::between(0, 0.6));
    keys.object("host", host, "the lensed galaxy");
    keys.object("cluster_light", cluster, "smooth light of the lens");
    keys.object("interlopers", interlopers, "objects that do not belong to the host");
  }
};

/// A clump of the host as it was drawn: the truth behind the science catalogue of a simulated field.
struct HostClump {
  Clump clump;
  std::vector<InjectedImage> images;
};

struct Scene {
  std::vector<sky::Exposure> exposures;
  std::vector<HostClump> host_clumps;
};

/// Standard deviation per pixel [nJy] for a depth: the scatter of aperture fluxes follows from the noise
/// kernel.
double pixel_sigma_for_depth(const SceneBand& band, const sky::Psf& psf, double noise_correlation);

/// The host's centre in the source plane is `host_arcsec`. Streams: (seed, "scene ...", field number, ...).
Scene make_scene(const SceneOptions& options, const std::vector<SceneBand>& bands,
                 const std::vector<std::shared_ptr<const sky::Psf>>& psfs, std::size_t reference_band,
                 const InjectionField& field, const sed::BandSynthesis& source_light,
                 const sed::BandSynthesis& lens_light, double age_of_universe_myr, lens::Vector2 host_arcsec,
                 double pixel_scale_arcsec, const sky::Wcs* wcs, std::uint64_t seed, int field_number);

}  // namespace arcproof::mocks
