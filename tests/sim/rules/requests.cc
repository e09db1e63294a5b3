#include "tests/sim/rules/requests.h"

namespace forkmill::sim {

bool Requests::is_certainly_there(const TaskId& id) const {
  const Model* model = records_.model();
  return model != nullptr && !model->may_be_gone(id) && !model->is_mortal(id);
}

Requests::CancelOrder Requests::cancel_asked(const TaskId& id) {
  records_.at(id).cancel_asked = true;
  if (Model* model = records_.model()) model->cancel_asked(id);
  const TaskRecord& record = records_.at(id);
  const bool safe = record.acknowledged_by != 0 && records_.survives_restart(record);
  return {id, records_.broker(), is_certainly_there(id), safe};
}

void Requests::cancel_answered(const CancelOrder& order, proto::CancelState state) {
  if (state == proto::CancelState::cancelled) cancelled(order.id);
  if (state != proto::CancelState::unknown || !order.certain || !is_certainly_there(order.id)) return;
  // Another broker may have had the task from a client that submitted it again after this answer.
  if (order.asked_of == records_.broker() || order.safe)
    violated("1", order.id, "was acknowledged, but a client that cancels it was told that it is unknown");
}

void Requests::cancelled(const TaskId& id) {
  if (TaskRecord* record = records_.find(id)) record->cancelled_by = records_.broker();
}

void Requests::signal_answered(const Signalled& answer, bool again) {
  if (again) return;
  const bool sent = answer.state == "sent";
  if (views_ != nullptr) views_->shown(answer.id, sent ? "running" : answer.state);
  if (sent) processes_.signal_sent(answer.id, answer.signal);
}

Requests::DeadOrder Requests::dead_asked(const TaskId& id, const TaskId& new_id) {
  Model* model = records_.model();
  const bool certain = model != nullptr && model->drop_asked(id);
  if (!new_id.is_nil()) {
    TaskRecord& record = records_.make(new_id);
    record.task = records_.at(id).task;
    record.task.id = new_id;
    auto& options = record.task.edit().options;
    options.delay = milliseconds{0};
    options.not_before = milliseconds{0};
    options.key.clear();
    options.daemon = false;
    record.known = true;
    if (model != nullptr) model->submitted(record.task);
  }
  return {id, new_id, records_.broker(), certain};
}

void Requests::dead_answered(const DeadOrder& order, Errc code) {
  const bool retry = !order.new_id.is_nil();
  Model* model = records_.model();
  if (code == Errc::ok) {
    if (retry && model != nullptr) model->acknowledged(order.new_id);
  } else if (order.asked_of == records_.broker() && code != Errc::queue_full) {
    if (retry && records_.at(order.new_id).granted_by == records_.broker())
      violated("8", order.id, "was tried again, but the operator was told " + std::string{errc_name(code)});
    if (order.certain && code == Errc::task_unknown) model->drop_refused(order.id);
  }
  if (retry && model != nullptr) model->submission_ended(order.new_id);
}

}  // namespace forkmill::sim
