// OwnersMet: the owners of shards that a peer has had a session with, in one of its lives. A peer that has had an owner
// does not stay with one that was deposed before, unless it has met no other one for a minute: the rule of
// proto/session/succession.h, seen from outside.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "proto/wire/messages.h"
#include "tests/sim/world/violation.h"
#include "tests/sim/world/world.h"

namespace forkmill::sim {

class OwnersMet {
 public:
  // The peer has handled a WELCOME of the shard. `stays`: that has opened a session. Throws Violation.
  void welcomed(const std::string& peer, std::uint32_t shard, const proto::Welcome& welcome, bool stays, Instant now) {
    Met& met = by_shard_[shard];
    const bool is_deposed = welcome.epoch < met.latest;
    if (is_deposed && !met.deposed_since) met.deposed_since = now;
    if (!stays) return;
    if (is_deposed && now < *met.deposed_since + kPatience) {
      throw Violation{"shards: " + peer + " stays with the owner of shard " + std::to_string(shard) + " of epoch " +
                      std::to_string(welcome.epoch.value()) + ", which was deposed by that of epoch " +
                      std::to_string(met.latest.value())};
    }
    met = {welcome.epoch, std::nullopt};
  }
  // The peer ends.
  void clear() { by_shard_.clear(); }

 private:
  static constexpr Instant kPatience = std::chrono::minutes{1};
  struct Met {
    proto::Epoch latest{};
    std::optional<Instant> deposed_since{};
  };
  std::map<std::uint32_t, Met> by_shard_;
};

}  // namespace forkmill::sim
