// Progress on stderr: a bar with rate and time left on a terminal, a line for every tenth otherwise.
#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>
#include <string>

namespace arcproof::recipes {

class Progress {
 public:
  Progress(std::string what, std::size_t total, bool quiet);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  void advance();  ///< one unit is done; thread-safe

 private:
  void show() const;
  std::string what_;
  std::size_t total_, done_ = 0, last_tenth_ = 0;
  bool quiet_, terminal_;
  std::chrono::steady_clock::time_point start_;
  mutable std::mutex mutex_;
};

/// One line on stderr, unless quiet.
void log_line(const std::string& text, bool quiet);

}  // namespace arcproof::recipes
