// forkmill as it is deployed: the broker program on a free loopback port, in memory or with a store, and pools for it.
// Everything ends with the object. Main thread only.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tests/bench/forkmill/postgres.h"
#include "tests/bench/measure/child.h"
#include "tests/bench/measure/scratch.h"

namespace forkmill::bench {

struct Programs {
  std::string broker = FORKMILL_BENCH_BROKER;
  std::string worker = FORKMILL_BENCH_WORKER;
  std::string sessions = FORKMILL_BENCH_SESSIONS;
  std::string hostile = FORKMILL_BENCH_HOSTILE;
};

// Starts workers with that many processes for the queue, at brokers that have these endpoints.
Child start_pool(const Programs& programs, const std::string& endpoints, int processes, const std::string& queue);

class Cluster {
 public:
  // `data`: where the store's new directory is made; empty: a broker in memory. `arguments` go to the broker.
  // `keys`: broker, pools and clients of this process know each other by new keys, and connections are encrypted.
  // `ipc`: the broker listens on a socket in a folder, not on TCP. `postgres`: "local" or "standby": the store is a
  // PostgreSQL server, with files in `data`, and its standby. `shards`: of the tasks; more than one need PostgreSQL.
  // Throws std::runtime_error when it does not come up.
  Cluster(const Programs& programs, const std::string& data, std::vector<std::string> arguments = {}, bool keys = false,
          const std::string& postgres = {}, bool ipc = false, int shards = 1);

  Child pool(int processes) const;
  // Worker sessions whose children are played (sessions.cc), for `queues` queues; 1: the default queue.
  Child sessions(int sessions, int queues) const;
  // Peers that flood the broker (tests/hostile); with keys, those of a principal with quotas.
  Child hostile(const std::string& flood) const;
  // A process that uses that share of one processor.
  Child burner(double share) const;
  std::string endpoint() const;
  // The queue of the pool: the default one, or one on all shards.
  std::string queue() const { return shards_ > 1 ? "bench@*" : "default"; }
  pid_t broker_pid() const { return broker_->pid(); }
  bool durable() const { return scratch_.has_value() || postgres_.has_value(); }
  // Returns the bytes of its store; 0 without a store.
  std::uint64_t bytes_on_disk() const;

  void kill_broker();   // SIGKILL
  void start_broker();  // again, on the same port and store; returns once it has been executed

 private:
  void make_keys();

  Programs programs_;
  std::optional<Scratch> scratch_;
  std::optional<Postgres> postgres_;
  std::optional<Scratch> keys_;    // files of keys; none: there are no keys
  std::optional<Scratch> socket_;  // the folder of the socket; none: the broker listens on TCP
  std::vector<std::string> arguments_;
  const int shards_;
  int port_;
  std::optional<Child> broker_;
};

}  // namespace forkmill::bench
