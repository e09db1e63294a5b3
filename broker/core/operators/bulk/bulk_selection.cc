#include "broker/core/operators/bulk/bulk_selection.h"

#include <algorithm>

#include "broker/core/operators/listing/listing.h"
#include "broker/core/operators/listing/memory_walk.h"
#include "proto/buggify.h"

namespace forkmill::broker {

namespace {

// Slices are small, so that commits and messages do not wait for long.
constexpr std::size_t kScanned = 2000;
constexpr std::size_t kVisited = 2000;
constexpr std::size_t kPlaces = 4096;
constexpr std::size_t kStored = 500;

std::size_t slice(std::size_t size) { return proto::buggify(proto::Path::short_page) ? 1 : size; }

}  // namespace

bool is_of_dead_letters(const proto::ChangeTasks& order) {
  switch (order.action) {
    case proto::TaskAction::retry:
    case proto::TaskAction::drop:
      return true;
    case proto::TaskAction::cancel:
      return false;
    case proto::TaskAction::move:
    case proto::TaskAction::reprioritise:
      break;
  }
  return order.filter.state == state_name(State::failed);
}

BulkSelection::BulkSelection(const BulkChange& change, bool has_store)
    : filter_{change.order.filter},
      visibility_{visibility_of(change)},
      of_dead_letters_{is_of_dead_letters(change.order)},
      only_counts_{change.order.dry_run},
      before_{change.last.next()},
      above_{change.done},
      is_scanned_{!has_store} {
  if (of_dead_letters_) filter_.state = state_name(State::failed);
}

ScanRequest BulkSelection::next_scan() const {
  ScanRequest scan;
  scan.before = before_;
  scan.most = slice(kScanned);
  scan.most_visited = kVisited;
  // The store knows whether a task has finished, not whether it runs.
  scan.passes = [filter = filter_, visibility = visibility_, ended = of_dead_letters_](const StoredTask& task) {
    return task.finish.has_value() == ended && passes(filter, visibility, row_of(task));
  };
  return scan;
}

bool BulkSelection::wants(std::string_view state) const {
  if (!filter_.state.empty()) return state == filter_.state;
  return state == state_name(State::scheduled) || state == state_name(State::ready) ||
         state == state_name(State::running);
}

void BulkSelection::count(BulkChange& change, std::string_view state) const {
  ++change.matched;
  if (only_counts_) ++change.states[std::string{state}];
}

void BulkSelection::add(const BrokerState& state, BulkChange& change, const ScanAnswer& scanned) {
  before_ = scanned.next;
  is_scanned_ = !before_ || before_ <= above_.next();
  for (const StoredTask& stored : scanned.tasks) {
    const proto::TaskSeq seq = stored.put.seq;
    if (seq <= above_) break;
    const Task* resident = state.tasks.find(stored.put.id);
    const auto paged_out = state.tasks.find_paged_out(stored.put.id);
    if (resident != nullptr ? is_dropped(*resident) : !paged_out) continue;  // gone by now
    const std::string_view name = state_name(resident != nullptr ? resident->state : paged_out->state);
    if (!wants(name)) continue;
    count(change, name);
    if (!only_counts_) stored_.push_back(seq);
  }
}

void BulkSelection::walk(BrokerState& state, BulkChange& change) {
  const std::size_t places = filter_.arguments.empty() ? kPlaces : MemoryWalk::kSliceOfArguments;
  is_walked_ = !state.tasks.visit_places(place_, slice(places), [&](Task& task) {
    if (task.durable || task.seq > change.last || is_dropped(task) || !wants(state_name(task.state))) return;
    if (!passes(filter_, visibility_, task)) return;
    count(change, state_name(task.state));
    if (!only_counts_) unstored_.emplace(task);
  });
}

std::vector<proto::TaskSeq> BulkSelection::pop_stored() {
  const auto count = static_cast<std::ptrdiff_t>(std::min(stored_.size(), slice(kStored)));
  std::vector<proto::TaskSeq> seqs(stored_.rbegin(), stored_.rbegin() + count);
  stored_.resize(stored_.size() - seqs.size());
  return seqs;
}

TaskRef BulkSelection::pop_unstored() {
  const TaskRef next = unstored_.top();
  unstored_.pop();
  return next;
}

}  // namespace forkmill::broker
