// StateAudit: checks the broker's state alone: every task is counted once (invariant 12), credit and windows are kept
// (12, 13), queues hold no more than they may (13), and a running task has one holder (6).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <unordered_map>

#include "broker/core/state/broker_state.h"

namespace forkmill::sim {

// Each function throws Violation.
class StateAudit {
 public:
  // Call when a broker has recovered `state`.
  void begin(const broker::BrokerState& state);
  // Checks everything.
  void check(const broker::BrokerState& state) const {
    check_sessions(state);
    check_tasks(state, true);
  }
  static void check_sessions(const broker::BrokerState& state);
  // `paged_out_too`: counts the tasks on disk as well.
  void check_tasks(const broker::BrokerState& state, bool paged_out_too) const;

  // The broker stops in order: it does not look at the time again.
  void shuts_down() { shuts_down_ = true; }
  // A broker without memory takes no task in. Call in each round.
  void check_memory(const broker::BrokerState& state);
  // Queues that nothing uses are forgotten. Call in each round.
  void check_names(const broker::BrokerState& state);

  // Whether every task has ended.
  static bool idle(const broker::BrokerState& state);
  // Describes the resident tasks that have not ended.
  static std::string unfinished(const broker::BrokerState& state);

 private:
  struct Counted {
    std::size_t scheduled = 0, ready = 0, running = 0, held = 0;
  };
  using ByQueue = std::unordered_map<const broker::Queue*, Counted>;

  static ByQueue count_resident(const broker::BrokerState& state);
  static Counted count_paged_out(const broker::BrokerState& state);
  void check_room(const broker::BrokerState& state, const broker::Queue& queue) const;

  // By queue: the most tasks that it may have, since the start of the broker. An operator may have lowered the limit.
  std::map<std::string, std::size_t> room_;
  bool shuts_down_ = false;
  std::optional<std::size_t> full_with_;  // unfinished tasks at the end of the last round, if memory was full
  std::map<std::string, int> overdue_;    // rounds in which a queue should have been looked at or forgotten
};

}  // namespace forkmill::sim
