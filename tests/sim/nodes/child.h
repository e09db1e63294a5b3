// Child: a simulated child process: its birth and death, the signals that it gets, and the client that may live in it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "proto/wire/messages.h"
#include "tests/sim/nodes/child_work.h"
#include "tests/sim/rules/history.h"
#include "tests/sim/world/world.h"
#include "worker/ipc/control_records.h"
#include "worker/ipc/records.h"

namespace forkmill::sim {

class Child;
class ClientNode;

// The worker of a child.
class ChildOwner {
 public:
  virtual ~ChildOwner() = default;
  // Call when a child has something to read.
  virtual void rang() = 0;
  virtual void died(const worker::ControlFacts& facts) = 0;
  // The time until which all children stand still.
  virtual Instant stopped_until() const = 0;
  // The time since which the worker has been connected to a broker without a fault.
  virtual Instant in_reach_since() const = 0;
  // Makes a client that lives in the process `pid`; null: there are enough.
  virtual ClientNode* settle_in(std::uint32_t pid) = 0;
  // Whether the attempt never ends by itself.
  virtual bool hangs(const proto::Grant& grant) const = 0;
};

class Child {
 public:
  // `process`: the child is for one task alone.
  struct Identity {
    worker::ChildKey key;
    std::uint32_t pid = 0;
    bool process = false;
  };
  Child(World& world, History& history, ChildOwner& owner, Identity identity);
  ~Child();

  const Identity& identity() const { return identity_; }
  bool is_process() const { return identity_.process; }
  bool lives() const { return state_ != State::dead; }
  ChildWork& work() { return work_; }
  void give(std::uint64_t serial, const proto::GrantedTask& task);

  // A signal of the supervisor.
  void signal(int number);
  // A signal of the submitter of the task.
  void signal_of_parent(int number);

  // ---- For ChildWork
  // Calls `what` after `pause`, but not while the children stand still, and not if this child is gone.
  void after(Instant pause, std::function<void()> what);
  void die(int number, int exit_code);
  void ring() { owner_.rang(); }
  // Call when a task begins that runs for `run`: a client may start in the process.
  void may_found_family(Instant run);
  bool hangs(const proto::Grant& grant) const { return owner_.hangs(grant); }
  // Call when the task is finished.
  void note_finished() const;

 private:
  enum class State { starting, alive, dead };

  void be_born();
  void bury_family();

  World& world_;
  History& history_;
  ChildOwner& owner_;
  Identity identity_;
  State state_ = State::starting;
  ChildWork work_;
  std::optional<proto::GrantedTask> own_;  // the task of a process, once it was given
  ClientNode* family_ = nullptr;
  bool killed_by_us_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // false once the object is gone
};

}  // namespace forkmill::sim
