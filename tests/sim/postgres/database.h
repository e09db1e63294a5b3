// Database: what is in the database of the brokers after a commit, and what statements about tasks and records do to
// it. Knows the statements of broker/store/postgres by their names. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace forkmill::sim {

// A value of a row; none: null.
using Value = std::optional<std::string>;
using Table = std::vector<std::vector<Value>>;

// Command: a statement with its parameters, as a server gets it.
struct Command {
  std::string name;  // empty: not prepared
  std::string text;
  std::vector<std::string> parameters;
  std::uint64_t number(std::size_t index) const;
};

struct SpanRows {
  struct Progress {
    std::uint64_t attempts = 0;
    std::uint64_t due = 0;
    bool dispatched = false;
    Value requeued{};
  };
  std::map<std::uint64_t, std::string> tasks;
  std::map<std::uint64_t, std::string> outcomes;
  std::map<std::uint64_t, Progress> progressions;
};

struct LeaseRow {
  std::uint64_t epoch = 0;
  std::int64_t until = 0;  // milliseconds of the server's clock
};

struct Database {
  std::string store = "store-1";
  std::uint64_t epoch = 0;
  std::string owner;
  std::string address;
  std::uint64_t commit = 0;
  std::uint64_t last_seq = 0;
  LeaseRow lease;  // as the last takeover has left it
  std::map<std::uint64_t, SpanRows> spans;
  std::map<std::uint64_t, std::string> records;
};

// Refusal: what a server says of a statement that fails.
struct Refusal {
  std::string text;
  std::string state;  // SQLSTATE
};

// Numbers as a server writes them.
std::string binary(std::uint64_t number, std::size_t size = 8);

// Whether the statement changes tasks or records; and makes the change. Throws Refusal.
bool is_change(const Command& command);
void change(Database& database, const Command& command);

// Whether the statement reads tasks, records or spans; and reads them.
bool is_query(const Command& command);
Table query(const Database& database, const Command& command);

}  // namespace forkmill::sim
