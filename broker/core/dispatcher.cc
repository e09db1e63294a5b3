#include "broker/core/dispatcher.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "broker/core/permissions.h"
#include "broker/core/state/task_visibility.h"
#include "proto/mutants.h"
#include "proto/overloaded.h"
#include "proto/wire/codec.h"

namespace forkmill::broker {

using namespace proto;

namespace {

// Tasks that a worker may hand back for each that it finishes.
constexpr std::uint64_t kReturnsForEach = 64;

}  // namespace

void Dispatcher::handle(PeerId peer, Result<Envelope>&& envelope, SessionId fresh) {
  if (!envelope.ok()) return refuse(peer, {}, envelope.failure().code, envelope.failure().text);
  handle(peer, envelope.value(), fresh, nullptr);
}

void Dispatcher::handle(StoreAnswer answer) {
  if (parts_.bulk.awaits(answer.ticket)) return parts_.bulk.handle(std::move(answer));
  auto* fetched = std::get_if<FetchAnswer>(&answer.what);
  if (fetched == nullptr) return parts_.operators.handle(std::move(answer));
  auto parked = parts_.paging.handle(answer.ticket, std::move(*fetched));
  if (!parked) return;
  parking_.resume(std::move(*parked), handler());
}

void Dispatcher::answer_waiting() {
  if (!naming_ && !searches_.empty()) {
    auto [peer, envelope] = searches_.pop();
    IdSearch tasks{task_named_in(envelope.message).value()};
    naming_ = Naming{peer, std::move(envelope), std::move(tasks)};
  }
  if (naming_) search();
  if (!parts_.operators.is_waiting()) answer_next(lists_);
  answer_next(queries_);
}

// Answers the first message of the line, if there is one.
void Dispatcher::answer_next(QueryLine& line) {
  if (line.empty()) return;
  auto [peer, envelope] = line.pop();
  handle(peer, envelope, {}, nullptr, true);
}

QueryLine& Dispatcher::line_of(const Message& message) {
  const auto named = task_named_in(message);
  if (named && is_beginning_of_id(*named)) return searches_;
  return QueryLine::is_list(message) ? lists_ : queries_;
}

// Looks at a slice of the tasks, and handles the message once they all have been looked at. Other messages of its
// client may wait for the disk meanwhile, as those of a gateway often do for moments. If one waits at the end, this
// message waits behind it, and is searched for again.
void Dispatcher::search() {
  Client* client = parts_.index.client(naming_->peer);
  const bool is_there = client != nullptr && client->session.id == naming_->envelope.header.session;
  if (is_there && naming_->search.step(state_.tasks, *client)) return;
  Naming done = std::move(*naming_);
  naming_.reset();
  // A message that waits for the disk needs its own Client::named when it goes on.
  if (is_there && !client->parked) {
    const auto text = task_named_in(done.envelope.message);
    client->named = Client::Named{std::string{text.value()}, done.search.release()};
  }
  handle(done.peer, done.envelope, {}, nullptr, true);
}

void Dispatcher::handle(PeerId peer, Envelope& envelope, SessionId fresh, const TaskIds* found, bool has_waited) {
  const Header header = envelope.header;
  Message& message = envelope.message;
  if (std::holds_alternative<Hello>(message)) return handle_hello(peer, envelope, fresh, found);
  const Permission& may = permission(message);
  SessionIndex& index = parts_.index;
  const auto sender = index.find(peer);
  Session* session = sender.session();
  if (session == nullptr) {
    if (may.stranger == Stranger::is_ignored) return;
    return refuse(peer, header, Errc::hello_required, std::string{errc_text(Errc::hello_required)});
  }
  if (header.session != session->id) return;  // stale: sent in an earlier session
  session->heard = state_.clock.silence_clock();
  index.confirm(*session);
  const auto [client, worker] = sender;
  // A part of an ATTACH that has been fetched goes on while a later message waits.
  if (client != nullptr && found == nullptr && parking_.park_behind(*client, envelope)) return;
  if (std::holds_alternative<Goodbye>(message)) return parts_.sessions.close(peer);
  if (std::holds_alternative<ErrorMessage>(message)) return;
  if (const auto* load = std::get_if<Heartbeat>(&message)) {
    if (worker != nullptr) {
      worker->load = *load;
      Processes::forget_heard(*worker, load->signals_heard);
    }
    return state_.output.send(*session, Heartbeat{});
  }
  if (client != nullptr && may.client) {
    if (found == nullptr && !has_waited && QueryLine::is_costly(message)) {
      if (line_of(message).add(client->handle, peer, envelope)) return;
      return refuse(peer, header, Errc::too_many_waiting, "too many queries of this client wait");
    }
    if (found != nullptr || !parking_.park(peer, *client, envelope)) dispatch(*client, header, message);
  } else if (worker != nullptr && may.worker) {
    state_.output.outdate_place(*worker);
    dispatch(*worker, header, message);
  } else {
    refuse(peer, header, Errc::not_permitted,
           std::string{type_name(message)} + " is not for " + (client != nullptr ? "clients" : "workers"));
  }
}

void Dispatcher::handle_hello(PeerId peer, Envelope& envelope, SessionId fresh, const TaskIds* found) {
  if (found == nullptr && parking_.park_hello(peer, envelope, fresh)) return;
  static const TaskIds none;
  parts_.admission.admit(peer, envelope.header, std::get<Hello>(std::move(envelope.message)), fresh,
                         found != nullptr ? *found : none);
  if (Client* client = parts_.index.client(peer)) parts_.processes.repeat_all(*client);
  if (Worker* worker = parts_.index.worker(peer)) {
    parts_.processes.repeat_signals(*worker);
    parts_.orders.repeat(*worker);
    tell_log_limits(state_, *worker);
  }
}

void Dispatcher::dispatch(Client& client, const Header& header, Message& message) {
  std::visit(Overloaded{
                 [&](Submit& submit) { parts_.submissions.submit(client, header.seq, std::move(submit)); },
                 [&](ResultAck& ack) { parts_.deliveries.acknowledge(client, ack); },
                 [&](Attach& wanted) { attach(client, wanted); },
                 [&](Cancel& cancel) { parts_.cancels.cancel(client, cancel); },
                 [&](Query& query) {
                   parts_.operators.handle(client, query);
                   client.named.reset();
                 },
                 [&](Command& command) {
                   parts_.operators.handle(client, command);
                   client.named.reset();
                 },
                 [&](Operate& operate) { parts_.objects.operate(client, operate); },
                 [](auto&) {},
             },
             message);
}

void Dispatcher::dispatch(Worker& worker, const Header& header, Message& message) {
  std::visit(Overloaded{
                 [&](Credit& credit) { set_credit(worker, credit.total); },
                 [&](Outcomes& outcomes) { finish_attempts(worker, header.seq, outcomes); },
                 [&](Return& back) { hand_back(worker, back); },
                 [&](Revoked& revoked) {
                   parts_.cancels.handle(worker, revoked);
                   set_credit(worker, revoked.credit);
                 },
                 [&](Progress& progress) { forward(worker, progress); },
                 [&](Drain&) { worker.draining = true; },
                 [&](Started& started) { parts_.processes.handle(worker, started); },
                 [&](ChildrenGone& gone) { parts_.processes.handle(worker, gone); },
                 [&](Scaled& scaled) { parts_.orders.handle(worker, scaled); },
                 [&](Logs& logs) { parts_.logs.handle(worker, logs); },
                 [&](Report& report) { worker.report = std::move(report.processes); },
                 [](auto&) {},
             },
             message);
}

void Dispatcher::attach(Client& client, const Attach& attach) {
  for (const TaskId& id : attach.ids) {
    if (Task* task = seen_task(state_, client, id)) {
      parts_.deliveries.watch(*task, client);
      parts_.processes.repeat(client, *task);
    } else if (const auto paged_out = state_.tasks.find_paged_out(id_in_table(client, id));
               paged_out && may_see_in_any_queue(client, *paged_out)) {
      parts_.deliveries.watch_paged_out(paged_out->seq, client);
    } else {
      parts_.deliveries.refuse_unknown(id, client);
    }
  }
}

void Dispatcher::finish_attempts(Worker& worker, MessageSeq message, Outcomes& outcomes) {
  const std::size_t ops_before = state_.output.ops.size();
  const std::uint64_t finished_before = worker.ended.finished;
  for (OutcomeRecord& record : outcomes.outcomes) parts_.grants.record_outcome(worker, std::move(record));
  const std::uint64_t excused = kReturnsForEach * (worker.ended.finished - finished_before);
  worker.returns.tasks -= std::min<std::uint64_t>(worker.returns.tasks, excused);
  worker.outgoing.ack.messages.push_back(message);
  worker.outgoing.ack_waits = worker.outgoing.ack_waits || state_.output.ops.size() > ops_before;
  state_.output.touch(worker);
  if (!mutant(Mutant::credit_leak)) set_credit(worker, outcomes.credit);
}

void Dispatcher::hand_back(Worker& worker, Return& back) {
  // Any order of the grants is right: each task goes back before those that arrived after it.
  for (const Grant& grant : back.grants)
    if (Task* task = parts_.grants.held(worker, grant)) {
      parts_.grants.hand_back(worker, *task);
      ++worker.returns.tasks;
      ++worker.ended.returned;
    }
  set_credit(worker, back.credit);
  constexpr milliseconds kLongestPause = std::chrono::minutes{5};
  const milliseconds pause = std::min(std::max(back.pause, pause_for_returns(worker)), kLongestPause);
  if (pause.count() <= 0) return;
  worker.pause.until = std::max(worker.pause.until, state_.clock.now() + pause);
  if (back.pause.count() > 0) worker.pause.reason = std::move(back.shortage);
}

// A worker that hands back many tasks and finishes few gets fewer and fewer of them.
milliseconds Dispatcher::pause_for_returns(Worker& worker) {
  constexpr std::size_t kMany = 4096;
  if (worker.returns.tasks < kMany) return {};
  worker.returns.tasks = 0;
  constexpr std::uint32_t kMaxDoublings = 8;
  worker.pause.reason = "hands back the tasks that it is granted";
  return milliseconds{1000} * (1U << std::min(worker.returns.pauses++, kMaxDoublings));
}

void Dispatcher::forward(Worker& worker, Progress& progress) {
  for (ProgressNote& note : progress.notes) {
    Task* task = parts_.grants.held(worker, note.grant);
    Client* client = task == nullptr ? nullptr : state_.client(task->client());
    if (client == nullptr) continue;
    note.id = id_for(*client, *task);
    client->outgoing.progress.notes.push_back(std::move(note));
    state_.output.touch(*client);
  }
}

// `total` counts from the beginning of the session. A smaller one takes back credit that has not been used. A worker
// holds no more than kMaxHeld tasks, with any credit.
void Dispatcher::set_credit(Worker& worker, std::uint64_t total) {
  const std::uint64_t room = Worker::kMaxHeld - std::min<std::uint64_t>(Worker::kMaxHeld, worker.holding.size());
  worker.credit = std::clamp(total, worker.granted, worker.granted + room);
}

void Dispatcher::refuse(PeerId peer, const Header& header, Errc code, std::string text) {
  ErrorMessage error{header.seq, code, std::move(text)};
  if (Session* session = parts_.index.session(peer)) return state_.output.send(*session, std::move(error));
  state_.output.send_to_stranger(peer, std::move(error));
}

}  // namespace forkmill::broker
