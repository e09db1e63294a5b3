// BulkSelection: finds the tasks of one change, in slices: first the stored ones, newest first, then those that are in
// memory only. Gives them out in the order of their arrival.
#pragma once

#include <cstddef>
#include <queue>
#include <vector>

#include "broker/core/operators/bulk/bulk_change.h"
#include "broker/core/state/broker_state.h"
#include "broker/store/requests.h"

namespace forkmill::broker {

class BulkSelection {
 public:
  // has_store: there may be stored tasks.
  BulkSelection(const BulkChange& change, bool has_store);

  bool is_complete() const { return is_scanned_ && is_walked_; }
  bool is_scanned() const { return is_scanned_; }
  // Returns the request for the next stored tasks. REQUIRES: !is_scanned().
  ScanRequest next_scan() const;
  // Takes the answer to it, and counts the tasks in `change`.
  void add(const BrokerState& state, BulkChange& change, const ScanAnswer& scanned);
  // Looks at some of the tasks in memory, and counts those that are stored nowhere in `change`.
  void walk(BrokerState& state, BulkChange& change);

  // Removes and returns the next stored tasks.
  std::vector<proto::TaskSeq> pop_stored();
  // Puts tasks back that are to come next; by rising number.
  void put_back(const std::vector<proto::TaskSeq>& seqs) { stored_.insert(stored_.end(), seqs.rbegin(), seqs.rend()); }
  bool has_unstored() const { return !unstored_.empty(); }
  // Removes and returns the next task that is in memory only. REQUIRES: has_unstored().
  TaskRef pop_unstored();

 private:
  struct Later {
    bool operator()(const TaskRef& a, const TaskRef& b) const { return a.seq() > b.seq(); }
  };

  bool wants(std::string_view state) const;
  void count(BulkChange& change, std::string_view state) const;

  proto::TaskFilter filter_;
  TaskVisibility visibility_;
  bool of_dead_letters_;
  bool only_counts_;
  proto::TaskSeq before_;  // where the next scan begins
  proto::TaskSeq above_;   // these have been dealt with
  bool is_scanned_ = false;
  std::size_t place_ = 0;  // in memory, where to go on
  bool is_walked_ = false;
  std::vector<proto::TaskSeq> stored_;  // by falling number
  std::priority_queue<TaskRef, std::vector<TaskRef>, Later> unstored_;
};

// Whether the change is about tasks that failed, not about unfinished ones.
bool is_of_dead_letters(const proto::ChangeTasks& order);

}  // namespace forkmill::broker
