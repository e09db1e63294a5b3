// ReplyAudit: checks the broker's answers to queries and commands, and its reports to clients, against the history.
#pragma once

#include <map>
#include <utility>
#include <variant>
#include <vector>

#include "broker/core/state/broker_state.h"
#include "tests/sim/rules/history.h"

namespace forkmill::sim {

// Each function throws Violation.
class ReplyAudit {
 public:
  explicit ReplyAudit(History& history) : history_{history} {}

  // Call when a broker has started.
  void begin();
  // Call with each message that the broker is about to handle.
  void arrived(const broker::BrokerState& state, proto::PeerId peer, const proto::Envelope& envelope);
  // The messages of a round. Its answers describe the state before its grants.
  void round(const broker::BrokerState& state, const std::vector<broker::Send>& sends);
  // Call when a message leaves the broker, when what it depends on is safe.
  void leaves(const broker::Send& send);

 private:
  struct Asked {
    std::variant<proto::Query, proto::Command> what;
    broker::ClientHandle client;
  };

  void check(const Asked& asked, const proto::Reply& reply);

  History& history_;
  std::map<std::pair<proto::PeerId, std::uint64_t>, Asked> asked_;
  // The commands that were answered, by client. The broker carries out a repeated command once while it knows the
  // client.
  std::map<broker::ClientHandle, std::vector<proto::Command>> answered_;
};

}  // namespace forkmill::sim
