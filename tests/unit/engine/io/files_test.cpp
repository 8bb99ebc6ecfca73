#include "engine/io/files.h"

#include "engine/core/error.h"
#include "tests/support/data.h"

#include <fstream>
#include <functional>
#include <iterator>

#include <gtest/gtest.h>

namespace arcproof::io {
namespace {

namespace fs = std::filesystem;

std::size_t entries(const fs::path& folder) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

std::string complaint_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const InputError& error) {
    return error.what();
  }
  return "no InputError";
}

void put(const fs::path& path, const std::string& bytes) { std::ofstream(path, std::ios::binary) << bytes; }

// gzip.compress(b"arcproof arcproof arcproof \n", mtime=0)
const std::string gzipped(
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\x4b\x2c\x4a\x2e\x28\xca\xcf\x4f\x53\x48\xc4\x60\x70\x01\x00\xe9"
    "\x4a\x2b\x75\x1c\x00\x00\x00",
    33);

TEST(Files, TextReturnsByteForByte) {
  const fs::path path = tests::scratch_folder("files") / "text";
  for (const std::string& text : {std::string(), std::string("a\r\n\0\xff", 5), std::string(300000, 'x')}) {
    write_text(path, text);
    EXPECT_EQ(read_text(path), text);
  }
  EXPECT_EQ(entries(path.parent_path()), 1u);
}

TEST(Files, WithoutCommitTheOldFileStaysAndNothingElse) {
  const fs::path path = tests::scratch_folder("files") / "kept";
  put(path, "old");
  {
    const AtomicFile file(path);
    put(file.temporary(), "half of the n");
    EXPECT_EQ(file.temporary().parent_path(), path.parent_path());
    EXPECT_TRUE(is_temporary(file.temporary()));
    EXPECT_EQ(entries(path.parent_path()), 2u);
    EXPECT_EQ(read_text(path), "old");
  }
  EXPECT_EQ(read_text(path), "old");
  EXPECT_EQ(entries(path.parent_path()), 1u);
}

TEST(Files, CommitReplacesTheOldFile) {
  const fs::path path = tests::scratch_folder("files") / "replaced";
  put(path, "old and longer");
  AtomicFile file(path);
  put(file.temporary(), "new");
  file.commit();
  EXPECT_EQ(read_text(path), "new");
  EXPECT_EQ(entries(path.parent_path()), 1u);
}

TEST(Files, CommitThatFailsLeavesNoTemporary) {
  const fs::path folder = tests::scratch_folder("files"), target = folder / "folder";
  fs::create_directories(target / "inside");
  EXPECT_THROW(write_text(target, "text"), SystemError);
  EXPECT_EQ(entries(folder), 1u);
  EXPECT_THROW(write_text(folder / "none" / "file", "text"), SystemError);
  EXPECT_THROW(AtomicFile(folder / "never written").commit(), SystemError);
}

TEST(Files, TwoTemporariesOfOneTargetDiffer) {
  const AtomicFile a("x"), b("x");
  EXPECT_NE(a.temporary(), b.temporary());
}

TEST(Files, OrdinaryNamesAreNotTemporary) {
  for (const char* name : {"a.fits", "a.part", "a.part-one", "part-1", "folder.part-1/a.fits"})
    EXPECT_FALSE(is_temporary(name)) << name;
}

TEST(Files, RequiredFileIsNamedWithItsKey) {
  const fs::path folder = tests::scratch_folder("files");
  EXPECT_EQ(
      complaint_of([&] { require_file(folder / "none", "psf.file"); }),
      (folder / "none").string() + ": psf.file: found no such file; allowed: the path of a readable file");
  EXPECT_NE(complaint_of([&] { require_file(folder, "psf.file"); }).find("not a regular file"),
            std::string::npos);
  EXPECT_NE(complaint_of([&] { read_text(folder / "none"); }).find((folder / "none").string()),
            std::string::npos);
}

TEST(Files, GzippedAndPlainContentsAreTheSame) {
  const fs::path path = tests::scratch_folder("files") / "data";
  for (const std::string& bytes : {gzipped, std::string("arcproof arcproof arcproof \n")}) {
    put(path, bytes);
    EXPECT_EQ(read_possibly_gzipped(path), "arcproof arcproof arcproof \n");
  }
  put(path, "");
  EXPECT_EQ(read_possibly_gzipped(path), "");
}

TEST(Files, GzipCutAnywhereOrDamagedIsRefused) {
  const fs::path path = tests::scratch_folder("files") / "cut.gz";
  for (std::size_t length = 2; length < gzipped.size(); ++length) {
    put(path, gzipped.substr(0, length));
    EXPECT_NE(complaint_of([&] { read_possibly_gzipped(path); }).find("cut.gz: found a damaged gzip stream"),
              std::string::npos)
        << length << " bytes";
  }
  std::string wrong_sum = gzipped;
  wrong_sum[26] ^= 1;
  put(path, wrong_sum);
  EXPECT_THROW(read_possibly_gzipped(path), InputError);
}

}  // namespace
}  // namespace arcproof::io
