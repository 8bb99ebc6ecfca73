// How arcproof fails. There are three channels and no others:
//
//   InputError       what the user gave is wrong (a file, a key, a value). Exit code 2, nothing written.
//   ContractError    a caller inside arcproof broke a function's contract. Exit code 1; it is a bug.
//   data             a clump that was not found, a fit that did not converge: never an exception, always a
//                    row with a flag.
#pragma once

#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace arcproof {

/// Says what is wrong with an input, in the four parts a user needs to mend it.
struct Complaint {
  std::string file;     ///< path of the file, or of the recipe; empty when there is none
  std::string key;      ///< key, HDU, column or line in that file
  std::string found;    ///< what stands there
  std::string allowed;  ///< what may stand there
};

/// The user's input is wrong. what() is one line: "FILE: KEY: found FOUND; allowed: ALLOWED".
class InputError : public std::runtime_error {
 public:
  explicit InputError(Complaint complaint);
  const Complaint& complaint() const { return complaint_; }

 private:
  Complaint complaint_;
};

/// Throws InputError of these four parts.
[[noreturn]] void refuse(const std::filesystem::path& file, const std::string& key, const std::string& found,
                         const std::string& allowed);

/// How a caller calls the fields of the options that it gives, for messages: "--pixel-scale" on the command
/// line, "bands[0].pixel_scale_arcsec" in a recipe. Empty: by their own names.
using FieldNames = std::function<std::string(const std::string& field)>;
inline std::string called(const FieldNames& names, const std::string& field) {
  return names ? names(field) : field;
}

/// A function was called outside its contract.
class ContractError : public std::logic_error {
  using std::logic_error::logic_error;
};

/// The machine failed (disk full, no permission, library error): exit code 1.
class SystemError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Throws ContractError naming the place of the call unless `holds`.
void require(bool holds, std::string_view contract, const char* file = __builtin_FILE(),
             int line = __builtin_LINE(), const char* function = __builtin_FUNCTION());

}  // namespace arcproof
