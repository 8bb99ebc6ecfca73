#include "recipes/program/commands/mosaics/psf.h"

#include "engine/core/error.h"
#include "engine/core/missing.h"
#include "engine/core/units.h"
#include "engine/sky/psf_profile.h"
#include "engine/sky/psf_stack.h"
#include "recipes/program/commands/mosaics/stars.h"
#include "recipes/program/commands/shared.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace arcproof::commands {
namespace {

constexpr double profile_radius_arcsec = 0.5;  // Claeyssens+2023 section 5.2

void check(const PsfArguments& a) {
  const int sources = !a.image.empty() + !a.psf.empty() + !a.cutouts.empty();
  if (sources != 1)
    throw InputError(
        {"", "--image, --cutout, --psf", sources ? "several of them" : "none of them", "one of the three"});
  if (a.image.empty() != a.stars.empty())
    throw InputError({"", "--stars", a.stars.empty() ? "nothing" : "stars without --image",
                      "--image FILE[HDU] --stars LIST, or --stars auto"});
  const std::pair<std::string, std::filesystem::path> outputs[] = {{"-o", a.output},
                                                                   {"--regions", a.regions}};
  std::vector<std::string> inputs = a.cutouts;
  for (const std::string& text : {a.image, a.psf, a.stars == "auto" ? std::string() : a.stars})
    inputs.push_back(text);
  check_outputs(outputs, inputs);
}

/// An image in any unit with its pixel scale.
struct ScaledImage {
  Array2D<double> pixels;
  double scale_arcsec = 0;
  std::optional<sky::Wcs> wcs;
};

// Scale: the header's, which the one given must not contradict, or the one given.
double scale_of(const io::FitsImage& image, const std::optional<sky::Wcs>& wcs, const std::string& file,
                const std::optional<double>& given) {
  double stated = 0;
  for (const io::FitsHeader* header : {&image.header, &image.primary})
    for (const char* key : {"PIXSCL", "PIXSCALE", "PIXELSCL"})
      if (!stated) stated = header->number(key).value_or(0);
  if (wcs) stated = wcs->pixel_scale_arcsec();
  for (const char* key : {"CD1_1", "CDELT1"})
    if (const auto value = image.header.number(key); !stated && value && *value != 1)
      stated = std::abs(*value) * 3600;
  if (!(stated > 0) && !given)
    throw InputError({file, "HDU " + image.hdu, "no pixel scale (WCS, PIXSCL, PIXSCALE, CD1_1 or CDELT1)",
                      "--pixel-scale ARCSEC"});
  if (stated > 0 && given && std::abs(stated / *given - 1) > 0.01)
    throw InputError({file, "HDU " + image.hdu, fmt::format("a pixel scale of {:g}\"", stated),
                      fmt::format("{:g}\" as --pixel-scale says", *given)});
  return given.value_or(stated);
}

ScaledImage read_image(const std::string& text, const std::string& option,
                       const std::optional<double>& given_scale) {
  const HduPath file = input_hdu(text, option);
  io::FitsImage image = io::read_fits_image(file.path, file.hdu);
  ScaledImage result;
  result.wcs = sky::Wcs::from_header(image.header.records, file.path.string(), image.hdu);
  result.scale_arcsec = scale_of(image, result.wcs, file.path.string(), given_scale);
  result.pixels = std::move(image.pixels);
  return result;
}

// Beyond these there is either nothing left of the PSF, or only what was interpolated.
void check_new_scale(const std::optional<double>& to_arcsec, double from_arcsec) {
  constexpr double most = 20;
  if (to_arcsec && (*to_arcsec < from_arcsec / most || *to_arcsec > from_arcsec * most))
    throw InputError(
        {"", "--to-scale", fmt::format("{:g}\"", *to_arcsec),
         fmt::format("{:g} .. {:g}\", at most {:g} times finer or coarser than the image's {:g}\"",
                     from_arcsec / most, from_arcsec * most, most, from_arcsec)});
}

/// A PSF on its way out, with what is to be said of it.
struct Made {
  sky::Psf psf;
  std::vector<io::Table> tables;
  std::string lines;
  std::vector<io::Ds9Region> regions = {};
  io::Ds9Frame frame = io::Ds9Frame::image;
};

// ---------------------------------------------------------------- stars

/// Places in the mosaic to cut at, and what was said of them.
struct Places {
  std::vector<std::pair<double, double>> at;
  std::vector<std::string> reasons;  ///< a place: why it is not used, or nothing
};

Places found_stars(const ScaledImage& mosaic, const Array2D<float>& pixels, const PsfArguments& a) {
  StarSearch search = a.search;
  search.scale_arcsec = mosaic.scale_arcsec;
  search.edge_pix = a.size_pix / 2;
  Places places;
  for (const StarCandidate& star : find_stars(pixels, uniform_error(pixels), search)) {
    places.at.emplace_back(star.x, star.y);
    places.reasons.push_back(star.reason);
  }
  if (std::none_of(places.reasons.begin(), places.reasons.end(),
                   [](const std::string& r) { return r.empty(); }))
    throw InputError({a.image, "--stars auto",
                      places.at.empty()
                          ? fmt::format("nothing with S/N above {:g}", search.min_snr)
                          : fmt::format("{} sources with S/N above {:g}, none of them a star (first: {})",
                                        places.at.size(), search.min_snr, places.reasons.front()),
                      "a mosaic with isolated, unsaturated stars (--min-snr, --isolation, --saturation, "
                      "--size), or a list of stars"});
  return places;
}

// Positions off the image keep their row.
Places listed_stars(const ScaledImage& mosaic, const Array2D<float>& pixels, const PsfArguments& a) {
  const SourceList list = read_sources(a.stars, "--stars", mosaic.wcs, a.image);
  Places places;
  for (std::size_t i = 0; i < list.x.size(); ++i) {
    const bool inside = list.x[i] > -0.5 && list.y[i] > -0.5 && list.x[i] < mosaic.pixels.width() - 0.5 &&
                        list.y[i] < mosaic.pixels.height() - 0.5;
    places.at.emplace_back(list.x[i], list.y[i]);
    const bool saturated =
        inside && a.search.saturation && peak_near(pixels, list.x[i], list.y[i]) >= *a.search.saturation;
    places.reasons.emplace_back(!inside ? "not on the image" : saturated ? "saturated" : "");
  }
  if (places.at.empty()) throw InputError({a.stars, "--stars", "no star", "a list of stars"});
  if (std::none_of(places.reasons.begin(), places.reasons.end(),
                   [](const std::string& r) { return r.empty(); }))
    throw InputError(
        {a.stars, "--stars",
         fmt::format("{} stars, none to use (first: {})", places.at.size(), places.reasons.front()),
         "stars on the image, below --saturation"});
  return places;
}

Array2D<float> as_float(const Array2D<double>& image) {
  Array2D<float> result(image.width(), image.height());
  std::transform(image.begin(), image.end(), result.begin(), [](double v) { return static_cast<float>(v); });
  return result;
}

// One row a place; those that reached the stack say what became of them.
std::vector<sky::StackedStar> rows_of(const Places& places, const std::vector<sky::StackedStar>& stacked) {
  std::vector<sky::StackedStar> rows;
  std::size_t next = 0;
  for (const std::string& reason : places.reasons) {
    if (reason.empty()) {
      rows.push_back(stacked[next++]);
    } else {
      sky::StackedStar& row = rows.emplace_back();
      row.reason = reason;
      row.background = row.core_flux = row.fwhm_arcsec = row.core_residual = nan;
    }
  }
  return rows;
}

io::Table star_table(const std::vector<std::string>& names, const std::vector<double>& x,
                     const std::vector<double>& y, const std::optional<sky::Wcs>& wcs,
                     const std::vector<sky::StackedStar>& stars) {
  io::Table table("STARS");
  const std::size_t n = stars.size();
  add_texts(table, "star", "file of the cutout, or number in the list or search, from 0", n,
            [&](std::size_t i) { return names[i]; });
  table.add("x", "pix", "position given or found; 0 is the centre of the first pixel", x);
  table.add("y", "pix", "position given or found; 0 is the centre of the first pixel", y);
  add_sky_columns(table, wcs, x, y);
  add_reals(table, "background", "", "median around the star, per pixel, in the image's unit", n,
            [&](std::size_t i) { return stars[i].background; });
  add_reals(table, "core_flux", "", "flux in the core's aperture, in the image's unit", n,
            [&](std::size_t i) { return stars[i].core_flux; });
  add_reals(table, "fwhm_arcsec", "arcsec", "of this star alone", n,
            [&](std::size_t i) { return stars[i].fwhm_arcsec; });
  add_reals(table, "core_residual", "", "rms of star - stack in the core, over the peak", n,
            [&](std::size_t i) { return stars[i].core_residual; });
  add_integers(table, "clipped_pixels", "pixels that the clipping took out", n,
               [&](std::size_t i) { return std::int64_t{stars[i].clipped_pixels}; });
  io::Flags used;
  for (const sky::StackedStar& star : stars) used.push_back(star.used);
  table.add("used", "", "the star is in the stack", std::move(used));
  add_texts(table, "reason", "why it is not", n, [&](std::size_t i) { return stars[i].reason; });
  return table;
}

std::string lines_of(const std::vector<std::string>& names, const std::vector<sky::StackedStar>& stars) {
  const auto used = std::count_if(stars.begin(), stars.end(), [](const auto& s) { return s.used; });
  std::string lines = fmt::format("{} of {} stars used\n", used, stars.size());
  for (std::size_t i = 0; i < stars.size(); ++i)
    lines += stars[i].used ? fmt::format("  {}: FWHM {:.4f}\", core residual {:.3f}\n", names[i],
                                         stars[i].fwhm_arcsec, stars[i].core_residual)
                           : fmt::format("  {}: left out: {}\n", names[i], stars[i].reason);
  return lines;
}

Made from_mosaic(const PsfArguments& a) {
  const ScaledImage mosaic = read_image(a.image, "--image", a.pixel_scale_arcsec);
  const Array2D<float> pixels = as_float(mosaic.pixels);
  const Places places = a.stars == "auto" ? found_stars(mosaic, pixels, a) : listed_stars(mosaic, pixels, a);
  std::vector<std::pair<double, double>> good;
  for (std::size_t i = 0; i < places.at.size(); ++i)
    if (places.reasons[i].empty()) good.push_back(places.at[i]);
  check_new_scale(a.to_scale_arcsec, mosaic.scale_arcsec);
  sky::PsfStack stack =
      sky::stack_stars(sky::cut_stars(pixels, good, a.size_pix), mosaic.scale_arcsec, {}, a.image);
  const std::vector<sky::StackedStar> rows = rows_of(places, stack.stars);
  std::vector<double> x, y;
  std::vector<std::string> names;
  std::vector<io::Ds9Region> regions;
  sky::Exposure frame;
  frame.wcs = mosaic.wcs;
  frame.pixel_scale_arcsec = mosaic.scale_arcsec;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    x.push_back(places.at[i].first);
    y.push_back(places.at[i].second);
    names.push_back(std::to_string(i));
    const double radius = 0.5 * a.size_pix;
    regions.push_back(
        region_at(frame, x[i], y[i], radius, radius, 0, rows[i].used ? "green" : "red", names[i]));
  }
  return {stack.psf,
          {star_table(names, x, y, mosaic.wcs, rows)},
          lines_of(names, rows),
          regions,
          frame_of(mosaic.wcs)};
}

Made from_cutouts(const PsfArguments& a) {
  std::vector<sky::StarCutout> cutouts;
  double scale = 0;
  for (const std::string& text : a.cutouts) {
    ScaledImage image = read_image(text, "--cutout", a.pixel_scale_arcsec);
    if (scale > 0 && std::abs(image.scale_arcsec / scale - 1) > 0.01)
      throw InputError({text, "pixel scale", fmt::format("{:g}\"", image.scale_arcsec),
                        fmt::format("{:g}\" as the others", scale)});
    scale = image.scale_arcsec;
    cutouts.push_back({text, std::move(image.pixels)});
  }
  check_new_scale(a.to_scale_arcsec, scale);
  sky::PsfStack stack = sky::stack_stars(cutouts, scale, {}, "--cutout");
  std::vector<double> x, y;
  for (const sky::StackedStar& star : stack.stars) {
    x.push_back(star.x);
    y.push_back(star.y);
  }
  return {
      stack.psf, {star_table(a.cutouts, x, y, std::nullopt, stack.stars)}, lines_of(a.cutouts, stack.stars)};
}

// ---------------------------------------------------------------- form and scale

Made source_of(const PsfArguments& a) {
  if (!a.image.empty()) return from_mosaic(a);
  if (!a.cutouts.empty()) return from_cutouts(a);
  const ScaledImage image = read_image(a.psf, "--psf", a.pixel_scale_arcsec);
  check_new_scale(a.to_scale_arcsec, image.scale_arcsec);
  const double to = a.to_scale_arcsec.value_or(image.scale_arcsec);
  return {sky::Psf::from_image(image.pixels, image.scale_arcsec, to, a.psf), {}, ""};
}

io::Table energy_table(const sky::Psf& psf) {
  io::Table table("ENERGY");
  std::vector<double> radius, energy;
  const double step = 0.5 * psf.scale_arcsec();
  for (int i = 1; i <= 2 * psf.half_size(); ++i) {
    radius.push_back(i * step);
    energy.push_back(psf.encircled_energy(radius.back()));
  }
  table.add("radius_arcsec", "arcsec", "radius about the centre", std::move(radius));
  table.add("encircled_energy", "", "fraction of the image's light within the radius", std::move(energy));
  return table;
}

// A real number in a header has a point or an exponent.
std::string real_card(double value) { return fmt::format("{:.12e}", value); }

void add_profile_cards(io::FitsHeader& header, const sky::PsfProfileFit& fit) {
  const sky::PsfProfile& p = fit.profile;
  header.add("PSFFORM", "Moffat + Gaussian + power law", "see the comments of each term");
  header.add("M_AMP", real_card(p.moffat), "[arcsec-2] M_AMP (1 + (r/M_ALPHA)^2)^-M_BETA");
  header.add("M_ALPHA", real_card(p.alpha_arcsec), "[arcsec]");
  header.add("M_BETA", real_card(p.beta));
  header.add("G_AMP", real_card(p.gaussian), "[arcsec-2] G_AMP exp(-r^2 / (2 G_SIGMA^2))");
  header.add("G_SIGMA", real_card(p.sigma_arcsec), "[arcsec]");
  header.add("P_AMP", real_card(p.power), "[arcsec-2] P_AMP / (1 + (r/P_SCALE)^4)");
  header.add("P_SCALE", real_card(p.scale_arcsec), "[arcsec]");
  header.add("AXRATIO", real_card(p.axis_ratio), "minor / major of Moffat and Gaussian");
  header.add("ANGLE", real_card(p.angle_rad / units::degree), "[deg] major axis, ccw from +x");
  header.add("FITRAD", real_card(fit.radius_arcsec), "[arcsec] radius of the fit");
  header.add("RMSRES", real_card(fit.rms_residual), "rms residual over the peak");
  header.add("MAXRES", real_card(fit.max_residual), "largest residual over the peak");
  header.add("FITOK", fit.converged ? "converged" : "not converged", "how the fit ended");
}

// The profile in place of the image.
void make_parametric(Made& made, io::FitsHeader& header) {
  const double radius = std::min(profile_radius_arcsec, made.psf.half_size() * made.psf.scale_arcsec());
  const sky::PsfProfileFit fit = sky::fit_profile(made.psf, radius);
  add_profile_cards(header, fit);
  sky::RadialProfiles radial = sky::radial_profiles(made.psf, fit.profile, radius);
  io::Table table("PROFILE");
  table.add("radius_arcsec", "arcsec", "radius about the centre", std::move(radial.radius_arcsec));
  table.add("image", "", "azimuthal mean of the PSF image over its peak", std::move(radial.image));
  table.add("model", "", "the same of the fitted profile", std::move(radial.model));
  made.tables.push_back(std::move(table));
  made.lines += fmt::format(
      "parametric: {}; within {:.2f}\" residual rms {:.4f}, largest {:.4f} of the peak; flux {:.4f} of the "
      "image's, {:.4f} of the profile's\n",
      fit.converged ? "converged" : "NOT converged", radius, fit.rms_residual, fit.max_residual,
      fit.flux_inside, fit.model_flux_inside);
  made.psf = sky::psf_of_profile(fit.profile, made.psf.scale_arcsec(), radius);
}

std::string describe(const sky::Psf& psf) {
  const int side = psf.image().width();
  std::string lines = fmt::format("PSF: {} x {} pixels of {:.5f}\", FWHM {:.4f}\"; encircled energy", side,
                                  side, psf.scale_arcsec(), psf.fwhm_arcsec());
  for (const double radius : {0.05, 0.1, 0.2, 0.3, 0.5, 1.0})
    if (radius <= psf.half_size() * psf.scale_arcsec())
      lines += fmt::format(" {:.3f} ({:g}\")", psf.encircled_energy(radius), radius);
  return lines + "\n";
}

}  // namespace

void PsfArguments::describe(Keys& keys) {
  keys.optional_number("pixel_scale_arcsec", pixel_scale_arcsec, "arcsec",
                       "pixel scale, where the header does not say it", Allowed::above(0));
  keys.optional_number("to_scale_arcsec", to_scale_arcsec, "arcsec", "pixel scale of the result",
                       Allowed::above(0));
  keys.integer("size_pix", size_pix, "pixel", "side of the stars' cutouts, odd", Allowed::between(11, 2001));
  keys.check(
      size_pix % 2 == 1, "size_pix", [this] { return std::to_string(size_pix); }, "an odd number");
  search.describe(keys);
  keys.text("form", form, "image, or parametric: Moffat + Gaussian + power law", {"image", "parametric"});
}

std::string run_psf(const PsfArguments& a) {
  check(a);
  Made made = source_of(a);
  for (const std::string& note : made.psf.notes()) made.lines += note + "\n";
  if (a.to_scale_arcsec && std::abs(made.psf.scale_arcsec() / *a.to_scale_arcsec - 1) > 1e-9) {
    made.psf = sky::Psf::from_image(made.psf.image(), made.psf.scale_arcsec(), *a.to_scale_arcsec, "stack");
    for (const std::string& note : made.psf.notes()) made.lines += note + "\n";
  }
  io::FitsHeader header;
  if (a.form == "parametric") make_parametric(made, header);
  header.add("PIXSCALE", real_card(made.psf.scale_arcsec()), "[arcsec] pixel scale");
  header.add("FWHM", real_card(made.psf.fwhm_arcsec()), "[arcsec]");
  made.tables.push_back(energy_table(made.psf));
  io::write_fits_images(a.output, {{"PSF", as_float(made.psf.image()), header}}, made.tables);
  if (!a.regions.empty()) io::write_ds9(a.regions, made.frame, made.regions);
  return made.lines + describe(made.psf) + a.output.string() + "\n";
}

}  // namespace arcproof::commands
