// SubmissionChecks: refuses tasks that the broker cannot take: malformed, out of range, too large, of a signature that
// the workers do not have, or beyond what memory, disk and the client's window hold. Queues, rights and quotas are
// checked elsewhere (queue_budget.h, rights_checks.h).
#pragma once

#include "broker/core/state/broker_state.h"
#include "broker/core/state/registry.h"
#include "proto/status.h"

namespace forkmill::broker {

class SubmissionChecks {
 public:
  SubmissionChecks(BrokerState& state, const Registry& registry) : state_{state}, registry_{registry} {}

  // Checks one submission. spec_is_known: an equal spec was accepted before and still would be, so that only the rest
  // is checked.
  proto::Status check(const proto::Submission& submission, bool spec_is_known) const;
  // Refuses what goes beyond the window of the client, or of all clients.
  proto::Status check_windows(Client& client);

  // From now on all submissions are refused: the broker shuts down.
  void close() { closed_ = true; }

 private:
  proto::Status check_spec(const TaskSpec& spec) const;

  BrokerState& state_;
  const Registry& registry_;
  bool closed_ = false;
};

}  // namespace forkmill::broker
