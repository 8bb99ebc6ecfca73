#include "reports/report.h"

#include "engine/io/files.h"
#include "reports/drawing/html.h"
#include "reports/page_header.h"
#include "reports/sections/bands.h"
#include "reports/sections/bias.h"
#include "reports/sections/completeness.h"
#include "reports/sections/convergence.h"
#include "reports/sections/criteria.h"
#include "reports/sections/examples.h"
#include "reports/sections/outcomes.h"
#include "reports/sections/psf.h"
#include "reports/sections/science/lens.h"
#include "reports/sections/science/lines.h"
#include "reports/sections/science/mass_function.h"
#include "reports/sections/science/population.h"
#include "reports/sections/science/recovery.h"
#include "reports/sections/science/science_catalogue.h"
#include "reports/sections/science/templates.h"
#include "reports/sections/truth.h"

#include <cmath>

#include <fmt/format.h>

namespace arcproof::reports {
namespace {

std::vector<Section> made(const RunFolder& run, std::span<const SectionMaker> makers) {
  std::vector<Section> sections;
  for (const SectionMaker make : makers)
    if (std::optional<Section> section = make(run); section && !section->body.empty())
      sections.push_back(std::move(*section));
  return sections;
}

std::string navigation_html(const std::vector<Section>& sections) {
  std::string links;
  for (const Section& s : sections)
    if (!s.navigation.empty())
      links +=
          fmt::format("{}<a href=\"#{}\">{}</a>", links.empty() ? "" : " ", s.id, html::escape(s.navigation));
  return "<nav>" + links + "</nav>\n";
}

std::string sections_html(const std::vector<Section>& sections) {
  std::string out;
  for (const Section& s : sections) out += html::section(s.id, s.title, s.lead, s.body);
  return out;
}

// Always the same list for the same run: manifest.json is written after the report and names this page's
// digest.
std::vector<std::string> files_beside(const RunFolder& run) {
  std::vector<std::string> files = {"report.json",          "manifest.json",        "run.json",
                                    "injections.fits",      "completeness.fits",    "bias.fits",
                                    "science_catalog.fits", "science_catalog.ecsv", "convergence.json"};
  for (const char* name : {"mass_function.fits", "examples.fits", "host_truth.fits", "lens_systematics.fits",
                           "template_mismatch.fits", "cmf_recovery.fits", "line_widths.fits"})
    if (run.has_file(name)) files.emplace_back(name);
  return files;
}

std::string footer_html(const RunFolder& run) {
  std::string links;
  for (const std::string& file : files_beside(run))
    links += fmt::format("{}<a href=\"{}\">{}</a>", links.empty() ? "" : " \u00b7 ", html::escape(file),
                         html::escape(file));
  return fmt::format(
      "<p>Recipe {}, seed {}. Every number and figure of this page comes from the files beside it: {}.</p>\n"
      "<p>manifest.json names the version, the compiler, the machine and the SHA-256 of every input and "
      "output: the same recipe, seed and version give the same tables, bit for bit.</p>\n",
      html::escape(run.text("recipe")),
      std::isfinite(run.number("seed")) ? fmt::format("{:.0f}", run.number("seed")) : std::string(html::dash),
      links);
}

}  // namespace

std::span<const SectionMaker> all_sections() {
  static constexpr SectionMaker makers[] = {
      criteria_section,     lens_section,        templates_section,     recovery_section,
      completeness_section, bias_section,        truth_section,         outcomes_section,
      examples_section,     science_section,     mass_function_section, population_section,
      lines_section,        convergence_section, psf_section,           bands_section};
  return makers;
}

void write_report(const std::filesystem::path& output, std::span<const SectionMaker> sections) {
  const RunFolder run(output);
  const std::vector<Section> contents = made(run, sections);
  const std::string body = "<header>\n" + header_html(run) + navigation_html(contents) +
                           "</header>\n<main>\n" + sections_html(contents) + "</main>\n<footer>\n" +
                           footer_html(run) + "</footer>\n";
  io::write_text(output / "report.html", html::page("arcproof: " + run.text("recipe"), body));
}

}  // namespace arcproof::reports
