// Cancels: the cancellations that a client asks for, of its own tasks and of others', also while another client does.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "tests/sim/rules/requests.h"
#include "tests/sim/users/questions.h"
#include "tests/sim/users/session_hands.h"
#include "tests/sim/users/workload.h"
#include "tests/sim/world/cookie.h"

namespace forkmill::sim {

class Cancels {
 public:
  Cancels(World& world, Requests& history, Workload& workload, std::string name, SessionHands& session);

  void cancel(const TaskId& id);
  // Cancels a task while it is on its way or has just begun.
  void cancel_soon(const TaskId& id);
  void answered(Cookie cookie, const proto::Reply& reply);
  // Whether each cancellation was answered.
  bool all_answered() const { return cancels_.empty(); }
  // Forgets all cancellations: their client is gone.
  void clear() {
    cancels_.clear();
    asked_early_.clear();
  }

 private:
  void cancel_as_well(const TaskId& id, std::string_view first);
  void ask(const TaskId& id);

  World& world_;
  Requests& history_;
  Workload& workload_;
  std::string name_;
  SessionHands& session_;
  std::unordered_map<Cookie, Requests::CancelOrder> cancels_;
  std::unordered_set<TaskId> asked_early_;  // asked to cancel when it was not certain that the broker has the task
};

}  // namespace forkmill::sim
