// MessageParking: messages that name tasks on disk wait until these tasks are in memory, and later messages of the
// same client wait behind them, so that each client's messages are handled in order. An ATTACH of many results is
// handled in parts: further ones are fetched when the client has been sent those before, and later messages of the
// client do not wait for them. Results that it has still to be sent stay on disk, also when their time is over, if they
// are of its own principal or it may see all tasks.
#pragma once

#include <functional>
#include <vector>

#include "broker/core/lifecycle/paging.h"
#include "broker/core/peers/session_index.h"
#include "broker/core/state/broker_state.h"

namespace forkmill::broker {

class MessageParking {
 public:
  MessageParking(BrokerState& state, Paging& paging, const SessionIndex& index)
      : state_{state}, paging_{paging}, index_{index} {}

  // Keeps the message of a client, or a HELLO, if it must wait: returns true, and `envelope` has been moved away.
  bool park(proto::PeerId peer, Client& client, proto::Envelope& envelope);
  bool park_hello(proto::PeerId peer, proto::Envelope& envelope, proto::SessionId fresh);
  // Keeps the message if an earlier one of the client waits, as park() does. A client that sends more than kMaxBehind
  // bytes meanwhile is disconnected and must reconnect. Call it for messages that have not waited: a part of an ATTACH
  // whose tasks have been fetched is earlier than the message that waits.
  bool park_behind(Client& client, proto::Envelope& envelope);
  static constexpr std::size_t kMaxBehind = 128 * 1024 * 1024;

  // Handles the message, whose tasks have been fetched, and the first of those that wait behind it; or parks it again,
  // because tasks of it have been paged out meanwhile. `found`: the tasks that a message names. Null: it has not
  // waited.
  using Handle = std::function<void(proto::PeerId, proto::Envelope&, proto::SessionId fresh, const TaskIds* found)>;
  void resume(Paging::Parked parked, const Handle& handle);

  // Handles the next messages that have waited behind one, and fetches the next results for clients that have been sent
  // all results before. Call once in each round.
  void go_on(const Handle& handle);

 private:
  // Handles messages that have waited behind one, no more than a round should take; lists the client for the next round
  // if there are more.
  void handle_behind(proto::PeerId peer, proto::SessionId session, const Handle& handle);
  void attach_more(const Handle& handle);
  // Returns the client of the peer if it still has this session.
  Client* client_in(proto::PeerId peer, proto::SessionId session) const;
  // Holds the finished tasks on disk that the message names and that are held for this client (PagingState::held), and
  // returns them.
  std::vector<proto::TaskSeq> hold(const Client& client, const proto::Attach& attach);
  // Takes the tasks with these numbers out of the message, for attach_more().
  void set_aside(Client& client, proto::Attach& attach, const std::vector<proto::TaskSeq>& seqs, bool in_front);
  std::vector<proto::TaskSeq> needed(const proto::Message& message, const Client& client) const;
  std::vector<proto::TaskSeq> needed(const proto::Hello& hello) const;

  BrokerState& state_;
  Paging& paging_;
  const SessionIndex& index_;
};

}  // namespace forkmill::broker
