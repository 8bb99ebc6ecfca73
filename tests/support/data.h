// Where tests find real data that cannot be shipped, and how they say that it is not there.
//
// Looked for in $ARCPROOF_DATA, then in shared/data beside the project's folder. Tables of the papers lie in
// `reference` beside that data folder.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace arcproof::tests {

/// Path of a data file such as "psf/x.fits", or an empty path when it is not at hand.
std::filesystem::path data_file(const std::string& relative);
/// Path of a reference table such as "claeyssens2023_tableB1_photometry.csv", or an empty path.
std::filesystem::path reference_file(const std::string& name);

/// The project's own folder.
std::filesystem::path source_folder();

/// A CSV table with a header line: one map per row.
using CsvRow = std::map<std::string, std::string>;
std::vector<CsvRow> read_csv(const std::filesystem::path& path);

/// A fresh empty folder for a test's output, under the temporary folder of the system.
std::filesystem::path scratch_folder(const std::string& name);

}  // namespace arcproof::tests

/// Skips the test, naming the file, unless it is at hand; otherwise declares `variable`.
#define ARCPROOF_NEEDS_DATA(variable, relative)                                \
  const std::filesystem::path variable = arcproof::tests::data_file(relative); \
  if (variable.empty()) GTEST_SKIP() << "data file not at hand: " << (relative)
#define ARCPROOF_NEEDS_REFERENCE(variable, name)                                \
  const std::filesystem::path variable = arcproof::tests::reference_file(name); \
  if (variable.empty()) GTEST_SKIP() << "reference table not at hand: " << (name)
