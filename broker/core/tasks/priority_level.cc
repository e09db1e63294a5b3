#include "broker/core/tasks/priority_level.h"

#include <algorithm>
#include <iterator>

#include "proto/mutants.h"

namespace forkmill::broker {

using proto::Mutant;
using proto::mutant;

Share& PriorityLevel::share_of(ShareKey key) {
  // Mostly that of the client that has submitted last, or has had its turn last.
  if (!groups_.empty() && groups_.back().shares.back().key == key) return groups_.back().shares.back();
  const auto found = places_.find(key);
  if (found != places_.end()) return *found->second.share;
  if (!groups_.empty() && is_idle()) {
    places_.clear();
    by_owner_.clear();
    groups_.clear();
  }
  const auto group = group_of(key.owner);
  add_share(group, key);
  return group->shares.back();
}

void PriorityLevel::add_share(Groups::iterator group, ShareKey key) {
  if (spare_shares_.empty())
    group->shares.emplace_back();
  else
    group->shares.splice(group->shares.end(), spare_shares_, spare_shares_.begin());
  const auto share = std::prev(group->shares.end());
  share->key = key;
  if (spare_places_.empty()) {
    places_.emplace(key, Place{group, share});
    return;
  }
  Places::node_type place = std::move(spare_places_.back());
  spare_places_.pop_back();
  place.key() = key;
  place.mapped() = {group, share};
  places_.insert(std::move(place));
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

void PriorityLevel::put_behind(Place place) {
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
  Places::node_type entry = places_.extract(share.key);
  share.clear();
  if (spare_places_.size() < kMaxSpare) {
    spare_places_.push_back(std::move(entry));
    spare_shares_.splice(spare_shares_.end(), place.group->shares, place.share);
  } else {
    place.group->shares.erase(place.share);
  }
  if (!place.group->shares.empty()) return;
  by_owner_.erase(place.group->owner);
  groups_.erase(place.group);
}

}  // namespace forkmill::broker
