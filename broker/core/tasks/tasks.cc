#include "broker/core/tasks/tasks.h"

#include <cctype>
#include <string>

#include "proto/check.h"

namespace forkmill::broker {

namespace {

// Characters that the beginning of an id needs to name a task.
constexpr std::size_t kShortestPrefix = 8;

// Compares digits without making a text, because millions of ids may be looked through.
bool begins_with(const TaskId& id, std::string_view digits) {
  if (digits.size() > 2 * id.bytes().size()) return false;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const unsigned nibble = i % 2 == 0 ? id.bytes()[i / 2] >> 4U : id.bytes()[i / 2] & 15U;
    if ("0123456789abcdef"[nibble] != digits[i]) return false;
  }
  return true;
}

// A value of the index: a pointer, which is even, or a number and a state with the lowest bit set.
std::uint64_t pack(Task& task) { return reinterpret_cast<std::uintptr_t>(&task); }
std::uint64_t pack(PagedOutEntry entry) {
  FORKMILL_CHECK(entry.seq.value() >> 60 == 0);
  return entry.seq.value() << 4 | static_cast<std::uint64_t>(entry.state) << 1 | 1;
}
bool is_paged_out(std::uint64_t value) { return (value & 1) != 0; }
PagedOutEntry paged_out_entry(std::uint64_t value) {
  return {proto::TaskSeq{value >> 4}, static_cast<State>(value >> 1 & 7)};
}
Task* resident_task(std::uint64_t value) {
  return reinterpret_cast<Task*>(value);  // NOLINT(performance-no-int-to-ptr): it was one
}

}  // namespace

Task& Tasks::insert(const TaskId& id) {
  last_ = last_.next();
  Task& task = places_.allocate();
  task.id = id;
  task.seq = last_;
  index_.insert(id, pack(task));
  return task;
}

Task* Tasks::find(const TaskId& id) const {
  const std::uint64_t* found = index_.find(id);
  return found == nullptr || is_paged_out(*found) ? nullptr : resident_task(*found);
}

void Tasks::erase(Task& task) {
  attempt_history_.forget(task.seq);
  index_.erase(task.id);
  places_.release(task);
}

void Tasks::put_away(Task& task) {
  *index_.find(task.id) = pack(PagedOutEntry{task.seq, task.state});
  ++paged_out_;
  places_.release(task);
}

void Tasks::add_paged_out(const TaskId& id, PagedOutEntry entry) {
  index_.insert(id, pack(entry));
  ++paged_out_;
}

std::optional<PagedOutEntry> Tasks::find_paged_out(const TaskId& id) const {
  const std::uint64_t* found = index_.find(id);
  if (found == nullptr || !is_paged_out(*found)) return std::nullopt;
  return paged_out_entry(*found);
}

Task& Tasks::page_in(const TaskId& id) {
  std::uint64_t* found = index_.find(id);
  FORKMILL_CHECK(found != nullptr && is_paged_out(*found));
  Task& task = places_.allocate();
  task.id = id;
  task.seq = paged_out_entry(*found).seq;
  *found = pack(task);
  --paged_out_;
  return task;
}

std::vector<const Task*> Tasks::resident_tasks() const {
  std::vector<const Task*> tasks;
  tasks.reserve(resident());
  places_.visit([&](const Task& task) {
    if (task.seq) tasks.push_back(&task);
  });
  return tasks;
}

void Tasks::visit_paged_out(const std::function<void(const TaskId&, PagedOutEntry)>& visitor) const {
  index_.visit([&](const TaskId& id, std::uint64_t value) {
    if (is_paged_out(value)) visitor(id, paged_out_entry(value));
  });
}

std::vector<TaskId> Tasks::matches(std::string_view prefix) const {
  std::string digits;
  for (const char c : prefix)
    if (c != '-') digits += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  std::vector<TaskId> found;
  index_.visit([&](const TaskId& id, std::uint64_t) {
    if (found.size() < 2 && begins_with(id, digits)) found.push_back(id);
  });
  return found;
}

std::optional<TaskId> Tasks::named(std::string_view text) const {
  if (auto id = TaskId::parse(text)) return id;
  if (text.size() < kShortestPrefix) return std::nullopt;
  const auto found = matches(text);
  return found.size() == 1 ? std::optional{found.front()} : std::nullopt;
}

std::string Tasks::why_unknown(std::string_view text) const {
  const auto quoted = "'" + std::string{text} + "'";
  if (TaskId::parse(text)) return "no task has the id " + quoted;
  if (text.size() < kShortestPrefix)
    return quoted + " names no task: write an id, or at least its first " + std::to_string(kShortestPrefix) +
           " characters";
  if (matches(text).size() > 1) return "several tasks have ids that begin with " + quoted + ": write more of it";
  return "no task has an id that begins with " + quoted;
}

}  // namespace forkmill::broker
