#include "broker/core/submission/letter_retry.h"

#include <utility>

#include "broker/core/tasks/process_queue.h"

namespace forkmill::broker {

proto::Status retry_letter(Submissions& submissions, Retention& retention, Client& client, Task& letter,
                           const TaskId& new_id, std::string_view queue) {
  proto::Submission again{new_id, letter.spec.shared(), letter.payload};
  TaskSpec& spec = again.edit();
  spec.queue = queue.empty() ? base_queue(letter.spec->queue) : queue;
  spec.options.delay = spec.options.not_before = milliseconds{0};
  spec.options.key.clear();
  spec.options.daemon = false;
  spec.owners_id.reset();
  if (auto status = submissions.accept(client, std::move(again)); !status.ok()) return status;
  retention.drop(letter);
  return {};
}

}  // namespace forkmill::broker
