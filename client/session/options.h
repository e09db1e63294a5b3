// SessionOptions: identity and limits of one client's session.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "proto/clock.h"
#include "proto/wire/messages.h"

namespace forkmill::client {

using proto::Instant;
using proto::milliseconds;

// Treatment of a task that the broker rejects because its queue is full.
enum class OnQueueFull : std::uint8_t { resend, reject };

struct SessionOptions {
  std::string name{};
  std::string host{};
  std::uint32_t pid = 0;
  std::string software{};
  OnQueueFull on_queue_full = OnQueueFull::resend;
  milliseconds resend_for{0};  // a task is rejected when its queue has been full for this long; 0: never
  std::uint64_t seed = 1;      // seed of jitter and nonces
  std::uint64_t instance = 0;  // identifies this client in all of its sessions: random, shared with no other client
  std::uint32_t shard = 1;     // that of this session
  std::uint32_t shards = 0;    // how many the cluster has; 0: that is not known yet
  bool has_standbys = false;   // other brokers may take over
  std::uint64_t child_of = 0;  // the instance of the worker in whose child this client lives; 0: in no worker's
  // Called with each message of the session before it is handled, except stale ones, which may be repeats.
  std::function<void(proto::Message&)> on_message{};
};

}  // namespace forkmill::client
