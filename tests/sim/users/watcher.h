// Watcher: watches the events of all tasks through one client's session, and checks what it is told (invariant 17): no
// event is left out without being told as missed, none comes twice, those of a task are in order, and a cursor of an
// earlier broker is never taken for one of a later one.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

#include "broker/core/tasks/states.h"
#include "tests/sim/users/questions.h"
#include "tests/sim/world/world.h"

namespace forkmill::sim {

// Throws Violation.
class Watcher {
 public:
  Watcher(World& world, Questions& questions) : world_{world}, questions_{questions} {}

  // The user reads on, unless it waits for an answer.
  void act();
  // The client is gone; its successor goes on at its cursor, or begins again.
  void crash();

 private:
  void ask();
  void told(const proto::Reply& reply);

  World& world_;
  Questions& questions_;
  std::string cursor_{};  // empty: begin now
  std::string run_{};     // the broker's
  std::uint64_t next_ = 0;
  bool waits_ = false;
  std::unordered_map<std::uint64_t, broker::State> states_{};  // the tasks', by number
};

}  // namespace forkmill::sim
