#include "broker/core/queue.h"

#include <algorithm>

#include "proto/check.h"

namespace forkmill::broker {

void Queue::push(Task& task) {
  Share& share = share_of(task);
  lane_of(share, task.kind).tasks.push_back(task);
  count_in(task, share);
}

void Queue::put_back(Task& task) {
  Share& share = share_of(task);
  lane_of(share, task.kind).tasks.insert_by_seq(task);
  count_in(task, share);
}

void Queue::remove(Task& task) {
  Share& share = share_of(task);
  lane_of(share, task.kind).tasks.remove(task);
  count_out(task, share);
  Level& level = levels_[task.options->priority];
  drop_if_empty(level, level.by_client.at(task.client));
}

Task* Queue::pop(const std::function<bool(KindId)>& serves) {
  if (ready_ == 0) return nullptr;
  for (auto& [priority, level] : levels_) {
    for (auto share = level.rotation.begin(); share != level.rotation.end(); ++share) {
      Lane* lane = next_lane(*share, serves);
      if (lane == nullptr) continue;
      Task* task = lane->tasks.front();
      lane->tasks.remove(*task);
      count_out(*task, *share);
      level.rotation.splice(level.rotation.end(), level.rotation, share);  // the others' turn
      drop_if_empty(level, share);
      return task;
    }
  }
  return nullptr;
}

const Task* Queue::oldest() const {
  const Task* oldest = nullptr;
  for (const auto& [priority, level] : levels_)
    for (const Share& share : level.rotation)
      for (const Lane& lane : share.lanes) {
        const Task* head = lane.tasks.front();
        if (head != nullptr && (oldest == nullptr || head->ready_at < oldest->ready_at)) oldest = head;
      }
  return oldest;
}

void Queue::hold(Task& task, std::size_t bytes) {
  ++held_tasks_;
  held_bytes_ += bytes;
  task.held_bytes = bytes;
}

void Queue::change(Task& task, std::size_t bytes) {
  held_bytes_ += bytes - task.held_bytes;
  task.held_bytes = bytes;
}

void Queue::release(Task& task) {
  FORKMILL_CHECK(held_tasks_ > 0 && held_bytes_ >= task.held_bytes);
  --held_tasks_;
  held_bytes_ -= task.held_bytes;
  task.held_bytes = 0;
}

Queue::Share& Queue::share_of(const Task& task) {
  Level& level = levels_[task.options->priority];
  auto found = level.by_client.find(task.client);
  if (found == level.by_client.end()) {
    level.rotation.push_back({task.client, {}, 0});
    found = level.by_client.emplace(task.client, std::prev(level.rotation.end())).first;
  }
  return *found->second;
}

Queue::Lane& Queue::lane_of(Share& share, KindId kind) {
  auto found =
      std::find_if(share.lanes.begin(), share.lanes.end(), [&](const Lane& lane) { return lane.kind == kind; });
  return found != share.lanes.end() ? *found : share.lanes.emplace_back(Lane{kind, {}});
}

void Queue::count_in(const Task& task, Share& share) {
  ++share.count;
  ++ready_;
  ++ready_kinds_[task.kind];
}

void Queue::count_out(const Task& task, Share& share) {
  --share.count;
  --ready_;
  auto kind = ready_kinds_.find(task.kind);
  if (--kind->second == 0) ready_kinds_.erase(kind);
}

Queue::Lane* Queue::next_lane(Share& share, const std::function<bool(KindId)>& serves) {
  Lane* next = nullptr;
  for (Lane& lane : share.lanes) {
    if (lane.tasks.empty() || !serves(lane.kind)) continue;
    if (next == nullptr || lane.tasks.front()->seq < next->tasks.front()->seq) next = &lane;
  }
  return next;
}

void Queue::drop_if_empty(Level& level, Rotation::iterator share) {
  if (share->count > 0) return;
  level.by_client.erase(share->client);
  level.rotation.erase(share);
}

}  // namespace forkmill::broker
