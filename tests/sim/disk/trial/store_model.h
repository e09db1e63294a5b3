// StoreModel: the tasks and records that a store must have after each of its commits, as plain maps. The model knows
// nothing of how a store works.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "broker/store/store.h"

namespace forkmill::sim {

struct StoreState {
  std::map<proto::TaskSeq, broker::StoredTask> tasks;
  std::map<proto::TaskSeq, std::string> records;
  proto::TaskSeq last_seq;

  void apply(const broker::StoreOp& op);
};

// Compares the tasks and records that `store` loads, and those that it gives when asked for, with `expected`. Returns
// the difference; empty: none. `status` is a failure if the store could not say.
std::string difference(const StoreState& expected, broker::Store& store, proto::Status& status);
// Compares a task as it was loaded with the stored one. Returns the difference; empty: none.
std::string difference(const broker::StoredTask& expected, const broker::TaskSummary& loaded);

class StoreModel {
 public:
  void apply(const broker::StoreOp& op);
  // Everything applied since the last commit belongs to commit `number`, which may not be complete yet.
  void commit(proto::CommitSeq number);

  bool pending() const { return !gathered_.empty(); }  // whether changes are applied and not committed
  // The state with the changes that are applied and not committed.
  const StoreState& now() const { return now_; }
  bool knows(proto::CommitSeq number) const;
  // Whether any commit put this task; it may have been forgotten since.
  bool has_put(const broker::PutTask& put) const;
  // The state as of that commit. REQUIRES: knows(number).
  StoreState at(proto::CommitSeq number) const;
  // Drops everything after commit `number`. New tasks and records get higher numbers than `last_seq`.
  void go_on_from(proto::CommitSeq number, proto::TaskSeq last_seq);

 private:
  struct Commit {
    proto::CommitSeq number;
    std::vector<broker::StoreOp> ops;
  };
  std::vector<Commit> commits_;
  std::vector<broker::StoreOp> gathered_;
  std::map<proto::CommitSeq, proto::TaskSeq> openings_;  // and their highest numbers
  StoreState now_;
};

}  // namespace forkmill::sim
