// RetryAudit: checks what the broker does after an attempt that did not succeed: the task is tried again as long as it
// may be, and not before its time; otherwise it fails for good.
#pragma once

#include <unordered_map>
#include <vector>

#include "broker/core/core.h"
#include "tests/sim/rules/history.h"
#include "tests/sim/world/world.h"

namespace forkmill::sim {

class RetryAudit {
 public:
  explicit RetryAudit(const World& world) : world_{world} {}

  // Call when a broker has started, with its wall clock `skew` off. `last`: the last commit that it found; it knows
  // nothing later.
  void begin(proto::CommitSeq last, milliseconds skew);
  // Call with each message that the broker is about to handle.
  void arrived(const broker::Core& core, proto::PeerId peer, const proto::Envelope& envelope);
  // Checks a round, whose changes will be committed under the number `commit`. Throws Violation.
  void round(const broker::BrokerState& state, const std::vector<broker::Send>& sends, proto::CommitSeq commit);

 private:
  struct Ended {
    TaskId id;
    proto::Attempt attempt;
    bool again;  // another attempt must follow
  };
  struct Due {
    proto::Attempt attempt;
    Instant at;
    proto::CommitSeq commit;  // none: nothing about the attempt is stored
  };

  void note(const broker::Core& core, const broker::Task& task, const proto::OutcomeRecord& record);

  const World& world_;
  std::vector<Ended> ended_;  // attempts that ended in this round
  std::unordered_map<TaskId, Due> due_;
  milliseconds skew_{0};  // the offset of the wall clock when the broker started
};

}  // namespace forkmill::sim
