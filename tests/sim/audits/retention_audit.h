// RetentionAudit: checks that the broker keeps no more fetched results and dead letters than it may, that it forgets a
// fetched result only when its time is over or there are too many, and that a dead letter that was dropped stays away
// after a restart, also one whose failure was still on its way to a client.
#pragma once

#include <cstdint>
#include <map>
#include <unordered_map>

#include "broker/core/state/broker_state.h"
#include "tests/sim/rules/history.h"
#include "tests/sim/world/world.h"

namespace forkmill::sim {

class RetentionAudit {
 public:
  explicit RetentionAudit(const World& world) : world_{world} {}

  // Call when a broker has recovered. The broker does not know which results had been fetched. Throws Violation.
  void begin(const broker::BrokerState& state);
  // Checks the state; call after every round. Throws Violation.
  void round(const broker::BrokerState& state);

 private:
  // A dead letter that was dropped.
  struct Dropped {
    TaskId id;
    proto::CommitSeq commit;  // with which it is gone for good
  };
  void note_dropped(const broker::BrokerState& state, const broker::Task& task);

  const World& world_;
  std::uint64_t rounds_ = 0;
  Instant looked_{0};
  std::unordered_map<TaskId, Instant> fetched_;  // kept results, and since when at the earliest
  std::map<proto::TaskSeq, Dropped> dropped_;    // stored ones
  proto::CommitSeq safe_;                        // the last commit that the broker knew to be safe
};

}  // namespace forkmill::sim
