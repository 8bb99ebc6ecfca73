#include "engine/io/hdu_path.h"

#include "engine/core/error.h"

namespace arcproof::io {

HduPath split_hdu(const std::string& text, const std::string& file, const std::string& key) {
  const auto open = text.ends_with(']') ? text.rfind('[') : std::string::npos;
  if (text.empty() || open == 0 || (text.ends_with(']') && open == std::string::npos))
    refuse(file, key, "'" + text + "'", "FILE or FILE[HDU]");
  if (open == std::string::npos) return {text};
  if (open + 2 == text.size())
    refuse(file, key, "'" + text + "' without an HDU in its brackets", "FILE[HDU]");
  return {text.substr(0, open), text.substr(open + 1, text.size() - open - 2)};
}

}  // namespace arcproof::io
