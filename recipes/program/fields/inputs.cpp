#include "recipes/program/fields/inputs.h"

#include "engine/core/error.h"
#include "engine/core/units.h"
#include "engine/io/files.h"
#include "engine/sed/parametric_filter.h"
#include "engine/sky/pixel_map.h"
#include "engine/sky/psf_profile.h"
#include "recipes/program/fields/host_mask.h"

#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

namespace arcproof::recipes {
namespace {

class Reader {
 public:
  explicit Reader(const Recipe& recipe) : r_(recipe) {}

  Inputs read() {
    read_exposures();
    read_host_masks();
    read_psfs();
    read_filters();
    in_.truth_library = library("truth_library", r_.truth_library);
    in_.analysis_library = r_.analysis_library.choice == r_.truth_library.choice
                               ? in_.truth_library
                               : library("analysis_library", r_.analysis_library);
    read_templates();
    read_lenses();
    check_origins();
    check_redshifts();
    check_metallicities();
    std::sort(in_.files.begin(), in_.files.end());
    in_.files.erase(std::unique(in_.files.begin(), in_.files.end()), in_.files.end());
    return std::move(in_);
  }

 private:
  std::string recipe_file() const { return r_.file; }

  // Path of an input file; "$data/..." without a data folder is the commonest mistake and gets its own words.
  std::filesystem::path file(const std::string& key, const std::string& text) {
    if (text.starts_with("$data/") && r_.data.empty())
      throw InputError({recipe_file(), key, "'" + text + "' without a data folder",
                        "--set data=FOLDER, or the environment variable ARCPROOF_DATA"});
    std::filesystem::path path = r_.path(text);
    io::require_file(path, key);
    in_.files.push_back(path);
    return path;
  }

  double pixel_scale(std::size_t band) const {
    for (const auto& field : in_.exposures)
      if (!field.empty()) return field[band].pixel_scale_arcsec;
    return r_.simulated_scale(r_.bands[band]);
  }

  void read_exposures() {
    for (std::size_t f = 0; f < r_.fields.size(); ++f) {
      std::vector<sky::Exposure> exposures;
      if (!r_.fields[f].exposures.empty())
        for (const BandRecipe& band : r_.bands) exposures.push_back(exposure(f, band));
      check_shapes(exposures, f);
      in_.exposures.push_back(std::move(exposures));
    }
  }

  sky::Exposure exposure(std::size_t f, const BandRecipe& band) {
    const auto& list = r_.fields[f].exposures;
    const auto it =
        std::find_if(list.begin(), list.end(), [&](const ExposureRecipe& e) { return e.band == band.name; });
    const std::string key = fmt::format("{}.exposures[{}] ({})", field_key(f), it - list.begin(), band.name);
    sky::ExposureFile from;
    from.band = band.name;
    from.path = file(key + ".file", it->file);
    from.science_hdu = it->science_hdu;
    from.error_hdu = it->error_hdu;
    if (!it->error_file.empty()) from.error_path = file(key + ".error_file", it->error_file);
    if (!it->weight_file.empty()) from.weight_path = file(key + ".weight_file", it->weight_file);
    from.weight_hdu = it->weight_hdu;
    from.electrons_per_njy = band.electrons_per_njy;
    from.pixel_scale_arcsec = band.pixel_scale_arcsec;
    from.names = [key, &band](const std::string& field) {
      return field == "pixel_scale_arcsec" ? fmt::format("bands[] ({}).{}", band.name, field)
                                           : key + "." + field;
    };
    sky::Exposure result = sky::read_exposure(from);
    in_.notes.insert(in_.notes.end(), result.notes.begin(), result.notes.end());
    return result;
  }

  // Bands of another pixel scale lie on a grid of their own, which their sky coordinates tell.
  void check_shapes(const std::vector<sky::Exposure>& exposures, std::size_t f) const {
    for (const sky::Exposure& e : exposures) {
      const sky::Exposure& first = exposures.front();
      if (!sky::overlap(first, e))
        refuse(recipe_file(), fmt::format("fields[{}].exposures ({})", f, e.band),
               "no sky in common with " + first.band, "images that overlap on the sky");
      const bool own_grid = std::abs(e.pixel_scale_arcsec / first.pixel_scale_arcsec - 1) > 0.01;
      if (own_grid && e.wcs && first.wcs) continue;
      if (!e.flux_njy.same_shape(first.flux_njy))
        throw InputError({recipe_file(), fmt::format("fields[{}].exposures ({})", f, e.band),
                          fmt::format("{} x {} pixels", e.flux_njy.width(), e.flux_njy.height()),
                          fmt::format("{} x {} pixels as in {}; or another pixel scale, and a WCS in both",
                                      first.flux_njy.width(), first.flux_njy.height(), first.band)});
    }
  }

  void read_host_masks() {
    for (std::size_t f = 0; f < r_.fields.size(); ++f) {
      const HostRecipe& host = r_.fields[f].host;
      Array2D<unsigned char>& mask = in_.host_masks.emplace_back();
      const std::string key = field_key(f) + ".host";
      if (!host.is_drawn()) continue;
      if (in_.exposures[f].empty())
        refuse(recipe_file(), key + ".kind", host.kind() + " on a simulated sky",
               "real exposures, or another kind");
      const auto& exposures = in_.exposures[f];
      const sky::Exposure& reference = exposures[r_.band_index(r_.reference_band)];
      const int width = reference.flux_njy.width(), height = reference.flux_njy.height();
      if (const auto* image = std::get_if<MaskHost>(&host.choice))
        mask = read_mask_image(file(key + ".file", image->file), image->hdu, width, height);
      if (const auto* regions = std::get_if<RegionsHost>(&host.choice))
        mask = read_mask_regions(file(key + ".file", regions->file), reference.wcs, width, height);
    }
  }

  std::shared_ptr<const sky::Psf> psf(const std::string& key, const PsfSource& source,
                                      const std::string& band, double scale) {
    if (source.file.empty()) return std::make_shared<sky::Psf>(sky::Psf::parametric(band, scale));
    auto result = std::make_shared<sky::Psf>(sky::Psf::read(
        file(key, source.file), source.hdu, source.pixel_scale_arcsec, scale, key + ".pixel_scale_arcsec"));
    in_.notes.insert(in_.notes.end(), result->notes().begin(), result->notes().end());
    return result;
  }

  // The image, or the analytic form fitted to it.
  std::shared_ptr<const sky::Psf> in_form(const PsfSource& source, const std::string& band,
                                          std::shared_ptr<const sky::Psf> image) {
    if (source.form == "image") return image;
    const sky::PsfProfileFit fit = sky::fit_profile(*image);
    in_.notes.push_back(
        fmt::format("{}: PSF in analytic form (Moffat + Gaussian + power law within {:g} arcsec), rms "
                    "residual {:.4f} of the peak, "
                    "largest {:.4f}; it holds all light within that radius, so that fluxes lack what lies "
                    "beyond ({:.1f}% of the image).",
                    band, fit.radius_arcsec, fit.rms_residual, fit.max_residual,
                    100 * (1 - image->encircled_energy(fit.radius_arcsec))));
    return std::make_shared<sky::Psf>(sky::psf_of_profile(fit.profile, image->scale_arcsec()));
  }

  void read_psfs() {
    for (std::size_t i = 0; i < r_.bands.size(); ++i) {
      const BandRecipe& band = r_.bands[i];
      const std::string key = fmt::format("bands[{}] ({})", i, band.name);
      in_.analysis_psf_images.push_back(psf(key + ".psf", band.psf, band.name, pixel_scale(i)));
      in_.analysis_psfs.push_back(in_form(band.psf, band.name, in_.analysis_psf_images.back()));
      if (!band.injection_psf) {
        in_.injection_psfs.push_back(in_.analysis_psfs.back());
        continue;
      }
      const PsfSource& other = *band.injection_psf;
      in_.injection_psfs.push_back(
          in_form(other, band.name, psf(key + ".injection_psf", other, band.name, pixel_scale(i))));
    }
  }

  void read_filters() {
    for (std::size_t i = 0; i < r_.bands.size(); ++i) {
      const BandRecipe& band = r_.bands[i];
      const std::string key = fmt::format("bands[{}] ({}).filter", i, band.name);
      in_.filters.push_back(band.filter.empty() ? sed::parametric_filter(band.name)
                                                : sed::read_filter(file(key, band.filter), band.name));
    }
  }

  std::shared_ptr<const sed::Library> library(const std::string& key, const LibraryRecipe& recipe) {
    const std::vector<std::string> texts = sed::files_of(recipe.choice);
    std::vector<std::filesystem::path> files;
    for (std::size_t k = 0; k < texts.size(); ++k)
      files.push_back(file(fmt::format("{}.files[{}]", key, k), texts[k]));
    return std::make_shared<sed::Library>(sed::read_library(recipe.choice, files));
  }

  static bool same_library(const LibraryRecipe& a, const LibraryRecipe& b) { return a.choice == b.choice; }

  // Libraries that several templates share are read once.
  void read_templates() {
    if (!r_.template_mismatch) return;
    const std::vector<TemplateRecipe>& all = r_.template_mismatch->templates;
    for (std::size_t i = 0; i < all.size(); ++i) {
      const auto before =
          std::find_if(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(i),
                       [&](const TemplateRecipe& t) { return same_library(t.library, all[i].library); });
      const auto known = static_cast<std::size_t>(before - all.begin());
      const std::string key = fmt::format("template_mismatch.templates[{}] ({}).library", i, all[i].name);
      const auto read = [&] {
        if (known < i) return in_.template_libraries[known];
        if (same_library(all[i].library, r_.analysis_library)) return in_.analysis_library;
        return library(key, all[i].library);
      };
      in_.template_libraries.push_back(read());
      for (const double z : r_.population.metallicity) check_metallicity(key, z, *in_.template_libraries[i]);
      for (const double z : r_.grid.metallicity) check_metallicity(key, z, *in_.template_libraries[i]);
    }
  }

  lens::LoadedLens lens(const std::string& key, const LensRecipe& recipe, bool with_posterior) {
    lens::LensReading reading;
    reading.keys = {recipe_file(), [key](const std::string& field) {
                      return field == "omega_m" ? "cosmology.omega_m" : key + "." + field;
                    }};
    reading.file = [this](const std::string& name, const std::string& text) { return file(name, text); };
    reading.cosmology = r_.cosmology;
    reading.seed = r_.seed;
    reading.with_posterior = with_posterior;
    std::vector<std::string> notes;
    reading.notes = &notes;
    lens::LoadedLens loaded = lens::read_lens(recipe.choice, reading);
    for (const std::string& note : notes) in_.notes.push_back(fmt::format("{}: {}", key, note));
    return loaded;
  }

  void read_lenses() {
    in_.truth_lens = lens("truth_lens", r_.truth_lens, false);
    in_.analysis_lens = lens("analysis_lens", r_.analysis_lens, true);
    for (std::size_t i = 0; i < r_.alternative_lenses.size(); ++i)
      in_.alternative_lenses.push_back(lens(alternative_key(i), r_.alternative_lenses[i].lens, false));
    for (std::size_t f = 0; f < r_.fields.size(); ++f) {
      const auto& own = r_.fields[f].truth_lens;
      in_.field_lenses.push_back(own ? std::optional(lens(field_key(f) + ".truth_lens", *own, false))
                                     : std::nullopt);
    }
    in_.same_lens = std::all_of(r_.fields.begin(), r_.fields.end(), [&](const FieldRecipe& field) {
      return same_model(r_.truth_lens_of(field), r_.analysis_lens);
    });
  }

  std::string field_key(std::size_t f) const { return fmt::format("fields[{}] ({})", f, r_.fields[f].name); }
  std::string alternative_key(std::size_t i) const {
    return fmt::format("alternative_lenses[{}] ({})", i, r_.alternative_lenses[i].name);
  }

  // Models that are compared stand at one place of the sky: a field brings them to one frame, which is right
  // to 0.02 arcsec over 20 arcsec where their origins are up to an arcminute apart.
  void check_origins() const {
    const lens::LoadedLens& first = in_.analysis_lens.model ? in_.analysis_lens : in_.truth_lens;
    if (!first.model) return;
    const auto check = [&](const std::string& key, const lens::LoadedLens& input) {
      constexpr double largest_arcsec = 60;
      if (!input.model) return;
      const lens::Vector2 offset = first.model->to_frame(input.model->reference());
      if (std::hypot(offset.x, offset.y) <= largest_arcsec) return;
      const sky::SkyPosition here = input.model->reference(), there = first.model->reference();
      throw InputError({recipe_file(), key,
                        fmt::format("a lens frame about RA {:.4f}, Dec {:.4f}", here.ra_deg, here.dec_deg),
                        fmt::format("one within an arcminute of the other lens's, RA {:.4f}, Dec {:.4f}",
                                    there.ra_deg, there.dec_deg)});
    };
    check("truth_lens", in_.truth_lens);
    for (std::size_t i = 0; i < in_.alternative_lenses.size(); ++i)
      check(alternative_key(i), in_.alternative_lenses[i]);
    for (std::size_t f = 0; f < in_.field_lenses.size(); ++f)
      if (in_.field_lenses[f]) check(field_key(f) + ".truth_lens", *in_.field_lenses[f]);
  }

  // Every lens must lie in front of every field that is seen through it.
  void check_redshifts() const {
    for (std::size_t f = 0; f < r_.fields.size(); ++f) {
      check_redshift(f, in_.truth_lens_of(f), in_.field_lenses[f] ? "truth lens of the field" : "truth_lens",
                     Redshift::truth);
      check_redshift(f, in_.analysis_lens, "analysis_lens", Redshift::analysis);
      for (std::size_t i = 0; i < in_.alternative_lenses.size(); ++i)
        check_redshift(f, in_.alternative_lenses[i], alternative_key(i), Redshift::analysis);
    }
  }

  enum class Redshift { truth, analysis };
  void check_redshift(std::size_t f, const lens::LoadedLens& input, const std::string& lens,
                      Redshift which) const {
    const FieldRecipe& field = r_.fields[f];
    const bool own = which == Redshift::analysis && field.analysis_z;
    const double z = own ? *field.analysis_z : field.z;
    if (z > input.z_lens()) return;
    throw InputError({recipe_file(), field_key(f) + (own ? ".analysis_z" : ".z"), fmt::format("{:g}", z),
                      fmt::format("a redshift behind the lens at {:g} ({})", input.z_lens(), lens)});
  }

  void check_metallicity(const std::string& key, double value, const sed::Library& library) const {
    constexpr double rounding = 1e-3;
    const double low = library.metallicity.front(), high = library.metallicity.back();
    if (value < low * (1 - rounding) || value > high * (1 + rounding))
      throw InputError({recipe_file(), key, fmt::format("Z = {:g}", value),
                        fmt::format("{:g} .. {:g}, the range of the {} library", low, high, library.name)});
  }

  void check_metallicities() const {
    for (const double value : r_.population.metallicity)
      check_metallicity("population.metallicity", value, *in_.truth_library);
    for (const double value : r_.grid.metallicity)
      if (r_.run_sed) check_metallicity("pipeline.sed_grid.metallicity", value, *in_.analysis_library);
    const bool simulated = std::any_of(r_.fields.begin(), r_.fields.end(),
                                       [](const FieldRecipe& f) { return f.exposures.empty(); });
    if (!simulated) return;
    if (r_.scene.host.mass_msun > 0 || r_.scene.host.clumps > 0)
      check_metallicity("scene.host.metallicity", r_.scene.host.metallicity, *in_.truth_library);
    if (r_.scene.cluster.mag_ab != 0)
      check_metallicity("scene.cluster_light.metallicity", r_.scene.cluster.metallicity, *in_.truth_library);
  }

  const Recipe& r_;
  Inputs in_;
};

}  // namespace

Inputs read_inputs(const Recipe& recipe) { return Reader(recipe).read(); }

}  // namespace arcproof::recipes
