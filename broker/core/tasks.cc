#include "broker/core/tasks.h"

#include <cctype>
#include <string>

#include "proto/check.h"

namespace forkmill::broker {

namespace {

// Millions may be looked through: digits are compared, not texts made.
bool begins_with(const TaskId& id, std::string_view digits) {
  if (digits.size() > 2 * id.bytes().size()) return false;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const unsigned nibble = i % 2 == 0 ? id.bytes()[i / 2] >> 4U : id.bytes()[i / 2] & 15U;
    if ("0123456789abcdef"[nibble] != digits[i]) return false;
  }
  return true;
}

}  // namespace

Task& Tasks::insert(const TaskId& id) {
  last_ = last_.next();
  return place(id, last_);
}

Task& Tasks::place(const TaskId& id, proto::TaskSeq seq) {
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

void Tasks::erase(Task& task) {
  by_id_.erase(task.id);
  task = Task{};  // its number becomes 0: references to it see that it is gone
  free_.push_back(&task);
}

void Tasks::put_away(Task& task, FarState state) {
  far_.insert(task.id, {task.seq, state});
  erase(task);
}

Task& Tasks::bring_near(const TaskId& id) {
  const auto entry = far_.find(id);
  FORKMILL_CHECK(entry.has_value());
  far_.erase(id);
  return place(id, entry->seq);
}

std::optional<TaskId> Tasks::named(std::string_view text) const {
  constexpr std::size_t kShortest = 8;
  if (auto id = TaskId::parse(text)) return id;
  if (text.size() < kShortest) return std::nullopt;
  std::string digits;
  for (const char c : text)
    if (c != '-') digits += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  std::vector<TaskId> matches;
  const auto look_at = [&](const TaskId& id) {
    if (matches.size() < 2 && begins_with(id, digits)) matches.push_back(id);
  };
  for (const auto& [id, task] : by_id_) look_at(id);
  far_.visit([&](const TaskId& id, FarEntry) { look_at(id); });
  if (matches.size() != 1) return std::nullopt;
  return matches.front();
}

}  // namespace forkmill::broker
