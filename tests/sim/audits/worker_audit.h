// WorkerAudit: checks how the broker treats workers and the processes at them: no worker is given up before it was
// silent for the session time-out (invariant 6), and clients and daemons end with the process or client that they
// belong to. Tells the history of the grants.
#pragma once

#include <cstdint>
#include <map>
#include <unordered_map>
#include <utility>
#include <vector>

#include "broker/core/state/broker_state.h"
#include "tests/sim/rules/history.h"

namespace forkmill::sim {

// Each function throws Violation.
class WorkerAudit {
 public:
  WorkerAudit(World& world, History& history) : world_{world}, history_{history} {}

  // Call when a broker has started.
  void begin();
  // A message arrives at the broker. It counts as a sign of life only on the connection of its session.
  void arrived(const broker::BrokerState& state, proto::PeerId peer, const proto::Envelope& envelope);
  // Call when the broker has finished a round, with these messages to send.
  void round(const broker::BrokerState& state, const std::vector<broker::Send>& sends);
  // The part of round() that tells the history of grants.
  void record_grants(const broker::BrokerState& state, const std::vector<broker::Send>& sends);
  // Checks that with a process go all clients in it, and with a client its daemons.
  void check_families(const broker::BrokerState& state) const;

 private:
  void note_late(const proto::Hello& hello);
  void check_left_behind(const broker::BrokerState& state, const broker::Worker& worker) const;
  void look_for_the_lost(const broker::BrokerState& state);
  // Attempts that the broker has ended because their worker did not.
  void record_overruns(const broker::BrokerState& state, const std::vector<broker::Send>& sends);
  // The same for workers that are out of reach: they hear of it when they resume.
  void record_untold_overruns(const broker::BrokerState& state);

  World& world_;
  History& history_;
  std::map<broker::WorkerHandle, proto::SessionId> workers_;
  std::map<broker::WorkerHandle, std::uint64_t> overruns_;  // attempts of each that the broker has ended
  std::unordered_map<proto::SessionId, Instant> heard_;     // the last sign of life
  std::unordered_map<proto::SessionId, bool> left_;         // said GOODBYE
  std::unordered_map<proto::SessionId, Instant> paused_;    // takes no tasks until then
  // Processes that have ended, by the instance of their worker and their pid, and when the broker was told.
  std::map<std::pair<std::uint64_t, std::uint32_t>, Instant> gone_;
};

}  // namespace forkmill::sim
