// The figures of the report, by section. Each function copes with empty tables and missing values: a figure
// with nothing to draw says so in words.
#pragma once

#include "reports/drawing/html.h"
#include "reports/figures/run_folder.h"

#include <filesystem>
#include <string>
#include <vector>

namespace arcproof::reports {

std::vector<html::Figure> completeness_figures(
    const RunFolder& run);                                     ///< curves and the map magnitude x radius
std::vector<html::Figure> bias_figures(const RunFolder& run);  ///< measured - true along magnitude, S/N, size
std::vector<html::Figure> pull_figures(
    const RunFolder& run);  ///< pulls of the reference flux; pulls and coverage of every quantity
std::vector<html::Figure> truth_figures(const RunFolder& run);  ///< recovered against true
std::vector<html::Figure> outcome_figures(
    const RunFolder& run);  ///< what became of the injections, by magnitude
std::vector<html::Figure> example_figures(const RunFolder& run);  ///< cutouts: data, model, residual
std::vector<html::Figure> science_figures(const RunFolder& run);  ///< p_detect of the science rows
std::vector<html::Figure> psf_figures(
    const RunFolder& run);  ///< radial profiles and what differs between them
std::vector<html::Figure> lens_figures(const RunFolder& run);  ///< offsets by true and analysis lens
/// In words: what a wrong lens does to magnifications; "" without two models.
std::string lens_lead_html(const RunFolder& run);
/// Tables of the pairs of lenses and of the science catalogue by lens.
std::string lens_tables_html(const RunFolder& run);
std::vector<html::Figure> template_figures(
    const RunFolder& run);                              ///< offsets by true and fitted stellar template
std::string template_lead_html(const RunFolder& run);   ///< in words; "" without two templates
std::string template_table_html(const RunFolder& run);  ///< all pairs
/// Errors in age against those in dust and metallicity with the right template, ages under two templates.
std::vector<html::Figure> degeneracy_figures(const RunFolder& run);
std::string degeneracy_lead_html(const RunFolder& run);  ///< in words; "" without such metrics
/// Mocks of known mass functions: recovered slopes, calibration; none where the run made no mocks.
std::vector<html::Figure> recovery_figures(const RunFolder& run);
std::string recovery_html(const RunFolder& run);                        ///< table of biases and coverage
std::vector<html::Figure> mass_function_figures(const RunFolder& run);  ///< cumulative counts and posteriors

/// Sizes against masses with the fitted relation, and formation redshifts; none where the folder has no
/// population.fits.
std::vector<html::Figure> population_figures(const RunFolder& run, const std::filesystem::path& output);

}  // namespace arcproof::reports
