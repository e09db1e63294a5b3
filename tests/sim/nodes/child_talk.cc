#include "tests/sim/nodes/child_talk.h"

#include <utility>

#include "tests/sim/nodes/worker_setup.h"
#include "worker/rules/session/shard_sessions.h"

namespace forkmill::sim {

bool read_child(worker::Foreman& foreman, Child& child, Instant now) {
  bool any = false;
  for (const ChildWork::Said& said : child.work().read()) {
    any = true;
    pass_on(foreman, now, child.identity().key, said);
  }
  for (const ChildWork::Printed& printed : child.work().read_output(!child.lives())) {
    any = true;
    foreman.handle(child.identity().key, worker::ChildOutput{false, printed.from, printed.text});
  }
  return any;
}

bool bury_children(worker::Foreman& foreman, ChildPool& pool, Instant now) {
  bool any = false;
  while (const auto facts = pool.next_death()) {
    Child* child = pool.in(facts->child.slot);
    if (child != nullptr) any = read_child(foreman, *child, now) || any;
    worker::ChildDeath death{*facts, "", {}};
    if (child != nullptr) death.started = child->work().started();
    foreman.handle(now, death);
    pool.bury(*facts);
  }
  return any;
}

void give_tasks(const worker::Effects& effects, const worker::Foreman& foreman, ChildPool& pool) {
  for (const auto& one : effects.assignments) {
    Child* child = pool.find(one.child);
    if (child == nullptr) continue;
    proto::GrantedTask task = foreman.attempts().at(one.head.serial).task;
    task.grant = worker::without_shard(task.grant);
    child->give(one.head.serial, task);
  }
  for (const auto& one : effects.stops)
    if (Child* child = pool.find(one.child)) child->work().request_stop(one.serial);
}

void send_signals(const worker::Effects& effects, ChildPool& pool) {
  for (const auto& one : effects.signals) {
    Child* child = pool.find(one.child);
    if (child != nullptr) one.to_group ? child->signal(one.signal) : child->signal_of_parent(one.signal);
  }
}

}  // namespace forkmill::sim
