// ServerConnection: one connection to a PostgreSQL server. Statements are queued and sent as one pipeline, so that a
// transaction costs one round trip. One thread owns a connection.
//
// Errors: Interrupted, after which the connection is of no use and nothing is known of what was under way; SqlError, a
// statement that the server refuses; StoreError, when the store's patience is over.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "broker/store/postgres/parameters.h"
#include "broker/store/postgres/patience.h"
#include "broker/store/postgres/server_address.h"
#include "broker/store/store_error.h"

struct pg_conn;
struct pg_result;

namespace forkmill::broker {

// Interrupted: the server cannot be reached, has not answered in time, or has ended a transaction for a reason that
// passes. The fate of a transaction that was being committed is not known.
class Interrupted : public std::runtime_error {
 public:
  explicit Interrupted(const std::string& why, std::string state = {})
      : std::runtime_error{why}, state_{std::move(state)} {}
  const std::string& state() const { return state_; }  // SQLSTATE; empty: the connection was lost

 private:
  std::string state_;
};

// SqlError: the server refuses a statement, and would refuse it again.
class SqlError : public StoreError {
 public:
  SqlError(const std::string& text, std::string state) : StoreError{text}, state_{std::move(state)} {}
  const std::string& state() const { return state_; }  // SQLSTATE

 private:
  std::string state_;
};

// Rows: the result of one statement.
class Rows {
 public:
  explicit Rows(pg_result* result);

  int size() const;
  bool is_null(int row, int column) const;
  std::uint64_t number(int row, int column) const;  // a bigint, int or boolean
  std::string_view bytes(int row, int column) const;
  std::string text(int row, int column) const { return std::string{bytes(row, column)}; }
  // Returns what the server has done, such as "COMMIT" or "INSERT 0 5".
  std::string_view tag() const;
  // Throws Interrupted or SqlError. REQUIRES: the statement has failed.
  [[noreturn]] void fail() const;

 private:
  std::unique_ptr<pg_result, void (*)(pg_result*)> result_;
};

// ServerStatement: SQL with $1, $2 …; a named one is prepared once in each connection.
struct ServerStatement {
  std::string name;  // empty: not prepared
  std::string text;
};

class ServerConnection {
 public:
  // Connects. `patience` outlives the object.
  ServerConnection(const ServerAddress& address, const Patience& patience);
  ~ServerConnection();
  ServerConnection(const ServerConnection&) = delete;
  ServerConnection& operator=(const ServerConnection&) = delete;

  // Queue a statement.
  void send(const ServerStatement& statement, const Parameters& parameters = {});
  void send_sql(const std::string& text, const Parameters& parameters = {}) {
    send(ServerStatement{{}, text}, parameters);
  }
  // Sends what is queued, and waits for all of it. Returns the results in the order of send().
  std::vector<Rows> finish();
  // Sends one statement and waits for it. REQUIRES: nothing is queued.
  Rows run(const std::string& text, const Parameters& parameters = {});
  // Calls `visit` with each row of the result as it arrives, as row 0. `visit` may throw; the connection is of no use
  // then. REQUIRES: nothing is queued.
  void stream(const ServerStatement& statement, const Parameters& parameters,
              const std::function<void(const Rows&)>& visit);

  // Frees what the server keeps for prepared statements; each is prepared again when it is used.
  void forget_statements();

  // The last warning of the server since the last call; empty: there was none. A server that stops waiting for its
  // standby reports the commit as done, with a warning.
  std::string take_warning() { return std::exchange(warning_, {}); }

  // The process id of the server's process, as the peer has told it.
  int server_process() const;

 private:
  using Clock = std::chrono::steady_clock;

  void prepare(const ServerStatement& statement);
  void check(int sent);
  void flush();
  // Waits until the server has sent or taken something. `writes`: there is something to send.
  void wait(Clock::time_point end, bool writes);
  pg_result* next_result(Clock::time_point end);
  std::string error() const;
  void note(const pg_result* notice);

  const Patience& patience_;
  std::unique_ptr<pg_conn, void (*)(pg_conn*)> connection_;
  std::unordered_set<std::string> prepared_;
  std::deque<bool> queued_;  // for each command: whether its result is wanted
  std::string warning_;
};

}  // namespace forkmill::broker
