// Steps, for lanes L (frequencies u, v = 0 .. L-1), cutout side n = 2h + 1:
//
//   1. S(u, +-v) = P(u, +-v) exp(-2 pi^2 k C k) exp(-2 pi i v y0 / N)                        vectors over u
//   2. T_j(u, +-y) = sum_v (2 pi i v / N)^j S(u, v) exp(2 pi i v y / N),  j = 0 .. 2          vectors over u
//      v and -v together: (S+ + S-) meets a cosine, (S+ - S-) a sine, and y and -y differ by a sign only.
//   3. M(+-x, y) = Re sum_u (2 pi i u / N)^m T_j(u, y) exp(2 pi i u (x - x0) / N)     vectors over (plane, y)
//
// About 6e4 floating-point operations for six 9 x 9 planes: 8e3 in step 1, 3.1e4 in step 2, 2.3e4 in step 3.
#include "engine/photometry/convolution/convolution_kernel.h"

#include "engine/core/units.h"
#include "engine/photometry/convolution/clones.h"

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

// cos and sin of 2 pi k x / N for the integer pixel positions: [x * max_lanes + k], and the same times the
// powers 1, w, -w^2 of w = 2 pi k / N. One table per period.
struct Trigonometry {
  static constexpr int size = (max_half + 1) * max_lanes;
  double cosine[size];
  double sine[size];
  double cosine_times[3][size];
  double sine_times[3][size];
  explicit Trigonometry(int lanes) {
    const int period = 2 * lanes - 1;
    for (int x = 0; x <= max_half; ++x)
      for (int k = 0; k < max_lanes; ++k) {
        const double angle = 2 * units::pi * ((k * x) % period) / period;
        const int at = x * max_lanes + k;
        cosine[at] = std::cos(angle);
        sine[at] = std::sin(angle);
        const double w = 2 * units::pi / period * k;
        for (int j = 0; j < 3; ++j) {
          const double factor = j == 0 ? 1.0 : j == 1 ? w : -w * w;
          cosine_times[j][at] = factor * cosine[at];
          sine_times[j][at] = factor * sine[at];
        }
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

// exp(-2 pi^2 k C k) at (u, +-v), row by row. The exponent is a u^2 + b v^2 +- c u v: the mixed factor grows
// from row to row by exp(+-c u), unless a factor could leave the range of numbers (Gaussians of many pixels).
template <int L>
class GaussianRows {
 public:
  ARCPROOF_INLINE GaussianRows(double cxx, double cxy, double cyy) : cxx_(cxx), cxy_(cxy), cyy_(cyy) {
    const double frequency = 1.0 / (2 * L - 1);
    scale_ = -2 * units::pi * units::pi * frequency * frequency;
    recurrent_ = -scale_ * (L - 1) * (L - 1) * (std::abs(cxx) + std::abs(cyy) + 2 * std::abs(cxy)) < 600;
    for (int k = 0; k < vectors; ++k) {
      for (int i = 0; i < width; ++i) u_[k][i] = k * width + i;
      exponential(scale_ * (cxx * u_[k] * u_[k]), along_u_[k]);
      Vec rows;
      exponential(scale_ * (cyy * u_[k] * u_[k]), rows);
      std::memcpy(&along_v_[k * width], &rows, sizeof rows);
      exponential((scale_ * 2 * cxy) * u_[k], step_plus_[k]);
      exponential((scale_ * 2 * -cxy) * u_[k], step_minus_[k]);
      plus_[k] = minus_[k] = Vec{} + 1.0;
    }
  }

  // Row v, which must be asked for in rising order.
  ARCPROOF_INLINE void row(int v, Vec (&plus)[L / width], Vec (&minus)[L / width]) {
    for (int k = 0; k < vectors; ++k) {
      if (recurrent_) {
        const Vec diagonal = along_u_[k] * along_v_[v];
        plus[k] = diagonal * plus_[k];
        minus[k] = diagonal * minus_[k];
        plus_[k] *= step_plus_[k];
        minus_[k] *= step_minus_[k];
      } else {
        const Vec diagonal = scale_ * (cxx_ * u_[k] * u_[k] + cyy_ * v * v);
        const Vec mixed = (scale_ * 2 * cxy_ * v) * u_[k];
        exponential(diagonal + mixed, plus[k]);
        exponential(diagonal - mixed, minus[k]);
      }
    }
  }

 private:
  static constexpr int vectors = L / width;
  double cxx_, cxy_, cyy_, scale_ = 0;
  bool recurrent_ = true;
  alignas(64) double along_v_[L];
  Vec u_[vectors], along_u_[vectors], step_plus_[vectors], step_minus_[vectors], plus_[vectors],
      minus_[vectors];
};

// Step 1.
template <int L>
ARCPROOF_INLINE void make_spectrum(const Request& q, Spectrum<L>& s) {
  constexpr int vectors = L / width;
  alignas(64) double phase_re[L], phase_im[L];
  powers(-2 * units::pi / (2 * L - 1) * q.y0, L, phase_re, phase_im);
  GaussianRows<L> gaussian(q.cxx, q.cxy, q.cyy);
  const auto* p = reinterpret_cast<const double(*)[L][L]>(q.psf);
  for (int v = 0; v < L; ++v) {
    Vec gauss_plus[vectors], gauss_minus[vectors];
    gaussian.row(v, gauss_plus, gauss_minus);
    for (int k = 0; k < vectors; ++k) {
      Vec re_plus, im_plus, re_minus, im_minus;
      std::memcpy(&re_plus, &p[0][v][k * width], sizeof re_plus);
      std::memcpy(&im_plus, &p[1][v][k * width], sizeof re_plus);
      std::memcpy(&re_minus, &p[2][v][k * width], sizeof re_plus);
      std::memcpy(&im_minus, &p[3][v][k * width], sizeof re_plus);
      // exp(-2 pi i v y0 / N) for +v, its conjugate for -v.
      const Vec a = gauss_plus[k] * (re_plus * phase_re[v] - im_plus * phase_im[v]);
      const Vec b = gauss_plus[k] * (re_plus * phase_im[v] + im_plus * phase_re[v]);
      const Vec c = gauss_minus[k] * (re_minus * phase_re[v] + im_minus * phase_im[v]);
      const Vec d = gauss_minus[k] * (im_minus * phase_re[v] - re_minus * phase_im[v]);
      const Vec sum_re = a + c, sum_im = b + d, diff_re = a - c, diff_im = b - d;
      std::memcpy(&s.sum_re[v][k * width], &sum_re, sizeof sum_re);
      std::memcpy(&s.sum_im[v][k * width], &sum_im, sizeof sum_re);
      std::memcpy(&s.diff_re[v][k * width], &diff_re, sizeof sum_re);
      std::memcpy(&s.diff_im[v][k * width], &diff_im, sizeof sum_re);
    }
  }
}

// Step 2 for one power j of (2 pi i v / N). With even j the sum meets the cosine, with odd j the difference
// does (i^j turns one into the other); `even` and `odd` are the two accumulations, T(+-y) = even +- odd.
template <int L>
ARCPROOF_INLINE void transform_rows(const Spectrum<L>& s, const Trigonometry& t, int half, int j,
                                    Rows<L>& rows) {
  constexpr int vectors = L / width;
  for (int y = 0; y <= half; ++y) {
    const double *cosine = t.cosine_times[j] + y * max_lanes, *sine = t.sine_times[j] + y * max_lanes;
    for (int k = 0; k < vectors; ++k) {
      Vec even_re{}, even_im{}, odd_re{}, odd_im{};
      for (int v = 0; v < L; ++v) {
        const double c = cosine[v], n = sine[v];
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

// Rows of eight vectors become columns.
ARCPROOF_INLINE void transpose(Vec (&r)[width]) {
  Vec t[width], u[width];
  for (int i = 0; i < width; i += 2) {
    t[i] = __builtin_shufflevector(r[i], r[i + 1], 0, 8, 2, 10, 4, 12, 6, 14);
    t[i + 1] = __builtin_shufflevector(r[i], r[i + 1], 1, 9, 3, 11, 5, 13, 7, 15);
  }
  for (const int i : {0, 1, 4, 5}) {
    u[i] = __builtin_shufflevector(t[i], t[i + 2], 0, 1, 8, 9, 4, 5, 12, 13);
    u[i + 2] = __builtin_shufflevector(t[i], t[i + 2], 2, 3, 10, 11, 6, 7, 14, 15);
  }
  for (int i = 0; i < 4; ++i) {
    r[i] = __builtin_shufflevector(u[i], u[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);
    r[i + 4] = __builtin_shufflevector(u[i], u[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
  }
}

// Slots are (plane, y), in vectors. For each column u the slots' complex numbers turned by exp(-2 pi i u x0 /
// N) and raised by (2 pi i u / N)^m: [u][slot].
template <int L>
struct Turned {
  int vectors;
  alignas(64) double re[L * max_slots];
  alignas(64) double im[L * max_slots];
};

template <int L>
ARCPROOF_INLINE void turn(const Request& q, const Rows<L>& rows, int plane_count, Turned<L>& out) {
  const int n = q.cutout, slots = plane_count * n;
  out.vectors = (slots + width - 1) / width;
  const double unit = 2 * units::pi / (2 * L - 1);
  alignas(64) double phase_re[L], phase_im[L], turn_re[3][L], turn_im[3][L];
  powers(-unit * q.x0, L, phase_re, phase_im);
  for (int m = 0; m < 3; ++m)
    for (int u = 0; u < L; ++u) {
      const double f = m == 0 ? 1.0 : m == 1 ? unit * u : -(unit * u) * (unit * u);
      turn_re[m][u] = m == 1 ? -(f * phase_im[u]) : f * phase_re[u];  // times i when m = 1
      turn_im[m][u] = m == 1 ? f * phase_re[u] : f * phase_im[u];
    }
  for (int g = 0; g < out.vectors; ++g)
    for (int k = 0; k < L / width; ++k) {
      Vec re[width], im[width];
      for (int i = 0; i < width; ++i) {
        const int slot = g * width + i;
        re[i] = im[i] = Vec{};
        if (slot >= slots) continue;
        const Plane plane = planes[slot / n];
        Vec a, b, c, d;
        std::memcpy(&a, &rows.re[plane.j][slot % n][k * width], sizeof a);
        std::memcpy(&b, &rows.im[plane.j][slot % n][k * width], sizeof a);
        std::memcpy(&c, &turn_re[plane.m][k * width], sizeof a);
        std::memcpy(&d, &turn_im[plane.m][k * width], sizeof a);
        re[i] = a * c - b * d;
        im[i] = a * d + b * c;
      }
      transpose(re);
      transpose(im);
      for (int i = 0; i < width; ++i) {
        const int at = ((k * width + i) * out.vectors + g) * width;
        std::memcpy(&out.re[at], &re[i], sizeof re[i]);
        std::memcpy(&out.im[at], &im[i], sizeof im[i]);
      }
    }
}

// Sums over u of one vector of slots against the cosines and sines of C pixel columns from x on.
template <int L, int C>
ARCPROOF_INLINE void sum_columns(const Turned<L>& in, const Trigonometry& t, int g, int x,
                                 double (*cosine_sum)[max_slots], double (*sine_sum)[max_slots]) {
  Vec c[C]{}, s[C]{};
  for (int u = 0; u < L; ++u) {
    Vec a, b;
    std::memcpy(&a, &in.re[(u * in.vectors + g) * width], sizeof a);
    std::memcpy(&b, &in.im[(u * in.vectors + g) * width], sizeof b);
    for (int i = 0; i < C; ++i) {
      c[i] += a * t.cosine[(x + i) * max_lanes + u];
      s[i] += b * t.sine[(x + i) * max_lanes + u];
    }
  }
  for (int i = 0; i < C; ++i) {
    std::memcpy(&cosine_sum[x + i][g * width], &c[i], sizeof c[i]);
    std::memcpy(&sine_sum[x + i][g * width], &s[i], sizeof s[i]);
  }
}

// Step 3.
template <int L>
ARCPROOF_INLINE void transform_columns(const Request& q, const Rows<L>& rows, const Trigonometry& t,
                                       int plane_count, double* out) {
  const int half = q.cutout / 2, n = q.cutout;
  Turned<L> turned;
  turn(q, rows, plane_count, turned);
  alignas(64) double cosine_sum[max_half + 1][max_slots], sine_sum[max_half + 1][max_slots];
  for (int g = 0; g < turned.vectors; ++g) {
    int x = 0;
    for (; x + 5 <= half + 1; x += 5) sum_columns<L, 5>(turned, t, g, x, cosine_sum, sine_sum);
    for (; x <= half; ++x) sum_columns<L, 1>(turned, t, g, x, cosine_sum, sine_sum);
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
