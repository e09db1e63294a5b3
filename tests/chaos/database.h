// Database: the PostgreSQL servers of a ring with --cluster: a primary and its synchronous standby, which a broker
// reaches through proxies of its own, and the standby through one as well. When the primary is killed, the standby is
// promoted, and a copy of it becomes the new standby.
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

struct pg_conn;

namespace forkmill::chaos {

// Session: a connection of another program to the database.
using Session = std::unique_ptr<pg_conn, void (*)(pg_conn*)>;

class Database {
 public:
  // Starts both servers, in `folder`, with ways for this number of brokers. `environment` is that of the servers.
  Database(std::string folder, std::size_t brokers, std::vector<std::string> environment);
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // The URL for a broker, from 0; the password is in the environment of the ring's programs.
  std::string url(std::size_t broker) const;
  // Carries a failover on. Returns whether both servers run, and commits reach both.
  bool tend();
  // kill -9 of the primary, and promotion of its standby. REQUIRES: tend() has returned true.
  void fail_over();
  std::uint64_t failovers() const { return failovers_; }

  // Bytes between the primary and its standby are swallowed until this is called with false.
  void cut_standby(bool is_cut);
  // The same between a broker and both servers.
  void cut_broker(std::size_t broker, bool is_cut);
  void reset_broker(std::size_t broker);
  // Executes a statement at the primary, as another program. False: it failed.
  bool execute(const std::string& sql) const;
  // A session at the primary that has executed `sql`, which may begin a transaction; null: that failed.
  Session open(const std::string& sql) const;

 private:
  enum class State : std::uint8_t { whole, promoting, copying, joining };
  struct Server {
    std::uint16_t port = 0;
    Program program;
    std::unique_ptr<Proxy> followers;             // the way of a standby to this server
    std::vector<std::unique_ptr<Proxy>> brokers;  // the way of each broker
  };

  Start command(const std::vector<std::string>& argv) const;  // runs as the user of the servers
  void start(std::size_t server);
  Start copy_of(std::size_t server) const;  // makes the data of the other one
  std::string data(std::size_t server) const { return folder_ + "/server-" + std::to_string(server); }
  bool answers(std::size_t server, const std::string& question) const;
  static std::uint16_t port_of(const Proxy& proxy);

  const std::string folder_;
  const std::vector<std::string> environment_;
  const std::string programs_;
  std::array<Server, 2> servers_;
  std::size_t primary_ = 0;
  State state_ = State::whole;
  Program copying_;
  std::uint64_t failovers_ = 0;
};

}  // namespace forkmill::chaos
