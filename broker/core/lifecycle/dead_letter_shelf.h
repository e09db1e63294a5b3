// DeadLetterShelf: the dead letters of all principals, each principal's in the order in which they came. If there are
// too many, the oldest one goes of the principal that has most, so that none loses its dead letters to another one.
#pragma once

#include <algorithm>
#include <cstddef>
#include <unordered_map>

#include "broker/core/tasks/owners.h"
#include "broker/core/tasks/task.h"

namespace forkmill::broker {

class DeadLetterShelf {
 public:
  // `bytes`: what the task takes in memory; the same for both calls.
  void add(Task& letter, std::size_t bytes) {
    Letters& letters = by_owner_[number_of(letter.owner())];
    letters.tasks.push_back(letter);
    ++letters.count;
    letters.bytes += bytes;
  }
  void remove(Task& letter, std::size_t bytes) {
    const auto found = by_owner_.find(number_of(letter.owner()));
    Letters& letters = found->second;
    letters.tasks.remove(letter);
    letters.bytes -= bytes;
    if (--letters.count == 0) by_owner_.erase(found);
  }
  // Returns the letter that goes first. There must be one. by_bytes: most counts in bytes, else in letters.
  Task& first_to_go(bool by_bytes) const {
    const auto most = std::ranges::max_element(
        by_owner_, {}, [&](const auto& each) { return by_bytes ? each.second.bytes : each.second.count; });
    return *most->second.tasks.front();
  }

 private:
  struct Letters {
    TaskList tasks;
    std::size_t count = 0;
    std::size_t bytes = 0;
  };

  std::unordered_map<std::uint16_t, Letters> by_owner_;  // by number; without those that have none
};

}  // namespace forkmill::broker
