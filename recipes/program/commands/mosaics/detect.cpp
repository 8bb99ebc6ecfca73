#include "recipes/program/commands/mosaics/detect.h"

#include "engine/core/error.h"
#include "engine/core/missing.h"
#include "engine/core/parallel.h"
#include "engine/core/units.h"
#include "engine/photometry/sky_noise.h"
#include "recipes/program/commands/shared.h"

#include <cmath>

#include <fmt/format.h>

namespace arcproof::commands {
namespace {

using photometry::Detection;

constexpr double region_sigmas = 3;  // isophotal axes are about a third of what one sees

void check(const DetectArguments& a) {
  const std::pair<std::string, std::filesystem::path> outputs[] = {{"-o", a.output},
                                                                   {"--regions", a.regions}};
  const std::string inputs[] = {a.image, a.error, a.weight, a.psf};
  check_outputs(outputs, inputs);
}

/// A point source fitted at a detection.
struct PointFlux {
  double flux_njy = nan, error_njy = nan;
};

PointFlux point_flux(const sky::Exposure& exposure, const photometry::DetectionResult& found,
                     const Detection& d, const photometry::PsfTransform& psf) {
  constexpr int cutout_pix = 9;
  double sigma = photometry::local_sky_sigma(exposure.flux_njy, found.segmentation, d.x, d.y);
  if (!(sigma > 0))
    sigma = exposure.error_njy(static_cast<int>(std::lround(d.x)), static_cast<int>(std::lround(d.y)));
  if (!(sigma > 0)) return {};
  const photometry::Cutout cutout = photometry::cut_uniform(exposure.flux_njy, d.x, d.y, cutout_pix, sigma);
  photometry::FitOptions options;
  options.shape_free = false;
  options.max_shift_pix = 1;
  const photometry::ComponentStart start[] = {{d.x - cutout.centre_x, d.y - cutout.centre_y, {}}};
  const photometry::ClumpFit fit = photometry::fit_clumps(cutout, psf, start, options);
  if (fit.status == photometry::FitStatus::too_few_pixels || fit.status == photometry::FitStatus::singular)
    return {};
  return {fit.components[0].flux, fit.components[0].flux_error};
}

void add_point_columns(io::Table& table, const std::vector<PointFlux>& fluxes) {
  const std::size_t n = fluxes.size();
  add_reals(table, "flux_psf", "nJy", "flux of a point source fitted at the position, with a plane", n,
            [&](std::size_t i) { return fluxes[i].flux_njy; });
  add_reals(table, "flux_psf_err", "nJy", "1 sigma: least squares with the local sky's scatter, white noise",
            n, [&](std::size_t i) { return fluxes[i].error_njy; });
  add_reals(table, "mag_psf", "mag", "AB magnitude of flux_psf; NaN when it is not positive", n,
            [&](std::size_t i) { return units::abmag_from_njy(fluxes[i].flux_njy); });
  add_reals(table, "snr_psf", "", "flux_psf over its error", n,
            [&](std::size_t i) { return fluxes[i].flux_njy / fluxes[i].error_njy; });
}

io::Table detection_table(const sky::Exposure& exposure, const std::vector<Detection>& objects) {
  io::Table table("DETECTIONS");
  const std::size_t n = objects.size();
  std::vector<double> x, y;
  for (const Detection& d : objects) {
    x.push_back(d.x);
    y.push_back(d.y);
  }
  add_integers(table, "id", "number of the detection, from 0", n,
               [](std::size_t i) { return static_cast<std::int64_t>(i); });
  table.add("x", "pix", "barycentre; 0 is the centre of the first pixel", x);
  table.add("y", "pix", "barycentre; 0 is the centre of the first pixel", y);
  add_sky_columns(table, exposure.wcs, x, y);
  add_reals(table, "a_pix", "pix", "isophotal rms along the major axis, PSF included", n,
            [&](std::size_t i) { return objects[i].a; });
  add_reals(table, "b_pix", "pix", "isophotal rms along the minor axis, PSF included", n,
            [&](std::size_t i) { return objects[i].b; });
  add_reals(table, "angle_deg", "deg", "major axis, counter-clockwise from +x", n,
            [&](std::size_t i) { return objects[i].theta_rad / units::degree; });
  add_reals(
      table, "pa_deg", "deg", "position angle of the major axis, North through East", n,
      [&](std::size_t i) { return position_angle_deg(exposure.wcs, x[i], y[i], objects[i].theta_rad); });
  add_integers(table, "area_pix", "pixels above the threshold", n,
               [&](std::size_t i) { return std::int64_t{objects[i].pixels}; });
  add_reals(table, "flux_isophotal", "nJy", "sum of these pixels, diffuse light subtracted", n,
            [&](std::size_t i) { return objects[i].flux_njy; });
  add_integers(table, "sep_flags", "flags of libsep: 1 deblended, 2 truncated by the edge, 8 singular", n,
               [&](std::size_t i) { return std::int64_t{objects[i].flags}; });
  return table;
}

std::vector<io::Ds9Region> regions_of(const sky::Exposure& exposure, const std::vector<Detection>& objects) {
  std::vector<io::Ds9Region> regions;
  for (std::size_t i = 0; i < objects.size(); ++i) {
    const Detection& d = objects[i];
    regions.push_back(region_at(exposure, d.x, d.y, region_sigmas * d.a, region_sigmas * d.b, d.theta_rad,
                                d.flags ? "yellow" : "green", std::to_string(i)));
  }
  return regions;
}

// The point source that five sigma of the sky's scatter in an aperture of one FWHM radius hide.
photometry::DepthLimit depth_of(const sky::Exposure& exposure, const photometry::DetectionResult& found,
                                const sky::Psf& psf, const photometry::DetectionOptions& options) {
  Random random({0, "depth"});
  return photometry::limiting_depth(
      photometry::background_subtracted(exposure.flux_njy, exposure.error_njy, options.background_mesh_pix),
      found.segmentation, psf, {}, random);
}

// A PSF that the image cannot hold.
std::string larger_than(const Array2D<float>& image, const Array2D<double>& psf) {
  if (psf.width() <= image.width() && psf.height() <= image.height()) return "";
  return fmt::format("--psf: {} x {} pixels, larger than the image of {} x {}\n", psf.width(), psf.height(),
                     image.width(), image.height());
}

}  // namespace

std::string run_detect(const DetectArguments& a) {
  check(a);
  const sky::Exposure exposure =
      read_mosaic({"", a.image, a.error, a.weight, a.pixel_scale_arcsec.value_or(0), 0, false});
  std::optional<sky::Psf> psf;
  if (!a.psf.empty()) psf = read_psf(a.psf, "", a.psf_scale_arcsec.value_or(0), exposure.pixel_scale_arcsec);

  const photometry::DetectionResult found =
      photometry::detect(exposure.flux_njy, exposure.error_njy, a.detection);
  io::Table table = detection_table(exposure, found.objects);
  std::string lines = fmt::format("{} detections in {}\n", table.rows(), a.image);
  if (psf) {
    const photometry::PsfTransform transform(*psf, 9);
    std::vector<PointFlux> fluxes(found.objects.size());
    parallel_for(fluxes.size(), a.threads, [&](std::size_t i) {
      fluxes[i] = point_flux(exposure, found, found.objects[i], transform);
    });
    add_point_columns(table, fluxes);
    const photometry::DepthLimit depth = depth_of(exposure, found, *psf, a.detection);
    if (std::isfinite(depth.mag_ab)) {
      lines += fmt::format(
          "depth: {:.2f} mag AB ({:.3g} nJy), point source, 5 sigma in {} apertures of radius {:.3f}\"\n",
          depth.mag_ab, depth.flux_njy, depth.apertures, psf->fwhm_arcsec());
      table.note("DEPTHMAG", fmt::format("{:.4f}", depth.mag_ab));
    }
  }
  table.note("THRESH", fmt::format("{:.4f}", a.detection.threshold_sigma));
  table.note("PIXSCALE", fmt::format("{:.8f}", exposure.pixel_scale_arcsec));
  for (const std::string& note : exposure.notes) lines += note + "\n";
  if (psf) lines += larger_than(exposure.flux_njy, psf->image());

  io::write_fits_tables(a.output, {table});
  if (!a.regions.empty())
    io::write_ds9(a.regions, frame_of(exposure.wcs), regions_of(exposure, found.objects));
  return lines + a.output.string() + "\n";
}

}  // namespace arcproof::commands
