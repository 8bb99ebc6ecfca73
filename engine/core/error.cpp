#include "engine/core/error.h"

#include <fmt/format.h>

namespace arcproof {
namespace {

std::string sentence(const Complaint& c) {
  std::string text = c.file;
  if (!c.key.empty()) text += (text.empty() ? "" : ": ") + c.key;
  if (!c.found.empty()) text += (text.empty() ? "" : ": ") + ("found " + c.found);
  if (!c.allowed.empty()) text += "; allowed: " + c.allowed;
  return text;
}

}  // namespace

InputError::InputError(Complaint complaint)
    : std::runtime_error(sentence(complaint)), complaint_(std::move(complaint)) {}

void require(bool holds, std::string_view contract, const char* file, int line, const char* function) {
  if (holds) return;
  throw ContractError(fmt::format("{}:{}: in {}: broken contract: {}", file, line, function, contract));
}

void refuse(const std::filesystem::path& file, const std::string& key, const std::string& found,
            const std::string& allowed) {
  throw InputError({file.string(), key, found, allowed});
}

}  // namespace arcproof
