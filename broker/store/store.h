// Store: where tasks and the records of named objects are safe. Every store passes the suite in
// tests/unit/broker/store_conformance.h. One thread owns a store (StoreThread, unless it is a memory store). Nothing
// outside this folder knows which one runs.
//
// A failure is final: the store is not asked again, the broker stops. Its text says what happened, to which file or
// row, and what to do.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "broker/store/records.h"
#include "proto/result.h"

namespace forkmill::broker {

class Store {
 public:
  using Trouble = std::optional<proto::Failure>;  // empty: all went well

  virtual ~Store() = default;

  struct Identity {
    std::string id;         // of the store itself, for ever
    proto::Epoch epoch;     // raised by this opening: whoever opened it before is fenced off
    proto::CommitSeq last;  // the last commit that it holds
    // No task or record in it ever had a higher number, and whoever opened it before has given out none either. What a
    // broker takes in and cannot commit any more is lost, but workers may still hold it under its number: so each
    // opening leaves out more numbers than can be under way at a time, and that is safe before any of them is used.
    proto::TaskSeq last_seq;
  };
  static constexpr std::uint64_t kLeftOut = std::uint64_t{1} << 24;
  // Call once, before anything else.
  virtual proto::Result<Identity> open() = 0;

  // Every task it holds, by rising seq; checks each one.
  virtual Trouble load(const std::function<void(const TaskSummary&)>& visit) = 0;

  // Every record it holds, by rising seq; checks each one. Call after load(). The bytes are valid during the call.
  virtual Trouble load_records(const std::function<void(proto::TaskSeq, std::string_view)>& visit) = 0;

  // Makes `ops` part of the commit that is being gathered. An op on a task that is not there changes nothing (it was
  // forgotten), nor does a second Finish, nor EraseRecord of a record that is not there.
  virtual Trouble apply(std::span<const StoreOp> ops) = 0;

  // Makes all that was applied since the last commit as safe as this store makes things: all of it or nothing.
  // `number` is higher than that of the last one.
  virtual Trouble commit(proto::CommitSeq number) = 0;

  // The tasks with these numbers, whole, in the order given; those that are not there are left out. Sees what was
  // applied.
  virtual Trouble fetch(std::span<const proto::TaskSeq> seqs, const std::function<void(StoredTask)>& visit) = 0;

  // The tasks below `before`, newest first, until `visit` returns false. Sees what was applied.
  virtual Trouble scan(proto::TaskSeq before, const std::function<bool(StoredTask)>& visit) = 0;

  // Writes a copy of what is committed to `path` while the store goes on, in steps: true when it is complete and
  // safe. One at a time. The failure of a copy does not concern the store.
  virtual Trouble begin_backup(const std::string& path) = 0;
  virtual proto::Result<bool> continue_backup() = 0;

  // A small piece of what makes later commits quicker, for a moment in which nothing waits for the store: true while
  // there is more of it. Not while something is applied and not committed.
  virtual proto::Result<bool> prepare() { return false; }

  // Bytes that may still be written; none when it does not apply.
  virtual std::optional<std::uint64_t> free_bytes() = 0;

  // Whether what is committed outlives the process.
  virtual bool durable() const = 0;
};

}  // namespace forkmill::broker
