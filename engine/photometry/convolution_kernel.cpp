// Steps, for lanes L (frequencies u, v = 0 .. L-1), cutout side n = 2h + 1:
//
//   1. S(u, +-v) = P(u, +-v) exp(-2 pi^2 k C k) exp(-2 pi i v y0 / N)                        vectors over u
//   2. T_j(u, +-y) = sum_v (2 pi i v / N)^j S(u, v) exp(2 pi i v y / N),  j = 0 .. 2          vectors over u
//      v and -v together: (S+ + S-) meets a cosine, (S+ - S-) a sine, and y and -y differ by a sign only.
//   3. M(+-x, y) = Re sum_u (2 pi i u / N)^m T_j(u, y) exp(2 pi i u (x - x0) / N)             vectors over
//   (plane, y)
//
// About 5.5e4 floating-point operations for six 9 x 9 planes.
#include "engine/photometry/convolution_kernel.h"

#include "engine/core/units.h"
#include "engine/photometry/clones.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>

namespace arcproof::photometry::kernel {
namespace {

using Vec = double __attribute__((vector_size(64)));
using IntVec = std::int64_t __attribute__((vector_size(64)));

constexpr int width = 8;  // doubles in a Vec
constexpr int max_lanes = 32;
constexpr int max_half = 10;  // of a cutout of 21
constexpr int max_rows = 2 * max_half + 1;
constexpr int max_slots = (6 * max_rows + width - 1) / width * width;

// exp(x) to 2 ulp for -700 <= x <= 700: 2^k times a Taylor series on |r| <= ln2 / 2.
ARCPROOF_INLINE void exponential(const Vec& in, Vec& out) {
  constexpr double shifter = 6755399441055744.0;  // 1.5 * 2^52: rounds to an integer, kept in the low bits
  const Vec low = Vec{} - 700.0, high = Vec{} + 700.0;
  Vec x = in < low ? low : in;
  x = x > high ? high : x;
  const Vec shifted = x * 1.4426950408889634 + shifter;
  const Vec k = shifted - shifter;
  const Vec r = (x - k * 0x1.62e42fefa39efp-1) - k * 0x1.abc9e3b39803fp-56;
  Vec p = Vec{} + 1.0 / 479001600;
  for (const double c : {1.0 / 39916800, 1.0 / 3628800, 1.0 / 362880, 1.0 / 40320, 1.0 / 5040, 1.0 / 720,
                         1.0 / 120, 1.0 / 24, 1.0 / 6, 0.5, 1.0, 1.0})
    p = p * r + c;
  IntVec bits;
  std::memcpy(&bits, &shifted, sizeof bits);
  bits = (bits << 52);
  IntVec result;
  std::memcpy(&result, &p, sizeof result);
  result += bits;  // adds k to the exponent
  std::memcpy(&out, &result, sizeof out);
}

// Powers exp(i angle k), k = 0 .. count-1, by repeated squaring of the recurrence (errors stay below count
// ulp).
ARCPROOF_INLINE void powers(double angle, int count, double* re, double* im) {
  const double c = std::cos(angle), s = std::sin(angle);
  re[0] = 1;
  im[0] = 0;
  for (int k = 1; k < count; ++k) {
    re[k] = re[k - 1] * c - im[k - 1] * s;
    im[k] = re[k - 1] * s + im[k - 1] * c;
  }
}

// cos and sin of 2 pi k x / N for the integer pixel positions: [x * max_lanes + k]. One table per period.
struct Trigonometry {
  double cosine[(max_half + 1) * max_lanes];
  double sine[(max_half + 1) * max_lanes];
  explicit Trigonometry(int lanes) {
    const int period = 2 * lanes - 1;
    for (int x = 0; x <= max_half; ++x)
      for (int k = 0; k < max_lanes; ++k) {
        const double angle = 2 * units::pi * ((k * x) % period) / period;
        cosine[x * max_lanes + k] = std::cos(angle);
        sine[x * max_lanes + k] = std::sin(angle);
      }
  }
};

const Trigonometry& trigonometry(int lanes) {
  static const Trigonometry table16(16), table24(24), table32(32);
  return lanes == 16 ? table16 : lanes == 24 ? table24 : table32;
}

// T_j(u, y): re and im, [j][y + h][u].
template <int L>
struct Rows {
  alignas(64) double re[3][max_rows][L];
  alignas(64) double im[3][max_rows][L];
};

template <int L>
struct Spectrum {
  alignas(64) double sum_re[L][L], sum_im[L][L];    // S(u, v) + S(u, -v)
  alignas(64) double diff_re[L][L], diff_im[L][L];  // S(u, v) - S(u, -v)
};

// Step 1.
template <int L>
ARCPROOF_INLINE void make_spectrum(const Request& q, Spectrum<L>& s) {
  constexpr int vectors = L / width;
  const double frequency = 1.0 / (2 * L - 1);
  const double scale = -2 * units::pi * units::pi * frequency * frequency;
  alignas(64) double u[L], phase_re[L], phase_im[L];
  for (int k = 0; k < L; ++k) u[k] = k;
  powers(-2 * units::pi * frequency * q.y0, L, phase_re, phase_im);
  const auto* p = reinterpret_cast<const double(*)[L][L]>(q.psf);
  for (int v = 0; v < L; ++v) {
    for (int k = 0; k < vectors; ++k) {
      Vec uu, re_plus, im_plus, re_minus, im_minus, gauss_plus, gauss_minus;
      std::memcpy(&uu, u + k * width, sizeof uu);
      const Vec diagonal = scale * (q.cxx * uu * uu + q.cyy * v * v);
      const Vec mixed = (scale * 2 * q.cxy * v) * uu;
      exponential(diagonal + mixed, gauss_plus);
      exponential(diagonal - mixed, gauss_minus);
      std::memcpy(&re_plus, &p[0][v][k * width], sizeof uu);
      std::memcpy(&im_plus, &p[1][v][k * width], sizeof uu);
      std::memcpy(&re_minus, &p[2][v][k * width], sizeof uu);
      std::memcpy(&im_minus, &p[3][v][k * width], sizeof uu);
      // exp(-2 pi i v y0 / N) for +v, its conjugate for -v.
      const Vec a = gauss_plus * (re_plus * phase_re[v] - im_plus * phase_im[v]);
      const Vec b = gauss_plus * (re_plus * phase_im[v] + im_plus * phase_re[v]);
      const Vec c = gauss_minus * (re_minus * phase_re[v] + im_minus * phase_im[v]);
      const Vec d = gauss_minus * (im_minus * phase_re[v] - re_minus * phase_im[v]);
      const Vec sum_re = a + c, sum_im = b + d, diff_re = a - c, diff_im = b - d;
      std::memcpy(&s.sum_re[v][k * width], &sum_re, sizeof uu);
      std::memcpy(&s.sum_im[v][k * width], &sum_im, sizeof uu);
      std::memcpy(&s.diff_re[v][k * width], &diff_re, sizeof uu);
      std::memcpy(&s.diff_im[v][k * width], &diff_im, sizeof uu);
    }
  }
}

// Step 2 for one power j of (2 pi i v / N). With even j the sum meets the cosine, with odd j the difference
// does (i^j turns one into the other); `even` and `odd` are the two accumulations, T(+-y) = even +- odd.
template <int L>
ARCPROOF_INLINE void transform_rows(const Spectrum<L>& s, const Trigonometry& t, int half, int j,
                                    Rows<L>& rows) {
  constexpr int vectors = L / width;
  const double unit = 2 * units::pi / (2 * L - 1);
  for (int y = 0; y <= half; ++y) {
    for (int k = 0; k < vectors; ++k) {
      Vec even_re{}, even_im{}, odd_re{}, odd_im{};
      for (int v = 0; v < L; ++v) {
        const double factor = j == 0 ? 1.0 : j == 1 ? unit * v : -(unit * v) * (unit * v);
        const double c = factor * t.cosine[y * max_lanes + v], n = factor * t.sine[y * max_lanes + v];
        Vec a, b, d, e;
        std::memcpy(&a, &s.sum_re[v][k * width], sizeof a);
        std::memcpy(&b, &s.sum_im[v][k * width], sizeof a);
        std::memcpy(&d, &s.diff_re[v][k * width], sizeof a);
        std::memcpy(&e, &s.diff_im[v][k * width], sizeof a);
        if (j == 1) {  // i f [ (S+ - S-) cos + i (S+ + S-) sin ]
          even_re -= e * c;
          even_im += d * c;
          odd_re -= a * n;
          odd_im -= b * n;
        } else {  // f [ (S+ + S-) cos + i (S+ - S-) sin ]
          even_re += a * c;
          even_im += b * c;
          odd_re -= e * n;
          odd_im += d * n;
        }
      }
      const Vec up_re = even_re + odd_re, up_im = even_im + odd_im;
      const Vec down_re = even_re - odd_re, down_im = even_im - odd_im;
      std::memcpy(&rows.re[j][half + y][k * width], &up_re, sizeof up_re);
      std::memcpy(&rows.im[j][half + y][k * width], &up_im, sizeof up_re);
      std::memcpy(&rows.re[j][half - y][k * width], &down_re, sizeof up_re);
      std::memcpy(&rows.im[j][half - y][k * width], &down_im, sizeof up_re);
    }
  }
}

// Planes of the output: which T_j, times which power m of (2 pi i u / N).
struct Plane {
  int j, m;
};
constexpr Plane planes[6] = {{0, 0}, {0, 1}, {1, 0}, {0, 2}, {1, 1}, {2, 0}};

// Step 3. Slots are (plane, y); for each column u the slots' complex numbers are turned by exp(-2 pi i u x0 /
// N), raised by (2 pi i u / N)^m, and summed against cos and sin of the pixel columns.
template <int L>
ARCPROOF_INLINE void transform_columns(const Request& q, const Rows<L>& rows, const Trigonometry& t,
                                       int plane_count, double* out) {
  const int half = q.cutout / 2, n = q.cutout;
  const int slots = plane_count * n;
  const int vectors = (slots + width - 1) / width;
  alignas(64) double re[max_slots], im[max_slots], phase_re[L], phase_im[L];
  alignas(64) double cosine_sum[max_half + 1][max_slots], sine_sum[max_half + 1][max_slots];
  for (int x = 0; x <= half; ++x) {
    std::fill(cosine_sum[x], cosine_sum[x] + vectors * width, 0.0);
    std::fill(sine_sum[x], sine_sum[x] + vectors * width, 0.0);
  }
  std::fill(re + slots, re + vectors * width, 0.0);
  std::fill(im + slots, im + vectors * width, 0.0);
  const double unit = 2 * units::pi / (2 * L - 1);
  powers(-unit * q.x0, L, phase_re, phase_im);
  for (int u = 0; u < L; ++u) {
    for (int p = 0; p < plane_count; ++p) {
      const double f = planes[p].m == 0 ? 1.0 : planes[p].m == 1 ? unit * u : -(unit * u) * (unit * u);
      const double pr = f * phase_re[u], pi = f * phase_im[u];
      const double cr = planes[p].m == 1 ? -pi : pr, ci = planes[p].m == 1 ? pr : pi;  // times i when m = 1
      for (int y = 0; y < n; ++y) {
        const double a = rows.re[planes[p].j][y][u], b = rows.im[planes[p].j][y][u];
        re[p * n + y] = a * cr - b * ci;
        im[p * n + y] = a * ci + b * cr;
      }
    }
    for (int k = 0; k < vectors; ++k) {
      Vec a, b;
      std::memcpy(&a, re + k * width, sizeof a);
      std::memcpy(&b, im + k * width, sizeof b);
      for (int x = 0; x <= half; ++x) {
        Vec c, s;
        std::memcpy(&c, &cosine_sum[x][k * width], sizeof c);
        std::memcpy(&s, &sine_sum[x][k * width], sizeof s);
        c += a * t.cosine[x * max_lanes + u];
        s += b * t.sine[x * max_lanes + u];
        std::memcpy(&cosine_sum[x][k * width], &c, sizeof c);
        std::memcpy(&sine_sum[x][k * width], &s, sizeof s);
      }
    }
  }
  for (int p = 0; p < plane_count; ++p)
    for (int y = 0; y < n; ++y)
      for (int x = 0; x <= half; ++x) {
        const double c = cosine_sum[x][p * n + y], s = sine_sum[x][p * n + y];
        double* row = out + static_cast<std::size_t>(p) * q.stride + y * n;
        row[half + x] = c - s;
        row[half - x] = c + s;
      }
}

template <int L>
ARCPROOF_INLINE void convolve_lanes(const Request& q, double* out) {
  Spectrum<L> spectrum;
  Rows<L> rows;
  const Trigonometry& t = trigonometry(L);
  make_spectrum(q, spectrum);
  for (int j = 0; j <= q.order; ++j) transform_rows(spectrum, t, q.cutout / 2, j, rows);
  transform_columns(q, rows, t, q.order == 0 ? 1 : q.order == 1 ? 3 : 6, out);
}

}  // namespace

ARCPROOF_CLONES void convolve(const Request& request, double* out) {
  if (request.lanes == 16) convolve_lanes<16>(request, out);
  else if (request.lanes == 24) convolve_lanes<24>(request, out);
  else convolve_lanes<32>(request, out);
}

}  // namespace arcproof::photometry::kernel
