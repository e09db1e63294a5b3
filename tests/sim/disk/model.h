// Model: what a store must hold after each of its commits, as plain maps. Nothing in it knows how a store works.
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

// In what the tasks and records that `store` loads, and those that it gives when asked for, differ from `expected`;
// empty: in nothing. `status` is a failure when the store could not say.
std::string difference(const StoreState& expected, broker::Store& store, proto::Status& status);
// In what a task as it was loaded differs from the one that was stored.
std::string difference(const broker::StoredTask& expected, const broker::TaskSummary& loaded);

class Model {
 public:
  void apply(const broker::StoreOp& op);
  // All that was applied has become commit `number`, or is on its way to become it.
  void commit(proto::CommitSeq number);

  // With what was applied and not committed.
  const StoreState& now() const { return now_; }
  bool knows(proto::CommitSeq number) const;
  // As of that commit.
  StoreState at(proto::CommitSeq number) const;
  // What came after `number` is gone, and higher numbers than `last_seq` are given from here on.
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
