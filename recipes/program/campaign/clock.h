// Time that a run took.
#pragma once

#include <chrono>

namespace arcproof::recipes {

/// Wall and CPU time since construction.
class RunClock {
 public:
  RunClock();
  double wall_s() const;
  double cpu_s() const;

 private:
  std::chrono::steady_clock::time_point start_;
  double cpu_start_;
};

}  // namespace arcproof::recipes
