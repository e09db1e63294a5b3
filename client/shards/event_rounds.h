// EventRounds: the events of all shards as those of one broker. A question for events goes to each shard, and the
// waiter gets those of the shards that answer first. The questions to the other shards stay under way, and serve the
// next round that asks for the same. Pure.
//
// The cursor of a cluster is those of its shards, with commas between. Each event in an answer has a `cursor` of its
// own, and events that were missed stand among them, with the kind `missed`.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "client/session/effects.h"
#include "client/session/requests.h"

namespace forkmill::client {

class EventRounds {
 public:
  struct Part {
    std::uint32_t shard = 1;
    Request request;
  };
  // Begins a round. Returns what to ask the shards now. If a shard has answered an earlier question meanwhile, the
  // answer is in `effects`; so is the refusal of a cursor that is none of a cluster with this number of shards.
  std::vector<Part> begin(const AskBroker& ask, std::uint32_t shards, Effects& effects);
  // Takes the answers of shards out of the effects of a session, and puts in those to waiters. Call for all effects.
  void collect(Effects& effects);

 private:
  // A question to one shard.
  struct Pull {
    std::uint32_t shard = 1;
    proto::Query query;
    std::optional<proto::Reply> reply{};  // none: it is under way
    std::uint64_t round = 0;              // that waits for it; 0: none
  };
  struct Round {
    Cookie cookie = 0;
    bool begins = false;                 // asks for the present cursors: needs all answers
    std::vector<std::string> cursors{};  // by shard, as far as the waiter has come
    std::vector<std::uint64_t> pulls{};  // by shard
  };

  // Returns an unclaimed pull that asks the same; 0: there is none.
  std::uint64_t unclaimed(std::uint32_t shard, const proto::Query& query) const;
  // Returns the answer of a round if it has one, and ends the round then.
  std::optional<Effects::Answered> end(std::uint64_t number);
  void forget_old(std::uint32_t shards);

  std::uint64_t last_ = 0;
  std::map<std::uint64_t, Pull> pulls_;
  std::map<std::uint64_t, Round> rounds_;
};

}  // namespace forkmill::client
