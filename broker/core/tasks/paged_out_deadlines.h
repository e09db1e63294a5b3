// PagedOutDeadlines: when something is due of tasks that stand on disk only. Coarse on purpose: they are fetched
// somewhat before, and then have an exact deadline like any other. Numbers of tasks that are gone by then do no harm.
#pragma once

#include <map>
#include <optional>

#include "broker/core/tasks/seq_runs.h"
#include "proto/clock.h"

namespace forkmill::broker {

class PagedOutDeadlines {
 public:
  void add(proto::Instant due, proto::TaskSeq seq) { slots_[due.count() / kWidth.count()].push_back(seq); }

  // From when on the next one is to be fetched.
  proto::Instant next_fetch() const {
    return slots_.empty() ? proto::kNever : proto::Instant{(slots_.begin()->first - 1) * kWidth.count()};
  }

  // The next one that is to be fetched by `now`.
  std::optional<proto::TaskSeq> pop(proto::Instant now) {
    if (next_fetch() > now) return std::nullopt;
    auto first = slots_.begin();
    const proto::TaskSeq seq = first->second.pop_front();
    if (first->second.empty()) slots_.erase(first);
    return seq;
  }

  // What is due later than that is worth being put away.
  static proto::Instant horizon(proto::Instant now) { return now + 3 * kWidth; }

 private:
  static constexpr proto::Instant kWidth = std::chrono::seconds{8};
  std::map<std::int64_t, SeqRuns> slots_;
};

}  // namespace forkmill::broker
