// LivingChildren: the children that were forked and have not been reported dead, with their pids. When the worker
// leaves, they end with it, and no supervisor is left that would report their deaths. Pure.
#pragma once

#include <csignal>
#include <cstdint>
#include <map>

#include "proto/mutants.h"
#include "worker/rules/effects.h"
#include "worker/rules/session/gone_children.h"

namespace forkmill::worker {

class LivingChildren {
 public:
  void add(ChildKey child, std::uint32_t pid) { children_[child.slot] = {child, pid}; }
  void remove(ChildKey child) {
    const auto found = children_.find(child.slot);
    if (found != children_.end() && found->second.key == child) children_.erase(found);
  }

  // Notes all of them as dead: the supervisor has killed them, or does so now. in_order: none of them had anything to
  // do.
  void note_dead(GoneChildren& deaths, bool in_order) {
    for (const auto& [slot, child] : children_)
      if (!proto::mutant(proto::Mutant::children_left_behind)) deaths.add(child.pid, in_order);
    children_.clear();
  }
  // The same for children without work, and asks the supervisor to kill them.
  void kill(Effects& effects, GoneChildren& deaths) {
    for (const auto& [slot, child] : children_) effects.signals.push_back({child.key, SIGKILL, true});
    note_dead(deaths, true);
  }

 private:
  struct Child {
    ChildKey key;
    std::uint32_t pid = 0;
  };
  std::map<std::uint32_t, Child> children_;  // by slot
};

}  // namespace forkmill::worker
