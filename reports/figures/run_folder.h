// What a finished run left in its output folder, read back for the report.
//
// Figures and sections name the tables that they draw by constants beside their code:
//   inline constexpr TableName psf_table{"psf.fits", "PSF"};
//   const io::Table& psf = run.table(psf_table);
#pragma once

#include "engine/io/json.h"
#include "engine/io/table.h"

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace arcproof::reports {

/// What a run may lack.
enum class Needed {
  always,     ///< every run has the file and the HDU
  with_file,  ///< the file may be absent; where it stands it holds the HDU
  never,      ///< the file or the HDU may be absent
};

struct TableName {
  std::string_view file, hdu;
  Needed needed = Needed::never;
};

// Tables of every run that several figures draw.
inline constexpr TableName injections_table{"injections.fits", "INJECTIONS", Needed::always};
inline constexpr TableName catalogue_table{"science_catalog.fits", "CATALOG", Needed::always};

/// Reads a table when it is first asked for, and keeps it. One object serves one thread at a time.
class RunFolder {
 public:
  /// Reads report.json and convergence.json. Throws InputError naming the file that is missing or damaged.
  explicit RunFolder(std::filesystem::path folder);

  /// The table, or one without columns where the run may lack it and does. Good as long as this object. Throws
  /// InputError naming the file and the HDU where the file is damaged or lacks what every run has.
  const io::Table& table(const TableName& name) const;

  const std::filesystem::path& path() const { return folder_; }
  bool has_file(std::string_view name) const;

  const io::Json& report() const { return report_; }
  /// Model -> parameter -> numbers; {} without a mass function.
  const io::Json& convergence() const { return convergence_; }

  // Of report.json.
  double metric(const std::string& name) const;    ///< NaN if the report does not hold it
  double number(const std::string& key) const;     ///< at the top level; NaN if it is missing
  std::string text(const std::string& key) const;  ///< at the top level; "" if it is missing
  std::vector<std::string> bands() const;          ///< in the recipe's order
  std::string reference_band() const { return text("reference_band"); }

 private:
  std::filesystem::path folder_;
  io::Json report_, convergence_;
  mutable std::map<std::string, io::Table> tables_;  // by "file[HDU]"; what is in a map does not move
};

/// Magnitude at which half of the clumps are found: p(m) = plateau / (1 + exp((m - m50) / width)) is 1/2 at
/// m50 + width ln(2 plateau - 1), brighter than m50, where half of the plateau is found. NaN without a fit, and
/// where the plateau is 1/2 or less.
double half_found_mag(const RunFolder& run);

}  // namespace arcproof::reports
