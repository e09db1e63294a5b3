// ProcessHistory: the processes that ran for tasks with a process of their own, and the signals that were sent to them.
//
//   * an outcome is reported after the process has ended, unless the broker gave its worker up;
//   * a client is told only of processes that there were;
//   * a signal that was sent arrives, also when the connection of the worker broke meanwhile, unless the process ends
//     or its attempt is given up before.
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
  // Call when the worker was told to abandon the attempt: no signal reaches the process any more.
  void abandoned(const proto::Grant& grant);
  // Call when the process has done its work. `in_reach_since`: since then its worker has been connected to a broker
  // without a fault.
  void finished(const TaskId& id, const proto::Grant& grant, Instant in_reach_since) const;

  // Call when a client was told that the signal was sent.
  void signal_sent(const TaskId& id, int signal);
  void signal_arrived(const TaskId& id, const proto::Grant& grant, int signal);

  // Call when a client was told that the task runs in process `pid`.
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
    std::vector<std::pair<int, Instant>> sent;  // signals that have not arrived, and when they were sent
  };
  [[noreturn]] static void violated(const TaskId& id, const std::string& text);
  Instant slack() const;

  const World& world_;
  std::map<Key, Process> processes_;
  std::uint64_t brokers_ = 0;
  std::map<TaskId, proto::Grant> last_grant_;
};

}  // namespace forkmill::sim
