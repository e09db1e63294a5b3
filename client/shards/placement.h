// Placement: to which shards of a cluster a request goes. Queues and named objects live where proto/session/shards.h
// says; what depends on an object lives with it; a task that is named by its id may be on any shard. Pure.
#pragma once

#include <cstdint>

#include "client/session/requests.h"
#include "proto/result.h"

namespace forkmill::client {

inline constexpr std::uint32_t kShardOfCluster = 1;  // answers what all shards would answer alike

class Placement {
 public:
  // REQUIRES: shards > 0.
  explicit Placement(std::uint32_t shards) : shards_{shards} {}

  std::uint32_t shards() const { return shards_; }

  // Returns the shard of a task. Tasks of a queue on all shards go with the pipes in their arguments, or by their key,
  // or take turns. Fails for a shard that the cluster does not have, and for a task with ends of pipes anywhere but on
  // the shard of the pipes.
  proto::Result<std::uint32_t> of(const SubmitTask& submit);

  static constexpr std::uint32_t kAll = 0;
  // Returns the shard of a request about one named object, and kAll for any other request. Takes the place out of the
  // name in a query or command, so that the name alone is left. Fails for a shard that the cluster does not have, and
  // for an operation that spans objects of two shards.
  proto::Result<std::uint32_t> of_object(Request& request);
  // Returns the shard of a request that is neither of these, or kAll. Fails for a request that cannot be made of a
  // cluster with several shards.
  proto::Result<std::uint32_t> of(const Request& request) const;

 private:
  std::uint32_t of_spread(const SubmitTask& submit);

  const std::uint32_t shards_;
  std::uint32_t turn_ = 0;
};

}  // namespace forkmill::client
