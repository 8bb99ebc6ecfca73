// Files that are either whole or not there: written under a temporary name, flushed to disk, renamed.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace arcproof::io {

/// A temporary name beside `target`. commit() flushes the file to disk and renames it onto `target`; without
/// commit() the destructor removes it, so that a failure leaves what stood there before.
class AtomicFile {
 public:
  explicit AtomicFile(std::filesystem::path target);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  const std::filesystem::path& temporary() const { return temporary_; }
  void commit();  ///< throws SystemError

 private:
  std::filesystem::path target_, temporary_;
  bool committed_ = false;
};

/// True for the name of a temporary that an AtomicFile of a killed program left behind.
bool is_temporary(const std::filesystem::path& path);

void write_text(const std::filesystem::path& path, std::string_view text);

/// Whole contents. Throws InputError naming the file when it is missing or unreadable.
std::string read_text(const std::filesystem::path& path);

/// Contents of a gzip file, or of a plain one as it is. Throws InputError when missing, unreadable or
/// truncated.
std::string read_possibly_gzipped(const std::filesystem::path& path);

/// Throws InputError unless `path` is a readable regular file; `key` is what named it (a recipe key).
void require_file(const std::filesystem::path& path, std::string_view key);

}  // namespace arcproof::io
