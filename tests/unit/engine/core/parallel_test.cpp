#include "engine/core/parallel.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <limits>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace arcproof {
namespace {

TEST(Parallel, EveryIndexIsWorkedOnOnce) {
  for (const int threads : {-1, 0, 1, 2, 3, 16})
    for (const std::size_t count : {0u, 1u, 2u, 1000u}) {
      std::vector<std::atomic<int>> calls(count);
      parallel_for(count, threads, [&](std::size_t i) { ++calls.at(i); });
      EXPECT_TRUE(std::all_of(calls.begin(), calls.end(), [](const auto& n) { return n == 1; }))
          << threads << " threads, " << count << " units";
    }
}

TEST(Parallel, NoMoreThreadsRunThanAllowed) {
  for (const int threads : {1, 2, 3}) {
    std::atomic<int> running{0}, most{0};
    parallel_for(30, threads, [&](std::size_t) {
      const int now = ++running;
      for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) continue;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      --running;
    });
    EXPECT_LE(most, threads);
  }
}

TEST(Parallel, OneThreadStopsAtTheFirstException) {
  std::size_t last = 0;
  EXPECT_THROW(parallel_for(100, 1,
                            [&](std::size_t i) {
                              last = i;
                              if (i >= 7) throw std::out_of_range("unit");
                            }),
               std::out_of_range);
  EXPECT_EQ(last, 7u);
}

TEST(Parallel, TheExceptionOfTheLowestIndexIsRethrown) {
  for (int trial = 0; trial < 20; ++trial) {
    std::mutex mutex;
    std::size_t lowest = std::numeric_limits<std::size_t>::max();
    std::string caught;
    try {
      parallel_for(64, 4, [&](std::size_t i) {
        {
          const std::scoped_lock lock(mutex);
          lowest = std::min(lowest, i);
        }
        std::this_thread::sleep_for(std::chrono::microseconds(1000 + 50 * (trial % 2 ? i : 64 - i)));
        throw std::runtime_error(std::to_string(i));
      });
    } catch (const std::runtime_error& error) {
      caught = error.what();
    }
    EXPECT_EQ(caught, std::to_string(lowest));
  }
}

TEST(Parallel, TheMachineHasAThread) { EXPECT_GE(hardware_threads(), 1); }

}  // namespace
}  // namespace arcproof
