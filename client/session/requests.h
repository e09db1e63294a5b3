// Requests: everything that a program can ask of its session. Each carries the cookie of its waiter, under which the
// session reports the end: `ended` for tasks, `answered` for cancels, queries and commands, `operated` for operations
// (effects.h).
#pragma once

#include <forkmill/task_id.h>

#include <cstdint>
#include <variant>

#include "client/session/cookie.h"
#include "proto/session/shards.h"
#include "proto/wire/messages.h"

namespace forkmill::client {

// TaskPlace: on which shard the queue of a task is, as its submitter says.
struct TaskPlace {
  static constexpr std::uint8_t kSeveral = 0xFF;

  std::uint8_t shard = 0;  // 0: that of the queue's name
  bool is_everywhere = false;
  std::uint8_t loans_on = 0;  // the shard of the pipes of which ends are among the arguments; 0: there are none
};

struct SubmitTask {
  proto::Submission task;
  Cookie cookie = 0;
  TaskPlace place{};
};

// Waits for a task that was submitted elsewhere, or earlier.
struct AttachTask {
  TaskId id;
  Cookie cookie = 0;
};

// Cancels any task, also one submitted elsewhere. The answer is the broker's CancelState, packed. Cookie 0: no answer.
struct CancelTask {
  TaskId id;
  Cookie cookie = 0;
  bool unless_started = false;  // a task that has started runs on
};

// The session sets the query's id.
struct AskBroker {
  proto::Query query;
  Cookie cookie = 0;
};

struct CommandBroker {
  proto::AnyCommand command;
  Cookie cookie = 0;
};

// An operation on a named object; the session sets its number. Cookie 0: no answer.
struct OperateObject {
  proto::Operation operation;
  bool harmless = false;  // the operation may be repeated when it is unknown whether it was done; see harmless_twice()
  Cookie cookie = 0;
  proto::ObjectPlace place{};  // open: the object's
  std::uint32_t home = 0;      // open without a name and a place: the shard, if there is such a one; 0: any
};

// The waiter of this operation has given up. An operation that was not sent ends with `timeout` and is never sent. For
// any other one the broker is asked to end its wait; the broker's answer is its end.
struct GiveUp {
  Cookie cookie = 0;
};

using Request = std::variant<SubmitTask, AttachTask, CancelTask, AskBroker, CommandBroker, OperateObject, GiveUp>;

}  // namespace forkmill::client
