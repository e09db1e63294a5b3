#include "client/session/full_queues.h"

#include <algorithm>
#include <utility>

namespace forkmill::client {

using namespace std::chrono_literals;

namespace {

constexpr milliseconds kFirstPause = 20ms;
constexpr milliseconds kLongestPause = 1s;

}  // namespace

milliseconds FullQueues::jittered(milliseconds pause) {
  const auto spread = static_cast<std::uint64_t>(pause.count() / 2 + 1);
  return pause * 3 / 4 + milliseconds{static_cast<std::int64_t>(random_.next() % spread)};
}

bool FullQueues::add_behind(proto::Submission& task) {
  if (queues_.empty()) return false;
  const auto queue = queues_.find(task.spec->queue);
  if (queue == queues_.end()) return false;
  queue->second.tasks.push_back(std::move(task));
  return true;
}

void FullQueues::add(Instant now, proto::Submission task) {
  auto [at, fresh] = queues_.try_emplace(task.spec->queue);
  auto& queue = at->second;
  if (fresh) queue.since = now;
  const bool tried = queue.trying > 0;
  if (tried)
    queue.tasks.insert(queue.tasks.begin() + static_cast<std::ptrdiff_t>(queue.returned++), std::move(task));
  else
    queue.tasks.push_back(std::move(task));
  if (fresh || (tried && --queue.trying == 0)) {
    queue.pause = std::clamp(queue.pause * 2, kFirstPause, kLongestPause);
    queue.next_try = now + jittered(queue.pause);
  }
}

void FullQueues::accepted(const proto::Submission& task) {
  if (queues_.empty()) return;
  const auto queue = queues_.find(task.spec->queue);
  if (queue == queues_.end()) return;
  queue->second.pause = 0ms;
  queue->second.next_try = {};
  settled(task);
}

void FullQueues::settled(const proto::Submission& task) {
  if (queues_.empty()) return;
  const auto found = queues_.find(task.spec->queue);
  if (found == queues_.end()) return;
  auto& queue = found->second;
  if (queue.trying > 0) --queue.trying;
  if (queue.trying == 0 && queue.tasks.empty()) queues_.erase(found);
}

Instant FullQueues::full_for(Instant now, const proto::Submission& task) const {
  const auto queue = queues_.find(task.spec->queue);
  return queue == queues_.end() ? Instant{0} : now - queue->second.since;
}

void FullQueues::move_due(Instant now, SubmissionQueue& to) {
  for (auto& [name, queue] : queues_) {
    if (queue.trying > 0 || now < queue.next_try) continue;
    const auto count = std::min(queue.tasks.size(), proto::limits::kBatchTasks);
    const auto end = queue.tasks.begin() + static_cast<std::ptrdiff_t>(count);
    std::for_each(queue.tasks.begin(), end, [&](proto::Submission& task) { to.push_back(std::move(task)); });
    queue.tasks.erase(queue.tasks.begin(), end);
    queue.trying = count;
    queue.returned = 0;
  }
}

Instant FullQueues::next_wakeup() const {
  auto at = proto::kNever;
  for (const auto& [name, queue] : queues_)
    if (queue.trying == 0) at = std::min(at, queue.next_try);
  return at;
}

}  // namespace forkmill::client
