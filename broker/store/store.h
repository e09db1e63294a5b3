// Store: where tasks are safe. Every store passes the suite in tests/unit/broker/store_conformance.h.
// One thread owns a store. Nothing outside this folder knows which one runs.
#pragma once

#include <functional>
#include <span>
#include <string>

#include "broker/store/records.h"
#include "proto/result.h"

namespace forkmill::broker {

class Store {
 public:
  virtual ~Store() = default;

  struct Identity {
    std::string id;         // of the store itself, for ever
    proto::Epoch epoch;     // raised by this opening: whoever opened it before is fenced off
    proto::CommitSeq last;  // the last commit that it holds
  };
  // Call once, before anything else.
  virtual proto::Result<Identity> open() = 0;

  // Every task it holds, by rising seq.
  virtual void load(const std::function<void(StoredTask)>& visit) const = 0;

  // All of `ops` or nothing, as safe as this store makes things when it returns. The number of the commit is one more
  // than the last. An op on a task that is not there changes nothing (the task was forgotten). An error is final: the
  // broker stops.
  virtual proto::Result<proto::CommitSeq> commit(std::span<const StoreOp> ops) = 0;

  // Whether what is committed outlives the process.
  virtual bool durable() const = 0;
};

}  // namespace forkmill::broker
