#include "mocks/scene.h"

#include "engine/core/error.h"
#include "engine/core/units.h"

#include <algorithm>
#include <cmath>

namespace arcproof::mocks {
namespace {

// Separable kernel [a, 1, a]: white noise smoothed by it has correlation 2a / (1 + 2a^2) between neighbours
// along an axis.
double kernel_wing(double correlation) {
  if (correlation <= 0) return 0;
  return (1 - std::sqrt(1 - 2 * correlation * correlation)) / (2 * correlation);
}

// Area-weighted circle on pixels (5 x 5 sub-pixels), as the depth measurement uses.
Array2D<double> aperture_weights(double radius) {
  constexpr int split = 5;
  const int half = static_cast<int>(std::ceil(radius)) + 1;
  Array2D<double> weights(2 * half + 1, 2 * half + 1);
  for (int y = -half; y <= half; ++y)
    for (int x = -half; x <= half; ++x)
      for (int k = 0; k < split * split; ++k) {
        const int row = k / split;
        const double dx = x + (k % split + 0.5) / split - 0.5, dy = y + (row + 0.5) / split - 0.5;
        if (dx * dx + dy * dy <= radius * radius) weights(x + half, y + half) += 1.0 / (split * split);
      }
  return weights;
}

Array2D<double> smoothed(const Array2D<double>& image, double wing) {
  Array2D<double> rows(image.width(), image.height()), result(image.width(), image.height());
  const auto at = [](const Array2D<double>& a, int x, int y) { return a.contains(x, y) ? a(x, y) : 0.0; };
  for (int y = 0; y < image.height(); ++y)
    for (int x = 0; x < image.width(); ++x)
      rows(x, y) = at(image, x, y) + wing * (at(image, x - 1, y) + at(image, x + 1, y));
  for (int y = 0; y < image.height(); ++y)
    for (int x = 0; x < image.width(); ++x)
      result(x, y) = at(rows, x, y) + wing * (at(rows, x, y - 1) + at(rows, x, y + 1));
  return result;
}

// Noise of unit variance per pixel; one pixel is drawn beyond each edge so that edges are like the rest.
Array2D<double> unit_noise(int width, int height, double correlation, Random& random) {
  Array2D<double> white(width + 2, height + 2);
  for (double& v : white) v = random.normal();
  const double wing = kernel_wing(correlation);
  const Array2D<double> correlated = smoothed(white, wing);
  const double norm = 1 / (1 + 2 * wing * wing);
  Array2D<double> result(width, height);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) result(x, y) = norm * correlated(x + 1, y + 1);
  return result;
}

std::vector<double> with_extinction(std::vector<double> flux, const std::vector<SceneBand>& bands) {
  for (std::size_t b = 0; b < bands.size(); ++b)
    flux[b] *= std::pow(10, -0.4 * bands[b].galactic_extinction_mag);
  return flux;
}

// Power-law mass function between two masses, by inverse transform.
double draw_mass(double beta, const Range& range, Random& random) {
  const double u = random.uniform();
  if (std::abs(beta + 1) < 1e-9) return range.low * std::pow(range.high / range.low, u);
  const double k = beta + 1;
  return std::pow(std::pow(range.low, k) + u * (std::pow(range.high, k) - std::pow(range.low, k)), 1 / k);
}

class SceneMaker {
 public:
  SceneMaker(const SceneOptions& options, const std::vector<SceneBand>& bands, std::size_t reference,
             const InjectionField& field, std::uint64_t seed, int field_number)
      : options_(options),
        bands_(bands),
        reference_(reference),
        field_(field),
        seed_(seed),
        number_(field_number) {}

  Random stream(std::string_view purpose, std::int64_t clump = -1, std::string_view band = {}) const {
    return Random({seed_, purpose, number_, clump, band});
  }

  // Lensed exponential disc on the pixels of a band, one sample a pixel: its half-light radius is many pixels
  // wide.
  Array2D<double> host_image(lens::Vector2 centre, double arcsec_per_pc, const sky::Exposure& band) const {
    const HostOptions& host = options_.host;
    const double scale_length =
        host.radius_kpc * 1e3 * arcsec_per_pc / 1.6783;  // half light of an exponential disc
    const Grid grid = grid_of(band);
    Array2D<double> image(band.flux_njy.width(), band.flux_njy.height());
    const double efficiency = field_.finder->efficiency();
    for (int y = 0; y < image.height(); ++y)
      for (int x = 0; x < image.width(); ++x) {
        const lens::Vector2 theta =
            linear_.to_lens(grid.to_field({static_cast<double>(x), static_cast<double>(y)}));
        if (!field_.lens->covers(theta)) continue;
        const lens::Vector2 beta = field_.lens->source_position(theta, efficiency);
        const double dx = beta.x - centre.x, dy = (beta.y - centre.y) / host.axis_ratio;
        image(x, y) = std::exp(-std::hypot(dx, dy) / scale_length) * grid.pixel_area /
                      (2 * units::pi * scale_length * scale_length * host.axis_ratio);
      }
    return image;
  }

  // Cluster light of unit total flux, (1 + r^2 / c^2)^(-1.3) cut at 30 core radii.
  Array2D<double> cluster_image(const sky::Exposure& band) const {
    const ClusterLightOptions& c = options_.cluster;
    const double cut = 30.0, slope = 1.3;
    const double norm = units::pi * c.core_radius_arcsec * c.core_radius_arcsec * c.axis_ratio / (slope - 1) *
                        (1 - std::pow(1 + cut * cut, 1 - slope));
    const Grid grid = grid_of(band);
    Array2D<double> image(band.flux_njy.width(), band.flux_njy.height());
    const double cs = std::cos(c.angle_rad), sn = std::sin(c.angle_rad);
    for (int y = 0; y < image.height(); ++y)
      for (int x = 0; x < image.width(); ++x) {
        const lens::Vector2 theta =
            linear_.to_lens(grid.to_field({static_cast<double>(x), static_cast<double>(y)}));
        const double dx = theta.x - c.centre_arcsec.x, dy = theta.y - c.centre_arcsec.y;
        const double u = dx * cs + dy * sn, v = (dy * cs - dx * sn) / c.axis_ratio;
        const double r2 = (u * u + v * v) / (c.core_radius_arcsec * c.core_radius_arcsec);
        if (r2 < cut * cut) image(x, y) = grid.pixel_area * std::pow(1 + r2, -slope) / norm;
      }
    return image;
  }

  /// Exposures without light, each on the pixels of its band about the field's centre.
  std::vector<sky::Exposure> empty_exposures(double pixel_scale, const sky::Wcs* wcs) {
    const sky::PixelPosition centre = middle(options_.width, options_.height);
    linear_ = field_.frame->linear_at(centre);
    pixel_scale_ = pixel_scale;
    std::vector<sky::Exposure> exposures;
    for (const SceneBand& band : bands_) {
      const double scale = band.pixel_scale_arcsec > 0 ? band.pixel_scale_arcsec : pixel_scale;
      const bool own = scale != pixel_scale;
      require(!own || wcs, "make_scene: bands of another pixel scale need sky coordinates");
      const int width = own ? even(options_.width * pixel_scale / scale) : options_.width;
      const int height = own ? even(options_.height * pixel_scale / scale) : options_.height;
      sky::Exposure exposure;
      exposure.band = band.name;
      exposure.flux_njy = Array2D<float>(width, height, 0.0F);
      exposure.error_njy = Array2D<float>(width, height, 1.0F);
      exposure.pixel_scale_arcsec = scale;
      exposure.electrons_per_njy = band.electrons_per_njy;
      if (own) exposure.wcs = sky::Wcs::tangential(wcs->to_sky(centre), middle(width, height), scale);
      else if (wcs) exposure.wcs = *wcs;
      exposures.push_back(std::move(exposure));
    }
    return exposures;
  }

  template <class Draw>
  void add_smooth(Scene& scene, const std::vector<double>& flux, Draw draw) const {
    Array2D<double> image;
    for (std::size_t b = 0; b < bands_.size(); ++b) {
      const bool drawn =
          b > 0 && scene.exposures[b].pixel_scale_arcsec == scene.exposures[b - 1].pixel_scale_arcsec;
      if (!drawn) image = draw(scene.exposures[b]);
      const Array2D<double> convolved = field_.convolver->convolve_image(image, b);
      Array2D<float>& out = scene.exposures[b].flux_njy;
      for (std::size_t i = 0; i < out.size(); ++i)
        out.data()[i] += static_cast<float>(flux[b] * convolved.data()[i]);
    }
  }

  void add_interlopers(Scene& scene, const sed::BandSynthesis& light) const {
    const InterloperOptions& o = options_.interlopers;
    for (int k = 0; k < o.count; ++k) {
      Random random = stream("scene interloper", k);
      const double mag = random.uniform(o.mag_ab.low, o.mag_ab.high);
      const double sigma = random.uniform(o.sigma_arcsec.low, o.sigma_arcsec.high) / pixel_scale_;
      const double x = random.uniform(0, options_.width - 1), y = random.uniform(0, options_.height - 1);
      sed::Population old{uniform_in_log({2000, 9000}, random), 0.008, random.uniform(0, 0.1), {0}};
      std::vector<double> flux = with_extinction(light.fluxes_njy_per_msun(old), bands_);
      const double scale = units::njy_from_abmag(mag) / flux[reference_];
      const std::vector<Patch> patches = field_.convolver->convolve(
          unlensed_piece(x, y, sigma), maps_to_bands(scene.exposures, reference_, x, y));
      for (std::size_t b = 0; b < bands_.size(); ++b)
        add_patch(scene.exposures[b].flux_njy, patches[b], scale * flux[b]);
    }
  }

  void add_host_clumps(Scene& scene, const sed::BandSynthesis& light, lens::Vector2 centre,
                       double age_of_universe) const {
    const HostOptions& host = options_.host;
    for (int k = 0; k < host.clumps; ++k) {
      Random random = stream("scene host clump", k);
      HostClump made{host_clump(light, centre, age_of_universe, random), {}};
      made.images =
          inject_clump(made.clump, field_, &scene.exposures, reference_, {seed_, {}, number_, 1'000'000 + k});
      scene.host_clumps.push_back(std::move(made));
    }
  }

  void add_noise(Scene& scene, const std::vector<std::shared_ptr<const sky::Psf>>& psfs) const {
    for (std::size_t b = 0; b < bands_.size(); ++b) {
      const double sigma = pixel_sigma_for_depth(bands_[b], *psfs[b], options_.noise_correlation);
      sky::Exposure& exposure = scene.exposures[b];
      const int width = exposure.flux_njy.width(), height = exposure.flux_njy.height();
      exposure.error_njy = Array2D<float>(width, height, static_cast<float>(sigma));
      if (!options_.noise) continue;
      Random random = stream("scene noise", -1, bands_[b].name);
      const Array2D<double> noise = unit_noise(width, height, options_.noise_correlation, random);
      for (std::size_t i = 0; i < noise.size(); ++i)
        exposure.flux_njy.data()[i] += static_cast<float>(sigma * noise.data()[i]);
    }
  }

 private:
  struct Grid {
    sky::PixelMap to_field;  // from the band's pixels to the field's
    double pixel_area;       // [arcsec^2]
  };
  Grid grid_of(const sky::Exposure& band) const {
    const double ratio = band.pixel_scale_arcsec / pixel_scale_;
    const sky::PixelPosition from = middle(band.flux_njy.width(), band.flux_njy.height()),
                             to = middle(options_.width, options_.height);
    return {{from.x, from.y, to.x, to.y, ratio, 0, 0, ratio},
            band.pixel_scale_arcsec * band.pixel_scale_arcsec};
  }
  static sky::PixelPosition middle(int width, int height) { return {0.5 * (width - 1), 0.5 * (height - 1)}; }
  static int even(double pixels) { return 2 * static_cast<int>(std::lround(0.5 * pixels)); }

  Clump host_clump(const sed::BandSynthesis& light, lens::Vector2 centre, double age_of_universe,
                   Random& random) const {
    const HostOptions& host = options_.host;
    const double scale_length = host.radius_kpc * 1e3 * field_.arcsec_per_pc / 1.6783;
    Clump clump;
    clump.z = light.z();
    // Radius of an exponential disc: the sum of two exponential variates; angle uniform.
    const double r = -scale_length * (std::log1p(-random.uniform()) + std::log1p(-random.uniform()));
    const double angle = random.uniform(0, 2 * units::pi);
    clump.source_arcsec = {centre.x + r * std::cos(angle), centre.y + r * std::sin(angle) * host.axis_ratio};
    clump.radius_pc = uniform_in_log(host.clump_radius_pc, random);
    clump.axis_ratio = random.uniform(0.6, 1);
    clump.angle_rad = random.uniform(0, units::pi);
    clump.mass_msun = draw_mass(host.clump_beta, host.clump_mass_msun, random);
    clump.population.age_myr = std::min(uniform_in_log(host.clump_age_myr, random), age_of_universe);
    clump.population.metallicity = host.metallicity;
    clump.population.ebv_mag = random.uniform(0, 0.3);
    clump.population.history = {10};
    clump.flux_njy = with_extinction(light.fluxes_njy_per_msun(clump.population), bands_);
    for (double& f : clump.flux_njy) f *= clump.mass_msun;
    return clump;
  }

  const SceneOptions& options_;
  const std::vector<SceneBand>& bands_;
  std::size_t reference_;
  const InjectionField& field_;
  std::uint64_t seed_;
  int number_;
  lens::ImageFrame::Linear linear_;
  double pixel_scale_ = 0;
};

}  // namespace

double pixel_sigma_for_depth(const SceneBand& band, const sky::Psf& psf, double noise_correlation) {
  const double radius = psf.fwhm_arcsec() / psf.scale_arcsec();
  const double wing = kernel_wing(noise_correlation), norm = 1 / (1 + 2 * wing * wing);
  const Array2D<double> aperture = smoothed(aperture_weights(radius), wing);
  double variance = 0;
  for (const double w : aperture) variance += norm * norm * w * w;
  const double limit = units::njy_from_abmag(band.depth_mag_ab);
  return limit * psf.encircled_energy(radius * psf.scale_arcsec()) /
         (band.depth_sigmas * std::sqrt(variance));
}

Scene make_scene(const SceneOptions& options, const std::vector<SceneBand>& bands,
                 const std::vector<std::shared_ptr<const sky::Psf>>& psfs, std::size_t reference_band,
                 const InjectionField& field, const sed::BandSynthesis& source_light,
                 const sed::BandSynthesis& lens_light, double age_of_universe_myr, lens::Vector2 host_arcsec,
                 double pixel_scale_arcsec, const sky::Wcs* wcs, std::uint64_t seed, int field_number) {
  SceneMaker maker(options, bands, reference_band, field, seed, field_number);
  Scene scene;
  scene.exposures = maker.empty_exposures(pixel_scale_arcsec, wcs);
  if (options.cluster.mag_ab > 0) {
    std::vector<double> flux = with_extinction(
        lens_light.fluxes_njy_per_msun({options.cluster.age_myr, options.cluster.metallicity, 0, {0}}),
        bands);
    const double scale = units::njy_from_abmag(options.cluster.mag_ab) / flux[reference_band];
    for (double& f : flux) f *= scale;
    maker.add_smooth(scene, flux, [&](const sky::Exposure& band) { return maker.cluster_image(band); });
  }
  if (options.host.mass_msun > 0) {
    std::vector<double> flux =
        with_extinction(source_light.fluxes_njy_per_msun({std::min(options.host.age_myr, age_of_universe_myr),
                                                          options.host.metallicity,
                                                          options.host.ebv_mag,
                                                          {100}}),
                        bands);
    for (double& f : flux) f *= options.host.mass_msun;
    maker.add_smooth(scene, flux, [&](const sky::Exposure& band) {
      return maker.host_image(host_arcsec, field.arcsec_per_pc, band);
    });
  }
  maker.add_interlopers(scene, lens_light);
  maker.add_host_clumps(scene, source_light, host_arcsec, age_of_universe_myr);
  maker.add_noise(scene, psfs);
  return scene;
}

}  // namespace arcproof::mocks
