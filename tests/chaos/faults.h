// Faults: what the ring does to its cluster, and when. Faults are dealt from a shuffled deck with a random pause after
// each, so that each kind comes equally often and the order does not repeat. A fault that lasts ends by itself;
// several faults may last at once.
//
// Threads: used by the ring's own thread. Times are microseconds, as now_us() returns them.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tests/chaos/cluster.h"
#include "tests/sim/world/random.h"

namespace forkmill::chaos {

// Why a fault cannot be done without isolation.
inline constexpr const char* kNotRoot = "needs root and the right to create namespaces";

// A fault that has begun.
struct Ongoing {
  std::int64_t until = 0;
  std::function<void()> end;
  // True: the fault has reached its purpose, and ends before its time. A fault with this function counts only if it
  // has reached its purpose.
  std::function<bool()> met{};
  std::function<int()> sign{};  // returns a descriptor that is readable when met() may be true
};

struct Fault {
  std::string name;
  std::string impossible;  // why the fault can not be done here; empty: it can
  // Begins the fault. An empty `end` in the result: it can not be done at the moment; it is tried again later.
  std::function<Ongoing()> begin;
  std::uint64_t times = 0;
};

class Faults {
 public:
  Faults(Cluster& cluster, std::uint64_t seed, std::int64_t mean_pause);

  // Begins and ends the faults that are due.
  void tick();
  // Returns when tick() has something to do. signs() are descriptors that are readable when it may have some earlier.
  std::int64_t due() const;
  std::vector<int> signs() const;
  // Ends the faults that last. Do not call tick() afterwards.
  void stop();
  const std::vector<Fault>& all() const { return all_; }
  // Returns how many there were so far.
  std::uint64_t count() const;

 private:
  struct Going {
    std::size_t fault;
    Ongoing what;
  };

  void add(std::string name, std::function<Ongoing()> begin, std::string impossible = {});
  void add_kills();
  void add_pauses();
  void add_network();
  void add_disk();
  void add_descriptors();
  void add_clock();
  void add_restarts();
  void add_takeovers();
  void add_failovers();
  void add_database_disks();
  void add_database_clocks();
  void add_other_sessions();

  bool begin_next();
  void finish(Going& going);
  void note(const std::string& text) const;
  std::int64_t span(std::int64_t least_ms, std::int64_t most_ms);  // microseconds

  Ongoing once();  // a fault that is over at once
  Ongoing kill(pid_t pid);
  Ongoing pause(pid_t pid, int silent_worker);
  Ongoing swallow(bool up, bool down);
  Ongoing fill_disk(std::uint64_t leave);
  Ongoing starve(pid_t pid);
  Ongoing crowd(std::size_t connections);
  Ongoing wave();
  Ongoing drain();
  Ongoing stop_broker();
  Ongoing cut_from_database(std::size_t broker);
  Ongoing fail_over(std::int64_t cut_before);
  Ongoing fail_over_twice();
  Ongoing fill_database_disk(std::size_t server);
  // Sets the clock of one of the servers forward by these seconds, or back.
  Ongoing set_database_clock(std::int64_t by);
  Ongoing other_session(const std::string& sql);
  Member& some_worker() { return cluster_.worker(static_cast<int>(random_.between(1, Cluster::kWorkers))); }
  Member& some_client() { return cluster_.client(static_cast<int>(random_.between(1, Cluster::kClients))); }
  // Returns a child process of the worker by its name, "forkmill-link" or "forkmill-child"; 0: there is none.
  pid_t part_of(const Member& worker, const char* name);
  Member& some_proxied();
  // Records that the member, if it is a worker, can not be reached for `how_long`.
  void silence(const Member& member, std::int64_t how_long);

  Cluster& cluster_;
  sim::Random random_;
  const std::int64_t mean_pause_;
  std::vector<Fault> all_;
  std::vector<std::size_t> deck_;
  std::vector<Going> going_;
  std::int64_t next_ = 0;
  bool disk_filled_ = false;
};

}  // namespace forkmill::chaos
