// BrokerLink: the socket to the broker, as a session uses it. Logs what goes wrong with it.
//
// Belongs to one thread at a time.
#pragma once

#include <forkmill/client_options.h>

#include <memory>
#include <string>
#include <vector>

#include "client/engine/link/reachability.h"
#include "client/session/session.h"
#include "proto/clock.h"
#include "proto/transport/dealer.h"
#include "proto/wire/messages.h"

namespace forkmill::client {

class BrokerLink {
 public:
  // Throws Error for an endpoint or keys that make no sense. The arguments outlive this. `beside`: see Dealer. Tells
  // `reachability` what keeps the socket from the broker.
  BrokerLink(const ClientOptions& options, Reachability& reachability, proto::Dealer* beside);

  // Tells `session` of connections that were made or lost, and gives it some of the messages that have arrived. Does
  // not block.
  void receive(proto::Instant now, Session& session);
  // Goes to where MOVED says that the broker is. Returns false if that makes no sense.
  bool redirect(const std::string& endpoints) { return dealer_->redirect(endpoints); }
  // Sends the messages in this order. Returns false if a new connection is needed; some may have been sent then.
  [[nodiscard]] bool send_all(const std::vector<proto::Envelope>& messages) noexcept;
  // Drops the connection and makes a new one. Messages that were under way may be lost.
  void reconnect() { dealer_->reconnect(); }

  proto::Dealer& socket() { return *dealer_; }

 private:
  const std::string& endpoint_;
  Reachability& reachability_;
  const std::unique_ptr<proto::Dealer> dealer_;
};

}  // namespace forkmill::client
