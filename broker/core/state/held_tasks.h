// HeldTasks: the tasks that one worker holds, by number. Tasks come and go quickly, so the table allocates nothing per
// task: open addressing with linear probing, deletion by shifting back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "broker/core/tasks/task.h"

namespace forkmill::broker {

class HeldTasks {
 public:
  // The task must not be here, and must keep its number until it is erased.
  void insert(Task& task) {
    if ((size_ + 1) * 2 > slots_.size()) resize(slots_.empty() ? kFewest : slots_.size() * 2);
    slots_[seek(task.seq)] = &task;
    ++size_;
  }
  // Null: no such task is here.
  Task* find(proto::TaskSeq seq) const { return size_ == 0 ? nullptr : slots_[seek(seq)]; }
  void erase(proto::TaskSeq seq) {
    if (size_ == 0) return;
    std::size_t hole = seek(seq);
    if (slots_[hole] == nullptr) return;
    for (std::size_t next = after(hole); slots_[next] != nullptr; next = after(next)) {
      // A task may fill the hole unless that would put it before its home.
      if (((next - home_of(slots_[next]->seq)) & mask()) < ((next - hole) & mask())) continue;
      slots_[hole] = slots_[next];
      hole = next;
    }
    slots_[hole] = nullptr;
    --size_;
  }
  std::size_t size() const { return size_; }

  // Returns all tasks, by rising number.
  std::vector<Task*> by_seq() const;

 private:
  static constexpr std::size_t kFewest = 16;

  std::size_t mask() const { return slots_.size() - 1; }
  std::size_t after(std::size_t at) const { return (at + 1) & mask(); }
  std::size_t home_of(proto::TaskSeq seq) const {
    return static_cast<std::size_t>(seq.value() * 0x9E3779B97F4A7C15ULL >> 32) & mask();
  }
  // Returns the place of the task, or the free place where it would be.
  std::size_t seek(proto::TaskSeq seq) const {
    std::size_t at = home_of(seq);
    while (slots_[at] != nullptr && slots_[at]->seq != seq) at = after(at);
    return at;
  }
  void resize(std::size_t slots);

  std::vector<Task*> slots_;  // null: free
  std::size_t size_ = 0;
};

}  // namespace forkmill::broker
