#include "recipes/program/commands/command.h"

#include <cmath>
#include <cstdlib>

namespace arcproof::commands {

CLI::Validator above_zero() {
  return {[](const std::string& text) {
            char* end = nullptr;
            const double value = std::strtod(text.c_str(), &end);
            return *end == '\0' && value > 0 && std::isfinite(value)
                       ? std::string()
                       : "found " + text + ", allowed: a number above 0";
          },
          "POSITIVE"};
}

}  // namespace arcproof::commands
