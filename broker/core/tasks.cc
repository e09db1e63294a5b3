#include "broker/core/tasks.h"

#include "proto/check.h"

namespace forkmill::broker {

Task& Tasks::insert(const TaskId& id) { return insert(id, last_.next()); }

Task& Tasks::insert(const TaskId& id, proto::TaskSeq seq) {
  FORKMILL_CHECK(seq > last_);
  last_ = seq;
  if (free_.empty()) free_.push_back(&places_.emplace_back());
  Task* task = free_.back();
  free_.pop_back();
  task->id = id;
  task->seq = seq;
  FORKMILL_CHECK(by_id_.emplace(id, task).second);
  return *task;
}

Task* Tasks::find(const TaskId& id) {
  auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : found->second;
}

Task* Tasks::find_by_prefix(std::string_view text) {
  constexpr std::size_t kShortest = 8;
  if (auto id = TaskId::parse(text)) return find(*id);
  if (text.size() < kShortest) return nullptr;
  Task* match = nullptr;
  for (const auto& [id, task] : by_id_) {
    if (!id.to_string().starts_with(text)) continue;
    if (match != nullptr) return nullptr;
    match = task;
  }
  return match;
}

void Tasks::erase(Task& task) {
  by_id_.erase(task.id);
  task = Task{};  // its number becomes 0: references to it see that it is gone
  free_.push_back(&task);
}

}  // namespace forkmill::broker
