// HeldSends: messages that wait until their commit is safe. They leave in the order of their commits, and for one
// commit as they came; so one with an earlier commit never stands behind one with a later. Pure. One thread.
#pragma once

#include <algorithm>
#include <deque>
#include <utility>

#include "broker/core/state/broker_state.h"

namespace forkmill::broker {

class HeldSends {
 public:
  void hold(Send send) {
    const auto later = std::upper_bound(held_.begin(), held_.end(), send.after,
                                        [](proto::CommitSeq after, const Send& one) { return after < one.after; });
    held_.insert(later, std::move(send));
  }

  // Hands over those for which `safe` is enough.
  template <class Function>
  void release(proto::CommitSeq safe, Function&& send) {
    for (; !held_.empty() && held_.front().after <= safe; held_.pop_front()) send(held_.front());
  }

 private:
  std::deque<Send> held_;
};

}  // namespace forkmill::broker
