// Threads over independent units of work. Results never depend on the number of threads: each unit writes its
// own slot, and sums are taken afterwards, in order.
#pragma once

#include <cstddef>
#include <functional>

namespace arcproof {

/// Number of hardware threads, at least 1.
int hardware_threads();

/// Calls work(i) for i = 0 .. count-1 on at most `threads` threads. The first exception (lowest i among those
/// that were thrown) is rethrown after all running units have ended; units not yet started are skipped.
void parallel_for(std::size_t count, int threads, const std::function<void(std::size_t)>& work);

}  // namespace arcproof
