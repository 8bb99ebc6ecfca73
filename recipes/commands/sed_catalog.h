// A table of photometry as `arcproof sed` takes it.
#pragma once

#include "engine/sed/grid.h"
#include "recipes/commands/catalog_file.h"
#include "recipes/commands/commands.h"

#include <string>
#include <vector>

namespace arcproof::commands {

/// "f150w" as bands are called: "F150W".
std::string upper_case(std::string text);

/// Reads, checks and converts the columns that SedArguments names: fluxes in nJy, divided by |mu| where there
/// is a column mu. Throws InputError naming file, column and row; a table without rows is refused.
class PhotometryCatalog {
 public:
  explicit PhotometryCatalog(const SedArguments& arguments);

  std::size_t rows() const { return file_.rows(); }
  const std::vector<std::string>& bands() const { return bands_; }
  double z(std::size_t row) const { return z_[row]; }
  const std::vector<sed::BandFlux>& photometry(std::size_t row) const { return photometry_[row]; }
  /// The column id, or the rows' numbers from 0.
  io::Column id() const { return file_.id(); }

 private:
  void read_band(std::size_t band);
  void read_redshifts();
  void demagnify();

  const SedArguments& a_;
  CatalogFile file_;
  std::vector<std::string> bands_;
  std::vector<std::vector<sed::BandFlux>> photometry_;
  io::Reals z_;
};

}  // namespace arcproof::commands
