// Queue: the tasks of one queue that are ready, and how much the queue holds.
//
// Who is next: the highest priority; within it the clients take turns, so that one who submitted a million tasks does
// not make another one wait for them; within a client's share the order of arrival. A worker that does not know the
// next task is given the next one that it knows.
#pragma once

#include <functional>
#include <list>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "broker/core/options.h"
#include "broker/core/task.h"

namespace forkmill::broker {

class Queue {
 public:
  Queue(std::string name, QueueLimits limits) : name_{std::move(name)}, limits_{limits} {}
  Queue(const Queue&) = delete;
  Queue& operator=(const Queue&) = delete;

  const std::string& name() const { return name_; }
  const QueueLimits& limits() const { return limits_; }

  // The task's kind, client and options must be set, and not change while it is here.
  void push(Task& task);
  // A task that was handed out and not started: before all that arrived after it.
  void put_back(Task& task);
  void remove(Task& task);

  // Takes out the next task whose kind `serves` accepts. Null: there is none.
  Task* pop(const std::function<bool(KindId)>& serves);

  std::size_t ready() const { return ready_; }
  const std::unordered_map<KindId, std::size_t>& ready_kinds() const { return ready_kinds_; }
  // The oldest arrival among those ready, or null. Looks at the head of every lane.
  const Task* oldest() const;

  // Room for one more task of so many bytes?
  bool has_room(std::size_t bytes) const {
    return held_tasks_ < limits_.max_tasks && held_bytes_ + bytes <= limits_.max_bytes;
  }
  // A task counts from its arrival until it is finished and its result delivered or dropped; its bytes may change on
  // the way.
  void hold(Task& task, std::size_t bytes);
  void change(Task& task, std::size_t bytes);
  void release(Task& task);
  std::size_t held_tasks() const { return held_tasks_; }
  std::size_t held_bytes() const { return held_bytes_; }

  std::size_t scheduled = 0;
  std::size_t running = 0;
  std::size_t workers = 0;  // sessions that serve it

 private:
  struct Lane {
    KindId kind;
    TaskList tasks;
  };
  struct Share {
    ClientHandle client;
    std::vector<Lane> lanes;
    std::size_t count = 0;
  };
  using Rotation = std::list<Share>;
  struct Level {
    Rotation rotation;
    std::unordered_map<ClientHandle, Rotation::iterator> by_client;
  };

  Share& share_of(const Task& task);
  Lane& lane_of(Share& share, KindId kind);
  void count_in(const Task& task, Share& share);
  void count_out(const Task& task, Share& share);
  Lane* next_lane(Share& share, const std::function<bool(KindId)>& serves);
  void drop_if_empty(Level& level, Rotation::iterator share);

  std::string name_;
  QueueLimits limits_;
  std::map<int, Level, std::greater<>> levels_;
  std::size_t ready_ = 0;
  std::unordered_map<KindId, std::size_t> ready_kinds_;
  std::size_t held_tasks_ = 0;
  std::size_t held_bytes_ = 0;
};

}  // namespace forkmill::broker
