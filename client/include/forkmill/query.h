// What can be asked of a broker, and how tasks are picked out. The bodies of the answers are msgpack maps, described in
// proto/PROTOCOL.md. Plain values: copy them freely, share them between threads.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace forkmill {

enum class QueryKind : std::uint8_t {
  ping = 1,
  status = 2,
  queues = 3,
  workers = 4,
  task = 5,
  tasks = 6,       // those that the filter lets through, newest first
  dead_retry = 7,  // submits a dead letter anew under a fresh id, which is in the answer, and drops it
  dead_drop = 8,
  backup = 9,
  signal = 10,     // to the process that a task runs in; cancels one that has not started
  processes = 11,  // of the broker and of all workers
  objects = 12,    // locks, queues, dicts …
  object = 13,
  object_remove = 14,
  object_release = 15,  // takes it from all who hold it
};

// What a task must be like to be listed; what is empty or 0 lets everything through.
struct TaskFilter {
  std::string id{};  // beginning of its text form
  std::string queue{};
  std::string name{};
  std::string state{};                 // scheduled, ready, running, succeeded, failed, cancelled or expired
  std::string text{};                  // in its error's type or message
  std::chrono::milliseconds since{0};  // unix time of its submission
  std::chrono::milliseconds until{0};
  std::uint64_t before = 0;  // goes on from the `next` of an earlier answer
  std::uint32_t most = 0;    // rows; 0: as many as the broker gives at once
};

struct Query {
  QueryKind kind = QueryKind::ping;
  // task, dead_*: the id, or an unambiguous beginning of it; backup: the file to write; signal: the id, a space, the
  // signal's number; objects: beginning of their names; object, object_*: the name
  std::string argument{};
  TaskFilter filter{};  // tasks
};

}  // namespace forkmill
