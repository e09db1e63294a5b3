// Queues: all queues by name. A queue is made when it is first named, and is forgotten some time after its last task
// and its last worker: tasks, workers and requests to the store point to it.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "broker/core/tasks/controls.h"
#include "broker/core/tasks/queue.h"

namespace forkmill::broker {

// QueueCounts: how many queues count towards the maximum, in all, and for each principal whose worker or task has named
// them first. A principal has half of the maximum at most, so that others find room. Peers without a name of their
// principal, as those of the broker's own user are, may have all.
class QueueCounts {
 public:
  explicit QueueCounts(std::size_t most) : most_{most} {}

  // Whether `more` queues may be made for the principal.
  bool has_room(std::string_view principal, std::size_t more) const;
  void add(const std::string& principal);
  void remove(const std::string& principal);

 private:
  std::size_t most_;
  std::size_t all_ = 0;
  std::map<std::string, std::size_t, std::less<>> of_principal_;
};

class Queues {
 public:
  struct Limits {
    std::size_t queues = 0;
    QueueOptions standard;
    std::map<std::string, QueueOptions> named;  // in place of `standard`
    ResidentLimits resident;
    const Controls& controls;  // must outlive the queues
  };
  Queues(Limits limits, const TaskTypes& task_types)
      : limits_{std::move(limits)}, task_types_{task_types}, counts_{limits_.queues} {}

  // Returns null if not found.
  Queue* find(std::string_view name) const;
  // For a new task of the principal. Returns null if the maximum number of queues is in use, or the principal has its
  // share of them: proto::Errc::too_many_queues.
  Queue* find_or_make(std::string_view name, std::string_view principal, Instant now);
  // For a worker of the principal that is about to serve all of these. Returns false, and makes none, where
  // find_or_make() would return null for one of them.
  bool make_for_worker(const std::vector<std::string>& names, std::string_view principal, Instant now);
  // For a task of the store, which was within the limits when it was accepted: never fails. Queues that only such tasks
  // name do not count towards the limit.
  Queue& restore(std::string_view name);
  // Pairs of a name and a pointer, by name.
  auto begin() const { return queues_.begin(); }
  auto end() const { return queues_.end(); }
  // Queues of tasks with a process of their own; all are among the others, too.
  const std::vector<Queue*>& process_queues() const { return process_queues_; }

  // Call when the queue's control has changed: applies it to the queue and to that of its processes. A queue with a
  // control is made if there is none, and is not forgotten.
  void apply_control(std::string_view queue);
  // The limits of a queue, as operators have set them or as the broker was started.
  QueueOptions limits_of(std::string_view queue) const;

  // Returns the lanes that need tasks from the disk, and have not been returned since their last end_refill().
  std::vector<LaneKey> drain_needs_refill() { return std::exchange(needs_refill_, {}); }

  // Looks at some queues, and forgets those that have been unused for kKept. Call in each round.
  void forget_unused(Instant now);

  // How many queues have been forgotten: as long as that stays the same, pointers to queues are valid.
  std::uint64_t forgotten() const { return forgotten_; }

  static constexpr Instant kKept = std::chrono::seconds{10};

 private:
  using Map = std::map<std::string, std::unique_ptr<Queue>, std::less<>>;

  Queue& make(std::string_view name);
  void apply_control(Queue& queue) const;
  void make_room(Instant now);
  Map::iterator forget(Map::iterator queue);

  Limits limits_;
  const TaskTypes& task_types_;
  Map queues_;
  std::vector<Queue*> process_queues_;
  std::vector<LaneKey> needs_refill_;
  QueueCounts counts_;  // queues with Queue::counted
  std::uint64_t forgotten_ = 0;
  std::string next_to_look_at_;  // forget_unused() goes on from this name
  Instant swept_at_{proto::kNever};
};

}  // namespace forkmill::broker
