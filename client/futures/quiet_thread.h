// quiet_thread(): starts a thread of the library's own. No signal reaches it: signals belong to the program's threads.
#pragma once

#include <thread>
#include <utility>

#include "proto/transport/signals_blocked.h"

namespace forkmill::client {

template <class F>
std::thread quiet_thread(F&& body) {
  const proto::SignalsBlocked blocked;
  return std::thread{std::forward<F>(body)};
}

}  // namespace forkmill::client
