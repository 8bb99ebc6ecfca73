#include "engine/core/parallel.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <limits>
#include <mutex>
#include <thread>

#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/task_arena.h>

namespace arcproof {

int hardware_threads() { return std::max(1, static_cast<int>(std::thread::hardware_concurrency())); }

void parallel_for(std::size_t count, int threads, const std::function<void(std::size_t)>& work) {
  std::mutex mutex;
  std::exception_ptr first;
  std::size_t first_index = std::numeric_limits<std::size_t>::max();
  std::atomic<bool> stop{false};
  const auto guarded = [&](std::size_t i) {
    if (stop) return;
    try {
      work(i);
    } catch (...) {
      const std::scoped_lock lock(mutex);
      stop = true;
      if (i < first_index) {
        first_index = i;
        first = std::current_exception();
      }
    }
  };
  if (threads <= 1) {
    for (std::size_t i = 0; i < count; ++i) guarded(i);
  } else {
    // simple_partitioner with a grain of one: units are long, and are handed out one by one.
    tbb::task_arena arena(threads);
    arena.execute([&] {
      tbb::parallel_for(
          tbb::blocked_range<std::size_t>(0, count, 1),
          [&](const tbb::blocked_range<std::size_t>& range) {
            for (std::size_t i = range.begin(); i < range.end(); ++i) guarded(i);
          },
          tbb::simple_partitioner());
    });
  }
  if (first) std::rethrow_exception(first);
}

}  // namespace arcproof
