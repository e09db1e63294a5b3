#include "proto/os/kept_memory.h"

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstddef>
#include <memory>

namespace kept_memory_test {

using namespace forkmill;

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // these have an allocator of their own

namespace {

// Page faults that a process has in `rounds` in which it takes 2 MiB twice, writes to them and frees them.
long faults(int rounds) {
  rusage before{};
  ::getrusage(RUSAGE_SELF, &before);
  for (int round = 0; round < rounds; ++round) {
    constexpr std::size_t kSize = std::size_t{2} * 1024 * 1024;
    const std::unique_ptr<volatile char[]> first{new char[kSize]};
    const std::unique_ptr<volatile char[]> second{new char[kSize]};
    for (std::size_t at = 0; at < kSize; at += 1024) {
      first[at] = 1;
      second[at] = 1;
    }
  }
  rusage after{};
  ::getrusage(RUSAGE_SELF, &after);
  return after.ru_minflt - before.ru_minflt;
}

}  // namespace

TEST_CASE("a process that keeps freed memory does not fault it in again") {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    proto::keep_freed_memory();
    faults(2);
    ::_exit(faults(100) < 1000 ? 0 : 1);  // each round touches 1,024 pages
  }
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
}

#endif

}  // namespace kept_memory_test
