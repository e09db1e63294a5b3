// Loans: ends of pipes that are on their way from one client to another. A pipe keeps its loans by ticket (kinds/
// pipe_loans.h); here is how they are found by what carries them: a task, as an argument or in its result, or the value
// of an object. A loan ends with its last bearer, unless its ticket is claimed before.
#pragma once

#include <functional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "broker/core/objects/base/call.h"

namespace forkmill::broker {

struct LoanRef {
  ObjectId pipe;
  std::int64_t ticket = 0;
  friend bool operator==(const LoanRef&, const LoanRef&) = default;
};

// A task, named as its owner names it: principals may have different tasks under one id (submission/id_collisions.h).
// The task may be on its way to the broker.
struct OwnedTask {
  TaskId id;  // nil: none
  const Owner* owner = nullptr;

  static OwnedTask of(const Task& task) { return {task.spec->owners_id.value_or(task.id), task.owner()}; }
  friend bool operator==(const OwnedTask&, const OwnedTask&) = default;
};

struct OwnedTaskHash {
  std::size_t operator()(const OwnedTask& task) const {
    return std::hash<TaskId>{}(task.id) ^ std::hash<const Owner*>{}(task.owner);
  }
};

class Loans {
 public:
  Loans() = default;
  Loans(const Loans&) = delete;
  Loans& operator=(const Loans&) = delete;

  // ---- In tasks, which may be on their way to the broker

  void place(const OwnedTask& task, LoanRef loan) { tasks_[task].loans.push_back(loan); }
  // The task does not carry this loan any longer. claimed: since a client has claimed it, which may happen once.
  void remove(const OwnedTask& task, LoanRef loan, bool claimed);
  // Whether an end that the task carried was claimed: a further attempt would not get it.
  bool was_claimed(const OwnedTask& task) const;
  // Forgets the task, and returns what it carried.
  std::vector<LoanRef> remove_task(const OwnedTask& task);
  bool in_tasks() const { return !tasks_.empty(); }

  // ---- In results, which are on their way to the submitter of the task

  void place_in_result(const TaskId& task, LoanRef loan) { results_[task].push_back(loan); }
  // Adds the loans in the result of the task, which is the value with this index of a message.
  void add_in_result(const TaskId& task, std::size_t value, std::vector<proto::LoanInValue>& to) const;
  // Call when the submitter has the result, or is gone.
  void remove_result(const TaskId& task) { results_.erase(task); }
  // Whether any result has loans.
  bool in_results() const { return !results_.empty(); }

  // ---- In values of objects

  // Returns the value with these loans aboard. They go with the last copy of it.
  proto::Payload attach(proto::Payload value, std::vector<LoanRef> loans);
  // Takes the loans off one copy of a value, which is to go to a client, and returns them.
  std::vector<LoanRef> detach(proto::Payload& value);
  // Returns `whole`, which was made of the other two, with the loans of both aboard.
  proto::Payload join(proto::Payload whole, const proto::Payload& first, const proto::Payload& second);
  // Returns the loans whose values are gone since the last call.
  std::vector<LoanRef> drain_gone() { return std::exchange(gone_, {}); }

 private:
  // Owner of a value with loans aboard.
  struct Freight;
  const Freight* freight_of(const proto::Payload& value) const;
  struct OfTask {
    std::vector<LoanRef> loans;
    bool claimed = false;
  };

  std::unordered_map<OwnedTask, OfTask, OwnedTaskHash> tasks_;
  std::unordered_map<TaskId, std::vector<LoanRef>> results_;
  std::unordered_map<const void*, Freight*> freights_;  // by the pointer that their owners hold
  std::vector<LoanRef> gone_;
};

}  // namespace forkmill::broker
