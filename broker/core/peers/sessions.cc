#include "broker/core/peers/sessions.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "proto/mutants.h"
#include "proto/names.h"

namespace forkmill::broker {

void Sessions::hello(proto::PeerId peer, const proto::Header& header, const proto::Hello& hello, proto::SessionId fresh,
                     const TaskIds& running) {
  using namespace proto::limits;
  if (hello.protocol_max < kProtocolMin || hello.protocol_min > kProtocolMax) {
    return refuse(
        peer, header, Errc::version_unsupported,
        "this broker speaks versions " + std::to_string(kProtocolMin) + " to " + std::to_string(kProtocolMax));
  }
  const auto& queues = hello.worker.queues;
  const auto bad_queue = std::find_if_not(queues.begin(), queues.end(), proto::is_name);
  if (bad_queue != queues.end()) return refuse(peer, header, Errc::name_invalid, "queue name '" + *bad_queue + "'");
  const auto& tasks = hello.worker.tasks;
  const auto bad_task =
      std::find_if_not(tasks.begin(), tasks.end(), [](const auto& task) { return proto::is_name(task.name); });
  if (bad_task != tasks.end()) return refuse(peer, header, Errc::name_invalid, "task name '" + bad_task->name + "'");
  if (hello.role == proto::Role::worker && std::any_of(queues.begin(), queues.end(), [&](const std::string& name) {
        return state_.queue(name) == nullptr;
      })) {
    return refuse(peer, header, Errc::too_many_queues, std::string{errc_text(Errc::too_many_queues)});
  }
  if (is_gone(hello) || is_late(hello)) return;
  hello.role == proto::Role::client ? hello_client(peer, hello, fresh) : hello_worker(peer, hello, fresh, running);
}

void Sessions::hello_client(proto::PeerId peer, const proto::Hello& hello, proto::SessionId fresh) {
  auto found = by_session_.find(hello.resume);
  Client* client = found == by_session_.end() ? nullptr : state_.client(found->second.client);
  const bool resumed = client != nullptr;
  bool known = resumed;
  if (!resumed) {
    // It may be known by its instance, and by tasks from before a restart.
    const ClientHandle handle{hello.instance != 0 ? hello.instance : fresh.value()};
    auto [place, made] = state_.clients.try_emplace(handle);
    if (made) {
      place->second = std::make_unique<Client>();
      place->second->anew = true;
    }
    known = !made;
    client = place->second.get();
    client->handle = handle;
  }
  client->window_results = std::max(1U, hello.window_results);
  settle_in(*client, hello);
  proto::Welcome answer = welcome(begin(client->session, peer, hello, fresh), hello);
  by_peer_[peer] = by_session_[fresh] = Holder{client->handle, {}};
  answer.resumed = resumed;
  // One that came anew and does not say so has not heard that it did: it would repeat what it had asked before.
  answer.kept = resumed || !client->anew || proto::mutant(proto::Mutant::kept_said_wrongly);
  // What it is told to have lost must not be its own again after a restart.
  if (!answer.kept) client->session.after = freed_after(client->handle);
  state_.send(client->session, std::move(answer));
  if (known) {
    client->parked = false;
    client->behind.clear();
    client->ack = {};  // the client sends again what it has no answer to
    deliveries_.resume(*client);
  }
}

void Sessions::hello_worker(proto::PeerId peer, const proto::Hello& hello, proto::SessionId fresh,
                            const TaskIds& running) {
  auto found = by_session_.find(hello.resume);
  Worker* worker = found == by_session_.end() ? nullptr : state_.worker(found->second.worker);
  const bool resumed = worker != nullptr;
  // It may say HELLO anew on one connection: what stood there is the same worker, and not another one to be given work.
  if (!resumed) worker = this->worker(peer);
  if (worker != nullptr) {
    delist(*worker);
  } else {
    const WorkerHandle handle{++last_handle_};
    worker = state_.workers.emplace(handle, std::make_unique<Worker>()).first->second.get();
    worker->handle = handle;
  }
  proto::Welcome answer = welcome(begin(worker->session, peer, hello, fresh), hello);
  by_peer_[peer] = by_session_[fresh] = Holder{{}, worker->handle};
  answer.resumed = resumed;
  worker->instance = hello.instance;
  by_instance_[hello.instance] = worker->handle;
  enlist(*worker, hello.worker);
  worker->draining = false;
  worker->revoke = {};
  worker->signals = {};
  worker->ack = {};
  reconcile(*worker, hello.worker.holding, running, answer);
  answer.granted = worker->granted;
  worker->credit = worker->granted;  // until it says what it can take
  state_.send(worker->session, std::move(answer));
  cancels_.repeat(*worker);
}

// What the worker does not hold was lost under way; what it holds and should not, it is told to abandon.
void Sessions::reconcile(Worker& worker, const std::vector<proto::Grant>& holding, const TaskIds& running,
                         proto::Welcome& answer) {
  const std::unordered_set<proto::Grant> held{holding.begin(), holding.end()};
  std::vector<Task*> lost;
  for (const auto& [seq, task] : worker.holding)
    if (!held.contains(task->grant())) lost.push_back(task);
  std::sort(lost.begin(), lost.end(), [](const Task* a, const Task* b) { return a->seq < b->seq; });
  for (Task* task : lost) attempts_.hand_back(worker, *task);
  for (const proto::Grant& grant : holding)
    if (attempts_.held(worker, grant) == nullptr && !adopt(worker, grant, running)) answer.abandon.push_back(grant);
}

// What it runs since before a restart of the broker goes on, if nobody else was given it meanwhile.
bool Sessions::adopt(Worker& worker, const proto::Grant& grant, const TaskIds& running) {
  const auto id = running.find(grant.seq);
  Task* task = id == running.end() ? nullptr : state_.tasks.find(id->second);
  if (task == nullptr || task->seq != grant.seq || task->state != State::ready ||
      grant.attempt != task->attempts.next()) {
    return false;
  }
  attempts_.adopt(*task, worker, grant);
  return true;
}

Session& Sessions::begin(Session& session, proto::PeerId peer, const proto::Hello& hello, proto::SessionId fresh) {
  // Should the WELCOME be lost, the peer says HELLO again, and still names one that it knows.
  std::vector<proto::SessionId> before = std::move(session.before);
  if (session.id) before.push_back(session.id);
  // Of many it names the same one again and again: those that nobody names go first.
  if (const auto named = std::find(before.begin(), before.end(), hello.resume); named != before.end())
    std::rotate(named, named + 1, before.end());
  constexpr std::size_t kMax = 8;
  for (; before.size() > kMax; before.erase(before.begin())) by_session_.erase(before.front());
  leave_peer(session);
  session = {fresh,      peer,       {},        state_.silence_clock(), state_.now.unix_time,
             hello.name, hello.host, hello.pid, std::move(before),      hello.order};
  next_check_ = std::min(next_check_, state_.now.steady + state_.options.session_timeout);
  return session;
}

proto::Welcome Sessions::welcome(const Session& session, const proto::Hello& hello) const {
  const CoreOptions& options = state_.options;
  proto::Welcome welcome;
  welcome.protocol = std::min(hello.protocol_max, proto::limits::kProtocolMax);
  welcome.nonce = hello.nonce;
  welcome.session = session.id;
  welcome.epoch = state_.identity.epoch;
  welcome.heartbeat = options.heartbeat;
  welcome.session_timeout = options.session_timeout;
  welcome.window_tasks = options.window_tasks;
  welcome.window_bytes = options.window_bytes;
  welcome.max_payload = options.max_payload;
  welcome.store = state_.identity.store;
  welcome.commit = state_.safe;
  welcome.software = state_.identity.software;
  welcome.routes = {{"*", ""}};
  return welcome;
}

void Sessions::enlist(Worker& worker, proto::WorkerInfo info) {
  worker.info = std::move(info);
  worker.info.holding.clear();
  worker.serves.clear();
  worker.queues.clear();
  for (const std::string& name : worker.info.queues) worker.queues.push_back(state_.queue(name));
  for (Queue* queue : worker.queues) ++queue->workers;
  registry_.add(worker.info);
}

void Sessions::delist(Worker& worker) {
  for (Queue* queue : worker.queues) --queue->workers;
  worker.queues.clear();
  registry_.remove(worker.info);
}

void Sessions::close(proto::PeerId peer) {
  if (Client* one = client(peer)) return close(*one);
  if (Worker* one = worker(peer)) return close(*one, "worker " + one->session.name + " left");
}

void Sessions::unreachable(proto::PeerId peer) {
  if (Session* session = this->session(peer)) session->peer = {};
  by_peer_.erase(peer);
}

Client* Sessions::client(proto::PeerId peer) const {
  auto found = by_peer_.find(peer);
  return found == by_peer_.end() ? nullptr : state_.client(found->second.client);
}

Worker* Sessions::worker(proto::PeerId peer) const {
  auto found = by_peer_.find(peer);
  return found == by_peer_.end() ? nullptr : state_.worker(found->second.worker);
}

Session* Sessions::session(proto::PeerId peer) const {
  if (Client* one = client(peer)) return &one->session;
  if (Worker* one = worker(peer)) return &one->session;
  return nullptr;
}

void Sessions::tick() {
  const Instant now = state_.now.steady;
  const Instant timeout = state_.options.session_timeout;
  // We were stopped or starved ourselves: what they said meanwhile still waits in the socket. Begin to count anew.
  const bool slept = last_tick_.count() > 0 && now - last_tick_ > timeout / 2;
  last_tick_ = now;
  if (!slept && now < next_check_) return;
  // Often enough to notice a pause of our own, and just when the one that has been silent for longest is out of time.
  next_check_ = now + std::min<Instant>(timeout / 2, state_.options.heartbeat);
  const Instant clock = state_.silence_clock();
  const auto look_at = [&](const Session& session) {
    if (clock - session.heard > timeout) return !proto::mutant(proto::Mutant::silence_forgiven);
    next_check_ = std::min(next_check_, session.heard + timeout + Instant{1});
    return false;
  };
  std::vector<Client*> gone_clients;
  std::vector<Worker*> gone_workers;
  for (const auto& [handle, one] : state_.clients) {
    if (slept) one->session.heard = clock;
    if (look_at(one->session)) gone_clients.push_back(one.get());
  }
  for (const auto& [handle, one] : state_.workers) {
    if (slept) one->session.heard = clock;
    if (look_at(one->session)) gone_workers.push_back(one.get());
  }
  // A round that had nothing to write down has no commit of its own: then it is the one before.
  std::erase_if(freed_with_, [&](const auto& one) { return std::min(one.second, state_.commit) <= state_.safe; });
  for (Client* one : gone_clients) {
    freed_with_[one->handle] = state_.commit.next();
    close(*one);
  }
  for (Worker* one : gone_workers)
    close(*one, "worker " + one->session.name + " on " + one->session.host + " fell silent");
}

proto::CommitSeq Sessions::freed_after(ClientHandle client) const {
  const auto freed = freed_with_.find(client);
  return freed == freed_with_.end() || freed->second <= state_.safe ? proto::CommitSeq{} : state_.safe_after();
}

// The connection may have been taken over by another session since.
void Sessions::leave_peer(const Session& session) {
  auto holder = by_peer_.find(session.peer);
  if (holder != by_peer_.end() && this->session(session.peer) == &session) by_peer_.erase(holder);
}

void Sessions::detach(const Session& session) {
  leave_peer(session);
  by_session_.erase(session.id);
  for (const proto::SessionId before : session.before) by_session_.erase(before);
}

void Sessions::confirm(Session& session) {
  for (const proto::SessionId before : std::exchange(session.before, {})) by_session_.erase(before);
}

void Sessions::expect(const std::vector<ClientHandle>& clients) {
  for (const ClientHandle handle : clients) {
    const auto [place, made] = state_.clients.try_emplace(handle);
    if (!made) continue;
    place->second = std::make_unique<Client>();
    place->second->handle = handle;
    place->second->session.heard = state_.silence_clock();
  }
}

void Sessions::settle_in(Client& client, const proto::Hello& hello) {
  move_out(client);
  client.child_of = hello.child_of;
  if (hello.child_of != 0) in_children_[{hello.child_of, hello.pid}].push_back(client.handle);
}

void Sessions::move_out(const Client& client) {
  const auto home = in_children_.find({client.child_of, client.session.pid});
  if (home == in_children_.end()) return;
  std::erase(home->second, client.handle);
  if (home->second.empty()) in_children_.erase(home);
}

const std::vector<ClientHandle>& Sessions::in_child(std::uint64_t worker, std::uint32_t pid) const {
  static const std::vector<ClientHandle> none;
  const auto home = worker == 0 ? in_children_.end() : in_children_.find({worker, pid});
  return home == in_children_.end() ? none : home->second;
}

// It was said before its process ended, and has been overtaken.
bool Sessions::is_gone(const proto::Hello& hello) {
  while (!gone_children_.empty() && gone_children_.front().until <= state_.now.steady) gone_children_.pop_front();
  return hello.child_of != 0 && std::any_of(gone_children_.begin(), gone_children_.end(), [&](const GoneChild& child) {
           return child.worker == hello.child_of && child.pid == hello.pid;
         });
}

// It was said before the one that began the session which its peer has now.
bool Sessions::is_late(const proto::Hello& hello) const {
  if (hello.order == 0 || hello.instance == 0) return false;
  if (hello.role == proto::Role::client) {
    const Client* client = state_.client(ClientHandle{hello.instance});
    return client != nullptr && hello.order <= client->session.order;
  }
  const auto found = by_instance_.find(hello.instance);
  const Worker* worker = found == by_instance_.end() ? nullptr : state_.worker(found->second);
  return worker != nullptr && hello.order <= worker->session.order;
}

void Sessions::close_child(std::uint64_t worker, std::uint32_t pid) {
  constexpr std::size_t kMaxGone = 4096;
  gone_children_.push_back({worker, pid, state_.now.steady + state_.options.session_timeout});
  if (gone_children_.size() > kMaxGone) gone_children_.pop_front();
  const auto home = in_children_.find({worker, pid});
  if (home == in_children_.end()) return;
  const std::vector<ClientHandle> clients = home->second;
  for (const ClientHandle handle : clients)
    if (Client* one = state_.client(handle)) close(*one);
}

void Sessions::close(Client& client) {
  objects_.client_gone(client.handle);
  cancels_.end_daemons(client);
  move_out(client);
  deliveries_.abandon(client);
  detach(client.session);
  state_.clients.erase(client.handle);
}

void Sessions::close(Worker& worker, const std::string& why) {
  attempts_.worker_lost(worker, why);
  delist(worker);
  detach(worker.session);
  if (const auto found = by_instance_.find(worker.instance);
      found != by_instance_.end() && found->second == worker.handle)
    by_instance_.erase(found);
  state_.workers.erase(worker.handle);
}

void Sessions::farewell() {
  const proto::Goodbye goodbye{Errc::shutting_down, std::string{errc_text(Errc::shutting_down)}};
  for (const auto& [handle, one] : state_.clients) state_.send(one->session, goodbye);
  for (const auto& [handle, one] : state_.workers) state_.send(one->session, goodbye);
}

void Sessions::refuse(proto::PeerId peer, const proto::Header& header, Errc code, std::string text) {
  state_.sends.push_back({peer, {{}, proto::ErrorMessage{header.seq, code, std::move(text)}}, {}});
}

}  // namespace forkmill::broker
