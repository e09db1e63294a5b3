// Gatherings: requests that went to all shards, and the answers so far. The waiter gets one answer. Pure.
//
// Each part of such a request has a cookie of its own, which is odd: those of waiters are even.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "client/session/effects.h"
#include "client/session/requests.h"
#include "client/shards/merging.h"

namespace forkmill::client {

class Gatherings {
 public:
  struct Part {
    std::uint32_t shard = 1;
    Request request;
  };
  // Begins to gather the answers to a request that goes to all shards. Returns the parts of it.
  std::vector<Part> begin(const Request& request, std::uint32_t shards);
  // Takes what belongs to parts out of the effects of a session, and puts in what belongs to waiters.
  void collect(Effects& effects);
  bool empty() const { return gathered_.empty(); }

 private:
  enum class Rule : std::uint8_t { attach, cancel, one_of, page, all_of };
  struct Gathering {
    Cookie cookie = 0;
    Rule rule = Rule::all_of;
    proto::QueryKind kind = proto::QueryKind::ping;
    std::uint32_t shards = 0;
    std::uint32_t left = 0;  // parts without an answer
    bool is_over = false;    // the waiter has its answer
    std::vector<ShardReply> replies{};
    std::optional<Effects::Ended> unknown{};  // the end of an attach that has not found the task
  };
  using Place = std::map<std::uint64_t, Gathering>::iterator;

  static Rule rule_of(const Request& request);
  // Returns the cookie of the waiter; 0: it has its answer.
  Cookie waiter_of(Cookie part) const;
  void add(Effects::Ended&& ended, Effects& effects);
  void add(Effects::Answered&& answered, Effects& effects);
  void count(Place place);
  static proto::Reply answer_of(const Gathering& gathering);

  std::uint64_t last_ = 0;
  std::map<std::uint64_t, Gathering> gathered_;
};

}  // namespace forkmill::client
