// ClientOptions: whom a Client talks to, how much it may hold, and where its callbacks run.
#pragma once

#include <forkmill/executor.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace forkmill {

// What submit() does when this client holds as much as it may, and what becomes of a task that the broker rejects
// because its queue is full.
enum class WhenFull : std::uint8_t {
  block,    // submit() waits; a rejected task is sent again until there is room
  timeout,  // the same, but only for submit_timeout: then Rejected (window_full thrown by submit(), queue_full in the
            // future)
  reject,   // Rejected at once
};

struct ClientOptions {
  // tcp://HOST:PORT or ipc://PATH. Empty: the environment's FORKMILL_BROKER, and without that tcp://127.0.0.1:7117.
  std::string endpoint{};
  // What `forkmill status` and the logs of the broker call this client. Empty: the program's name.
  std::string name{};

  // After this long without a broker a warning is logged, once. Nothing else happens unless `fail_fast` is set:
  // futures are kept, and everything goes on when a broker comes.
  std::chrono::milliseconds connect_timeout{5000};
  // End what is outstanding with Disconnected when there has been no broker for connect_timeout, at the start or later.
  bool fail_fast = false;

  std::size_t max_outstanding = 1'000'000;  // tasks whose result has not come
  std::size_t max_unsent = 65'536;          // of those, the ones that the broker has not acknowledged
  std::size_t max_unsent_bytes = 64 * 1024 * 1024;
  WhenFull when_full = WhenFull::block;
  std::chrono::milliseconds submit_timeout{30'000};  // for WhenFull::timeout

  // How long a thread that waits for an answer may stay awake for it, as long as answers come that quickly: at most
  // twice as long as they took lately, and any thread that wants to run goes first. A round trip then costs a third
  // less; the wait costs a processor. Longer waits sleep, and all do on a machine with one processor. 0: none stays
  // awake. At most 10 ms.
  std::chrono::microseconds stay_awake{1000};

  std::shared_ptr<Executor> executor{};  // empty: a callback thread of this client's own
};

}  // namespace forkmill
