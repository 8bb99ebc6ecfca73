#include "tests/support/data.h"

#include "engine/io/files.h"

#include <cstdlib>
#include <sstream>

#include <unistd.h>

namespace arcproof::tests {

std::filesystem::path source_folder() { return ARCPROOF_SOURCE_DIR; }
namespace fs = std::filesystem;
namespace {

fs::path data_folder() {
  if (const char* folder = std::getenv("ARCPROOF_DATA")) return folder;
  return fs::path(ARCPROOF_SOURCE_DIR).parent_path() / "shared" / "data";
}

fs::path if_there(const fs::path& path) { return fs::exists(path) ? path : fs::path(); }

std::vector<std::string> split(const std::string& line) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (const char c : line) {
    if (c == '"') quoted = !quoted;
    else if (c == ',' && !quoted) fields.emplace_back();
    else if (c != '\r') fields.back() += c;
  }
  return fields;
}

}  // namespace

fs::path data_file(const std::string& relative) { return if_there(data_folder() / relative); }

fs::path reference_file(const std::string& name) {
  return if_there(data_folder().lexically_normal().parent_path() / "reference" / name);
}

std::vector<CsvRow> read_csv(const fs::path& path) {
  std::istringstream text(io::read_text(path));
  std::string line;
  std::getline(text, line);
  const std::vector<std::string> names = split(line);
  std::vector<CsvRow> rows;
  while (std::getline(text, line)) {
    const std::vector<std::string> fields = split(line);
    CsvRow row;
    for (std::size_t i = 0; i < names.size() && i < fields.size(); ++i) row[names[i]] = fields[i];
    rows.push_back(std::move(row));
  }
  return rows;
}

fs::path scratch_folder(const std::string& name) {
  // Removed when the test program ends.
  static const struct Scratch {
    fs::path folder = fs::temp_directory_path() / ("arcproof-tests-" + std::to_string(::getpid()));
    ~Scratch() {
      std::error_code ignored;
      fs::remove_all(folder, ignored);
    }
  } scratch;
  const fs::path folder = scratch.folder / name;
  fs::remove_all(folder);
  fs::create_directories(folder);
  return folder;
}

}  // namespace arcproof::tests
