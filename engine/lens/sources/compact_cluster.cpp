#include "engine/lens/sources/compact_cluster.h"

#include "engine/core/units.h"

#include <algorithm>

namespace arcproof::lens {
namespace {

constexpr sky::SkyPosition reference{15.0, -2.0};
constexpr double z_lens = 0.4;

DualPie member(std::string id, Vector2 centre, double ellipticity, double angle_deg, double core, double cut,
               double dispersion) {
  DualPie p;
  p.id = std::move(id);
  p.centre_arcsec = centre;
  p.ellipticity = ellipticity;
  p.angle_rad = angle_deg * units::degree;
  p.core_radius_arcsec = core;
  p.cut_radius_arcsec = cut;
  p.velocity_dispersion_km_s = dispersion;
  return p;
}

std::vector<DualPie> potentials(double factor) {
  std::vector<DualPie> all = {member("halo", {0, 0}, 0.35, 25, 0.4, 30, 420),
                              member("central", {0, 0}, 0.2, 30, 0.03, 5, 200),
                              member("member 1", {-3.0, 1.6}, 0.1, 80, 0.03, 3, 90),
                              member("member 2", {3.2, -0.9}, 0.3, -20, 0.03, 3, 80),
                              member("member 3", {1.2, -4.6}, 0.0, 0, 0.03, 3, 80),
                              member("member 4", {-4.2, -3.4}, 0.2, 130, 0.03, 3, 70)};
  for (DualPie& p : all) p.velocity_dispersion_km_s *= factor;
  return all;
}

}  // namespace

LensModel compact_cluster(const sky::Cosmology& cosmology, double dispersion_factor) {
  return LensModel(reference, z_lens, cosmology, potentials(dispersion_factor));
}

std::vector<LensModel> compact_cluster_posterior(const sky::Cosmology& cosmology, double dispersion_factor,
                                                 double relative_scatter, int rows, std::uint64_t seed) {
  std::vector<LensModel> models;
  for (int row = 0; row < rows; ++row) {
    Random random({seed, "compact cluster posterior", row});
    std::vector<DualPie> all = potentials(dispersion_factor);
    for (DualPie& p : all)
      p.velocity_dispersion_km_s *= std::max(0.1, 1 + relative_scatter * random.normal());
    all.front().ellipticity =
        std::clamp(all.front().ellipticity * (1 + relative_scatter * random.normal()), 0.0, 0.9);
    all.front().angle_rad += relative_scatter * random.normal();
    models.emplace_back(reference, z_lens, cosmology, std::move(all));
  }
  return models;
}

}  // namespace arcproof::lens
