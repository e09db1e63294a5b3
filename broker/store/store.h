// Store: keeps tasks and the records of named objects. Every store keeps the rules in
// tests/unit/store/store_conformance_test.cc. Nothing outside this folder knows which store runs.
//
// Threads: one thread owns a store: that of GroupCommitThread, or the broker's loop for a memory store; hurry()
// excepted.
//
// Errors: a failure is final. The broker does not call the store again and stops. The text of a failure says what
// happened, to which file or row, and what to do.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "broker/store/cluster_view.h"
#include "broker/store/records.h"
#include "proto/result.h"

namespace forkmill::broker {

struct ClusterRequest;

class Store {
 public:
  virtual ~Store() = default;

  // Blocks while the store belongs to another broker that is alive, then takes it over. Returns false if this broker is
  // to end instead. Call before open(), which does the same otherwise, and fails if the broker is to end.
  virtual proto::Result<bool> await() { return true; }

  struct Identity {
    std::string id;         // names the store; never changes
    proto::Epoch epoch;     // raised by open(), which fences off every earlier opener
    proto::CommitSeq last;  // the last commit in the store
    // The highest number that any task or record may have had; later ones get higher numbers. A broker may have died
    // before it committed tasks that workers already hold under their numbers. Therefore each opening skips kLeftOut
    // numbers, more than can be under way at one time, and commits this before any of them is used.
    proto::TaskSeq last_seq;
  };
  static constexpr std::uint64_t kLeftOut = std::uint64_t{1} << 24;
  // Opens the store. Call once, before anything else.
  virtual proto::Result<Identity> open() = 0;

  // Calls `visit` for every task in the store, by rising number, and checks each one.
  virtual proto::Status load(const std::function<void(const TaskSummary&)>& visit) = 0;

  // Calls `visit` for every record in the store, by rising number, and checks each one. Call after load(). The bytes
  // are valid during the call of `visit`.
  virtual proto::Status load_records(const std::function<void(proto::TaskSeq, std::string_view)>& visit) = 0;

  // Adds `ops` to the next commit. An op on a missing task (it was forgotten), a second Finish, and an EraseRecord of a
  // missing record change nothing.
  virtual proto::Status apply(std::span<const StoreOp> ops) = 0;

  // Commits everything applied since the last commit, all of it or nothing. When commit() returns, the changes are as
  // safe as this store makes things (durable()). REQUIRES: `number` is higher than the last commit's.
  virtual proto::Status commit(proto::CommitSeq number) = 0;

  // Calls `visit` for each existing task of `seqs`, whole, in the given order. Includes changes that are applied and
  // not yet committed.
  virtual proto::Status fetch(std::span<const proto::TaskSeq> seqs, const std::function<void(StoredTask)>& visit) = 0;

  // Calls `visit` for tasks with numbers below `before`, newest first, until it returns false. Includes changes that
  // are applied and not yet committed.
  virtual proto::Status scan(proto::TaskSeq before, const std::function<bool(StoredTask)>& visit) = 0;

  // Copies the committed state to `path` in steps while the store stays in use: begin_backup() once, then
  // continue_backup() until it returns true, which means that the copy is complete and safe. One backup at a time. A
  // failure ends the backup only; the store can still be used.
  virtual proto::Status begin_backup(const std::string& path) = 0;
  virtual proto::Result<bool> continue_backup() = 0;

  // Does a small piece of work that makes later commits faster. Call it while nothing waits for the store; returns true
  // while there is more to do. REQUIRES: nothing is applied and not committed.
  virtual proto::Result<bool> prepare() { return false; }

  // Returns the bytes that commits have written since the opening; 0 if the store does not count them.
  virtual std::uint64_t written_bytes() const { return 0; }

  // Returns whether another broker may take the store over. Call still_owned() now and then in that case, also while
  // nothing waits for the store: it fails once the store has another owner.
  virtual bool is_shared() const { return false; }
  virtual proto::Status still_owned() { return {}; }

  // Tells how the shards of the cluster are divided, and changes that if the request says so. A failure ends the
  // request only. Stores that are not shared have no shards to divide.
  virtual proto::Result<ClusterView> divide(const ClusterRequest& request);

  // Any thread: the broker is to end. A store that waits for its server gives up after some seconds, with a failure.
  virtual void hurry() {}

  // Returns the free bytes on the disk of the store; none if the store has no disk.
  virtual std::optional<std::uint64_t> free_bytes() = 0;
  // Returns the bytes within the store's files that erased tasks and records have left, and that later ones take before
  // the files grow.
  virtual std::uint64_t reusable_bytes() { return 0; }
  // Does a piece of work after which erased tasks and records count in reusable_bytes(), and gives back to the disk
  // what files do not need. Writes only what the disk has room for. Call it now and then while the disk is nearly full,
  // since commits, which bring this about otherwise, may not come. Returns true while there is more to do. REQUIRES: no
  // backup is under way.
  virtual proto::Result<bool> make_room() { return false; }

  // Returns whether committed changes outlive the process.
  virtual bool durable() const = 0;
};

}  // namespace forkmill::broker
