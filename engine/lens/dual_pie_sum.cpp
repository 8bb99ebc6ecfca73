// The hot path: potentials outside, blocks of positions inside, so that the constants of a potential stay in
// registers and the sums of a block in the first cache.
#include "engine/lens/dual_pie.h"
#include "engine/lens/dual_pie_kernel.h"

#include <algorithm>
#include <array>

// Where the compiler can, the loops are made once for each width of the machine's vectors and chosen when the
// program starts. All widths give the same bits: no sum is reordered and no product fused (see the flags of
// the build).
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && defined(__OPTIMIZE__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define ARCPROOF_EVERY_VECTOR_WIDTH __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define ARCPROOF_EVERY_VECTOR_WIDTH
#endif

namespace arcproof::lens {
namespace {

constexpr int block_size = 128;

/// Positions of a block and what has been summed there.
struct Block {
  std::array<double, block_size> x, y, ax, ay, xx, xy, yy;
};

template <bool deflection, bool hessian, bool circular>
[[gnu::always_inline]] inline void add(const kernel::Constants& p, Block& block, int count) {
  for (int i = 0; i < count; ++i) {
    const kernel::Field field =
        circular ? kernel::circular_field<deflection, hessian>(p, block.x[i], block.y[i])
                 : kernel::elliptical_field<deflection, hessian>(p, block.x[i], block.y[i]);
    if constexpr (deflection) {
      block.ax[i] += field.ax;
      block.ay[i] += field.ay;
    }
    if constexpr (hessian) {
      block.xx[i] += field.xx;
      block.xy[i] += field.xy;
      block.yy[i] += field.yy;
    }
  }
}

template <bool deflection, bool hessian>
[[gnu::always_inline]] inline void add_all(std::span<const kernel::Constants> potentials, Block& block,
                                           int count) {
  for (const kernel::Constants& p : potentials) {
    if (p.circular) add<deflection, hessian, true>(p, block, count);
    else add<deflection, hessian, false>(p, block, count);
  }
}

ARCPROOF_EVERY_VECTOR_WIDTH
void add_deflection(std::span<const kernel::Constants> potentials, Block& block, int count) {
  add_all<true, false>(potentials, block, count);
}

ARCPROOF_EVERY_VECTOR_WIDTH
void add_hessian(std::span<const kernel::Constants> potentials, Block& block, int count) {
  add_all<false, true>(potentials, block, count);
}

ARCPROOF_EVERY_VECTOR_WIDTH
void add_both(std::span<const kernel::Constants> potentials, Block& block, int count) {
  add_all<true, true>(potentials, block, count);
}

}  // namespace

DualPieSum::DualPieSum(std::span<const DualPie> potentials) {
  constants_.reserve(potentials.size());
  for (const DualPie& potential : potentials) constants_.push_back(constants_of(potential));
}

void DualPieSum::evaluate(std::span<const Vector2> theta, Vector2* deflection, Hessian* hessian) const {
  if (!deflection && !hessian) return;
  Block block;
  for (std::size_t first = 0; first < theta.size(); first += block_size) {
    const int count = static_cast<int>(std::min<std::size_t>(block_size, theta.size() - first));
    for (int i = 0; i < count; ++i) {
      block.x[i] = theta[first + i].x;
      block.y[i] = theta[first + i].y;
      block.ax[i] = block.ay[i] = block.xx[i] = block.xy[i] = block.yy[i] = 0;
    }
    const auto add = deflection && hessian ? add_both : deflection ? add_deflection : add_hessian;
    add(constants_, block, count);
    for (int i = 0; i < count; ++i) {
      if (deflection) deflection[first + i] = {block.ax[i], block.ay[i]};
      if (hessian) hessian[first + i] = {block.xx[i], block.xy[i], block.yy[i]};
    }
  }
}

}  // namespace arcproof::lens
