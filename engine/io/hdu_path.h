// "FILE[HDU]", as CFITSIO's users write it.
#pragma once

#include <filesystem>
#include <string>
#include <utility>

namespace arcproof::io {

/// A file, and the HDU in it that is meant.
struct HduPath {
  std::filesystem::path path;
  std::string hdu;  ///< EXTNAME, or a number counted from 0; "" where none is given: the first that fits
  HduPath(std::filesystem::path file = {}, std::string hdu_name = "")
      : path(std::move(file)), hdu(std::move(hdu_name)) {}
  /// "FILE[HDU]", or "FILE".
  std::string text() const { return hdu.empty() ? path.string() : path.string() + "[" + hdu + "]"; }
};

/// Takes FILE or FILE[HDU] apart. Throws InputError{file, key} where there is no file name, a bracket that is
/// not opened, or nothing in the brackets; `file` and `key` are where the text stands.
HduPath split_hdu(const std::string& text, const std::string& file, const std::string& key);

}  // namespace arcproof::io
