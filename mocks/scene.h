// A simulated field: sky noise, cluster light, interlopers and a lensed host galaxy with its own clumps, in
// several bands, each on its own pixels. It is the un-injected sky into which a campaign then injects.
#pragma once

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
  double mass_msun = 1e9;   ///< diffuse light, formed; 0: none
  double radius_kpc = 1.0;  ///< half-light radius of the exponential disc
  double axis_ratio = 0.6;
  double age_myr = 500;
  double metallicity = 0.008;
  double ebv_mag = 0.1;
  int clumps = 25;           ///< the host's own: the science sample
  double clump_beta = -2.0;  ///< slope of their mass function
  Range clump_mass_msun{5e5, 1e8};
  Range clump_age_myr{1, 300};   ///< logarithmic
  Range clump_radius_pc{3, 60};  ///< logarithmic
};

struct ClusterLightOptions {
  double mag_ab = 0;                ///< total, in the reference band; 0: none
  double core_radius_arcsec = 1.0;  ///< I ~ (1 + r^2 / core^2)^(-1.3), cut at 30 core radii
  double axis_ratio = 0.7;
  double angle_rad = 0;
  lens::Vector2 centre_arcsec;  ///< lens frame
  double age_myr = 9000, metallicity = 0.02;
};

struct InterloperOptions {
  int count = 0;                  ///< foreground and cluster objects, unlensed, old and compact
  Range mag_ab{25, 29};           ///< uniform, in the reference band
  Range sigma_arcsec{0.0, 0.06};  ///< uniform
};

struct SceneOptions {
  int width = 512, height = 512;   ///< on the field's pixel scale
  bool noise = true;               ///< false: the error images say the depth, the pixels hold no noise
  double noise_correlation = 0.0;  ///< of neighbouring pixels, 0 .. 0.6: drizzling
  HostOptions host;
  ClusterLightOptions cluster;
  InterloperOptions interlopers;
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
