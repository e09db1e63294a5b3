// RetryAudit: what the broker makes of an attempt that did not succeed: tried again as long as it may be, and then not
// before its time; or failed for good.
#pragma once

#include <unordered_map>
#include <vector>

#include "broker/core/state/broker_state.h"
#include "tests/sim/rules/history.h"
#include "tests/sim/world/world.h"

namespace forkmill::sim {

class RetryAudit {
 public:
  explicit RetryAudit(const World& world) : world_{world} {}

  // A broker has started, with its wall clock so far off. What the one before had not committed is not known to it.
  void begin(proto::CommitSeq last, milliseconds skew);
  // A message that the broker is about to look at.
  void arrived(const broker::BrokerState& state, proto::PeerId peer, const proto::Envelope& envelope);
  // After the round, whose changes will be committed under that number. Throws Violation.
  void round(const broker::BrokerState& state, const std::vector<broker::Send>& sends, proto::CommitSeq commit);

 private:
  struct Ended {
    TaskId id;
    proto::Attempt attempt;
    bool again;  // it has to be tried once more
  };
  struct Due {
    proto::Attempt attempt;
    Instant at;
    proto::CommitSeq commit;  // none: nothing of it is stored
  };

  void note(const broker::Task& task, const proto::OutcomeRecord& record);

  const World& world_;
  std::vector<Ended> ended_;  // in this round
  std::unordered_map<TaskId, Due> due_;
  milliseconds skew_{0};  // of the wall clock when the broker started
};

}  // namespace forkmill::sim
