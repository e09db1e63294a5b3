// TaskRecords: everything that a history knows of each task, for the rules that share it.
#pragma once

#include <forkmill/task_id.h>

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "proto/wire/messages.h"
#include "tests/sim/rules/counts.h"
#include "tests/sim/rules/model.h"
#include "tests/sim/world/world.h"

namespace forkmill::sim {

// Brokers are counted from 1: each start of the broker is another one.
struct TaskRecord {
  proto::Submission task;
  bool known = false;                 // a client of this history submitted it
  std::uint64_t acknowledged_by = 0;  // the broker; 0: none
  std::uint64_t cancelled_by = 0;
  std::uint64_t granted_by = 0;
  bool cancel_asked = false;
  std::map<std::uint64_t, std::string> outcomes;  // as reported, by broker; by 0 if the task outlives the broker
  std::set<std::string> successes;                // the values that attempts returned
  std::set<proto::Attempt> throws;                // the attempts whose handler threw
  std::set<std::string> bodies;                   // the arguments of all submissions
  std::uint64_t starts = 0;
  std::vector<proto::Grant> running;
  bool worker_lost = false;  // the broker gave up the worker of an attempt
};

// A future of a client, or its call to attach to a task.
struct FutureRecord {
  TaskId id;
  bool attach = false;
  bool ended = false;
  std::string body;  // the arguments: another task under the same key has others
  bool acknowledged = false;
  std::uint64_t acknowledged_by = 0;
};

class TaskRecords {
 public:
  // `with_model`: keeps a model of each task. Requires that the history is told of everything when it happens.
  TaskRecords(World& world, bool with_model) : world_{world} {
    if (with_model) model_.emplace(world);
  }

  TaskRecord& at(const TaskId& id) { return tasks_.at(id); }
  const TaskRecord& at(const TaskId& id) const { return tasks_.at(id); }
  TaskRecord& make(const TaskId& id) { return tasks_[id]; }
  TaskRecord* find(const TaskId& id);

  void broker_started();
  std::uint64_t broker() const { return broker_; }
  // Returns null if not found.
  Model* model() { return model_ ? &*model_ : nullptr; }
  const Options& options() const { return world_.options; }
  const World& world() const { return world_; }

  // Whether the task outlives the broker.
  bool survives_restart(const TaskRecord& record) const;
  // Whether the same id may stand for another task later (Model::is_mortal).
  bool is_mortal(const TaskId& id) const { return model_ && model_->is_mortal(id); }

  Counts counts;

 private:
  World& world_;
  std::optional<Model> model_;
  std::uint64_t broker_ = 0;
  std::unordered_map<TaskId, TaskRecord> tasks_;
};

// The part of the arguments that tells two tasks under one key apart.
std::string body_of(const proto::Payload& payload);

// Throws Violation: "invariant `rule`: task …: `text`".
[[noreturn]] void violated(const char* rule, const TaskId& id, const std::string& text);

}  // namespace forkmill::sim
