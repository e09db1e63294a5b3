// Database: the PostgreSQL servers of a ring with --cluster: a primary and its synchronous standby, which a broker
// reaches through proxies of its own, and the standby through one as well. When the primary is killed, the standby is
// promoted, and a copy of it becomes the new standby. A server that ends by itself is started again, as an operator's
// machine would do. Each server has a wall clock of its own that can be set, and in isolation a disk of its own, in
// memory, that can be full.
//
// Threads: used by the ring's own thread. Errors: std::runtime_error if a server does not start.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tests/chaos/process.h"
#include "tests/chaos/proxy.h"
#include "tests/chaos/shifted_clock.h"

struct pg_conn;

namespace forkmill::chaos {

// Session: a connection of another program to the database.
using Session = std::unique_ptr<pg_conn, void (*)(pg_conn*)>;

class Database {
 public:
  // Starts both servers, in `folder`, with ways for this number of brokers.
  Database(std::string folder, std::size_t brokers, bool isolated);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // The URL for a broker, from 0; the password is in the environment of the ring's programs.
  std::string url(std::size_t broker) const;
  std::size_t size() const { return servers_.size(); }
  std::size_t primary() const { return primary_; }
  std::size_t standby() const { return 1 - primary_; }
  // Carries a failover on, and starts servers again that have ended. Returns whether both servers run, and commits
  // reach both.
  bool tend();
  // kill -9 of the primary, and promotion of its standby. REQUIRES: tend() has returned true.
  void fail_over();
  std::uint64_t failovers() const { return failovers_; }

  // Bytes between the primary and its standby are swallowed until this is called with false.
  void cut_standby(bool is_cut);
  // The same between a broker and both servers.
  void cut_broker(std::size_t broker, bool is_cut);
  void reset_broker(std::size_t broker);
  // Sets by how many seconds the clock of a server is ahead of the machine's.
  void set_clock(std::size_t server, std::int64_t ahead) { servers_.at(server).clock->set(ahead); }
  std::int64_t clock(std::size_t server) const { return servers_.at(server).clock->ahead(); }

  // Whether servers have disks of their own.
  bool own_disks() const { return own_disks_; }
  // Leaves no room on the disk of a server until free_disk(). Returns false if that is not possible now.
  bool fill_disk(std::size_t server);
  void free_disk(std::size_t server);

  // The first value of the answer of the primary; empty: there is none.
  std::string ask(const std::string& question) const { return answer_of(primary_, question); }
  // Executes a statement at the primary, as another program. False: it failed.
  bool execute(const std::string& sql) const;
  // A session at the primary that has executed `sql`, which may begin a transaction; null: that failed.
  Session open(const std::string& sql) const;

 private:
  enum class State : std::uint8_t { whole, promoting, copying, joining };
  struct Server {
    std::uint16_t port = 0;
    Program program;
    std::int64_t due = 0;  // when it is started again, having ended by itself; 0: it has not
    bool is_full = false;  // its disk
    std::unique_ptr<ShiftedClock> clock;
    std::unique_ptr<Proxy> followers;             // the way of a standby to this server
    std::vector<std::unique_ptr<Proxy>> brokers;  // the way of each broker
  };

  void make_server(std::size_t number, std::size_t brokers);
  void make_disk(const std::string& path);
  void check_clock() const;
  Start command(const std::vector<std::string>& argv) const;  // runs as the user of the servers
  void start(std::size_t server);
  // Starts a server again that has ended by itself, after a pause. Returns whether it did so now.
  bool revive(std::size_t server);
  Start copy_of(std::size_t server) const;  // makes the data of the other one
  std::string disk(std::size_t server) const { return folder_ + "/server-" + std::to_string(server); }
  std::string data(std::size_t server) const { return disk(server) + "/data"; }
  std::string answer_of(std::size_t server, const std::string& question) const;
  bool answers(std::size_t server, const std::string& question) const { return answer_of(server, question) == "t"; }
  static std::uint16_t port_of(const Proxy& proxy);

  const std::string folder_;
  const std::string programs_;
  bool own_disks_;
  std::array<Server, 2> servers_;
  std::size_t primary_ = 0;
  State state_ = State::whole;
  Program copying_;
  std::uint64_t failovers_ = 0;
};

}  // namespace forkmill::chaos
