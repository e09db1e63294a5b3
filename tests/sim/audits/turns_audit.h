// TurnsAudit: whose turn it is. Within a priority the clients of a queue take turns, and the queues of a worker do:
// while something of one waits that a worker could run, nobody else's comes twice. Of brokers that keep all in memory.
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
  // A broker has started, with turns of its own.
  void begin() {
    lines_.clear();
    queues_.clear();
  }
  // After the round. Throws Violation.
  void round(const broker::BrokerState& state, const std::vector<broker::Send>& sends);

 private:
  // What one client has of one kind in one queue.
  struct Line {
    const broker::Queue* queue;
    int priority;
    broker::ClientHandle client;
    broker::KindId kind;
    auto operator<=>(const Line&) const = default;
  };
  // Somebody in that line, who shows that it has not been empty since; and who had a turn since it had one itself.
  struct Wait {
    TaskId witness;
    std::map<broker::ClientHandle, int> others;
  };
  struct Grant {
    const broker::Worker* worker;
    const broker::Task* task;
  };
  using Lines = std::map<Line, Wait>;

  static std::vector<Grant> grants_in(const broker::BrokerState& state, const std::vector<broker::Send>& sends);
  static Lines lines_in(const broker::BrokerState& state);
  static bool has_waited(const Lines::value_type& line, const broker::BrokerState& state,
                         const std::vector<Grant>& grants);
  void check_clients(const broker::BrokerState& state, const std::vector<Grant>& grants);
  void check_queues(const broker::BrokerState& state, const std::vector<Grant>& grants);

  Lines lines_;
  // Of a worker and a queue that had something for it: the queues whose turn it was since it was this one's.
  std::map<std::pair<broker::WorkerHandle, const broker::Queue*>, std::map<const broker::Queue*, int>> queues_;
};

}  // namespace forkmill::sim
