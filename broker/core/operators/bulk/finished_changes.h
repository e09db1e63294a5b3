// FinishedChanges: the latest changes of many tasks that are done, with their records.
#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <utility>

#include "broker/core/operators/bulk/bulk_change.h"
#include "broker/core/state/output.h"

namespace forkmill::broker {

class FinishedChanges {
 public:
  // Null: it is not known, or no longer.
  const BulkChange* find(const TaskId& id) const {
    const auto found = std::ranges::find_if(all_, [&](const BulkChange& one) { return one.order.id == id; });
    return found == all_.end() ? nullptr : &*found;
  }
  // The latest come last.
  const std::deque<BulkChange>& all() const { return all_; }

  // Forgets the oldest change, and erases its record, if there are too many.
  void add(BulkChange change, Output& output) {
    change.rows.clear();
    all_.push_back(std::move(change));
    if (all_.size() <= kMax) return;
    if (all_.front().stored_as) output.ops.emplace_back(EraseRecord{all_.front().stored_as});
    all_.pop_front();
  }
  // Adds a change of an earlier broker on this store.
  void recover(BulkChange change) { all_.push_back(std::move(change)); }

 private:
  static constexpr std::size_t kMax = 256;

  std::deque<BulkChange> all_;
};

}  // namespace forkmill::broker
