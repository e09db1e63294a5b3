// SimServers: two PostgreSQL servers, of which one follows the other. Commits of the primary wait for the standby; a
// standby that is promoted has the commits that had reached it, and no others.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "tests/sim/postgres/backend.h"
#include "tests/sim/world/random.h"

namespace forkmill::sim {

// ServerFaults: deliberate faults of the functions in the schema, which exist in SQL only.
struct ServerFaults {
  bool fence_off = false;      // the functions do not check the epoch
  bool lease_trusted = false;  // the functions do not check the epoch while there is a lease
  bool epoch_kept = false;     // a takeover does not raise the epoch
  bool numbers_kept = false;   // a takeover leaves out no numbers
  bool late_accepted = false;  // the functions do not check which commit was the last one
};

class SimServer {
 public:
  explicit SimServer(const ServerFaults& its_faults) : faults{its_faults} {}

  const Database& visible() const { return *log[seen]; }
  // Appends a commit, which is on the disk of this server from now on. Throws Violation if a later one is there.
  std::size_t append(Database database);
  // Sessions see the commits up to this place from now on.
  void show(std::size_t place);
  // Whether the standby has this commit, or commits need not wait for it.
  bool is_safe(std::size_t place) const { return !waits_for_standby || place < standby_has; }
  // The session that has locked the row of the shard; null: none.
  Backend* holder() const;
  void end_sessions();
  // Whether a session has announced the owner of this epoch.
  bool has_announced(std::uint64_t epoch) const;

  const ServerFaults& faults;
  std::vector<std::shared_ptr<const Database>> log{std::make_shared<const Database>()};
  std::size_t seen = 0;           // the place of the last commit that sessions see
  std::size_t standby_has = 1;    // commits
  bool waits_for_standby = true;  // synchronous_standby_names is not empty
  bool is_up = true;
  bool is_primary = true;
  int row_locked_by = 0;  // process; 0: none
  LeaseRow lease;
  std::int64_t clock = 0;
  std::vector<std::shared_ptr<Backend>> backends;
};

class SimServers {
 public:
  SimServers(Random& random, const ServerFaults& faults);

  // Makes a session with the server that takes writes, or with one that is behind. Null: none answers.
  std::shared_ptr<Backend> connect();
  // One of the things that happen by themselves: the standby gets a commit, a session without a client goes on.
  void step();

  SimServer& primary() { return all_[primary_]; }
  SimServer& other() { return all_[1 - primary_]; }

  // Events that a simulation draws.
  void crash_primary();    // and starts again, with what is on its disk
  void promote_standby();  // brokers may still reach the old primary, which has no standby any longer
  void join_standby();     // a copy of the primary, which follows it from now on
  // Both servers are replaced by a backup of an earlier commit. Returns the number of that.
  std::uint64_t restore_backup();
  void cut_standby(bool is_cut) { cut_ = is_cut; }
  void pass_time(std::int64_t time);  // milliseconds
  bool has_standby() const { return joined_; }
  Backend* some_waiting();
  Backend* some_session();
  // All goes well from now on.
  void heal();

 private:
  void replicate();

  Random& random_;
  std::array<SimServer, 2> all_;
  std::size_t primary_ = 0;
  bool joined_ = true;
  bool cut_ = false;
  bool healed_ = false;
  int processes_ = 0;
};

}  // namespace forkmill::sim
