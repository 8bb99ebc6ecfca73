#include "reports/report.h"

#include "engine/io/files.h"
#include "reports/drawing/html.h"
#include "reports/figures/figures.h"
#include "reports/figures/run_folder.h"
#include "reports/line_widths.h"
#include "reports/population.h"
#include "reports/sections.h"

namespace arcproof::reports {
namespace {

// The section stands only in reports of runs that compare lenses.
bool compares_lenses(const RunFolder& run) { return run.lens_pairs.rows() > 0; }
bool compares_templates(const RunFolder& run) { return run.template_pairs.rows() > 0; }

std::string navigation(const RunFolder& run) {
  return "<nav><a href=\"#criteria\">Criteria</a> " +
         std::string(compares_lenses(run) ? "<a href=\"#lens\">Lens models</a> " : "") +
         (compares_templates(run) ? "<a href=\"#templates\">Stellar templates</a> " : "") +
         std::string(run.recovery.rows() > 0 ? "<a href=\"#recovery\">Recovery</a> " : "") +
         "<a href=\"#completeness\">Completeness</a> <a "
         "href=\"#bias\">Bias and pulls</a> <a href=\"#truth\">Truth and recovery</a> "
         "<a href=\"#outcomes\">Outcomes</a> <a href=\"#examples\">Examples</a> <a href=\"#science\">Science "
         "catalogue</a> <a href=\"#mass-function\">Mass function</a> " +
         std::string(run.lines.rows() > 0 ? "<a href=\"#lines\">Emission lines</a> " : "") +
         "<a href=\"#convergence\">Convergence</a> <a href=\"#psf\">PSF</a> <a "
         "href=\"#bands\">Bands</a></nav>\n";
}

std::string lens_section(const RunFolder& run) {
  if (!compares_lenses(run)) return "";
  return html::section("lens", "Lens models", "What does the choice of the lens model do to the catalogue?",
                       lens_lead_html(run) + html::grid(lens_figures(run)) + lens_tables_html(run));
}

std::string template_section(const RunFolder& run) {
  if (!compares_templates(run)) return "";
  return html::section(
      "templates", "Stellar templates",
      "What does a wrong stellar library, star-formation history or dust law do to ages, masses and dust?",
      template_lead_html(run) + html::grid(template_figures(run)) + template_table_html(run) +
          degeneracy_lead_html(run) + html::grid(degeneracy_figures(run)));
}

std::string line_section(const RunFolder& run) {
  if (run.lines.rows() == 0) return "";
  const std::vector<LineWidths> widths = line_widths_of(run.lines);
  return html::section(
      "lines", "Emission lines",
      "How strong are lines of the populations that the SED fits know, and until when? Rest-frame equivalent "
      "widths without dust, by the analysis library and its gas; dashed: of a single burst. The stars' own "
      "absorption is not subtracted. " +
          std::string(line_width_note),
      html::grid(line_width_figures(widths)) + line_width_table(widths, {1, 2, 3, 5, 7, 10}));
}

std::string recovery_section(const RunFolder& run) {
  if (run.recovery.rows() == 0) return "";
  return html::section("recovery", "Recovered mass functions",
                       "Populations of known mass function, seen through this run's injections: does the "
                       "correction find them again?",
                       html::grid(recovery_figures(run)) + recovery_html(run));
}

std::string population_section(const std::string& tables) {
  if (tables.empty()) return "";
  return html::section("population", "Population",
                       "Densities, ages, sizes and boundedness of the science catalogue's clumps.", tables);
}

std::string sections(const RunFolder& run, const std::string& population_tables) {
  using html::grid, html::section;
  return section("criteria", "Criteria",
                 "What the recipe asked of this run before it began, and what came out.",
                 criteria_html(run)) +
         lens_section(run) + template_section(run) + recovery_section(run) +
         section("completeness", "Completeness", "How likely is a clump to be found, given what it truly is?",
                 grid(completeness_figures(run))) +
         section("bias", "Bias, pulls and coverage",
                 "Are measured values right, and are their errors honest?",
                 grid(bias_figures(run)) + grid(pull_figures(run))) +
         section("truth", "Truth and recovery",
                 "Every recovered clump: blue for S/N &gt; 10, orange below; the black line is perfection. "
                 "<b>When all is well</b> the points lie along it, blue ones closely.",
                 grid(truth_figures(run))) +
         section("outcomes", "Outcomes", "What became of each injected image, the lost ones included?",
                 grid(outcome_figures(run))) +
         section("examples", "Examples", "What a recovered clump looks like.", grid(example_figures(run))) +
         section("science", "Science catalogue",
                 "The real measurement, row by row, with what the injections say of it.",
                 grid(science_figures(run)) + catalogue_html(run)) +
         section("mass-function", "Mass function", "Masses of the clusters and the laws fitted to them.",
                 mass_function_html(run) + grid(mass_function_figures(run))) +
         population_section(population_tables) + line_section(run) +
         section("convergence", "Convergence",
                 "Did the sampler run long enough for its numbers to be quoted?", convergence_html(run)) +
         section("psf", "Point-spread functions", "What was injected with, and what was fitted with.",
                 grid(psf_figures(run))) +
         section("bands", "Bands",
                 "Depth of the images as the recipe's limits define it, and flux recovery in every band.",
                 bands_html(run));
}

std::string population_parts(const RunFolder& run, const std::filesystem::path& output) {
  const std::vector<html::Figure> figures = population_figures(run, output);
  return (figures.empty() ? "" : html::grid(figures)) + population_html(output);
}

}  // namespace

void write_report(const std::filesystem::path& output) {
  const RunFolder run = read_run_folder(output);
  const std::string body = "<header>\n" + header_html(run) + navigation(run) + "</header>\n<main>\n" +
                           sections(run, population_parts(run, output)) + "</main>\n<footer>\n" +
                           footer_html(run) + "</footer>\n";
  io::write_text(output / "report.html", html::page("arcproof: " + run.text("recipe"), body));
}

}  // namespace arcproof::reports
