// ClientOperations: what one client has asked of named objects and was answered, so that each operation is done once
// however often it is sent; and what it has of them.
#pragma once

#include <map>
#include <memory>
#include <unordered_set>
#include <vector>

#include "broker/core/objects/kinds/call.h"

namespace forkmill::broker {

struct ClientOperations {
  struct Entry {
    std::unique_ptr<Call> waits;  // null: it has its answer
    Answer answer;
    // Of a durable object: not to be sent before what was changed is safe, nor to be forgotten by a restart.
    bool durable = false;
  };

  // Somebody who waited for a condition when the broker before ended.
  struct ConditionWaiter {
    proto::Operation op;
    std::int64_t step = 0;
    std::int64_t count = 0;
    bool awake = false;  // on his way back to the lock
  };

  std::uint64_t answered = 0;  // all below have arrived
  std::map<std::uint64_t, Entry> entries;
  std::unordered_set<ObjectId> objects;            // something of them may be its own
  std::unordered_set<ObjectId> owned;              // they go with it
  std::vector<ConditionWaiter> condition_waiters;  // found in the store, and not back in their lines yet
  std::vector<std::uint64_t> to_send;              // answers, in this round
  bool touched = false;
  bool dirty = false;        // there are durable answers that are not in the store
  proto::TaskSeq stored_as;  // where it is in the store
};

}  // namespace forkmill::broker
