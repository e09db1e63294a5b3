#include "broker/core/peers/admission.h"

#include <algorithm>
#include <memory>
#include <unordered_set>
#include <utility>

#include "broker/core/lifecycle/time_limits.h"
#include "broker/core/peers/principals.h"
#include "broker/core/peers/wrong_shard.h"
#include "broker/core/state/audit.h"
#include "broker/core/state/residency.h"
#include "broker/core/state/rights_checks.h"
#include "proto/limits.h"
#include "proto/mutants.h"
#include "proto/names.h"

namespace forkmill::broker {

using proto::Hello;
using proto::PeerId;
using proto::SessionId;
using proto::Status;
using proto::Welcome;

void Admission::admit(PeerId peer, const proto::Header& header, Hello hello, SessionId fresh, const TaskIds& running) {
  const Identity& identity = state_.identity;
  if (is_for_another_shard(hello, identity.shard, identity.shards) &&
      !proto::mutant(proto::Mutant::other_shard_admitted)) {
    state_.output.send_to_stranger(peer, proto::Moved{hello.nonce, identity.shards, 0, {}});
    if (hello.shard == 0) state_.output.send_to_stranger(peer, needs_shards(identity.shards));
    return;
  }
  bind_instances(hello, principal_of(state_, peer));
  note_foreign_session(peer, hello);
  if (auto status = check(peer, hello); !status.ok()) {
    proto::Failure failure = std::move(status).failure();
    return state_.output.send_to_stranger(peer, proto::ErrorMessage{header.seq, failure.code, std::move(failure.text)});
  }
  // A HELLO that was sent before its process ended has been overtaken by the news of that.
  if (children_.is_gone(hello.child_of, hello.pid, state_.clock.now()) || is_late(hello)) return;
  hello.role == proto::Role::client ? admit_client(peer, hello, fresh) : admit_worker(peer, hello, fresh, running);
}

const proto::Rights* Admission::rights_of(PeerId peer) const {
  return state_.options.rights_of ? state_.options.rights_of(peer) : nullptr;
}

Status Admission::check(PeerId peer, const Hello& hello) {
  using namespace proto::limits;
  if (hello.protocol_max < kProtocolMin || hello.protocol_min > kProtocolMax) {
    return {Errc::version_unsupported,
            "this broker speaks versions " + std::to_string(kProtocolMin) + " to " + std::to_string(kProtocolMax)};
  }
  for (const std::string& queue : hello.worker.queues)
    if (!proto::is_name(queue)) return {Errc::name_invalid, "queue name '" + queue + "'"};
  for (const proto::TaskInfo& task : hello.worker.tasks)
    if (!proto::is_name(task.name)) return {Errc::name_invalid, "task name '" + task.name + "'"};
  if (hello.role != proto::Role::worker) return {};
  if (auto status = may_serve(state_, rights_of(peer), hello.worker); !status.ok()) return status;
  const std::string principal = principal_of(state_, peer);
  if (!state_.queues.make_for_worker(hello.worker.queues, principal, state_.clock.now()))
    return too_many_queues(principal);
  return {};
}

bool Admission::is_late(const Hello& hello) const {
  if (hello.order == 0 || hello.instance == 0) return false;
  if (hello.role == proto::Role::client) {
    const Client* client = state_.client(ClientHandle{hello.instance});
    return client != nullptr && hello.order <= client->session.order;
  }
  const Worker* worker = roster_.with_instance(hello.instance);
  return worker != nullptr && hello.order <= worker->session.order;
}

Client* Admission::resumed_client(const Hello& hello, const std::string& principal) const {
  Client* client = index_.client(hello.resume);
  return client != nullptr && client->session.principal == principal ? client : nullptr;
}

Worker* Admission::resumed_worker(const Hello& hello, const std::string& principal) const {
  Worker* worker = index_.worker(hello.resume);
  return worker != nullptr && worker->session.principal == principal ? worker : nullptr;
}

void Admission::admit_client(PeerId peer, const Hello& hello, SessionId fresh) {
  Client* client = resumed_client(hello, principal_of(state_, peer));
  const bool resumed = client != nullptr;
  bool known = resumed;
  if (!resumed) {
    // The client may be known by its instance, and by tasks from before a restart.
    const ClientHandle handle{hello.instance != 0 ? hello.instance : fresh.value()};
    auto [place, made] = state_.clients.try_emplace(handle);
    if (made) {
      place->second = std::make_unique<Client>();
      place->second->is_new = true;
    }
    known = !made;
    client = place->second.get();
    client->handle = handle;
  }
  // A connection is that of one client: a peer that says HELLO for one after another would have many.
  if (index_.client(peer) != client) sessions_.abandon(peer);
  client->results.window = std::max(1U, hello.window_results);
  children_.add(*client, hello.child_of, hello.pid);
  begin(client->session, peer, hello, fresh);
  client->owner = state_.tasks.owners.find_or_make(client->session.principal);
  index_.bind(peer, fresh, *client);
  Welcome answer = welcome(client->session, hello);
  answer.resumed = resumed;
  // A client that was new and does not resume has not heard that it was new: it would repeat what it asked before.
  answer.kept = resumed || !client->is_new || proto::mutant(proto::Mutant::kept_said_wrongly);
  // Objects that the client is told to have lost must not be its own again after a restart.
  if (!answer.kept) client->session.after = sessions_.freed_after(client->handle);
  state_.output.send(client->session, std::move(answer));
  if (known) {
    client->parked = false;
    client->behind.clear();
    client->behind_bytes = 0;
    give_up_attaching(state_, *client);
    client->outgoing.ack = {};  // the client sends again what it has no answer to
    client->outgoing.full_acks.clear();
    client->outgoing.unknown.clear();
    deliveries_.resume(*client);
  }
}

void Admission::admit_worker(PeerId peer, const Hello& hello, SessionId fresh, const TaskIds& running) {
  Worker* worker = resumed_worker(hello, principal_of(state_, peer));
  const bool resumed = worker != nullptr;
  // A worker may say HELLO again on one connection: it is the same worker, and not another one to be given work.
  if (!resumed) worker = index_.worker(peer);
  if (worker == nullptr || index_.worker(peer) != worker) sessions_.abandon(peer);
  if (worker != nullptr) {
    roster_.delist(*worker);
  } else {
    const WorkerHandle handle{++last_handle_};
    worker = state_.workers.emplace(handle, std::make_unique<Worker>()).first->second.get();
    worker->handle = handle;
  }
  begin(worker->session, peer, hello, fresh);
  index_.bind(peer, fresh, *worker);
  Welcome answer = welcome(worker->session, hello);
  answer.resumed = resumed;
  worker->instance = hello.instance;
  worker->child_of = hello.child_of;
  roster_.enlist(*worker, hello.worker);
  worker->draining = TimeLimits::is_barred(*worker);
  worker->pause.until = Instant{0};
  worker->outgoing.revoke = {};
  worker->outgoing.signals = {};
  worker->outgoing.ack = {};
  reconcile(*worker, hello.worker.holding, running, answer);
  answer.granted = worker->granted;
  answer.log_bytes = state_.options.queue.log_bytes;
  worker->credit = worker->granted;  // until the worker says what it can take
  state_.output.send(worker->session, std::move(answer));
  cancels_.repeat(*worker);
}

// A peer that names the session of another principal gets one of its own.
void Admission::note_foreign_session(PeerId peer, const Hello& hello) {
  const Client* client = index_.client(hello.resume);
  const Worker* worker = index_.worker(hello.resume);
  const Session* named = client != nullptr ? &client->session : worker != nullptr ? &worker->session : nullptr;
  const std::string principal = principal_of(state_, peer);
  if (named == nullptr || named->principal == principal) return;
  audit_some(state_, "foreign_session_named", *named, [&](AuditLine& line) {
    line.add("by_principal", principal).add("by_peer", hello.name).add("by_host", hello.host);
  });
}

// Tasks that the worker does not hold were lost on the way to it. Those that it holds and should not, it must abandon.
void Admission::reconcile(Worker& worker, const std::vector<proto::Grant>& holding, const TaskIds& running,
                          Welcome& answer) {
  const std::unordered_set<proto::Grant> held{holding.begin(), holding.end()};
  for (Task* task : worker.holding.by_seq())
    if (!held.contains(task->grant())) grants_.hand_back(worker, *task);
  for (const proto::Grant& grant : holding)
    if (grants_.held(worker, grant) == nullptr && !adopt(worker, grant, running)) answer.abandon.push_back(grant);
}

// A task that the worker has run since before a restart of the broker goes on, if no other worker was given it
// meanwhile.
bool Admission::adopt(Worker& worker, const proto::Grant& grant, const TaskIds& running) {
  const auto id = running.find(grant.seq);
  Task* task = id == running.end() ? nullptr : state_.tasks.find(id->second);
  if (task == nullptr || task->seq != grant.seq || task->state != State::ready ||
      grant.attempt != task->attempts.next() || !may_run(worker, *task)) {
    return false;
  }
  grants_.adopt(*task, worker, grant);
  return true;
}

// Whether the worker could be granted the task.
bool Admission::may_run(Worker& worker, const Task& task) const {
  const auto has_task = [&](const Queue* queue) { return queue == task.queue() || queue->processes == task.queue(); };
  const auto& queues = worker.offer->queues();
  if (std::none_of(queues.begin(), queues.end(), has_task)) return false;
  return worker.offer->may_take(state_.task_types, task.type());
}

void Admission::begin(Session& session, PeerId peer, const Hello& hello, SessionId fresh) {
  // If the WELCOME is lost, the peer says HELLO again, and names a session that it knows.
  std::vector<SessionId> before = std::move(session.before);
  if (session.id) before.push_back(session.id);
  // A peer whose WELCOMEs are lost names the same session again and again: the others go first.
  if (const auto named = std::find(before.begin(), before.end(), hello.resume); named != before.end())
    std::rotate(named, named + 1, before.end());
  constexpr std::size_t kMax = 8;
  for (; before.size() > kMax; before.erase(before.begin())) index_.erase(before.front());
  const bool is_taken_over = session.peer && session.peer != peer;
  index_.unbind_peer(session);
  session = {fresh,
             peer,
             {},
             state_.clock.silence_clock(),
             state_.clock.unix_time(),
             hello.name,
             hello.host,
             hello.pid,
             std::move(before),
             hello.order,
             principal_of(state_, peer),
             rights_of(peer)};
  if (is_taken_over)
    audit_some(state_, "session_taken_over", session,
               [&](AuditLine& line) { line.add("role", hello.role == proto::Role::worker ? "worker" : "client"); });
  silence_.note_session();
}

Welcome Admission::welcome(const Session& session, const Hello& hello) const {
  const CoreOptions& options = state_.options;
  Welcome welcome;
  welcome.protocol = std::min(hello.protocol_max, proto::limits::kProtocolMax);
  welcome.nonce = hello.nonce;
  welcome.session = session.id;
  welcome.epoch = state_.identity.epoch;
  welcome.heartbeat = options.heartbeat;
  welcome.session_timeout = options.session_timeout;
  welcome.window_tasks = options.window.tasks;
  welcome.window_bytes = options.window.bytes;
  welcome.max_payload = options.max_payload;
  welcome.store = state_.identity.store;
  welcome.commit = state_.output.safe;
  welcome.software = state_.identity.software;
  welcome.routes = {{"*", ""}};
  welcome.shard = state_.identity.shard;
  welcome.shards = state_.identity.shards;
  return welcome;
}

}  // namespace forkmill::broker
