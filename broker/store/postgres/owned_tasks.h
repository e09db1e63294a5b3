// OwnedTasks: the tasks and records of a shard, for its owner. Makes the changes of the broker in the database, and
// reads them back. An outage is waited for; a commit whose fate is unknown is looked up, or made again. One thread owns
// it. Functions throw StoreError, also for a shard that has another owner by now.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>

#include "broker/store/postgres/batch.h"
#include "broker/store/postgres/ownership.h"
#include "broker/store/postgres/spans.h"
#include "broker/store/postgres/task_reader.h"
#include "broker/store/records.h"

namespace forkmill::broker {

class OwnedTasks {
 public:
  explicit OwnedTasks(PostgresOptions options) : shard_{options.shard}, ownership_{std::move(options)} {}

  Ownership& ownership() { return ownership_; }

  // The functions of Store.
  bool await();
  ShardRow open();
  void load(const std::function<void(const TaskSummary&)>& visit);
  void load_records(const std::function<void(proto::TaskSeq, std::string_view)>& visit);
  void apply(std::span<const StoreOp> ops);
  void commit(proto::CommitSeq number);
  void fetch(std::span<const proto::TaskSeq> seqs, const std::function<void(StoredTask)>& visit);
  void scan(proto::TaskSeq before, const std::function<bool(StoredTask)>& visit);

 private:
  // Calls `work` with the connection until it is not interrupted. After an interruption, nothing of the changes that
  // are not committed is in the server.
  template <class Work>
  void insist(const Work& work);
  void queue_applied(ServerSession& server);
  void send_applied(ServerSession& server);
  // Makes the commit, unless the server has it.
  void commit_on(ServerSession& server, proto::CommitSeq number);
  void drop_emptied_span();

  const std::uint64_t shard_;
  Ownership ownership_;
  std::optional<ShardRow> taken_;  // the row of the shard, once it is owned
  RowCoder coder_;
  TaskReader reader_{coder_, shard_};
  Batch batch_{coder_, shard_};
  Spans spans_;
  bool in_transaction_ = false;  // the transaction of the batch is open
  Patience::Clock::time_point next_drop_{};
  proto::CommitSeq last_;  // the last commit that was acknowledged
};

}  // namespace forkmill::broker
