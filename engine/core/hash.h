// SHA-256, for the keys of random streams and for the manifest.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace arcproof {

using Sha256 = std::array<std::uint8_t, 32>;

Sha256 sha256(std::span<const std::uint8_t> bytes);
Sha256 sha256(std::string_view text);

/// Lower-case hexadecimal, 64 characters.
std::string to_hex(const Sha256& digest);

/// Digest of a file's contents. Throws SystemError when it cannot be read.
std::string sha256_of_file(const std::filesystem::path& path);

}  // namespace arcproof
