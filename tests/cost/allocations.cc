// Replaces the functions of the C library that allocate by ones that count the calls.
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "tests/cost/meter.h"

// NOLINTBEGIN(bugprone-reserved-identifier): these are the names that glibc gives to its own functions
extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* block, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
}
// NOLINTEND(bugprone-reserved-identifier)

namespace {
std::atomic<std::uint64_t> calls{0};
void count_call() { calls.store(calls.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed); }
}  // namespace

extern "C" {
void* malloc(std::size_t size) {
  count_call();
  return __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) {
  count_call();
  return __libc_calloc(count, size);
}
void* realloc(void* block, std::size_t size) {
  count_call();
  return __libc_realloc(block, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) {
  count_call();
  return __libc_memalign(alignment, size);
}
}

std::uint64_t forkmill::cost::allocations() { return calls.load(std::memory_order_relaxed); }
