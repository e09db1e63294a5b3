// Reachability: whether there is a session with the broker, and for how long there has been none.
#pragma once

#include <forkmill/detail/signal.h>

#include <atomic>
#include <utility>

#include "proto/clock.h"

namespace forkmill::client {

class Reachability {
 public:
  // patience: how long the broker may be away before it is overdue. since: when the client was made.
  Reachability(proto::Instant patience, proto::Instant since) : patience_{patience}, away_since_{since} {}

  // Any thread.
  bool reachable() const { return reachable_; }
  // Is set while the broker is reachable.
  detail::Signal& signal() { return signal_; }

  // Takes note of what the session says.
  void update(bool reachable, proto::Instant now) {
    if (closed_) return;
    reachable_ = reachable;
    if (reachable) {
      away_since_ = proto::kNever;
      warned_ = false;
      if (!signal_.is_set()) signal_.set();
      return;
    }
    signal_.remove(detail::Signal::kSet);
    if (away_since_ == proto::kNever) away_since_ = now;
  }
  bool is_overdue(proto::Instant now) const {
    return !closed_ && away_since_ != proto::kNever && now >= away_since_ + patience_;
  }
  // True once in each absence.
  bool is_to_be_warned_of() { return !std::exchange(warned_, true); }
  // When is_overdue() becomes true, if no warning has been given yet.
  proto::Instant next_wakeup() const {
    return closed_ || warned_ || away_since_ == proto::kNever ? proto::kNever : away_since_ + patience_;
  }
  // The client is closed, or its broker will never answer: wakes all that wait for the signal, now and later.
  void close() {
    closed_ = true;
    reachable_ = false;
    signal_.set();
  }

 private:
  const proto::Instant patience_;
  proto::Instant away_since_;
  bool warned_ = false;
  bool closed_ = false;
  std::atomic<bool> reachable_{false};
  detail::Signal signal_;
};

}  // namespace forkmill::client
