// Query: a question to the broker, for Client::query(). The answers are msgpack maps; proto/PROTOCOL.md has their keys
// (section QUERY). Commands, which change something, are in command.h.
//
//     auto status = client.query(forkmill::QueryKind::status).get();          // status.bytes is a packed map
//     forkmill::Query failed{.kind = forkmill::QueryKind::tasks};
//     failed.filter.state = "failed";
//     auto rows = client.query(failed).get_for(10s);
//     forkmill::Query log{.kind = forkmill::QueryKind::logs, .argument = "0190163d-8694"};
//     auto texts = client.query(log).get_for(10s);                            // `complete`: no more will come
//
// Plain values: copy them freely, share them between threads.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace forkmill {

// The question. The comment gives the argument that it takes, and the error codes of its own. The numbers are those of
// the wire.
enum class QueryKind : std::uint8_t {
  ping = 1,         // nothing; the answer says that the broker lives
  status = 2,       // the broker: its version, counts of clients, workers and tasks, memory
  queues = 3,       // all queues, with their lengths and limits
  workers = 4,      // all workers, with what they run
  task = 5,         // one task. Argument: its id, or an unambiguous beginning of 8 characters or more. task_unknown
  tasks = 6,        // the tasks that `filter` lets through, newest first. bad_request
  processes = 11,   // the processes of the broker and of all workers
  objects = 12,     // locks, queues, dicts …, 10,000 at most. Argument: the beginning of their names
  object = 13,      // one object, with its holders and waiters. Argument: its name. object_unknown
  process = 16,     // the state of a task's own process. Argument as for `task`. task_unknown, bad_request
  why_task = 17,    // why a task waits, or ended as it did. Argument as for `task`. task_unknown
  why_queue = 18,   // why the tasks of a queue wait. Argument: its name
  why_worker = 19,  // why a worker gets no tasks. Argument: its name
  events = 25,      // events of the tasks that `filter` lets through; Client::events() asks it. Argument: a cursor
  changes = 24,  // changes of many tasks (ChangeTasks): those under way, and the latest done. Argument: an id, or none
  logs = 27,     // the log of an attempt: `attempt`, `from`. Argument as for `task`. task_unknown
  shards = 28,  // who owns which shard of the cluster, and which brokers it has. bad_request of a broker without shards
  metrics = 20,  // how long tasks wait and run, and how long commits take, since the start of the broker
};

// TaskFilter: the tasks that QueryKind::tasks lists. A field that is empty or 0 lets everything through.
struct TaskFilter {
  // Beginning of the text form of the id.
  std::string id{};
  // Name of the queue.
  std::string queue{};
  // Name of the task.
  std::string name{};
  // State: scheduled, ready, running, succeeded, failed, cancelled or expired. Any other is bad_request.
  std::string state{};
  // Part of the type, message or code (errc_name()) of the task's error, or of the exception Timeout or WorkerLost; in
  // upper or lower case.
  std::string text{};
  // Earliest time of submission, in milliseconds since 1970.
  std::chrono::milliseconds since{0};
  // Latest time of submission, in milliseconds since 1970.
  std::chrono::milliseconds until{0};
  // Where to go on: the `next` of an earlier answer.
  std::uint64_t before = 0;
  // Most rows of the answer; 0: as many as the broker gives at once.
  std::uint32_t most = 0;
  // Lists the history of finished tasks instead, the latest ends first: also those whose results are no longer kept,
  // which have `history` true. bad_request if the broker has no history (forkmill-broker --history-age).
  bool finished = false;
  // Part of the label of the task or of the first 16 KiB of its arguments, in upper or lower case. Finds arguments of
  // unfinished tasks and of dead letters, unless they are sealed, and nothing but labels in the history. A broker that
  // is older than this field ignores it.
  std::string arguments{};
};

// Query: one question.
struct Query {
  // The question.
  QueryKind kind = QueryKind::ping;
  // Its argument; see QueryKind. Ignored by a kind that takes none.
  std::string argument{};
  // The filter of QueryKind::tasks. Ignored by all others.
  TaskFilter filter{};
  // QueryKind::logs: the number of the attempt; 0: the last one. Ignored by all others.
  std::uint32_t attempt = 0;
  // QueryKind::logs: where to go on, in bytes of the log: the `next` of an earlier answer.
  std::uint64_t from = 0;
};

}  // namespace forkmill
