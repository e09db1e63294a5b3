// FORKMILL_CHECK: an assertion about our own code, kept in release builds: a queue that continued in an impossible
// state would lose work.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace forkmill::proto {

#ifdef FORKMILL_MUTANTS
// Called before the process is aborted. A simulation throws here and continues with the next seed.
using CheckFailed = void (*)(const char* what, const char* file, int line);
inline constinit CheckFailed on_check_failed = nullptr;
#endif

[[noreturn]] inline void check_failed(const char* what, const char* file, int line) {
#ifdef FORKMILL_MUTANTS
  if (on_check_failed != nullptr) on_check_failed(what, file, line);
#endif
  std::fprintf(stderr, "%s:%d: broken assumption: %s\n", file, line, what);
  std::abort();
}

}  // namespace forkmill::proto

#define FORKMILL_CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::forkmill::proto::check_failed(#condition, __FILE__, __LINE__))
