// Command: an order to the broker that changes something, for Client::command(). The answers are msgpack maps;
// proto/PROTOCOL.md has their keys (section COMMAND). Questions are in query.h.
//
//     auto body = client.command(forkmill::RetryDeadLetter{.task = "0190163d"}).get();  // a map with the new id
//     client.command(forkmill::SendSignal{.task = "0190163d", .signal = 15}).get_for(10s);
//
// `task` is the id of a task, or an unambiguous beginning of 8 characters or more. The comments give the errors that a
// command has of its own.
//
// Plain values: copy them freely, share them between threads.
#pragma once

#include <forkmill/query.h>
#include <forkmill/task_id.h>

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

namespace forkmill {

// Submits a dead letter again as a new task, with its arguments and options but without delay, and drops it. The answer
// has the id of the new task. Rejected{task_unknown}; Error{bad_request} if the task is no dead letter.
struct RetryDeadLetter {
  std::string task{};
  // Other arguments, as submit_raw() takes them; empty: those of the letter. Error{bad_request} from a broker of an
  // earlier version, Rejected{payload_too_large}. They are sent as they are, never sealed. For a task of another
  // principal, they need the role admin: Error{not_permitted}.
  std::string arguments{};
  // Label of a task with other arguments.
  std::string label{};
};

// Drops a dead letter with its arguments. Rejected{task_unknown}; Error{bad_request} if the task is no dead letter.
struct DropDeadLetter {
  std::string task{};
};

// Copies the store of the broker to a new file. The answer comes when the copy is complete and safe, however long that
// takes. Error{bad_request} if the path is not absolute, the file exists or the broker has no store on disk.
struct WriteBackup {
  // Absolute path on the machine of the broker.
  std::string path{};
};

// Sends a signal to the process of a task that has one of its own, as a Process does; a task that has not started is
// cancelled instead. The answer says which. Rejected{task_unknown}; Error{bad_request} if the task has no process of
// its own.
struct SendSignal {
  std::string task{};
  // Number of the signal on the worker's machine, 1 to 64.
  int signal = 0;
};

// Removes a named object with its contents. Its waiters get object_unknown. Rejected{object_unknown}.
struct RemoveObject {
  std::string name{};
};

// Takes a named object from all its holders, which get lease_lost when they use it. The answer has their number.
// Rejected{object_unknown}.
struct ReleaseObject {
  std::string name{};
};

// Lets no further task of a queue start until ResumeQueue: tasks are taken in, and those that run go on. Lasts over
// restarts of the broker, if it has a store. A queue may be paused before it has a task. The answer has `changed`,
// false if the queue was paused already. Rejected{name_invalid}; Error{bad_request} if 1,000 queues are paused or
// limited.
struct PauseQueue {
  std::string queue{};
};

// Ends the pause of a queue. The answer has `changed`, false if the queue was not paused. Rejected{name_invalid}.
struct ResumeQueue {
  std::string queue{};
};

// PauseQueue for all tasks with this name, in every queue; Error{bad_request} if 1,000 names are paused.
struct PauseName {
  std::string name{};
};

// Ends the pause of a task name, as ResumeQueue does that of a queue.
struct ResumeName {
  std::string name{};
};

// Sets limits of a queue in place of those that the broker was started with. Last over restarts of the broker, if it
// has a store. What the queue holds beyond a lower limit stays. The answer has the limits that are valid now.
// Rejected{name_invalid}; Error{bad_request} if 1,000 queues are paused or limited.
struct LimitQueue {
  std::string queue{};
  // First drops all limits that earlier commands have set: those of the broker's start are valid again.
  bool reset = false;
  // Most tasks in the queue; more are rejected with queue_full. 0: as it is.
  std::uint64_t max_tasks = 0;
  // Most bytes of their arguments and results. 0: as it is.
  std::uint64_t max_bytes = 0;
  // Most tasks that workers have at a time: those that run, and those that wait in a worker. 0: as it is.
  std::uint64_t max_running = 0;
  // Most bytes of the log of one attempt that are kept, 16 MiB at most; 0: none. Empty: as it is.
  std::optional<std::uint64_t> log_bytes{};
};

// How SteerWorkers steers a worker. The numbers are those of the wire.
enum class WorkerAction : std::uint8_t {
  drain = 1,    // finish what runs, hand back the rest and leave, as on SIGTERM
  scale = 2,    // have SteerWorkers::children processes in the pool
  pause = 3,    // get no further tasks until `resume`; lasts over restarts of workers, and of a broker with a store
  resume = 4,   // get tasks again
  restart = 5,  // drain, and then start again as the same program with the same arguments
};

// Steers connected workers: those with the name, those of the host, or, if both are empty, all; workers that live in a
// child of another worker, such as those of pools, only by their name. The answer lists the workers, each with `name`,
// `host` and `answer`: "ordered" (the worker has been told, and will be told again after a broken connection), "done"
// (nothing is left to do), "unsupported" (the worker is of an earlier version; it can be paused only). An order to
// drain, restart or scale is lost if the broker ends before the worker has it. Error{bad_request} if there is no such
// worker, or it cannot have that number of processes.
struct SteerWorkers {
  WorkerAction action = WorkerAction::pause;
  std::string name{};
  std::string host{};
  // WorkerAction::scale: 1 to 4 times as many as the worker has started with, 4,096 at most.
  std::uint32_t children = 0;
};

// TaskAction: how ChangeTasks changes each task. The numbers are those of the wire.
enum class TaskAction : std::uint8_t {
  cancel = 1,        // cancel waiting tasks, and with ChangeTasks::running request running ones to stop
  retry = 2,         // submit dead letters again as new tasks, into ChangeTasks::queue or their own, and drop them
  drop = 3,          // drop dead letters with their arguments
  move = 4,          // put tasks into ChangeTasks::queue
  reprioritise = 5,  // give tasks ChangeTasks::priority
};

// Changes all tasks that match the filter and were submitted before the command: unfinished ones for cancel, dead
// letters for retry and drop, either for move and reprioritise (dead letters if the filter's state is failed). A client
// that may not see all tasks changes those of its own principal and of the queues that it manages.
//
// The broker works in small pieces between other messages, goes on after a restart, and answers when all is done. The
// answer counts the tasks: `matched`, `changed`, `requested` (running, asked to stop) and `skipped`, a map from the
// reason to their number: running, finished, gone, unchanged, or the name of an error code such as queue_full. A dry
// run changes nothing and counts by state in `states`. `tasks` lists the first 1,000 changed tasks. QueryKind::changes
// tells the progress meanwhile. Error{bad_request} for a filter or a value that makes no sense; Error{too_many_waiting}
// if many changes are under way.
struct ChangeTasks {
  TaskAction action = TaskAction::cancel;
  // Which tasks; TaskFilter::before and most do not count.
  TaskFilter filter{};
  // Only counts the tasks.
  bool dry_run = false;
  // TaskAction::cancel: running tasks as well.
  bool running = false;
  // TaskAction::move: the new queue. TaskAction::retry: the queue of the new tasks; empty: their own.
  std::string queue{};
  // TaskAction::reprioritise: -100 to 100.
  int priority = 0;
  // Names the change: a repeated command with the same id is done once. Nil: the client makes one.
  TaskId id{};
};

// Gives a shard of a cluster to a broker, which takes it over within some seconds, and keeps it for as long as it lives
// and does not drain. The answer is that of QueryKind::shards. Error{bad_request} if there is no such shard, or no such
// broker that lives and does not drain, or the broker has no shards.
struct MoveShard {
  // From 1.
  std::uint32_t shard = 0;
  // The name of the broker, as QueryKind::shards has it. Empty: the one that all brokers compute, as before any move.
  std::string broker{};
};

// Takes all shards from a broker of a cluster, one after the other, and gives it none until it is started again. The
// answer is that of QueryKind::shards. Error{bad_request} if there is no such broker that lives, or no other one that
// could take the shards.
struct DrainBroker {
  std::string broker{};
  // Ends the draining instead: the broker gets its share again.
  bool undo = false;
};

using Command =
    std::variant<RetryDeadLetter, DropDeadLetter, WriteBackup, SendSignal, RemoveObject, ReleaseObject, PauseQueue,
                 ResumeQueue, PauseName, ResumeName, LimitQueue, SteerWorkers, ChangeTasks, MoveShard, DrainBroker>;

}  // namespace forkmill
