// What holds for every Sersic image and fit, over random shapes and positions.
#include "engine/photometry/sersic.h"

#include "engine/core/random.h"
#include "tests/property/engine/photometry/symmetries.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace arcproof::photometry {
namespace {

struct Source {
  double x, y;
  SersicShape shape;
};
Source any_source() {
  return {in_range(-0.8, 0.8),
          in_range(-0.8, 0.8),
          {in_range(0.7, 3), in_range(0.5, 4), in_range(0.2, 1), in_range(-pi / 2, pi / 2)}};
}

std::vector<double> image_of(const Source& s) { return sersic_image(round_psf(), size, s.x, s.y, s.shape); }

RC_GTEST_PROP(SersicImageProperty, TranspositionExchangesTheAxes, ()) {
  const Source s = any_source();
  Source t{s.y, s.x, s.shape};
  t.shape.angle_rad = pi / 2 - s.shape.angle_rad;
  RC_ASSERT(worst(transposed(image_of(s)), image_of(t)) < 1e-12);
}

RC_GTEST_PROP(SersicImageProperty, AQuarterTurnTurnsTheEllipse, ()) {
  const Source s = any_source();
  Source t{-s.y, s.x, s.shape};
  t.shape.angle_rad = s.shape.angle_rad + pi / 2;
  RC_ASSERT(worst(turned(image_of(s)), image_of(t)) < 1e-12);
}

RC_GTEST_PROP(SersicImageProperty, AStepOfOnePixelMovesTheImage, ()) {
  const Source s = any_source();
  const std::vector<double> here = image_of(s), moved = image_of({s.x + 1, s.y, s.shape});
  for (int y = 0; y < size; ++y)
    for (int x = 1; x < size; ++x) RC_ASSERT(std::abs(moved[y * size + x] - here[y * size + x - 1]) < 1e-12);
}

RC_GTEST_PROP(SersicTransformProperty, FallsFromOneAndIsPositive, ()) {
  const SersicTransform transform(in_range(0.5, 6));
  const double k = std::pow(10, in_range(-5, 4)), f = transform(k);
  // 5e-7: the error of the table, which for n near 0.5 exceeds the transform at large k.
  RC_ASSERT(f < 1 + 1e-9);
  RC_ASSERT(f > -5e-7);
  RC_ASSERT(transform(1.1 * k) < f + 5e-7);
}

// ---- Fits: of a source of flux 100 on a plane, in noise of a seed of its own (S/N about 100).
constexpr double sigma = 0.1;

Cutout noisy(const Source& s) {
  Random random(
      {.seed = static_cast<std::uint64_t>(*rc::gen::inRange(0, 1000000)), .purpose = "sersic property"});
  Cutout cutout;
  cutout.size = size;
  cutout.flux = image_of(s);
  for (double& value : cutout.flux) value = 100 * value + sigma * random.normal();
  cutout.weight.assign(cutout.flux.size(), 1 / sigma);
  return cutout;
}

SersicFit fit(const Cutout& cutout) {
  // The index is fixed: with it free, 13 x 13 pixels leave valleys in which the end depends on rounding.
  return fit_sersic(cutout, round_psf(), 0, 0, {.index_free = false, .index = 1.5});
}

bool same_shape(const SersicFit& a, const SersicFit& b) {
  return std::abs(a.shape.effective_radius_pix - b.shape.effective_radius_pix) <= close * a.radius_error &&
         std::abs(a.shape.axis_ratio - b.shape.axis_ratio) < 1e-3;
}

RC_GTEST_PROP(SersicFitProperty, FluxScalesLinearly, ()) {
  const Cutout cutout = noisy(any_source());
  const double factor = std::pow(10, in_range(-3, 3));
  Cutout scaled = cutout;
  for (double& value : scaled.flux) value *= factor;
  for (double& value : scaled.weight) value /= factor;
  const SersicFit a = fit(cutout), b = fit(scaled);
  RC_ASSERT(a.status == b.status);
  RC_ASSERT(std::abs(b.flux / factor - a.flux) <= close * a.flux_error);
  RC_ASSERT(std::abs(b.flux_error / (factor * a.flux_error) - 1) < 1e-3);
  RC_ASSERT(std::abs(b.chi2 / a.chi2 - 1) < 1e-6);
  RC_ASSERT(same_shape(a, b));
}

RC_GTEST_PROP(SersicFitProperty, TransposedAndTurnedCutoutsGiveTransposedAndTurnedFits, ()) {
  const Cutout cutout = noisy(any_source());
  Cutout exchanged = cutout, quarter = cutout;
  exchanged.flux = transposed(cutout.flux);
  quarter.flux = turned(cutout.flux);
  const SersicFit a = fit(cutout), b = fit(exchanged), c = fit(quarter);
  RC_ASSERT(same_shape(a, b));
  RC_ASSERT(same_shape(a, c));
  RC_ASSERT(std::abs(a.x - b.y) <= close * a.x_error);
  RC_ASSERT(std::abs(a.y - b.x) <= close * a.y_error);
  RC_ASSERT(std::abs(a.x - c.y) <= close * a.x_error);
  RC_ASSERT(std::abs(a.y + c.x) <= close * a.y_error);
  if (a.shape.axis_ratio < 0.9) {
    RC_ASSERT(std::abs(axis_difference(b.shape.angle_rad, pi / 2 - a.shape.angle_rad)) < 1e-2);
    RC_ASSERT(std::abs(axis_difference(c.shape.angle_rad, pi / 2 + a.shape.angle_rad)) < 1e-2);
  }
}

RC_GTEST_PROP(SersicFitProperty, AddingAPlaneChangesOnlyThePlane, ()) {
  const Cutout cutout = noisy(any_source());
  const double background = in_range(-5, 5), slope_x = in_range(-1, 1), slope_y = in_range(-1, 1);
  Cutout tilted = cutout;
  for (int i = 0; i < size * size; ++i)
    tilted.flux[i] += background + slope_x * (i % size - size / 2) + slope_y * (i / size - size / 2);
  const SersicFit a = fit(cutout), b = fit(tilted);
  RC_ASSERT(a.status == b.status);
  RC_ASSERT(same_shape(a, b));
  RC_ASSERT(std::abs(a.flux - b.flux) <= close * a.flux_error);
  RC_ASSERT(std::abs(a.chi2 - b.chi2) < 1e-4);
  RC_ASSERT(std::abs(b.background - a.background - background) < close * sigma);
  RC_ASSERT(std::abs(b.slope_x - a.slope_x - slope_x) < close * sigma);
  RC_ASSERT(std::abs(b.slope_y - a.slope_y - slope_y) < close * sigma);
}

}  // namespace
}  // namespace arcproof::photometry
