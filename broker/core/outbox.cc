#include "broker/core/outbox.h"

#include <algorithm>
#include <utility>

#include "proto/buggify.h"
#include "proto/limits.h"

namespace forkmill::broker {

using namespace proto;

void Outbox::flush() {
  for (const ClientHandle handle : std::exchange(state_.touched_clients, {}))
    if (Client* client = state_.client(handle)) flush(*client, Acks::may_wait);
  for (const WorkerHandle handle : std::exchange(state_.touched_workers, {}))
    if (Worker* worker = state_.worker(handle)) flush(*worker, Acks::may_wait);
  if (state_.now.steady >= late_acks_at_) flush_late_acks();
}

void Outbox::flush_all() {
  flush();
  flush_late_acks();
}

void Outbox::flush_late_acks() {
  late_acks_at_ = kNever;
  for (const ClientHandle handle : std::exchange(late_clients_, {}))
    if (Client* client = state_.client(handle)) flush(*client, Acks::go);
  for (const WorkerHandle handle : std::exchange(late_workers_, {}))
    if (Worker* worker = state_.worker(handle)) flush(*worker, Acks::go);
}

// Returns whether an acknowledgement of `messages` messages waits, if nothing else goes out with it.
bool Outbox::may_wait(Acks acks, std::size_t messages) const {
  constexpr std::size_t kAcksAtOnce = 8;
  const bool go = acks == Acks::go || state_.options.ack_delay.count() == 0 || buggify(Path::acks_at_once);
  return !go && messages < kAcksAtOnce;
}

void Outbox::wake_for_acks() { late_acks_at_ = std::min(late_acks_at_, state_.now.steady + state_.options.ack_delay); }

void Outbox::flush(Client& client, Acks acks) {
  client.touched = false;
  const bool alone = client.cancels.answers.empty() && client.progress.notes.empty() && client.started.notes.empty() &&
                     client.due.empty();
  if (may_wait(acks, client.ack.messages.size()) && alone && client.ack.rejected.empty()) {
    if (client.ack.messages.empty()) return;
    late_clients_.push_back(client.handle);
    return wake_for_acks();
  }
  send_ack(client);
  if (!client.cancels.answers.empty())
    state_.send(client.session, std::exchange(client.cancels, {}), state_.safe_after());
  if (!client.progress.notes.empty()) state_.send(client.session, std::exchange(client.progress, {}));
  if (!client.started.notes.empty()) state_.send(client.session, std::exchange(client.started, {}));
  deliveries_.flush(client);
}

void Outbox::send_ack(Client& client) {
  if (client.ack.messages.empty()) return;
  const bool waits = std::exchange(client.ack_waits, false);
  client.ack.commit = waits ? state_.safe_after() : state_.safe;
  state_.send(client.session, std::exchange(client.ack, {}), waits ? state_.safe_after() : CommitSeq{});
}

void Outbox::flush(Worker& worker, Acks acks) {
  worker.touched = false;
  const bool alone = worker.revoke.grants.empty() && worker.signals.notes.empty() && worker.grants.tasks.empty();
  if (may_wait(acks, worker.ack.messages.size()) && alone) {
    if (worker.ack.messages.empty()) return;
    late_workers_.push_back(worker.handle);
    return wake_for_acks();
  }
  send_ack(worker);
  // Revocations and signals do not overtake the grants that they are about.
  if (!worker.revoke.grants.empty()) state_.send(worker.session, std::exchange(worker.revoke, {}), worker.grants_after);
  if (!worker.signals.notes.empty())
    state_.send(worker.session, std::exchange(worker.signals, {}), worker.grants_after);
  send_grants(worker);
}

void Outbox::send_ack(Worker& worker) {
  if (worker.ack.messages.empty()) return;
  const bool waits = std::exchange(worker.ack_waits, false);
  state_.send(worker.session, std::exchange(worker.ack, {}), waits ? state_.safe_after() : CommitSeq{});
}

void Outbox::send_grants(Worker& worker) {
  if (std::exchange(worker.grants_wait, false)) worker.grants_after = state_.safe_after();
  const CommitSeq after = worker.grants_after > state_.safe ? worker.grants_after : CommitSeq{};
  Grants grants = std::exchange(worker.grants, {});
  std::size_t bytes = 0;
  Grants batch;
  for (GrantedTask& task : grants.tasks) {
    bytes += task.payload.size();
    batch.tasks.push_back(std::move(task));
    if (batch.tasks.size() < limits::kBatchTasks && bytes < limits::kBatchBytes && !buggify(Path::one_grant)) continue;
    state_.send(worker.session, std::exchange(batch, {}), after);
    bytes = 0;
  }
  if (!batch.tasks.empty()) state_.send(worker.session, std::move(batch), after);
}

}  // namespace forkmill::broker
