// FITS files (the only user of CFITSIO).
//
// Written files carry TTYPE, TUNIT, TDISP, TNULL and TCOMM on every column and CHECKSUM/DATASUM on every HDU,
// and nothing that changes from run to run: the same table gives the same bytes.
#pragma once

#include "engine/core/array2d.h"
#include "engine/io/table.h"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace arcproof::io {

/// The cards of one HDU that carry a value, in file order.
class FitsHeader {
 public:
  struct Card {
    std::string key, value, comment;
  };
  void add(std::string key, std::string value, std::string comment = "");
  const std::vector<Card>& cards() const { return cards_; }
  std::optional<std::string> text(std::string_view key) const;
  std::optional<double> number(std::string_view key) const;  ///< empty when missing or not a number
  /// All cards as one string of 80-character records, as wcslib wants them.
  std::string records;

 private:
  std::vector<Card> cards_;
};

struct FitsImage {
  Array2D<double> pixels;  ///< (x, y) from 0; BSCALE and BZERO applied; undefined pixels are NaN
  FitsHeader header;       ///< of this HDU
  FitsHeader primary;      ///< of the primary HDU, where keywords such as FILTER or PHOTFLAM often stand
  std::string hdu;         ///< "0 (PRIMARY)", "1 (SCI)", ...
};

/// Reads a two-dimensional image. `hdu` is an EXTNAME, a number counted from 0, or "" for the first HDU that
/// holds a two-dimensional image. Gzipped files are read as they are. Throws InputError naming the file and
/// HDU when the file is missing, is not FITS, is truncated, lacks that HDU, or the HDU is not a
/// two-dimensional image.
FitsImage read_fits_image(const std::filesystem::path& path, const std::string& hdu = "");

/// A cube or a list as one array, fastest axis first (for libraries). Throws as read_fits_image.
struct FitsArray {
  std::vector<int> shape;  ///< NAXIS1, NAXIS2, ...
  std::vector<double> values;
  FitsHeader header;
};
FitsArray read_fits_array(const std::filesystem::path& path, const std::string& hdu);

/// Reads a binary table. `hdu` as for images; "" is the first table.
Table read_fits_table(const std::filesystem::path& path, const std::string& hdu = "");

/// Writes tables, each its own extension, whole or not at all. `cards` go to the primary HDU.
void write_fits_tables(const std::filesystem::path& path, const std::vector<Table>& tables,
                       const FitsHeader& cards = {});

struct NamedImage {
  std::string name;  ///< EXTNAME
  Array2D<float> pixels;
  FitsHeader header;
};
/// Writes images, each its own extension after an empty primary HDU, and tables after them; whole or not at
/// all.
void write_fits_images(const std::filesystem::path& path, const std::vector<NamedImage>& images,
                       const std::vector<Table>& tables = {});

/// Names of all HDUs as "0 (PRIMARY)", ...: for messages.
std::vector<std::string> fits_hdu_names(const std::filesystem::path& path);

}  // namespace arcproof::io
