// Text.
#pragma once

#include "engine/core/error.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

namespace arcproof {

/// ASCII capitals made small: bands are "F150W" in recipes and "f150w" in column names.
inline std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return text;
}

/// Without the blanks and line ends at its ends.
inline std::string trimmed(const std::string& text) {
  constexpr const char* blank = " \t\r\n\f\v";
  const auto first = text.find_first_not_of(blank);
  return first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(blank) - first + 1);
}

/// Where a name stands in a list; ContractError for one that does not.
inline std::size_t index_of_name(const std::vector<std::string>& names, const std::string& name) {
  const auto at = std::find(names.begin(), names.end(), name);
  require(at != names.end(), "a name of the list");
  return static_cast<std::size_t>(at - names.begin());
}

}  // namespace arcproof
