#include "broker/core/tasks/priority_level.h"

#include <algorithm>
#include <iterator>

#include "proto/mutants.h"

namespace forkmill::broker {

using proto::Mutant;
using proto::mutant;

Share& PriorityLevel::share_of(ShareKey key) {
  const auto found = places_.find(key);
  if (found != places_.end()) return *found->second.share;
  if (!groups_.empty() && is_idle()) {
    places_.clear();
    by_owner_.clear();
    groups_.clear();
  }
  const auto group = group_of(key.owner);
  group->shares.push_back({key, {}, {}, 0});
  places_.emplace(key, Place{group, std::prev(group->shares.end())});
  return group->shares.back();
}

PriorityLevel::Groups::iterator PriorityLevel::group_of(std::uint16_t owner) {
  const auto [known, is_new] = by_owner_.try_emplace(owner);
  if (is_new) known->second = groups_.insert(groups_.end(), {owner, {}});
  return known->second;
}

bool PriorityLevel::has_tasks_of(ClientHandle client) const {
  return std::any_of(groups_.begin(), groups_.end(), [&](const Group& group) {
    const auto found = places_.find({group.owner, client});
    return found != places_.end() && !found->second.share->is_idle();
  });
}

PriorityLevel::Next PriorityLevel::next(const Share::Serves& serves) {
  for (auto group = groups_.begin(); group != groups_.end(); ++group)
    for (auto share = group->shares.begin(); share != group->shares.end(); ++share)
      if (Lane* lane = share->next_lane(serves)) return {{group, share}, lane};
  return {};
}

void PriorityLevel::end_turn(Place place) {
  Shares& shares = place.group->shares;
  if (!mutant(Mutant::client_turns_ignored)) shares.splice(shares.end(), shares, place.share);
  if (!mutant(Mutant::principal_turns_ignored)) groups_.splice(groups_.end(), groups_, place.group);
}

void PriorityLevel::drop_if_empty(Place place) {
  Share& share = *place.share;
  if (share.count > 0) return;
  bool is_refilled = false;
  share.visit([&](const Lane& lane) { is_refilled = is_refilled || lane.needs_refill; });
  if (is_refilled) return;
  if (places_.size() == 1) return share.clear();
  places_.erase(share.key);
  place.group->shares.erase(place.share);
  if (!place.group->shares.empty()) return;
  by_owner_.erase(place.group->owner);
  groups_.erase(place.group);
}

}  // namespace forkmill::broker
