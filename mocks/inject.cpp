#include "mocks/inject.h"

#include "engine/core/units.h"

#include <algorithm>
#include <cmath>

namespace arcproof::mocks {
namespace {

struct LocalShape {
  double sigma_major, sigma_minor, angle_rad;
};

// C_pixel = J^-1 C_source J^-T with J = A * frame; the smaller eigenvalue from the determinant (long arcs).
LocalShape lensed_shape(const SourceProfile& s, const lens::Hessian& h, double efficiency,
                        const lens::ImageFrame::Linear& f) {
  const double a = 1 - efficiency * h.xx, b = -efficiency * h.xy, d = 1 - efficiency * h.yy;
  const double jxx = a * f.xx + b * f.yx, jxy = a * f.xy + b * f.yy, jyx = b * f.xx + d * f.yx,
               jyy = b * f.xy + d * f.yy;
  const double det = jxx * jyy - jxy * jyx;
  const double c = std::cos(s.angle_rad), n = std::sin(s.angle_rad);
  // The lensed principal vectors of the source: J^-1 applied to each half axis.
  const double p[2] = {s.sigma_major_arcsec * c, s.sigma_major_arcsec * n};
  const double q[2] = {-s.sigma_minor_arcsec * n, s.sigma_minor_arcsec * c};
  const double px = (jyy * p[0] - jxy * p[1]) / det, py = (jxx * p[1] - jyx * p[0]) / det;
  const double qx = (jyy * q[0] - jxy * q[1]) / det, qy = (jxx * q[1] - jyx * q[0]) / det;
  const double cxx = px * px + qx * qx, cxy = px * py + qx * qy, cyy = py * py + qy * qy;
  const double mean = 0.5 * (cxx + cyy), radius = std::hypot(0.5 * (cxx - cyy), cxy);
  const double area = std::abs(px * qy - py * qx);
  const double major = std::sqrt(mean + radius);
  return {major, area / major, 0.5 * std::atan2(cxy, 0.5 * (cxx - cyy))};
}

InjectedImage describe(const Clump& clump, const SourceProfile& profile, const lens::Image& image,
                       const InjectionField& field) {
  const double efficiency = field.finder->efficiency();
  InjectedImage row;
  row.theta_arcsec = image.position_arcsec;
  const sky::PixelPosition at = field.frame->to_pixel(image.position_arcsec);
  row.x = at.x;
  row.y = at.y;
  const lens::Hessian h = field.lens->hessian(image.position_arcsec);
  const lens::Magnification m = lens::magnification(h, efficiency);
  row.mu = m.mu;
  row.mu_tangential = std::abs(m.mu_tangential);
  row.mu_profile = std::abs(m.mu);
  const LocalShape shape = lensed_shape(profile, h, efficiency, field.frame->linear_at(at));
  row.sigma_major_pix = shape.sigma_major;
  row.sigma_minor_pix = shape.sigma_minor;
  row.angle_rad = shape.angle_rad;
  row.flux_njy.assign(clump.flux_njy.size(), std::nan(""));
  return row;
}

InjectionFlag placement(const InjectedImage& row, const sky::Exposure& reference) {
  const int x = static_cast<int>(std::lround(row.x)), y = static_cast<int>(std::lround(row.y));
  if (!reference.flux_njy.contains(x, y)) return InjectionFlag::outside_image;
  const bool data = std::isfinite(reference.flux_njy(x, y)) && reference.error_njy(x, y) > 0;
  return data ? InjectionFlag::injected : InjectionFlag::no_data;
}

// The pixels of a source, with the shot noise of its own light: a Poisson draw of the electrons expected in
// each.
void add_with_shot_noise(sky::Exposure& exposure, const Patch& patch, double factor, Random& random) {
  const double gain = exposure.electrons_per_njy;
  for (int j = 0; j < patch.flux.height(); ++j)
    for (int i = 0; i < patch.flux.width(); ++i) {
      if (!exposure.flux_njy.contains(patch.x0 + i, patch.y0 + j)) continue;
      const double expected = factor * patch.flux(i, j);
      const bool counted = gain > 0 && expected * gain > 1e-3;  // fewer electrons carry no noise worth a draw
      const double flux = counted ? static_cast<double>(random.poisson(expected * gain)) / gain : expected;
      exposure.flux_njy(patch.x0 + i, patch.y0 + j) += static_cast<float>(flux);
    }
}

// What a piece of light multiplies the flux of the images by that lie in it: the piece's own magnification,
// in shares of their |mu|.
void share(double magnification, const std::vector<InjectedImage*>& images) {
  double sum = 0;
  for (const InjectedImage* image : images) sum += std::abs(image->mu);
  for (InjectedImage* image : images) {
    image->merged_images = static_cast<int>(images.size());
    image->mu_profile = images.size() == 1 ? magnification : magnification * (std::abs(image->mu) / sum);
  }
}

}  // namespace

std::string_view to_string(InjectionFlag flag) {
  switch (flag) {
    case InjectionFlag::injected:
      return "injected";
    case InjectionFlag::no_image:
      return "no_image";
    case InjectionFlag::outside_image:
      return "outside_image";
    case InjectionFlag::no_data:
      return "no_data";
  }
  return "";
}

std::vector<sky::PixelMap> maps_to_bands(const std::vector<sky::Exposure>& exposures,
                                         std::size_t reference_band, double x, double y) {
  std::vector<sky::PixelMap> maps;
  for (const sky::Exposure& exposure : exposures)
    maps.push_back(sky::PixelMap::between(exposures[reference_band], exposure, x, y));
  return maps;
}

SourceProfile profile_of(const Clump& clump, double arcsec_per_pc) {
  const double sigma = clump.radius_pc * arcsec_per_pc / units::gaussian_half_light_per_sigma;
  const double q = std::sqrt(clump.axis_ratio);
  return {clump.source_arcsec, sigma / q, sigma * q, clump.angle_rad};
}

std::vector<InjectedImage> inject_clump(const Clump& clump, const InjectionField& field,
                                        std::vector<sky::Exposure>* exposures, std::size_t reference_band,
                                        StreamName stream) {
  const std::vector<lens::Image> images = field.finder->images(clump.source_arcsec);
  const SourceProfile profile = profile_of(clump, field.arcsec_per_pc);
  std::vector<InjectedImage> rows;
  if (images.empty()) {
    rows.emplace_back();
    rows.back().flag = InjectionFlag::no_image;
    rows.back().x = rows.back().y = rows.back().mu = rows.back().mu_tangential = rows.back().mu_profile =
        std::nan("");
    rows.back().flux_njy.assign(clump.flux_njy.size(), std::nan(""));
    return rows;
  }
  for (const lens::Image& image : images) rows.push_back(describe(clump, profile, image, field));
  stream.purpose = "shot noise";
  std::vector<Random> noise;
  if (exposures) {
    for (InjectedImage& row : rows) row.flag = placement(row, (*exposures)[reference_band]);
    for (const sky::Exposure& exposure : *exposures) {
      stream.band = exposure.band;
      noise.emplace_back(stream);
    }
  }
  for (const Piece& piece : shoot(profile, *field.lens, field.finder->efficiency(), *field.frame, field.width,
                                  field.height, field.shoot)) {
    std::vector<InjectedImage*> seen;
    for (InjectedImage& row : rows)
      if (piece.contains(row.x, row.y)) seen.push_back(&row);
    share(piece.flux, seen);
    if (!exposures) continue;
    const std::vector<Patch> patches = field.convolver->convolve(
        piece, maps_to_bands(*exposures, reference_band, 0.5 * (piece.x_low + piece.x_high),
                             0.5 * (piece.y_low + piece.y_high)));
    for (std::size_t b = 0; b < exposures->size(); ++b)
      add_with_shot_noise((*exposures)[b], patches[b], clump.flux_njy[b], noise[b]);
  }
  for (InjectedImage& row : rows)
    for (std::size_t b = 0; b < clump.flux_njy.size(); ++b)
      row.flux_njy[b] = clump.flux_njy[b] * row.mu_profile;
  return rows;
}

}  // namespace arcproof::mocks
