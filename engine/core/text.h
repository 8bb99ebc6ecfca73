// Text.
#pragma once

#include <algorithm>
#include <string>

namespace arcproof {

/// ASCII capitals made small: bands are "F150W" in recipes and "f150w" in column names.
inline std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return text;
}

}  // namespace arcproof
