#include "engine/core/error.h"
#include "engine/core/missing.h"
#include "engine/core/parallel.h"
#include "engine/core/text.h"
#include "engine/core/units.h"
#include "engine/photometry/protocol.h"
#include "engine/photometry/sersic.h"
#include "engine/photometry/sky_noise.h"
#include "engine/pipeline/grids.h"
#include "engine/sky/pixel_map.h"
#include "recipes/commands/commands.h"
#include "recipes/commands/parts.h"

#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

namespace arcproof::commands {
namespace {

using photometry::BandFluxes;
using photometry::ClumpPhotometry;
using photometry::FitStatus;

constexpr double resolution_floor_pix = 0.4;                 // Claeyssens+2023 section 5.2
constexpr double off_image_pix = 10;                         // beyond it no cutout reaches the image
constexpr double half_width_per_sigma = 1.1774100225154747;  // sqrt(2 ln 2)

bool was_fitted(FitStatus status) {
  return status != FitStatus::too_few_pixels && status != FitStatus::singular;
}

// ---------------------------------------------------------------- what the user gave

using ByBand = std::map<std::string, std::string>;

// BAND=VALUE of bands that have an image, each once.
ByBand values_by_band(const std::vector<std::string>& words, const std::string& option,
                      const std::vector<std::string>& bands) {
  ByBand result;
  for (const std::string& word : words) {
    const auto [band, value] = split_band(word, option);
    if (!bands.empty() && std::find(bands.begin(), bands.end(), band) == bands.end())
      throw InputError({"", option, "the band " + band + ", which has no --image",
                        fmt::format("{}", fmt::join(bands, ", "))});
    if (!result.emplace(band, value).second)
      throw InputError({"", option, "the band " + band + " twice", "one value a band"});
  }
  return result;
}

double positive_number(const std::string& text, const std::string& option) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (end == text.c_str() || *end != '\0' || !(value > 0) || !std::isfinite(value))
    throw InputError({"", option, "'" + text + "'", "a number above 0"});
  return value;
}

// Numbers by band; one without a band is for all.
class NumbersByBand {
 public:
  NumbersByBand(const std::vector<std::string>& words, const std::string& option,
                const std::vector<std::string>& bands) {
    std::vector<std::string> named;
    for (const std::string& word : words)
      if (word.find('=') == std::string::npos) all_ = positive_number(word, option);
      else named.push_back(word);
    for (const auto& [band, value] : values_by_band(named, option, bands))
      by_band_[band] = positive_number(value, option);
  }
  double of(const std::string& band) const {
    const auto it = by_band_.find(band);
    return it == by_band_.end() ? all_ : it->second;
  }

 private:
  double all_ = 0;
  std::map<std::string, double> by_band_;
};

std::string value_of(const ByBand& values, const std::string& band) {
  const auto it = values.find(band);
  return it == values.end() ? "" : it->second;
}

/// Bands ready for photometry. BandData points into it: it stays where it is.
struct Bands {
  std::vector<std::string> names;
  std::size_t reference = 0;
  std::vector<sky::Exposure> exposures;
  std::vector<sky::Psf> psfs;
  std::vector<photometry::BandPsf> transforms;
  std::vector<Array2D<int>> segmentations;
  std::vector<photometry::NoiseCorrelation> correlations;

  const sky::Exposure& reference_exposure() const { return exposures[reference]; }
  std::vector<photometry::BandData> data() const {
    std::vector<photometry::BandData> result;
    for (std::size_t b = 0; b < names.size(); ++b)
      result.push_back({&exposures[b], &transforms[b], &segmentations[b], &correlations[b]});
    return result;
  }
};

std::vector<std::string> band_names(const FitArguments& a) {
  std::vector<std::string> names;
  for (const std::string& word : a.images) names.push_back(split_band(word, "--image").first);
  if (names.empty()) throw InputError({"", "--image", "no image", "BAND=FILE[HDU], once per band"});
  for (const std::string& name : names)  // it becomes part of the columns' names
    if (!std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) || c == '_'; }))
      throw InputError({"", "--image", "the band name '" + name + "'", "letters, digits and underscores"});
  for (std::size_t i = 0; i < names.size(); ++i)  // columns are named in lower case
    for (std::size_t j = 0; j < i; ++j)
      if (lower_case(names[i]) == lower_case(names[j]))
        throw InputError({"", "--image", "the band " + names[i] + " twice", "one image a band"});
  return names;
}

std::size_t reference_index(const FitArguments& a, const std::vector<std::string>& names) {
  if (a.reference.empty()) return 0;
  const auto it = std::find(names.begin(), names.end(), a.reference);
  if (it == names.end())
    throw InputError({"", "--reference", a.reference + ", which has no --image",
                      fmt::format("{}", fmt::join(names, ", "))});
  return static_cast<std::size_t>(it - names.begin());
}

// Bands on different grids can only be brought together through the sky.
void check_grids(const Bands& bands) {
  const sky::Exposure& reference = bands.reference_exposure();
  for (const sky::Exposure& e : bands.exposures) {
    if (!sky::overlap(reference, e))
      throw InputError({"", "--image (" + e.band + ")", "no sky in common with " + reference.band,
                        "images that overlap on the sky"});
    if (e.wcs && reference.wcs) continue;
    if (!e.flux_njy.same_shape(reference.flux_njy) ||
        std::abs(e.pixel_scale_arcsec / reference.pixel_scale_arcsec - 1) > 1e-4)
      throw InputError(
          {"", "--image (" + e.band + ")",
           fmt::format("{} x {} pixels of {:g}\", without sky coordinates in both this band and {}",
                       e.flux_njy.width(), e.flux_njy.height(), e.pixel_scale_arcsec, reference.band),
           fmt::format("a WCS in both, or {} x {} pixels of {:g}\"", reference.flux_njy.width(),
                       reference.flux_njy.height(), reference.pixel_scale_arcsec)});
  }
}

Bands read_bands(const FitArguments& a) {
  Bands bands;
  bands.names = band_names(a);
  bands.reference = reference_index(a, bands.names);
  const ByBand images = values_by_band(a.images, "--image", {});
  const ByBand errors = values_by_band(a.errors, "--error", bands.names),
               weights = values_by_band(a.weights, "--weight", bands.names),
               psfs = values_by_band(a.psfs, "--psf", bands.names);
  const NumbersByBand scales(a.pixel_scales, "--pixel-scale", bands.names),
      psf_scales(a.psf_scales, "--psf-scale", bands.names), gains(a.gains, "--gain", bands.names);
  for (const std::string& band : bands.names)
    if (!psfs.contains(band))
      throw InputError(
          {"", "--psf", "no PSF for the band " + band, fmt::format("{0}=FILE[HDU], or {0}=embedded", band)});
  for (const std::string& band : bands.names) {
    bands.exposures.push_back(read_mosaic({band, value_of(images, band), value_of(errors, band),
                                           value_of(weights, band), scales.of(band), gains.of(band)}));
    bands.psfs.push_back(
        read_psf(value_of(psfs, band), band, psf_scales.of(band), bands.exposures.back().pixel_scale_arcsec));
    bands.transforms.emplace_back(bands.psfs.back());
  }
  check_grids(bands);
  return bands;
}

void check_choices(const FitArguments& a) {
  const auto one_of = [](const std::string& option, const std::string& value, const std::string& first,
                         const std::string& second) {
    if (value != first && value != second)
      throw InputError({"", option, "'" + value + "'", first + " or " + second});
  };
  one_of("--noise", a.noise, "white", "correlated");
  one_of("--model", a.model, "gaussian", "sersic");
  one_of("--background", a.background, "plane", "constant");
  check_detection(a.detection);
  if (!(a.group_distance_pix >= 0))
    throw InputError({"", "--group-distance", fmt::format("{:g}", a.group_distance_pix), "0 or more pixels"});
  if (a.redraws < 0 || a.redraws == 1)
    throw InputError({"", "--redraws", std::to_string(a.redraws), "0 (none), or 2 and more"});
  if (a.keep_redraws && !a.redraws)
    throw InputError({"", "--keep-redraws", "with --redraws 0", "--redraws 2 and more"});
  if (a.sersic_index && !(*a.sersic_index >= 0.31 && *a.sersic_index <= 9.9))
    throw InputError({"", "--sersic-index", fmt::format("{:g}", *a.sersic_index), "0.31 .. 9.9"});
  if (a.sersic_index && a.model != "sersic")
    throw InputError({"", "--sersic-index", "with --model " + a.model, "--model sersic"});
  if (a.sersic_size_pix < 9 || a.sersic_size_pix > 201 || a.sersic_size_pix % 2 == 0)
    throw InputError({"", "--sersic-size", std::to_string(a.sersic_size_pix), "an odd number, 9 .. 201"});
  const std::pair<std::string, std::filesystem::path> outputs[] = {
      {"-o", a.output}, {"--regions", a.regions}, {"--residual", a.residual}};
  std::vector<std::string> inputs = {a.catalog};
  for (const auto* words : {&a.images, &a.errors, &a.weights, &a.psfs})
    for (const std::string& word : *words) inputs.push_back(split_band(word, "--image").second);
  check_outputs(outputs, inputs);
}

// ---------------------------------------------------------------- the fits

SourceList listed(const std::vector<photometry::Detection>& objects) {
  SourceList list;
  io::Integers numbers;
  for (const photometry::Detection& d : objects) {
    numbers.push_back(std::ssize(numbers));
    list.x.push_back(d.x);
    list.y.push_back(d.y);
  }
  list.id = {"id", "", "number of the detection, from 0", std::move(numbers), 1};
  return list;
}

bool reaches(const Array2D<float>& image, double x, double y) {
  return x > -off_image_pix && y > -off_image_pix && x < image.width() + off_image_pix &&
         y < image.height() + off_image_pix;  // false for NaN
}

ClumpPhotometry without_data(const Bands& bands, double x, double y) {
  ClumpPhotometry clump;
  clump.x = x;
  clump.y = y;
  for (const std::string& name : bands.names) {
    BandFluxes& f = clump.bands.emplace_back();
    f.band = name;
    f.flux_njy = f.error_njy = f.scatter_njy = f.poisson_njy = f.analytic_njy = f.correlated_njy =
        f.sky_sigma_njy = nan;
  }
  return clump;
}

photometry::ProtocolOptions protocol_options(const FitArguments& a) {
  photometry::ProtocolOptions options;
  options.redraws = a.redraws;
  options.group_distance_pix = a.group_distance_pix;
  options.noise = a.noise == "white" ? photometry::NoiseModel::white : photometry::NoiseModel::correlated;
  if (a.map_prior) options.fit.prior = photometry::ShapePrior{};
  options.fit.plane = a.background == "plane";
  return options;
}

std::vector<ClumpPhotometry> fit_sources(const SourceList& sources, const Bands& bands,
                                         const FitArguments& a) {
  std::vector<photometry::Detection> within;  // companions of one another
  std::vector<std::size_t> row_of;
  std::vector<ClumpPhotometry> fits;
  for (std::size_t i = 0; i < sources.x.size(); ++i) {
    fits.push_back(without_data(bands, sources.x[i], sources.y[i]));
    if (!reaches(bands.reference_exposure().flux_njy, sources.x[i], sources.y[i])) continue;
    photometry::Detection& d = within.emplace_back();
    d.x = sources.x[i];
    d.y = sources.y[i];
    row_of.push_back(i);
  }
  const std::vector<photometry::BandData> data = bands.data();
  const photometry::ProtocolOptions options = protocol_options(a);
  parallel_for(within.size(), a.threads, [&](std::size_t k) {
    Random random({a.seed, "redraws", -1, static_cast<std::int64_t>(row_of[k])});
    fits[row_of[k]] = photometry::measure_clump(within, k, data, bands.reference, options, random);
  });
  return fits;
}

// Positions of a clump, first, and of its companions: as the Gaussians are grouped.
std::vector<std::pair<double, double>> group_at(const std::vector<ClumpPhotometry>& clumps,
                                                std::size_t index) {
  const photometry::ProtocolOptions protocol;
  const ClumpPhotometry& self = clumps[index];
  std::vector<std::pair<double, std::size_t>> near;
  for (std::size_t i = 0; i < clumps.size(); ++i)
    if (const double d = std::hypot(clumps[i].x - self.x, clumps[i].y - self.y);
        i != index && d < protocol.group_distance_pix)
      near.emplace_back(d, i);
  std::sort(near.begin(), near.end());
  near.resize(std::min<std::size_t>(near.size(), static_cast<std::size_t>(protocol.max_group) - 1));
  std::vector<std::pair<double, double>> group = {{self.x, self.y}};
  for (const auto& [distance, i] : near) group.emplace_back(clumps[i].x, clumps[i].y);
  return group;
}

photometry::SersicFit fit_profile_at(const std::vector<std::pair<double, double>>& group, const Bands& bands,
                                     const FitArguments& a) {
  const auto [x, y] = group.front();
  const sky::Exposure& e = bands.reference_exposure();
  if (!reaches(e.flux_njy, x, y)) return {};
  double sigma = photometry::local_sky_sigma(e.flux_njy, bands.segmentations[bands.reference], x, y);
  const int i = static_cast<int>(std::lround(x)), j = static_cast<int>(std::lround(y));
  if (!(sigma > 0) && e.error_njy.contains(i, j)) sigma = e.error_njy(i, j);
  if (!(sigma > 0)) return {};
  const photometry::Cutout cutout = photometry::cut_uniform(e.flux_njy, x, y, a.sersic_size_pix, sigma);
  photometry::SersicFitOptions options;
  options.max_radius_pix = std::max(options.max_radius_pix, 0.5 * a.sersic_size_pix);
  options.plane = a.background == "plane";
  if (a.sersic_index) {
    options.index_free = false;
    options.index = options.min_index = options.max_index = *a.sersic_index;
  }
  std::vector<photometry::SersicStart> start;
  for (const auto& [px, py] : group) start.push_back({px - cutout.centre_x, py - cutout.centre_y});
  const photometry::SersicGroupFit all =
      photometry::fit_sersic_group(cutout, bands.psfs[bands.reference], start, options);
  photometry::SersicFit fit{all.components.front(), all};
  fit.x += cutout.centre_x;  // of the image from here on
  fit.y += cutout.centre_y;
  return fit;
}

std::vector<photometry::SersicFit> fit_profiles(const std::vector<ClumpPhotometry>& clumps,
                                                const Bands& bands, const FitArguments& a) {
  std::vector<photometry::SersicFit> fits(clumps.size());
  parallel_for(fits.size(), a.threads,
               [&](std::size_t i) { fits[i] = fit_profile_at(group_at(clumps, i), bands, a); });
  return fits;
}

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

// ---------------------------------------------------------------- the catalogue

/// The rows of the catalogue, by number; quantities of fits that did not take place are NaN.
class FittedRows {
 public:
  FittedRows(const Bands& bands, const std::vector<ClumpPhotometry>& clumps)
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
    real("x_err", "pix", "1 sigma, least squares with white noise", [](const auto& c) { return c.x_error; });
    real("y_err", "pix", "1 sigma, least squares with white noise", [](const auto& c) { return c.y_error; });
    add_sky_columns(table_, wcs(), x, y);
    add_integers(table_, "group_size", "sources fitted together", clumps_.size(),
                 [&](std::size_t i) { return std::int64_t{clumps_[i].group_size}; });
    add_texts(table_, "fit_status",
              "how the fit in the reference band ended; too_few_pixels: not on its image", clumps_.size(),
              [&](std::size_t i) { return std::string(to_string(clumps_[i].status)); });
    real("fit_chi2_reduced", "", "reduced chi-squared of the fit in the reference band",
         [](const auto& c) { return c.chi2_reduced; });
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

  const Bands& bands_;
  const std::vector<ClumpPhotometry>& clumps_;
  io::Table table_{"CATALOG"};
};

// A row for each clump and redraw.
io::Table redraw_table(const io::Column& id, const Bands& bands, const std::vector<ClumpPhotometry>& clumps) {
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

void add_sersic_columns(io::Table& table, const std::vector<photometry::SersicFit>& fits, const Bands& bands,
                        bool index_free) {
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
std::vector<io::Ds9Region> regions_of(const Bands& bands, const std::vector<ClumpPhotometry>& clumps,
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

void write_residual(const FitArguments& a, const Bands& bands, const std::vector<ClumpPhotometry>& clumps,
                    const std::vector<photometry::SersicFit>& profiles) {
  const sky::Exposure& e = bands.reference_exposure();
  const Array2D<float> residual =
      profiles.empty()
          ? photometry::subtract_models(e.flux_njy, clumps, bands.reference,
                                        bands.transforms[bands.reference])
          : subtract_profiles(e.flux_njy, profiles, bands.psfs[bands.reference], a.sersic_size_pix);
  io::FitsHeader header = wcs_header(e.wcs);
  header.add("BUNIT", "nJy", "per pixel");
  header.add("PIXSCALE", fmt::format("{:.8f}", e.pixel_scale_arcsec), "[arcsec] pixel scale");
  header.add("FILTER", e.band);
  io::write_fits_images(a.residual, {{"RESIDUAL", residual, header}});
}

std::string summary(const std::vector<ClumpPhotometry>& clumps) {
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

void add_notes(io::Table& table, const Bands& bands, const FitArguments& a) {
  table.note("REFBAND", bands.names[bands.reference]);
  table.note("PIXSCALE", fmt::format("{:.8f}", bands.reference_exposure().pixel_scale_arcsec));
  table.note("NOISE", a.noise);
  table.note("REDRAWS", std::to_string(a.redraws));
  table.note("GROUPPIX", fmt::format("{:g}", a.group_distance_pix));
  table.note("SEED", std::to_string(a.seed));
  table.note("MAPPRIOR", a.map_prior ? "yes" : "no");
  table.note("MODEL", a.model);
}

}  // namespace

std::string run_fit(const FitArguments& a) {
  check_choices(a);
  Bands bands = read_bands(a);
  const sky::Exposure& reference = bands.reference_exposure();
  std::optional<SourceList> given;
  if (!a.catalog.empty()) given = read_sources(a.catalog, "--catalog", reference.wcs, "the reference image");
  if (given && given->x.empty()) refuse(a.catalog, "--catalog", "no sources", "at least one row or region");

  // Sources are also what is not sky, in every band.
  const photometry::DetectionResult found =
      photometry::detect(reference.flux_njy, reference.error_njy, a.detection);
  bands.segmentations = pipeline::segmentations(found.segmentation, bands.reference, bands.exposures);
  for (std::size_t b = 0; b < bands.names.size(); ++b)
    bands.correlations.push_back(photometry::measure_noise_correlation(
        bands.exposures[b].flux_njy, bands.exposures[b].error_njy, bands.segmentations[b], {}));
  const SourceList sources = given ? *given : listed(found.objects);

  const std::vector<ClumpPhotometry> clumps = fit_sources(sources, bands, a);
  std::vector<photometry::SersicFit> profiles;
  if (a.model == "sersic") profiles = fit_profiles(clumps, bands, a);

  io::Table table = FittedRows(bands, clumps).table(sources.id);
  if (a.model == "sersic") add_sersic_columns(table, profiles, bands, !a.sersic_index);
  add_notes(table, bands, a);
  std::vector<io::Table> tables = {table};
  if (a.keep_redraws) {
    tables.push_back(redraw_table(sources.id, bands, clumps));
    tables.back().note("PIXSCALE", fmt::format("{:.8f}", bands.reference_exposure().pixel_scale_arcsec));
  }
  io::write_fits_tables(a.output, tables);
  if (!a.regions.empty()) io::write_ds9(a.regions, frame_of(reference.wcs), regions_of(bands, clumps, table));
  if (!a.residual.empty()) write_residual(a, bands, clumps, profiles);

  std::string lines = summary(clumps) + doubled(clumps, a.group_distance_pix);
  for (std::size_t b = 0; b < bands.names.size(); ++b) {
    for (const std::string& note : bands.exposures[b].notes) lines += bands.names[b] + ": " + note + "\n";
    for (const std::string& note : bands.psfs[b].notes()) lines += bands.names[b] + ": PSF: " + note + "\n";
    lines += fmt::format("{}: noise of large areas is {:.2f} times that of white pixels\n", bands.names[b],
                         bands.correlations[b].large_scale_factor());
  }
  return lines + a.output.string() + "\n";
}

}  // namespace arcproof::commands
