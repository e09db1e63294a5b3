// Model: what a task queue promises of each task, as simply as it can be said: the states that a task may be in, given
// what was asked, answered and done so far. What nobody knows leaves several; an answer of the broker leaves those that
// fit it, and if none does, the broker has broken its word.
//
//     absent ─▶ waiting ◀─▶ running ─▶ succeeded, failed, cancelled, expired ─▶ gone
//
// Only what is safe is taken for an answer; what the broker shows of a task before that may be taken back by a crash.
#pragma once

#include <forkmill/task_id.h>

#include <cstdint>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "proto/wire/messages.h"
#include "tests/sim/world/world.h"

namespace forkmill::sim {

// Of several submissions under a key, whoever comes first decides how safe the task is: nobody knows who that was, and
// no more may be expected than all have asked for.
inline void weaken(proto::TaskOptions& known, const proto::TaskOptions& other) {
  if (other.durability == proto::Durability::memory) known.durability = other.durability;
  known.daemon = known.daemon || other.daemon;
}

class Model {
 public:
  explicit Model(const World& world) : world_{world} {}

  // ---- What happens
  // Somebody wants it taken in. Under a key, or by a retry, perhaps not for the first time.
  void submitted(const proto::Submission& task);
  // One of those does so no longer.
  void submission_ended(const TaskId& id) { --at(id).submitters; }
  void acknowledged(const TaskId& id);
  void cancel_asked(const TaskId& id) { at(id).cancel_asked = true; }
  // True: it certainly is a dead letter by now.
  bool drop_asked(const TaskId& id);
  void granted(const TaskId& id);
  void returned(const TaskId& id) { at(id).returned = true; }  // by an attempt that succeeded
  void reported(const TaskId& id, proto::OutcomeKind kind);
  // A dead letter was not dropped: he was told that there is no such task.
  void drop_refused(const TaskId& id);
  void broker_started();

  // ---- What the broker says of it
  // To people, of a task by its id; empty: that there is none. As it is made: a crash may take it back.
  void shown(const TaskId& id, const std::string& state) const;
  // The same, as it leaves: then an end is for good.
  void settled(const TaskId& id, const std::string& state);
  // In a list of tasks.
  struct Row {
    TaskId id;
    std::uint64_t seq = 0;
    std::string queue, name, state;
    std::uint32_t attempt = 0;
  };
  void listed(const proto::TaskFilter& filter, const std::vector<Row>& rows);
  // All that are not finished; and how many have ended since that broker started.
  struct Sums {
    std::uint64_t unfinished = 0, succeeded = 0, failed = 0, cancelled = 0, expired = 0;
    std::uint64_t ended() const { return succeeded + failed + cancelled + expired; }
  };
  void summed(const Sums& sums) const;
  // Whatever is there now, and is not listed from here on, must be gone at the end.
  void begin_survey();
  void end_survey(const std::set<TaskId>& listed) const;

  // ---- Questions
  bool may_be_gone(const TaskId& id) const;
  // It may have ended and been forgotten since.
  bool may_be_forgotten(const TaskId& id) const { return (now(tasks_.at(id)) & kGone) != 0; }
  // Its result may have been forgotten, and the same id stand for a later task.
  bool is_mortal(const TaskId& id) const;
  // An operator wanted that.
  bool may_be_dropped(const TaskId& id) const { return tasks_.at(id).drops > 0; }

 private:
  using States = std::uint8_t;
  enum : States {
    kAbsent = 1,
    kWaiting = 2,
    kRunning = 4,
    kSucceeded = 8,
    kFailed = 16,
    kCancelled = 32,
    kExpired = 64,
    kGone = 128,
    kUnfinished = kWaiting | kRunning,
    kFinished = kSucceeded | kFailed | kCancelled | kExpired,
  };
  struct Known {
    proto::Submission task;
    States may = kAbsent;
    int submitters = 0;
    int drops = 0;
    bool cancel_asked = false;
    bool returned = false;
    bool was_reported = false;
    bool safe = false;       // somebody was told that it is there
    Instant ended_after{0};  // not before that
  };

  Known& at(const TaskId& id) { return tasks_.at(id); }
  // What it may have become by itself.
  States now(const Known& known) const;
  States next(const Known& known, States may) const;
  bool may_be_forgotten(const Known& known, States may) const;
  bool survives_restart(const Known& known) const;
  static States named(const std::string& state);
  [[noreturn]] static void violated(const TaskId& id, const std::string& text);

  const World& world_;
  std::unordered_map<TaskId, Known> tasks_;
  std::set<TaskId> surveyed_;
  std::uint64_t starts_ = 0;
};

}  // namespace forkmill::sim
