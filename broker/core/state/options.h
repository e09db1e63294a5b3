// Options of the broker's rules, which operators set by the flags of the programs and by the configuration file.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "broker/core/events/event_ring.h"
#include "broker/core/tasks/queue_limits.h"
#include "proto/clock.h"
#include "proto/ids.h"
#include "proto/limits.h"
#include "proto/session/rights.h"

namespace forkmill::broker {

using namespace std::chrono_literals;
using proto::Instant;
using proto::milliseconds;

// How many names the broker keeps at once.
struct NameLimits {
  std::size_t queues = 10'000;
  std::size_t task_types = 100'000;  // task names, each with its signatures
  std::size_t objects = 1'000'000;   // locks, queues, dicts …
};

// How many submissions of one client may be unacknowledged.
struct Window {
  std::uint32_t tasks = 16 * 1024;
  std::uint64_t bytes = 64 * 1024 * 1024;
};

// Maximum bytes of all clients together.
struct TotalBytes {
  std::uint64_t unsafe = 512 * 1024 * 1024;  // submissions that are not safe yet
  // Results that must be kept: beyond, only principals with less than an equal share submit tasks.
  std::uint64_t results = 1024 * 1024 * 1024;
};

struct CoreOptions {
  milliseconds heartbeat = 2s;
  milliseconds session_timeout = 10s;
  milliseconds ack_delay = 2ms;  // longest wait of an acknowledgement for a message to go with
  Window window;
  TotalBytes total;
  std::uint64_t max_payload = proto::limits::kMaxPayload;
  milliseconds restart_grace = 1s;    // for workers to come back with running tasks; nothing is granted before
  milliseconds timeout_grace = 1min;  // for workers to end attempts that run over their timeout; then the broker does
  milliseconds result_ttl = 10min;
  milliseconds key_window = 1h;        // a finished task with a key is known for at least this long
  std::size_t kept_results = 100'000;  // delivered results kept for clients that attach later, oldest dropped first
  std::size_t kept_result_bytes = 64 * 1024 * 1024;
  std::size_t log_memory = 64 * 1024 * 1024;  // bytes of the logs of all attempts
  std::size_t dead_letters = 10'000;          // failed tasks kept with their arguments
  NameLimits names;
  // Grants tasks that no worker has as well: the worker ends them with unknown_task at once. For a broker whose workers
  // all have the same tasks, so that a better one never comes.
  bool grants_unknown = false;
  bool audit = false;    // Effects::audit gets lines
  bool history = false;  // Effects::finished gets tasks, and queries may search the history
  // The folder for backups, without a / behind. Empty: the broker's own user and root may name any file, others none.
  std::string backup_folder;
  // Returns the principal behind a connection; empty: it is the broker's own user. Null: all peers are that. Sessions,
  // instances and all that they hold belong to a principal (peers/principals.h).
  std::function<std::string(proto::PeerId peer)> principal_of;
  // Returns what the principal behind a connection may use. The rights may change later, followed by Core::expel();
  // they must outlive all sessions of the connection. Null: all peers may use everything.
  std::function<const proto::Rights*(proto::PeerId peer)> rights_of;
  ResidentLimits resident;
  EventLimits events;
  QueueOptions queue;  // for every queue that is not named in `queues`
  std::map<std::string, QueueOptions> queues;
};

}  // namespace forkmill::broker
