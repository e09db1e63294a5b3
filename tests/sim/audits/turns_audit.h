// TurnsAudit: checks whose turn it is. Within a priority the principals of a queue take turns, the clients of each
// principal do, and the queues of a worker do: while a task of one waits that a worker could run, no other one has two
// turns. No worker that wants a task goes without one while a task waits that it could run. Checks only brokers that
// keep all in memory.
#pragma once

#include <compare>
#include <map>
#include <utility>
#include <vector>

#include "broker/core/state/broker_state.h"
#include "tests/sim/world/world.h"

namespace forkmill::sim {

class TurnsAudit {
 public:
  // Call when a broker has started: its turns begin again.
  void begin() {
    lanes_.clear();
    queues_.clear();
  }
  // Checks the grants of a round. Throws Violation.
  void round(const broker::BrokerState& state, const std::vector<broker::Send>& sends);
  // Checks that no task waits that a worker could take: a round matches workers and tasks before it ends. Call after
  // each. Throws Violation.
  static void check_nothing_waits(const broker::BrokerState& state);

 private:
  // The tasks of one type and priority that one client has in one queue.
  struct Lane {
    const broker::Queue* queue;
    int priority;
    const broker::Owner* owner;
    broker::ClientHandle client;
    broker::TaskTypeId type;
    auto operator<=>(const Lane&) const = default;
  };
  // A task of a lane, which shows that the lane has not been empty since; and the turns of other clients of its
  // principal, and of other principals, since its client and its principal had one.
  struct Wait {
    TaskId witness;
    std::map<broker::ClientHandle, int> others;
    std::map<const broker::Owner*, int> other_owners;
  };
  struct Grant {
    const broker::Worker* worker;
    const broker::Task* task;
  };
  using Lanes = std::map<Lane, Wait>;

  static std::vector<Grant> grants_in(const broker::BrokerState& state, const std::vector<broker::Send>& sends);
  static Lanes lanes_in(const broker::BrokerState& state);
  static bool has_waited(const Lanes::value_type& lane, const broker::BrokerState& state,
                         const std::vector<Grant>& grants);
  void check_lane(const broker::BrokerState& state, const Lane& lane, Wait& wait, const std::vector<Grant>& grants);
  void check_queues(const broker::BrokerState& state, const std::vector<Grant>& grants);

  Lanes lanes_;
  // By worker and queue, for queues with a task for that worker: the turns of other queues since the queue had one.
  std::map<std::pair<broker::WorkerHandle, const broker::Queue*>, std::map<const broker::Queue*, int>> queues_;
};

}  // namespace forkmill::sim
