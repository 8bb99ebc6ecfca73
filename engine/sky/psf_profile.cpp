#include "engine/sky/psf_profile.h"

#include "engine/core/error.h"
#include "engine/inference/least_squares.h"
#include "engine/sky/position_angle.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace arcproof::sky {
namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;

// The parameters of the fit. Amplitudes are in units of the PSF's peak, lengths are logarithms of arcsec, and
// the ellipse is the exponential of the traceless symmetric matrix ((g, h), (h, -g)): smooth through a round
// PSF, where an axis ratio and an angle are not, and of unit determinant as the profile wants it.
enum Parameter { moffat, ln_alpha, beta, gaussian, ln_sigma, power, ln_scale, ellipse_g, ellipse_h, count };

struct Offset {
  double x, y;  // [arcsec]
};

struct Pixels {
  std::vector<Offset> offset;
  std::vector<double> value;  // in units of the peak
};

Pixels pixels_within(const Psf& psf, double radius_arcsec) {
  Pixels pixels;
  const int half = psf.half_size();
  const double peak = psf.image()(half, half);
  for (int y = -half; y <= half; ++y)
    for (int x = -half; x <= half; ++x) {
      const Offset offset{x * psf.scale_arcsec(), y * psf.scale_arcsec()};
      if (std::hypot(offset.x, offset.y) > radius_arcsec) continue;
      pixels.offset.push_back(offset);
      pixels.value.push_back(psf.image()(x + half, y + half) / peak);
    }
  return pixels;
}

// The elliptical radius squared u(x, y) and its derivatives by g and h.
class Ellipse {
 public:
  Ellipse(double g, double h) : g_(g), h_(h) {
    const double s = std::hypot(g, h), s2 = s * s;
    cosh_ = std::cosh(s);
    // sinh(s) / s and (cosh(s) - sinh(s) / s) / s^2, by their series where these cancel.
    sinhc_ = s < 1e-2 ? 1 + s2 / 6 * (1 + s2 / 20) : std::sinh(s) / s;
    slope_ = s < 1e-2 ? 1.0 / 3 + s2 / 30 * (1 + s2 / 28) : (cosh_ - sinhc_) / s2;
  }
  double radius2(Offset p) const { return cosh_ * (p.x * p.x + p.y * p.y) + sinhc_ * shear(p); }
  double by_g(Offset p) const { return g_ * common(p) + sinhc_ * (p.x * p.x - p.y * p.y); }
  double by_h(Offset p) const { return h_ * common(p) + sinhc_ * 2 * p.x * p.y; }

 private:
  double shear(Offset p) const { return g_ * (p.x * p.x - p.y * p.y) + 2 * h_ * p.x * p.y; }
  double common(Offset p) const { return sinhc_ * (p.x * p.x + p.y * p.y) + slope_ * shear(p); }
  double g_, h_, cosh_, sinhc_, slope_;
};

// Residuals (model - image, in units of the peak) and their derivatives.
void residuals(const Pixels& pixels, const VectorXd& p, VectorXd& residual, MatrixXd* jacobian) {
  const auto n = static_cast<Eigen::Index>(pixels.value.size());
  residual.resize(n);
  if (jacobian) jacobian->resize(n, count);
  const Ellipse ellipse(p[ellipse_g], p[ellipse_h]);
  const double alpha2 = std::exp(2 * p[ln_alpha]), sigma2 = std::exp(2 * p[ln_sigma]);
  const double scale4 = std::exp(4 * p[ln_scale]);
  for (Eigen::Index i = 0; i < n; ++i) {
    const Offset at = pixels.offset[i];
    const double u = ellipse.radius2(at), t = u / alpha2, log_t = std::log1p(t);
    const double r2 = at.x * at.x + at.y * at.y, w = r2 * r2 / scale4;
    const double m = std::exp(-p[beta] * log_t), g = std::exp(-0.5 * u / sigma2), f = 1 / (1 + w);
    residual[i] = p[moffat] * m + p[gaussian] * g + p[power] * f - pixels.value[i];
    if (!jacobian) continue;
    auto row = jacobian->row(i);
    const double by_u = -p[moffat] * m * p[beta] / (alpha2 * (1 + t)) - p[gaussian] * g * 0.5 / sigma2;
    row[moffat] = m;
    row[ln_alpha] = p[moffat] * m * 2 * p[beta] * t / (1 + t);
    row[beta] = -p[moffat] * m * log_t;
    row[gaussian] = g;
    row[ln_sigma] = p[gaussian] * g * u / sigma2;
    row[power] = f;
    row[ln_scale] = p[power] * f * f * 4 * w;
    row[ellipse_g] = by_u * ellipse.by_g(at);
    row[ellipse_h] = by_u * ellipse.by_h(at);
  }
}

struct Bounds {
  VectorXd lower, upper;
};

// Positive amplitudes; lengths from 0.7 pixel (below it a component is a spike on the central pixel, which is
// no band-limited PSF: it would fit F090W at 20 mas slightly better and lose 5% of its light) to what the
// radius can still tell from a constant; axis ratios from 0.22.
Bounds bounds_of(double pixel_arcsec, double radius_arcsec) {
  const double shortest = std::log(0.7 * pixel_arcsec), longest = std::log(4 * radius_arcsec);
  Bounds b{VectorXd(count), VectorXd(count)};
  b.lower << 0, shortest, 0.5, 0, shortest, 0, shortest, -1.5, -1.5;
  b.upper << 10, longest, 20, 10, longest, 10, longest, 1.5, 1.5;
  return b;
}

// Where the search starts: amplitudes in units of the peak, lengths in units of the PSF's FWHM. Each
// component in turn is the core, the others the wings; several, because the three are nearly degenerate and
// the minima many.
std::vector<VectorXd> starting_points(double fwhm_arcsec) {
  struct Start {
    double moffat, alpha, beta, gaussian, sigma, power, scale;
  };
  constexpr Start table[] = {{0.45, 0.5, 1.5, 0.45, 0.3, 0.05, 3.0}, {0.45, 1.7, 4.0, 0.45, 0.3, 0.05, 0.8},
                             {0.45, 1.1, 1.5, 0.45, 0.7, 0.05, 3.0}, {0.85, 0.8, 2.5, 0.10, 0.4, 0.05, 1.0},
                             {0.05, 2.0, 1.5, 0.15, 0.7, 0.80, 0.5}, {0.02, 6.0, 6.0, 0.75, 0.4, 0.20, 0.6},
                             {0.02, 4.0, 3.0, 0.45, 0.3, 0.50, 0.7}, {0.05, 1.0, 2.0, 0.95, 0.4, 0.03, 1.8}};
  std::vector<VectorXd> starts;
  for (const Start& start : table) {
    VectorXd p(count);
    p << start.moffat, std::log(start.alpha * fwhm_arcsec), start.beta, start.gaussian,
        std::log(start.sigma * fwhm_arcsec), start.power, std::log(start.scale * fwhm_arcsec), 0, 0;
    starts.push_back(std::move(p));
  }
  return starts;
}

// `peak` [1 / arcsec^2].
PsfProfile profile_of(const VectorXd& p, double peak) {
  PsfProfile profile;
  profile.moffat = p[moffat] * peak;
  profile.alpha_arcsec = std::exp(p[ln_alpha]);
  profile.beta = p[beta];
  profile.gaussian = p[gaussian] * peak;
  profile.sigma_arcsec = std::exp(p[ln_sigma]);
  profile.power = p[power] * peak;
  profile.scale_arcsec = std::exp(p[ln_scale]);
  // The long axis, where u grows as q = exp(-s), is the eigenvector of ((g, h), (h, -g)) to -s.
  const double s = std::hypot(p[ellipse_g], p[ellipse_h]);
  profile.axis_ratio = std::exp(-s);
  profile.angle_rad = s > 0 ? axis_angle_rad(-p[ellipse_g], -p[ellipse_h]) : 0;
  return profile;
}

}  // namespace

double PsfProfile::value(double x_arcsec, double y_arcsec) const {
  const double c = std::cos(angle_rad), s = std::sin(angle_rad);
  const double along = c * x_arcsec + s * y_arcsec, across = c * y_arcsec - s * x_arcsec;
  const double u = axis_ratio * along * along + across * across / axis_ratio;
  const double r2 = x_arcsec * x_arcsec + y_arcsec * y_arcsec;
  // A component of amplitude 0 may have no length.
  double sum = 0;
  if (moffat != 0) sum += moffat * std::pow(1 + u / (alpha_arcsec * alpha_arcsec), -beta);
  if (gaussian != 0) sum += gaussian * std::exp(-0.5 * u / (sigma_arcsec * sigma_arcsec));
  if (power != 0) sum += power / (1 + r2 * r2 / std::pow(scale_arcsec, 4));
  return sum;
}

PsfProfileFit fit_profile(const Psf& psf, double radius_arcsec) {
  const Pixels pixels = pixels_within(psf, radius_arcsec);
  require(pixels.value.size() > 2 * count, "fit_profile: at least 19 pixels within the radius");
  const inference::ResidualFunction function = [&](const VectorXd& p, VectorXd& residual,
                                                   MatrixXd* jacobian) {
    residuals(pixels, p, residual, jacobian);
  };
  const auto [lower, upper] = bounds_of(psf.scale_arcsec(), radius_arcsec);
  inference::LeastSquaresOptions options;
  options.max_iterations = 1000;
  inference::LeastSquaresSummary best;
  best.chi2 = std::numeric_limits<double>::infinity();
  for (const VectorXd& start : starting_points(psf.fwhm_arcsec())) {
    inference::LeastSquaresSummary summary =
        inference::minimise_least_squares(function, start, lower, upper, options);
    if (summary.chi2 < best.chi2) best = std::move(summary);
  }

  const double peak = psf.image()(psf.half_size(), psf.half_size());
  PsfProfileFit fit;
  fit.profile = profile_of(best.x, peak / (psf.scale_arcsec() * psf.scale_arcsec()));
  fit.radius_arcsec = radius_arcsec;
  // A component of amplitude 0 leaves its lengths undetermined: singular, and as good a minimum as any.
  fit.converged = best.iterations < options.max_iterations;
  VectorXd residual;
  residuals(pixels, best.x, residual, nullptr);
  fit.rms_residual = std::sqrt(residual.squaredNorm() / static_cast<double>(residual.size()));
  fit.max_residual = residual.cwiseAbs().maxCoeff();
  for (const double v : pixels.value) fit.flux_inside += v * peak;
  fit.model_flux_inside = fit.flux_inside + residual.sum() * peak;
  return fit;
}

Psf psf_of_profile(const PsfProfile& profile, double scale_arcsec, double radius_arcsec) {
  require(scale_arcsec > 0 && radius_arcsec > 0, "psf_of_profile: scale and radius > 0");
  const int half = std::max(2, static_cast<int>(std::lround(radius_arcsec / scale_arcsec)));
  Array2D<double> image(2 * half + 1, 2 * half + 1);
  for (int y = -half; y <= half; ++y)
    for (int x = -half; x <= half; ++x)
      image(x + half, y + half) = profile.value(x * scale_arcsec, y * scale_arcsec);
  return Psf::from_image(image, scale_arcsec, scale_arcsec, "fitted profile");
}

RadialProfiles radial_profiles(const Psf& psf, const PsfProfile& profile, double radius_arcsec) {
  const Pixels pixels = pixels_within(psf, radius_arcsec);
  const double peak = psf.image()(psf.half_size(), psf.half_size());
  const double area = psf.scale_arcsec() * psf.scale_arcsec();
  struct Ring {
    double radius = 0, image = 0, model = 0;
    int pixels = 0;
  };
  const auto ring_of = [&](double r) {
    return static_cast<std::size_t>(std::lround(r / psf.scale_arcsec()));
  };
  std::vector<Ring> rings(ring_of(radius_arcsec) + 1);
  for (std::size_t i = 0; i < pixels.value.size(); ++i) {
    const Offset at = pixels.offset[i];
    const double r = std::hypot(at.x, at.y);
    Ring& ring = rings[ring_of(r)];
    ring.radius += r;
    ring.image += pixels.value[i];
    ring.model += profile.value(at.x, at.y) * area / peak;
    ++ring.pixels;
  }
  RadialProfiles profiles;
  for (const Ring& ring : rings) {
    if (ring.pixels == 0) continue;
    profiles.radius_arcsec.push_back(ring.radius / ring.pixels);
    profiles.image.push_back(ring.image / ring.pixels);
    profiles.model.push_back(ring.model / ring.pixels);
  }
  return profiles;
}

}  // namespace arcproof::sky
