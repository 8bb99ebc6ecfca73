#include "reports/report.h"

#include "engine/io/files.h"
#include "reports/drawing/html.h"
#include "reports/page_header.h"

#include <algorithm>
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

// Every table and JSON file of the folder. manifest.json is written after the report and names this page's
// digest: it stands in the list whether it is there yet or not.
std::vector<std::string> files_beside(const RunFolder& run) {
  std::vector<std::string> files{"manifest.json"};
  for (const auto& entry : std::filesystem::directory_iterator(run.path())) {
    const std::string name = entry.path().filename().string(), ending = entry.path().extension().string();
    const bool of_the_run = ending == ".fits" || ending == ".ecsv" || ending == ".json";
    if (of_the_run && name != "manifest.json") files.push_back(name);
  }
  std::sort(files.begin(), files.end());
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

void write_report(const std::filesystem::path& output, std::span<const SectionMaker> sections) {
  const RunFolder run(output);
  const std::vector<Section> contents = made(run, sections);
  const std::string body = "<header>\n" + header_html(run) + navigation_html(contents) +
                           "</header>\n<main>\n" + sections_html(contents) + "</main>\n<footer>\n" +
                           footer_html(run) + "</footer>\n";
  io::write_text(output / "report.html", html::page("arcproof: " + run.text("recipe"), body));
}

}  // namespace arcproof::reports
