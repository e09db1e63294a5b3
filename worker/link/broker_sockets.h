// BrokerSockets: the sockets of a worker, one for each shard of its queues. Used by the link's only thread.
#pragma once

#include <forkmill/worker_options.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "proto/clock.h"
#include "proto/os/waiter.h"
#include "proto/transport/dealer.h"
#include "worker/link/link_log.h"
#include "worker/rules/foreman.h"

namespace forkmill::worker {

class BrokerSockets {
 public:
  // All arguments outlive this. `waiter` gets the descriptors of the sockets, with `tag`. Throws TransportError for an
  // endpoint or keys that make no sense.
  BrokerSockets(const WorkerOptions& options, Foreman& foreman, LinkLog& log, proto::Waiter& waiter, std::uint64_t tag);

  // Tells the foreman of connections that were made or lost, and gives it what has arrived.
  void read(proto::Instant now);
  // Sends what the sessions say, goes where their brokers are, and connects again where that is needed.
  void carry_out(const Effects& effects);
  // Asks each socket: only after all have nothing do their descriptors signal changes.
  bool is_pending();

 private:
  // Makes the sockets of the sessions that are wanted, and drops others.
  void match_sessions();
  void read(proto::Instant now, std::uint32_t shard, proto::Dealer& dealer);
  void talk(std::uint32_t shard, const std::vector<proto::Envelope>& messages, bool reconnect,
            const proto::Moved* moved, bool is_new);
  void follow(std::uint32_t shard, const proto::Moved& moved, bool is_new);

  const WorkerOptions& options_;
  Foreman& foreman_;
  LinkLog& log_;
  proto::Waiter& waiter_;
  const std::uint64_t tag_;
  std::vector<std::unique_ptr<proto::Dealer>> dealers_;  // by shard; null: none is needed
};

}  // namespace forkmill::worker
