// What holds for every fit of clumps, over random shapes, positions and noise.
#include "engine/photometry/clump_fit.h"

#include "engine/core/random.h"
#include "tests/property/engine/photometry/symmetries.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace arcproof::photometry {
namespace {

constexpr double sigma = 0.1;  // of the noise, for clumps of flux 100: S/N about 100

const PsfTransform& transform() {
  static const PsfTransform made(round_psf(), size);
  return made;
}

struct Clump {
  double x, y, flux;
  Covariance shape;
};

Clump any_clump(double x, double y) {
  const double major = in_range(0.8, 2.0), ratio = in_range(0.4, 1), angle = in_range(-pi / 2, pi / 2);
  return {x + in_range(-0.5, 0.5), y + in_range(-0.5, 0.5), 100, covariance_of(major, ratio * major, angle)};
}

Cutout noisy(const std::vector<Clump>& clumps) {
  Random random(
      {.seed = static_cast<std::uint64_t>(*rc::gen::inRange(0, 1000000)), .purpose = "clump property"});
  Cutout cutout;
  cutout.size = size;
  cutout.flux.resize(static_cast<std::size_t>(size) * size);
  for (double& value : cutout.flux) value = sigma * random.normal();
  cutout.weight.assign(cutout.flux.size(), 1 / sigma);
  ComponentImages images(size);
  for (const Clump& c : clumps) {
    images.evaluate(transform(), c.x, c.y, c.shape, Derivatives::none);
    for (std::size_t i = 0; i < cutout.flux.size(); ++i) cutout.flux[i] += c.flux * images.plane(0)[i];
  }
  return cutout;
}

ClumpFit fit(const Cutout& cutout, const std::vector<ComponentStart>& start = {{0, 0, {1, 0, 1}}}) {
  return fit_clumps(cutout, transform(), start, {});
}

bool agree(const ComponentFit& a, const ComponentFit& b) {
  return std::abs(a.flux - b.flux) <= close * a.flux_error && std::abs(a.x - b.x) <= close * a.x_error &&
         std::abs(a.y - b.y) <= close * a.y_error && std::abs(a.shape.xx - b.shape.xx) < 2e-3 &&
         std::abs(a.shape.xy - b.shape.xy) < 2e-3 && std::abs(a.shape.yy - b.shape.yy) < 2e-3;
}

ComponentFit moved(ComponentFit c, double x, double y, const Covariance& shape) {
  c.x = x;
  c.y = y;
  c.shape = shape;
  return c;
}

RC_GTEST_PROP(ClumpFitProperty, FluxScalesLinearly, ()) {
  const Cutout cutout = noisy({any_clump(0, 0)});
  const double factor = std::pow(10, in_range(-3, 3));
  Cutout scaled = cutout;
  for (double& value : scaled.flux) value *= factor;
  for (double& value : scaled.weight) value /= factor;
  const ClumpFit a = fit(cutout);
  ClumpFit b = fit(scaled);
  RC_ASSERT(a.status == b.status);
  RC_ASSERT(std::abs(b.components[0].flux_error / (factor * a.components[0].flux_error) - 1) < 1e-3);
  b.components[0].flux /= factor;
  RC_ASSERT(agree(a.components[0], b.components[0]));
  RC_ASSERT(std::abs(b.chi2 / a.chi2 - 1) < 1e-6);
}

// The same image under weights that claim another noise: the same fit, other errors.
RC_GTEST_PROP(ClumpFitProperty, ScalingTheNoiseScalesTheErrors, ()) {
  const Cutout cutout = noisy({any_clump(0, 0)});
  const double factor = std::pow(10, in_range(-1, 1));
  Cutout other = cutout;
  for (double& value : other.weight) value /= factor;
  const ClumpFit a = fit(cutout), b = fit(other);
  RC_ASSERT(agree(a.components[0], b.components[0]));
  RC_ASSERT(std::abs(b.components[0].flux_error / (factor * a.components[0].flux_error) - 1) < 1e-3);
  RC_ASSERT(std::abs(b.components[0].x_error / (factor * a.components[0].x_error) - 1) < 1e-3);
  RC_ASSERT(std::abs(b.chi2 * factor * factor / a.chi2 - 1) < 1e-6);
}

RC_GTEST_PROP(ClumpFitProperty, TransposedAndTurnedCutoutsGiveTransposedAndTurnedFits, ()) {
  const Cutout cutout = noisy({any_clump(0, 0)});
  Cutout exchanged = cutout, quarter = cutout;
  exchanged.flux = transposed(cutout.flux);
  quarter.flux = turned(cutout.flux);
  const ComponentFit a = fit(cutout).components[0];
  const auto& [xx, xy, yy] = a.shape;
  RC_ASSERT(agree(moved(a, a.y, a.x, {yy, xy, xx}), fit(exchanged).components[0]));
  RC_ASSERT(agree(moved(a, -a.y, a.x, {yy, -xy, xx}), fit(quarter).components[0]));
}

// What a step of the image does to a fit whose start takes the same step: nothing but the step. Pixels at the
// edge come and go; they have no weight here.
RC_GTEST_PROP(ClumpFitProperty, AStepOfOnePixelMovesTheFit, ()) {
  Cutout cutout = noisy({any_clump(0, 0)});
  Cutout stepped = cutout;
  for (int y = 0; y < size; ++y)
    for (int x = 0; x < size; ++x) {
      const bool inside = x > 0 && x < size - 2 && y > 0 && y < size - 2;
      cutout.weight[y * size + x] = inside ? 1 / sigma : 0;
      const bool came = x > 1 && x < size - 1 && y > 1 && y < size - 1;
      stepped.weight[y * size + x] = came ? 1 / sigma : 0;
      if (x > 0 && y > 0) stepped.flux[y * size + x] = cutout.flux[(y - 1) * size + x - 1];
    }
  const ComponentFit a = fit(cutout).components[0];
  const ComponentFit b = fit(stepped, {{1, 1, {1, 0, 1}}}).components[0];
  RC_ASSERT(agree(moved(a, a.x + 1, a.y + 1, a.shape), b));
}

RC_GTEST_PROP(ClumpFitProperty, AddingAPlaneChangesOnlyThePlane, ()) {
  const Cutout cutout = noisy({any_clump(0, 0)});
  const double background = in_range(-5, 5), slope_x = in_range(-1, 1), slope_y = in_range(-1, 1);
  Cutout tilted = cutout;
  for (int i = 0; i < size * size; ++i)
    tilted.flux[i] += background + slope_x * (i % size - size / 2) + slope_y * (i / size - size / 2);
  const ClumpFit a = fit(cutout), b = fit(tilted);
  RC_ASSERT(a.status == b.status);
  RC_ASSERT(agree(a.components[0], b.components[0]));
  RC_ASSERT(std::abs(b.background - a.background - background) < close * sigma);
  RC_ASSERT(std::abs(b.slope_x - a.slope_x - slope_x) < close * sigma);
  RC_ASSERT(std::abs(b.slope_y - a.slope_y - slope_y) < close * sigma);
}

RC_GTEST_PROP(ClumpFitProperty, OrderOfComponentsDoesNotMatter, ()) {
  const Cutout cutout = noisy({any_clump(-2, -1), any_clump(2, 1)});
  const ComponentStart first{-2, -1, {1, 0, 1}}, second{2, 1, {1, 0, 1}};
  const ClumpFit a = fit(cutout, {first, second}), b = fit(cutout, {second, first});
  RC_ASSERT(a.status == b.status);
  RC_ASSERT(std::abs(a.chi2 - b.chi2) < 1e-4);
  RC_ASSERT(agree(a.components[0], b.components[1]));
  RC_ASSERT(agree(a.components[1], b.components[0]));
}

}  // namespace
}  // namespace arcproof::photometry
