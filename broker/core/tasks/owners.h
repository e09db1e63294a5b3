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

// HeldResults: finished tasks that the broker must keep, since no client has fetched their results, or for a time of
// their own.
struct HeldResults {
  std::size_t tasks = 0;
  std::size_t bytes = 0;
};

struct Owner {
  std::string name;
  std::uint16_t number = 0;      // 0: the owner without a name; tasks on disk have it in the table
  std::size_t tasks = 0;         // unfinished tasks
  std::size_t bytes = 0;         // bytes of their arguments
  std::size_t objects = 0;       // named objects that it has made
  std::size_t object_bytes = 0;  // values in these, and those that wait for room in them
  std::size_t answer_bytes = 0;  // values in answers to its clients that these have not confirmed
  std::uint64_t max_object_bytes = ~std::uint64_t{0};  // its quota, as its clients had it last; none: not limited
  HeldResults results;                                 // Owners counts them
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

  // Counts a result of `bytes` bytes for the owner, and no longer.
  void hold_result(Owner& owner, std::size_t bytes);
  void release_result(Owner& owner, std::size_t bytes);
  // Results of all owners.
  const HeldResults& results() const { return results_; }
  // Whether the owner may get more results if all owners together may have `most` bytes of them: beyond that, those
  // may that have less than an equal share.
  bool has_room_for_results(const Owner& owner, std::uint64_t most) const {
    return results_.bytes < most || owner.results.bytes * holders_ < most;
  }

 private:
  std::deque<Owner> owners_{1};  // by number
  std::unordered_map<std::string, Owner*> by_name_;
  HeldResults results_;
  std::size_t holders_ = 0;  // owners with results
};

inline std::uint16_t number_of(const Owner* owner) { return owner == nullptr ? std::uint16_t{0} : owner->number; }

}  // namespace forkmill::broker
