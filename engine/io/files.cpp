#include "engine/io/files.h"

#include "engine/core/error.h"

#include <atomic>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>
#include <sstream>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>
#include <zlib.h>

namespace arcproof::io {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view temporary_mark = ".part-";

fs::path temporary_name(const fs::path& target) {
  static std::atomic<unsigned> counter{0};
  return fs::path(target).concat(fmt::format("{}{}-{}", temporary_mark, ::getpid(), counter++));
}

void flush_to_disk(const fs::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY);
  if (descriptor < 0 || ::fsync(descriptor) != 0) {
    const std::string reason = std::strerror(errno);
    if (descriptor >= 0) ::close(descriptor);
    throw SystemError(fmt::format("{}: cannot be flushed to disk: {}", path.string(), reason));
  }
  ::close(descriptor);
}

}  // namespace

bool is_temporary(const fs::path& path) {
  const std::string name = path.filename().string();
  const std::size_t mark = name.rfind(temporary_mark);
  return mark != std::string::npos && mark + temporary_mark.size() < name.size() &&
         name.find_first_not_of("0123456789-", mark + temporary_mark.size()) == std::string::npos;
}

AtomicFile::AtomicFile(fs::path target) : target_(std::move(target)), temporary_(temporary_name(target_)) {}

AtomicFile::~AtomicFile() {
  if (committed_) return;
  std::error_code ignored;
  fs::remove(temporary_, ignored);
}

void AtomicFile::commit() {
  flush_to_disk(temporary_);
  std::error_code error;
  fs::rename(temporary_, target_, error);
  if (error) throw SystemError(fmt::format("{}: cannot be written: {}", target_.string(), error.message()));
  committed_ = true;
}

void write_text(const fs::path& path, std::string_view text) {
  AtomicFile file(path);
  {
    std::ofstream out(file.temporary(), std::ios::binary);
    out.write(text.data(), static_cast<std::streamsize>(text.size()));
    out.flush();
    if (!out)
      throw SystemError(fmt::format("{}: cannot be written: {}", path.string(), std::strerror(errno)));
  }
  file.commit();
}

void require_file(const fs::path& path, std::string_view key) {
  std::error_code error;
  if (!fs::exists(path, error))
    throw InputError({path.string(), std::string(key), "no such file", "the path of a readable file"});
  if (!fs::is_regular_file(path, error))
    throw InputError({path.string(), std::string(key), "not a regular file", "the path of a readable file"});
  if (::access(path.c_str(), R_OK) != 0)
    throw InputError(
        {path.string(), std::string(key), "no permission to read it", "the path of a readable file"});
}

std::string read_text(const fs::path& path) {
  require_file(path, "");
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in) throw InputError({path.string(), "", "a file that cannot be read", "a readable text file"});
  return text.str();
}

std::string read_possibly_gzipped(const fs::path& path) {
  require_file(path, "");
  const std::unique_ptr<gzFile_s, decltype(&gzclose)> file(gzopen(path.c_str(), "rb"), &gzclose);
  if (!file) throw InputError({path.string(), "", "a file that cannot be read", "a plain or gzipped file"});
  std::string contents;
  std::string buffer(1 << 18, '\0');
  int count = 0;
  while ((count = gzread(file.get(), buffer.data(), static_cast<unsigned>(buffer.size()))) > 0)
    contents.append(buffer, 0, static_cast<std::size_t>(count));
  int code = Z_OK;
  const char* message = gzerror(file.get(), &code);
  if (count < 0 || code != Z_OK)
    throw InputError(
        {path.string(), "", fmt::format("a damaged gzip stream ({})", message), "a whole gzip file"});
  return contents;
}

}  // namespace arcproof::io
