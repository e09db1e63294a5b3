#include "broker/core/tasks/lane.h"

#include <algorithm>

namespace forkmill::broker {

Lane& Share::lane_of(TaskTypeId type) {
  auto found = std::find_if(lanes.begin(), lanes.end(), [&](const Lane& lane) { return lane.type == type; });
  if (found != lanes.end()) return *found;
  Lane& lane = lanes.emplace_back();
  lane.type = type;
  return lane;
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
