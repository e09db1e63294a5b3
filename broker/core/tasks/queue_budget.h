// QueueBudget: how much one queue holds, and how much it may hold. A task counts from its arrival until it is finished
// and its result is delivered or dropped; its bytes may change meanwhile.
#pragma once

#include "broker/core/tasks/queue_limits.h"
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

  // `bytes`: counted_bytes() of the task.
  void hold(std::size_t bytes) {
    ++tasks_;
    bytes_ += bytes;
  }
  void change(std::size_t before, std::size_t now) { bytes_ += now - before; }
  void release(std::size_t bytes) {
    FORKMILL_CHECK(tasks_ > 0 && bytes_ >= bytes);
    --tasks_;
    bytes_ -= bytes;
  }

 private:
  QueueOptions limits_;
  std::size_t tasks_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace forkmill::broker
