// MemoryStore: keeps tasks for as long as the object lives. What `--memory` runs on, and the reference for every other
// store.
#pragma once

#include <map>

#include "broker/store/store.h"

namespace forkmill::broker {

class MemoryStore final : public Store {
 public:
  // `id` names the store to clients. `durable` only for simulations, in which the object outlives the broker.
  explicit MemoryStore(std::string id, bool durable = false) : id_{std::move(id)}, durable_{durable} {}

  proto::Result<Identity> open() override;
  void load(const std::function<void(StoredTask)>& visit) const override;
  proto::Result<proto::CommitSeq> commit(std::span<const StoreOp> ops) override;
  bool durable() const override { return durable_; }

 private:
  void apply(const PutTask& op);
  void apply(const Reschedule& op);
  void apply(const Finish& op);
  void apply(const Forget& op);

  std::string id_;
  bool durable_;
  proto::Epoch epoch_;
  proto::CommitSeq last_;
  std::map<proto::TaskSeq, StoredTask> tasks_;
};

}  // namespace forkmill::broker
