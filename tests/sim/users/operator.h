// Operator: pauses, resumes and limits queues, task names and workers at random, and drains and scales workers, through
// one client's session.
#pragma once

#include "broker/core/tasks/controls.h"
#include "tests/sim/users/questions.h"
#include "tests/sim/users/session_hands.h"
#include "tests/sim/world/world.h"

namespace forkmill::sim {

class Operator {
 public:
  Operator(World& world, SessionHands& session, Questions& questions)
      : world_{world}, session_{session}, questions_{questions} {}

  // The operator sets or ends something. What is paused or limited is let go a while after the answer, unless the
  // client is gone by then.
  void act();
  // Ends all that is set.
  void end_all(const broker::Controls& controls);

 private:
  void give_for_a_while(proto::AnyCommand begin, proto::AnyCommand end);
  void steer_a_worker();
  proto::LimitQueue draw_limits(const std::string& queue);

  World& world_;
  SessionHands& session_;
  Questions& questions_;
};

}  // namespace forkmill::sim
