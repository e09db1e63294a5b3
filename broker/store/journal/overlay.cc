#include "broker/store/journal/overlay.h"

#include <algorithm>

#include "broker/store/store_error.h"

namespace forkmill::broker {

namespace {

using proto::TaskSeq;

template <class Map>
std::optional<TaskSeq> key_below(const Map& map, TaskSeq seq) {
  const auto found = map.lower_bound(seq);
  return found == map.begin() ? std::nullopt : std::optional{std::prev(found)->first};
}

template <class Map>
std::optional<TaskSeq> key_above(const Map& map, TaskSeq seq) {
  const auto found = map.upper_bound(seq);
  return found == map.end() ? std::nullopt : std::optional{found->first};
}

std::optional<TaskSeq> lower(std::optional<TaskSeq> a, std::optional<TaskSeq> b) {
  return !a ? b : !b ? a : std::min(*a, *b);
}

}  // namespace

std::optional<TaskChange> Overlay::change_of(TaskSeq seq) const {
  const auto older = older_.tasks().find(seq);
  const auto newer = newer_.tasks().find(seq);
  if (older == older_.tasks().end()) return newer == newer_.tasks().end() ? std::nullopt : std::optional{newer->second};
  return newer == newer_.tasks().end() ? older->second : older->second.followed_by(newer->second);
}

// An empty option is less than any number.
std::optional<TaskSeq> Overlay::changed_below(TaskSeq seq) const {
  return std::max(key_below(older_.tasks(), seq), key_below(newer_.tasks(), seq));
}

std::optional<TaskSeq> Overlay::changed_above(TaskSeq seq) const {
  return lower(key_above(older_.tasks(), seq), key_above(newer_.tasks(), seq));
}

const RowPlace* Overlay::record_change(TaskSeq seq) const {
  for (const Changes* layer : {&newer_, &older_})
    if (const auto found = layer->records().find(seq); found != layer->records().end()) return &found->second;
  return nullptr;
}

std::optional<TaskSeq> Overlay::changed_record_above(TaskSeq seq) const {
  return lower(key_above(older_.records(), seq), key_above(newer_.records(), seq));
}

std::string_view Overlay::row(const RowPlace& place, RowKind kind, TaskSeq seq) {
  return read_row([this](const RowPlace& where) { return journal_.read(where); }, place, kind, seq);
}

template <class Record>
void Overlay::decode(const RowPlace& place, RowKind kind, TaskSeq seq, Record& record) {
  const auto damage = coder_.decode(seq, row(place, kind, seq), record);
  if (!damage.empty())
    throw StoreError{database_.directory().segment(place.segment) + ": the row of " + table_name(kind) + " " +
                     std::to_string(seq.value()) + " is damaged (" + std::string{damage} + ")"};
}

void Overlay::bring_up(TaskSeq seq, SharedSpec& spec, const TaskChange& change) {
  if (!change.requeued) return;
  ProgressionRow progression;
  decode(change.requeued, RowKind::progression, seq, progression);
  if (progression.requeued) set_queue(spec, *progression.requeued);
}

void Overlay::bring_up(StoredTask& task, const TaskChange& change) {
  change.change(task.progression);
  bring_up(task.put.seq, task.put.spec, change);
  if (!task.finish && change.outcome) decode(change.outcome, RowKind::outcome, task.put.seq, task.finish.emplace());
}

void Overlay::bring_up(TaskSummary& task, const TaskChange& change) {
  change.change(task.progression);
  bring_up(task.seq, task.spec, change);
  if (task.end || !change.outcome) return;
  TaskSummary::End end;
  decode(change.outcome, RowKind::outcome, task.seq, end);
  task.end = end;
}

StoredTask Overlay::new_task(TaskSeq seq, const TaskChange& change) {
  StoredTask task;
  decode(change.task, RowKind::task, seq, task.put);
  bring_up(task, change);
  return task;
}

TaskSummary Overlay::new_summary(TaskSeq seq, const TaskChange& change) {
  TaskSummary task;
  decode(change.task, RowKind::task, seq, task);
  bring_up(task, change);
  return task;
}

bool Overlay::has_task(TaskSeq seq) {
  if (const auto change = change_of(seq); change && (change->task || change->forgotten)) return !change->removes();
  return database_.tables().has_task(seq);
}

void Overlay::fetch(std::span<const TaskSeq> seqs, const std::function<void(StoredTask)>& visit) {
  std::size_t done = 0;  // the numbers before that are visited
  for (std::size_t at = 0; at < seqs.size(); ++at) {
    const auto change = change_of(seqs[at]);
    if (!change) continue;
    database_.tables().fetch(seqs.subspan(done, at - done), visit);
    done = at + 1;
    if (change->task) {
      visit(new_task(seqs[at], *change));
    } else if (!change->forgotten) {
      database_.tables().fetch(seqs.subspan(at, 1), [&](StoredTask task) {
        bring_up(task, *change);
        visit(std::move(task));
      });
    }
  }
  database_.tables().fetch(seqs.subspan(done), visit);
}

void Overlay::scan(TaskSeq before, const std::function<bool(StoredTask)>& visit) {
  bool going = true;
  // Visits the tasks below `before` that are not in the database, down to `last`.
  const auto visit_new = [&](TaskSeq last) {
    for (auto seq = changed_below(before); going && seq && *seq >= last; seq = changed_below(*seq)) {
      const auto change = change_of(*seq);
      if (change->task) going = visit(new_task(*seq, *change));
    }
    before = std::min(before, last);
  };
  database_.tables().scan(before, [&](StoredTask task) {
    const TaskSeq seq = task.put.seq;
    visit_new(seq);
    if (!going) return false;
    const auto change = change_of(seq);
    if (change && (change->task || change->forgotten)) return true;
    if (change) bring_up(task, *change);
    return going = visit(std::move(task));
  });
  if (going) visit_new(TaskSeq{});
}

void Overlay::load(const std::function<void(const TaskSummary&)>& visit) {
  TaskSeq done;  // the tasks up to it are visited
  const auto visit_new = [&](TaskSeq last) {
    for (auto seq = changed_above(done); seq && *seq <= last; seq = changed_above(*seq)) {
      const auto change = change_of(*seq);
      if (change->task) visit(new_summary(*seq, *change));
    }
    done = last;
  };
  database_.load([&](const TaskSummary& task) {
    visit_new(task.seq);
    const auto change = change_of(task.seq);
    if (!change) return visit(task);
    if (change->task || change->forgotten) return;
    TaskSummary current = task;
    bring_up(current, *change);
    visit(current);
  });
  visit_new(TaskSeq{~std::uint64_t{0}});
}

void Overlay::load_records(const std::function<void(TaskSeq, std::string_view)>& visit) {
  TaskSeq done;
  const auto visit_changed = [&](TaskSeq last) {
    for (auto seq = changed_record_above(done); seq && *seq <= last; seq = changed_record_above(*seq)) {
      const RowPlace place = *record_change(*seq);
      if (!place) continue;
      std::string_view bytes;
      decode(place, RowKind::record, *seq, bytes);
      visit(*seq, bytes);
    }
    done = last;
  };
  database_.load_records([&](TaskSeq seq, std::string_view bytes) {
    visit_changed(seq);
    if (record_change(seq) == nullptr) visit(seq, bytes);
  });
  visit_changed(TaskSeq{~std::uint64_t{0}});
}

}  // namespace forkmill::broker
