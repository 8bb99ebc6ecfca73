#include "recipes/program/commands/mosaics/fit_products.h"

#include "engine/core/missing.h"
#include "engine/core/text.h"
#include "engine/core/units.h"
#include "engine/photometry/subtraction.h"
#include "recipes/program/commands/shared.h"

#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

namespace arcproof::commands {

using photometry::BandFluxes;
using photometry::ClumpPhotometry;
using photometry::FitStatus;

bool was_fitted(FitStatus status) {
  return status != FitStatus::too_few_pixels && status != FitStatus::singular;
}

namespace {

constexpr double resolution_floor_pix = 0.4;                 // Claeyssens+2023 section 5.2
constexpr double half_width_per_sigma = 1.1774100225154747;  // sqrt(2 ln 2)

/// The rows of the catalogue, by number; quantities of fits that did not take place are NaN.
class FittedRows {
 public:
  FittedRows(const FitBands& bands, const std::vector<ClumpPhotometry>& clumps)
      : bands_(bands), clumps_(clumps) {}

  io::Table table(const io::Column& id) {
    table_.add(id);
    place_columns();
    shape_columns();
    for (std::size_t b = 0; b < bands_.names.size(); ++b) flux_columns(b);
    return std::move(table_);
  }

 private:
  const std::optional<sky::Wcs>& wcs() const { return bands_.reference_exposure().wcs; }

  template <class Get>
  void real(const std::string& name, const std::string& unit, const std::string& description, Get get) {
    add_reals(table_, name, unit, description, clumps_.size(),
              [&](std::size_t i) { return was_fitted(clumps_[i].status) ? get(clumps_[i]) : nan; });
  }

  void place_columns() {
    std::vector<double> x, y;
    for (const ClumpPhotometry& c : clumps_) {
      x.push_back(c.x);
      y.push_back(c.y);
    }
    const std::string text =
        "position in the reference band, fitted where fit_status says so; 0 is the centre of the first pixel";
    table_.add("x", "pix", text, x);
    table_.add("y", "pix", text, y);
    real("x_err", "pix", "1 sigma, least squares with the noise of --noise",
         [](const auto& c) { return c.x_error; });
    real("y_err", "pix", "1 sigma, least squares with the noise of --noise",
         [](const auto& c) { return c.y_error; });
    add_sky_columns(table_, wcs(), x, y);
    add_integers(table_, "group_size", "sources fitted together", clumps_.size(),
                 [&](std::size_t i) { return std::int64_t{clumps_[i].group_size}; });
    add_texts(table_, "fit_status",
              "how the fit in the reference band ended; too_few_pixels: not on its image", clumps_.size(),
              [&](std::size_t i) { return std::string(to_string(clumps_[i].status)); });
    real("fit_chi2_reduced", "", "reduced chi-squared of the fit in the reference band",
         [](const auto& c) { return c.chi2_reduced; });
    add_integers(table_, "quality",
                 "reasons not to trust the fit, and cautions, one a bit (QBIT1 ... of the header)",
                 clumps_.size(), [&](std::size_t i) { return std::int64_t{clumps_[i].quality}; });
    photometry::note_quality_bits(table_);
  }

  template <class Get>
  void interval(const std::string& name, const std::string& description, Get get) {
    real(name, "pix", description, [&](const auto& c) { return get(c).value; });
    real(name + "_err_minus", "pix", "distance to the 16% quantile of the redraws",
         [&](const auto& c) { return get(c).minus; });
    real(name + "_err_plus", "pix", "distance to the 84% quantile of the redraws",
         [&](const auto& c) { return get(c).plus; });
  }

  void shape_columns() {
    interval("sigma_major_pix", "standard deviation of the PSF-deconvolved Gaussian, major axis",
             [](const ClumpPhotometry& c) { return c.sigma_major_pix; });
    interval("sigma_minor_pix", "standard deviation of the PSF-deconvolved Gaussian, minor axis",
             [](const ClumpPhotometry& c) { return c.sigma_minor_pix; });
    interval("sigma_circular_pix", "sqrt(major * minor) of the standard deviations",
             [](const ClumpPhotometry& c) { return c.circular_sigma_pix; });
    real("axis_ratio", "", "minor / major",
         [](const auto& c) { return c.sigma_minor_pix.value / c.sigma_major_pix.value; });
    real("angle_deg", "deg", "major axis, counter-clockwise from +x of the reference band",
         [](const auto& c) { return c.angle_rad / units::degree; });
    real("pa_deg", "deg", "position angle of the major axis, North through East",
         [&](const auto& c) { return position_angle_deg(wcs(), c.x, c.y, c.angle_rad); });
    io::Flags unresolved;
    for (const ClumpPhotometry& c : clumps_)
      unresolved.push_back(was_fitted(c.status) && c.sigma_major_pix.value < resolution_floor_pix);
    table_.add("unresolved", "", "sigma_major_pix is below the resolution floor of 0.4 pixel",
               std::move(unresolved));
  }

  void flux_columns(std::size_t b) {
    const std::string name = lower_case(bands_.names[b]);
    const auto band = [b](const ClumpPhotometry& c) -> const BandFluxes& { return c.bands[b]; };
    real("flux_" + name, "nJy", "observed flux, signed", [&](const auto& c) { return band(c).flux_njy; });
    real("flux_" + name + "_err", "nJy", "1 sigma: redraws and shot noise in quadrature; NaN without redraws",
         [&](const auto& c) { return band(c).error_njy; });
    real("flux_" + name + "_err_analytic", "nJy", "1 sigma: least squares with white noise, and shot noise",
         [&](const auto& c) { return std::hypot(band(c).analytic_njy, band(c).poisson_njy); });
    real("flux_" + name + "_err_correlated", "nJy",
         "1 sigma: least squares with the noise correlation of the mosaic, and shot noise",
         [&](const auto& c) { return band(c).correlated_njy; });
    real("snr_" + name, "", "flux over its error of the redraws; without redraws over the correlated one",
         [&](const auto& c) {
           return band(c).flux_njy /
                  (std::isfinite(band(c).error_njy) ? band(c).error_njy : band(c).correlated_njy);
         });
    real("mag_" + name, "mag", "observed AB magnitude; NaN when the flux is not positive",
         [&](const auto& c) { return units::abmag_from_njy(band(c).flux_njy); });
  }

  const FitBands& bands_;
  const std::vector<ClumpPhotometry>& clumps_;
  io::Table table_{"CATALOG"};
};

}  // namespace

io::Table fit_table(const io::Column& id, const FitBands& bands, const std::vector<ClumpPhotometry>& clumps) {
  return FittedRows(bands, clumps).table(id);
}

io::Table redraw_table(const io::Column& id, const FitBands& bands,
                       const std::vector<ClumpPhotometry>& clumps) {
  io::Table table("REDRAWS");
  std::vector<std::size_t> clump_of;
  std::vector<const photometry::Redraw*> redraws;
  io::Integers number;
  for (std::size_t i = 0; i < clumps.size(); ++i)
    for (const photometry::Redraw& redraw : clumps[i].redraws) {
      number.push_back(&redraw - clumps[i].redraws.data());
      clump_of.push_back(i);
      redraws.push_back(&redraw);
    }
  table.add(rows_of(id, clump_of));
  table.add("redraw", "", "number of the redraw, from 0", std::move(number));
  std::vector<double> x, y;
  for (const photometry::Redraw* r : redraws) {
    x.push_back(r->x);
    y.push_back(r->y);
  }
  table.add("x", "pix", "fitted position in the reference band; 0 is the centre of the first pixel", x);
  table.add("y", "pix", "fitted position in the reference band; 0 is the centre of the first pixel", y);
  const std::optional<sky::Wcs>& wcs = bands.reference_exposure().wcs;
  add_sky_columns(table, wcs, x, y);
  const auto real = [&](const std::string& name, const std::string& unit, const std::string& description,
                        auto get) {
    add_reals(table, name, unit, description, redraws.size(),
              [&](std::size_t i) { return get(*redraws[i]); });
  };
  using photometry::Redraw, photometry::principal_axes;
  real("sigma_major_pix", "pix", "standard deviation of the PSF-deconvolved Gaussian, major axis",
       [](const Redraw& r) { return principal_axes(r.shape).sigma_major; });
  real("sigma_minor_pix", "pix", "standard deviation of the PSF-deconvolved Gaussian, minor axis",
       [](const Redraw& r) { return principal_axes(r.shape).sigma_minor; });
  real("pa_deg", "deg", "position angle of the major axis, North through East",
       [&](const Redraw& r) { return position_angle_deg(wcs, r.x, r.y, principal_axes(r.shape).angle_rad); });
  for (std::size_t b = 0; b < bands.names.size(); ++b)
    real("flux_" + lower_case(bands.names[b]), "nJy",
         "observed flux with the sky's noise redrawn, and shot noise of the source",
         [b](const Redraw& r) { return r.flux_njy[b]; });
  return table;
}

void add_sersic_columns(io::Table& table, const std::vector<photometry::SersicFit>& fits,
                        const FitBands& bands, bool index_free) {
  const sky::Exposure& e = bands.reference_exposure();
  const auto real = [&](const std::string& name, const std::string& unit, const std::string& description,
                        auto get) {
    add_reals(table, name, unit, description, fits.size(),
              [&](std::size_t i) { return was_fitted(fits[i].status) ? get(fits[i]) : nan; });
  };
  using Fit = photometry::SersicFit;
  add_texts(table, "sersic_status", "how the Sersic fit in the reference band ended", fits.size(),
            [&](std::size_t i) { return std::string(to_string(fits[i].status)); });
  real("sersic_x", "pix", "position of the profile", [](const Fit& f) { return f.x; });
  real("sersic_y", "pix", "position of the profile", [](const Fit& f) { return f.y; });
  real("sersic_flux", "nJy", "total flux of the profile, to infinity", [](const Fit& f) { return f.flux; });
  real("sersic_flux_err", "nJy", "1 sigma, least squares with white noise",
       [](const Fit& f) { return f.flux_error; });
  real("sersic_mag", "mag", "AB magnitude of sersic_flux",
       [](const Fit& f) { return units::abmag_from_njy(f.flux); });
  real("sersic_radius_pix", "pix", "half-light radius, circularised: sqrt(major * minor)",
       [](const Fit& f) { return f.shape.effective_radius_pix; });
  real("sersic_radius_pix_err", "pix", "1 sigma, least squares with white noise",
       [](const Fit& f) { return f.radius_error; });
  real("sersic_radius_arcsec", "arcsec", "half-light radius, circularised",
       [&](const Fit& f) { return f.shape.effective_radius_pix * e.pixel_scale_arcsec; });
  real("sersic_n", "", index_free ? "Sersic index" : "Sersic index, fixed",
       [](const Fit& f) { return f.shape.n; });
  real("sersic_n_err", "", "1 sigma, least squares with white noise; NaN where n is fixed",
       [&](const Fit& f) { return index_free ? f.index_error : nan; });
  real("sersic_axis_ratio", "", "minor / major", [](const Fit& f) { return f.shape.axis_ratio; });
  real("sersic_angle_deg", "deg", "major axis, counter-clockwise from +x",
       [](const Fit& f) { return f.shape.angle_rad / units::degree; });
  real("sersic_pa_deg", "deg", "position angle of the major axis, North through East",
       [&](const Fit& f) { return position_angle_deg(e.wcs, f.x, f.y, f.shape.angle_rad); });
  real("sersic_chi2_reduced", "", "reduced chi-squared of the fit",
       [](const Fit& f) { return f.chi2 / std::max(1, f.degrees_of_freedom); });
}

// Half of the light of the model lies within the ellipse, about: that of the source and of the PSF in
// quadrature.
std::vector<io::Ds9Region> fit_regions(const FitBands& bands, const std::vector<ClumpPhotometry>& clumps,
                                       const io::Table& table) {
  const sky::Exposure& e = bands.reference_exposure();
  const double psf = 0.5 * bands.psfs[bands.reference].fwhm_arcsec() / e.pixel_scale_arcsec;
  const auto* names = std::get_if<io::Texts>(&table.column("id").values);
  std::vector<io::Ds9Region> regions;
  for (std::size_t i = 0; i < clumps.size(); ++i) {
    const ClumpPhotometry& c = clumps[i];
    if (!std::isfinite(c.x) || !std::isfinite(c.y)) continue;
    const double major = std::hypot(half_width_per_sigma * c.sigma_major_pix.value, psf),
                 minor = std::hypot(half_width_per_sigma * c.sigma_minor_pix.value, psf);
    regions.push_back(region_at(e, c.x, c.y, major, minor, c.angle_rad, color_of(c.status),
                                names ? (*names)[i] : std::to_string(table.integers("id")[i])));
  }
  return regions;
}

namespace {

Array2D<float> subtract_profiles(Array2D<float> image, const std::vector<photometry::SersicFit>& fits,
                                 const sky::Psf& psf, int size) {
  for (const photometry::SersicFit& fit : fits) {
    if (!was_fitted(fit.status)) continue;
    const int cx = static_cast<int>(std::lround(fit.x)), cy = static_cast<int>(std::lround(fit.y));
    const std::vector<double> model = photometry::sersic_image(psf, size, fit.x - cx, fit.y - cy, fit.shape);
    for (int k = 0; k < size * size; ++k) {
      const int x = cx + k % size - size / 2, y = cy + k / size - size / 2;
      if (image.contains(x, y))
        image(x, y) -= static_cast<float>(fit.flux * model[static_cast<std::size_t>(k)]);
    }
  }
  return image;
}

}  // namespace

void write_residual(const FitArguments& a, const FitBands& bands, const std::vector<ClumpPhotometry>& clumps,
                    const std::vector<photometry::SersicFit>& profiles) {
  const sky::Exposure& e = bands.reference_exposure();
  const Array2D<float> residual =
      profiles.empty()
          ? photometry::subtract_models(e.flux_njy, clumps, bands.reference, bands.psfs[bands.reference])
          : subtract_profiles(e.flux_njy, profiles, bands.psfs[bands.reference], a.sersic_size_pix);
  io::FitsHeader header = wcs_header(e.wcs);
  header.add("BUNIT", "nJy", "per pixel");
  header.add("PIXSCALE", fmt::format("{:.8f}", e.pixel_scale_arcsec), "[arcsec] pixel scale");
  header.add("FILTER", e.band);
  io::write_fits_images(a.residual, {{"RESIDUAL", residual, header}});
}

namespace {

std::string counts_in_words(const std::vector<ClumpPhotometry>& clumps) {
  std::map<std::string, int> counts;
  for (const ClumpPhotometry& c : clumps) ++counts[std::string(to_string(c.status))];
  std::string text = fmt::format("{} sources:", clumps.size());
  for (const auto& [status, count] : counts) text += fmt::format(" {} {}", count, status);
  return text + "\n";
}

// Two rows that end in one place share one light: neighbours beyond the distance of groups, in each other's
// cutouts.
std::string doubled(const std::vector<ClumpPhotometry>& clumps, double group_distance_pix) {
  int count = 0;
  for (const ClumpPhotometry& a : clumps)
    count += std::any_of(clumps.begin(), clumps.end(), [&](const ClumpPhotometry& b) {
      return &a != &b && std::isfinite(a.chi2_reduced) && a.chi2_reduced > 0 &&
             std::hypot(a.x - b.x, a.y - b.y) < 1;
    });
  if (!count) return "";
  return fmt::format(
      "{} sources end within a pixel of another: their light counts twice. --group-distance (now {:g} "
      "pixels) fits "
      "neighbours together.\n",
      count, group_distance_pix);
}

}  // namespace

std::string fit_summary(const std::vector<ClumpPhotometry>& clumps, double group_distance_pix) {
  return counts_in_words(clumps) + doubled(clumps, group_distance_pix);
}

}  // namespace arcproof::commands
