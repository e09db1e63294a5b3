// RecentAttempts: how attempts ended that were followed by another one, for operators. In memory only, for a bounded
// number of tasks: those that were tried again last.
#pragma once

#include <cstddef>
#include <deque>
#include <unordered_map>
#include <utility>
#include <vector>

#include "broker/store/attempt_end.h"

namespace forkmill::broker {

class RecentAttempts {
 public:
  static constexpr std::size_t kMaxTasks = 4096;
  static constexpr std::size_t kMaxEnds = 8;  // per task; the last ones are kept

  void add(proto::TaskSeq task, AttemptEnd end) {
    const auto [place, is_new] = by_task_.try_emplace(task);
    if (is_new) oldest_first_.push_back(task);
    std::vector<AttemptEnd>& ends = place->second;
    if (ends.size() >= kMaxEnds) ends.erase(ends.begin());
    ends.push_back(std::move(end));
    if (oldest_first_.size() <= kMaxTasks) return;
    by_task_.erase(oldest_first_.front());
    oldest_first_.pop_front();
  }
  // Returns the ends that are known, the earliest first.
  std::vector<AttemptEnd> of(proto::TaskSeq task) const {
    const auto found = by_task_.find(task);
    return found == by_task_.end() ? std::vector<AttemptEnd>{} : found->second;
  }
  // Call when the task is no longer kept.
  void forget(proto::TaskSeq task) {
    if (!by_task_.empty()) by_task_.erase(task);
  }

 private:
  std::unordered_map<proto::TaskSeq, std::vector<AttemptEnd>> by_task_;
  std::deque<proto::TaskSeq> oldest_first_;  // some may be forgotten by now
};

}  // namespace forkmill::broker
