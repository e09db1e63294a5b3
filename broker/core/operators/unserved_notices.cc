#include "broker/core/operators/unserved_notices.h"

#include <utility>

#include "broker/core/tasks/process_queue.h"

namespace forkmill::broker {

namespace {

using namespace std::chrono_literals;

constexpr Instant kPatience = 1s;          // for workers that connect just now
constexpr std::size_t kMaxNotices = 1000;  // per client, that are remembered; the others may be told more than once

}  // namespace

void UnservedNotices::tick() {
  forget_nested_waits();
  auto& specs = state_.unserved.new_specs;
  while (!specs.empty() && specs.front().at + kPatience <= state_.clock.now()) {
    const NewSpec one = std::move(specs.front());
    specs.pop_front();
    look_at(one);
  }
}

Instant UnservedNotices::next_wakeup() const {
  return state_.unserved.new_specs.empty() ? proto::kNever : state_.unserved.new_specs.front().at + kPatience;
}

// The name of a queue that is forgotten may never come again.
void UnservedNotices::forget_nested_waits() {
  if (state_.queues.forgotten() == queues_forgotten_) return;
  queues_forgotten_ = state_.queues.forgotten();
  std::erase_if(state_.unserved.nested_waits,
                [&](const auto& one) { return state_.queues.find(one.first) == nullptr; });
}

void UnservedNotices::look_at(const NewSpec& one) {
  Client* client = state_.client(one.client);
  const Queue* queue = state_.queues.find(one.spec->queue);
  if (client == nullptr || queue == nullptr) return;
  const auto type = ready_type(*queue, *one.spec);
  if (!type) return;
  std::string reason = serving_.why_unserved(*queue, *type);
  if (reason.empty() && client->child_of != 0 && serving_.has_tasks_of(*queue, one.client)) {
    if (!is_nested_wait(*queue)) return look_again(one);
    reason = kNestedWait;
  }
  if (!reason.empty()) tell(*client, *one.spec, reason);
}

// The type of the spec, if tasks of it are ready in the queue.
std::optional<TaskTypeId> UnservedNotices::ready_type(const Queue& queue, const TaskSpec& spec) const {
  const auto type = state_.task_types.find(spec.name, spec.signature);
  return type && queue.ready.types().contains(*type) ? type : std::nullopt;
}

// Whether the children of the queue have all waited for a while, without finishing a task.
bool UnservedNotices::is_nested_wait(const Queue& queue) {
  if (!serving_.may_wait_for_itself(queue)) {
    state_.unserved.nested_waits.erase(queue.name());
    return false;
  }
  const std::uint64_t finished = serving_.finished(queue);
  const Instant now = state_.clock.now();
  auto& wait = state_.unserved.nested_waits.try_emplace(queue.name(), UnservedTasks::NestedWait{now, finished, false})
                   .first->second;
  if (wait.finished != finished) wait = {now, finished, false};
  wait.confirmed = now >= wait.since + kPatience;
  return wait.confirmed;
}

void UnservedNotices::look_again(const NewSpec& one) {
  state_.unserved.new_specs.push_back({state_.clock.now(), one.client, one.spec});
}

void UnservedNotices::tell(Client& client, const TaskSpec& spec, const std::string& reason) {
  const std::string text =
      "task " + spec.name + " waits in queue " + std::string{base_queue(spec.queue)} + ": " + reason;
  if (client.notices.contains(text)) return;
  if (client.notices.size() < kMaxNotices) client.notices.insert(text);
  state_.output.send(client.session, proto::ErrorMessage{{}, Errc::unknown_task, text});
}

}  // namespace forkmill::broker
