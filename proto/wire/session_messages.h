// Messages that begin, keep and end a session: HELLO, WELCOME, HEARTBEAT, GOODBYE, ERROR (PROTOCOL.md, Sessions).
#pragma once

#include <forkmill/errc.h>

#include <cstdint>
#include <string>
#include <vector>

#include "proto/clock.h"
#include "proto/ids.h"
#include "proto/limits.h"

namespace forkmill::proto {

enum class Role : std::uint8_t { client = 1, worker = 2 };
constexpr Role last_of(Role) { return Role::worker; }

// A task that a worker can run. The text of the signature is for error messages; its hash is what tasks carry.
struct TaskInfo {
  std::string name;
  std::string signature;
  friend bool operator==(const TaskInfo&, const TaskInfo&) = default;
};

// The part of HELLO that only a worker fills in.
struct WorkerInfo {
  std::vector<std::string> queues;
  std::vector<TaskInfo> tasks;
  std::uint32_t children = 0;
  std::vector<Grant> holding;       // queued, running, or ended with an outcome that is not acknowledged
  std::string holding_store{};      // the store that gave out `holding`, as the last WELCOME named it
  std::uint32_t max_processes = 0;  // children beyond `children`, forked for one task each
  std::uint64_t signals_heard = 0;  // number of the last signal (SignalNote) that has arrived
  std::uint32_t max_children = 0;   // most that SCALE may ask for; 0: obeys neither SCALE nor DRAIN of the broker
  bool restarts = false;            // obeys a DRAIN with Drain::restart
  bool logs = false;                // says LOGS, and obeys LOG_LIMITS
  friend bool operator==(const WorkerInfo&, const WorkerInfo&) = default;
};

struct Hello {
  std::uint16_t protocol_min = limits::kProtocolMin;
  std::uint16_t protocol_max = limits::kProtocolMax;
  Role role = Role::client;
  std::uint64_t nonce = 0;  // comes back in the WELCOME that answers this HELLO
  SessionId resume;         // the session to continue; none: a new one
  std::string name;
  std::string host;
  std::uint32_t pid = 0;
  std::string software;
  std::uint32_t window_results = 16 * 1024;  // maximum of results that are sent and not acknowledged
  WorkerInfo worker;
  std::uint64_t instance = 0;  // random; the same in all sessions of a client or worker; tasks belong to it
  std::uint64_t child_of = 0;  // instance of the worker in whose child this client or worker lives; 0: none
  // Rises with each HELLO of this instance: microseconds of a monotonic clock, or one more than the last. A HELLO of a
  // broken connection may arrive after a later one has been answered; the broker then drops it. 0: not given.
  std::uint64_t order = 0;
  std::uint32_t shard = 0;   // the shard that the peer wants a session with, from 1; 0: it knows of no shards
  std::uint32_t shards = 0;  // how many the cluster has, as far as the peer knows
  friend bool operator==(const Hello&, const Hello&) = default;
};

struct Route {
  std::string queue;     // name, or "*" for all others
  std::string endpoint;  // broker that serves the queue; empty: this one
  friend bool operator==(const Route&, const Route&) = default;
};

struct Welcome {
  std::uint16_t protocol = limits::kProtocolMax;
  std::uint64_t nonce = 0;
  SessionId session;  // always new: messages that arrive with an older id are stale
  Epoch epoch;
  bool resumed = false;  // this session has taken over everything from the one that HELLO named
  milliseconds heartbeat{0};
  milliseconds session_timeout{0};
  std::uint32_t window_tasks = 0;  // maximum of submissions that are sent and not acknowledged
  std::uint64_t window_bytes = 0;
  std::uint64_t max_payload = limits::kMaxPayload;
  std::string store;  // id of the store to which epoch and commit belong
  CommitSeq commit;
  std::string software;
  std::vector<Route> routes;
  std::uint64_t granted = 0;    // worker: grants counted so far; its credit continues from here
  std::vector<Grant> abandon;   // worker: grants that it holds and that are no longer its own
  bool kept = false;            // client: its operations and its holdings of named objects are still known
  std::uint64_t log_bytes = 0;  // worker: what is kept of the log of one attempt; 0: LOGS are not wanted
  std::uint32_t shard = 1;      // the shard of this session
  std::uint32_t shards = 1;     // how many the cluster has
  friend bool operator==(const Welcome&, const Welcome&) = default;
};

// Place: where the owner of a shard is.
struct Place {
  std::string endpoints;  // with commas between; empty: the shard has no owner at present
  friend bool operator==(const Place&, const Place&) = default;
};

// Answers a HELLO: the session is to be had elsewhere.
struct Moved {
  std::uint64_t nonce = 0;    // that of the HELLO
  std::uint32_t shards = 1;   // how many the cluster has
  std::uint64_t version = 0;  // that of `places`; rises with each change of an owner
  std::vector<Place> places;  // by number; an empty list: the broker that answers knows its own shard only
  friend bool operator==(const Moved&, const Moved&) = default;
};

// Sent by either side after one heartbeat interval without another message. The broker answers each one.
struct Heartbeat {
  std::uint32_t running = 0;        // worker: running attempts
  std::uint32_t waiting = 0;        // worker: grants that are not started
  std::uint64_t signals_heard = 0;  // worker: as in WorkerInfo
  friend bool operator==(const Heartbeat&, const Heartbeat&) = default;
};

struct Goodbye {
  Errc code = Errc::ok;
  std::string text;
  friend bool operator==(const Goodbye&, const Goodbye&) = default;
};

struct ErrorMessage {
  MessageSeq about;  // the message that is answered, or none
  Errc code = Errc::unknown;
  std::string text;
  friend bool operator==(const ErrorMessage&, const ErrorMessage&) = default;
};

}  // namespace forkmill::proto
