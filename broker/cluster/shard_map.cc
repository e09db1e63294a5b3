#include "broker/cluster/shard_map.h"

#include <utility>

#include "broker/core/peers/wrong_shard.h"
#include "proto/mutants.h"

namespace forkmill::broker {

void ShardMap::take(ShardMap news) {
  if (version != 0 && proto::mutant(proto::Mutant::old_map_kept)) return;
  *this = std::move(news);
}

std::vector<proto::Message> answers_of_door(const ShardMap& map, const proto::Envelope& envelope) {
  std::vector<proto::Message> answers;
  if (const auto* hello = std::get_if<proto::Hello>(&envelope.message)) {
    const auto shards = static_cast<std::uint32_t>(map.places.size());
    answers.emplace_back(proto::Moved{hello->nonce, shards, map.version, map.places});
    if (hello->shard == 0) answers.emplace_back(needs_shards(shards));
  } else if (!std::holds_alternative<proto::ErrorMessage>(envelope.message) &&
             !std::holds_alternative<proto::Goodbye>(envelope.message)) {
    answers.emplace_back(proto::ErrorMessage{envelope.header.seq, Errc::hello_required,
                                             "say HELLO: this endpoint sends peers on to the shards"});
  }
  return answers;
}

}  // namespace forkmill::broker
