// HeldSends: messages that wait until their commit is safe. Messages leave in the order of their commits, and those of
// one commit in the order of hold(), so that none stands behind one of a later commit. Pure. One thread.
#pragma once

#include <algorithm>
#include <deque>
#include <utility>

#include "broker/core/state/effects.h"

namespace forkmill::broker {

class HeldSends {
 public:
  void hold(Send send) {
    const auto later = std::upper_bound(held_.begin(), held_.end(), send.after,
                                        [](proto::CommitSeq after, const Send& one) { return after < one.after; });
    held_.insert(later, std::move(send));
  }

  // Removes the messages that wait for `safe` or an earlier commit, and calls `send` with each of them.
  template <class Function>
  void release(proto::CommitSeq safe, Function&& send) {
    for (; !held_.empty() && held_.front().after <= safe; held_.pop_front()) send(held_.front());
  }

 private:
  std::deque<Send> held_;
};

}  // namespace forkmill::broker
