#include "mocks/render.h"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "engine/core/fft.h"
#include "engine/core/units.h"

namespace arcproof::mocks {
namespace {

using std::complex;

struct Matrix2 {
  double xx, xy, yx, yy;
};

Matrix2 product(const Matrix2& a, const Matrix2& b) {
  return {a.xx * b.xx + a.xy * b.yx, a.xx * b.xy + a.xy * b.yy, a.yx * b.xx + a.yy * b.yx, a.yx * b.xy + a.yy * b.yy};
}

Matrix2 transposed(const Matrix2& m) { return {m.xx, m.yx, m.xy, m.yy}; }

Matrix2 source_covariance(const SourceProfile& s) {
  const double c = std::cos(s.angle_rad), n = std::sin(s.angle_rad);
  const double a = s.sigma_major_arcsec * s.sigma_major_arcsec, b = s.sigma_minor_arcsec * s.sigma_minor_arcsec;
  return {a * c * c + b * n * n, (a - b) * c * n, (a - b) * c * n, a * n * n + b * c * c};
}

// d beta / d pixel at a position: A = (1 - d H) times the frame's matrix.
Matrix2 pixel_jacobian(lens::Vector2 theta, const lens::LensMap& map, double efficiency,
                       const lens::ImageFrame::Linear& linear) {
  const lens::Hessian h = map.hessian(theta);
  const Matrix2 a{1 - efficiency * h.xx, -efficiency * h.xy, -efficiency * h.xy, 1 - efficiency * h.yy};
  return product(a, {linear.xx, linear.xy, linear.yx, linear.yy});
}

// The inverse, with |det| kept away from zero: on a critical line the linear map says "infinitely long".
Matrix2 bounded_inverse(const Matrix2& m) {
  double det = m.xx * m.yy - m.xy * m.yx;
  const double least = 1e-3 * std::max(1e-300, 0.5 * (m.xx * m.xx + m.xy * m.xy + m.yx * m.yx + m.yy * m.yy));
  if (std::abs(det) < least) det = det < 0 ? -least : least;
  return {m.yy / det, -m.xy / det, -m.yx / det, m.xx / det};
}

struct LensedWidth {
  double sigma_x, sigma_y, narrowest;   // [pixel]
};

// Standard deviations of the lensed source along the pixel axes and along its own minor axis, from the local linear map.
LensedWidth lensed_width(const SourceProfile& source, lens::Vector2 theta, const lens::LensMap& map, double efficiency,
                         const lens::ImageFrame& frame) {
  const auto linear = frame.linear_at(frame.to_pixel(theta));
  const Matrix2 inverse = bounded_inverse(pixel_jacobian(theta, map, efficiency, linear));
  const Matrix2 c = product(product(inverse, source_covariance(source)), transposed(inverse));
  const double mean = 0.5 * (c.xx + c.yy);
  const double radius = std::hypot(0.5 * (c.xx - c.yy), c.xy);
  // det(C) / larger eigenvalue: the difference of eigenvalues loses all digits for long arcs.
  const double det = c.xx * c.yy - c.xy * c.yx;
  return {std::sqrt(c.xx), std::sqrt(c.yy), std::sqrt(std::max(det / (mean + radius), 1e-12))};
}

bool overlap(const Box& a, const Box& b) {
  return a.x_low <= b.x_high && b.x_low <= a.x_high && a.y_low <= b.y_high && b.y_low <= a.y_high;
}

void absorb(Box& into, const Box& other) {
  into.x_low = std::min(into.x_low, other.x_low);
  into.x_high = std::max(into.x_high, other.x_high);
  into.y_low = std::min(into.y_low, other.y_low);
  into.y_high = std::max(into.y_high, other.y_high);
  into.step = std::min(into.step, other.step);
  into.images.insert(into.images.end(), other.images.begin(), other.images.end());
}

void merge_overlapping(std::vector<Box>& boxes) {
  for (bool merged = true; merged;) {
    merged = false;
    for (std::size_t i = 0; i < boxes.size() && !merged; ++i)
      for (std::size_t j = i + 1; j < boxes.size() && !merged; ++j) {
        if (!overlap(boxes[i], boxes[j])) continue;
        absorb(boxes[i], boxes[j]);
        boxes.erase(boxes.begin() + static_cast<std::ptrdiff_t>(j));
        merged = true;
      }
  }
}

// Without the test for infinities that std::complex's own product makes.
complex<double> times(complex<double> a, complex<double> b) {
  return {a.real() * b.real() - a.imag() * b.imag(), a.real() * b.imag() + a.imag() * b.real()};
}

// Few lengths, so that few transforms of the PSFs have to be kept.
int transform_length(int n) {
  for (const int length : {96, 128, 192, 240, 256, 288, 320, 384, 432, 512, 640, 768, 1024, 1280, 1536, 2048})
    if (length >= n) return length;
  return fast_fft_length(n);
}

// exp(-2 pi i k position / period) for k = 0 .. count-1.
std::vector<complex<double>> phases(double position, int period, int count) {
  std::vector<complex<double>> result(count);
  for (int k = 0; k < count; ++k) {
    const int signed_k = k <= period / 2 ? k : k - period;
    result[k] = std::polar(1.0, -2 * units::pi * signed_k * position / period);
  }
  return result;
}

// Fourier transform of samples at arbitrary (regular) positions, on the half plane of a width x height pixel grid. The row and
// column at the Nyquist frequency are left at zero: a real band-limited image has nothing definite there.
Array2D<complex<double>> spectrum_of(const LensedSamples& s, double x_origin, double y_origin, int width, int height) {
  const int half = width / 2 + 1, nx = s.flux.width(), ny = s.flux.height();
  std::vector<complex<double>> x_phase(static_cast<std::size_t>(nx) * half);
  for (int i = 0; i < nx; ++i) {
    const auto p = phases(s.x0 + i * s.step - x_origin, width, half);
    std::copy(p.begin(), p.end(), x_phase.begin() + static_cast<std::ptrdiff_t>(i) * half);
  }
  Array2D<complex<double>> result(half, height);
  std::vector<complex<double>> row(half);
  for (int j = 0; j < ny; ++j) {
    std::fill(row.begin(), row.end(), 0.0);
    for (int i = 0; i < nx; ++i) {
      const double flux = s.flux(i, j);
      if (flux == 0) continue;
      const complex<double>* phase = &x_phase[static_cast<std::size_t>(i) * half];
      for (int u = 0; u < half; ++u) row[u] += flux * phase[u];
    }
    const auto y_phase = phases(s.y0 + j * s.step - y_origin, height, height);
    for (int v = 0; v < height; ++v) {
      const double re = y_phase[v].real(), im = y_phase[v].imag();
      complex<double>* out = result.row(v);
      for (int u = 0; u < half; ++u)
        out[u] += complex<double>(row[u].real() * re - row[u].imag() * im, row[u].real() * im + row[u].imag() * re);
    }
  }
  for (int v = 0; v < height; ++v) result(half - 1, v) = 0;
  for (int u = 0; u < half; ++u) result(u, height / 2) = 0;
  return result;
}

}  // namespace

double SourceProfile::brightness(lens::Vector2 beta) const {
  constexpr double negligible = 18;   // exponent: 6 sigma
  const double c = std::cos(angle_rad), n = std::sin(angle_rad);
  const double dx = beta.x - centre_arcsec.x, dy = beta.y - centre_arcsec.y;
  const double u = (dx * c + dy * n) / sigma_major_arcsec, v = (dy * c - dx * n) / sigma_minor_arcsec;
  const double exponent = 0.5 * (u * u + v * v);
  if (exponent > negligible) return 0;
  return std::exp(-exponent) / (2 * units::pi * sigma_major_arcsec * sigma_minor_arcsec);
}

double LensedSamples::total() const {
  double sum = 0;
  for (const double v : flux) sum += v;
  return sum;
}

std::vector<Box> boxes_of_images(const SourceProfile& source, const std::vector<lens::Image>& images,
                                 const lens::LensMap& map, double efficiency, const lens::ImageFrame& frame,
                                 const RenderOptions& options) {
  std::vector<Box> boxes;
  for (std::size_t k = 0; k < images.size(); ++k) {
    const LensedWidth width = lensed_width(source, images[k].position_arcsec, map, efficiency, frame);
    const sky::PixelPosition at = frame.to_pixel(images[k].position_arcsec);
    const double reach_x = options.reach_sigma * width.sigma_x, reach_y = options.reach_sigma * width.sigma_y;
    double step = std::min(options.largest_step_pix, width.narrowest / options.samples_per_sigma);
    step = std::max(step, 2 * std::max(reach_x, reach_y) / options.max_side);
    step = std::min(step, options.largest_step_pix);
    boxes.push_back({at.x - reach_x, at.x + reach_x, at.y - reach_y, at.y + reach_y, {k}, step});
  }
  merge_overlapping(boxes);
  for (Box& box : boxes) {
    const double side = std::max(box.x_high - box.x_low, box.y_high - box.y_low);
    box.step = std::min(options.largest_step_pix, std::max(box.step, side / options.max_side));
  }
  return boxes;
}

LensedSamples shoot(const SourceProfile& source, const Box& box, const lens::LensMap& map, double efficiency,
                    const lens::ImageFrame& frame) {
  LensedSamples samples;
  samples.step = box.step;
  const int nx = std::max(1, static_cast<int>(std::ceil((box.x_high - box.x_low) / box.step)));
  const int ny = std::max(1, static_cast<int>(std::ceil((box.y_high - box.y_low) / box.step)));
  const sky::PixelPosition centre{0.5 * (box.x_low + box.x_high), 0.5 * (box.y_low + box.y_high)};
  samples.x0 = centre.x - 0.5 * (nx - 1) * box.step;
  samples.y0 = centre.y - 0.5 * (ny - 1) * box.step;
  samples.flux = Array2D<double>(nx, ny);
  const auto linear = frame.linear_at(centre);
  const double area = std::abs(linear.xx * linear.yy - linear.xy * linear.yx) * box.step * box.step;   // [arcsec^2]
  for (int j = 0; j < ny; ++j)
    for (int i = 0; i < nx; ++i) {
      const lens::Vector2 theta = linear.to_lens({samples.x0 + i * box.step, samples.y0 + j * box.step});
      if (!map.covers(theta)) continue;
      samples.flux(i, j) = area * source.brightness(map.source_position(theta, efficiency));
    }
  return samples;
}

Convolver::Convolver(std::vector<std::shared_ptr<const sky::Psf>> psfs) : psfs_(std::move(psfs)) {}

const Convolver::Spectrum& Convolver::psf_spectrum(std::size_t band, int width, int height) const {
  const std::scoped_lock lock(mutex_);
  auto& spectrum = spectra_[{band, width, height}];
  if (!spectrum) {
    const sky::Psf& psf = *psfs_[band];
    const int half = std::min({psf.half_size(), (width - 1) / 2, (height - 1) / 2});
    Array2D<double> image(width, height);
    for (int y = -half; y <= half; ++y)
      for (int x = -half; x <= half; ++x)
        image((x + width) % width, (y + height) % height) = psf.image()(psf.half_size() + x, psf.half_size() + y);
    spectrum = std::make_unique<Spectrum>(shared_fft(width, height).forward(image));
  }
  return *spectrum;
}

std::vector<Patch> Convolver::convolve(const LensedSamples& samples) const {
  int half_psf = 0;
  for (const auto& psf : psfs_) half_psf = std::max(half_psf, psf->half_size());
  const double x_high = samples.x0 + (samples.flux.width() - 1) * samples.step;
  const double y_high = samples.y0 + (samples.flux.height() - 1) * samples.step;
  const int x_low = static_cast<int>(std::floor(samples.x0)) - half_psf, y_low = static_cast<int>(std::floor(samples.y0)) - half_psf;
  const int width = transform_length(static_cast<int>(std::ceil(x_high)) + half_psf + 1 - x_low);
  const int height = transform_length(static_cast<int>(std::ceil(y_high)) + half_psf + 1 - y_low);
  const Spectrum source = spectrum_of(samples, x_low, y_low, width, height);
  std::vector<Patch> patches;
  for (std::size_t band = 0; band < psfs_.size(); ++band) {
    const Spectrum& psf = psf_spectrum(band, width, height);
    Spectrum product(source.width(), source.height());
    std::transform(source.begin(), source.end(), psf.begin(), product.begin(), times);
    patches.push_back({x_low, y_low, shared_fft(width, height).inverse(std::move(product))});
  }
  return patches;
}

Array2D<double> Convolver::convolve_image(const Array2D<double>& image, std::size_t band) const {
  const int margin = psfs_[band]->half_size();
  const int width = fast_fft_length(image.width() + margin), height = fast_fft_length(image.height() + margin);
  Array2D<double> padded(width, height);
  for (int y = 0; y < image.height(); ++y) std::copy(image.row(y), image.row(y) + image.width(), padded.row(y));
  const Fft2D& fft = shared_fft(width, height);
  Spectrum spectrum = fft.forward(padded);
  const Spectrum& psf = psf_spectrum(band, width, height);
  std::transform(spectrum.begin(), spectrum.end(), psf.begin(), spectrum.begin(), times);
  const Array2D<double> convolved = fft.inverse(std::move(spectrum));
  Array2D<double> result(image.width(), image.height());
  for (int y = 0; y < image.height(); ++y) std::copy(convolved.row(y), convolved.row(y) + image.width(), result.row(y));
  return result;
}

double add_patch(Array2D<float>& image, const Patch& patch, double factor) {
  double inside = 0;
  for (int j = 0; j < patch.flux.height(); ++j)
    for (int i = 0; i < patch.flux.width(); ++i) {
      if (!image.contains(patch.x0 + i, patch.y0 + j)) continue;
      const double flux = factor * patch.flux(i, j);
      image(patch.x0 + i, patch.y0 + j) += static_cast<float>(flux);
      inside += flux;
    }
  return inside;
}

}  // namespace arcproof::mocks
