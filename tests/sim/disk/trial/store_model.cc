#include "tests/sim/disk/trial/store_model.h"

#include <algorithm>

#include "proto/check.h"
#include "proto/overloaded.h"

namespace forkmill::sim {

using namespace broker;

namespace {

std::string number(proto::TaskSeq seq) { return std::to_string(seq.value()); }

std::string difference_of_tasks(const StoreState& expected, Store& store, proto::Status& status) {
  std::string text;
  auto next = expected.tasks.begin();
  status = store.load([&](const TaskSummary& task) {
    if (!text.empty()) return;
    if (next == expected.tasks.end() || task.seq < next->first) {
      text = "task " + number(task.seq) + " exists, but should not";
    } else if (next->first < task.seq) {
      text = "task " + number(next->first) + " is missing";
    } else {
      text = difference(next->second, task);
      ++next;
    }
  });
  if (text.empty() && status.ok() && next != expected.tasks.end()) text = "task " + number(next->first) + " is missing";
  return text;
}

std::string difference_of_records(const StoreState& expected, Store& store, proto::Status& status) {
  std::map<proto::TaskSeq, std::string> found;
  status = store.load_records([&](proto::TaskSeq seq, std::string_view bytes) { found.emplace(seq, bytes); });
  if (!status.ok() || found == expected.records) return "";
  for (const auto& [seq, bytes] : expected.records) {
    if (!found.contains(seq)) return "record " + number(seq) + " is missing";
    if (found.at(seq) != bytes) return "record " + number(seq) + " has other bytes";
  }
  return "there are records that should not exist";
}

std::string difference_of_whole_tasks(const StoreState& expected, Store& store, proto::Status& status) {
  std::string text;
  auto next = expected.tasks.rbegin();
  status = store.scan(proto::TaskSeq{~0ULL}, [&](const StoredTask& task) {
    if (next == expected.tasks.rend() || !(task == next->second))
      text = "task " + number(task.put.seq) + " differs in a scan";
    else
      ++next;
    return text.empty();
  });
  if (text.empty() && status.ok() && next != expected.tasks.rend()) text = "a scan ends too early";
  return text;
}

}  // namespace

void StoreState::apply(const StoreOp& op) {
  const auto task = [this](proto::TaskSeq seq) {
    const auto found = tasks.find(seq);
    return found == tasks.end() ? nullptr : &found->second;
  };
  std::visit(proto::Overloaded{[&](const PutTask& put) {
                                 last_seq = std::max(last_seq, put.seq);
                                 tasks.try_emplace(put.seq, StoredTask{put, {}, {}});
                               },
                               [&](const Reschedule& one) {
                                 if (auto* found = task(one.seq)) found->progression = {one.attempts, one.due, false};
                               },
                               [&](const Dispatch& one) {
                                 auto* found = task(one.seq);
                                 if (found == nullptr) return;
                                 found->progression.attempts = proto::Attempt{one.attempt.value() - 1};
                                 found->progression.dispatched = true;
                               },
                               [&](const Requeue& one) {
                                 if (auto* found = task(one.seq)) set_queue(found->put.spec, one);
                               },
                               [&](const Finish& one) {
                                 auto* found = task(one.seq);
                                 if (found != nullptr && !found->finish) found->finish = one;
                               },
                               [&](const Forget& one) { tasks.erase(one.seq); },
                               [&](const PutRecord& one) {
                                 last_seq = std::max(last_seq, one.seq);
                                 records[one.seq] = one.bytes;
                               },
                               [&](const EraseRecord& one) { records.erase(one.seq); }},
             op);
}

std::string difference(const StoredTask& expected, const TaskSummary& loaded) {
  const PutTask& put = expected.put;
  const std::string task = "task " + number(loaded.seq);
  if (loaded.id != put.id || !(*loaded.spec == *put.spec) || loaded.payload_bytes != put.payload.size() ||
      loaded.owner != put.owner || loaded.submitted_at != put.submitted_at)
    return task + " has another id, spec, size, owner or time of submission";
  if (!(loaded.progression == expected.progression)) return task + " has other attempts or another due time";
  if (loaded.end.has_value() != expected.finish.has_value())
    return task + (loaded.end ? " is finished, but should not be" : " is not finished, but should be");
  if (!loaded.end) return "";
  const Finish& finish = *expected.finish;
  if (loaded.end->kind != finish.outcome.kind || loaded.end->finished_at != finish.finished_at ||
      loaded.end->bytes != finish.outcome.value.size())
    return task + " has another outcome";
  return "";
}

std::string difference(const StoreState& expected, Store& store, proto::Status& status) {
  for (const auto compare : {difference_of_tasks, difference_of_records, difference_of_whole_tasks}) {
    std::string text = compare(expected, store, status);
    if (!status.ok()) return "";  // a comparison that was broken off says nothing
    if (!text.empty()) return text;
  }
  return "";
}

void StoreModel::apply(const StoreOp& op) {
  now_.apply(op);
  gathered_.push_back(op);
}

void StoreModel::commit(proto::CommitSeq number) { commits_.push_back({number, std::exchange(gathered_, {})}); }

bool StoreModel::knows(proto::CommitSeq number) const {
  return number == proto::CommitSeq{} ||
         std::any_of(commits_.begin(), commits_.end(), [&](const Commit& one) { return one.number == number; });
}

bool StoreModel::has_put(const PutTask& put) const {
  const auto is_it = [&](const StoreOp& op) {
    const auto* one = std::get_if<PutTask>(&op);
    return one != nullptr && *one == put;
  };
  return std::any_of(commits_.begin(), commits_.end(),
                     [&](const Commit& commit) { return std::any_of(commit.ops.begin(), commit.ops.end(), is_it); });
}

StoreState StoreModel::at(proto::CommitSeq number) const {
  FORKMILL_CHECK(knows(number));
  StoreState state;
  for (const Commit& commit : commits_) {
    if (commit.number > number) break;
    for (const StoreOp& op : commit.ops) state.apply(op);
  }
  for (const auto& [commit, last_seq] : openings_)
    if (commit <= number) state.last_seq = std::max(state.last_seq, last_seq);
  return state;
}

void StoreModel::go_on_from(proto::CommitSeq number, proto::TaskSeq last_seq) {
  std::erase_if(openings_, [&](const auto& one) { return one.first > number; });
  openings_[number] = last_seq;
  now_ = at(number);
  std::erase_if(commits_, [&](const Commit& one) { return one.number > number; });
  gathered_.clear();
}

}  // namespace forkmill::sim
