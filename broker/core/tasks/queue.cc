#include "broker/core/tasks/queue.h"

#include <algorithm>

#include "proto/buggify.h"
#include "proto/check.h"

namespace forkmill::broker {

void Queue::push(Task& task) {
  Share& share = share_of(task);
  Lane& lane = lane_of(share, task.kind);
  count_in(task, share);
  if (lane.has_paged_out() || (task.durable && full(lane))) {
    task.in_paged_out_line = true;
    lane.paged_out.push_back(task.seq);
    check_hunger(share, lane, task.options().priority);
  } else {
    link(lane, task);
    lane.tasks.push_back(task);
  }
}

void Queue::put_back(Task& task) {
  Share& share = share_of(task);
  Lane& lane = lane_of(share, task.kind);
  count_in(task, share);
  link(lane, task);
  if (proto::mutant(proto::Mutant::returned_to_the_end)) return lane.tasks.push_back(task);
  lane.tasks.insert_by_seq(task);
}

void Queue::remove(Task& task) {
  Share& share = share_of(task);
  Lane& lane = lane_of(share, task.kind);
  if (!task.in_paged_out_line) unlink(lane, task);
  task.in_paged_out_line = false;
  count_out(task, share);
  check_hunger(share, lane, task.options().priority);
  Level& level = levels_[task.options().priority];
  drop_if_empty(level, level.by_client.at(task.client));
}

Task* Queue::pop(const std::function<bool(KindId)>& serves) {
  if (ready_ == 0) return nullptr;
  for (auto& [priority, level] : levels_) {
    for (auto share = level.rotation.begin(); share != level.rotation.end(); ++share) {
      Lane* lane = next_lane(*share, serves);
      if (lane == nullptr) continue;
      Task* task = lane->tasks.front();
      unlink(*lane, *task);
      count_out(*task, *share);
      check_hunger(*share, *lane, priority);
      if (!proto::mutant(proto::Mutant::client_turns_ignored))
        level.rotation.splice(level.rotation.end(), level.rotation, share);  // the other clients' turn
      drop_if_empty(level, share);
      return task;
    }
    // Lower priorities do not overtake tasks that are on their way from the disk.
    const auto is_awaited = [&](const Share& share) { return awaits(share, serves); };
    if (std::any_of(level.rotation.begin(), level.rotation.end(), is_awaited)) return nullptr;
  }
  return nullptr;
}

bool Queue::awaits(const Share& share, const std::function<bool(KindId)>& serves) {
  return std::any_of(share.lanes.begin(), share.lanes.end(),
                     [&](const Lane& lane) { return lane.tasks.empty() && lane.has_paged_out() && serves(lane.kind); });
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

std::vector<proto::TaskSeq> Queue::next_paged_out(const LaneKey& key) {
  Lane& lane = lane_of(key);
  std::vector<proto::TaskSeq> seqs;
  const std::size_t most = std::max<std::size_t>(1, resident_.tasks - std::min(resident_.tasks, lane.resident));
  const std::size_t page = proto::buggify(proto::Path::short_page) ? 1 : resident_.page;
  while (!lane.paged_out.empty() && seqs.size() < std::min(most, page)) seqs.push_back(lane.paged_out.pop_front());
  lane.on_their_way = seqs.size();
  return seqs;
}

void Queue::refill(const LaneKey& key, Task* task) {
  Lane& lane = lane_of(key);
  FORKMILL_CHECK(lane.on_their_way > 0);
  --lane.on_their_way;
  if (task == nullptr) return;
  task->in_paged_out_line = false;
  link(lane, *task);
  lane.tasks.push_back(*task);
}

void Queue::fed(const LaneKey& key) {
  Share& share = share_of(key.priority, key.client);
  Lane& lane = lane_of(share, key.kind);
  lane.needs_refill = false;
  check_hunger(share, lane, key.priority);
  Level& level = levels_[key.priority];
  drop_if_empty(level, level.by_client.at(key.client));
}

void Queue::add_paged_out(const LaneKey& key, proto::TaskSeq seq, bool in_line) {
  Share& share = share_of(key.priority, key.client);
  ++share.count;
  ++ready_;
  ++ready_kinds_[key.kind];
  if (!in_line) return;
  Lane& lane = lane_of(share, key.kind);
  lane.paged_out.push_back(seq);
  check_hunger(share, lane, key.priority);
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

Queue::Share& Queue::share_of(int priority, ClientHandle client) {
  Level& level = levels_[priority];
  auto found = level.by_client.find(client);
  if (found == level.by_client.end()) {
    level.rotation.push_back({client, {}, 0});
    found = level.by_client.emplace(client, std::prev(level.rotation.end())).first;
  }
  return *found->second;
}

Queue::Lane& Queue::lane_of(Share& share, KindId kind) {
  auto found =
      std::find_if(share.lanes.begin(), share.lanes.end(), [&](const Lane& lane) { return lane.kind == kind; });
  if (found != share.lanes.end()) return *found;
  Lane& lane = share.lanes.emplace_back();
  lane.kind = kind;
  return lane;
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

void Queue::link(Lane& lane, Task& task) {
  ++lane.resident;
  lane.resident_bytes += task.payload.size();
}

void Queue::unlink(Lane& lane, Task& task) {
  lane.tasks.remove(task);
  --lane.resident;
  lane.resident_bytes -= task.payload.size();
}

void Queue::check_hunger(const Share& share, Lane& lane, int priority) {
  if (lane.needs_refill || lane.paged_out.empty() || lane.resident * 2 > resident_.tasks ||
      lane.resident_bytes * 2 > resident_.bytes)
    return;
  lane.needs_refill = true;
  needs_refill_.push_back({this, priority, share.client, lane.kind});
}

Queue::Lane* Queue::next_lane(Share& share, const std::function<bool(KindId)>& serves) {
  Lane* next = nullptr;
  for (Lane& lane : share.lanes) {
    if (lane.tasks.empty() || !serves(lane.kind)) continue;
    if (next == nullptr || lane.tasks.front()->seq < next->tasks.front()->seq) next = &lane;
  }
  return next;
}

// Drops a share without ready tasks. Its lanes may still have numbers of tasks that are no longer ready in their
// paged-out parts; these are dropped as well, unless they are on their way.
void Queue::drop_if_empty(Level& level, Rotation::iterator share) {
  if (share->count > 0) return;
  if (std::any_of(share->lanes.begin(), share->lanes.end(), [](const Lane& lane) { return lane.needs_refill; })) return;
  level.by_client.erase(share->client);
  level.rotation.erase(share);
}

}  // namespace forkmill::broker
