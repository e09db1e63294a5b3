#include "broker/core/tasks/lane.h"

#include <algorithm>
#include <functional>
#include <iterator>

namespace forkmill::broker {

std::size_t Lane::count_before(const Task& task, std::size_t most) const {
  if (task.paging.in_paged_out_part) {
    const std::size_t fetched = std::min(resident + on_their_way, most);
    return fetched + paged_out.count_before(task.seq, most - fetched);
  }
  std::size_t count = 0;
  for (const Task* one = task.links.previous; one != nullptr && count < most; one = one->links.previous) ++count;
  return count;
}

Lane& Share::lane_of(TaskTypeId type, bool is_served) {
  for (Lane& lane : lanes)
    if (lane.type == type) return lane;
  const auto apart = unserved.find(type);
  if (apart != unserved.end()) return apart->second;
  Lane& lane = is_served ? lanes.emplace_back() : unserved[type];
  lane.type = type;
  return lane;
}

void Share::sort(const TaskTypes& types) {
  const auto is_unserved = [&](const Lane& lane) { return !types.is_served(lane.type); };
  const auto kept = std::stable_partition(lanes.begin(), lanes.end(), std::not_fn(is_unserved));
  std::vector<Lane> served;
  for (auto apart = unserved.begin(); apart != unserved.end();) {
    if (is_unserved(apart->second)) {
      ++apart;
      continue;
    }
    served.push_back(std::move(apart->second));
    apart = unserved.erase(apart);
  }
  for (auto lane = kept; lane != lanes.end(); ++lane) unserved.emplace(lane->type, std::move(*lane));
  lanes.erase(kept, lanes.end());
  std::move(served.begin(), served.end(), std::back_inserter(lanes));
}

Lane* Share::next_lane(const Serves& serves) {
  Lane* next = nullptr;
  for (Lane& lane : lanes) {
    if (lane.tasks.empty() || !serves(lane.type)) continue;
    if (next == nullptr || lane.tasks.front()->seq < next->tasks.front()->seq) next = &lane;
  }
  return next;
}

bool Share::awaits(const Serves& serves) const {
  return std::any_of(lanes.begin(), lanes.end(),
                     [&](const Lane& lane) { return lane.tasks.empty() && lane.has_paged_out() && serves(lane.type); });
}

}  // namespace forkmill::broker
