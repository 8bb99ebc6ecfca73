// The arcs of SMACS0723 through the map and the finder: where the model, given a source, sees its images.
#include "engine/lens/critical.h"
#include "engine/lens/images.h"
#include "engine/lens/map.h"
#include "tests/reference/engine/lens/smacs0723.h"

#include <cmath>
#include <map>

#include <gtest/gtest.h>

namespace arcproof::lens {
namespace {

constexpr double sigma_arcsec = 0.442719;  // Lenstool's, with which the model's chi2 is 28.149

struct System {
  double redshift = 0;
  std::vector<std::string> ids;
  std::vector<Vector2> images, sources;
};

// Redshifts that were fitted are those of the first row of bayes.dat, the best model.
std::map<std::string, System> systems_of(const LensModel& model, const std::vector<Arc>& arcs,
                                         const Posterior& posterior) {
  std::map<std::string, System> systems;
  for (const Arc& arc : arcs) {
    System& s = systems[arc.system()];
    s.redshift = arc.redshift;
    s.ids.push_back(arc.id);
    s.images.push_back(model.to_frame(arc.position));
  }
  for (std::size_t i = 0; i < posterior.redshift_names.size(); ++i) {
    const std::string& name = posterior.redshift_names[i];
    systems.at(name.substr(0, name.find('.'))).redshift = posterior.redshifts[0][i];
  }
  for (auto& [name, s] : systems)
    for (const Vector2& theta : s.images) s.sources.push_back(model.source_position(theta, s.redshift));
  return systems;
}

// Mean of the back-traced images, without one of them (none for `without` < 0).
Vector2 mean_source(const System& s, int without) {
  Vector2 sum;
  double n = 0;
  for (int i = 0; i < static_cast<int>(s.sources.size()); ++i) {
    if (i == without) continue;
    sum = {sum.x + s.sources[i].x, sum.y + s.sources[i].y};
    n += 1;
  }
  return {sum.x / n, sum.y / n};
}

double nearest(const std::vector<Image>& images, Vector2 theta) {
  double best = 1e9;
  for (const Image& image : images)
    best = std::min(best, std::hypot(image.position_arcsec.x - theta.x, image.position_arcsec.y - theta.y));
  return best;
}

class Arcs : public Smacs0723 {
 protected:
  struct Score {
    int all = 0, within = 0;
    double squares = 0;
  };
  Score score(bool from_the_others) const {
    const LensMap map = LensMap::compute(best(), covering_grid({-50, -50}, {55, 55}, 0.1), 2);
    Score result;
    for (const auto& [name, system] : systems_of(best(), arcs(), posterior())) {
      const ImageFinder finder(map, best().efficiency(system.redshift));
      for (int i = 0; i < static_cast<int>(system.images.size()); ++i) {
        const Vector2 beta = mean_source(system, from_the_others ? i : -1);
        const double distance = nearest(finder.images(beta), system.images[i]);
        ++result.all;
        result.within += distance < 3 * sigma_arcsec;
        result.squares += distance * distance;
        if (distance >= 3 * sigma_arcsec)
          std::cout << "arc " << system.ids[i] << " is off by " << distance << " arcsec\n";
      }
    }
    std::cout << result.within << " of " << result.all << " arcs within 3 sigma, rms "
              << std::sqrt(result.squares / result.all) << " arcsec\n";
    return result;
  }
};

TEST_F(Arcs, FinderSeesThemFromTheMeanSource) {
  const Score s = score(false);
  EXPECT_GE(s.all, 59);
  EXPECT_GE(s.within, 0.95 * s.all);
}

// The harder question: an arc that does not help to place its own source. Systems of two or more images.
TEST_F(Arcs, FinderSeesThemFromTheOthers) {
  const Score s = score(true);
  EXPECT_GE(s.within, 0.95 * s.all);
}

}  // namespace
}  // namespace arcproof::lens
