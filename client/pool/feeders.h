// Feeders: the threads of a pool that read ranges of items, one for each stream whose range is read in the background.
// Thread-safe.
#pragma once

#include <atomic>
#include <list>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include "proto/os/signals_blocked.h"

namespace forkmill::detail {

class Feeders {
 public:
  Feeders() = default;
  Feeders(const Feeders&) = delete;
  Feeders& operator=(const Feeders&) = delete;
  ~Feeders() { join(); }

  // Runs `read` on a thread of its own. It must not throw.
  template <class F>
  void start(F read) {
    const std::lock_guard hold{mutex_};
    threads_.remove_if([](Feeder& one) { return one.is_over(); });
    Feeder& one = threads_.emplace_back();
    const proto::SignalsBlocked blocked;
    one.thread = std::thread{[read = std::move(read), &over = one.over]() mutable {
      {
        const auto run = std::move(read);
        run();
      }
      over = true;
    }};
  }
  // Blocks until all threads have ended. None is started meanwhile.
  void join() {
    const std::lock_guard hold{mutex_};
    threads_.clear();
  }

 private:
  struct Feeder {
    std::thread thread;
    std::atomic<bool> over{false};

    bool is_over() const { return over; }
    ~Feeder() { thread.join(); }
  };

  std::mutex mutex_;
  std::list<Feeder> threads_;
};

}  // namespace forkmill::detail
