// Audits: all checks of a broker's state and messages, each at its moment.
#pragma once

#include "broker/core/core.h"
#include "tests/sim/audits/bulk_audit.h"
#include "tests/sim/audits/event_audit.h"
#include "tests/sim/audits/history_audit.h"
#include "tests/sim/audits/loan_audit.h"
#include "tests/sim/audits/log_audit.h"
#include "tests/sim/audits/object_audit.h"
#include "tests/sim/audits/order_audit.h"
#include "tests/sim/audits/reply_audit.h"
#include "tests/sim/audits/retention_audit.h"
#include "tests/sim/audits/retry_audit.h"
#include "tests/sim/audits/state_audit.h"
#include "tests/sim/audits/steering_audit.h"
#include "tests/sim/audits/turns_audit.h"
#include "tests/sim/audits/worker_audit.h"

namespace forkmill::sim {

// Each function throws Violation.
class Audits {
 public:
  // In a world that is not audited, nothing is checked, and the history learns what it must know.
  Audits(World& world, History& history, const ObjectHistory& objects)
      : is_on_{world.options.is_audited},
        worker_audit_{world, history},
        object_audit_{objects},
        retry_audit_{world},
        retention_audit_{world},
        reply_audit_{history},
        log_audit_{history} {}

  // Call when a broker has recovered commit `last`, with its wall clock off by `skew`.
  void begin(const broker::Core& core, proto::CommitSeq last, milliseconds skew);
  // Call with each message that the broker is about to handle.
  void arrived(const broker::Core& core, proto::PeerId peer, const proto::Envelope& envelope);
  // The broker stops in order. It does not look at the time again.
  void shuts_down() {
    if (is_on_) state_audit_.shuts_down();
  }
  // Call when the broker has finished a round with these effects.
  void round(const broker::Core& core, const broker::Effects& effects);
  // Call when its effects are under way.
  void rests(const broker::Core& core) const {
    if (!is_on_) return;
    ObjectAudit::waits(core);
    TurnsAudit::check_nothing_waits(core.state());
  }
  // Call when a message leaves the broker, when what it depends on is safe.
  void leaves(const broker::Send& send) {
    reply_audit_.leaves(send);
    if (!is_on_) return;
    steering_audit_.leaves(send);
    bulk_audit_.leaves(send);
  }

 private:
  const bool is_on_;
  StateAudit state_audit_;
  WorkerAudit worker_audit_;
  ObjectAudit object_audit_;
  RetryAudit retry_audit_;
  RetentionAudit retention_audit_;
  TurnsAudit turns_audit_;
  ReplyAudit reply_audit_;
  SteeringAudit steering_audit_;
  BulkAudit bulk_audit_;
  OrderAudit order_audit_;
  EventAudit event_audit_;
  LoanAudit loan_audit_;
  LogAudit log_audit_;
  HistoryAudit history_audit_;
  std::uint64_t rounds_ = 0;
};

}  // namespace forkmill::sim
