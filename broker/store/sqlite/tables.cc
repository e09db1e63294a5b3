#include "broker/store/sqlite/tables.h"

#include <utility>
#include <vector>

namespace forkmill::broker {

Tables::Tables(Database& database, RowCoder& coder, Meta& meta, std::string directory)
    : access_{database, coder, meta, std::move(directory)} {}

void Tables::apply(const PutTask& op) { add_task(op.seq, access_.coder.encode(op)); }
void Tables::apply(const Finish& op) { add_outcome(op.seq, access_.coder.encode(op)); }
void Tables::apply(const PutRecord& op) { put_record(op.seq, access_.coder.encode(op)); }
void Tables::apply(const EraseRecord& op) { records_.erase(op.seq); }

void Tables::apply(const Reschedule& op) {
  change_progression(op.seq, [&](ProgressionRow& row) { row.progression = {op.attempts, op.due, false}; });
}

void Tables::apply(const Dispatch& op) {
  change_progression(op.seq, [&](ProgressionRow& row) {
    row.progression.attempts = proto::Attempt{op.attempt.value() - 1};
    row.progression.dispatched = true;
  });
}

void Tables::apply(const Requeue& op) {
  change_progression(op.seq, [&](ProgressionRow& row) { row.requeued = op; });
}

void Tables::apply(const Forget& op) {
  if (!tasks_.remove(op.seq)) return;
  outcomes_.remove(op.seq);
  progressions_.remove(op.seq);
}

void Tables::change_progression(proto::TaskSeq seq, const std::function<void(ProgressionRow&)>& change) {
  ProgressionRow progression;
  const auto old = progressions_.get(seq, progression);
  if (!old && !has_task(seq)) return;
  change(progression);
  progressions_.put(seq, progression, old);
}

void Tables::read_progression(StoredTask& task) {
  ProgressionRow row;
  if (!progressions_.get(task.put.seq, row)) return;
  task.progression = row.progression;
  if (row.requeued) set_queue(task.put.spec, *row.requeued);
}

void Tables::read_rest(StoredTask& task) {
  read_progression(task);
  task.finish = outcomes_.get(task.put.seq);
}

std::optional<StoredTask> Tables::fetch(proto::TaskSeq seq) {
  StoredTask task;
  if (!tasks_.get(seq, task.put)) return std::nullopt;
  read_rest(task);
  return task;
}

void Tables::fetch(std::span<const proto::TaskSeq> seqs, const std::function<void(StoredTask)>& visit) {
  constexpr std::size_t kRun = 4;  // from this many neighbours on, a range query is cheaper
  for (std::size_t begin = 0, end = 1; begin < seqs.size(); begin = end++) {
    while (end < seqs.size() && seqs[end] == seqs[end - 1].next()) ++end;
    if (end - begin >= kRun) {
      fetch_run(seqs[begin], seqs[end - 1], visit);
      continue;
    }
    for (const proto::TaskSeq seq : seqs.subspan(begin, end - begin))
      if (auto task = fetch(seq)) visit(std::move(*task));
  }
}

void Tables::fetch_run(proto::TaskSeq first, proto::TaskSeq last, const std::function<void(StoredTask)>& visit) {
  std::vector<Finish> outcomes = outcomes_.get_run(first, last);
  auto outcome = outcomes.begin();
  tasks_.get_run(first, last, [&](PutTask&& put) {
    StoredTask task;
    task.put = std::move(put);
    const proto::TaskSeq seq = task.put.seq;
    read_progression(task);
    while (outcome != outcomes.end() && outcome->seq < seq) ++outcome;
    if (outcome != outcomes.end() && outcome->seq == seq) task.finish = std::move(*outcome);
    visit(std::move(task));
  });
}

void Tables::scan(proto::TaskSeq before, const std::function<bool(StoredTask)>& visit) {
  tasks_.scan(before, [&](PutTask&& put) {
    StoredTask task;
    task.put = std::move(put);
    read_rest(task);
    return visit(std::move(task));
  });
}

}  // namespace forkmill::broker
