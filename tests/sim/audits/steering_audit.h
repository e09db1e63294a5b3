// SteeringAudit: checks what operators set (invariant 15): after the answer to a pause nothing is granted from that
// queue, with that name or to that worker, until another command about it is carried out; workers have no more tasks of
// a queue than its limit; and what an operator was told is set is set after a restart of the broker as well, if its
// store is durable.
#pragma once

#include <compare>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "broker/core/state/broker_state.h"

namespace forkmill::sim {

// Each function throws Violation.
class SteeringAudit {
 public:
  // Call when a broker has recovered `state`.
  void begin(const broker::BrokerState& state);
  // Call with each message that the broker is about to handle.
  void arrived(proto::PeerId peer, const proto::Envelope& envelope);
  // Call when the broker has finished a round, with these messages to send.
  void round(const broker::BrokerState& state, const std::vector<broker::Send>& sends);
  // Call when a message leaves the broker, when what it depends on is safe.
  void leaves(const broker::Send& send);

 private:
  enum class Kind { queue, name, worker };
  struct Thing {
    Kind kind = Kind::queue;
    std::string name;
    friend auto operator<=>(const Thing&, const Thing&) = default;
  };
  using Question = std::pair<proto::PeerId, std::uint64_t>;  // the sender and the id of a command

  void note_carried_out(const broker::BrokerState& state, const Question& question);
  static std::optional<Thing> thing_of(const proto::Command& command);
  static broker::Control control_of(const broker::BrokerState& state, const Thing& thing);
  void check_grants(const broker::BrokerState& state, const broker::Worker& worker, const proto::Grants& grants) const;
  bool is_paused(const Thing& thing) const;

  std::map<Question, Thing> asked_;
  std::map<Question, std::pair<Thing, broker::Control>> answered_;  // answers on their way
  std::map<Thing, broker::Control> told_;                           // settings that operators know of
};

}  // namespace forkmill::sim
