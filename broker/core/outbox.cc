#include "broker/core/outbox.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "proto/buggify.h"
#include "proto/limits.h"

namespace forkmill::broker {

using namespace proto;

namespace {

// Sends what a round has gathered in `list` of a message. A round may gather any number of records: they go in as many
// messages as that takes, each far below the limits of a message.
template <class Message, class List>
void send_list(Output& output, Session& session, List Message::*list, Message gathered, CommitSeq after) {
  List& all = gathered.*list;
  if (all.empty()) return;
  const std::size_t most = buggify(Path::one_of_a_list) ? 1 : limits::kMaxRecords / 4;
  if (all.size() <= most) return output.send(session, std::move(gathered), after);
  for (auto begin = all.begin(); begin != all.end();) {
    const auto end = begin + std::min<std::ptrdiff_t>(static_cast<std::ptrdiff_t>(most), all.end() - begin);
    Message part;
    part.*list = List(std::make_move_iterator(begin), std::make_move_iterator(end));
    output.send(session, std::move(part), after);
    begin = end;
  }
}

// Whether send_grants() needs no other message for these.
bool fits_one_message(const Grants& grants) {
  if (grants.tasks.size() > limits::kBatchTasks || buggify(Path::one_grant)) return false;
  std::size_t bytes = 0;
  for (const GrantedTask& task : grants.tasks) bytes += task.payload.size();
  return bytes < limits::kBatchBytes;
}

}  // namespace

void Outbox::flush() {
  flush(state_.output.touched_clients, state_.output.touched_workers, Acks::may_wait);
  if (state_.clock.now() >= late_at_) flush_late();
}

// The lists may get entries meanwhile, for the next time. Each keeps its memory: it takes the place of the other.
void Outbox::flush(std::vector<ClientHandle>& clients, std::vector<WorkerHandle>& workers, Acks acks) {
  clients.swap(clients_now_);
  workers.swap(workers_now_);
  for (const ClientHandle handle : clients_now_)
    if (Client* client = state_.client(handle)) flush(*client, acks);
  for (const WorkerHandle handle : workers_now_)
    if (Worker* worker = state_.worker(handle)) flush(*worker, acks);
  clients_now_.clear();
  workers_now_.clear();
}

void Outbox::flush_all() {
  flush();
  flush_late();
}

void Outbox::flush_late() {
  late_at_ = kNever;
  flush(late_clients_, late_workers_, Acks::go);
}

// Returns whether an acknowledgement of `messages` messages waits, if nothing else goes out with it.
bool Outbox::may_wait(Acks acks, std::size_t messages) const {
  constexpr std::size_t kAcksAtOnce = 8;
  const bool go = acks == Acks::go || state_.options.ack_delay.count() == 0 || buggify(Path::acks_at_once);
  return !go && messages < kAcksAtOnce;
}

void Outbox::wake_for_acks() { late_at_ = std::min(late_at_, state_.clock.now() + state_.options.ack_delay); }

void Outbox::flush(Client& client, Acks acks) {
  client.outgoing.touched = false;
  const bool has_notes = !client.outgoing.cancels.answers.empty() || !client.outgoing.progress.notes.empty() ||
                         !client.outgoing.started.notes.empty();
  const bool alone =
      !has_notes && client.outgoing.unknown.empty() && client.outgoing.full_acks.empty() && client.results.due.empty();
  if (may_wait(acks, client.outgoing.ack.messages.size()) && alone && client.outgoing.ack.rejected.empty()) {
    if (client.outgoing.ack.messages.empty()) return;
    late_clients_.push_back(client.handle);
    return wake_for_acks();
  }
  send_ack(client);
  if (has_notes) {
    Output& output = state_.output;
    send_list(output, client.session, &CancelReply::answers, std::exchange(client.outgoing.cancels, {}),
              output.safe_after());
    send_list(output, client.session, &Progress::notes, std::exchange(client.outgoing.progress, {}), {});
    send_list(output, client.session, &Started::notes, std::exchange(client.outgoing.started, {}), {});
  }
  deliveries_.flush(client);
  if (deliveries_.flush_unknown(client)) return;
  late_clients_.push_back(client.handle);
  late_at_ = state_.clock.now();
}

void Outbox::send_ack(Client& client) {
  if (client.outgoing.ack.messages.empty()) return;
  const bool waits = std::exchange(client.outgoing.ack_waits, false);
  const auto send = [&](SubmitAck&& ack) {
    ack.commit = waits ? state_.output.safe_after() : state_.output.safe;
    state_.output.send(client.session, std::move(ack), waits ? state_.output.safe_after() : CommitSeq{});
  };
  if (!client.outgoing.full_acks.empty())
    for (SubmitAck& full : std::exchange(client.outgoing.full_acks, {})) send(std::move(full));
  send(std::exchange(client.outgoing.ack, {}));
}

void Outbox::flush(Worker& worker, Acks acks) {
  worker.outgoing.touched = false;
  const bool has_notes = !worker.outgoing.revoke.empty() || !worker.outgoing.signals.notes.empty();
  const bool alone = !has_notes && worker.outgoing.grants.tasks.empty();
  if (may_wait(acks, worker.outgoing.ack.messages.size()) && alone) {
    if (worker.outgoing.ack.messages.empty()) return;
    late_workers_.push_back(worker.handle);
    return wake_for_acks();
  }
  send_ack(worker);
  if (has_notes) send_notes(worker);
  send_grants(worker);
}

// Revocations and signals do not overtake the grants that they are about.
void Outbox::send_notes(Worker& worker) {
  Output& output = state_.output;
  Revoke revoke = std::exchange(worker.outgoing.revoke, {});
  Revoke unless_started{{}, std::exchange(revoke.unless_started, {})};
  send_list(output, worker.session, &Revoke::grants, std::move(revoke), worker.outgoing.grants_after);
  send_list(output, worker.session, &Revoke::unless_started, std::move(unless_started), worker.outgoing.grants_after);
  send_list(output, worker.session, &Signals::notes, std::exchange(worker.outgoing.signals, {}),
            worker.outgoing.grants_after);
}

void Outbox::send_ack(Worker& worker) {
  if (worker.outgoing.ack.messages.empty()) return;
  const bool waits = std::exchange(worker.outgoing.ack_waits, false);
  send_list(state_.output, worker.session, &OutcomeAck::messages, std::exchange(worker.outgoing.ack, {}),
            waits ? state_.output.safe_after() : CommitSeq{});
}

void Outbox::send_grants(Worker& worker) {
  if (std::exchange(worker.outgoing.grants_wait, false)) worker.outgoing.grants_after = state_.output.safe_after();
  const CommitSeq after =
      worker.outgoing.grants_after > state_.output.safe ? worker.outgoing.grants_after : CommitSeq{};
  if (worker.outgoing.grants.tasks.empty()) return;
  Grants grants = std::exchange(worker.outgoing.grants, {});
  worker.outgoing.last_grants = std::min(grants.tasks.size(), limits::kBatchTasks);
  if (fits_one_message(grants)) return state_.output.send(worker.session, std::move(grants), after);
  std::size_t bytes = 0;
  Grants batch;
  for (GrantedTask& task : grants.tasks) {
    bytes += task.payload.size();
    batch.tasks.push_back(std::move(task));
    if (batch.tasks.size() < limits::kBatchTasks && bytes < limits::kBatchBytes && !buggify(Path::one_grant)) continue;
    state_.output.send(worker.session, std::exchange(batch, {}), after);
    bytes = 0;
  }
  if (!batch.tasks.empty()) state_.output.send(worker.session, std::move(batch), after);
}

}  // namespace forkmill::broker
