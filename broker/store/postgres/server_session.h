// ServerSession: a session with a PostgreSQL server. Statements are queued and sent as one pipeline, so that a
// transaction costs one round trip. One thread owns a session.
//
// Errors: Interrupted, after which the session is of no use and nothing is known of what was under way; SqlError, a
// statement that the server refuses; StoreError, when the store's patience is over.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "broker/store/postgres/parameters.h"
#include "broker/store/store_error.h"

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
  // `tag`: what tag() returns; empty: what the server has said.
  explicit Rows(pg_result* result, std::string tag = {});

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
  std::string tag_;
};

// Throws what a statement that failed with this SQLSTATE means: Interrupted for a reason that passes, else SqlError.
[[noreturn]] void fail_statement(const std::string& text, const std::string& state);

// ServerStatement: SQL with $1, $2 …; a named one is prepared once in each connection.
struct ServerStatement {
  std::string name;  // empty: not prepared
  std::string text;
};

class ServerSession {
 public:
  virtual ~ServerSession() = default;

  // Queues a statement.
  virtual void send(const ServerStatement& statement, const Parameters& parameters) = 0;
  void send(const ServerStatement& statement) { send(statement, Parameters{}); }
  void send_sql(const std::string& text, const Parameters& parameters = {}) { send({{}, text}, parameters); }
  // Sends what is queued, and waits for all of it. Returns the results in the order of send().
  virtual std::vector<Rows> finish() = 0;
  // Sends one statement and waits for it. REQUIRES: nothing is queued.
  Rows run(const std::string& text, const Parameters& parameters = {});
  // Calls `visit` with each row of the result as it arrives, as row 0. `visit` may throw; the session is of no use
  // then. REQUIRES: nothing is queued.
  virtual void stream(const ServerStatement& statement, const Parameters& parameters,
                      const std::function<void(const Rows&)>& visit) = 0;

  // Frees what the server keeps for prepared statements; each is prepared again when it is used.
  virtual void forget_statements() = 0;

  // The last warning of the server since the last call; empty: there was none. A server that stops waiting for its
  // standby reports the commit as done, with a warning.
  virtual std::string take_warning() = 0;

  // The process id of the server's process, as the peer has told it.
  virtual int server_process() const = 0;
};

}  // namespace forkmill::broker
