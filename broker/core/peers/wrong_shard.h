// Answers to a HELLO that has come to a broker which does not have the shard that the peer wants.
#pragma once

#include <string>

#include "proto/wire/session_messages.h"

namespace forkmill::broker {

// Whether a HELLO to the broker of `shard`, one of `shards`, is for another one, or of a peer that does not know them.
inline bool is_for_another_shard(const proto::Hello& hello, std::uint32_t shard, std::uint32_t shards) {
  return shards > 1 && (hello.shard != shard || hello.shards != shards);
}

// Follows MOVED if the peer knows of no shards: it may be one that does not understand MOVED.
inline proto::ErrorMessage needs_shards(std::uint32_t shards) {
  return {{},
          Errc::version_unsupported,
          "the tasks of this cluster are divided among " + std::to_string(shards) +
              " shards, which this program does not know of: it needs a newer forkmill"};
}

}  // namespace forkmill::broker
