// PriorityLevel: the ready tasks of one priority in a queue, in shares by client, and whose turn it is. Principals take
// turns, and the clients of a principal take turns within those of the principal, so that neither one principal with
// many clients nor one client with many tasks makes others wait.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <unordered_map>
#include <vector>

#include "broker/core/tasks/lane.h"

namespace forkmill::broker {

class PriorityLevel {
 public:
  using Shares = std::list<Share>;
  struct Group {
    std::uint16_t owner;  // number of the principal (owners.h)
    Shares shares;        // the client whose turn it is comes first
  };
  using Groups = std::list<Group>;
  struct Place {
    Groups::iterator group;
    Shares::iterator share;
  };

  // Made if there is none.
  Share& share_of(ShareKey key);
  bool has_tasks_of(ClientHandle client) const;
  bool is_idle() const { return groups_.empty() || groups_.front().shares.front().is_idle(); }
  // In the order of turns. A group has at least one share.
  const Groups& groups() const { return groups_; }
  // Calls `visitor` with each share.
  template <class Visitor>
  void visit(Visitor&& visitor) {
    for (Group& group : groups_)
      for (Share& share : group.shares) visitor(share);
  }

  // Returns the first share in the order of turns that has a task for `serves`, and its lane. No lane: there is none.
  struct Next {
    Place place{};
    Lane* lane = nullptr;
  };
  Next next(const Share::Serves& serves);
  // The share has had its turn: others of its principal, and other principals, come first from now on.
  void end_turn(Place place) {
    if (places_.size() > 1) put_behind(place);
  }

  // Drops the share if it has no ready tasks. Its lanes may still have numbers of tasks that are no longer ready in
  // their paged-out parts; these are dropped as well, unless they are on their way. A share that is the only one
  // stays, idle, until another client has tasks: most often the same client submits the next ones.
  void drop_if_empty(ShareKey key) { drop_if_empty(places_.at(key)); }
  void drop_if_empty(Place place);

 private:
  struct Hash {
    std::size_t operator()(ShareKey key) const {
      return std::hash<std::uint64_t>{}(key.client.value() ^ std::uint64_t{key.owner} << 48);
    }
  };

  using Places = std::unordered_map<ShareKey, Place, Hash>;
  static constexpr std::size_t kMaxSpare = 32;

  // Puts the share behind the others of its principal, and the principal behind the others.
  void put_behind(Place place);
  // Made if there is none.
  Groups::iterator group_of(std::uint16_t owner);
  // Adds a share without lanes at the end of the group.
  void add_share(Groups::iterator group, ShareKey key);

  Groups groups_;  // the principal whose turn it is comes first
  Places places_;
  // Shares without lanes, and entries of `places_`, for the next ones: the tasks of many clients come and go quickly.
  Shares spare_shares_;
  std::vector<Places::node_type> spare_places_;
  std::unordered_map<std::uint16_t, Groups::iterator> by_owner_;
};

}  // namespace forkmill::broker
