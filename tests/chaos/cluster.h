// Cluster: the programs of the ring (a broker with its data on a small disk, workers and clients) and the connections
// between them. A program that ends is started again, as an operator's machine would do. A program that ends by itself
// without a reason is a failure, which fails the ring.
//
//   worker 1, client 1   through a proxy          worker 2, client 2   on the far machine, or through a proxy
//   worker 3, client 3   through the socket in the folder
//
// Threads: used by the ring's own thread. Times are microseconds, as now_us() returns them.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/chaos/broker_cost.h"
#include "tests/chaos/brokers.h"
#include "tests/chaos/database.h"
#include "tests/chaos/isolation.h"
#include "tests/chaos/journal.h"
#include "tests/chaos/process.h"
#include "tests/chaos/proxy.h"
#include "tests/chaos/shifted_clock.h"
#include "tests/chaos/tasks.h"
#include "tests/sim/world/random.h"

namespace forkmill::chaos {

// A worker or a client. Each start begins another life.
struct Member {
  bool worker = false;
  int number = 0;  // from 1
  int life = 0;
  Program program;
  std::vector<Proxy*> proxies{};  // to each broker; empty: connections pass through none
  bool far = false;               // the program is on the far machine, behind the cable
  bool is_proxied() const { return !proxies.empty(); }
  void cut() const {
    for (Proxy* proxy : proxies) proxy->cut();
  }
  std::string name() const { return (worker ? "worker-" : "client-") + std::to_string(number); }
};

class Cluster {
 public:
  struct Setup {
    std::chrono::milliseconds pace;  // a client's pause between two steps
    std::size_t brokers = 1;         // more than one stand by for each other on a database
    std::size_t shards = 1;          // into which the tasks are divided; more than one need a database
    bool hostile = false;            // hostile peers flood the broker while faults happen
    std::int64_t speed = 1;          // pace of the wall clocks (soak.h)
  };
  // `folder`: holds all files of the run.
  Cluster(std::string folder, bool isolated, std::uint64_t seed, const Setup& setup);
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  // Reaps programs that have ended, and starts those that are due.
  void tend();
  // Blocks until there may be something for tend() to do, one of `signs` is readable, a signal asks for an end, or
  // `until`; half a second at most.
  void wait(std::int64_t until, std::vector<int> signs = {}) const;

  // The broker that owns the tasks; with several shards the one that has begun to own some last.
  Program& broker() { return brokers()[brokers().owner()]; }
  // The process that serves the tasks; with several shards one of that broker. 0: it does not run.
  pid_t serving_process(sim::Random& random);
  Brokers& brokers() { return *brokers_; }
  std::size_t shards() const { return setup_.shards; }
  bool is_sharded() const { return setup_.shards > 1; }
  // Null: the broker has a data directory.
  Database* database() { return database_.get(); }
  // The journals of all clients, as far as they have begun one.
  std::vector<std::string> client_journals() const;
  // Records that another broker may own the tasks from now on, and workers may be out of reach for so long.
  void unsettle(std::int64_t how_long);
  std::vector<Member>& members() { return members_; }
  Member& worker(int number) { return members_[static_cast<std::size_t>(number - 1)]; }
  Member& client(int number) { return members_[static_cast<std::size_t>(kWorkers + number - 1)]; }
  static constexpr int kWorkers = 3;
  static constexpr int kClients = 3;

  // Before `until`, an exit of the program is no failure; for a member, this ends when it is started again. Death by a
  // signal other than SIGKILL remains a failure.
  void excuse_broker(std::int64_t until) { brokers_->excuse(until); }
  void excuse(Member& member, std::int64_t until) { excused_[member.name()] = until; }
  // Records that a worker was or will be unreachable, so that its tasks may be granted to other workers. Worker 0: all
  // workers.
  void out_of_reach(int worker, std::int64_t from, std::int64_t until);

  // Sets by how many seconds the wall clocks of all programs are ahead.
  void set_clock(std::int64_t ahead) { clock_.set(ahead); }
  std::int64_t clock() const { return clock_.ahead(); }

  const FarMachine* far() const { return far_ && far_->works() ? &*far_ : nullptr; }
  bool own_disk() const { return own_disk_; }
  static constexpr std::uint64_t kDiskBytes = 8ULL << 30;
  std::string data_folder() const { return folder_ + "/data"; }
  std::uint16_t port() const { return brokers_->listener(brokers_->owner()).port; }
  const std::string& folder() const { return folder_; }
  void trouble(const std::string& text);
  const std::vector<std::string>& troubles() const { return troubles_; }
  Journal& journal() { return journal_; }

  // The cost of the broker while hostile peers flood it; null: there are none.
  const BrokerCost* cost() const { return cost_ ? &*cost_ : nullptr; }
  std::string broker_log() const { return broker_command(brokers_->owner()).log; }
  // Ends the hostile peers. What they have cost the broker is a trouble if it is too much.
  void end_hostile();
  // Ends the load: a client ends when all that it asked for has ended, and is started again only if it failed.
  void calm();
  bool clients_ended() const;
  // Reads what is left in named objects. Returns false if this failed, or took longer than `seconds`.
  bool sweep(int seconds);
  // Asks all programs to end. One that does not exit with status 0 in time is a failure.
  void stop();

 private:
  void make_keys();
  std::vector<Brokers::Listener> listeners(bool isolated, std::size_t count) const;
  void make_members();
  Start broker_command(std::size_t number) const;
  void start(Member& member);
  void start_worker(Member& member);
  void start_client(Member& member);
  std::string endpoint_of(const Member& member) const;
  std::string journal_of(const Member& member, int life) const;
  void reap(Member& member);
  std::string sockets() const;
  static bool has_reason(int status, std::int64_t excused_until);
  std::vector<std::string> environment(const std::string& role) const;
  void start_hostile();

  const std::string folder_;
  const std::uint64_t seed_;
  const Setup setup_;
  const std::int64_t began_ = now_us();
  Journal journal_;
  std::optional<FarMachine> far_;
  bool own_disk_ = false;
  ShiftedClock clock_;
  std::vector<std::unique_ptr<Proxy>> proxies_;
  std::unique_ptr<Database> database_;
  std::vector<Brokers::Listener> listeners_;
  std::unique_ptr<Brokers> brokers_;
  std::vector<Member> members_;
  Program hostile_;
  std::optional<BrokerCost> cost_;  // with hostile peers
  std::map<std::string, std::int64_t> excused_;
  std::map<std::string, std::int64_t> due_;
  bool calm_ = false;
  std::vector<std::string> troubles_;
};

}  // namespace forkmill::chaos
