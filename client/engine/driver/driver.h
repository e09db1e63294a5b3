// Driver: decides which thread does an engine's work. The work belongs to the thread that holds the turn. Mostly that
// is the engine's own thread. A thread that waits for a future would only sleep, so it drives meanwhile: it sees its
// result arrive itself, and a round trip costs no change of threads here. The socket then leaves the own thread's wait
// set.
//
// Thread-safe.
#pragma once

#include <forkmill/detail/signal.h>

#include <atomic>
#include <mutex>

#include "client/engine/driver/alert_waiter.h"
#include "client/engine/driver/driven_loop.h"
#include "client/engine/driver/engine_thread.h"
#include "proto/os/wakeup.h"

namespace forkmill::client {

class Driver {
 public:
  // Starts the thread. socket: readable when there is work to do. loop: outlives this.
  Driver(DrivenLoop& loop, int socket, proto::Instant stay_awake);

  // Blocks until the signal is set (true) or the deadline has passed (false).
  bool wait(detail::Signal& signal, const detail::Deadline& deadline);
  // The same, for an answer to work that was just added.
  bool wait_for_new(detail::Signal& signal, const detail::Deadline& deadline);

  // Work was added. A piece that comes alone is done by this thread, so that no other one has to wake up for it; in a
  // stream of them the own thread collects batches.
  void get_going();
  // The same, and never does any of it: for streams, and for callers that may hold the turn.
  void wake_thread() { thread_.wake(); }

  // Runs `action` with the turn, unless the driver has been stopped.
  template <class F>
  void with_turn(F&& action);
  // Runs `last` with the turn, after which no step is made, and ends the thread. Waits of other threads end with it.
  // Then runs `afterwards`, with the turn as well.
  template <class F, class G>
  void stop(F&& last, G&& afterwards);

 private:
  bool drive(detail::Signal& signal, const detail::Deadline& deadline);
  void run() noexcept;
  // The caller of these holds the turn.
  void step();
  void wake_waiting_driver();
  proto::Instant sleep_time();  // negative: without a limit
  void let_thread_know();

  DrivenLoop& loop_;
  std::mutex turn_;
  bool more_ = false;  // the last step has left something
  bool stopped_ = false;
  EngineThread thread_;
  AlertWaiter waiter_;                                  // for the thread that drives while it waits
  proto::Wakeup wake_driver_;                           // interrupts it
  std::atomic<bool> driven_{false};                     // a waiting thread drives
  std::atomic<detail::Signal*> driver_wants_{nullptr};  // the signal for which it sleeps in waiter_
};

template <class F>
void Driver::with_turn(F&& action) {
  const std::lock_guard turn{turn_};
  if (stopped_) return;
  action();
  wake_waiting_driver();
}

template <class F, class G>
void Driver::stop(F&& last, G&& afterwards) {
  {
    const std::lock_guard turn{turn_};
    last();
    stopped_ = true;
    wake_driver_.signal();
  }
  thread_.interrupt();
  thread_.join();
  const std::lock_guard turn{turn_};
  afterwards();
}

}  // namespace forkmill::client
