// PagedOutDeadlines: when something is due of tasks that are only on disk. The times are coarse on purpose: tasks are
// fetched somewhat before, and then have an exact deadline like any other. Numbers of tasks that are gone do no harm.
#pragma once

#include <map>
#include <optional>

#include "broker/core/tasks/seq_runs.h"
#include "proto/clock.h"

namespace forkmill::broker {

class PagedOutDeadlines {
 public:
  void add(proto::Instant due, proto::TaskSeq seq) { slots_[due.count() / kWidth.count()].push_back(seq); }

  // Returns from when on the next task is to be fetched.
  proto::Instant next_fetch() const {
    return slots_.empty() ? proto::kNever : proto::Instant{(slots_.begin()->first - 1) * kWidth.count()};
  }

  // Removes and returns the next task that is to be fetched by `now`, or nullopt.
  std::optional<proto::TaskSeq> pop(proto::Instant now) {
    if (next_fetch() > now) return std::nullopt;
    auto first = slots_.begin();
    const proto::TaskSeq seq = first->second.pop_front();
    if (first->second.empty()) slots_.erase(first);
    return seq;
  }

  // A task that is due later than this is worth being paged out.
  static proto::Instant horizon(proto::Instant now) { return now + 3 * kWidth; }

 private:
  static constexpr proto::Instant kWidth = std::chrono::seconds{8};
  std::map<std::int64_t, SeqRuns> slots_;
};

}  // namespace forkmill::broker
