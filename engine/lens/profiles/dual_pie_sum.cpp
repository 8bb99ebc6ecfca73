// The hot path: potentials outside, blocks of positions inside, so that the constants of a potential stay in
// registers and the sums of a block in the first cache.
#include "engine/lens/profiles/dual_pie_sum.h"

#include "engine/core/vector_width.h"
#include "engine/lens/profiles/dual_pie_kernel.h"

#include <algorithm>
#include <array>

namespace arcproof::lens {
namespace {

constexpr int block_size = 128;

using Numbers = std::array<double, block_size>;

/// Positions of a block and what has been summed there.
struct SumBlock {
  alignas(64) Numbers x, y, ax, ay, kappa, gamma1, gamma2;
};

/// What one step of the calculation leaves to the next. In steps, because the processor looks ahead by some
/// 200 instructions only: a loop over the whole chain of roots, quotients and series leaves it waiting.
struct Steps {
  alignas(64) Numbers u, v, core_w, cut_w, a, b, numerator, denominator;
  kernel::AxesPosition position(int i) const { return {u[i], v[i], core_w[i], cut_w[i]}; }
};

[[gnu::always_inline]] inline void go_to_axes(const kernel::Constants& k, const SumBlock& block, Steps& steps,
                                              int count) {
  for (int i = 0; i < count; ++i) {
    const kernel::AxesPosition p = kernel::along_axes(k, block.x[i], block.y[i]);
    steps.u[i] = p.u;
    steps.v[i] = p.v;
    steps.core_w[i] = p.core_w;
    steps.cut_w[i] = p.cut_w;
  }
}

[[gnu::always_inline]] inline void add_elliptical_deflection(const kernel::Constants& k, Steps& steps,
                                                             SumBlock& block, int count) {
  for (int i = 0; i < count; ++i) {
    const kernel::DeflectionArguments arguments = kernel::deflection_arguments(k, steps.position(i));
    steps.a[i] = arguments.a;
    steps.b[i] = arguments.b;
    steps.numerator[i] = arguments.y;
    steps.denominator[i] = arguments.x;
  }
  for (int i = 0; i < count; ++i) {
    const Vector2 alpha = kernel::deflection_of(
        k, steps.u[i], steps.v[i], {steps.a[i], steps.b[i], steps.numerator[i], steps.denominator[i]});
    block.ax[i] += alpha.x;
    block.ay[i] += alpha.y;
  }
}

[[gnu::always_inline]] inline void add_shear(const kernel::Shear& shear, SumBlock& block, int i) {
  block.kappa[i] += shear.kappa;
  block.gamma1[i] += shear.gamma1;
  block.gamma2[i] += shear.gamma2;
}

template <bool deflection, bool hessian>
[[gnu::always_inline]] inline void add_elliptical(const kernel::Constants& potential, SumBlock& block,
                                                  int count) {
  const kernel::Constants k = potential;  // a copy: nothing that is written can be part of it
  Steps steps;
  go_to_axes(k, block, steps, count);
  if constexpr (deflection) add_elliptical_deflection(k, steps, block, count);
  if constexpr (hessian)
    for (int i = 0; i < count; ++i) add_shear(kernel::shear_of(k, steps.position(i)), block, i);
}

template <bool deflection, bool hessian>
[[gnu::always_inline]] inline void add_circular(const kernel::Constants& k, SumBlock& block, int count) {
  for (int i = 0; i < count; ++i) {
    const kernel::CircularField field = kernel::circular_field(k, block.x[i], block.y[i]);
    if constexpr (deflection) {
      block.ax[i] += field.deflection.x;
      block.ay[i] += field.deflection.y;
    }
    if constexpr (hessian) add_shear(field.shear, block, i);
  }
}

template <bool deflection, bool hessian>
[[gnu::always_inline]] inline void add_all(std::span<const kernel::Constants> potentials, SumBlock& block,
                                           int count) {
  for (const kernel::Constants& p : potentials) {
    if (p.circular) add_circular<deflection, hessian>(p, block, count);
    else add_elliptical<deflection, hessian>(p, block, count);
  }
}

ARCPROOF_EVERY_VECTOR_WIDTH
void add_deflection(std::span<const kernel::Constants> potentials, SumBlock& block, int count) {
  add_all<true, false>(potentials, block, count);
}

ARCPROOF_EVERY_VECTOR_WIDTH
void add_hessian(std::span<const kernel::Constants> potentials, SumBlock& block, int count) {
  add_all<false, true>(potentials, block, count);
}

ARCPROOF_EVERY_VECTOR_WIDTH
void add_both(std::span<const kernel::Constants> potentials, SumBlock& block, int count) {
  add_all<true, true>(potentials, block, count);
}

}  // namespace

DualPieSum::DualPieSum(std::span<const DualPie> potentials) {
  constants_.reserve(potentials.size());
  for (const DualPie& potential : potentials) constants_.push_back(constants_of(potential));
}

void evaluate(std::span<const DualPieSum::Constants> potentials, std::span<const Vector2> theta,
              Vector2* deflection, Hessian* hessian) {
  if (!deflection && !hessian) return;
  SumBlock block;
  for (std::size_t first = 0; first < theta.size(); first += block_size) {
    const int count = static_cast<int>(std::min<std::size_t>(block_size, theta.size() - first));
    for (int i = 0; i < count; ++i) {
      block.x[i] = theta[first + i].x;
      block.y[i] = theta[first + i].y;
      block.ax[i] = block.ay[i] = block.kappa[i] = block.gamma1[i] = block.gamma2[i] = 0;
    }
    const auto add = deflection && hessian ? add_both : deflection ? add_deflection : add_hessian;
    add(potentials, block, count);
    for (int i = 0; i < count; ++i) {
      if (deflection) deflection[first + i] = {block.ax[i], block.ay[i]};
      if (hessian)
        hessian[first + i] = {block.kappa[i] + block.gamma1[i], block.gamma2[i],
                              block.kappa[i] - block.gamma1[i]};
    }
  }
}

void DualPieSum::evaluate(std::span<const Vector2> theta, Vector2* deflection, Hessian* hessian) const {
  lens::evaluate(constants_, theta, deflection, hessian);
}

}  // namespace arcproof::lens
