// ShardSessions: a worker's sessions with the shards of a cluster that have its queues, as one. With one shard, all
// goes to the one session as it is. Pure.
//
// The grants of two shards may have the same numbers. Within the worker, the upper bits of the sequence number of a
// grant are therefore its shard; they are 0 for the first one.
//
// How many shards there are is known from the first answer of a broker. Until then there is one session, with all
// queues.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "worker/rules/session/queue_places.h"
#include "worker/rules/session/session.h"

namespace forkmill::worker {

// Returns the shard of a grant, from 1, as the worker has it.
std::uint32_t shard_of(const proto::Grant& grant);
// Returns a grant, as the worker has it, with the numbers that its shard has given to it.
proto::Grant without_shard(proto::Grant grant);

class ShardSessions {
 public:
  // hello: see Session; its queues may have a place behind their name (proto::QueuePlace).
  ShardSessions(proto::Hello hello, std::uint64_t seed);

  // How many shards may have a session; they are numbered from 1.
  std::uint32_t count() const { return static_cast<std::uint32_t>(sessions_.size()); }
  // Whether the worker is to have a session with that shard.
  bool is_wanted(std::uint32_t shard) const { return sessions_[shard - 1] != nullptr && (shard > 1 || has_first_); }
  // REQUIRES: is_wanted(shard). Use the functions below in place of those of the session that have the same name.
  Session& of(std::uint32_t shard) { return *sessions_[shard - 1]; }
  // Calls f with each session that is wanted.
  template <class F>
  void for_each(F&& f) const {
    for (std::uint32_t shard = 1; shard <= count(); ++shard)
      if (is_wanted(shard)) f(*sessions_[shard - 1]);
  }
  // Whether there is a session with each shard that is wanted.
  bool all_established() const;

  // holding: every grant of any shard that the worker holds and that has no outcome yet.
  void greet(proto::Instant now, std::uint32_t shard, const std::vector<proto::Grant>& holding);
  bool handle(proto::Instant now, std::uint32_t shard, proto::Envelope& envelope);
  void flush(proto::Instant now);
  void set_load(std::uint64_t room, const proto::Heartbeat& load);

  // Everything that is to be said to any shard. Goes to the sessions in flush().
  Outbox& outbox() { return sessions_.front()->outbox(); }
  // Outcomes that a broker has not acknowledged.
  std::size_t unacknowledged() const;
  // Returns why this worker cannot serve its queues, once; empty: it can.
  std::string take_misplaced() { return std::exchange(misplaced_, {}); }

 private:
  void learn(std::uint32_t shards);
  std::unique_ptr<Session> make(std::uint32_t shard, std::uint32_t shards);
  // Moves what is for other shards from the outbox to theirs.
  void distribute();

  proto::Hello hello_;
  const QueuePlaces places_;
  const std::uint64_t seed_;
  bool knows_shards_ = false;
  bool has_first_ = true;  // shard 1 has queues of this worker
  std::uint64_t deaths_passed_on_ = 0;
  std::string misplaced_;
  std::vector<std::unique_ptr<Session>> sessions_;  // by shard; null: it has no queue of this worker
};

}  // namespace forkmill::worker
