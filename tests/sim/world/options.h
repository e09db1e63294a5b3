// Options: the cluster of one seed. Each seed has some features and faults and not others ("swarm testing", Groce et
// al. 2012): a cluster that crashes all the time does not hide a bug that needs a full queue.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "broker/core/state/options.h"
#include "proto/wire/messages.h"
#include "tests/sim/world/disk_errors.h"
#include "tests/sim/world/random.h"

namespace forkmill::sim {

// Rates of faults, per minute of virtual time and for each node or connection that a fault can happen to.
struct FaultRates {
  double cut = 0;           // a connection breaks
  double partition = 0;     // nothing passes for a while
  double broker_crash = 0;  // the broker and its memory are gone; a durable store stays
  double broker_stop = 0;   // the same with a GOODBYE
  double broker_pause = 0;  // SIGSTOP, SIGCONT
  double worker_crash = 0;  // the whole pool is gone
  double worker_pause = 0;  // the link stands still; its children go on
  double worker_drain = 0;  // the worker leaves in order and comes back
  double client_crash = 0;  // its futures with it; a successor attaches to some of its tasks
  double client_pause = 0;
  double half_open = 0;  // messages on a connection are lost without notice
  double wall_jump = 0;  // the wall clock of a node is set, forwards or back
  double stumble = 0;    // the broker crashes, and again when it has hardly begun
  double absence = 0;    // a worker is cut off for long, while the broker is restarted
  double stranger = 0;   // a peer of another principal names the numbers of a client or worker
  double full = 0;       // the socket of a client or worker does not take its next message
  double no_memory = 0;  // the broker has as much memory as it may have for a while
};

// How clients use a named object that they share.
enum class Role : std::uint8_t {
  lock,
  semaphore,
  queue,
  counter,
  cell,
  event,
  barrier,
  table,  // a dict with all of its operations
  list,
  joinable,  // a queue whose items are reported as done
  monitor,   // a lock, and the condition that goes with it
  condition,
  pipe,
};
struct Shared {
  Role role = Role::lock;
  proto::ObjectSpec spec;
  bool approval = false;    // queue: items are lent, and settled later
  std::size_t partner = 0;  // condition: its lock
};

struct ObjectOptions {
  std::vector<Shared> shared;  // empty in many seeds
  std::size_t visits = 0;      // how often a client does something with one of them
  Instant longest_wait{0};     // the longest that an operation waits
  Instant longest_hold{0};     // the longest that a client holds an object
  double giving_up = 0;        // the chance that a call is given up before its wait is over
};

// The longest delay of a slow node at each thing that it does; 0: none.
struct Slowness {
  Instant broker{0};
  Instant client{0};
  Instant worker{0};
  Instant birth{0};  // the birth of a child, beyond the usual
  friend bool operator==(const Slowness&, const Slowness&) = default;
};

// The disk of a broker whose store outlives it.
struct DiskOptions {
  bool sqlite = false;  // on a simulated disk; else in memory, which does not fail
  std::uint64_t checkpoint_bytes = 0;
  DiskErrors errors;
  double power = 0;   // the share of the broker's ends that take the machine along
  double crowds = 0;  // how often per minute other programs fill the disk for a while
};
DiskOptions draw_disk(std::uint64_t seed);
std::string to_string(const DiskOptions& disk);

// ShardOptions: a cluster with several shards, which several brokers share (shards/).
struct ShardOptions {
  std::uint32_t shards = 1;
  std::size_t brokers = 1;
  std::vector<std::string> queues;  // as their users write them: NAME, NAME@2, NAME@*
  double misled = 0;                // the share of peers that are given the endpoint of a shard instead of all brokers
  // Rates of faults, per minute: the lease of an owner is not renewed for a while; a broker does not reach the database
  // for a while; an operator drains a broker, or places a shard.
  double lease_loss = 0;
  double outage = 0;
  double drain = 0;
  double placement = 0;
  std::size_t locks = 0;        // durable ones, which all clients use
  bool one_queue_each = false;  // each worker serves one of the queues; otherwise some of them, and the first one all
};

struct Options {
  std::uint64_t seed = 0;
  std::uint64_t noise = 0;  // the same cluster with other chances on the way
  // The numbers of faults and visits that shrinking has left out (shrink.h).
  std::set<std::uint64_t> no_faults;
  std::set<std::uint64_t> no_visits;
  double forced_paths = 0;  // how many of the paths of proto/buggify.h are open, and how often they are taken

  bool durable = false;     // the store outlives the broker
  Instant commit_delay{0};  // at most
  broker::CoreOptions core;

  std::size_t clients = 1;
  std::size_t principals = 1;  // to which the clients belong, in turns
  std::size_t workers = 1;
  std::size_t children = 1;  // at most, of one worker
  std::size_t queues = 1;
  std::size_t kinds = 1;
  bool specialists = false;  // some workers do not serve every queue or do not know every task
  std::uint64_t max_tasks_per_child = 0;

  std::size_t tasks = 100;  // all clients together
  std::size_t burst = 1;    // submitted together, at most
  Instant safety{0};        // the time in which tasks come and things go wrong
  Instant net_delay{0};     // at most, one way
  Instant run_time{0};      // at most
  FaultRates faults;

  std::uint32_t max_attempts = 3;
  double memory_tasks = 0;  // with a durable store: the share that asks for memory only
  double priorities = 0;
  double delayed = 0;
  double expiring = 0;
  double limited = 0;  // tasks with time limits
  double retry_errors = 0;
  double large = 0;  // payloads that travel as frames of their own
  double cancels = 0;
  double attaches = 0;  // another client asks for the result as well
  double queries = 0;
  double at_most_once = 0;
  Instant longest_delay{0};
  bool reject_when_full = false;
  std::uint32_t result_window = 0;  // results that may be under way to a client; 0: as many as clients ask for

  double throws = 0;  // handlers that throw
  double asks_retry = 0;
  double strays = 0;      // tasks in queues of their own, which no worker serves
  double shortages = 0;   // attempts that their worker has no resources for
  double child_dies = 0;  // while it runs a task
  double stillborn = 0;   // children that die before they are ready
  double progress = 0;
  double stubborn = 0;  // handlers that ignore stop token and SIGTERM
  double deaf = 0;      // attempts that hang and whose worker does not know of their time limit

  ObjectOptions objects;

  Slowness slow;
  Instant lateness{0};        // the longest delay of messages that a broken connection lets through
  double twice = 0;           // the chance that such a message also goes over the next connection
  milliseconds most_skew{0};  // the most that a wall clock is off

  double keyed = 0;  // tasks under an idempotency key
  std::size_t keys = 1;
  double other_body = 0;   // the share of those with other arguments
  double short_lived = 0;  // tasks whose results are kept for a short time
  double operators = 0;    // dead letters are retried and dropped
  double watching = 0;     // clients watch the events of tasks
  double steering = 0;     // queues and task names are paused, resumed and limited
  DiskOptions disk;

  std::size_t max_processes = 0;  // per worker, beyond its pool
  double processes = 0;           // tasks with a process of their own
  double daemons = 0;             // the share of those that are daemons
  double signals = 0;             // the chance that a user signals one of its processes
  double families = 0;            // the share of processes in which a client lives
  Instant process_time{0};        // the longest run of a process

  ShardOptions sharding;
  bool is_audited = true;  // false: a measurement, for which the audits of brokers would take too long (shards/fleet.h)
};

// Draw and describe the features that options.cc leaves to options_features.cc and options_corners.cc.
void draw_features(Random& random, Options& options);
void draw_corners(std::uint64_t seed, Options& options);
std::string features_to_string(const Options& options);

Options draw(std::uint64_t seed);
// A cluster with several shards.
Options draw_sharded(std::uint64_t seed);
std::string to_string(const ShardOptions& sharding);
std::string to_string(const Options& options);

}  // namespace forkmill::sim
