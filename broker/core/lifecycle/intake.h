// Intake: accepts the tasks that clients submit, or says why not. A rejected task leaves nothing behind.
#pragma once

#include <optional>
#include <vector>

#include "broker/core/lifecycle/accepted_specs.h"
#include "broker/core/lifecycle/deliveries.h"
#include "broker/core/lifecycle/duplicates.h"
#include "broker/core/lifecycle/task_grants.h"
#include "broker/core/state/broker_state.h"
#include "broker/core/state/registry.h"
#include "proto/status.h"

namespace forkmill::broker {

class Intake {
 public:
  Intake(BrokerState& state, Deliveries& deliveries, Retention& retention, const Registry& registry)
      : state_{state}, deliveries_{deliveries}, retention_{retention}, registry_{registry} {}

  void submit(Client& client, proto::MessageSeq message, proto::Submit submit);
  // Accepts one task, which belongs to the principal that its spec names, or else to that of the client. A task that is
  // known under the same id must be resident.
  proto::Status take_in(Client& client, proto::Submission submission);
  // Advances a waiting task: queues it if its start time has come, ends it if it has expired.
  void advance(Task& task, TaskGrants& grants);

  // Call when the wall clock was set: tasks that wait for a time of it are due at another time.
  void plan_again();

  bool closed = false;  // the broker shuts down: all tasks are rejected

 private:
  // Accepts one task of a message, or recognizes it.
  proto::Status take_in(Client& client, proto::Submission&& submission, std::vector<TaskBody>& left_on_disk);
  // `known`: the task under the same id, or null.
  proto::Status take_in(Client& client, proto::Submission&& submission, std::uint64_t body, Task* known);
  proto::Status check(const proto::Submission& submission, bool spec_is_known) const;
  // Refuses what goes beyond the window of the client, or of all clients.
  proto::Status check_windows(Client& client);
  proto::Status check_spec(const TaskSpec& spec) const;
  std::optional<PagedOutEntry> paged_out(const TaskId& id) const;
  void start(Task& task, Instant due);
  // Lets the submission share the spec of an earlier one, if they are equal. Returns that if its checks still hold, or
  // null. If it shares none, records its principal in its spec.
  const AcceptedSpec* share_spec(const Client& client, proto::Submission& submission) const;
  // `accepted`: what share_spec() has returned. Returns null if the maximum number of queues is in use.
  Queue* queue_of(const TaskSpec& spec, const AcceptedSpec* accepted);
  // Counts a task of its type. Returns none if the maximum number of types is in use.
  std::optional<TaskTypeId> acquire_type(const TaskSpec& spec, const AcceptedSpec* accepted);
  // Whether all that was found out about the spec still holds.
  bool is_current(const AcceptedSpec& accepted) const;
  void note_accepted(Client& client, const Task& task);
  bool durable(const proto::TaskOptions& options, const std::string& queue) const;

  BrokerState& state_;
  Deliveries& deliveries_;
  Retention& retention_;
  const Registry& registry_;
  AcceptedSpecs specs_;
};

}  // namespace forkmill::broker
