// What a finished run left in its output folder, read back for the report.
#pragma once

#include "engine/io/json.h"
#include "engine/io/table.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace arcproof::reports {

/// Tables that a run may lack are empty here, without columns.
struct RunFolder {
  io::Json report = io::Json::object();  ///< report.json
  io::Json convergence =
      io::Json::object();  ///< convergence.json: model -> parameter -> numbers; {} without a mass function
  io::Table completeness_mag, completeness_radius, completeness_mass,
      completeness_mag_radius;                                           ///< completeness.fits
  io::Table bias, coverage;                                              ///< bias.fits
  io::Table injections;                                                  ///< injections.fits
  io::Table catalogue;                                                   ///< science_catalog.fits
  io::Table mass_function, corrected, chain_power_law, chain_schechter;  ///< mass_function.fits, optional
  io::Table examples;                                                    ///< examples.fits, optional
  io::Table host_truth;                                                  ///< host_truth.fits, optional
  io::Table psf;                                                         ///< psf.fits, optional
  io::Table lens_pairs, lens_fields, lens_science;                       ///< lens_systematics.fits, optional
  io::Table template_pairs, template_ages, template_redshifts;           ///< template_mismatch.fits, optional
  io::Table lines;                                                       ///< line_widths.fits, optional
  io::Table template_clumps, template_degeneracy, template_histories;    ///< template_mismatch.fits, optional
  io::Table recovery, recovery_calibration, recovery_images;             ///< cmf_recovery.fits, optional
  std::vector<std::string> files;  ///< names of the files beside the report, for its footer
  std::optional<double>
      max_age_myr;  ///< of the mass function's clusters: report.json, or the recipe in run.json

  double metric(const std::string& name) const;  ///< of report.json; NaN where there is none
  double number(const std::string& key) const;   ///< top-level number of report.json; NaN where there is none
  std::string text(const std::string& key) const;  ///< top-level text of report.json; "" where there is none
  std::vector<std::string> bands() const;
  std::string reference_band() const { return text("reference_band"); }
};

/// Throws InputError naming the file (and HDU) that is missing or is not what it should be.
RunFolder read_run_folder(const std::filesystem::path& folder);

}  // namespace arcproof::reports
