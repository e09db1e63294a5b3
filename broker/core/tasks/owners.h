// Owners: the principals that have submitted tasks or made objects, and how much of the broker each of them uses. Peers
// without a principal, as those of the broker's own user are, are one owner without a name.
#pragma once

#include <forkmill/task_id.h>

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

#include "proto/check.h"

namespace forkmill::broker {

struct Owner {
  std::string name;
  std::uint16_t number = 0;      // 0: the owner without a name; tasks on disk have it in the table
  std::size_t tasks = 0;         // unfinished tasks
  std::size_t bytes = 0;         // bytes of their arguments
  std::size_t objects = 0;       // named objects that it has made
  std::size_t object_bytes = 0;  // values in these, and those that wait for room in them
  std::uint64_t max_object_bytes = ~std::uint64_t{0};  // its quota, as its clients had it last; none: not limited
  // Tasks that have another id in the table than for their owner, because a task of another principal had theirs when
  // they were submitted: the id in the table by the owner's.
  std::unordered_map<TaskId, TaskId> renamed{};

  void hold(std::size_t task_bytes) {
    ++tasks;
    bytes += task_bytes;
  }
  void release(std::size_t task_bytes) {
    FORKMILL_CHECK(tasks > 0 && bytes >= task_bytes);
    --tasks;
    bytes -= task_bytes;
  }
};

class Owners {
 public:
  static constexpr std::size_t kMax = 4095;  // a number has 12 bits in the table of tasks

  // Returns null if there are kMax others with a name. Owners never move and are never forgotten.
  Owner* find_or_make(std::string_view name);
  Owner* with_number(std::uint16_t number) { return &owners_[number]; }

  const std::deque<Owner>& all() const { return owners_; }

 private:
  std::deque<Owner> owners_{1};  // by number
  std::unordered_map<std::string, Owner*> by_name_;
};

inline std::uint16_t number_of(const Owner* owner) { return owner == nullptr ? std::uint16_t{0} : owner->number; }

}  // namespace forkmill::broker
