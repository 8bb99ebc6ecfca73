#include "engine/core/keys.h"

#include <fmt/format.h>

namespace arcproof {

std::string Allowed::text() const {
  if (ends_only) return fmt::format("{:g} or {:g}", low, high);
  if (std::isfinite(low) && std::isfinite(high))
    return fmt::format("a number {} {:g} and <= {:g}", low_open ? ">" : ">=", low, high);
  if (std::isfinite(low)) return fmt::format("a number {} {:g}", low_open ? ">" : ">=", low);
  if (std::isfinite(high)) return fmt::format("a number <= {:g}", high);
  return "a finite number";
}

}  // namespace arcproof
