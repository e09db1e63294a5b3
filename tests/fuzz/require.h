// require: states a rule that must hold for every input. If it does not hold, prints the rule and `more` and aborts
// the target, so that libFuzzer keeps the input.
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
