// Requests to a store besides commits, and their answers. A store serves commits and requests in one order: an answer
// reflects every operation that was handed over before the request.
#pragma once

#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "broker/store/cluster_view.h"
#include "broker/store/finished_task.h"
#include "broker/store/records.h"
#include "proto/result.h"
#include "proto/status.h"
#include "proto/wire/operator_messages.h"

namespace forkmill::broker {

// FetchRequest: reads tasks by number.
struct FetchRequest {
  std::vector<proto::TaskSeq> seqs;
};
struct FetchAnswer {
  std::size_t done = 0;           // how many of the numbers were looked up; the size of an answer is limited
  std::vector<StoredTask> tasks;  // the existing ones, in the order of the request
};

// ScanRequest: reads tasks with numbers below `before` that pass, newest first, without their arguments. `passes` tests
// one task; it is called on the thread of the store. One request looks at a bounded number of bytes, too.
struct ScanRequest {
  proto::TaskSeq before;
  std::size_t most = 0;          // tasks
  std::size_t most_visited = 0;  // tasks to look at before giving up
  milliseconds since{0};         // unix time; tasks that were submitted clearly before then do not matter
  std::function<bool(const StoredTask& task)> passes;
};
struct ScanAnswer {
  std::vector<StoredTask> tasks;
  proto::TaskSeq next;      // the `before` of the next request; none: the scan is complete
  milliseconds reached{0};  // unix time of the submission of the last task that was looked at; 0: there was none
};

struct BackupRequest {
  std::string path;
};
struct BackupAnswer {
  proto::Result<std::uint64_t> bytes;
};

// ClusterRequest: tells how the shards of the cluster are divided among its brokers, after the change that an operator
// wants of that, if any.
struct ClusterRequest {
  std::variant<std::monostate, proto::MoveShard, proto::DrainBroker> change;
};
struct ClusterAnswer {
  proto::Result<ClusterView> view;  // a failure: nothing was changed, or it is not known whether
};

// HistoryScan: reads tasks of the history with numbers below `before` that pass, the latest ends first. `passes` is
// called on the thread of the history.
struct HistoryScan {
  proto::TaskSeq before;
  std::size_t most = 0;          // tasks
  std::size_t most_visited = 0;  // tasks to look at before giving up
  milliseconds since{0};         // unix time; tasks that ended clearly before then do not matter
  std::function<bool(const FinishedTask& task)> passes;
};
// HistoryFind: reads the latest tasks of the history whose ids, in the table or their submitters', begin with `prefix`
// (hexadecimal digits in lower case without hyphens, at least 8) and that pass.
struct HistoryFind {
  std::string prefix;
  std::size_t most = 0;
  std::function<bool(const FinishedTask& task)> passes;
};
struct HistoryRequest {
  std::variant<HistoryScan, HistoryFind> what;
};
struct HistoryAnswer {
  proto::Status status;  // a failure: the history cannot be read now
  std::vector<FinishedTask> tasks;
  proto::TaskSeq next;      // the `before` of the next scan; none: the scan is complete
  milliseconds reached{0};  // unix time of the end of the last task that a scan looked at; 0: there was none
};

struct StoreRequest {
  std::uint64_t ticket = 0;  // comes back with the answer
  // A HistoryRequest is for the history, which is no part of the store.
  std::variant<FetchRequest, ScanRequest, BackupRequest, HistoryRequest, ClusterRequest> what;
};
struct StoreAnswer {
  std::uint64_t ticket = 0;
  std::variant<FetchAnswer, ScanAnswer, BackupAnswer, HistoryAnswer, ClusterAnswer> what;
};

class Store;
// Serves a fetch, a scan or a request about the cluster, no backup and no request to the history. For the owner of a
// store: StoreService or a simulator.
proto::Result<StoreAnswer> serve(Store& store, const StoreRequest& request);

}  // namespace forkmill::broker
