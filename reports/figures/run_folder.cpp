#include "reports/figures/run_folder.h"

#include "engine/core/error.h"
#include "engine/core/missing.h"
#include "engine/core/text.h"
#include "engine/io/fits.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <limits>

namespace arcproof::reports {
namespace fs = std::filesystem;
namespace {

// HDU names read "2 (CHAIN_power_law)".
bool has_hdu(const fs::path& file, const std::string& name) {
  const auto names = io::fits_hdu_names(file);
  return std::any_of(names.begin(), names.end(), [&](const std::string& entry) {
    return lower_case(entry).ends_with("(" + lower_case(name) + ")");
  });
}

io::Table optional_table(const fs::path& file, const std::string& hdu) {
  if (!fs::exists(file) || !has_hdu(file, hdu)) return io::Table(hdu);
  return io::read_fits_table(file, hdu);
}

io::Json json_object(const fs::path& file) {
  io::Json json = io::read_json(file);
  if (!json.is_object())
    throw InputError({file.string(), "", std::string(json.type_name()), "an object, as arcproof writes it"});
  return json;
}

double number_of(const io::Json& object, const std::string& key) {
  const io::Json* value = object.is_object() ? object.find(key) : nullptr;
  return value && value->is_number() ? value->as_double() : nan;
}

// The recipe of the run, where run.json is at hand, says which clusters the mass function took.
std::optional<double> max_age(const fs::path& folder, const io::Json& report) {
  if (const double age = number_of(report, "max_age_myr"); age > 0) return age;
  if (!fs::exists(folder / "run.json")) return std::nullopt;
  io::Json node = json_object(folder / "run.json");
  for (const char* key : {"recipe", "mass_function"}) {
    const io::Json* next = node.is_object() ? node.find(key) : nullptr;
    if (!next) return std::nullopt;
    node = io::Json(*next);
  }
  if (const double age = number_of(node, "max_age_myr"); age > 0) return age;
  return std::nullopt;
}

// Always the same list for the same run: manifest.json is written after the report and names this page's
// digest.
std::vector<std::string> files_beside(const fs::path& folder) {
  std::vector<std::string> files = {"report.json",          "manifest.json",        "run.json",
                                    "injections.fits",      "completeness.fits",    "bias.fits",
                                    "science_catalog.fits", "science_catalog.ecsv", "convergence.json"};
  for (const char* name : {"mass_function.fits", "examples.fits", "host_truth.fits", "lens_systematics.fits",
                           "template_mismatch.fits", "cmf_recovery.fits", "line_widths.fits"})
    if (fs::exists(folder / name)) files.emplace_back(name);
  return files;
}

}  // namespace

double RunFolder::metric(const std::string& name) const {
  const io::Json* metrics = report.find("metrics");
  return metrics ? number_of(*metrics, name) : nan;
}

double RunFolder::number(const std::string& key) const { return number_of(report, key); }

std::string RunFolder::text(const std::string& key) const {
  const io::Json* value = report.find(key);
  return value && value->is_string() ? value->as_string() : "";
}

std::vector<std::string> RunFolder::bands() const {
  std::vector<std::string> names;
  if (const io::Json* list = report.find("bands"); list && list->is_array())
    for (const io::Json& band : list->as_array())
      if (band.is_string()) names.push_back(band.as_string());
  return names;
}

RunFolder read_run_folder(const fs::path& folder) {
  RunFolder run;
  run.report = json_object(folder / "report.json");
  run.convergence = json_object(folder / "convergence.json");
  const fs::path completeness = folder / "completeness.fits", bias = folder / "bias.fits",
                 masses = folder / "mass_function.fits";
  run.completeness_mag = io::read_fits_table(completeness, "MAG");
  run.completeness_radius = io::read_fits_table(completeness, "RADIUS");
  run.completeness_mass = io::read_fits_table(completeness, "MASS");
  run.completeness_mag_radius = io::read_fits_table(completeness, "MAG_RADIUS");
  run.bias = io::read_fits_table(bias, "BIAS");
  run.coverage = io::read_fits_table(bias, "COVERAGE");
  run.injections = io::read_fits_table(folder / "injections.fits", "INJECTIONS");
  run.catalogue = io::read_fits_table(folder / "science_catalog.fits", "CATALOG");
  // A folder may hold the mass_function.fits of an earlier run of the recipe; this run counted its clusters
  // if it fitted any.
  if (std::isfinite(run.metric("mass_function.n_clusters"))) {
    run.mass_function = optional_table(masses, "MASSFUNC");
    run.corrected = optional_table(masses, "CORRECTED");
    run.chain_power_law = optional_table(masses, "CHAIN_power_law");
    run.chain_schechter = optional_table(masses, "CHAIN_schechter");
  }
  run.examples = optional_table(folder / "examples.fits", "EXAMPLES");
  run.host_truth = optional_table(folder / "host_truth.fits", "HOST_TRUTH");
  run.psf = optional_table(folder / "psf.fits", "PSF");
  run.lens_pairs = optional_table(folder / "lens_systematics.fits", "PAIRS");
  run.lens_fields = optional_table(folder / "lens_systematics.fits", "FIELDS");
  run.lens_science = optional_table(folder / "lens_systematics.fits", "SCIENCE");
  run.template_pairs = optional_table(folder / "template_mismatch.fits", "PAIRS");
  run.template_ages = optional_table(folder / "template_mismatch.fits", "AGE");
  run.template_redshifts = optional_table(folder / "template_mismatch.fits", "REDSHIFT");
  run.template_clumps = optional_table(folder / "template_mismatch.fits", "CLUMPS");
  run.template_degeneracy = optional_table(folder / "template_mismatch.fits", "DEGENERACY");
  run.template_histories = optional_table(folder / "template_mismatch.fits", "HISTORY");
  run.lines = optional_table(folder / "line_widths.fits", "LINES");
  run.recovery = optional_table(folder / "cmf_recovery.fits", "RECOVERY");
  run.recovery_calibration = optional_table(folder / "cmf_recovery.fits", "CALIBRATION");
  run.recovery_images = optional_table(folder / "cmf_recovery.fits", "IMAGES");
  run.files = files_beside(folder);
  run.max_age_myr = max_age(folder, run.report);
  return run;
}

}  // namespace arcproof::reports
