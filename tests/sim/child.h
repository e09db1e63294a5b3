// Child: a simulated child process with its end of the ring. It takes up what was put in its line, one after the other,
// and returns, throws, asks for another attempt, leaves or dies as the options have it.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "proto/messages.h"
#include "tests/sim/history.h"
#include "tests/sim/world.h"
#include "worker/control.h"
#include "worker/records.h"

namespace forkmill::sim {

class Child;

// Link and supervisor.
class ChildOwner {
 public:
  virtual ~ChildOwner() = default;
  // There is something to read from it.
  virtual void rang() = 0;
  virtual void died(const worker::ControlFacts& facts) = 0;
  // The whole pool stands still until then.
  virtual Instant stopped_until() const = 0;
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

  Child(World& world, History& history, ChildOwner& owner, worker::ChildKey key);
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  worker::ChildKey key() const { return key_; }

  // ---- The link's hands
  void give(std::uint64_t serial, const proto::GrantedTask& task);
  bool take_back(std::uint64_t serial);
  bool condemn(std::uint64_t serial);
  void request_stop(std::uint64_t serial);
  std::vector<Said> read() { return std::exchange(said_, {}); }
  // Taken up, and its result not read.
  bool started(std::uint64_t serial) const { return current_ && current_->serial == serial; }

  // ---- The supervisor's
  void signal(int number);

 private:
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
  void die(int number, int exit_code);

  World& world_;
  History& history_;
  ChildOwner& owner_;
  worker::ChildKey key_;
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

 public:
  ~Child() {
    *alive_ = false;
    if (current_) history_.stopped(current_->task);
  }
};

}  // namespace forkmill::sim
