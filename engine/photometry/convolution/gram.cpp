#include "engine/photometry/convolution/gram.h"

#include "engine/photometry/convolution/clones.h"

#include <cstring>

namespace arcproof::photometry {
namespace {

using Vec = double __attribute__((vector_size(64)));

ARCPROOF_INLINE double dot(const double* a, const double* b, int length) {
  Vec sum{};
  for (int i = 0; i < length; i += 8) {
    Vec x, y;
    std::memcpy(&x, a + i, sizeof x);
    std::memcpy(&y, b + i, sizeof y);
    sum += x * y;
  }
  return ((sum[0] + sum[4]) + (sum[2] + sum[6])) + ((sum[1] + sum[5]) + (sum[3] + sum[7]));
}

}  // namespace

ARCPROOF_CLONES void gram_matrix(const double* const* columns, int count, int length, double* out) {
  for (int i = 0; i < count; ++i)
    for (int j = i; j < count; ++j)
      out[i * count + j] = out[j * count + i] = dot(columns[i], columns[j], length);
}

ARCPROOF_CLONES void inner_products(const double* const* columns, int count, const double* with, int length,
                                    double* out) {
  for (int i = 0; i < count; ++i) out[i] = dot(columns[i], with, length);
}

}  // namespace arcproof::photometry
