// Audit: the broker's state looked through after its rounds: every task counted once (invariant 12), credit and windows
// kept (12, 13), one holder of what runs (6), priorities and the order of arrival kept (9), and no worker given up
// before its time (6).
#pragma once

#include <map>
#include <utility>

#include "broker/core/state/broker_state.h"
#include "tests/sim/rules/history.h"

namespace forkmill::sim {

// Null: nobody who is a worker.
const broker::Worker* worker_at(const broker::BrokerState& state, proto::PeerId peer);
// It has a handler for tasks of that name.
bool knows(const broker::Worker& worker, const std::string& task);

class Audit {
 public:
  Audit(World& world, History& history) : world_{world}, history_{history} {}

  // A new broker took over with these state.
  void begin(const broker::BrokerState& state);
  // A message for the broker. It counts as a sign of life only on the connection that its session belongs to.
  void arrived(const broker::BrokerState& state, proto::PeerId peer, const proto::Envelope& envelope);
  // After every round, with what it wants sent.
  void round(const broker::BrokerState& state, const std::vector<broker::Send>& sends);
  // The state alone, whatever was asked.
  void check(const broker::BrokerState& state) const {
    check_sessions(state);
    check_tasks(state, true);
  }
  // Nothing is left to do.
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
  std::map<std::string, std::size_t> recovered_;  // tasks of a queue that were there at the start
  std::map<broker::WorkerHandle, proto::SessionId> workers_;
  std::unordered_map<proto::SessionId, Instant> heard_;
  std::unordered_map<proto::SessionId, bool> left_;
  // Processes that have ended, by the instance of their worker, and when the broker was told.
  std::map<std::pair<std::uint64_t, std::uint32_t>, Instant> gone_;
};

}  // namespace forkmill::sim
