#include "broker/store/memory_store.h"

#include <algorithm>
#include <utility>

#include "proto/check.h"

namespace forkmill::broker {

// The epoch rises every 64 ms and counts from 2026, so that the numbers stay small.
proto::Epoch MemoryStore::epoch_before(proto::milliseconds unix_time) {
  constexpr std::int64_t kBegin = 1'767'225'600'000;  // 2026-01-01 in unix milliseconds
  return proto::Epoch{static_cast<std::uint64_t>(std::max<std::int64_t>(unix_time.count() - kBegin, 0)) / 64};
}

proto::Result<Store::Identity> MemoryStore::open() {
  if (std::exchange(opened_, true)) last_seq_ = proto::TaskSeq{last_seq_.value() + kLeftOut};
  epoch_ = epoch_.next();
  return Identity{id_, epoch_, last_, last_seq_};
}

proto::Status MemoryStore::load(const std::function<void(const TaskSummary&)>& visit) {
  for (const auto& [seq, task] : tasks_) {
    const PutTask& put = task.put;
    TaskSummary summary{seq,       put.id,           put.spec,         put.payload.size(),
                        put.owner, put.submitted_at, task.progression, std::nullopt};
    if (const auto& finish = task.finish)
      summary.end = {finish->outcome.kind, finish->finished_at, finish->outcome.value.size(),
                     text_bytes(finish->outcome)};
    visit(summary);
  }
  return {};
}

proto::Status MemoryStore::load_records(const std::function<void(proto::TaskSeq, std::string_view)>& visit) {
  for (const auto& [seq, bytes] : records_) visit(seq, bytes);
  return {};
}

proto::Status MemoryStore::apply(std::span<const StoreOp> ops) {
  for (const auto& op : ops) std::visit([this](const auto& one) { apply(one); }, op);
  return {};
}

proto::Status MemoryStore::commit(proto::CommitSeq number) {
  FORKMILL_CHECK(number > last_);
  last_ = number;
  return {};
}

proto::Status MemoryStore::fetch(std::span<const proto::TaskSeq> seqs, const std::function<void(StoredTask)>& visit) {
  for (const proto::TaskSeq seq : seqs)
    if (auto found = tasks_.find(seq); found != tasks_.end()) visit(found->second);
  return {};
}

proto::Status MemoryStore::scan(proto::TaskSeq before, const std::function<bool(StoredTask)>& visit) {
  for (auto at = tasks_.lower_bound(before); at != tasks_.begin();)
    if (!visit((--at)->second)) break;
  return {};
}

proto::Status MemoryStore::begin_backup(const std::string&) {
  return proto::Failure{Errc::bad_request, "this broker keeps tasks in memory only: there is nothing to back up"};
}

proto::Result<bool> MemoryStore::continue_backup() { return true; }

void MemoryStore::apply(const PutTask& op) {
  last_seq_ = std::max(last_seq_, op.seq);
  tasks_.try_emplace(op.seq, StoredTask{op, {}, {}});
}

void MemoryStore::apply(const Reschedule& op) {
  if (auto found = tasks_.find(op.seq); found != tasks_.end()) found->second.progression = {op.attempts, op.due, false};
}

void MemoryStore::apply(const Dispatch& op) {
  if (auto found = tasks_.find(op.seq); found != tasks_.end()) {
    found->second.progression.attempts = proto::Attempt{op.attempt.value() - 1};
    found->second.progression.dispatched = true;
  }
}

void MemoryStore::apply(const Requeue& op) {
  if (auto found = tasks_.find(op.seq); found != tasks_.end()) set_queue(found->second.put.spec, op);
}

void MemoryStore::apply(const Finish& op) {
  auto found = tasks_.find(op.seq);
  if (found != tasks_.end() && !found->second.finish) found->second.finish = op;
}

void MemoryStore::apply(const Forget& op) { tasks_.erase(op.seq); }

void MemoryStore::apply(const PutRecord& op) {
  last_seq_ = std::max(last_seq_, op.seq);
  records_.insert_or_assign(op.seq, op.bytes);
}

void MemoryStore::apply(const EraseRecord& op) { records_.erase(op.seq); }

}  // namespace forkmill::broker
