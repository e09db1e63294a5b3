// Child: a simulated child process with its end of the ring. The child runs the tasks of its line one after the other,
// and returns, throws, asks for another attempt, leaves or dies, as the options say.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "proto/wire/messages.h"
#include "tests/sim/rules/history.h"
#include "tests/sim/world/world.h"
#include "worker/ipc/control_records.h"
#include "worker/ipc/records.h"

namespace forkmill::sim {

class Child;
class ClientNode;

// The link and the supervisor of a child.
class ChildOwner {
 public:
  virtual ~ChildOwner() = default;
  // The child has something to read().
  virtual void rang() = 0;
  virtual void died(const worker::ControlFacts& facts) = 0;
  // The time until which the whole pool stands still.
  virtual Instant stopped_until() const = 0;
  // The time since which the worker has been connected to a broker without a fault.
  virtual Instant in_reach_since() const = 0;
  // Makes a client that lives in `child`; null: there are enough.
  virtual ClientNode* settle_in(const Child& child) = 0;
};

class Child {
 public:
  struct Said {
    enum { born, progress, result } kind = born;
    std::uint64_t serial = 0;
    worker::Verdict verdict = worker::Verdict::succeeded;
    worker::Leaving leaving = worker::Leaving::no;
    std::uint64_t run_us = 0;
    std::int64_t retry_delay_ms = -1;
    std::string value;
    double fraction = 0;
  };

  // `process`: the child is for one task alone.
  Child(World& world, History& history, ChildOwner& owner, worker::ChildKey key, std::uint32_t pid, bool process);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  worker::ChildKey key() const { return key_; }
  std::uint32_t pid() const { return pid_; }
  bool lives() const { return state_ != State::dead; }
  bool born() const { return lives() && state_ != State::starting; }
  const proto::GrantedTask* task() const { return current_ ? &current_->task : nullptr; }

  // ---- The link's hands
  void give(std::uint64_t serial, const proto::GrantedTask& task);
  bool take_back(std::uint64_t serial);
  bool condemn(std::uint64_t serial);
  void request_stop(std::uint64_t serial);
  std::vector<Said> read() { return std::exchange(said_, {}); }
  // The attempts that the child has started and not finished.
  std::vector<std::uint64_t> started() const {
    return current_ ? std::vector{current_->serial} : std::vector<std::uint64_t>{};
  }

  // ---- The supervisor's
  void signal(int number);
  // A signal that the task's submitter sent.
  void signal_of_parent(int number);

 private:
  bool runs(std::uint64_t serial) const { return current_ && current_->serial == serial; }
  enum class State { starting, idle, running, leaving, dead };
  struct Work {
    std::uint64_t serial;
    proto::GrantedTask task;
  };

  void after(Instant pause, std::function<void()> what);
  void be_born();
  void look();
  void begin();
  void note_progress();
  void finish(worker::Verdict verdict);
  void bury_family();
  void die(int number, int exit_code);

  World& world_;
  History& history_;
  ChildOwner& owner_;
  worker::ChildKey key_;
  std::uint32_t pid_;
  bool process_;
  std::optional<proto::GrantedTask> own_;  // the task of a process, once it was given
  ClientNode* family_ = nullptr;
  State state_ = State::starting;
  bool condemned_ = false;
  bool stubborn_ = false;
  bool killed_by_us_ = false;
  bool looking_ = false;
  std::uint64_t taken_ = 0;
  std::deque<Work> line_;
  std::optional<Work> current_;
  Instant began_{0};
  std::vector<Said> said_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace forkmill::sim
