// Submissions: accepts the tasks that clients submit, or says why not. A rejected task leaves nothing behind.
#pragma once

#include <optional>
#include <vector>

#include "broker/core/lifecycle/deliveries.h"
#include "broker/core/lifecycle/retention.h"
#include "broker/core/state/broker_state.h"
#include "broker/core/state/registry.h"
#include "broker/core/submission/accepted_specs.h"
#include "broker/core/submission/duplicates.h"
#include "broker/core/submission/submission_checks.h"
#include "proto/status.h"

namespace forkmill::broker {

class Submissions {
 public:
  Submissions(BrokerState& state, Deliveries& deliveries, Retention& retention, const Registry& registry)
      : state_{state}, deliveries_{deliveries}, retention_{retention}, registry_{registry}, checks_{state, registry} {}

  void submit(Client& client, proto::MessageSeq message, proto::Submit submit);
  // Accepts one task, which belongs to the principal that its spec names, or else to that of the client. A task that is
  // known under the same id must be resident.
  proto::Status accept(Client& client, proto::Submission submission);

  // From now on all tasks are rejected: the broker shuts down.
  void close() { checks_.close(); }

 private:
  // Accepts one task of a message, or recognizes it.
  proto::Status accept(Client& client, proto::Submission&& submission, std::vector<TaskBody>& left_on_disk);
  // `known`: the task under the same id, or null.
  proto::Status accept(Client& client, proto::Submission&& submission, std::uint64_t body, Task* known);
  std::optional<PagedOutEntry> paged_out(const TaskId& id) const;
  // Lets the submission share the spec of an earlier one, if they are equal. Returns that if its checks still hold, or
  // null. If it shares none, records its principal in its spec.
  const AcceptedSpec* share_spec(const Client& client, proto::Submission& submission) const;
  // `accepted`: what share_spec() has returned. Returns null if the maximum number of queues is in use.
  Queue* queue_of(const TaskSpec& spec, const Owner& owner, const AcceptedSpec* accepted);
  // Counts a task of its type. Returns none if the maximum number of types is in use.
  std::optional<TaskTypeId> acquire_type(const TaskSpec& spec, const AcceptedSpec* accepted);
  // Whether all that was found out about the spec still holds, for this client.
  bool is_current(const Client& client, const AcceptedSpec& accepted) const;
  void note_accepted(Client& client, const Task& task);

  BrokerState& state_;
  Deliveries& deliveries_;
  Retention& retention_;
  const Registry& registry_;
  SubmissionChecks checks_;
  AcceptedSpecs specs_;
};

}  // namespace forkmill::broker
