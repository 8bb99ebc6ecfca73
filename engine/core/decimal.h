// Numbers that a user types.
#pragma once

#include <charconv>
#include <optional>
#include <string>
#include <system_error>

namespace arcproof {

/// The number that a text is, in decimal digits ("1e-3", "+2", "inf"); none where it is something else, has blanks
/// about it, or is hexadecimal.
inline std::optional<double> decimal_number(const std::string& text) {
  double value = 0;
  const char *first = text.data() + (text.starts_with('+') && !text.starts_with("+-")),
             *last = text.data() + text.size();
  const auto [end, error] = std::from_chars(first, last, value);
  if (first == last || end != last || error != std::errc()) return std::nullopt;
  return value;
}

}  // namespace arcproof
