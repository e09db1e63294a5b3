#include "broker/store/memory_store.h"

namespace forkmill::broker {

proto::Result<Store::Identity> MemoryStore::open() {
  epoch_ = epoch_.next();
  return Identity{id_, epoch_, last_};
}

void MemoryStore::load(const std::function<void(StoredTask)>& visit) const {
  for (const auto& [seq, task] : tasks_) visit(task);
}

proto::Result<proto::CommitSeq> MemoryStore::commit(std::span<const StoreOp> ops) {
  for (const auto& op : ops) std::visit([this](const auto& one) { apply(one); }, op);
  last_ = last_.next();
  return last_;
}

void MemoryStore::apply(const PutTask& op) { tasks_.try_emplace(op.seq, StoredTask{op, {}, {}, {}}); }

void MemoryStore::apply(const Reschedule& op) {
  if (auto found = tasks_.find(op.seq); found != tasks_.end()) {
    found->second.attempts = op.attempts;
    found->second.due = op.due;
  }
}

void MemoryStore::apply(const Finish& op) {
  auto found = tasks_.find(op.seq);
  if (found != tasks_.end() && !found->second.finish) found->second.finish = op;
}

void MemoryStore::apply(const Forget& op) { tasks_.erase(op.seq); }

}  // namespace forkmill::broker
