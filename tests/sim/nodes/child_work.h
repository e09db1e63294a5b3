// ChildWork: the tasks of a simulated child: its end of the ring. The child takes tasks up one after the other and
// returns, throws, asks for another attempt or dies, as the options of the simulation have it.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "proto/wire/messages.h"
#include "tests/sim/rules/history.h"
#include "tests/sim/world/world.h"
#include "worker/ipc/records.h"

namespace forkmill::sim {

class Child;

class ChildWork {
 public:
  // A message of the child to its link.
  struct Said {
    enum { born, progress, result } kind = born;
    std::uint64_t serial = 0;
    worker::Verdict verdict = worker::Verdict::succeeded;
    worker::Leaving leaving = worker::Leaving::no;
    std::uint64_t run_us = 0;
    std::int64_t retry_delay_ms = -1;
    std::string value;
    double fraction = 0;
    worker::OutputEnds printed{};
  };
  // A part of the child's stdout, as the supervisor has read it.
  struct Printed {
    std::uint64_t from = 0;
    std::string text;
  };

  ChildWork(World& world, History& history, Child& child) : world_{world}, history_{history}, child_{child} {}

  // Call when the child is ready for tasks.
  void begin();
  // The link puts a task into the ring, takes one out, marks one to be the last, asks one to stop.
  void give(std::uint64_t serial, const proto::GrantedTask& task);
  bool take_back(std::uint64_t serial);
  bool condemn(std::uint64_t serial);
  void request_stop(std::uint64_t serial);
  std::vector<Said> read() { return std::exchange(said_, {}); }
  // Read what the child has said before. everything: also what is still in the pipe.
  std::vector<Printed> read_output(bool everything);

  // The task that runs, or ran when the child died; null: none.
  const proto::GrantedTask* task() const { return current_ ? &current_->task : nullptr; }
  // The attempts that the child has started and not finished.
  std::vector<std::uint64_t> started() const;
  // Whether the latest handler ignores its stop token and SIGTERM.
  bool stubborn() const { return stubborn_; }

 private:
  enum class State { starting, idle, looking, running, leaving };
  struct Work {
    std::uint64_t serial;
    proto::GrantedTask task;
    Instant began{0};
  };

  bool runs(std::uint64_t serial) const { return current_ && current_->serial == serial; }
  void look();
  void start_next();
  void refuse();
  void say_last(Said said);
  void note_progress();
  // Prints something now and then, until `end`.
  void chat(std::uint64_t serial, Instant end);
  void finish(worker::Verdict verdict);
  Said result_of(worker::Verdict verdict);

  World& world_;
  History& history_;
  Child& child_;
  State state_ = State::starting;
  bool condemned_ = false;
  bool stubborn_ = false;
  std::uint64_t finished_ = 0;
  std::deque<Work> line_;
  std::optional<Work> current_;
  std::vector<Said> said_;
  std::deque<Printed> pipe_;
  std::vector<Printed> output_;
  std::uint64_t written_ = 0;  // bytes on stdout
  std::uint64_t prints_ = 0;
};

}  // namespace forkmill::sim
