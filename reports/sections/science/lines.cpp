#include "reports/sections/science/lines.h"

#include "reports/drawing/html.h"
#include "reports/drawing/line_widths.h"

namespace arcproof::reports {
namespace {

constexpr TableName lines_table{"line_widths.fits", "LINES"};

}  // namespace

std::optional<Section> lines_section(const RunFolder& run) {
  const io::Table& lines = run.table(lines_table);
  if (lines.rows() == 0) return std::nullopt;
  const std::vector<LineWidths> widths = line_widths_of(lines);
  return Section{
      "lines", "Emission lines", "Emission lines",
      "How strong are lines of the populations that the SED fits know, and until when? Rest-frame equivalent "
      "widths without dust, by the analysis library and its gas; dashed: of a single burst. The stars' own "
      "absorption is not subtracted. " +
          std::string(line_width_note),
      html::grid(line_width_figures(widths)) + line_width_table(widths, {1, 2, 3, 5, 7, 10})};
}

}  // namespace arcproof::reports
