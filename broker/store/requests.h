// What the broker asks of a store beside commits, and the answers. They are served in one order with the commits: an
// answer sees every op that was handed over before.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "broker/store/records.h"
#include "proto/result.h"

namespace forkmill::broker {

// Tasks by number.
struct FetchRequest {
  std::vector<proto::TaskSeq> seqs;
};
struct FetchAnswer {
  std::size_t done = 0;           // so many of the numbers were looked for: an answer has bounds in bytes
  std::vector<StoredTask> tasks;  // those that are there, in the order asked for
};

// Tasks below `before` that the filter lets through, newest first, without their arguments.
struct ScanRequest {
  proto::TaskSeq before;
  std::size_t most = 0;          // tasks
  std::size_t most_visited = 0;  // tasks looked at
  proto::TaskFilter filter;
};
struct ScanAnswer {
  std::vector<StoredTask> tasks;
  proto::TaskSeq next;  // go on from here; none: that was all
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
// Serves a request for tasks, not for a backup. Used by whoever runs a store: StoreThread, or a simulator.
proto::Result<StoreAnswer> serve(Store& store, const StoreRequest& request);

}  // namespace forkmill::broker
