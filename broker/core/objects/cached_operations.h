// CachedOperations: the operations of one client on named objects, and their answers. OperationAnswers has the rules.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "broker/core/objects/base/answers.h"
#include "broker/core/objects/base/call.h"

namespace forkmill::broker {

struct CachedOperations {
  struct Entry {
    std::unique_ptr<Call> waits;  // null: the operation has its answer
    Answer answer;
    // The object is durable: the answer is not sent before the change is safe, and a restart does not forget it.
    bool durable = false;
    std::size_t counted = 0;  // bytes of the answer's values, as they count for the client's principal
  };

  // A wait for a condition that had not ended when the broker before this one ended.
  struct ConditionWaiter {
    proto::Operation op;
    std::int64_t step = 0;
    std::int64_t count = 0;
    bool awake = false;  // the call no longer waits for the condition, but for the lock
  };

  ClientHandle client;
  Owner* owner = nullptr;      // principal of the client, for which answers count; null: none has counted yet
  std::uint64_t answered = 0;  // the client has the answers to all lower numbers
  std::map<std::uint64_t, Entry> entries;
  std::vector<ConditionWaiter> condition_waiters;  // read from the store, and not back in their lines yet
  std::vector<std::uint64_t> to_send;              // numbers of answers that go out in this round
  bool touched = false;                            // listed in OperationAnswers
  bool dirty = false;                              // the record in the store is out of date
  proto::TaskSeq stored_as;                        // number of its record; 0: it has none yet
};

}  // namespace forkmill::broker
