// require: what must hold whatever the input is; says what did not, and ends the target, so that the input is kept.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>

namespace forkmill::fuzz {

inline void require(bool holds, const char* rule, const std::string& more = {}) {
  if (holds) return;
  std::fprintf(stderr, "violated: %s %s\n", rule, more.c_str());
  std::abort();
}

}  // namespace forkmill::fuzz
