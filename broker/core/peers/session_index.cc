#include "broker/core/peers/session_index.h"

#include <utility>

namespace forkmill::broker {

SessionIndex::Found SessionIndex::find(proto::PeerId peer) const {
  const auto holder = by_peer_.find(peer);
  if (holder == by_peer_.end()) return {};
  const auto [client, worker] = holder->second;
  return client ? Found{state_.client(client), nullptr} : Found{nullptr, state_.worker(worker)};
}

Client* SessionIndex::client(proto::PeerId peer) const { return find(peer).client; }

Worker* SessionIndex::worker(proto::PeerId peer) const { return find(peer).worker; }

Session* SessionIndex::session(proto::PeerId peer) const { return find(peer).session(); }

Client* SessionIndex::client(proto::SessionId session) const {
  const auto found = by_session_.find(session);
  return found == by_session_.end() ? nullptr : state_.client(found->second.client);
}

Worker* SessionIndex::worker(proto::SessionId session) const {
  const auto found = by_session_.find(session);
  return found == by_session_.end() ? nullptr : state_.worker(found->second.worker);
}

void SessionIndex::bind(proto::PeerId peer, proto::SessionId session, const Client& holder) {
  by_peer_[peer] = by_session_[session] = Holder{holder.handle, {}};
}

void SessionIndex::bind(proto::PeerId peer, proto::SessionId session, const Worker& holder) {
  by_peer_[peer] = by_session_[session] = Holder{{}, holder.handle};
}

// Another session may have taken the connection over.
void SessionIndex::unbind_peer(const Session& session) {
  const auto holder = by_peer_.find(session.peer);
  if (holder != by_peer_.end() && this->session(session.peer) == &session) by_peer_.erase(holder);
}

void SessionIndex::lose_peer(proto::PeerId peer) {
  if (Session* session = this->session(peer)) session->peer = {};
  by_peer_.erase(peer);
}

void SessionIndex::confirm(Session& session) {
  if (session.before.empty()) return;
  for (const proto::SessionId before : std::exchange(session.before, {})) by_session_.erase(before);
}

void SessionIndex::erase(const Session& session) {
  unbind_peer(session);
  by_session_.erase(session.id);
  for (const proto::SessionId before : session.before) by_session_.erase(before);
}

}  // namespace forkmill::broker
