#include "broker/core/core.h"

#include <algorithm>
#include <utility>

#include "broker/core/operators/object_queries.h"
#include "broker/core/operators/operator_commands.h"
#include "proto/buggify.h"
#include "proto/mutants.h"
#include "proto/wire/codec.h"

namespace forkmill::broker {

using namespace proto;

namespace {

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};
template <class... F>
Overloaded(F...) -> Overloaded<F...>;  // GCC does without; clang-tidy's clang does not

// The columns of PROTOCOL.md's "Who may say what, when".
bool for_clients(const Message& message) {
  return std::holds_alternative<Submit>(message) || std::holds_alternative<ResultAck>(message) ||
         std::holds_alternative<Attach>(message) || std::holds_alternative<Cancel>(message) ||
         std::holds_alternative<Query>(message) || std::holds_alternative<Operate>(message);
}
bool for_workers(const Message& message) {
  return std::holds_alternative<Credit>(message) || std::holds_alternative<Outcomes>(message) ||
         std::holds_alternative<Return>(message) || std::holds_alternative<Revoked>(message) ||
         std::holds_alternative<Progress>(message) || std::holds_alternative<Drain>(message) ||
         std::holds_alternative<Started>(message) || std::holds_alternative<ChildrenGone>(message) ||
         std::holds_alternative<Report>(message);
}
bool names_a_task(QueryKind kind) {
  return kind == QueryKind::task || kind == QueryKind::dead_retry || kind == QueryKind::dead_drop ||
         kind == QueryKind::signal;
}
std::string_view task_in(const Query& query) {
  return query.kind == QueryKind::signal ? Processes::id_in(query.argument) : query.argument;
}
bool for_everyone(const Message& message) {
  return std::holds_alternative<Heartbeat>(message) || std::holds_alternative<Goodbye>(message) ||
         std::holds_alternative<ErrorMessage>(message);
}

}  // namespace

Core::Core(CoreOptions options, Identity identity, Now now) : state_{std::move(options), std::move(identity)} {
  state_.now = state_.started = now;
}

void Core::handle(Now now, PeerId peer, Result<Envelope> envelope, SessionId fresh) {
  state_.now = now;
  if (!envelope.ok()) return refuse(peer, {}, envelope.failure().code, envelope.failure().text);
  const Header header = envelope->header;
  Message& message = envelope->message;
  if (std::holds_alternative<Hello>(message)) return handle_hello(peer, envelope.value(), fresh);
  Session* session = sessions_.session(peer);
  if (session == nullptr) {
    if (for_everyone(message) && !std::holds_alternative<Heartbeat>(message)) return;
    return refuse(peer, header, Errc::hello_required, std::string{errc_text(Errc::hello_required)});
  }
  if (header.session != session->id) return;  // of an earlier session: stale
  session->heard = state_.silence_clock();
  sessions_.confirmed(*session);
  Client* client = sessions_.client(peer);
  Worker* worker = sessions_.worker(peer);
  if (client != nullptr && client->parked && !std::holds_alternative<Heartbeat>(message)) {
    client->behind.push_back(std::move(envelope).value());
    return;
  }
  if (std::holds_alternative<Goodbye>(message)) return sessions_.goodbye(peer);
  if (const auto* load = std::get_if<Heartbeat>(&message)) {
    if (worker != nullptr) worker->load = *load;
    return state_.send(*session, Heartbeat{});
  }
  if (std::holds_alternative<ErrorMessage>(message)) return;
  if (client != nullptr && for_clients(message)) {
    client->parked = park(peer, envelope.value(), fresh);
    if (!client->parked) dispatch(*client, header, message);
    return;
  }
  if (worker != nullptr && for_workers(message)) return dispatch(*worker, header, message);
  refuse(peer, header, Errc::not_permitted,
         std::string{type_name(message)} + " is not for " + (client != nullptr ? "clients" : "workers"));
}

void Core::handle_hello(PeerId peer, Envelope& envelope, SessionId fresh) {
  if (park(peer, envelope, fresh)) return;
  static const Sessions::Ids none;
  sessions_.hello(peer, envelope.header, std::get<Hello>(envelope.message), fresh, found_ != nullptr ? *found_ : none);
  if (Client* client = sessions_.client(peer)) processes_.repeat_all(*client);
  if (Worker* worker = sessions_.worker(peer)) processes_.repeat_signals(*worker);
}

// A message that speaks of tasks on disk waits until they are in memory.
bool Core::park(PeerId peer, Envelope& envelope, SessionId fresh) {
  if (found_ != nullptr) return false;  // it has waited
  std::vector<TaskSeq> wanted = needed(envelope.message);
  if (wanted.empty()) return false;
  paging_.park({peer, std::move(envelope), fresh, {}, {}}, std::move(wanted));
  return true;
}

std::vector<TaskSeq> Core::needed(const Message& message) const {
  if (const auto* hello = std::get_if<Hello>(&message)) return needed(*hello);
  std::vector<TaskSeq> seqs;
  if (state_.tasks.paged_out() == 0) return seqs;
  const auto add = [&](const TaskId& id, bool also_unfinished) {
    const auto entry = state_.tasks.find_paged_out(id);
    if (entry && (also_unfinished || is_terminal(entry->state))) seqs.push_back(entry->seq);
  };
  if (const auto* submit = std::get_if<Submit>(&message)) {
    for (const Submission& submission : submit->tasks) add(submission.id, true);
  } else if (const auto* attach = std::get_if<Attach>(&message)) {
    for (const TaskId& id : attach->ids) add(id, false);
  } else if (const auto* cancel = std::get_if<Cancel>(&message)) {
    for (const TaskId& id : cancel->ids) add(id, true);
  } else if (const auto* query = std::get_if<Query>(&message); query != nullptr && names_a_task(query->kind)) {
    if (const auto id = state_.tasks.named(task_in(*query))) add(*id, true);
  }
  return seqs;
}

std::vector<TaskSeq> Core::needed(const Hello& hello) const {
  std::vector<TaskSeq> seqs;
  if (hello.role != Role::worker || !state_.identity.durable || hello.worker.holding_store != state_.identity.store)
    return seqs;
  for (const Grant& grant : hello.worker.holding)
    if (grant.epoch < state_.identity.epoch) seqs.push_back(grant.seq);
  return seqs;
}

void Core::attach(Client& client, const Attach& attach) {
  for (const TaskId& id : attach.ids) {
    if (Task* task = state_.tasks.find(id)) {
      deliveries_.watch(*task, client);
      processes_.repeat(client, *task);
    } else if (const auto paged_out = state_.tasks.find_paged_out(id)) {
      deliveries_.watch_paged_out(paged_out->seq, client);
    } else {
      deliveries_.unknown(id, client);
    }
  }
}

void Core::query(Client& client, const Query& query) {
  Task* task = nullptr;
  if (names_a_task(query.kind))
    if (const auto id = state_.tasks.named(task_in(query))) task = state_.tasks.find(*id);
  const auto answer = [&](Reply reply, CommitSeq after = {}) {
    // It may repeat what was asked, which may be as long as any text.
    reply.text.resize(std::min(reply.text.size(), limits::kMaxErrorText));
    state_.send(client.session, std::move(reply), after);
  };
  if (is_operator_command(query)) {
    const Reply* before = answered_before(client, query);
    Reply reply = before != nullptr ? *before : carry_out(client, query, task);
    if (before == nullptr) note_answer(client, query, reply);
    return answer(std::move(reply), state_.safe_after());
  }
  switch (query.kind) {
    case QueryKind::objects:
      return answer(list_objects(objects_, query));
    case QueryKind::object:
      return answer(show_object(objects_, state_, query));
    case QueryKind::signal: {
      Reply reply = processes_.signal(query, task);
      return answer(std::move(reply), state_.safe_after());
    }
    case QueryKind::processes:
      return answer(processes_.list(query));
    default:
      break;
  }
  // How a task stands is told when it is safe: else it might be taken back.
  const CommitSeq after = query.kind == QueryKind::task ? state_.safe_after() : CommitSeq{};
  if (auto reply = queries_.answer(query, client.handle, task)) answer(std::move(*reply), after);
}

Reply Core::carry_out(Client& client, const Query& order, Task* task) {
  switch (order.kind) {
    case QueryKind::dead_retry:
      return dead_letters_.retry(client, order, task);
    case QueryKind::dead_drop:
      return dead_letters_.drop(order, task);
    case QueryKind::object_remove:
      return remove_object(objects_, order);
    case QueryKind::object_release:
      return release_object(objects_, order);
    default:
      return processes_.signal(order, task);
  }
}

void Core::answered(Now now, StoreAnswer answer) {
  state_.now = now;
  auto* fetched = std::get_if<FetchAnswer>(&answer.what);
  if (fetched == nullptr) return queries_.answered(std::move(answer));
  for (Paging::Parked& parked : paging_.fetched(answer.ticket, std::move(*fetched))) unpark(std::move(parked));
}

void Core::unpark(Paging::Parked parked) {
  const SessionId session = parked.envelope.header.session;
  const auto waiting = [&] {
    Client* client = sessions_.client(parked.peer);
    return client != nullptr && client->session.id == session ? client : nullptr;
  };
  // Something it speaks of may have been put away meanwhile.
  if (!std::holds_alternative<Hello>(parked.envelope.message) && waiting() != nullptr) {
    if (auto wanted = needed(parked.envelope.message); !wanted.empty()) {
      return paging_.park(std::move(parked), std::move(wanted));
    }
  }
  if (Client* client = waiting()) client->parked = false;
  found_ = &parked.ids;
  handle(state_.now, parked.peer, std::move(parked.envelope), parked.fresh);
  found_ = nullptr;
  paging_.leave(parked);
  for (Client* client = waiting(); client != nullptr; client = waiting()) {
    if (client->parked || client->behind.empty()) return;
    Envelope next = std::move(client->behind.front());
    client->behind.pop_front();
    handle(state_.now, parked.peer, std::move(next), {});
  }
}

void Core::dispatch(Client& client, const Header& header, Message& message) {
  std::visit(Overloaded{
                 [&](Submit& submit) { intake_.submit(client, header.seq, std::move(submit)); },
                 [&](ResultAck& ack) { deliveries_.acknowledged(client, ack); },
                 [&](Attach& wanted) { attach(client, wanted); },
                 [&](Cancel& cancel) { cancels_.cancel(client, cancel); },
                 [&](Query& asked) { query(client, asked); },
                 [&](Operate& operate) { objects_.operate(client, operate); },
                 [](auto&) {},
             },
             message);
}

void Core::dispatch(Worker& worker, const Header& header, Message& message) {
  std::visit(Overloaded{
                 [&](Credit& credit) { give_credit(worker, credit.total); },
                 [&](Outcomes& outcomes) {
                   const std::size_t ops_before = state_.ops.size();
                   for (const OutcomeRecord& record : outcomes.outcomes) attempts_.outcome(worker, record);
                   worker.ack.messages.push_back(header.seq);
                   worker.ack_waits = worker.ack_waits || state_.ops.size() > ops_before;
                   state_.touch(worker);
                   if (!mutant(Mutant::credit_leak)) give_credit(worker, outcomes.credit);
                 },
                 [&](Return& back) {
                   // The last one first: each goes before those that arrived after it, so the order is restored either
                   // way.
                   for (const Grant& grant : back.grants)
                     if (Task* task = attempts_.held(worker, grant)) attempts_.hand_back(worker, *task);
                   give_credit(worker, back.credit);
                 },
                 [&](Revoked& revoked) {
                   cancels_.revoked(worker, revoked);
                   give_credit(worker, revoked.credit);
                 },
                 [&](Progress& progress) { pass_on(worker, progress); },
                 [&](Drain&) { worker.draining = true; },
                 [&](Started& started) { processes_.started(worker, started); },
                 [&](ChildrenGone& gone) { processes_.children_gone(worker, gone); },
                 [&](Report& report) { worker.report = std::move(report.processes); },
                 [](auto&) {},
             },
             message);
}

// Absolute and rising; a smaller total takes back what has not been used.
void Core::give_credit(Worker& worker, std::uint64_t total) { worker.credit = std::max(total, worker.granted); }

void Core::pass_on(Worker& worker, Progress& progress) {
  for (ProgressNote& note : progress.notes) {
    Task* task = attempts_.held(worker, note.grant);
    Client* client = task == nullptr ? nullptr : state_.client(task->client);
    if (client == nullptr) continue;
    note.id = task->id;
    client->progress.notes.push_back(std::move(note));
    state_.touch(*client);
  }
}

void Core::finish_round(Now now) {
  state_.now = now;
  run_deadlines();
  sessions_.tick();
  objects_.tick();
  retention_.tick();
  cancels_.settle_finished();
  matching_.run();
  paging_.finish_round();
  objects_.flush();
  flush_all(now.steady >= late_acks_at_);
}

// Flushing one touches no other.
void Core::flush_all(bool late_too) {
  for (const ClientHandle handle : std::exchange(state_.touched_clients, {}))
    if (Client* client = state_.client(handle)) flush(*client, false);
  for (const WorkerHandle handle : std::exchange(state_.touched_workers, {}))
    if (Worker* worker = state_.worker(handle)) flush(*worker, false);
  if (!late_too) return;
  late_acks_at_ = kNever;
  for (const ClientHandle handle : std::exchange(late_clients_, {}))
    if (Client* client = state_.client(handle)) flush(*client, true);
  for (const WorkerHandle handle : std::exchange(late_workers_, {}))
    if (Worker* worker = state_.worker(handle)) flush(*worker, true);
}

void Core::run_deadlines() {
  while (Task* task = state_.deadlines.pop_due(state_.now.steady)) {
    is_terminal(task->state) ? retention_.due(*task) : intake_.due(*task, attempts_);
  }
}

void Core::flush(Client& client, bool now) {
  client.touched = false;
  const bool alone = client.cancels.answers.empty() && client.progress.notes.empty() && client.started.notes.empty() &&
                     client.due.empty();
  now = now || state_.options.ack_delay.count() == 0 || buggify(Path::acks_at_once);
  if (alone && !now && client.ack.rejected.empty() && client.ack.messages.size() < kAcksAtOnce) {
    if (client.ack.messages.empty()) return;
    late_clients_.push_back(client.handle);
    return ride_along();
  }
  if (!client.ack.messages.empty()) {
    client.ack.commit = client.ack_waits ? state_.safe_after() : state_.safe;
    state_.send(client.session, std::exchange(client.ack, {}), client.ack_waits ? state_.safe_after() : CommitSeq{});
    client.ack_waits = false;
  }
  if (!client.cancels.answers.empty())
    state_.send(client.session, std::exchange(client.cancels, {}), state_.safe_after());
  if (!client.progress.notes.empty()) state_.send(client.session, std::exchange(client.progress, {}));
  if (!client.started.notes.empty()) state_.send(client.session, std::exchange(client.started, {}));
  deliveries_.flush(client);
}

void Core::flush(Worker& worker, bool now) {
  worker.touched = false;
  const bool alone = worker.revoke.grants.empty() && worker.signals.notes.empty() && worker.grants.tasks.empty();
  now = now || state_.options.ack_delay.count() == 0 || buggify(Path::acks_at_once);
  if (alone && !now && worker.ack.messages.size() < kAcksAtOnce) {
    if (worker.ack.messages.empty()) return;
    late_workers_.push_back(worker.handle);
    return ride_along();
  }
  if (!worker.ack.messages.empty()) {
    state_.send(worker.session, std::exchange(worker.ack, {}), worker.ack_waits ? state_.safe_after() : CommitSeq{});
    worker.ack_waits = false;
  }
  // Not before the grants that it is about.
  if (!worker.revoke.grants.empty()) state_.send(worker.session, std::exchange(worker.revoke, {}), worker.grants_after);
  if (!worker.signals.notes.empty())
    state_.send(worker.session, std::exchange(worker.signals, {}), worker.grants_after);
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

void Core::refuse(PeerId peer, const Header& header, Errc code, std::string text) {
  ErrorMessage error{header.seq, code, std::move(text)};
  if (Session* session = sessions_.session(peer)) return state_.send(*session, std::move(error));
  state_.sends.push_back({peer, {{}, std::move(error)}, {}});
}

Effects Core::take_effects() {
  Effects effects{
      std::exchange(state_.sends, {}), std::exchange(state_.ops, {}), {}, std::exchange(state_.requests, {})};
  if (!effects.ops.empty()) effects.commit = state_.commit = state_.commit.next();
  return effects;
}

Instant Core::next() const {
  return std::min(
      {state_.deadlines.next(), sessions_.next(), objects_.next_wakeup(), retention_.next(), paging_.next(), late_acks_at_});
}

void Core::shut_down(Now now) {
  state_.now = now;
  intake_.closed = true;
  objects_.flush();
  flush_all(true);
  sessions_.farewell();
}

}  // namespace forkmill::broker
