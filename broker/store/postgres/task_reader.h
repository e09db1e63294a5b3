// TaskReader: reads tasks and records from the tables of the spans. Rows are checked as they are read. Functions throw
// StoreError for a damaged row, and what ServerSession throws.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "broker/store/postgres/server_session.h"
#include "broker/store/records.h"
#include "broker/store/sqlite/row.h"

namespace forkmill::broker {

class TaskReader {
 public:
  TaskReader(RowCoder& coder, std::uint64_t shard) : coder_{coder}, shard_{shard} {}

  // Each reads from one span, and `visit` may throw. Tasks are visited as they arrive, so that memory holds one of them
  // at a time.

  // Visits the tasks above `after`, by rising number, a page at most. Returns whether there may be more.
  bool load(ServerSession& server, std::uint64_t span, proto::TaskSeq after,
            const std::function<void(const TaskSummary&)>& visit);
  // Visits the tasks below `before`, newest first, a page at most. Returns whether there may be more.
  bool scan(ServerSession& server, std::uint64_t span, proto::TaskSeq before,
            const std::function<void(StoredTask)>& visit);
  // Returns the existing tasks of `seqs`, which are of this span, in any order.
  std::vector<StoredTask> fetch(ServerSession& server, std::uint64_t span, const std::vector<proto::TaskSeq>& seqs);

  // Visits the records above `after`, by rising number, a page at most. Returns whether there may be more.
  bool load_records(ServerSession& server, proto::TaskSeq after,
                    const std::function<void(proto::TaskSeq, std::string_view)>& visit);

 private:
  TaskSummary summary(const Rows& row);
  StoredTask task(const Rows& row);
  // Sets queue and priority of a task that was requeued.
  void requeue(const Rows& row, SharedSpec& spec);
  template <class Record>
  void decode(RowKind kind, proto::TaskSeq seq, std::string_view row, Record& record);

  RowCoder& coder_;
  const std::uint64_t shard_;
};

}  // namespace forkmill::broker
