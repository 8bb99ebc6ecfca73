#include "engine/lens/delens.h"

#include "engine/core/error.h"
#include "engine/core/missing.h"
#include "engine/core/statistics.h"
#include "engine/core/units.h"
#include "engine/inference/summary.h"
#include "engine/sky/position_angle.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <vector>

namespace arcproof::lens {
namespace {

void require_valid(const Ellipse& e) {
  require(e.sigma_minor_arcsec >= 0 && e.sigma_major_arcsec >= e.sigma_minor_arcsec &&
              std::isfinite(e.sigma_major_arcsec),
          "Ellipse: 0 <= sigma_minor <= sigma_major");
}

// |mu| at the pixel centres within the ellipse, the central pixel's on the ellipse's centre; pixels off the
// map are left out.
std::vector<double> magnifications_inside(const LensMap& map, double efficiency, const Ellipse& e,
                                          double pixel) {
  const double c = std::cos(e.angle_rad), s = std::sin(e.angle_rad);
  const int reach = static_cast<int>(e.sigma_major_arcsec / pixel);
  std::vector<double> mu;
  for (int j = -reach; j <= reach; ++j) {
    for (int i = -reach; i <= reach; ++i) {
      const double dx = i * pixel, dy = j * pixel;
      const double along = dx * c + dy * s, across = dy * c - dx * s;
      // (along / a)^2 + (across / b)^2 <= 1 without dividing by an axis that may be 0.
      const double a = e.sigma_major_arcsec, b = e.sigma_minor_arcsec;
      if (along * along * b * b + across * across * a * a > a * a * b * b) continue;
      if (b == 0 && (i != 0 || j != 0)) continue;
      const Vector2 theta{e.centre_arcsec.x + dx, e.centre_arcsec.y + dy};
      if (map.covers(theta)) mu.push_back(std::abs(magnification(map.hessian(theta), efficiency).mu));
    }
  }
  return mu;
}

// The centre, and eight points on the ellipse of half the radius.
std::vector<Vector2> posterior_positions(const Ellipse& e) {
  const double c = std::cos(e.angle_rad), s = std::sin(e.angle_rad);
  std::vector<Vector2> positions = {e.centre_arcsec};
  for (int k = 0; k < 8; ++k) {
    const double phase = k * units::pi / 4;
    const double along = 0.5 * e.sigma_major_arcsec * std::cos(phase);
    const double across = 0.5 * e.sigma_minor_arcsec * std::sin(phase);
    positions.push_back(
        {e.centre_arcsec.x + along * c - across * s, e.centre_arcsec.y + along * s + across * c});
  }
  return positions;
}

// Median of |mu| at these positions over those on the map of draw `k`; empty where no position is on it.
std::optional<double> median_magnification(const Realisations& posterior, std::size_t k,
                                           const std::vector<Hessian>& hessians, double z_source) {
  const double efficiency = posterior.efficiency(k, z_source);
  std::vector<double> mu;
  mu.reserve(hessians.size());
  for (const Hessian& h : hessians)
    if (!std::isnan(h.xx)) mu.push_back(std::abs(magnification(h, efficiency).mu));
  if (mu.empty()) return std::nullopt;
  return statistics::median(mu);
}

std::vector<double> posterior_magnifications(const Realisations& posterior, const Ellipse& ellipse,
                                             double z_source) {
  const std::vector<Vector2> positions = posterior_positions(ellipse);
  std::vector<double> medians;
  std::vector<Hessian> hessians;
  for (std::size_t k = 0; k < posterior.size(); ++k) {
    posterior.evaluate(k, positions, nullptr, &hessians);
    if (const auto mu = median_magnification(posterior, k, hessians, z_source)) medians.push_back(*mu);
  }
  return medians;
}

ClumpMagnification outside_map() { return {nan, nan, nan, nan, nan, nan, nan, false, nan}; }

}  // namespace

double Lens::efficiency(double z_source) const {
  return z_lens > 0 ? cosmology.lensing_efficiency(z_lens, z_source) : 1.0;
}

ClumpMagnification magnification_of_clump(const Lens& lens, const Realisations& posterior,
                                          const Ellipse& ellipse, double z_source, double pixel_arcsec) {
  require_valid(ellipse);
  require(pixel_arcsec > 0, "magnification_of_clump: pixel > 0");
  if (!lens.map.covers(ellipse.centre_arcsec)) return outside_map();

  const double efficiency = lens.efficiency(z_source);
  const std::vector<double> mu = magnifications_inside(lens.map, efficiency, ellipse, pixel_arcsec);
  ClumpMagnification result;
  result.mu = statistics::median(mu);
  result.mu_tangential =
      std::abs(magnification(lens.map.hessian(ellipse.centre_arcsec), efficiency).mu_tangential);
  result.spread = mu.size() > 1 ? statistics::standard_deviation(mu) : 0.0;
  result.posterior_median = result.mu;
  const std::vector<double> sample = posterior_magnifications(posterior, ellipse, z_source);
  if (!sample.empty()) {
    result.posterior_median = statistics::median(sample);
    const inference::ErrorBar bar = inference::error_bar(result.mu, inference::summary_of(sample));
    result.posterior_minus = bar.minus;
    result.posterior_plus = bar.plus;
  }
  result.error_minus = std::hypot(result.spread, result.posterior_minus);
  result.error_plus = std::hypot(result.spread, result.posterior_plus);
  return result;
}

DrawnMagnification magnification_of_draw(const Realisations& posterior, std::size_t k, const Ellipse& ellipse,
                                         double z_source) {
  require_valid(ellipse);
  require(k < posterior.size(), "magnification_of_draw: a draw of the posterior");
  const std::vector<Vector2> positions = posterior_positions(ellipse);
  std::vector<Hessian> hessians;
  posterior.evaluate(k, positions, nullptr, &hessians);
  const Hessian& centre = hessians.front();
  if (std::isnan(centre.xx)) return {nan, nan};
  const double mu = *median_magnification(posterior, k, hessians, z_source),
               tangential = std::abs(magnification(centre, posterior.efficiency(k, z_source)).mu_tangential);
  return {std::isfinite(mu) ? mu : nan, std::isfinite(tangential) ? tangential : nan};
}

IntrinsicSize intrinsic_size(double sigma_major, double sigma_minor, double floor, double mu,
                             double mu_tangential, double z_source, const sky::Cosmology& cosmology) {
  require(sigma_minor >= 0 && sigma_major >= sigma_minor, "intrinsic_size: 0 <= sigma_minor <= sigma_major");
  require(mu > 0 && mu_tangential > 0, "intrinsic_size: magnifications are absolute values");
  IntrinsicSize size;
  double sigma_source = 0;
  if (sigma_minor > floor) {
    size.size_case = SizeCase::resolved;
    sigma_source = std::sqrt(sigma_major * sigma_minor / mu);
  } else if (sigma_major > floor) {
    size.size_case = SizeCase::resolved_one_axis;
    sigma_source = sigma_major / mu_tangential;
  } else {
    size.size_case = SizeCase::unresolved;
    sigma_source = floor / mu_tangential;
  }
  size.radius_arcsec = sigma_source * units::gaussian_half_light_per_sigma;
  size.radius_pc = size.radius_arcsec * 1e3 * cosmology.kpc_per_arcsec(z_source);
  return size;
}

namespace {

/// A symmetric 2 x 2 matrix: A, or a covariance.
using Symmetric = Hessian;

Symmetric jacobian(const Hessian& h, double d) { return {1 - d * h.xx, -d * h.xy, 1 - d * h.yy}; }

Vector2 times(const Symmetric& m, Vector2 v) { return {m.xx * v.x + m.xy * v.y, m.xy * v.x + m.yy * v.y}; }

/// The axes as vectors of 1 sigma.
struct Axes {
  Vector2 major, minor;
};
Axes axes_of(const Ellipse& e) {
  const double c = std::cos(e.angle_rad), s = std::sin(e.angle_rad);
  return {{e.sigma_major_arcsec * c, e.sigma_major_arcsec * s},
          {-e.sigma_minor_arcsec * s, e.sigma_minor_arcsec * c}};
}

// Of the vectors p and q, C = p p^T + q q^T; with the product of the axes as |p x q|, so that a thin ellipse
// keeps its small axis.
Ellipse ellipse_of(Vector2 centre, Vector2 p, Vector2 q) {
  const double xx = p.x * p.x + q.x * q.x, xy = p.x * p.y + q.x * q.y, yy = p.y * p.y + q.y * q.y;
  const double half_trace = (xx + yy) / 2, difference = std::hypot((xx - yy) / 2, xy);
  const double major = std::sqrt(half_trace + difference), area = std::abs(p.x * q.y - p.y * q.x);
  return {centre, major, major > 0 ? std::min(area / major, major) : 0.0,
          sky::major_axis_angle_rad(xx, xy, yy)};
}

Ellipse transformed(const Symmetric& m, const Ellipse& e, Vector2 centre) {
  const Axes axes = axes_of(e);
  return ellipse_of(centre, times(m, axes.major), times(m, axes.minor));
}

double change_over(const LensMap& map, double d, const Symmetric& here, const Ellipse& e) {
  const Axes axes = axes_of(e);
  double largest = 0;
  for (const Vector2& offset : {axes.major, axes.minor}) {
    for (const double side : {1.0, -1.0}) {
      const Vector2 end{e.centre_arcsec.x + side * offset.x, e.centre_arcsec.y + side * offset.y};
      if (!map.covers(end)) continue;
      const Symmetric there = jacobian(map.hessian(end), d);
      const Symmetric change{there.xx - here.xx, there.xy - here.xy, there.yy - here.yy};
      for (const Vector2& axis : {axes.major, axes.minor}) {
        const double before = length(times(here, axis)), after = length(times(change, axis));
        if (after > 0) largest = std::max(largest, std::min(after / before, 1e6));
      }
    }
  }
  return largest;
}

SourceEllipse not_on_the_map() { return {{{nan, nan}, nan, nan, nan}, nan, nan, nan, false, nan, false}; }

}  // namespace

SourceEllipse source_ellipse(const LensMap& map, double efficiency, const Ellipse& image,
                             const CriticalLimits& limits) {
  require_valid(image);
  if (!map.covers(image.centre_arcsec)) return not_on_the_map();
  const Hessian h = map.hessian(image.centre_arcsec);
  const Symmetric a = jacobian(h, efficiency);
  SourceEllipse result;
  result.ellipse = transformed(a, image, map.source_position(image.centre_arcsec, efficiency));
  result.mu = magnification(h, efficiency).mu;
  const auto stretch = [&](double along) { return length(times(a, {std::cos(along), std::sin(along)})); };
  result.stretch_major = stretch(image.angle_rad);
  result.stretch_minor = stretch(image.angle_rad + units::pi / 2);
  result.nonlinearity = change_over(map, efficiency, a, image);
  result.near_critical =
      !(std::abs(result.mu) <= limits.largest_mu) || result.nonlinearity > limits.largest_nonlinearity;
  return result;
}

Ellipse image_ellipse(const Hessian& h, double efficiency, const Ellipse& source, Vector2 theta) {
  require_valid(source);
  const Symmetric a = jacobian(h, efficiency);
  const double determinant = a.xx * a.yy - a.xy * a.xy;
  require(std::abs(determinant) >= 1e-12, "image_ellipse: not on a critical line");
  return transformed({a.yy / determinant, -a.xy / determinant, a.xx / determinant}, source, theta);
}

}  // namespace arcproof::lens
