// Reachability: whether there is a session with the broker, for how long there has been none, and what keeps this
// client from it.
#pragma once

#include <forkmill/detail/signal.h>

#include <atomic>
#include <mutex>
#include <string>
#include <utility>

#include "proto/session/absence.h"

namespace forkmill::client {

class Reachability {
 public:
  // patience: how long the broker may be away before it is overdue. since: when the client was made.
  Reachability(proto::Instant patience, proto::Instant since) : absence_{patience, since} {}

  // Any thread.
  bool reachable() const { return reachable_; }
  // Is set while the broker is reachable.
  detail::Signal& signal() { return signal_; }
  // Returns what keeps this client from the broker, in words: a key that is not accepted, a role that is missing.
  // Empty: nothing is known, and the broker may just not answer.
  std::string obstacle() const {
    const std::lock_guard lock{mutex_};
    return obstacle_;
  }
  void set_obstacle(std::string text) {
    const std::lock_guard lock{mutex_};
    obstacle_ = std::move(text);
  }

  // Takes note of what the session says.
  void update(bool reachable, proto::Instant now) {
    if (closed_) return;
    reachable_ = reachable;
    absence_.update(reachable, now);
    if (!reachable)
      signal_.remove(detail::Signal::kSet);
    else if (!signal_.is_set())
      signal_.set();
  }
  bool is_overdue(proto::Instant now) const { return !closed_ && absence_.is_overdue(now); }
  // True once in each absence, when the broker is overdue.
  bool pop_warning(proto::Instant now) { return !closed_ && absence_.pop_warning(now); }
  // When pop_warning() becomes true.
  proto::Instant next_wakeup() const { return closed_ ? proto::kNever : absence_.next_wakeup(); }
  // Call when the client is closed, or its broker will never answer: wakes all that wait for the signal, now and later.
  void close() {
    closed_ = true;
    reachable_ = false;
    signal_.set();
  }

 private:
  proto::Absence absence_;
  bool closed_ = false;
  std::atomic<bool> reachable_{false};
  detail::Signal signal_;
  mutable std::mutex mutex_;
  std::string obstacle_;  // guarded by mutex_
};

}  // namespace forkmill::client
