// Futures: the submissions of clients and their outcomes. Events are of four kinds: invoke (a task was submitted or
// attached to), ok and fail (its future ended), unknown (its client is gone).
#pragma once

#include <unordered_map>
#include <vector>

#include "tests/sim/rules/process_history.h"
#include "tests/sim/rules/task_records.h"
#include "tests/sim/world/cookie.h"

namespace forkmill::sim {

// Each function throws Violation if the event breaks a rule.
class Futures {
 public:
  Futures(TaskRecords& records, const ProcessHistory& processes) : records_{records}, processes_{processes} {}

  Cookie invoke(const proto::Submission& task);
  Cookie invoke_attach(const TaskId& id);
  // `session`: the session in which the broker acknowledged the task. The broker may be another one by now.
  void acknowledged(Cookie cookie, proto::SessionId session);
  // Call when the current broker has begun this session.
  void session_began(proto::SessionId session) { broker_of_[session] = records_.broker(); }
  void resolved(Cookie cookie, const proto::Outcome& outcome, bool known_before);
  void unknown(Cookie cookie);
  // Call when the future was told the process in which its task runs.
  void born(Cookie cookie, std::uint32_t pid) const;

  bool all_ended() const { return open_ == 0; }
  void check_all_ended() const;

 private:
  TaskRecords& records_;
  const ProcessHistory& processes_;
  std::unordered_map<proto::SessionId, std::uint64_t> broker_of_;
  std::vector<FutureRecord> futures_;  // by cookie − 1
  std::size_t open_ = 0;
};

}  // namespace forkmill::sim
