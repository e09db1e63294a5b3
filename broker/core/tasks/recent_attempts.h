// RecentAttempts: how attempts ended that were followed by another one, for operators. In memory only, for a bounded
// number of tasks: those that were tried again last.
#pragma once

#include <forkmill/errc.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "proto/text.h"
#include "proto/wire/messages.h"

namespace forkmill::broker {

struct AttemptEnd {
  static constexpr std::size_t kMaxMessage = 256;

  proto::Attempt attempt;
  proto::OutcomeKind kind = proto::OutcomeKind::failed;
  Errc code = Errc::ok;
  std::string worker;
  std::string message;  // the beginning of it
  proto::milliseconds at{0};
  std::uint64_t run_us = 0;  // 0: the attempt did not start, or how long it ran is not known

  AttemptEnd() = default;
  AttemptEnd(const proto::Outcome& outcome, proto::milliseconds ended)
      : attempt{outcome.attempt}, kind{outcome.kind}, worker{outcome.worker.str()}, at{ended}, run_us{outcome.run_us} {
    if (!outcome.error) return;
    code = outcome.error->code;
    const std::string& type = outcome.error->type;
    message = proto::first_bytes((type.empty() ? "" : type + ": ") + outcome.error->message, kMaxMessage);
  }
  // Returns when the attempt started, in unix time. 0: it did not start, or that is not known.
  proto::milliseconds started_at() const { return proto::started_at(at, run_us); }
};

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
