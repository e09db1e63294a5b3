// QueueBudget: how much one queue holds, and how much it may hold. A task counts from its arrival until it is finished
// and its result is delivered or dropped; its bytes may change meanwhile.
#pragma once

#include "broker/core/tasks/queue_limits.h"
#include "broker/core/tasks/task.h"
#include "proto/check.h"
#include "proto/mutants.h"

namespace forkmill::broker {

class QueueBudget {
 public:
  explicit QueueBudget(QueueOptions limits) : limits_{limits} {}

  const QueueOptions& limits() const { return limits_; }
  // Tasks beyond lower limits stay, and none is added to them.
  void set_limits(QueueOptions limits) { limits_ = limits; }
  std::size_t tasks() const { return tasks_; }
  std::size_t bytes() const { return bytes_; }

  // Returns whether there is room for one more task of `bytes` bytes.
  bool has_room(std::size_t bytes) const {
    if (proto::mutant(proto::Mutant::room_ignored)) return true;
    return tasks_ < limits_.max_tasks && bytes_ + bytes <= limits_.max_bytes;
  }

  // Returns false if a task of `bytes` bytes does not fit even into an empty queue.
  bool can_ever_hold(std::size_t bytes) const {
    return bytes <= limits_.max_bytes || proto::mutant(proto::Mutant::waits_in_vain);
  }

  void hold(std::size_t bytes) {
    ++tasks_;
    bytes_ += bytes;
  }
  void hold(Task& task, std::size_t bytes) {
    hold(bytes);
    task.counts.bytes = bytes;
  }
  void change(Task& task, std::size_t bytes) {
    bytes_ += bytes - task.counts.bytes;
    task.counts.bytes = bytes;
  }
  void release(Task& task) {
    FORKMILL_CHECK(tasks_ > 0 && bytes_ >= task.counts.bytes);
    --tasks_;
    bytes_ -= task.counts.bytes;
    task.counts.bytes = 0;
  }

 private:
  QueueOptions limits_;
  std::size_t tasks_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace forkmill::broker
