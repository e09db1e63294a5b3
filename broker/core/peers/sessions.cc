#include "broker/core/peers/sessions.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "broker/core/state/audit.h"
#include "broker/core/state/residency.h"
#include "broker/core/state/rights_checks.h"

namespace forkmill::broker {

void Sessions::close(proto::PeerId peer) {
  if (Client* one = index_.client(peer)) return close(*one, Objects::End::in_order);
  if (Worker* one = index_.worker(peer))
    return close(*one, WorkerExit::left, "worker " + one->session.name.str() + " left");
}

void Sessions::abandon(proto::PeerId peer) {
  if (Client* one = index_.client(peer)) return close(*one, Objects::End::lost);
  if (Worker* one = index_.worker(peer))
    close(*one, WorkerExit::replaced, "worker " + one->session.name.str() + " is another peer now");
}

void Sessions::close_children(std::uint64_t worker, const std::vector<EndedChild>& ended) {
  std::unordered_multimap<std::uint32_t, WorkerHandle> inside;  // workers in children of this one, by pid
  for (const auto& [handle, one] : state_.workers)
    if (worker != 0 && one->child_of == worker) inside.emplace(one->session.pid, handle);
  for (const EndedChild& child : ended) {
    children_.note_gone(worker, child.pid, state_.clock.now() + state_.options.session_timeout);
    close_all(children_.in_child(worker, child.pid), child.end);
    const auto [begin, end] = inside.equal_range(child.pid);
    for (auto at = begin; at != end; ++at) {
      Worker* one = state_.worker(at->second);
      if (one == nullptr) continue;  // the pid is named twice
      close_all(children_.in_children_of(one->instance), child.end);
      close(*one, WorkerExit::with_parent, "the process of worker " + one->session.name.str() + " has ended");
    }
  }
}

void Sessions::close_all(const std::vector<ClientHandle>& clients, Objects::End end) {
  for (const ClientHandle handle : std::vector<ClientHandle>{clients})
    if (Client* one = state_.client(handle)) close(*one, end);
}

void Sessions::close(Client& client, Objects::End end) {
  objects_.client_gone(client.handle, end);
  cancels_.end_daemons(client);
  children_.remove(client);
  deliveries_.abandon(client);
  give_up_attaching(state_, client);
  index_.erase(client.session);
  state_.clients.erase(client.handle);
}

void Sessions::close(Worker& worker, WorkerExit exit, const std::string& why) {
  ++state_.totals.worker_exits[static_cast<std::size_t>(exit)];
  grants_.worker_lost(worker, why);
  roster_.delist(worker);
  roster_.forget(worker);
  index_.erase(worker.session);
  state_.workers.erase(worker.handle);
}

void Sessions::expect(const std::vector<ClientHandle>& clients) {
  for (const ClientHandle handle : clients) {
    const auto [place, made] = state_.clients.try_emplace(handle);
    if (!made) continue;
    place->second = std::make_unique<Client>();
    place->second->handle = handle;
    place->second->session.heard = state_.clock.silence_clock();
  }
}

proto::CommitSeq Sessions::freed_after(ClientHandle client) const {
  const auto freed = freed_with_.find(client);
  const bool is_safe = freed == freed_with_.end() || freed->second <= state_.output.safe;
  return is_safe ? proto::CommitSeq{} : state_.output.safe_after();
}

void Sessions::tick() {
  const auto silent = silence_.tick();
  if (!silent) return;
  // A round that had nothing to store has no commit of its own: what it freed is as safe as the commit before.
  std::erase_if(freed_with_,
                [&](const auto& one) { return std::min(one.second, state_.output.commit) <= state_.output.safe; });
  for (Client* one : silent->clients) {
    freed_with_[one->handle] = state_.output.commit.next();
    close(*one, Objects::End::lost);
  }
  for (Worker* one : silent->workers)
    close(*one, WorkerExit::silent, "worker " + one->session.name.str() + " on " + one->session.host + " fell silent");
}

void Sessions::expel(const WhyExpelled& why) {
  std::vector<Client*> clients;
  for (const auto& [handle, one] : state_.clients)
    if (dismiss(one->session, proto::Role::client, why)) clients.push_back(one.get());
  std::vector<Worker*> workers;
  for (const auto& [handle, one] : state_.workers)
    if (dismiss(one->session, proto::Role::worker, why) || dismiss_for_queues(*one)) workers.push_back(one.get());
  for (Client* one : clients) close(*one, Objects::End::lost);
  for (Worker* one : workers)
    close(*one, WorkerExit::expelled, "worker " + one->session.name.str() + " is not permitted any longer");
}

bool Sessions::dismiss(Session& session, proto::Role role, const WhyExpelled& why) {
  if (!session.peer) return false;  // out of reach: it must connect again, and is refused then
  std::string text = why(session.peer, role);
  if (text.empty()) return false;
  say_goodbye(session, {Errc::not_permitted, std::move(text)});
  return true;
}

bool Sessions::dismiss_for_queues(Worker& worker) {
  auto status = may_serve(state_, worker.session.rights, worker.info);
  if (status.ok()) return false;
  say_goodbye(worker.session, {status.code(), status.failure().text});
  return true;
}

void Sessions::say_goodbye(Session& session, proto::Goodbye goodbye) {
  audit(state_, "session_ended", session,
        [&](AuditLine& line) { line.add("code", errc_name(goodbye.code)).add("text", goodbye.text); });
  state_.output.send(session, std::move(goodbye));
}

void Sessions::farewell() {
  const proto::Goodbye goodbye{Errc::shutting_down, std::string{errc_text(Errc::shutting_down)}};
  for (const auto& [handle, one] : state_.clients) state_.output.send(one->session, goodbye);
  for (const auto& [handle, one] : state_.workers) state_.output.send(one->session, goodbye);
}

}  // namespace forkmill::broker
