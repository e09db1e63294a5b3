#include "tests/sim/rules/futures.h"

#include "tests/sim/rules/outcome_rules.h"

namespace forkmill::sim {

Cookie Futures::invoke(const proto::Submission& task) {
  TaskRecord& record = records_.make(task.id);
  if (!record.known) record.task = task;
  record.known = true;
  weaken(record.task.edit().options, task.spec->options);
  if (Model* model = records_.model()) model->submitted(task);
  FutureRecord& future = futures_.emplace_back();
  future.id = task.id;
  future.body = body_of(task.payload);
  record.bodies.insert(future.body);
  ++open_;
  ++records_.counts.submitted;
  return futures_.size();
}

Cookie Futures::invoke_attach(const TaskId& id) {
  futures_.push_back({id, true, false, {}, false});
  ++open_;
  return futures_.size();
}

void Futures::acknowledged(Cookie cookie, proto::SessionId session) {
  FutureRecord& future = futures_.at(cookie - 1);
  TaskRecord& record = records_.at(future.id);
  future.acknowledged = true;
  if (record.acknowledged_by == 0) ++records_.counts.acknowledged;
  record.acknowledged_by = future.acknowledged_by = broker_of_.at(session);
  Model* model = records_.model();
  if (model != nullptr && (record.acknowledged_by == records_.broker() || records_.survives_restart(record)))
    model->acknowledged(future.id);
}

void Futures::unknown(Cookie cookie) {
  FutureRecord& future = futures_.at(cookie - 1);
  if (future.ended) return;
  future.ended = true;
  --open_;
  if (future.attach) return;
  ++records_.counts.unknown;
  // A submission that was not acknowledged may still be under way.
  Model* model = records_.model();
  if (future.acknowledged && model != nullptr) model->submission_ended(future.id);
}

void Futures::resolved(Cookie cookie, const proto::Outcome& outcome, bool known_before) {
  FutureRecord& future = futures_.at(cookie - 1);
  if (future.ended) violated("3", future.id, "its future ended twice");
  future.ended = true;
  --open_;
  check_outcome(records_, future, outcome, known_before);
  if (future.attach) return;
  if (Model* model = records_.model()) model->submission_ended(future.id);
  ++(outcome.kind == proto::OutcomeKind::succeeded ? records_.counts.succeeded : records_.counts.failed);
}

void Futures::born(Cookie cookie, std::uint32_t pid) const {
  const FutureRecord& future = futures_.at(cookie - 1);
  if (future.ended) violated("3", future.id, "its process is reported as running after its end");
  processes_.told(future.id, pid);
}

void Futures::check_all_ended() const {
  for (const FutureRecord& future : futures_) {
    if (!future.ended)
      violated("14", future.id, future.attach ? "a client that attached to it still waits" : "its future still waits");
  }
}

}  // namespace forkmill::sim
