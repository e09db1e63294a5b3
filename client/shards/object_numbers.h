// ObjectNumbers: named objects as the program has them. Two shards may give the same number to an object. Within the
// client, the upper bits of a number are therefore the shard of the object. With one shard, numbers are as the broker
// gives them. So every operation, and every end of a pipe that travels, says where its object is. Pure.
#pragma once

#include <cstdint>

#include "client/session/effects.h"
#include "client/session/requests.h"
#include "proto/wire/messages.h"

namespace forkmill::client {

// Returns the shard of an object by its number in the client, from 1.
std::uint32_t shard_of_object(std::uint64_t number);
// Returns the same, but 0 when the cluster has one shard.
std::uint32_t stated_shard_of(std::uint64_t number);

// ObjectNumbers: translates between the client and one shard of a cluster that has several.
class ObjectNumbers {
 public:
  explicit ObjectNumbers(std::uint32_t shard) : shard_{shard} {}

  // The numbers in an operation, as the shard has given them. Other requests have none.
  static void to_shard(Request& request);
  // The numbers of pipes in a message of the shard, as the client has them.
  void add_to(proto::Message& message) const;
  // The numbers of objects that were opened, as the client has them.
  void add_to(Effects& effects) const;

 private:
  std::uint64_t with_shard(std::uint64_t number) const;

  const std::uint32_t shard_;
};

}  // namespace forkmill::client
