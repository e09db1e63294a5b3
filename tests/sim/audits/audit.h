// Audit: checks the broker's state after its rounds: every task is counted once (invariant 12), credit and windows are
// kept (12, 13), a running task has one holder (6), priorities and the order of arrival are kept (9), and no worker is
// given up before its time (6).
#pragma once

#include <map>
#include <utility>

#include "broker/core/state/broker_state.h"
#include "tests/sim/rules/history.h"

namespace forkmill::sim {

// The worker at that peer; null: no worker is there.
const broker::Worker* worker_at(const broker::BrokerState& state, proto::PeerId peer);
// Whether `worker` has a handler for tasks of that name.
bool knows(const broker::Worker& worker, const std::string& task);

class Audit {
 public:
  Audit(World& world, History& history) : world_{world}, history_{history} {}

  // A new broker took over with `state`.
  void begin(const broker::BrokerState& state);
  // A message arrives at the broker. A message counts as a sign of life only on the connection of its session.
  void arrived(const broker::BrokerState& state, proto::PeerId peer, const proto::Envelope& envelope);
  // Checks the state after a round of the broker, and the messages that the round wants sent. Throws Violation.
  void round(const broker::BrokerState& state, const std::vector<broker::Send>& sends);
  // Checks the state alone. Throws Violation.
  void check(const broker::BrokerState& state) const {
    check_sessions(state);
    check_tasks(state, true);
  }
  // Whether every task has ended.
  static bool idle(const broker::BrokerState& state);

 private:
  void note_late(const proto::Hello& hello);
  void look_for_the_lost(const broker::BrokerState& state);
  void check_sessions(const broker::BrokerState& state) const;
  void check_tasks(const broker::BrokerState& state, bool paged_out_too) const;
  void check_families(const broker::BrokerState& state) const;
  void check_order(const broker::BrokerState& state, const std::vector<broker::Send>& sends) const;
  void record_grants(const broker::BrokerState& state, const std::vector<broker::Send>& sends);

  World& world_;
  History& history_;
  std::uint64_t rounds_ = 0;
  std::map<std::string, std::size_t> recovered_;  // by queue: its tasks at the start of the broker
  std::map<broker::WorkerHandle, proto::SessionId> workers_;
  std::unordered_map<proto::SessionId, Instant> heard_;
  std::unordered_map<proto::SessionId, bool> left_;
  // Processes that have ended, by the instance of their worker and their pid, and when the broker was told.
  std::map<std::pair<std::uint64_t, std::uint32_t>, Instant> gone_;
};

}  // namespace forkmill::sim
