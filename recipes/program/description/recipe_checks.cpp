#include "recipes/program/description/recipe_checks.h"

#include "engine/core/error.h"
#include "engine/core/text.h"
#include "engine/core/units.h"
#include "engine/sed/parametric_filter.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace arcproof::recipes {
namespace fs = std::filesystem;

namespace {

class Checker {
 public:
  Checker(const Recipe& recipe, std::string file) : r_(recipe), file_(std::move(file)) {}

  void run() const {
    check_name();
    check_bands();
    check_lens("truth_lens", r_.truth_lens);
    refuse_draws("truth_lens", r_.truth_lens);
    check_lens("analysis_lens", r_.analysis_lens);
    check_alternatives();
    check_library("truth_library", r_.truth_library);
    check_library("analysis_library", r_.analysis_library);
    check_templates();
    check_fields();
    check_amounts();
    check_magnitudes();
    check_ages();
    check_rounds();
  }

 private:
  [[noreturn]] void refuse(const std::string& key, const std::string& found,
                           const std::string& allowed) const {
    throw InputError({file_, key, found, allowed});
  }

  void check_name() const {
    const bool good =
        !r_.name.empty() &&
        r_.name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") ==
            std::string::npos;
    if (!good) refuse("name", "'" + r_.name + "'", "letters, digits, - and _");
  }

  std::vector<std::string> band_names() const {
    std::vector<std::string> names;
    for (const BandRecipe& band : r_.bands) names.push_back(band.name);
    return names;
  }

  void check_interlopers(const std::vector<std::string>& names) const {
    for (std::size_t i = 0; i < r_.pipeline.interloper_box.size(); ++i) {
      const pipeline::ColourRange& range = r_.pipeline.interloper_box[i];
      const std::string key = fmt::format("pipeline.interloper_box[{}]", i);
      for (const auto& [field, name] : {std::pair{".blue", range.blue}, {".red", range.red}})
        if (std::find(names.begin(), names.end(), name) == names.end())
          refuse(key + field, "'" + name + "'",
                 fmt::format("one of the recipe's bands: {}", fmt::join(names, ", ")));
      if (range.blue == range.red) refuse(key, fmt::format("'{0}' - '{0}'", range.blue), "two bands");
    }
  }

  void check_bands() const {
    if (r_.bands.empty()) refuse("bands", "an empty list", "at least one band");
    const std::vector<std::string> names = band_names();
    if (std::set<std::string>(names.begin(), names.end()).size() != names.size())
      refuse("bands", "a band twice", "each band once");
    for (const auto& [key, name] : {std::pair<std::string, std::string>{"reference_band", r_.reference_band},
                                    {"second_reference_band", r_.second_reference_band}})
      if (std::find(names.begin(), names.end(), name) == names.end())
        refuse(key, "'" + name + "'", fmt::format("one of the recipe's bands: {}", fmt::join(names, ", ")));
    check_interlopers(names);
    const std::vector<std::string> psfs = sky::parametric_psf_bands(),
                                   filters = sed::parametric_filter_bands();
    for (std::size_t i = 0; i < r_.bands.size(); ++i) {
      const BandRecipe& band = r_.bands[i];
      const std::string key = fmt::format("bands[{}] ({})", i, band.name);
      if (band.psf.file.empty() && std::find(psfs.begin(), psfs.end(), band.name) == psfs.end())
        refuse(key + ".psf", "no PSF for this band",
               fmt::format("a PSF file, or a band with an embedded PSF: {}", fmt::join(psfs, ", ")));
      check_psf(key + ".psf", band.psf);
      if (band.injection_psf) check_psf(key + ".injection_psf", *band.injection_psf);
      if (band.filter.empty() && std::find(filters.begin(), filters.end(), band.name) == filters.end())
        refuse(key + ".filter", "no filter for this band",
               fmt::format("a filter file, or a band with an embedded filter: {}", fmt::join(filters, ", ")));
    }
  }

  void check_psf(const std::string& key, const PsfSource& psf) const {
    if (!psf.file.empty()) return;
    if (!psf.hdu.empty()) refuse(key + ".hdu", "'" + psf.hdu + "' of no file", "nothing, or file with it");
    if (psf.pixel_scale_arcsec != 0)
      refuse(key + ".pixel_scale_arcsec", fmt::format("{:g} of no file", psf.pixel_scale_arcsec),
             "0, or file with it");
  }

  void check_host(const std::string& key, const HostRecipe& host, bool simulated) const {
    const std::string kind = host.kind();
    const auto need = [&](const std::string& file) {
      if (file.empty()) refuse(key + ".file", "nothing", "a file, for the kind " + kind);
    };
    if (const auto* mask = std::get_if<MaskHost>(&host.choice)) need(mask->file);
    if (const auto* regions = std::get_if<RegionsHost>(&host.choice)) need(regions->file);
    const HostCentre centre = host.centre();
    if (centre.x_arcsec.has_value() != centre.y_arcsec.has_value())
      refuse(key, "one of x_arcsec and y_arcsec", "both or none");
    if (kind == EverywhereHost::kind_name && centre.x_arcsec && !simulated)
      refuse(key + ".x_arcsec", "a centre that real exposures do not use",
             "no such key: it is where the galaxy of a simulated sky stands");
  }

  void check_kind(const std::string&, const lens::CompactClusterLens&) const {}
  void check_kind(const std::string& key, const lens::LenstoolLens& lens) const {
    if (lens.par.empty()) refuse(key + ".par", "nothing", "the path of best.par");
    if (lens.bayes.empty() && (lens.row >= 0 || lens.posterior_rows > 0))
      refuse(key + ".bayes", "nothing", "the path of bayes.dat, which row and posterior_rows need");
  }
  void check_kind(const std::string& key, const lens::MapFilesLens& lens) const {
    if (lens.map.empty() && lens.deflection_x.empty() && lens.deflection_y.empty())
      refuse(key + ".map", "nothing", "a map of arcproof, or deflection_x with deflection_y");
  }
  void check_kind(const std::string& key, const lens::ConstantLens& lens) const {
    constexpr double largest = plausible::largest_magnification;
    const double mu = lens.mu_tangential * lens.mu_radial;
    if (!(mu <= largest && mu >= 1 / largest))
      refuse(key + ".mu_tangential",
             fmt::format("a magnification of {:g} x {:g}", lens.mu_tangential, lens.mu_radial),
             fmt::format("a product from {:g} to {:g}", 1 / largest, largest));
  }

  void check_lens(const std::string& key, const LensRecipe& lens) const {
    std::visit([&](const auto& kind) { check_kind(key, kind); }, lens.choice);
  }

  // Names that would give a column twice.
  void check_alternative_name(const std::string& key, const std::string& name) const {
    const bool good = !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char c) {
      return c < 128 && std::isalnum(c);
    });
    if (!good) refuse(key, "'" + name + "'", "letters and digits");
    static const std::set<std::string> taken = {"q16", "q84", "tangential"};
    if (taken.contains(lower_case(name)))
      refuse(key, "'" + name + "', which columns of the catalogue end in",
             fmt::format("any name but {}", fmt::join(taken, ", ")));
  }

  // Only the analysis lens has errors.
  void refuse_draws(const std::string& key, const LensRecipe& lens) const {
    const auto* maps = lens.as<lens::MapFilesLens>();
    if (!maps) return;
    for (const auto& [name, files] : {std::pair{".posterior_maps", &maps->posterior_maps},
                                      {".posterior_deflection_x", &maps->posterior_deflection_x},
                                      {".posterior_deflection_y", &maps->posterior_deflection_y}})
      if (!files->empty())
        refuse(key + name, fmt::format("{} files", files->size()),
               "none: only analysis_lens takes a posterior");
  }

  void check_alternatives() const {
    std::set<std::string> names;
    for (std::size_t i = 0; i < r_.alternative_lenses.size(); ++i) {
      const AlternativeLensRecipe& a = r_.alternative_lenses[i];
      const std::string key = fmt::format("alternative_lenses[{}]", i);
      check_alternative_name(key + ".name", a.name);
      if (!names.insert(lower_case(a.name)).second)
        refuse(key + ".name", "'" + a.name + "' twice", "each name once, capitals or not");
      check_lens(fmt::format("{} ({})", key, a.name), a.lens);
      if (const int rows = lens::posterior_rows(a.lens.choice); rows > 0)
        refuse(fmt::format("{} ({}).posterior_rows", key, a.name), std::to_string(rows),
               "0: only analysis_lens takes a posterior");
      refuse_draws(fmt::format("{} ({})", key, a.name), a.lens);
    }
  }

  void check_library(const std::string& key, const LibraryRecipe& library) const {
    if (std::holds_alternative<sed::AnalyticLibraryChoice>(library.choice)) return;
    if (!sed::files_of(library.choice).empty()) return;
    const bool bc03 = std::holds_alternative<sed::Bc03LibraryChoice>(library.choice);
    refuse(key + ".files", "an empty list", bc03 ? "at least one .ised file" : "the files of a library");
  }

  void check_templates() const {
    if (!r_.template_mismatch) return;
    const TemplateMismatchRecipe& m = *r_.template_mismatch;
    const std::string key = "template_mismatch";
    if (m.templates.empty()) refuse(key + ".templates", "an empty list", "one template or more");
    if (m.redshifts.empty()) refuse(key + ".redshifts", "an empty list", "one redshift or more");
    std::set<std::string> names;
    for (std::size_t i = 0; i < m.templates.size(); ++i) {
      const TemplateRecipe& t = m.templates[i];
      const std::string here = fmt::format("{}.templates[{}] ({})", key, i, t.name);
      if (t.name.empty()) refuse(here + ".name", "nothing", "a name");
      if (!names.insert(t.name).second) refuse(here + ".name", "this name twice", "each template once");
      check_library(here + ".library", t.library);
    }
  }

  void check_fields() const {
    if (r_.fields.empty()) refuse("fields", "an empty list", "at least one field");
    std::set<std::string> names;
    for (std::size_t i = 0; i < r_.fields.size(); ++i) {
      const FieldRecipe& field = r_.fields[i];
      const std::string key = fmt::format("fields[{}] ({})", i, field.name);
      if (!names.insert(field.name).second) refuse(key + ".name", "this name twice", "each field once");
      if (field.x_arcsec.has_value() != field.y_arcsec.has_value())
        refuse(key, "one of x_arcsec and y_arcsec", "both or none");
      check_host(key + ".host", field.host, field.exposures.empty());
      if (field.truth_lens) check_lens(key + ".truth_lens", *field.truth_lens);
      if (field.truth_lens) refuse_draws(key + ".truth_lens", *field.truth_lens);
      check_exposures(field, key);
    }
  }

  // A cutout must fit, and an image must fit into memory.
  void check_size(const FieldRecipe& field, const std::string& key) const {
    for (const BandRecipe& band : r_.bands) {
      const double scale = r_.simulated_scale(band), pixels = field.size_arcsec / scale;
      if (!(pixels >= 64 && pixels <= 16384))
        refuse(key + ".size_arcsec",
               fmt::format("{:g}, {:g} pixels of {:g} arcsec in {}", field.size_arcsec, pixels, scale,
                           band.name),
               "64 to 16384 pixels in every band");
    }
  }

  void check_exposures(const FieldRecipe& field, const std::string& key) const {
    if (field.exposures.empty()) return check_size(field, key);
    std::vector<std::string> have;
    for (const ExposureRecipe& e : field.exposures) have.push_back(e.band);
    std::vector<std::string> want = band_names();
    std::sort(have.begin(), have.end());
    std::sort(want.begin(), want.end());
    if (have != want)
      refuse(key + ".exposures", fmt::format("exposures in {}", fmt::join(have, ", ")),
             fmt::format("one in each band: {}", fmt::join(want, ", ")));
  }

  void check_rounds() const {
    const mocks::Range &all = r_.population.mass_msun, &mag = r_.population.observed_mag_ab;
    for (std::size_t i = 0; i < r_.injection.rounds.size(); ++i) {
      const mocks::Range& part = r_.injection.rounds[i].mass_msun;
      if (!(part.low >= all.low && part.high <= all.high && part.low < part.high))
        refuse(fmt::format("injection.rounds[{}].mass_msun", i),
               fmt::format("[{:g}, {:g}]", part.low, part.high),
               fmt::format("a part of population.mass_msun = [{:g}, {:g}]", all.low, all.high));
      if (mag.high > mag.low)
        refuse("injection.rounds", "masses set by population.observed_mag_ab",
               "masses drawn by population.mass_msun");
    }
    if (r_.recovery &&
        (!r_.run_mass_function || !r_.correct_mass_function || !r_.run_sed || mag.high > mag.low))
      refuse("mass_function.recovery", "a run that does not correct its mass function",
             "mass_function.run and .corrected, pipeline.run_sed, no population.observed_mag_ab");
  }

  // Each number may be sound, and their product beyond any machine.
  void check_amount(const std::string& keys, double found, double most, const std::string& what) const {
    if (!(found <= most))
      refuse(keys, fmt::format("{:.3g} {}", found, what), fmt::format("at most {:g}", most));
  }
  void check_amounts() const {
    check_amount("injection.realisations", 1.0 * r_.injection.realisations * r_.injection.clumps, 1e8,
                 "clumps (realisations times clumps)");
    const auto& sampler = r_.mass_function.sampler;
    if (r_.run_mass_function)
      check_amount("mass_function.steps", 1.0 * sampler.walkers * sampler.steps * r_.mass_function.ensembles,
                   1e8, "positions of walkers (walkers times steps times ensembles)");
    const double ages = (10.2 - r_.grid.log_age_yr_min) / r_.grid.log_age_yr_step,
                 reddenings = 1 + r_.grid.ebv_max_mag / r_.grid.ebv_step_mag;
    if (r_.run_sed)
      check_amount("pipeline.sed_grid",
                   ages * reddenings * static_cast<double>(r_.grid.metallicity.size()) *
                       static_cast<double>(r_.grid.histories.size()),
                   2e6, "models (ages times reddenings times metallicities times histories)");
    const int bands = std::max(static_cast<int>(r_.bands.size()), sed::GridFitOptions{}.min_bands);
    if (r_.run_sed && r_.pipeline.sed.min_bands > bands)
      refuse("pipeline.sed.min_bands", std::to_string(r_.pipeline.sed.min_bands),
             fmt::format("at most {}: the recipe has {} bands", bands, r_.bands.size()));
    if (r_.match.max_radius_pix < r_.match.radius_pix)
      refuse("validation.match_radius_max_pix", fmt::format("{:g}", r_.match.max_radius_pix),
             fmt::format("match_radius_pix, {:g}, or more", r_.match.radius_pix));
  }

  // 0 stands for no magnitude; one brighter than any galaxy is a typing error.
  void check_magnitudes() const {
    constexpr double brightest = 5;
    const auto check = [&](const std::string& key, double mag) {
      if (mag != 0 && mag < brightest)
        refuse(key, fmt::format("{:g}", mag), fmt::format("0 (none), or {:g} and more", brightest));
    };
    check("scene.cluster_light.mag_ab", r_.scene.cluster.mag_ab);
    const mocks::Range& observed = r_.population.observed_mag_ab;
    if (observed.high > 0 && observed.low < brightest)
      refuse("population.observed_mag_ab", fmt::format("[{:g}, {:g}]", observed.low, observed.high),
             fmt::format("[0, 0] (masses are given), or {:g} and more", brightest));
  }

  // Ages are cut at the age of the Universe: some must be left.
  void check_ages() const {
    for (std::size_t i = 0; i < r_.fields.size(); ++i) {
      const double oldest = r_.cosmology.age_myr(r_.fields[i].z);
      if (r_.population.age_myr.low > oldest)
        refuse(
            "population.age_myr",
            fmt::format("[{:g}, {:g}]", r_.population.age_myr.low, r_.population.age_myr.high),
            fmt::format("a range that begins below {:.0f}, the age of the Universe at z = {:g} (fields[{}])",
                        oldest, r_.fields[i].z, i));
    }
  }

  const Recipe& r_;
  std::string file_;
};

}  // namespace

void check_keys(const Recipe& recipe, const std::string& file) { Checker(recipe, file).run(); }

}  // namespace arcproof::recipes
