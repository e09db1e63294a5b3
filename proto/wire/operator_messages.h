// Messages of operators: QUERY asks, COMMAND changes something, REPLY answers both.
#pragma once

#include <forkmill/errc.h>
#include <forkmill/task_id.h>

#include <cstdint>
#include <optional>
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
  process = 16,   // state of a task with TaskOptions::process
  why_task = 17,  // why a task waits or ended as it did
  why_queue = 18,
  why_worker = 19,
  metrics = 20,  // counts and times to watch
  events = 25,   // events of tasks that match `filter`, behind the cursor `argument`
  changes = 24,  // changes of many tasks (ChangeTasks): those under way, and the latest that are done
  logs = 27,     // the log of an attempt of a task: `attempt`, from the position `from` on
  shards = 28,   // who owns which shard of the cluster, and what operators want of that
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
  // The history of finished tasks instead: `before` is a place in it, the latest ends come first.
  bool finished = false;
  // For QUERY events only. ends: the events with which an attempt or a task ends. traced: those of tasks with the
  // header traceparent.
  bool ends = false;
  bool traced = false;
  std::string arguments{};  // not for events: part of the arguments or of the label of the task
  friend bool operator==(const TaskFilter&, const TaskFilter&) = default;
};

struct Query {
  std::uint64_t id = 0;  // chosen by the client; the reply repeats it
  QueryKind kind = QueryKind::ping;
  // task, process, why_task, logs: the id, or an unambiguous beginning of it; objects, object, why_queue, why_worker: a
  // name
  std::string argument;
  TaskFilter filter{};  // tasks
  std::optional<TaskId> reserved{};
  std::uint32_t attempt = 0;  // logs; 0: the last attempt
  std::uint64_t from = 0;     // logs
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

// Lets no further task of the queue start until ResumeQueue. Tasks are taken in, and those that run go on.
struct PauseQueue {
  static constexpr std::uint8_t kNumber = 7;
  std::string queue;
  friend bool operator==(const PauseQueue&, const PauseQueue&) = default;
};

struct ResumeQueue {
  static constexpr std::uint8_t kNumber = 8;
  std::string queue;
  friend bool operator==(const ResumeQueue&, const ResumeQueue&) = default;
};

// PauseQueue for all tasks with this name, in every queue.
struct PauseName {
  static constexpr std::uint8_t kNumber = 9;
  std::string name;
  friend bool operator==(const PauseName&, const PauseName&) = default;
};

struct ResumeName {
  static constexpr std::uint8_t kNumber = 10;
  std::string name;
  friend bool operator==(const ResumeName&, const ResumeName&) = default;
};

// Sets limits of a queue, in place of those that the broker was started with.
struct LimitQueue {
  static constexpr std::uint8_t kNumber = 11;
  std::string queue;
  bool reset = false;           // first drops the limits that earlier commands have set
  std::uint64_t max_tasks = 0;  // 0: stays as it is; so for the others
  std::uint64_t max_bytes = 0;
  std::uint64_t max_running = 0;
  std::optional<std::uint64_t> log_bytes{};  // none: stays as it is; 0: no logs are kept
  friend bool operator==(const LimitQueue&, const LimitQueue&) = default;
};

enum class WorkerAction : std::uint8_t {
  drain = 1,  // finish what runs, hand back the rest, leave
  scale = 2,  // have `children` children in the pool
  pause = 3,  // no further grants until `resume`, by the name of the worker
  resume = 4,
  restart = 5,  // drain, and start again
};
constexpr WorkerAction last_of(WorkerAction) { return WorkerAction::restart; }

// Steers workers: those with the name, those of the host, or, if both are empty, all. Workers that live in a child of
// another worker are meant by their name only.
struct SteerWorkers {
  static constexpr std::uint8_t kNumber = 12;
  WorkerAction action = WorkerAction::drain;
  std::string name;
  std::string host;
  std::uint32_t children = 0;  // scale: 1 or more
  friend bool operator==(const SteerWorkers&, const SteerWorkers&) = default;
};

enum class TaskAction : std::uint8_t {
  cancel = 1,  // waiting tasks; with `running` also those that run
  retry = 2,   // submit dead letters again, into `queue` or their own
  drop = 3,    // forget dead letters
  move = 4,    // put waiting tasks, or dead letters, into `queue`
  reprioritise = 5,
};
constexpr TaskAction last_of(TaskAction) { return TaskAction::reprioritise; }

// Changes the tasks that match `filter` (its `before` and `most` do not count) and were submitted before the command.
struct ChangeTasks {
  static constexpr std::uint8_t kNumber = 13;
  TaskId id;  // names the change; the client makes it
  TaskAction action = TaskAction::cancel;
  TaskFilter filter{};
  bool dry_run = false;       // only counts the tasks
  bool running = false;       // cancel
  std::string queue{};        // move; retry: empty: their own
  std::int32_t priority = 0;  // reprioritise
  friend bool operator==(const ChangeTasks&, const ChangeTasks&) = default;
};

// Gives a shard to a broker of the cluster, for as long as that lives and does not drain.
struct MoveShard {
  static constexpr std::uint8_t kNumber = 14;
  std::uint32_t shard = 0;
  std::string broker;  // its name; empty: the one that all brokers compute
  friend bool operator==(const MoveShard&, const MoveShard&) = default;
};

// Lets a broker of the cluster own no shard any more, until it starts again.
struct DrainBroker {
  static constexpr std::uint8_t kNumber = 15;
  std::string broker;
  bool undo = false;  // lets it own shards again instead
  friend bool operator==(const DrainBroker&, const DrainBroker&) = default;
};

// The same as RetryDeadLetter, with other arguments than those of the letter.
struct RetryEdited {
  static constexpr std::uint8_t kNumber = 16;
  std::string task;
  TaskId new_id;
  Payload arguments;
  std::string label;  // name of the new task for people
  friend bool operator==(const RetryEdited&, const RetryEdited&) = default;
};

// A command of a newer client. The broker refuses it by REPLY.
struct UnknownCommand {
  std::uint8_t number = 0;
  friend bool operator==(const UnknownCommand&, const UnknownCommand&) = default;
};

using AnyCommand = std::variant<RetryDeadLetter, DropDeadLetter, WriteBackup, SendSignal, RemoveObject, ReleaseObject,
                                PauseQueue, ResumeQueue, PauseName, ResumeName, LimitQueue, SteerWorkers, ChangeTasks,
                                MoveShard, DrainBroker, RetryEdited, UnknownCommand>;

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
