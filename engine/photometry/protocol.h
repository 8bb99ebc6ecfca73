// The photometry protocol `claeyssens2023`: from a list of detections to sizes and fluxes with errors in all
// bands. Claeyssens+2023 section 5.2; Claeyssens+2025 section 3.1.2.
//
// - Reference band: 9 x 9 cutout, elliptical Gaussian (PSF-convolved) and plane; clumps closer than 4 pixels
//   are fitted together in 13 x 13.
// - Other bands: flux and plane, shape fixed (on the band's own pixels), centre free within 1 pixel.
// - Errors: 100 refits with the local sky's noise redrawn, in every band with the shape of that redraw; the
//   flux error is the quadrature of the redraws' scatter and the source's own shot noise.
#pragma once

#include "engine/core/keys.h"
#include "engine/core/random.h"
#include "engine/inference/summary.h"
#include "engine/photometry/clump_fit.h"
#include "engine/photometry/detection.h"
#include "engine/photometry/fit_quality.h"
#include "engine/sky/exposure.h"
#include "engine/sky/pixel_map.h"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace arcproof::photometry {

/// What the redraws take the sky's noise for.
enum class NoiseModel {
  white,      ///< the papers': independent pixels with the local standard deviation
  correlated  ///< the same standard deviation, and the correlation of the mosaic's empty sky
};

struct ProtocolOptions {
  int cutout = 9;
  int group_cutout = 13;
  double group_distance_pix = 4;
  int max_group = 4;
  int redraws = 100;
  double forced_shift_pix = 1.0;
  bool fix_position_in_groups = true;
  NoiseModel noise = NoiseModel::correlated;
  FitOptions fit;
  QualityOptions quality;

  void describe(Keys& keys) { describe(keys, 2); }
  /// `fewest_redraws`: 0 of those who do without the errors of redraws, else 2: a run selects clumps by them.
  void describe(Keys& keys, int fewest_redraws) {
    std::string protocol = "claeyssens2023";
    keys.text("protocol", protocol, "how clumps are measured", {"claeyssens2023"});
    keys.integer("redraws", redraws, "",
                 fewest_redraws == 0 ? "Monte-Carlo noise realisations per clump, for the errors; 0: none"
                                     : "Monte-Carlo noise realisations per clump, for the errors",
                 Allowed::between(fewest_redraws, 10000));
    keys.check(
        redraws != 1, "redraws", [] { return std::string("1, which has no scatter"); },
        "0 (none), or 2 and more");
    keys.number("group_distance_pix", group_distance_pix, "pixel",
                "clumps closer than this are fitted together", Allowed::between(0, 100));
    keys.number("forced_shift_pix", forced_shift_pix, "pixel",
                "how far the centre may shift in the other bands; 0: fixed", Allowed::between(0, 4));
    keys.flag("fix_position_in_groups", fix_position_in_groups, "fixed centres for clumps fitted together");
    keys.choice("noise", noise,
                "noise model of the realisations: independent pixels, or the correlation of the empty sky",
                {{"white", NoiseModel::white}, {"correlated", NoiseModel::correlated}});
    keys.optional_object(
        "prior", fit.prior,
        "weak priors on the shape: the fit then maximises the posterior (absent: the papers' fit)");
    keys.choice("background", fit.plane, "background model of the fits",
                {{"plane", true}, {"constant", false}});
    keys.number("max_sigma_pix", fit.max_sigma_pix, "pixel", "largest standard deviation of a clump",
                Allowed::between(0.5, 12));
    keys.number("min_axis_ratio", fit.min_axis_ratio, "", "smallest ratio of minor to major axis",
                Allowed::between(0.01, 1));
    quality.describe(keys);
  }
};

/// A band ready for photometry.
struct BandData {
  const sky::Exposure* exposure = nullptr;
  const BandPsf* psf = nullptr;
  const Array2D<int>* segmentation = nullptr;     ///< on this band's own grid
  const NoiseCorrelation* correlation = nullptr;  ///< of this band's noise; null: taken to be white
};

/// A shape on another image's pixels.
Covariance carried(const sky::PixelMap& map, const Covariance& shape);

/// Of the redraws.
struct Interval68 : inference::ErrorBar {
  double value = 0;
};

struct BandFluxes {
  std::string band;
  double flux_njy = 0;        ///< signed; NaN without data
  double error_njy = 0;       ///< quadrature of the two below
  double scatter_njy = 0;     ///< half the 16-84% range of the redraws
  double poisson_njy = 0;     ///< shot noise of the source
  double analytic_njy = 0;    ///< of the least-squares fit, white noise
  double correlated_njy = 0;  ///< of the least-squares fit with the correlation of the noise, and shot noise
  double sky_sigma_njy = 0;
  FitStatus status = FitStatus::too_few_pixels;
  double snr() const { return error_njy > 0 ? flux_njy / error_njy : 0; }
};

/// One refit with other noise, of all quantities together: what the fit knows of flux and size jointly.
struct Redraw {
  double x = 0, y = 0;  ///< in the reference band [pixel]
  Covariance shape;
  std::vector<double> flux_njy;  ///< [band], with shot noise of the source; NaN where there was no fit
};

struct ClumpPhotometry {
  double x = 0, y = 0;              ///< fitted position in the reference band [pixel]
  double x_error = 0, y_error = 0;  ///< analytic, for noise of ProtocolOptions::noise
  Interval68 sigma_major_pix, sigma_minor_pix, circular_sigma_pix;  ///< the last is sqrt(major * minor)
  double angle_rad = 0;  ///< of the major axis from +x, counter-clockwise
  int group_size = 1;    ///< clumps fitted together
  FitStatus status = FitStatus::too_few_pixels;
  double chi2_reduced = 0;
  DataCheck check;                  ///< of the fit in the reference band
  int quality = quality_no_result;  ///< bits of Quality
  bool trusted = false;             ///< by QualityOptions::trusts
  std::vector<BandFluxes> bands;    ///< in the order of the input; the reference band among them
  std::vector<Redraw> redraws;
  Covariance shape;
};

/// What is known of a clump from elsewhere, and not fitted: in no band, nor in the redraws.
struct KnownFit {
  std::optional<sky::PixelPosition> position = std::nullopt;  ///< in the reference band [pixel]
  std::optional<Covariance> shape = std::nullopt;  ///< before the PSF, on the reference band's pixels
};

/// Measures detection `index`; the others are its possible companions. `reference` is the index of the
/// reference band. With a known position the clump is measured as if it had been detected there. With a known
/// shape its intervals are of no width, and the errors of its fluxes are those at that shape; with both, the
/// fit of a clump without companions is linear.
ClumpPhotometry measure_clump(std::span<const Detection> detections, std::size_t index,
                              std::span<const BandData> bands, std::size_t reference,
                              const ProtocolOptions& options, Random& random, const KnownFit& known = {});

}  // namespace arcproof::photometry
