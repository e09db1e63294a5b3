// TaskCalls: what an engine does with tasks, queries and commands for the threads of the program.
//
// Thread-safe. What all functions throw: Disconnected{client_closed} after the engine was closed, and in a forked
// child.
#pragma once

#include <forkmill/client_options.h>
#include <forkmill/detail/value.h>

#include <string>
#include <string_view>
#include <vector>

#include "client/engine/capacity.h"
#include "client/engine/driver/driver.h"
#include "client/engine/fork_guard.h"
#include "client/engine/inbox.h"
#include "client/engine/options.h"

namespace forkmill::client {

class TaskCalls {
 public:
  using StateRef = detail::Ref<detail::RemoteState>;

  // All arguments outlive this.
  TaskCalls(const ClientOptions& options, const ForkGuard& guard, Inbox& inbox, Capacity& capacity, Driver& driver)
      : options_{options}, guard_{guard}, inbox_{inbox}, capacity_{capacity}, driver_{driver} {}

  // These two block while the client is full, as ClientOptions::when_full says. They throw Rejected{window_full} when
  // there is no room in time, Rejected{payload_too_large}, Error{name_invalid} and Error{seal_key_missing}.
  StateRef submit(const Prepared& how, std::string_view name, std::uint64_t signature, std::string_view payload);
  std::vector<StateRef> submit_all(const Prepared& how, std::string_view name, std::uint64_t signature,
                                   const std::vector<std::string>& payloads);
  // submit_all() does not throw once it has submitted a task: the states of the others have the error then, and no id.
  StateRef attach(const TaskId& id);
  // The state becomes the CancelState. unless_started: a task that has started runs on.
  StateRef cancel(const TaskId& id, bool unless_started = false);
  // These set the id of the query or command, and that of a task that the command makes.
  StateRef query(proto::Query query);
  StateRef command(proto::AnyCommand command);
  // Whether arguments of tasks in this queue are sealed.
  bool seals(std::string_view queue) { return inbox_.seals().seals(queue); }
  // Blocks until the broker has all tasks that were submitted (true) or until the deadline has passed (false). Throws
  // nothing.
  bool deliver(const detail::Deadline& deadline) { return capacity_.wait_for_delivery(deadline); }

 private:
  proto::Submission submission(const Prepared& how, std::string_view name, std::uint64_t signature,
                               std::string_view payload);
  void submit_group(const Prepared& how, std::string_view name, std::uint64_t signature,
                    const std::vector<std::string>& payloads, std::vector<StateRef>& states);
  StateRef ask(Request&& request, const TaskId& id = {});

  const ClientOptions& options_;
  const ForkGuard& guard_;
  Inbox& inbox_;
  Capacity& capacity_;
  Driver& driver_;
};

}  // namespace forkmill::client
