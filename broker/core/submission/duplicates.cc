#include "broker/core/submission/duplicates.h"

#include <algorithm>
#include <string>

#include "proto/body_hash.h"
#include "proto/check.h"

namespace forkmill::broker {

namespace {

proto::Failure other_body(const proto::Submission& submission) {
  const std::string& key = submission.spec->options.key;
  return {Errc::duplicate_task, key.empty() ? std::string{errc_text(Errc::duplicate_task)}
                                            : "key '" + key + "' was used in queue " + submission.spec->queue +
                                                  " with other arguments or another task"};
}

}  // namespace

TaskBody body_of(const proto::Submission& submission) {
  return {submission.id,
          proto::body_hash(submission.spec->name, submission.spec->signature, submission.payload.view())};
}

bool key_is_free(const BrokerState& state, const Task& task) {
  return !task.options().key.empty() && task.state == State::failed && task.finished->deliveries == 0 &&
         task.finished->kept_until <= state.clock.now();
}

proto::Status repeat_submission(Deliveries& deliveries, Client& client, Task& task, const proto::Submission& submission,
                                std::uint64_t body) {
  if (body_hash_of(task) != body) return other_body(submission);
  deliveries.watch(task, client);
  client.outgoing.ack_waits = client.outgoing.ack_waits || task.durable;
  return {};
}

proto::Status repeat_submission_on_disk(const std::vector<TaskBody>& left_on_disk, const TaskBody& body,
                                        const proto::Submission& submission) {
  const auto first =
      std::find_if(left_on_disk.begin(), left_on_disk.end(), [&](const TaskBody& one) { return one.id == body.id; });
  FORKMILL_CHECK(first != left_on_disk.end());
  if (first->hash != body.hash) return other_body(submission);
  return {};
}

}  // namespace forkmill::broker
