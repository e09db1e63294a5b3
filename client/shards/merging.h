// Merging: one answer of the answers of all shards to a query or a command. Numbers are added up, and rows of the same
// thing become one. The keys of the answers are those of PROTOCOL.md, QUERY and COMMAND. Pure.
#pragma once

#include <cstdint>
#include <vector>

#include "proto/wire/messages.h"

namespace forkmill::client {

struct ShardReply {
  std::uint32_t shard = 1;
  proto::Reply reply;
};

// Returns the merged answer of those that are not errors. REQUIRES: one is not an error. The answer to `status` has a
// list `shards` besides, with the answer of each shard and its number. An answer that makes no sense is an error.
proto::Reply merged(proto::QueryKind kind, const std::vector<ShardReply>& replies);

// Lists of tasks come page by page, from one shard after the other. The upper bits of TaskFilter::before, and of `next`
// in the answer, are the shard of the next page.
std::uint32_t shard_of_page(proto::TaskSeq before);
proto::TaskSeq place_in_page(proto::TaskSeq before);
// Returns the answer of a shard with the `next` of the cluster.
proto::Reply page_of(const ShardReply& page, std::uint32_t shards);

}  // namespace forkmill::client
