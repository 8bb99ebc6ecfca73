#include "recipes/program/campaign/clock.h"

#include <sys/resource.h>

namespace arcproof::recipes {
namespace {

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

RunClock::RunClock() : start_(std::chrono::steady_clock::now()), cpu_start_(cpu_seconds()) {}
double RunClock::wall_s() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
}
double RunClock::cpu_s() const { return cpu_seconds() - cpu_start_; }

}  // namespace arcproof::recipes
