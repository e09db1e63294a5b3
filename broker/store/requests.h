// Requests to a store besides commits, and their answers. A store serves commits and requests in one order: an answer
// reflects every operation that was handed over before the request.
#pragma once

#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "broker/store/records.h"
#include "proto/result.h"

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
// one task; it is called on the thread of the store.
struct ScanRequest {
  proto::TaskSeq before;
  std::size_t most = 0;          // tasks
  std::size_t most_visited = 0;  // tasks to look at before giving up
  std::function<bool(const StoredTask& task)> passes;
};
struct ScanAnswer {
  std::vector<StoredTask> tasks;
  proto::TaskSeq next;  // the `before` of the next request; none: the scan is complete
};

struct BackupRequest {
  std::string path;
};
struct BackupAnswer {
  proto::Result<std::uint64_t> bytes;
};

struct StoreRequest {
  std::uint64_t ticket = 0;  // comes back with the answer
  std::variant<FetchRequest, ScanRequest, BackupRequest> what;
};
struct StoreAnswer {
  std::uint64_t ticket = 0;
  std::variant<FetchAnswer, ScanAnswer, BackupAnswer> what;
};

class Store;
// Serves a fetch or a scan, not a backup. For the owner of a store: StoreService or a simulator.
proto::Result<StoreAnswer> serve(Store& store, const StoreRequest& request);

}  // namespace forkmill::broker
