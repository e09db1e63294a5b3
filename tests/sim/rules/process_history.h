// ProcessHistory: the processes that ran for tasks with one of their own, and the signals that were meant for them.
//
//   * an outcome is told when the process has ended, but for one whose worker was given up;
//   * where a task runs is told of processes that there were;
//   * a signal that was sent arrives, unless the process ends or its attempt is given up before: also when its worker's
//   connection broke meanwhile.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "proto/wire/messages.h"
#include "tests/sim/world/world.h"

namespace forkmill::sim {

class ProcessHistory {
 public:
  explicit ProcessHistory(const World& world) : world_{world} {}

  void broker_started();
  void granted(const TaskId& id, const proto::Grant& grant);
  void began(const TaskId& id, const proto::Grant& grant, std::uint32_t pid);
  void ended(const TaskId& id, const proto::Grant& grant);
  // Its worker was told to abandon it: no signal reaches it any more.
  void abandoned(const proto::Grant& grant);
  // It has done its work. `in_reach_since`: for so long its worker has been connected to a broker without a fault.
  void finished(const TaskId& id, const proto::Grant& grant, Instant in_reach_since) const;

  // Somebody was told that it was sent.
  void signal_sent(const TaskId& id, int signal);
  void signal_arrived(const TaskId& id, const proto::Grant& grant, int signal);

  // Somebody was told where it runs.
  void told(const TaskId& id, std::uint32_t pid) const;
  void reported(const proto::TaskResult& result, bool worker_was_lost) const;

 private:
  struct Key {
    TaskId id;
    proto::Grant grant;
    friend auto operator<=>(const Key&, const Key&) = default;
  };
  struct Process {
    std::uint32_t pid = 0;
    bool lives = false;
    std::vector<std::pair<int, Instant>> sent;  // that have not arrived
  };
  [[noreturn]] static void violated(const TaskId& id, const std::string& text);
  Instant slack() const;

  const World& world_;
  std::map<Key, Process> processes_;
  std::uint64_t brokers_ = 0;
  std::map<TaskId, proto::Grant> last_grant_;
};

}  // namespace forkmill::sim
