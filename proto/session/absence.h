// Absence: for how long a peer has had no session with the broker, and whether it must say so. Clients and workers
// share it, so that both warn at the same time. Pure: time is a parameter.
#pragma once

#include "proto/clock.h"

namespace forkmill::proto {

class Absence {
 public:
  // patience: how long the broker may be away before it is overdue. since: when the peer began to look for the broker.
  Absence(Instant patience, Instant since) : patience_{patience}, away_since_{since} {}

  // Takes note of whether there is a session.
  void update(bool has_session, Instant now) {
    if (!has_session) {
      if (away_since_ == kNever) away_since_ = now;
      return;
    }
    away_since_ = kNever;
    warned_ = false;
  }
  bool is_overdue(Instant now) const { return away_since_ != kNever && now >= away_since_ + patience_; }
  // True once in each absence: the broker is overdue, and a warning is to be given.
  bool pop_warning(Instant now) {
    if (warned_ || !is_overdue(now)) return false;
    return warned_ = true;
  }
  // When pop_warning() becomes true.
  Instant next_wakeup() const { return warned_ || away_since_ == kNever ? kNever : away_since_ + patience_; }

 private:
  const Instant patience_;
  Instant away_since_;  // kNever: there is a session
  bool warned_ = false;
};

}  // namespace forkmill::proto
