#include "broker/core/submission/letter_retry.h"

#include <utility>

#include "broker/core/tasks/process_queue.h"

namespace forkmill::broker {

proto::Status retry_letter(Submissions& submissions, Retention& retention, Client& client, Task& letter,
                           const TaskId& new_id, const LetterChanges& changes) {
  const bool is_edited = changes.arguments != nullptr;
  proto::Submission again{new_id, letter.spec.shared(), is_edited ? *changes.arguments : letter.payload};
  TaskSpec& spec = again.edit();
  spec.queue = changes.queue.empty() ? base_queue(letter.spec->queue) : changes.queue;
  if (is_edited) spec.options.label = changes.label;
  spec.options.delay = spec.options.not_before = milliseconds{0};
  spec.options.key.clear();
  spec.options.daemon = false;
  spec.owners_id.reset();
  if (auto status = submissions.accept(client, std::move(again)); !status.ok()) return status;
  retention.drop(letter);
  return {};
}

}  // namespace forkmill::broker
