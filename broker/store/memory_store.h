// MemoryStore: keeps tasks and records for as long as the object lives. The broker uses it with `--memory`, and every
// other store is compared with it.
#pragma once

#include <map>
#include <string>

#include "broker/store/store.h"

namespace forkmill::broker {

class MemoryStore final : public Store {
 public:
  // `id` names the store to clients. Set `durable` only in simulations, where the object outlives the broker. The first
  // epoch is the one after `before`. Workers may still hold grants of an earlier memory store that is gone, so a later
  // store needs later epochs: see epoch_before().
  explicit MemoryStore(std::string id, bool durable = false, proto::Epoch before = {})
      : id_{std::move(id)}, durable_{durable}, epoch_{before} {}
  // The value of `before` for a store that begins at `unix_time`: rises with time.
  static proto::Epoch epoch_before(proto::milliseconds unix_time);

  proto::Result<Identity> open() override;
  proto::Status load(const std::function<void(const TaskSummary&)>& visit) override;
  proto::Status load_records(const std::function<void(proto::TaskSeq, std::string_view)>& visit) override;
  proto::Status apply(std::span<const StoreOp> ops) override;
  proto::Status commit(proto::CommitSeq number) override;
  proto::Status fetch(std::span<const proto::TaskSeq> seqs, const std::function<void(StoredTask)>& visit) override;
  proto::Status scan(proto::TaskSeq before, const std::function<bool(StoredTask)>& visit) override;
  proto::Status begin_backup(const std::string& path) override;
  proto::Result<bool> continue_backup() override;
  std::optional<std::uint64_t> free_bytes() override { return std::nullopt; }
  bool durable() const override { return durable_; }

 private:
  void apply(const PutTask& op);
  void apply(const Reschedule& op);
  void apply(const Dispatch& op);
  void apply(const Requeue& op);
  void apply(const Finish& op);
  void apply(const Forget& op);
  void apply(const PutRecord& op);
  void apply(const EraseRecord& op);

  std::string id_;
  bool durable_;
  bool opened_ = false;
  proto::Epoch epoch_;
  proto::CommitSeq last_;
  proto::TaskSeq last_seq_;
  std::map<proto::TaskSeq, StoredTask> tasks_;
  std::map<proto::TaskSeq, std::string> records_;
};

}  // namespace forkmill::broker
