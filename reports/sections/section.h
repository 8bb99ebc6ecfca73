// A section of the report: what the page says of one product of a run.
//
// A section stands in one place: a file of this folder (or of reports/sections/science) that puts together the
// words, tables and figures of its product. The product names its sections (recipes/program/products/product.h).
#pragma once

#include "reports/figures/run_folder.h"

#include <optional>
#include <string>

namespace arcproof::reports {

struct Section {
  std::string id;          ///< of its anchor; unique in the page
  std::string navigation;  ///< text of its link in the page's head; "": no link
  std::string title;       ///< text
  std::string lead;        ///< html: one or two sentences below the title
  std::string body;        ///< html: words, tables and figures; "": no section
};

/// Nothing, where the run has no such product. Throws InputError as RunFolder::table, SystemError as Plot::svg.
using SectionMaker = std::optional<Section> (*)(const RunFolder& run);

}  // namespace arcproof::reports
