#include "broker/core/tasks/ready_tasks.h"

#include <algorithm>
#include <set>

#include "broker/core/tasks/queue.h"
#include "proto/buggify.h"
#include "proto/check.h"

namespace forkmill::broker {

void ReadyTasks::push(Task& task) {
  Share& share = share_of(task);
  Lane& lane = lane_of(share, task.type());
  ++share.count;
  counts_.add(task.type());
  if (lane.has_paged_out() || (task.durable && lane.is_full(limits_))) {
    task.paging.in_paged_out_part = true;
    lane.paged_out.push_back(task.seq);
    request_refill(share, lane, task.options().priority);
  } else {
    lane.push_back(task);
    queue_.offers.tell(task_types_, task.type());
  }
}

void ReadyTasks::put_back(Task& task) {
  Share& share = share_of(task);
  Lane& lane = lane_of(share, task.type());
  ++share.count;
  counts_.add(task.type());
  queue_.offers.tell(task_types_, task.type());
  if (proto::mutant(proto::Mutant::returned_to_the_end)) return lane.push_back(task);
  lane.insert_by_seq(task);
}

void ReadyTasks::remove(Task& task) {
  Share& share = share_of(task);
  Lane& lane = lane_of(share, task.type());
  if (!task.paging.in_paged_out_part) lane.remove(task);
  task.paging.in_paged_out_part = false;
  --share.count;
  counts_.remove(task.type());
  request_refill(share, lane, task.options().priority);
  levels_[task.options().priority].drop_if_empty(share.key);
  queue_.offers.tell_all();  // lower priorities may have waited for this task to come from the disk
}

Task* ReadyTasks::pop(const Share::Serves& serves) {
  if (counts_.all() == 0) return nullptr;
  if (sorted_for_ != task_types_.served_version()) sort_lanes();
  for (auto& [priority, level] : levels_) {
    if (const auto [place, lane] = level.next(serves); lane != nullptr) {
      Task* task = lane->tasks.front();
      lane->remove(*task);
      --place.share->count;
      counts_.remove(task->type());
      request_refill(*place.share, *lane, priority);
      level.end_turn(place);
      if (place.share->count == 0) level.drop_if_empty(place);
      return task;
    }
    // Lower priorities do not overtake tasks that are on their way from the disk.
    bool is_awaited = false;
    level.visit([&](const Share& share) { is_awaited = is_awaited || share.awaits(serves); });
    if (is_awaited) return nullptr;
  }
  return nullptr;
}

void ReadyTasks::sort_lanes() {
  sorted_for_ = task_types_.served_version();
  for (auto& [priority, level] : levels_) level.visit([this](Share& share) { share.sort(task_types_); });
}

bool ReadyTasks::is_idle() const {
  return std::all_of(levels_.begin(), levels_.end(), [](const auto& level) { return level.second.is_idle(); });
}

std::vector<proto::TaskSeq> ReadyTasks::next_paged_out(const LaneKey& key) {
  Lane& lane = lane_of(key);
  std::vector<proto::TaskSeq> seqs;
  const std::size_t most = std::max<std::size_t>(1, limits_.tasks - std::min(limits_.tasks, lane.resident));
  // All of the rest if it fits: as long as some are on disk, each task that arrives goes there as well. How large they
  // are is not known: as those of the queue on average.
  const std::size_t rest = lane.paged_out.size();
  const std::size_t bytes = limits_.bytes - std::min(limits_.bytes, lane.resident_bytes);
  const std::size_t tasks = std::max<std::size_t>(1, queue_.budget.tasks());
  const std::size_t each = std::max<std::size_t>(1, queue_.budget.bytes() / tasks);
  const bool fits = rest <= most && rest <= bytes / each;
  const std::size_t fitting = fits ? most : std::min(most, limits_.page);
  const std::size_t page = proto::buggify(proto::Path::short_page) ? 1 : fitting;
  while (!lane.paged_out.empty() && seqs.size() < page) seqs.push_back(lane.paged_out.pop_front());
  lane.on_their_way = seqs.size();
  return seqs;
}

void ReadyTasks::refill(const LaneKey& key, Task* task) {
  Lane& lane = lane_of(key);
  FORKMILL_CHECK(lane.on_their_way > 0);
  --lane.on_their_way;
  if (task == nullptr) return;
  task->paging.in_paged_out_part = false;
  lane.push_back(*task);
  queue_.offers.tell(task_types_, task->type());
}

void ReadyTasks::end_refill(const LaneKey& key) {
  Share& share = share_of(key);
  Lane& lane = lane_of(share, key.type);
  lane.needs_refill = false;
  request_refill(share, lane, key.priority);
  levels_[key.priority].drop_if_empty(key.share);
  queue_.offers.tell_all();  // lower priorities may have waited for these tasks, which may not have come
}

void ReadyTasks::add_paged_out(const LaneKey& key, proto::TaskSeq seq, bool in_lane) {
  Share& share = share_of(key);
  ++share.count;
  counts_.add(key.type);
  if (!in_lane) return;
  Lane& lane = lane_of(share, key.type);
  lane.paged_out.push_back(seq);
  request_refill(share, lane, key.priority);
}

void ReadyTasks::request_refill(const Share& share, Lane& lane, int priority) {
  if (lane.needs_refill || !lane.runs_low(limits_)) return;
  lane.needs_refill = true;
  needs_refill_.push_back({&queue_, priority, share.key, lane.type});
}

const Task* oldest_of(const ReadyTasks& ready) {
  const Task* oldest = nullptr;
  ready.visit_shares([&](int, const Share& share) {
    share.visit([&](const Lane& lane) {
      const Task* head = lane.tasks.front();
      if (head != nullptr && (oldest == nullptr || head->ready_at < oldest->ready_at)) oldest = head;
    });
  });
  return oldest;
}

Ahead ahead_of(const ReadyTasks& ready, const Task& task) {
  Ahead ahead;
  const ShareKey own = key_of(task);
  std::set<std::uint16_t> principals;
  bool is_past_own = false;  // priorities that follow are lower
  ready.visit_shares([&](int priority, const Share& share) {
    if (priority == task.options().priority)
      is_past_own = true;
    else if (is_past_own)
      return;
    std::size_t served = 0;
    for (const Lane& lane : share.lanes) served += lane.size();
    if (!is_past_own) {
      ahead.higher += served;
    } else if (share.key.owner != own.owner) {
      if (served > 0) principals.insert(share.key.owner);
    } else if (share.key.client != own.client) {
      ahead.clients += served > 0 ? 1 : 0;
    } else {
      share.visit([&](const Lane& lane) {
        if (lane.type == task.type()) ahead.before = lane.count_before(task, Ahead::kMaxCounted);
      });
    }
  });
  ahead.principals = principals.size();
  return ahead;
}

}  // namespace forkmill::broker
