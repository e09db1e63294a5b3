// ChildPool: the children of a simulated worker, their ends of the rings, and its supervisor, which starts children and
// their successors.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "tests/sim/nodes/child.h"
#include "worker/rules/restart_backoff.h"
#include "worker/rules/rings.h"

namespace forkmill::sim {

class ChildPool final : public worker::Rings, private ChildOwner {
 public:
  struct Owner {
    std::function<void()> wake;
    std::function<void(worker::ChildKey, std::uint32_t pid)> spawned;
    std::function<Instant()> in_reach_since;
    std::function<ClientNode*(std::uint32_t pid)> settle_in;
  };

  // `children`: of the pool at the start of a life. `slots`: places for them; processes have slots beyond. Process
  // numbers begin after `pid`.
  struct Places {
    std::size_t children = 1;
    std::size_t slots = 1;
  };
  ChildPool(World& world, History& history, std::string name, Places places, std::uint32_t pid, Owner owner);

  // Begins and ends a life of the worker.
  void start();
  void stop();
  // Sets the number of children of the pool.
  void scale(std::size_t children);
  // Starts a process for one task, after a while.
  void fork(std::uint32_t slot);
  // The children stand still until then.
  void stand_still(Instant until) { stopped_until_ = until; }

  // This attempt, which has not started, never ends by itself.
  void let_hang(const proto::Grant& grant) { hanging_ = grant; }
  // Whether an attempt was let hang in this life of the worker.
  bool has_hanging() const { return hanging_.has_value(); }

  // Null: there is no such child.
  Child* find(worker::ChildKey key);
  // The child in that slot; null: none.
  Child* in(std::uint32_t slot) { return slots_[slot].child.get(); }
  void visit(const std::function<void(Child&)>& see);
  bool has_deaths() const { return !deaths_.empty(); }
  // Removes the next death. Its child is there until bury().
  std::optional<worker::ControlFacts> next_death();
  // Removes a dead child; a child of the pool gets a successor.
  void bury(const worker::ControlFacts& facts);

  bool revoke(worker::ChildKey child, std::uint64_t serial) override;
  bool condemn(worker::ChildKey child, std::uint64_t serial) override;

 private:
  struct Slot {
    std::unique_ptr<Child> child;
    std::uint64_t generation = 0;
    worker::RestartBackoff restart_backoff;
  };

  // ChildOwner
  void rang() override { owner_.wake(); }
  void died(const worker::ControlFacts& facts) override;
  Instant stopped_until() const override { return stopped_until_; }
  Instant in_reach_since() const override { return owner_.in_reach_since(); }
  ClientNode* settle_in(std::uint32_t pid) override { return owner_.settle_in(pid); }
  bool hangs(const proto::Grant& grant) const override { return hanging_ == grant; }

  void spawn(std::uint32_t slot);
  void spawn_process(std::uint32_t slot);
  void later(Instant pause, std::function<void()> what);

  World& world_;
  History& history_;
  std::string name_;
  Places places_;
  std::size_t wanted_ = 0;  // children of the pool
  std::uint32_t last_pid_;
  Owner owner_;
  std::map<std::uint32_t, Slot> slots_;
  std::deque<worker::ControlFacts> deaths_;
  Instant stopped_until_{0};
  std::optional<proto::Grant> hanging_;
  std::uint64_t life_ = 0;  // 0: the worker is gone
  std::uint64_t lives_ = 0;
};

}  // namespace forkmill::sim
