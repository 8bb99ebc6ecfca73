#include "engine/pipeline/catalogue.h"

#include "engine/core/missing.h"
#include "engine/core/text.h"
#include "engine/core/units.h"
#include "engine/pipeline/derived.h"
#include "engine/population/dynamics.h"
#include "engine/sky/position_angle.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace arcproof::pipeline {
namespace {

// Adds columns row by row from one function of a clump each.
class Columns {
 public:
  Columns(io::Table& table, std::span<const MeasuredClump> clumps) : table_(table), clumps_(clumps) {}

  template <class Get>
  void real(std::string name, std::string unit, std::string description, Get get) {
    add<io::Reals>(std::move(name), std::move(unit), std::move(description), get);
  }
  template <class Get>
  void integer(std::string name, std::string description, Get get) {
    add<io::Integers>(std::move(name), "", std::move(description), get);
  }
  template <class Get>
  void text(std::string name, std::string description, Get get) {
    add<io::Texts>(std::move(name), "", std::move(description), get);
  }
  template <class Get>
  void flag(std::string name, std::string description, Get get) {
    add<io::Flags>(std::move(name), "", std::move(description), get);
  }

 private:
  template <class Values, class Get>
  void add(std::string name, std::string unit, std::string description, Get get) {
    Values values;
    for (const MeasuredClump& clump : clumps_) values.push_back(get(clump));
    table_.add(std::move(name), std::move(unit), std::move(description), std::move(values));
  }
  io::Table& table_;
  std::span<const MeasuredClump> clumps_;
};

// Position angle from North through East of a direction in the lens frame (+x west, +y north).
double position_angle_deg(const MeasuredClump& clump, const AnalysisField& field) {
  const auto linear = field.frame.linear_at({clump.photometry.x, clump.photometry.y});
  const double c = std::cos(clump.photometry.angle_rad), s = std::sin(clump.photometry.angle_rad);
  const double west = linear.xx * c + linear.xy * s, north = linear.yx * c + linear.yy * s;
  return sky::position_angle_deg(-west, north);
}

void identity_columns(Columns& add, const AnalysisField& field) {
  add.integer("detection_id", "number in the field's list of detections", [](const auto& c) { return c.id; });
  add.text("field", "name of the field", [&](const auto&) { return field.name; });
  add.text("host", "galaxy to which the clump is taken to belong",
           [&](const auto& c) { return c.in_host ? field.host : std::string(); });
  add.real("x", "pix", "fitted position, reference band; 0 is the centre of the first pixel",
           [](const auto& c) { return c.photometry.x; });
  add.real("y", "pix", "fitted position, reference band; 0 is the centre of the first pixel",
           [](const auto& c) { return c.photometry.y; });
  add.real("ra", "deg", "right ascension, ICRS", [&](const auto& c) {
    const auto sky = field.frame.to_sky({c.photometry.x, c.photometry.y});
    return sky ? sky->ra_deg : nan;
  });
  add.real("dec", "deg", "declination, ICRS", [&](const auto& c) {
    const auto sky = field.frame.to_sky({c.photometry.x, c.photometry.y});
    return sky ? sky->dec_deg : nan;
  });
  add.real("z", "", "redshift of the host", [&](const auto& c) { return c.in_host ? field.z : nan; });
  add.integer("detection_pass", "1: image; 2: residual image after the first clumps were subtracted",
              [](const auto& c) { return std::int64_t{c.pass}; });
  add.integer("group_size", "clumps fitted together",
              [](const auto& c) { return std::int64_t{c.photometry.group_size}; });
  add.text("fit_status", "how the fit in the reference band ended",
           [](const auto& c) { return std::string(photometry::to_string(c.photometry.status)); });
  add.real("fit_chi2_reduced", "", "reduced chi-squared of the fit in the reference band",
           [](const auto& c) { return c.photometry.chi2_reduced; });
  add.integer("quality", "reasons not to trust the fit, and cautions, one a bit (QBIT1 ... of the header)",
              [](const auto& c) { return std::int64_t{c.photometry.quality}; });
  add.text("quality_words", "the same in words",
           [](const auto& c) { return photometry::quality_words(c.photometry.quality); });
  add.flag("trusted", "no reason against the fit that the recipe rejects",
           [](const auto& c) { return c.photometry.trusted; });
  add.real("data_light", "nJy",
           "light of the data in the cutout of the fit, without any model: engine/photometry/fit_quality.h",
           [](const auto& c) { return c.photometry.check.data_njy; });
  add.real("data_light_err", "nJy", "1 sigma of data_light, white noise",
           [](const auto& c) { return c.photometry.check.data_error_njy; });
  add.real("model_light", "nJy", "light of the fitted model, summed in the same way",
           [](const auto& c) { return c.photometry.check.model_njy; });
  add.flag("enough_snr", "S/N above the recipe's in both reference bands",
           [](const auto& c) { return c.enough_snr; });
  add.flag("selected", "enough_snr, trusted, of an allowed detection pass, and no interloper",
           [](const auto& c) { return c.selected; });
  add.flag("interloper", "inside the recipe's colours of interlopers",
           [](const auto& c) { return c.interloper; });
}

template <class Get>
void interval_columns(Columns& add, const std::string& name, const std::string& unit, const std::string& text,
                      Get get) {
  add.real(name, unit, text, [&](const auto& c) { return get(c).value; });
  add.real(name + "_err_minus", unit, "distance to the 16% quantile of the redraws",
           [&](const auto& c) { return get(c).minus; });
  add.real(name + "_err_plus", unit, "distance to the 84% quantile of the redraws",
           [&](const auto& c) { return get(c).plus; });
}

void shape_columns(Columns& add, const AnalysisField& field) {
  interval_columns(add, "sigma_major_pix", "pix",
                   "standard deviation of the PSF-deconvolved Gaussian, major axis",
                   [](const MeasuredClump& c) { return c.photometry.sigma_major_pix; });
  interval_columns(add, "sigma_minor_pix", "pix",
                   "standard deviation of the PSF-deconvolved Gaussian, minor axis",
                   [](const MeasuredClump& c) { return c.photometry.sigma_minor_pix; });
  interval_columns(add, "sigma_circular_pix", "pix", "sqrt(major * minor) of the standard deviations",
                   [](const MeasuredClump& c) { return c.photometry.circular_sigma_pix; });
  add.real("axis_ratio", "", "minor / major", [](const auto& c) {
    return c.photometry.sigma_minor_pix.value / c.photometry.sigma_major_pix.value;
  });
  add.real("pa_deg", "deg", "position angle of the major axis, North through East",
           [&](const auto& c) { return position_angle_deg(c, field); });
}

void band_columns(Columns& add, const AnalysisField& field) {
  for (std::size_t b = 0; b < field.bands.size(); ++b) {
    const std::string name = lower_case(field.bands[b].name);
    const auto band = [b](const MeasuredClump& c) -> const photometry::BandFluxes& {
      return c.photometry.bands[b];
    };
    add.real("flux_" + name, "nJy", "observed flux, signed", [&](const auto& c) { return band(c).flux_njy; });
    add.real("flux_" + name + "_err", "nJy", "1 sigma: redraws and shot noise in quadrature",
             [&](const auto& c) { return band(c).error_njy; });
    add.real("flux_" + name + "_err_analytic", "nJy",
             "1 sigma: least squares with white noise, and shot noise",
             [&](const auto& c) { return std::hypot(band(c).analytic_njy, band(c).poisson_njy); });
    add.real("flux_" + name + "_err_correlated", "nJy",
             "1 sigma: least squares with the noise correlation of the mosaic, and shot noise",
             [&](const auto& c) { return band(c).correlated_njy; });
    add.real("mag_" + name, "mag", "observed AB magnitude; NaN when the flux is not positive",
             [&](const auto& c) { return units::abmag_from_njy(band(c).flux_njy); });
    add.real("snr_" + name, "", "flux over its error", [&](const auto& c) { return band(c).snr(); });
  }
}

void lens_columns(Columns& add, const AnalysisField& field) {
  const std::string reference = lower_case(field.bands[field.reference].name);
  add.real("source_x", "arcsec", "position in the source plane, lens frame, +x west",
           [](const auto& c) { return c.source_arcsec.x; });
  add.real("source_y", "arcsec", "position in the source plane, lens frame, +y north",
           [](const auto& c) { return c.source_arcsec.y; });
  add.real("mu", "", "magnification: median of |mu| over the clump's ellipse",
           [](const auto& c) { return c.magnification.mu; });
  add.real("mu_err_minus", "", "spread over the ellipse and lens posterior in quadrature",
           [](const auto& c) { return c.magnification.error_minus; });
  add.real("mu_err_plus", "", "spread over the ellipse and lens posterior in quadrature",
           [](const auto& c) { return c.magnification.error_plus; });
  add.real("mu_tangential", "", "|mu_t| at the clump's centre",
           [](const auto& c) { return c.magnification.mu_tangential; });
  add.text("size_case", "resolved, resolved_one_axis or unresolved", [](const auto& c) -> std::string {
    if (!(c.magnification.mu > 0)) return "";
    return c.size.size_case == lens::SizeCase::resolved     ? "resolved"
           : c.size.size_case == lens::SizeCase::unresolved ? "unresolved"
                                                            : "resolved_one_axis";
  });
  add.real("radius_pc", "pc", "half-light radius in the source plane; an upper limit when unresolved",
           [](const auto& c) { return c.size.radius_pc; });
  add.real("radius_pc_err_minus", "pc", "fit and magnification; NaN for upper limits",
           [](const auto& c) { return c.radius_pc_minus; });
  add.real("radius_pc_err_plus", "pc", "fit and magnification; NaN for upper limits",
           [](const auto& c) { return c.radius_pc_plus; });
  add.flag("radius_is_upper_limit", "the clump is unresolved", [](const auto& c) {
    return c.magnification.mu > 0 && c.size.size_case == lens::SizeCase::unresolved;
  });
  add.real("absmag_" + reference, "mag",
           "absolute AB magnitude in the observed reference band, corrected for mu and Galactic extinction",
           [](const auto& c) { return c.absolute_mag; });
  add.real("absmag_" + reference + "_err", "mag", "flux and magnification",
           [](const auto& c) { return c.absolute_mag_error; });
}

template <class Get>
void estimate_columns(Columns& add, const std::string& name, const std::string& unit, const std::string& text,
                      Get get) {
  add.real(name, unit, text, [&](const auto& c) { return get(c).best; });
  add.real(name + "_q16", unit, "16% quantile of the redraws", [&](const auto& c) { return get(c).low; });
  add.real(name + "_q84", unit, "84% quantile of the redraws", [&](const auto& c) { return get(c).high; });
}

void sed_columns(Columns& add) {
  add.text("sed_status", "fitted, too_few_bands or no_allowed_model", [](const auto& c) -> std::string {
    return c.sed.status == sed::SedStatus::fitted          ? "fitted"
           : c.sed.status == sed::SedStatus::too_few_bands ? "too_few_bands"
                                                           : "no_allowed_model";
  });
  add.integer("sed_bands", "bands used by the fit",
              [](const auto& c) { return std::int64_t{c.sed.bands_used}; });
  add.real("sed_chi2_reduced", "", "chi-squared of the best model over max(1, bands - 4)",
           [](const auto& c) { return c.sed.chi2_reduced; });
  estimate_columns(add, "log_mass_msun", "", "log10 of the stellar mass formed [solMass], intrinsic",
                   [](const MeasuredClump& c) { return c.sed.log_mass_msun; });
  add.real("log_mass_mu_err", "", "error of log10 mass from the magnification alone [dex]",
           [](const auto& c) {
             return 0.5 * (c.magnification.error_minus + c.magnification.error_plus) / c.magnification.mu /
                    std::log(10.0);
           });
  estimate_columns(add, "log_age_yr", "", "log10 of the age since star formation began [yr]",
                   [](const MeasuredClump& c) { return c.sed.log_age_yr; });
  estimate_columns(add, "ebv_mag", "mag", "colour excess of the attenuation law",
                   [](const MeasuredClump& c) { return c.sed.ebv_mag; });
  estimate_columns(add, "log_metallicity", "", "log10 of the metal mass fraction Z",
                   [](const MeasuredClump& c) { return c.sed.log_metallicity; });
  const auto mass = [](const MeasuredClump& c) { return std::pow(10, c.sed.log_mass_msun.best); };
  add.real("surface_density", "solMass/pc**2",
           "M / (2 pi R^2), R the half-light radius; a lower limit when unresolved",
           [&](const auto& c) { return surface_density_msun_pc2(mass(c), c.size.radius_pc); });
  add.real("crossing_time_myr", "Myr", "10 sqrt(R^3 / (G M)); an upper limit when unresolved",
           [&](const auto& c) {
             return population::crossing_time_myr({mass(c), c.size.radius_pc});
           });
  add.real("dynamical_age", "", "Pi = age / crossing time; a lower limit when unresolved",
           [&](const auto& c) {
             return population::dynamical_age(std::pow(10, c.sed.log_age_yr.best - 6),
                                              {mass(c), c.size.radius_pc});
           });
}

void alternative_columns(Columns& add, const AnalysisField& field) {
  for (std::size_t i = 0; i < field.alternatives.size(); ++i) {
    const std::string &name = field.alternatives[i].name, suffix = lower_case(name);
    const auto other = [i](const MeasuredClump& c) -> const AlternativeDelensing& {
      return c.alternatives[i];
    };
    add.real("mu_" + suffix, "", "magnification by the lens " + name + ": median of |mu| over the ellipse",
             [&](const auto& c) { return other(c).mu; });
    add.real("radius_pc_" + suffix, "pc",
             "half-light radius by the lens " + name + "; an upper limit when unresolved",
             [&](const auto& c) { return other(c).size.radius_pc; });
    add.real("log_mass_msun_" + suffix, "",
             fmt::format("log10 of the stellar mass [solMass] by the lens {}: shifted by -log10(mu_{} / mu)",
                         name, suffix),
             [&](const auto& c) { return other(c).log_mass_msun; });
  }
}

}  // namespace

io::Table catalogue(const AnalysisField& field, std::span<const MeasuredClump> clumps) {
  io::Table table("CATALOG");
  Columns add(table, clumps);
  identity_columns(add, field);
  shape_columns(add, field);
  band_columns(add, field);
  lens_columns(add, field);
  sed_columns(add);
  alternative_columns(add, field);
  photometry::note_quality_bits(table);
  return table;
}

}  // namespace arcproof::pipeline
