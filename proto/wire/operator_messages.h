// Messages of operators: QUERY asks, COMMAND changes something, REPLY answers both.
#pragma once

#include <forkmill/errc.h>
#include <forkmill/task_id.h>

#include <cstdint>
#include <string>
#include <variant>

#include "proto/clock.h"
#include "proto/ids.h"
#include "proto/payload.h"

namespace forkmill::proto {

// Question of a QUERY; none changes anything. A number of a newer client arrives as it is, and the broker refuses it by
// REPLY. 7 to 10, 14 and 15 must not be used again: they once stood for commands.
enum class QueryKind : std::uint8_t {
  ping = 1,
  status = 2,
  queues = 3,
  workers = 4,
  task = 5,
  tasks = 6,       // tasks that match `filter`, newest first
  processes = 11,  // all processes of the broker and its workers
  objects = 12,
  object = 13,
  process = 16,  // state of a task with TaskOptions::process
};

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
  std::string argument;  // task, process: the id, or an unambiguous beginning of it; objects, object: a name
  TaskFilter filter{};   // tasks
  friend bool operator==(const Query&, const Query&) = default;
};

// ---- Commands -------------------------------------------------------------------------------------------------------
// `task`: the id of a task as text, or an unambiguous beginning of it.

// Submits a dead letter again, as a task with the id `new_id`, and drops it.
struct RetryDeadLetter {
  static constexpr std::uint8_t kNumber = 1;
  std::string task;
  TaskId new_id;
  friend bool operator==(const RetryDeadLetter&, const RetryDeadLetter&) = default;
};

struct DropDeadLetter {
  static constexpr std::uint8_t kNumber = 2;
  std::string task;
  friend bool operator==(const DropDeadLetter&, const DropDeadLetter&) = default;
};

// Copies the store to a new file on the broker's machine.
struct WriteBackup {
  static constexpr std::uint8_t kNumber = 3;
  std::string path;  // absolute
  friend bool operator==(const WriteBackup&, const WriteBackup&) = default;
};

// Sends a signal to the process of a task with TaskOptions::process; cancels a task that has not started.
struct SendSignal {
  static constexpr std::uint8_t kNumber = 4;
  std::string task;
  std::int32_t signal = 0;
  friend bool operator==(const SendSignal&, const SendSignal&) = default;
};

struct RemoveObject {
  static constexpr std::uint8_t kNumber = 5;
  std::string name;
  friend bool operator==(const RemoveObject&, const RemoveObject&) = default;
};

// Takes an object from all its holders.
struct ReleaseObject {
  static constexpr std::uint8_t kNumber = 6;
  std::string name;
  friend bool operator==(const ReleaseObject&, const ReleaseObject&) = default;
};

// A command of a newer client. The broker refuses it by REPLY.
struct UnknownCommand {
  std::uint8_t number = 0;
  friend bool operator==(const UnknownCommand&, const UnknownCommand&) = default;
};

using AnyCommand =
    std::variant<RetryDeadLetter, DropDeadLetter, WriteBackup, SendSignal, RemoveObject, ReleaseObject, UnknownCommand>;

// Client to broker. Sent again in each later session until REPLY, and done once nevertheless.
struct Command {
  std::uint64_t id = 0;  // chosen by the client; the reply repeats it. Queries and commands share one count
  AnyCommand command;
  friend bool operator==(const Command&, const Command&) = default;
};

struct Reply {
  std::uint64_t id = 0;
  Errc code = Errc::ok;
  std::string text;
  Payload body;  // msgpack map; PROTOCOL.md has its keys
  friend bool operator==(const Reply&, const Reply&) = default;
};

}  // namespace forkmill::proto
