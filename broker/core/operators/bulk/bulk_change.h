// BulkChange: one command ChangeTasks under way or done: for whom, and how far it has come.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "broker/core/operators/answers/packed_map.h"
#include "broker/core/state/broker_state.h"
#include "broker/core/state/task_visibility.h"
#include "proto/session/rights.h"

namespace forkmill::broker {

// BulkCounts: what has become of tasks. Every task that a change has met is counted once.
struct BulkCounts {
  std::uint64_t changed = 0;
  std::uint64_t requested = 0;                   // running, and asked to stop
  std::map<std::string, std::uint64_t> skipped;  // by the reason

  std::uint64_t all() const {
    std::uint64_t sum = changed + requested;
    for (const auto& [reason, count] : skipped) sum += count;
    return sum;
  }
  friend bool operator==(const BulkCounts&, const BulkCounts&) = default;
};

struct BulkChange {
  proto::ChangeTasks order;
  ClientHandle client;                    // gave the order
  std::string principal;                  // that of the client
  std::optional<proto::Rights> rights{};  // when it gave the order; none: it may do everything
  milliseconds begun_at{0};               // unix time
  milliseconds finished_at{0};            // unix time; 0: under way
  proto::TaskSeq last;                    // tasks with later numbers came after the order
  proto::TaskSeq done;                    // stored tasks up to this one have been dealt with
  BulkCounts counts;

  // ---- Not stored
  proto::TaskSeq stored_as;   // number of its record; none: it has no record
  std::uint64_t matched = 0;  // tasks that were found; once the change is done, as many as `counts` has
  std::map<std::string, std::uint64_t> states;  // dry run: tasks that match, by state
  static constexpr std::size_t kMaxRows = 1000;
  std::vector<PackedMap> rows;  // the first tasks that were changed

  bool is_done() const { return finished_at.count() > 0; }
};

// Returns what the client that gave the order might see.
inline TaskVisibility visibility_of(const BulkChange& change) {
  const bool all = !change.rights || !change.rights->own_tasks_only;
  return {all, change.principal, change.rights ? change.rights->manage : proto::Patterns{}};
}

// The record of a change, without what is not stored. unpack_change() throws std::exception for other bytes.
std::string pack_change(const BulkChange& change);
BulkChange unpack_change(std::string_view record);

// Returns the order and how far it has come: the row of the answer to QUERY changes, and the body of the reply to the
// order without the rows of tasks.
PackedMap body_of(const BulkChange& change);

std::string_view action_name(proto::TaskAction action);

}  // namespace forkmill::broker
