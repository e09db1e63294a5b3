#include "tests/cost/meter.h"

#include <valgrind/callgrind.h>

#include <cstdio>
#include <stdexcept>
#include <utility>

extern "C" [[gnu::noinline]] void forkmill_counted(void (*call)(void*), void* body) {
  call(body);
  asm volatile("" ::: "memory");  // keeps the call from becoming a jump, which would end the function for callgrind
}

namespace forkmill::cost {

void Meter::report(const std::string& name, std::uint64_t tasks) {
  if (!on_) throw std::logic_error{"nothing was counted for " + name};
  CALLGRIND_DUMP_STATS_AT(name.c_str());
  std::printf("%s %llu %llu\n", name.c_str(), static_cast<unsigned long long>(tasks),
              static_cast<unsigned long long>(std::exchange(allocations_, 0)));
  on_ = false;
}

}  // namespace forkmill::cost
