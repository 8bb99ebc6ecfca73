#include "engine/photometry/subtraction.h"

#include "engine/core/fft.h"
#include "engine/core/units.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <map>

namespace arcproof::photometry {
namespace {

constexpr std::array<int, 4> stamp_sides = {21, 43, 85, 171};
constexpr double faint_sigmas = 0.1;

// Models on squares of one side. The period is twice the side, so that light that wraps around has come further
// than the square's own diameter.
class Stamps {
 public:
  Stamps(const sky::Psf& psf, int side)
      : side_(side), period_(fast_fft_length(2 * side)), fft_(shared_fft(period_, period_)) {
    Array2D<double> image(period_, period_, 0.0);
    const int reach = std::min(psf.half_size(), period_ / 2 - 1), centre = psf.half_size();
    for (int y = -reach; y <= reach; ++y)
      for (int x = -reach; x <= reach; ++x)
        image((x + period_) % period_, (y + period_) % period_) = psf.image()(centre + x, centre + y);
    transform_ = fft_.forward(image);
  }

  int side() const { return side_; }

  // Unit flux, the centre (x0, y0) pixels from that of the middle pixel.
  Array2D<double> model(double x0, double y0, const Covariance& c) const {
    Array2D<std::complex<double>> spectrum = transform_;
    const double turn = 2 * units::pi / period_;
    for (int row = 0; row < period_; ++row) {
      const int v = row <= period_ / 2 ? row : row - period_;
      for (int u = 0; u < fft_.half_width(); ++u) {
        const double exponent = 0.5 * turn * turn * (c.xx * u * u + 2 * c.xy * u * v + c.yy * v * v);
        spectrum(u, row) *= std::polar(std::exp(-exponent), -turn * (u * x0 + v * y0));
      }
    }
    const Array2D<double> whole = fft_.inverse(std::move(spectrum));
    Array2D<double> stamp(side_, side_, 0.0);
    for (int j = 0; j < side_; ++j)
      for (int i = 0; i < side_; ++i)
        stamp(i, j) = whole((i - side_ / 2 + period_) % period_, (j - side_ / 2 + period_) % period_);
    return stamp;
  }

 private:
  int side_, period_;
  const Fft2D& fft_;
  Array2D<std::complex<double>> transform_;
};

double brightest_on_border(const Array2D<double>& stamp) {
  const int last = stamp.width() - 1;
  double most = 0;
  for (int i = 0; i <= last; ++i)
    most = std::max({most, stamp(i, 0), stamp(i, last), stamp(0, i), stamp(last, i)});
  return most;
}

class Subtraction {
 public:
  explicit Subtraction(const sky::Psf& psf) : psf_(psf) {}

  // Unit flux, large enough that `faint` (of a unit flux, a pixel) is not exceeded on the border.
  Array2D<double> model(double x0, double y0, const Covariance& shape, double faint) {
    for (const int side : stamp_sides) {
      Array2D<double> stamp = stamps(side).model(x0, y0, shape);
      if (side == stamp_sides.back() || brightest_on_border(stamp) <= faint) return stamp;
    }
    return {};
  }

 private:
  const Stamps& stamps(int side) { return stamps_.try_emplace(side, psf_, side).first->second; }
  const sky::Psf& psf_;
  std::map<int, Stamps> stamps_;
};

}  // namespace

Array2D<float> subtract_models(const Array2D<float>& image_njy, std::span<const ClumpPhotometry> clumps,
                               std::size_t reference, const sky::Psf& psf) {
  Array2D<float> residual = image_njy;
  Subtraction subtraction(psf);
  for (const ClumpPhotometry& clump : clumps) {
    const BandFluxes& band = clump.bands[reference];
    if (!clump.trusted || !(band.flux_njy > 0)) continue;
    const int cx = static_cast<int>(std::lround(clump.x)), cy = static_cast<int>(std::lround(clump.y));
    const Array2D<double> stamp = subtraction.model(clump.x - cx, clump.y - cy, clump.shape,
                                                    faint_sigmas * band.sky_sigma_njy / band.flux_njy);
    const int half = stamp.width() / 2;
    for (int j = 0; j < stamp.height(); ++j)
      for (int i = 0; i < stamp.width(); ++i)
        if (residual.contains(cx + i - half, cy + j - half))
          residual(cx + i - half, cy + j - half) -= static_cast<float>(band.flux_njy * stamp(i, j));
  }
  return residual;
}

}  // namespace arcproof::photometry
