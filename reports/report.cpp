#include "reports/report.h"

#include "engine/io/files.h"
#include "engine/io/json.h"

namespace arcproof::reports {

void write_report(const std::filesystem::path& output) {
  const io::Json report = io::read_json(output / "report.json");
  io::write_text(output / "report.html", "<!DOCTYPE html><html><body><pre>" + report.dump() + "</pre></body></html>\n");
}

}  // namespace arcproof::reports
