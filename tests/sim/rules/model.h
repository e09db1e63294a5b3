// Model: the promises of a task queue for each task, as simply as possible: the set of states that a task may be in,
// given what was asked, answered and done so far. An answer of the broker leaves the states that fit it; if none fits,
// the broker has broken its promise.
//
//     absent ─▶ waiting ◀─▶ running ─▶ succeeded, failed, cancelled, expired ─▶ gone
//
// Only a safe answer narrows the set. A crash may take back what the broker shows of a task before that (TaskViews).
#pragma once

#include <forkmill/task_id.h>

#include <cstdint>
#include <string>
#include <unordered_map>

#include "proto/wire/messages.h"
#include "tests/sim/rules/task_states.h"
#include "tests/sim/world/world.h"

namespace forkmill::sim {

// Weakens the options of a task by those of another submission under its key. The first submission to arrive decides
// how safe the task is. The history does not know which one that is, and expects no more than all of them asked for.
inline void weaken(proto::TaskOptions& known, const proto::TaskOptions& other) {
  if (other.durability == proto::Durability::memory) known.durability = other.durability;
  known.daemon = known.daemon || other.daemon;
}

// Whether a task with these options outlives the broker.
inline bool survives_restart(const Options& options, const proto::TaskOptions& task) {
  return options.durable && task.durability != proto::Durability::memory && !task.daemon;
}

class Model {
 public:
  struct Known {
    proto::Submission task;
    TaskStates may = kAbsent;  // as of the last event
    int submitters = 0;        // clients that may still submit it
    int drops = 0;             // operators that may have dropped it as a dead letter
    bool cancel_asked = false;
    bool returned = false;  // by an attempt that succeeded
    bool was_reported = false;
    bool safe = false;       // a client was told that the broker has it
    Instant ended_after{0};  // the task did not end before
  };

  explicit Model(const World& world) : world_{world} {}

  // ---- Events
  // A client submits the task; under a key, or by a retry, perhaps not for the first time.
  void submitted(const proto::Submission& task);
  // A client stops submitting the task.
  void submission_ended(const TaskId& id) { --tasks_.at(id).submitters; }
  void acknowledged(const TaskId& id);
  void cancel_asked(const TaskId& id) { tasks_.at(id).cancel_asked = true; }
  void granted(const TaskId& id);
  void returned(const TaskId& id) { tasks_.at(id).returned = true; }
  void reported(const TaskId& id, proto::OutcomeKind kind);
  // An operator moves tasks, any of them.
  void tasks_move() { moves_ = true; }
  // An operator drops a dead letter. Returns whether the task certainly is one.
  bool drop_asked(const TaskId& id);
  // Call when the operator was told that there is no such dead letter.
  void drop_refused(const TaskId& id);
  // Call when the broker told a client for good that the task is in one of these states, or gone.
  void narrow(const TaskId& id, TaskStates states);
  void broker_started();

  // ---- Questions
  // Whether tasks may be in other queues than those into which they were submitted.
  bool may_have_moved() const { return moves_; }
  // The states that a task may be in now; all of them for a task that was never submitted.
  TaskStates states(const TaskId& id) const;
  TaskStates states(const Known& known) const;
  bool may_be_gone(const TaskId& id) const { return (states(id) & (kGone | kAbsent)) != 0; }
  // Whether the task may have ended and been forgotten.
  bool may_be_forgotten(const TaskId& id) const { return (states(tasks_.at(id)) & kGone) != 0; }
  // Whether the broker may have forgotten the result, so that the same id stands for a later task.
  bool is_mortal(const TaskId& id) const;
  bool may_be_dropped(const TaskId& id) const { return tasks_.at(id).drops > 0; }
  const std::unordered_map<TaskId, Known>& tasks() const { return tasks_; }
  // The number of brokers so far.
  std::uint64_t starts() const { return starts_; }

 private:
  TaskStates next(const Known& known, TaskStates may) const;
  bool may_be_forgotten(const Known& known, TaskStates may) const;

  const World& world_;
  std::unordered_map<TaskId, Known> tasks_;
  std::uint64_t starts_ = 0;
  bool moves_ = false;
};

// Throws Violation: "model: task …: `text`".
[[noreturn]] void model_violated(const TaskId& id, const std::string& text);

}  // namespace forkmill::sim
