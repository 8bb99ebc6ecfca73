#include "engine/photometry/protocol.h"

#include "engine/core/error.h"
#include "engine/core/missing.h"
#include "engine/photometry/position_fit.h"
#include "engine/photometry/sky_noise.h"

#include <algorithm>
#include <cmath>
#include <optional>

namespace arcproof::photometry {
namespace {

// Redraws end within 0.03 sigma of their minimum: a thousandth of the variance they are there to measure.
constexpr double redraw_tolerance_chi2 = 1e-3;
// At most 0.1 sigma from the minimum, in position alone: the scatter of a hundred redraws is known to 7%.
constexpr double forced_redraw_tolerance_chi2 = 1e-2;

// The clump itself first, then its companions by distance.
std::vector<std::size_t> group_of(std::span<const Detection> detections, std::size_t index,
                                  const ProtocolOptions& o) {
  std::vector<std::pair<double, std::size_t>> near;
  for (std::size_t i = 0; i < detections.size(); ++i) {
    const double d = std::hypot(detections[i].x - detections[index].x, detections[i].y - detections[index].y);
    if (i != index && d < o.group_distance_pix) near.emplace_back(d, i);
  }
  std::sort(near.begin(), near.end());
  std::vector<std::size_t> group = {index};
  for (const auto& [distance, i] : near)
    if (static_cast<int>(group.size()) < o.max_group) group.push_back(i);
  return group;
}

// Scatter of the sky around a clump; where it cannot be measured (no noise, or no empty pixel), what the
// error image says.
double sky_sigma_at(const BandData& band, double x, double y) {
  const double measured = local_sky_sigma(band.exposure->flux_njy, *band.segmentation, x, y);
  if (measured > 0) return measured;
  const int i = static_cast<int>(std::lround(x)), j = static_cast<int>(std::lround(y));
  const Array2D<float>& error = band.exposure->error_njy;
  return error.contains(i, j) ? error(i, j) : nan;
}

struct Prepared {
  Cutout cutout;
  std::vector<ComponentStart> start;
  double sky_sigma = 0;
};

Prepared prepare_reference(std::span<const Detection> detections, const std::vector<std::size_t>& group,
                           const BandData& band, const ProtocolOptions& o, const KnownFit& known) {
  const Detection& self = detections[group.front()];
  Prepared prepared;
  prepared.sky_sigma = sky_sigma_at(band, self.x, self.y);
  if (!(prepared.sky_sigma > 0)) return prepared;
  double x = 0, y = 0;
  for (const std::size_t i : group) {
    x += detections[i].x / static_cast<double>(group.size());
    y += detections[i].y / static_cast<double>(group.size());
  }
  prepared.cutout = cut_uniform(band.exposure->flux_njy, x, y, group.size() > 1 ? o.group_cutout : o.cutout,
                                prepared.sky_sigma);
  for (const std::size_t i : group)
    prepared.start.push_back(
        {detections[i].x - prepared.cutout.centre_x, detections[i].y - prepared.cutout.centre_y, {1, 0, 1}});
  ComponentStart& own = prepared.start.front();
  own.position_known = known.position.has_value();
  own.shape_known = known.shape.has_value();
  if (known.shape) own.shape = *known.shape;
  return prepared;
}

// The components of a fit on another band's grid, in that image's pixels. What was known of their positions in
// the reference band is known there.
std::vector<ComponentStart> on_grid(const ClumpFit& fit, const Prepared& reference,
                                    const sky::PixelMap& map) {
  std::vector<ComponentStart> components;
  for (std::size_t k = 0; k < fit.components.size(); ++k) {
    const ComponentFit& c = fit.components[k];
    const sky::PixelPosition at = map({reference.cutout.centre_x + c.x, reference.cutout.centre_y + c.y});
    components.push_back({at.x, at.y, carried(map, c.shape), reference.start[k].position_known});
  }
  return components;
}

void move_to(const Cutout& cutout, std::vector<ComponentStart>& components) {
  for (ComponentStart& c : components) {
    c.x -= cutout.centre_x;
    c.y -= cutout.centre_y;
  }
}

Prepared prepare_forced(std::vector<ComponentStart> components, const BandData& band, double sky_sigma,
                        int size) {
  double x = 0, y = 0;
  for (const ComponentStart& c : components) {
    x += c.x / static_cast<double>(components.size());
    y += c.y / static_cast<double>(components.size());
  }
  Prepared prepared;
  prepared.sky_sigma = sky_sigma;
  prepared.cutout = cut_uniform(band.exposure->flux_njy, x, y, size, sky_sigma);
  prepared.start = std::move(components);
  move_to(prepared.cutout, prepared.start);
  return prepared;
}

// Noise of the local sky, the same size as the cutout's.
std::vector<double> redraw_noise(const Cutout& cutout, const BandData& band, double sigma, NoiseModel model,
                                 Random& random) {
  std::vector<double> noise;
  if (model == NoiseModel::correlated && band.correlation) {
    noise = band.correlation->draw(cutout.size, random);
  } else {
    noise.resize(cutout.flux.size());
    for (double& v : noise) v = random.normal();
  }
  for (double& v : noise) v *= sigma;
  return noise;
}

Cutout with_noise(const Cutout& cutout, const std::vector<double>& noise) {
  Cutout noisy = cutout;
  for (std::size_t i = 0; i < noisy.flux.size(); ++i)
    if (noisy.weight[i] > 0) noisy.flux[i] += noise[i];
  return noisy;
}

// `began`: what was known of the components before that fit.
std::vector<ComponentStart> start_at(const ClumpFit& fit, const std::vector<ComponentStart>& began) {
  std::vector<ComponentStart> start = began;
  for (std::size_t k = 0; k < start.size(); ++k) {
    start[k].x = fit.components[k].x;
    start[k].y = fit.components[k].y;
    start[k].shape = fit.components[k].shape;
  }
  return start;
}

Interval68 interval(double value, const std::vector<double>& draws) {
  if (draws.size() < 2) return {{nan, nan}, value};
  return {inference::error_bar(value, inference::summary_of(draws)), value};
}

double half_range(std::vector<double> draws) {
  std::erase_if(draws, [](double v) { return std::isnan(v); });
  if (draws.size() < 2) return nan;
  const inference::Summary summary = inference::summary_of(draws);
  return 0.5 * (summary.high - summary.low);
}

double shot_noise(double flux, double electrons_per_njy) {
  return electrons_per_njy > 0 && flux > 0 ? std::sqrt(flux / electrons_per_njy) : 0.0;
}

BandFluxes band_fluxes(const BandData& band, const ClumpFit& fit, const std::vector<double>& draws,
                       double sky_sigma) {
  BandFluxes result;
  result.band = band.exposure->band;
  result.status = fit.status;
  result.sky_sigma_njy = sky_sigma;
  const ComponentFit& self = fit.components.front();
  result.flux_njy = self.flux;
  result.analytic_njy = self.flux_error;
  result.scatter_njy = half_range(draws);
  result.poisson_njy = shot_noise(self.flux, band.exposure->electrons_per_njy);
  result.correlated_njy = std::hypot(self.flux_error_correlated, result.poisson_njy);
  result.error_njy = std::hypot(result.scatter_njy, result.poisson_njy);
  return result;
}

BandFluxes no_data(const BandData& band) {
  BandFluxes result;
  result.band = band.exposure->band;
  result.flux_njy = result.error_njy = result.scatter_njy = result.poisson_njy = result.analytic_njy = nan;
  result.correlated_njy = nan;
  result.sky_sigma_njy = nan;
  return result;
}

// Best fit and redraws in the reference band.
struct ReferenceFits {
  Prepared prepared;
  ClumpFit best;
  std::vector<ClumpFit> redraws;
};

ReferenceFits fit_reference(std::span<const Detection> detections, const std::vector<std::size_t>& group,
                            const BandData& band, const ProtocolOptions& o, const KnownFit& known,
                            Random& random) {
  ReferenceFits fits;
  fits.prepared = prepare_reference(detections, group, band, o, known);
  if (!(fits.prepared.sky_sigma > 0)) return fits;
  FitOptions first = o.fit;
  first.correlation = band.correlation;
  fits.best = fit_clumps(fits.prepared.cutout, band.psf->serving(fits.prepared.cutout.size),
                         fits.prepared.start, first);
  if (fits.best.status == FitStatus::too_few_pixels || fits.best.status == FitStatus::singular) return fits;
  FitOptions again = o.fit;
  again.try_several_sizes = false;
  again.tolerance_chi2 = redraw_tolerance_chi2;
  again.errors = false;
  const std::vector<ComponentStart> start = start_at(fits.best, fits.prepared.start);
  for (int i = 0; i < o.redraws; ++i) {
    const auto noise = redraw_noise(fits.prepared.cutout, band, fits.prepared.sky_sigma, o.noise, random);
    ClumpFit fit = fit_clumps(with_noise(fits.prepared.cutout, noise),
                              band.psf->serving(fits.prepared.cutout.size), start, again);
    if (fit.status != FitStatus::singular) fits.redraws.push_back(std::move(fit));
  }
  return fits;
}

// `draws`: the flux of each redraw, NaN where it could not be fitted.
BandFluxes measure_band(const ReferenceFits& reference, const BandData& band, const sky::PixelMap& map,
                        const ProtocolOptions& o, Random& random, std::vector<double>& draws) {
  draws.assign(reference.redraws.size(), nan);
  const double x = map.to_x, y = map.to_y;
  const double sky_sigma = sky_sigma_at(band, x, y);
  if (!(sky_sigma > 0)) return no_data(band);
  const bool group = reference.best.components.size() > 1;
  FitOptions forced = o.fit;
  forced.shape_free = false;
  forced.position_free = o.forced_shift_pix > 0 && !(group && o.fix_position_in_groups);
  forced.max_shift_pix = o.forced_shift_pix;
  forced.correlation = band.correlation;
  const int size = reference.prepared.cutout.size;
  const Prepared best =
      prepare_forced(on_grid(reference.best, reference.prepared, map), band, sky_sigma, size);
  const PsfTransform& psf = band.psf->serving(size);
  const ClumpFit fit = fit_clumps(best.cutout, psf, best.start, forced);
  if (fit.status == FitStatus::too_few_pixels || fit.status == FitStatus::singular) return no_data(band);
  forced.tolerance_chi2 = forced_redraw_tolerance_chi2;
  forced.errors = false;
  std::optional<PositionFit> alone;
  if (!group && forced.position_free && !best.start.front().position_known)
    alone.emplace(best.cutout, psf, best.start.front(), forced.plane, forced.max_shift_pix,
                  forced.tolerance_chi2);
  for (std::size_t k = 0; k < draws.size(); ++k) {
    std::vector<ComponentStart> start = on_grid(reference.redraws[k], reference.prepared, map);
    move_to(best.cutout, start);
    const Cutout redrawn =
        with_noise(best.cutout, redraw_noise(best.cutout, band, sky_sigma, o.noise, random));
    if (alone) {
      const PositionFitResult again = alone->fit(redrawn.flux, start.front());
      if (again.solvable) draws[k] = again.flux;
      continue;
    }
    const ClumpFit again = fit_clumps(redrawn, psf, start, forced);
    if (again.status != FitStatus::singular) draws[k] = again.components.front().flux;
  }
  return band_fluxes(band, fit, draws, sky_sigma);
}

void fill_sizes(const ReferenceFits& fits, ClumpPhotometry& clump) {
  std::vector<double> major, minor, circular;
  for (const ClumpFit& fit : fits.redraws) {
    const PrincipalAxes axes = principal_axes(fit.components.front().shape);
    major.push_back(axes.sigma_major);
    minor.push_back(axes.sigma_minor);
    circular.push_back(std::sqrt(axes.sigma_major * axes.sigma_minor));
  }
  clump.shape = fits.best.components.front().shape;
  const PrincipalAxes axes = principal_axes(clump.shape);
  clump.sigma_major_pix = interval(axes.sigma_major, major);
  clump.sigma_minor_pix = interval(axes.sigma_minor, minor);
  clump.circular_sigma_pix = interval(std::sqrt(axes.sigma_major * axes.sigma_minor), circular);
  clump.angle_rad = axes.angle_rad;
}

// fluxes: [band][redraw], of the sky's noise alone.
std::vector<Redraw> redraws_of(const ReferenceFits& fits, const ClumpPhotometry& clump,
                               const std::vector<std::vector<double>>& fluxes, Random& random) {
  std::vector<Redraw> redraws;
  for (std::size_t k = 0; k < fits.redraws.size(); ++k) {
    const ComponentFit& self = fits.redraws[k].components.front();
    Redraw& redraw = redraws.emplace_back();
    redraw.x = fits.prepared.cutout.centre_x + self.x;
    redraw.y = fits.prepared.cutout.centre_y + self.y;
    redraw.shape = self.shape;
    for (std::size_t b = 0; b < fluxes.size(); ++b) {
      const double shot = clump.bands[b].poisson_njy;
      redraw.flux_njy.push_back(fluxes[b][k] + (shot > 0 ? random.normal(0, shot) : 0.0));
    }
  }
  return redraws;
}

}  // namespace

Covariance carried(const sky::PixelMap& map, const Covariance& c) {
  const double a = map.xx * c.xx + map.xy * c.xy, b = map.xx * c.xy + map.xy * c.yy;
  const double d = map.yx * c.xx + map.yy * c.xy, e = map.yx * c.xy + map.yy * c.yy;
  return {a * map.xx + b * map.xy, a * map.yx + b * map.yy, d * map.yx + e * map.yy};
}

ClumpPhotometry measure_clump(std::span<const Detection> detections, std::size_t index,
                              std::span<const BandData> bands, std::size_t reference,
                              const ProtocolOptions& options, Random& random, const KnownFit& known) {
  require(index < detections.size() && reference < bands.size(), "measure_clump: indices are in range");
  if (known.position &&
      (detections[index].x != known.position->x || detections[index].y != known.position->y)) {
    std::vector<Detection> moved(detections.begin(), detections.end());
    moved[index].x = known.position->x;
    moved[index].y = known.position->y;
    return measure_clump(moved, index, bands, reference, options, random, known);
  }
  const std::vector<std::size_t> group = group_of(detections, index, options);
  const ReferenceFits fits = fit_reference(detections, group, bands[reference], options, known, random);
  ClumpPhotometry clump;
  clump.x = detections[index].x;
  clump.y = detections[index].y;
  clump.group_size = static_cast<int>(group.size());
  clump.status = fits.best.status;
  if (clump.status == FitStatus::too_few_pixels || clump.status == FitStatus::singular) {
    for (const BandData& band : bands) clump.bands.push_back(no_data(band));
    return clump;
  }
  const ComponentFit& self = fits.best.components.front();
  clump.x = fits.prepared.cutout.centre_x + self.x;
  clump.y = fits.prepared.cutout.centre_y + self.y;
  const bool correlated = options.noise == NoiseModel::correlated;
  clump.x_error = correlated ? self.x_error_correlated : self.x_error;
  clump.y_error = correlated ? self.y_error_correlated : self.y_error;
  clump.chi2_reduced = fits.best.chi2 / std::max(1, fits.best.degrees_of_freedom);
  const Cutout& cutout = fits.prepared.cutout;
  clump.check = check_against_data(bands[reference].exposure->flux_njy, cutout, fits.best,
                                   bands[reference].psf->serving(cutout.size + 6), fits.prepared.sky_sigma);
  const double snr =
      self.flux / std::hypot(self.flux_error_correlated,
                             shot_noise(self.flux, bands[reference].exposure->electrons_per_njy));
  clump.quality =
      quality_of(fits.best, fits.prepared.start.front(), clump.check, snr, options.fit, options.quality);
  clump.trusted = options.quality.trusts(clump.quality);
  fill_sizes(fits, clump);
  std::vector<std::vector<double>> fluxes(bands.size());  // of the redraws
  for (const ClumpFit& fit : fits.redraws) fluxes[reference].push_back(fit.components.front().flux);
  for (std::size_t b = 0; b < bands.size(); ++b) {
    if (b == reference) {
      clump.bands.push_back(band_fluxes(bands[b], fits.best, fluxes[b], fits.prepared.sky_sigma));
      continue;
    }
    const sky::PixelMap map =
        sky::PixelMap::between(*bands[reference].exposure, *bands[b].exposure, clump.x, clump.y);
    clump.bands.push_back(measure_band(fits, bands[b], map, options, random, fluxes[b]));
  }
  clump.redraws = redraws_of(fits, clump, fluxes, random);
  return clump;
}

}  // namespace arcproof::photometry
