// Shards: on which shard of a cluster a queue or a named object lives, and how a peer comes to the owner of a shard
// (PROTOCOL.md, Shards). Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "proto/result.h"
#include "proto/wire/session_messages.h"

namespace forkmill::proto {

// Returns the shard on which the queue or the named object of this name lives, from 1. REQUIRES: shards > 0.
std::uint32_t shard_of(std::string_view name, std::uint32_t shards);

// QueuePlace: a queue as people write it: NAME, NAME@3 on shard 3, or NAME@* on all shards.
struct QueuePlace {
  std::string name;
  std::uint32_t shard = 0;  // 0: that of the name's hash
  bool is_everywhere = false;

  // Fails for a text that is none of the three.
  static Result<QueuePlace> parse(std::string_view text);
  // Returns whether a cluster with `shards` shards has the queue on shard `number`.
  bool is_on(std::uint32_t number, std::uint32_t shards) const;
  friend bool operator==(const QueuePlace&, const QueuePlace&) = default;
};

// ObjectPlace: a named object as people write it: NAME, NAME@3 on shard 3, or NAME@QUEUE on the shard of that name,
// with the queue and all that is placed like it. An object without a name is written as nothing, @3 or @QUEUE.
struct ObjectPlace {
  std::string name;
  std::uint32_t shard = 0;  // 0: that of a name's hash
  std::string beside{};     // the name whose hash counts; empty: `name`

  // Fails for a text that is none of these.
  static Result<ObjectPlace> parse(std::string_view text);
  // Whether more is written than the name.
  bool is_stated() const { return shard != 0 || !beside.empty(); }
  // Returns the shard, which the cluster may not have. REQUIRES: shards > 0.
  std::uint32_t in(std::uint32_t shards) const;
  // Returns the text of an object called `other` in the same place.
  std::string with_name(std::string_view other) const;
  friend bool operator==(const ObjectPlace&, const ObjectPlace&) = default;
};

// Returns the endpoints to which a peer connects that was told MOVED in the session with `shard`; empty: any of those
// that it knows. None: the shard has no owner at present, and the peer stays and says HELLO again. `is_new`: the
// session has just been made, has said no HELLO, and says it on a connection of its own.
std::optional<std::string> way_to(const Moved& moved, std::uint32_t shard, bool is_new);

}  // namespace forkmill::proto
