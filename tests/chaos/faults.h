// Faults: what the ring does to its cluster, and when. All kinds are dealt from a shuffled deck, one after a random
// pause, so that each comes equally often and none in an order that repeats; what lasts ends by itself, and several go
// on at once.
//
// Threads: belongs to the ring's own.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tests/chaos/cluster.h"
#include "tests/sim/world/random.h"

namespace forkmill::chaos {

// One that goes on.
struct Ongoing {
  std::int64_t until = 0;
  std::function<void()> end;
  // Ends it before its time. Whether it then counts depends on this: it came to what it is about.
  std::function<bool()> met{};
  std::function<int()> sign{};  // a descriptor that is readable when that may be so
};

struct Fault {
  std::string name;
  std::string impossible;  // why it is, here; empty: it is not
  // Does it. Empty `end`: nothing to be done at the moment, another time.
  std::function<Ongoing()> begin;
  std::uint64_t times = 0;
};

class Faults {
 public:
  Faults(Cluster& cluster, std::uint64_t seed, std::int64_t mean_pause);

  // Begins and ends what is due.
  void tick();
  // When something is, and what is readable when something is due earlier.
  std::int64_t due() const;
  std::vector<int> signs() const;
  // Ends what goes on; nothing begins any more.
  void stop();
  const std::vector<Fault>& all() const { return all_; }

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

  bool begin_next();
  void finish(Going& going);
  void note(const std::string& text) const;
  std::int64_t span(std::int64_t least_ms, std::int64_t most_ms);  // microseconds

  Ongoing once();  // it is done
  Ongoing kill(pid_t pid);
  Ongoing pause(pid_t pid, int silent_worker);
  Ongoing swallow(bool up, bool down);
  Ongoing fill_disk(std::uint64_t leave);
  Ongoing starve(pid_t pid);
  Ongoing crowd(std::size_t connections);
  Ongoing wave();
  Ongoing drain();
  Ongoing stop_broker();
  Member& some_worker() { return cluster_.worker(static_cast<int>(random_.between(1, Cluster::kWorkers))); }
  Member& some_client() { return cluster_.client(static_cast<int>(random_.between(1, Cluster::kClients))); }
  // A link or child of it; 0: there is none.
  pid_t part_of(const Member& worker, const char* name);
  Member& some_proxied();
  // The worker's number: that one cannot be reached for so long.
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
