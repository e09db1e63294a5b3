// Foreman: the rules of a worker. Talks to the broker of each shard through a session, gives attempts to children, ends
// what must end, and sees to it that every attempt in hand is answered exactly once: by its result, by the report of
// its child's death, or by being handed back unstarted. Pure: no clock, socket, process or randomness; Rings is the
// only thing that answers it.
//
//     handle(now, …)     for everything that has arrived, then
//     tick(now)          does what is due,
//     flush(now)         sends what the round has gathered,
//     take_effects()     is to be carried out; next_wakeup() says when the next round is due at the latest.
//
// One thread owns a foreman.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "worker/rules/broker_requests.h"
#include "worker/rules/drain_deadline.h"
#include "worker/rules/living_children.h"
#include "worker/rules/pool_attempts.h"
#include "worker/rules/pool_state.h"
#include "worker/rules/process_attempts.h"
#include "worker/rules/rings.h"
#include "worker/rules/session/shard_sessions.h"

namespace forkmill::worker {

class Foreman {
 public:
  // hello: see Session. `rings` must outlive the foreman.
  Foreman(ForemanConfig config, proto::Hello hello, std::uint64_t seed, Rings& rings);
  Foreman(const Foreman&) = delete;
  Foreman& operator=(const Foreman&) = delete;

  // ---- The brokers. There are as many as the cluster has shards, and sessions with those that are wanted.
  ShardSessions& sessions() { return sessions_; }
  void connected(proto::Instant now, std::uint32_t shard = 1);
  void disconnected(std::uint32_t shard = 1) { sessions_.of(shard).disconnected(); }
  void handle(proto::Instant now, proto::Envelope&& envelope, std::uint32_t shard = 1);

  // ---- The children
  // A child was forked. It says ChildBorn when its start-up is over.
  void spawned(ChildKey child, std::uint32_t pid);
  void handle(proto::Instant now, ChildKey child, const ChildMessage& message);
  void handle(proto::Instant now, const ChildDeath& death);
  // Matters if the pool follows its load.
  void handle(const MemoryRoom& room) {
    if (state_.sizer) state_.sizer->set_room(room);
  }
  // Handle what the child has said before this.
  void handle(ChildKey child, const ChildOutput& output);

  // ---- The supervisor
  // What the worker has to say besides: for example deaths of children that this foreman never knew.
  Outbox& outbox() { return sessions_.outbox(); }
  // Hands back what has not started and lets the rest finish until `deadline`.
  void drain(proto::Instant now, proto::Instant deadline);
  // Call when the children have been killed: reports that, and says GOODBYE.
  void stop(proto::Instant now);

  void tick(proto::Instant now);
  void flush(proto::Instant now);
  // Returns what was asked for since the last call. Valid until the next one.
  Effects& take_effects();
  proto::Instant next_wakeup() const;

  // After drain() or stop(): nothing is in hand any more, and the broker knows.
  bool finished(proto::Instant now) const;
  const AttemptTable& attempts() const { return state_.attempts; }
  // Returns why the worker takes no tasks now, for want of something. Empty: it has all it needs.
  std::string shortage(proto::Instant now) const {
    return state_.shortage.lasts(now) ? state_.shortage.reason() : std::string{};
  }
  struct RunningTask {
    const proto::GrantedTask* task = nullptr;  // null: the child runs none
    proto::Instant since{0};                   // a child of the pool: when it started the task, or a little earlier
  };
  RunningTask running(std::uint32_t slot) const;

 private:
  void handle(proto::Instant now, std::uint32_t shard, proto::Message& message);

  ShardSessions sessions_;
  PoolState state_;
  PoolAttempts pool_;
  ProcessAttempts processes_;
  BrokerRequests broker_requests_;
  DrainDeadline drain_deadline_;
  LivingChildren children_;
  Effects taken_;
};

}  // namespace forkmill::worker
