#include "recipes/program/campaign/progress.h"

#include <cmath>
#include <cstdio>

#include <fmt/format.h>
#include <unistd.h>

namespace arcproof::recipes {
namespace {

std::string clock_text(double seconds) {
  const int s = static_cast<int>(std::lround(seconds));
  if (s >= 3600) return fmt::format("{}h{:02d}m", s / 3600, s / 60 % 60);
  return fmt::format("{}m{:02d}s", s / 60, s % 60);
}

}  // namespace

Progress::Progress(std::string what, std::size_t total, bool quiet)
    : what_(std::move(what)),
      total_(total),
      quiet_(quiet),
      terminal_(::isatty(STDERR_FILENO) == 1),
      start_(std::chrono::steady_clock::now()) {
  if (!quiet_ && terminal_) show();
}

Progress::~Progress() {
  if (!quiet_ && terminal_) std::fputc('\n', stderr);
}

void Progress::advance() {
  const std::scoped_lock lock(mutex_);
  ++done_;
  if (quiet_) return;
  const std::size_t tenth = total_ ? 10 * done_ / total_ : 10;
  if (terminal_ || tenth > last_tenth_) show();
  last_tenth_ = tenth;
}

void Progress::show() const {
  const double elapsed = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  const double rate = elapsed > 0 ? static_cast<double>(done_) / elapsed : 0;
  const std::string left = done_ && rate > 0 ? clock_text(static_cast<double>(total_ - done_) / rate) : "?";
  const std::string numbers =
      fmt::format("{}/{}  {:.2f}/s  elapsed {}  left {}", done_, total_, rate, clock_text(elapsed), left);
  if (!terminal_) {
    fmt::print(stderr, "{}: {}\n", what_, numbers);
    return;
  }
  constexpr std::size_t width = 30;
  const std::size_t filled = total_ ? width * done_ / total_ : width;
  fmt::print(stderr, "\r{} [{}{}] {}   ", what_, std::string(filled, '#'), std::string(width - filled, '.'),
             numbers);
  std::fflush(stderr);
}

void log_line(const std::string& text, bool quiet) {
  if (!quiet) fmt::print(stderr, "{}\n", text);
}

}  // namespace arcproof::recipes
