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

#include <string>
#include <variant>

namespace forkmill {

// Submits a dead letter again as a new task, with its arguments and options but without delay, and drops it. The answer
// has the id of the new task. Rejected{task_unknown}; Error{bad_request} if the task is no dead letter.
struct RetryDeadLetter {
  std::string task{};
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

using Command = std::variant<RetryDeadLetter, DropDeadLetter, WriteBackup, SendSignal, RemoveObject, ReleaseObject>;

}  // namespace forkmill
