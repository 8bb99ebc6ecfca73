// What the pipeline is asked for, and what it says of one clump.
#pragma once

#include "engine/core/keys.h"
#include "engine/photometry/protocol.h"
#include "engine/photometry/sky_noise.h"
#include "engine/pipeline/field.h"
#include "engine/sed/fits/grids/fit_grid.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

namespace arcproof::pipeline {

/// A range of the colour blue - red [mag, AB], corrected for Galactic extinction.
struct ColourRange {
  std::string blue, red;
  double low_mag = 0, high_mag = 0;

  void describe(Keys& keys) {
    for (const char* key : {"blue", "red", "min_mag", "max_mag"}) keys.required(key);
    keys.text("blue", blue, "band of the colour blue - red");
    keys.text("red", red, "band of the colour blue - red");
    keys.number("min_mag", low_mag, "mag", "smallest colour, AB, corrected for Galactic extinction",
                Allowed::between(-100, 100));
    keys.number("max_mag", high_mag, "mag", "largest colour", Allowed::between(-100, 100));
    keys.check(
        low_mag < high_mag, "min_mag", [this] { return fmt::format("{:g} .. {:g}", low_mag, high_mag); },
        "min_mag below max_mag");
  }
};

struct PipelineOptions {
  photometry::DetectionOptions detection;
  photometry::ProtocolOptions photometry;
  photometry::LimitOptions limits;
  photometry::NoiseCorrelationOptions noise;
  bool residual_pass = true;
  bool only_host = true;  ///< detections outside the host's mask are found, but not measured
  double min_snr = 3;
  int max_pass = 2;
  /// Clumps inside all of these ranges are taken for interlopers and not selected: globular clusters of the
  /// lens lie at 0 < F150W - F200W < 0.3, -1 < F200W - F356W < -0.5 (z = 0.35; Claeyssens+2025 section 3.1).
  /// Empty: none.
  std::vector<ColourRange> interloper_box;
  double resolution_floor_pix = 0.4;
  sed::GridFitOptions sed;

  /// All but `only_host` and `noise`, which no user sets.
  void describe(Keys& keys) {
    keys.object("detection", detection, "source detection with libsep");
    keys.flag("residual_pass", residual_pass, "detect again after the fitted clumps are subtracted");
    keys.object("photometry", photometry, "PSF-convolved fits");
    keys.object("limits", limits, "limiting magnitudes");
    keys.number("min_snr", min_snr, "", "minimum S/N in both reference bands", Allowed::between(0, 1e4));
    keys.integer("max_pass", max_pass, "", "1: clumps of the residual pass are measured, but not selected",
                 Allowed::between(1, 2));
    keys.list("interloper_box", interloper_box,
              "ranges of colour: clumps inside all of them are interlopers and not selected");
    keys.number("resolution_floor_pix", resolution_floor_pix, "pixel of the reference band",
                "smallest resolvable standard deviation", Allowed::above(0, 100));
    keys.object("sed", sed, "chi-squared fit of the SED on the grid");
  }
};

/// Part of the image to measure; detections elsewhere are found but not measured. What lies within `radius`
/// is fitted, so that the residual image is clean around what lies within `core`; only that is taken on to
/// errors, delensing and SED.
struct Region {
  double x = 0, y = 0;  ///< [pixel of the reference band]
  double radius = 0;    ///< [pixel]
  double core = 0;      ///< [pixel], <= radius
  /// Where an object is known to be on other evidence (an eye, another band): it is measured there whether or
  /// not it was detected, in place of detections within a fit's reach.
  std::optional<sky::PixelPosition> marked = std::nullopt;
};

/// A clump through another lens model than the main one. Position, shape and fluxes are those of the sky and
/// do not change; magnification and size are computed as with the main lens. The SED fit knows the scale of
/// the fluxes through the mass alone (limits are scaled with the fluxes), so that age, extinction and
/// metallicity stay and
///
///   log10 M_alternative = log10 M - log10(mu_alternative / mu).
///
/// NaN outside the host or that lens's map; the mass also where the main lens gives none.
struct AlternativeDelensing {
  double mu = 0;             ///< median of |mu| inside the ellipse
  double mu_tangential = 0;  ///< |mu_t| at the centre
  lens::IntrinsicSize size;  ///< an upper limit where the main lens's is: the case depends on the sky only
  double log_mass_msun = 0;  ///< log10 of the stellar mass formed [solMass]
};

struct MeasuredClump {
  std::int64_t id = 0;  ///< number in the field's list of detections, first pass first
  int pass = 1;
  bool redrawn = false;  ///< within the core of a region; otherwise only the best fit is known
  photometry::ClumpPhotometry photometry;
  bool enough_snr = false;  ///< S/N > min_snr in both reference bands
  bool selected = false;    ///< enough_snr, a trusted fit, no later pass than max_pass, and no interloper
  bool interloper = false;  ///< inside the colours of the interlopers
  bool in_host = false;
  lens::ClumpMagnification magnification;  ///< the rest is NaN outside the host or the lens map
  lens::IntrinsicSize size;
  std::vector<AlternativeDelensing> alternatives;  ///< one for each of the field's, in their order
  lens::Vector2 source_arcsec;                     ///< position in the source plane, lens frame
  double radius_pc_minus = 0,
         radius_pc_plus = 0;  ///< fit and magnification in quadrature; NaN for upper limits
  double absolute_mag = 0, absolute_mag_error = 0;  ///< in the reference band, AB
  sed::SedResult sed;
};

/// What is known from elsewhere of a clump behind the lens, in place of what the analysis takes or measures.
struct KnownSource {
  /// Its errors are its own: 0 where it is known exactly.
  std::optional<lens::ClumpMagnification> magnification = std::nullopt;
  std::optional<double> z = std::nullopt;  ///< in place of the field's; the grid must be of that redshift
  const sed::ModelGrid* grid = nullptr;    ///< models among which the SED is fitted; null: the field's
};

/// What a band's empty sky says.
struct BandSky {
  photometry::DepthLimit depth;
  photometry::NoiseCorrelation correlation;
};

}  // namespace arcproof::pipeline
