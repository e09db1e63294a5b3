// FullQueues: submissions that the broker has rejected because their queue is full. They wait here, in their order, and
// a batch of each queue at a time is sent again, after pauses that grow while the queue stays full.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>

#include "client/session/options.h"
#include "client/session/submission_queue.h"
#include "proto/random.h"
#include "proto/wire/messages.h"

namespace forkmill::client {

class FullQueues {
 public:
  explicit FullQueues(std::uint64_t seed) : random_{seed} {}

  bool empty() const { return queues_.empty(); }
  // Puts a new submission behind those of its queue that wait. False, and nothing is changed: its queue is not full.
  bool add_behind(proto::Submission& task);
  // Takes a submission that the broker has just rejected. If this was a repeated attempt, it goes back to the head.
  void add(Instant now, proto::Submission task);
  // Call when the broker has accepted a submission: its queue has room, so the next ones may be sent at once.
  void accepted(const proto::Submission& task);
  // Call when a submission has its answer, or needs none any more.
  void settled(const proto::Submission& task);
  // How long the queue of this submission has been full.
  Instant full_for(Instant now, const proto::Submission& task) const;
  // Moves the batches that are due to the end of `to`.
  void move_due(Instant now, SubmissionQueue& to);
  // Removes the submissions of this task that wait here; calls `removed` for each.
  template <class F>
  void remove(const TaskId& id, F&& removed);
  void clear() { queues_.clear(); }
  Instant next_wakeup() const;

 private:
  struct Queue {
    std::deque<proto::Submission> tasks;
    Instant next_try{0};
    milliseconds pause{0};
    Instant since{0};
    std::size_t trying = 0;    // submissions sent again and not answered yet
    std::size_t returned = 0;  // submissions at the head of `tasks` that were rejected again
  };

  // From three quarters of a pause to five quarters.
  milliseconds jittered(milliseconds pause);

  std::map<std::string, Queue> queues_;
  proto::SplitMix64 random_;
};

template <class F>
void FullQueues::remove(const TaskId& id, F&& removed) {
  const auto is_it = [&](const proto::Submission& task) { return task.id == id; };
  for (auto& [name, queue] : queues_) {
    const auto head_end = queue.tasks.begin() + static_cast<std::ptrdiff_t>(queue.returned);
    queue.returned -= static_cast<std::size_t>(std::count_if(queue.tasks.begin(), head_end, is_it));
    std::erase_if(queue.tasks, [&](const proto::Submission& task) {
      if (!is_it(task)) return false;
      removed(task);
      return true;
    });
  }
  std::erase_if(queues_, [](const auto& each) { return each.second.tasks.empty() && each.second.trying == 0; });
}

}  // namespace forkmill::client
