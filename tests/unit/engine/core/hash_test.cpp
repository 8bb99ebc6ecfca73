#include "engine/core/hash.h"

#include "engine/core/error.h"
#include "tests/support/data.h"

#include <fstream>

#include <gtest/gtest.h>

namespace arcproof {
namespace {

constexpr const char* million_a = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";

// Vectors of FIPS 180.
TEST(Hash, EqualsPublishedVectors) {
  EXPECT_EQ(to_hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(to_hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_hex(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(to_hex(sha256(std::string(1000000, 'a'))), million_a);
}

TEST(Hash, BytesAndTextAgreeBeyondAZeroByte) {
  const std::array<std::uint8_t, 3> bytes = {'a', 0, 0xff};
  EXPECT_EQ(sha256(std::span<const std::uint8_t>(bytes)), sha256(std::string_view("a\0\xff", 3)));
  EXPECT_NE(sha256(std::string_view("a\0\xff", 3)), sha256("a"));
}

TEST(Hash, OfAFileLongerThanTheBufferIsThatOfItsContents) {
  const auto path = tests::scratch_folder("hash") / "million";
  std::ofstream(path, std::ios::binary) << std::string(1000000, 'a');
  EXPECT_EQ(sha256_of_file(path), million_a);
  const std::string longer(3'000'001, 'b');
  std::ofstream(path, std::ios::binary) << longer;
  EXPECT_EQ(sha256_of_file(path), to_hex(sha256(longer)));
}

TEST(Hash, OfAMissingFileIsASystemError) {
  EXPECT_THROW(sha256_of_file(tests::scratch_folder("hash") / "none"), SystemError);
}

TEST(Hash, OfAFolderIsASystemError) {
  EXPECT_THROW(sha256_of_file(tests::scratch_folder("hash")), SystemError);
}

}  // namespace
}  // namespace arcproof
