#include "tests/sim/audits/audits.h"

namespace forkmill::sim {

void Audits::begin(const broker::Core& core, proto::CommitSeq last, milliseconds skew) {
  state_audit_.begin(core.state());
  worker_audit_.begin();
  retry_audit_.begin(last, skew);
  retention_audit_.begin(core.state());
  turns_audit_.begin();
  reply_audit_.begin();
  steering_audit_.begin(core.state());
  bulk_audit_.begin(core);
  order_audit_.begin(core);
  event_audit_.begin();
  history_audit_.begin();
  loan_audit_.begin();
}

void Audits::arrived(const broker::Core& core, proto::PeerId peer, const proto::Envelope& envelope) {
  if (!is_on_) return;
  reply_audit_.arrived(core.state(), peer, envelope);
  worker_audit_.arrived(core.state(), peer, envelope);
  retry_audit_.arrived(core, peer, envelope);
  steering_audit_.arrived(peer, envelope);
  bulk_audit_.arrived(core, peer, envelope);
  loan_audit_.arrived(core, peer, envelope);
}

void Audits::round(const broker::Core& core, const broker::Effects& effects) {
  if (!is_on_) return worker_audit_.record_grants(core.state(), effects.sends);
  const broker::BrokerState& state = core.state();
  reply_audit_.round(state, effects.sends);
  worker_audit_.round(state, effects.sends);
  StateAudit::check_sessions(state);
  state_audit_.check_names(state);
  state_audit_.check_memory(state);
  order_audit_.round(core, effects);
  history_audit_.round(state, effects);
  // To look at every task after every round would take longer than all else. Tasks on disk are only counted.
  constexpr std::uint64_t kLookEvery = 4;
  constexpr std::uint64_t kCountEvery = 32;
  if (++rounds_ % kLookEvery == 0) {
    state_audit_.check_tasks(state, state.tasks.paged_out() == 0 || rounds_ % kCountEvery == 0);
    worker_audit_.check_families(state);
  }
  loan_audit_.round(core, effects);
  log_audit_.round(state);
  object_audit_.round(core);
  retry_audit_.round(state, effects.sends, effects.commit);
  retention_audit_.round(state);
  turns_audit_.round(state, effects.sends);
  steering_audit_.round(state, effects.sends);
  bulk_audit_.round(core, effects.sends);
  event_audit_.round(state);
}

}  // namespace forkmill::sim
