// Submissions of many tasks: waits until the broker has them.
#pragma once

#include <forkmill/client.h>

#include <cstddef>
#include <deque>
#include <stdexcept>
#include <string>

#include "tests/eventually.h"

namespace forkmill::bench {

using Futures = std::deque<Future<std::string>>;

// Waits until the broker has all but the last `leave` tasks, and removes the futures of those that it has. Throws
// std::runtime_error if one was not accepted.
inline void await_accepted(Futures& futures, std::size_t leave) {
  while (futures.size() > leave) {
    const auto& first = futures.front();
    const bool known = tests::eventually([&] { return first.state() != FutureState::pending; });
    if (!known || first.state() != FutureState::accepted)
      throw std::runtime_error{"the broker has not accepted a task"};
    futures.pop_front();
  }
}

}  // namespace forkmill::bench
