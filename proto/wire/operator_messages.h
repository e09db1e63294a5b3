// Messages of operators: QUERY and its REPLY.
#pragma once

#include <forkmill/errc.h>
#include <forkmill/task_id.h>

#include <cstdint>
#include <string>

#include "proto/clock.h"
#include "proto/ids.h"
#include "proto/payload.h"

namespace forkmill::proto {

enum class QueryKind : std::uint8_t {
  ping = 1,
  status = 2,
  queues = 3,
  workers = 4,
  task = 5,
  tasks = 6,       // tasks that match `filter`, newest first
  dead_retry = 7,  // submits a dead letter again as `new_id`, and drops it
  dead_drop = 8,
  backup = 9,
  signal = 10,     // to the process that a task with TaskOptions::process runs in; cancels one that has not started
  processes = 11,  // all processes of the broker and its workers
  objects = 12,
  object = 13,
  object_remove = 14,
  object_release = 15,  // takes it from all who hold it
};
constexpr QueryKind last_of(QueryKind) { return QueryKind::object_release; }

// Conditions that a listed task meets. A field that is empty or 0 matches all tasks.
struct TaskFilter {
  std::string id;  // beginning of the text form of the id
  std::string queue;
  std::string name;
  std::string state;      // name in the state table of PROTOCOL.md
  std::string text;       // part of the type or message of the task's error
  milliseconds since{0};  // unix time of submission
  milliseconds until{0};
  TaskSeq before;          // only tasks with a lower seq; for the next page, `next` of the page before
  std::uint32_t most = 0;  // maximum of rows; 0: as many as the broker gives at once
  friend bool operator==(const TaskFilter&, const TaskFilter&) = default;
};

struct Query {
  std::uint64_t id = 0;  // chosen by the client; the reply repeats it
  QueryKind kind = QueryKind::ping;
  // task, dead_*: the id as text, or an unambiguous beginning of it; backup: the file to write; signal: the id, a
  // space, the signal's number; object…: its name
  std::string argument;
  TaskFilter filter{};  // tasks
  TaskId new_id{};      // dead_retry
  friend bool operator==(const Query&, const Query&) = default;
};

struct Reply {
  std::uint64_t id = 0;
  Errc code = Errc::ok;
  std::string text;
  Payload body;  // msgpack map; PROTOCOL.md has its keys
  friend bool operator==(const Reply&, const Reply&) = default;
};

}  // namespace forkmill::proto
