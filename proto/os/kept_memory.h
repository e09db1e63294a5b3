// keep_freed_memory: for processes that allocate and free large payloads all the time.
#pragma once

#include <malloc.h>

#include <array>
#include <cstdlib>

namespace forkmill::proto {

// Tells malloc of this process to keep freed memory for the next payloads. By default it gives large blocks back to the
// kernel at once, and the page faults of the next ones take longer than copying them: an echo of 1 MiB took a child
// 1.0 ms, and takes 0.2 ms. At most kKept bytes at the end of the heap stay; larger blocks than kLargest are given back
// as ever. Does nothing where the environment sets malloc's thresholds (mallopt(3)).
inline void keep_freed_memory() {
  constexpr int kKept = 32 * 1024 * 1024;
  constexpr int kLargest = 8 * 1024 * 1024;
  constexpr std::array kNames{"MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_", "GLIBC_TUNABLES"};
  for (const char* name : kNames)
    if (std::getenv(name) != nullptr) return;
  ::mallopt(M_TRIM_THRESHOLD, kKept);
  ::mallopt(M_MMAP_THRESHOLD, kLargest);
}

}  // namespace forkmill::proto
