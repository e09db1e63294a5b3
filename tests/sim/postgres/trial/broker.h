// SimBroker: a broker's use of its store, life after life, on a thread of its own: waits for its turn, opens, compares
// what it finds with the lineage, writes, reads, and ends when its store fails.
#pragma once

#include <memory>
#include <string>

#include "broker/store/postgres/postgres_store.h"
#include "tests/sim/disk/trial/author.h"
#include "tests/sim/postgres/session.h"
#include "tests/sim/postgres/trial/chances.h"
#include "tests/sim/postgres/trial/lineage.h"

namespace forkmill::sim {

// TrialWorld: what the brokers of a trial share.
struct TrialWorld {
  explicit TrialWorld(std::uint64_t seed, const ServerFaults& faults)
      : random{seed * 0x9E3779B97F4A7C15ULL + 11},
        chances{draw_chances(random)},
        servers{random, faults},
        author{random} {}

  void say(const std::string& text) const;
  // The first violation ends the trial.
  void complain(const std::string& text);
  // Whether no other broker has taken over from the owner of `epoch`, as far as any server shows.
  bool is_last(std::uint64_t epoch) const { return highest_epoch <= epoch; }

  Random random;
  TrialChances chances;
  SimServers servers;
  Author author;
  Lineage lineage;
  TrialCounts counts;
  Turns turns;
  std::uint64_t highest_epoch = 0;  // that was visible since the last restore
  bool is_ending = false;
  bool verbose = false;
  std::string violation;  // empty: none
};

// PlayedLease: a lease whose renewals the trial makes.
class PlayedLease;

class SimBroker {
 public:
  SimBroker(TrialWorld& world, std::string name) : world_{world}, name_{std::move(name)} {}

  // The body of its thread: lives until the trial ends. `last`: opens once, and ends.
  void run(bool last);
  void renew_lease();
  // The process dies: it does not end its lease.
  void die() { is_dead_ = true; }

 private:
  friend class PlayedLease;
  struct Opened {
    std::uint64_t epoch = 0;
    std::uint64_t restores = 0;
    Lineage::Id base = 0;
    proto::CommitSeq last;
    StoreState now;
  };
  broker::PostgresOptions options(bool last);
  void live(bool last);
  bool open(broker::PostgresStore& store, Opened& opened);
  // Finds the commit whose state the store has. Returns false if the broker must end.
  bool find_base(broker::PostgresStore& store, Opened& opened);
  // Each returns false if the store has failed.
  bool take_step(broker::PostgresStore& store, Opened& opened);
  bool apply(broker::PostgresStore& store, Opened& opened);
  bool commit(broker::PostgresStore& store, Opened& opened);
  bool fetch(broker::PostgresStore& store, Opened& opened);
  bool is_undisturbed(const Opened& opened) const;
  // Returns true for success. Throws Violation if the store had no reason to fail.
  bool accept(const proto::Status& status, const Opened& opened);

  TrialWorld& world_;
  const std::string name_;
  int lives_ = 0;
  bool is_dead_ = false;
  bool is_renewing_ = false;
  PlayedLease* lease_ = nullptr;
};

}  // namespace forkmill::sim
