// Division: which broker of a cluster owns which shard. All brokers apply the same rules to the same rows of the
// database, and so agree without a word between them. A broker whose view is old can cost time, and nothing else: the
// epoch of the shard decides who commits. Pure.
//
//     chosen        each shard prefers the brokers in the order of a hash of both names (rendezvous hashing), so that a
//                   broker that comes or goes moves few shards; no broker gets more than its share, rounded up
//     is_chosen     a shard without an owner is taken over by the broker that is chosen for it
//     to_hand_over  a shard whose owner is not the chosen one is handed over; one at a time, while all have owners
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "broker/store/cluster_view.h"
#include "proto/clock.h"

namespace forkmill::broker {

// Returns the name of the chosen broker for each shard. Brokers that are draining are chosen only if all are. A shard
// that was placed on a broker that is dead or draining is treated as one that was not. Empty: no broker lives.
std::map<std::uint64_t, std::string> choose_owners(const ClusterView& view);

// Returns the shard that `broker` is to hand over now, if any.
std::optional<std::uint64_t> to_hand_over(const ClusterView& view, std::string_view broker);

// Turn: whether a broker is the one to take over a shard that is free. A chosen broker that does not take it is
// waited for some looks only: any owner is better than none.
class Turn {
 public:
  Turn(std::uint64_t shard, std::string broker) : shard_{shard}, broker_{std::move(broker)} {}
  // Call in each look at the shard that finds it free.
  bool has_come(const ClusterView& view, proto::Instant now);

 private:
  static constexpr int kPatience = 10;                             // looks
  static constexpr proto::Instant kRow = std::chrono::seconds{2};  // looks further apart are not in a row

  const std::uint64_t shard_;
  const std::string broker_;
  int looks_ = 0;  // in a row
  proto::Instant looked_at_{0};
};

// HandOver: which shard a broker hands over. Some looks in a row must have found one misplaced, so that brokers that
// come and go at the same time move no shard twice.
class HandOver {
 public:
  explicit HandOver(std::string broker) : broker_{std::move(broker)} {}
  // Call in each look at the cluster. Returns the shard that is to be handed over, also in later looks.
  std::optional<std::uint64_t> look(const ClusterView& view);
  // Call when that has begun.
  void begun() { looks_ = 0; }

 private:
  static constexpr int kSettled = 5;  // looks

  std::string broker_;
  int looks_ = 0;  // in a row that have found a shard misplaced
};

}  // namespace forkmill::broker
