#include "broker/core/tasks/tasks.h"

#include <algorithm>
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

bool can_name_task(std::string_view digits) {
  return digits.size() >= kShortestBeginning && digits.size() <= 2 * TaskId{}.bytes().size() &&
         digits.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

namespace {

// An entry as a value of the index: an owner, a number and a state.
constexpr unsigned kSeqAt = 3;
constexpr unsigned kOwnerAt = 52;
std::uint64_t pack(PagedOutEntry entry) {
  FORKMILL_CHECK(entry.seq.value() >> (kOwnerAt - kSeqAt) == 0 && entry.owner <= Owners::kMax);
  return std::uint64_t{entry.owner} << kOwnerAt | entry.seq.value() << kSeqAt | static_cast<std::uint64_t>(entry.state);
}
PagedOutEntry paged_out_entry(std::uint64_t value) {
  constexpr std::uint64_t kSeqs = (std::uint64_t{1} << (kOwnerAt - kSeqAt)) - 1;
  return {proto::TaskSeq{value >> kSeqAt & kSeqs}, static_cast<State>(value & 7),
          static_cast<std::uint16_t>(value >> kOwnerAt)};
}

}  // namespace

void PagedOutTasks::insert(const TaskId& id, PagedOutEntry entry) {
  entries_.insert(id, pack(entry));
  ++sizes_.at(static_cast<std::size_t>(entry.state));
}

std::optional<PagedOutEntry> PagedOutTasks::find(const TaskId& id) const {
  const std::uint64_t* found = entries_.find(id);
  return found == nullptr ? std::nullopt : std::optional{paged_out_entry(*found)};
}

PagedOutEntry PagedOutTasks::take(const TaskId& id) {
  const auto entry = find(id);
  FORKMILL_CHECK(entry.has_value());
  entries_.erase(id);
  --sizes_.at(static_cast<std::size_t>(entry->state));
  return *entry;
}

void PagedOutTasks::visit(const Visitor& visitor) const {
  entries_.visit([&](const TaskId& id, std::uint64_t value) { visitor(id, paged_out_entry(value)); });
}

void PagedOutTasks::visit(const HashRange& range, const Visitor& visitor) const {
  entries_.visit(range, [&](const TaskId& id, std::uint64_t value) { visitor(id, paged_out_entry(value)); });
}

Task& Tasks::insert(const TaskId& id) {
  last_ = last_.next();
  Task& task = resident_.add(id);
  task.seq = last_;
  return task;
}

Task* Tasks::find(const TaskId& id) const { return resident_.find(id); }

void Tasks::erase(Task& task) {
  attempt_history_.forget(task.seq);
  logs.forget(task.seq);
  resident_.remove(task);
}

void Tasks::put_away(Task& task) {
  add_paged_out(task.id, {task.seq, task.state, number_of(task.owner())});
  resident_.remove(task);
}

void Tasks::add_paged_out(const TaskId& id, PagedOutEntry entry) { paged_out_.insert(id, entry); }

std::optional<PagedOutEntry> Tasks::find_paged_out(const TaskId& id) const { return paged_out_.find(id); }

Task& Tasks::page_in(const TaskId& id) {
  const PagedOutEntry entry = paged_out_.take(id);
  Task& task = resident_.add(id);
  task.seq = entry.seq;
  return task;
}

std::vector<const Task*> Tasks::resident_tasks() const {
  std::vector<const Task*> tasks;
  tasks.reserve(resident());
  resident_.visit([&](const Task& task) { tasks.push_back(&task); });
  return tasks;
}

void Tasks::visit_paged_out(const std::function<void(const TaskId&, PagedOutEntry)>& visitor) const {
  paged_out_.visit(visitor);
}

bool Tasks::visit_hashes(HashPlace& place, std::size_t most, const Visitor& visitor) const {
  // Both tables put a task into the same range, in whichever of them it is.
  for (std::size_t looked = 0; place.shard < HashRange::kShards && looked < most;) {
    const std::size_t slots = resident_.slots(place.shard) + paged_out_.slots(place.shard);
    const std::size_t room = most - looked;
    const std::uint64_t width = slots <= room ? HashRange::kEnd : HashRange::kEnd / slots * room;
    const HashRange range{place.shard, place.low, std::min(HashRange::kEnd, place.low + width)};
    resident_.visit(range, visitor.resident);
    paged_out_.visit(range, visitor.paged_out);
    if (slots > 0) looked += 1 + static_cast<std::size_t>(slots * (range.to - range.from) / HashRange::kEnd);
    place = range.to == HashRange::kEnd ? HashPlace{place.shard + 1, 0} : HashPlace{place.shard, range.to};
  }
  return place.shard < HashRange::kShards;
}

}  // namespace forkmill::broker
