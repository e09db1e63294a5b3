// Operator: pauses, resumes and limits queues, task names and workers at random, drains and scales workers, and changes
// tasks over filters, through one client's session.
#pragma once

#include "broker/core/tasks/controls.h"
#include "tests/sim/rules/history.h"
#include "tests/sim/users/questions.h"
#include "tests/sim/users/session_hands.h"
#include "tests/sim/users/workload.h"
#include "tests/sim/world/world.h"

namespace forkmill::sim {

class Operator {
 public:
  Operator(World& world, History& history, const Workload& workload, SessionHands& session, Questions& questions)
      : world_{world}, history_{history}, workload_{workload}, session_{session}, questions_{questions} {}

  // The operator sets or ends something. What is paused or limited is let go a while after the answer, unless the
  // client is gone by then.
  void act();
  // Ends all that is set.
  void end_all(const broker::Controls& controls);

 private:
  void give_for_a_while(proto::AnyCommand begin, proto::AnyCommand end);
  void steer_a_worker();
  void move_tasks();
  void end_a_task();
  proto::ChangeTasks new_change(proto::TaskAction action);
  proto::LimitQueue draw_limits(const std::string& queue);

  World& world_;
  History& history_;
  const Workload& workload_;
  SessionHands& session_;
  Questions& questions_;
};

}  // namespace forkmill::sim
