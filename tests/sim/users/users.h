// Users: the users who work through one client: one with tasks, one with named objects.
#pragma once

#include <string>

#include "tests/sim/users/object_user.h"
#include "tests/sim/users/session_hands.h"
#include "tests/sim/users/task_user.h"

namespace forkmill::sim {

class Users {
 public:
  Users(World& world, History& history, ObjectHistory& objects, Workload& workload, const std::string& name,
        SessionHands& session)
      : world_{world},
        session_{session},
        tasks_{world, history, workload, name, session},
        objects_{world, objects, workload, name, session} {}

  TaskUser& tasks() { return tasks_; }
  ObjectUser& objects() { return objects_; }

  // The user of tasks does something, if the client lives.
  void act() {
    if (session_.up()) tasks_.act();
  }
  // Both users do something.
  void act_both() {
    act();
    if (session_.up() && !world_.options.objects.shared.empty()) objects_.act();
  }
  void crash() {
    tasks_.crash();
    objects_.crash();
  }

 private:
  World& world_;
  SessionHands& session_;
  TaskUser tasks_;
  ObjectUser objects_;
};

}  // namespace forkmill::sim
