// SessionIndex: whose session it is, by connection and by session id.
#pragma once

#include <unordered_map>

#include "broker/core/state/broker_state.h"

namespace forkmill::broker {

class SessionIndex {
 public:
  explicit SessionIndex(BrokerState& state) : state_{state} {}

  // The peer behind a connection: a client or a worker. Both null: it has no session.
  struct Found {
    Client* client = nullptr;
    Worker* worker = nullptr;
    Session* session() const {
      if (client != nullptr) return &client->session;
      return worker == nullptr ? nullptr : &worker->session;
    }
  };
  Found find(proto::PeerId peer) const;
  // The client or worker behind a connection. Null: the peer is not one, or has no session.
  Client* client(proto::PeerId peer) const;
  Worker* worker(proto::PeerId peer) const;
  Session* session(proto::PeerId peer) const;
  // The client or worker that has this session, or had it before its peer confirmed a later one.
  Client* client(proto::SessionId session) const;
  Worker* worker(proto::SessionId session) const;

  // Call when the peer speaks in a session that `holder` has begun.
  void bind(proto::PeerId peer, proto::SessionId session, const Client& holder);
  void bind(proto::PeerId peer, proto::SessionId session, const Worker& holder);
  // Call when the connection is no longer that of this session.
  void unbind_peer(const Session& session);
  // Nothing can be sent to the peer.
  void lose_peer(proto::PeerId peer);
  // Call when a message of this session has come: its peer will not resume an earlier one.
  void confirm(Session& session);
  void erase(proto::SessionId session) { by_session_.erase(session); }
  // The session and those that it carries on.
  void erase(const Session& session);

 private:
  struct Holder {
    ClientHandle client;
    WorkerHandle worker;
  };

  BrokerState& state_;
  std::unordered_map<proto::PeerId, Holder> by_peer_;
  std::unordered_map<proto::SessionId, Holder> by_session_;
};

}  // namespace forkmill::broker
