#include "broker/core/tasks/tasks.h"

#include <cctype>
#include <string>

#include "proto/check.h"

namespace forkmill::broker {

std::string digits_of(std::string_view prefix) {
  std::string digits;
  for (const char c : prefix)
    if (c != '-') digits += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return digits;
}

// Compares digits without making a text, because millions of ids may be looked through.
bool begins_with(const TaskId& id, std::string_view digits) {
  if (digits.size() > 2 * id.bytes().size()) return false;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const unsigned nibble = i % 2 == 0 ? id.bytes()[i / 2] >> 4U : id.bytes()[i / 2] & 15U;
    if ("0123456789abcdef"[nibble] != digits[i]) return false;
  }
  return true;
}

namespace {

// A value of the index: a pointer, which is even, or an owner, a number and a state with the lowest bit set.
constexpr unsigned kSeqAt = 4;
constexpr unsigned kOwnerAt = 52;
std::uint64_t pack(Task& task) { return reinterpret_cast<std::uintptr_t>(&task); }
std::uint64_t pack(PagedOutEntry entry) {
  FORKMILL_CHECK(entry.seq.value() >> (kOwnerAt - kSeqAt) == 0 && entry.owner <= Owners::kMax);
  return std::uint64_t{entry.owner} << kOwnerAt | entry.seq.value() << kSeqAt |
         static_cast<std::uint64_t>(entry.state) << 1 | 1;
}
bool is_paged_out(std::uint64_t value) { return (value & 1) != 0; }
PagedOutEntry paged_out_entry(std::uint64_t value) {
  constexpr std::uint64_t kSeqs = (std::uint64_t{1} << (kOwnerAt - kSeqAt)) - 1;
  return {proto::TaskSeq{value >> kSeqAt & kSeqs}, static_cast<State>(value >> 1 & 7),
          static_cast<std::uint16_t>(value >> kOwnerAt)};
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
  logs.forget(task.seq);
  index_.erase(task.id);
  places_.release(task);
}

void Tasks::put_away(Task& task) {
  *index_.find(task.id) = pack(PagedOutEntry{task.seq, task.state, number_of(task.counts.owner)});
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

std::vector<TaskId> Tasks::matches(std::string_view prefix, const Choice& choice) const {
  const std::string digits = digits_of(prefix);
  std::vector<TaskId> found;
  index_.visit([&](const TaskId& id, std::uint64_t value) {
    if (found.size() == 2 || !begins_with(id, digits)) return;
    if (is_paged_out(value) ? choice.paged_out(paged_out_entry(value)) : choice.resident(*resident_task(value)))
      found.push_back(id);
  });
  return found;
}

}  // namespace forkmill::broker
