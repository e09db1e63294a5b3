// StoreService: what the store's thread does with a store: commits, answers, backups, preparation, and the look for
// free space. Not thread-safe; functions block while the store works.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "broker/store/requests.h"
#include "broker/store/store.h"
#include "broker/store/store_meter.h"

namespace forkmill::broker {

struct StoreCommit {
  StoreCommit(std::vector<StoreOp> changes, proto::CommitSeq commit);

  std::vector<StoreOp> ops;
  proto::CommitSeq number;
  std::size_t bytes = 0;  // about how many the store writes
};
using StoreJob = std::variant<StoreCommit, StoreRequest>;

// Returns how many of the first jobs are served together. Their commits become one, which is limited in changes and in
// bytes, so that later jobs do not wait long. A job that is larger than that is served alone.
std::size_t jobs_served_together(const std::vector<StoreJob>& jobs);

// RunningBackup: the one backup that may be under way, written in steps between commits.
class RunningBackup {
 public:
  explicit RunningBackup(Store& store) : store_{store} {}

  bool under_way() const { return answer_.has_value(); }
  // Accepts a backup. REQUIRES: none is under way.
  void accept(std::uint64_t ticket, std::string path);
  // Takes a step. Returns the answer when the backup is over; an error of the copy ends the backup, not the store.
  std::optional<StoreAnswer> step();

 private:
  StoreAnswer end(proto::Result<std::uint64_t> bytes);

  Store& store_;
  std::optional<StoreAnswer> answer_;  // to be
  std::string path_;
  bool begun_ = false;
};

// DiskWatch: whether the disk of a store counts as full, and what is done about that.
class DiskWatch {
 public:
  using Clock = std::chrono::steady_clock;

  // As StoreService.
  DiskWatch(Store& store, std::uint64_t reserve) : store_{store}, reserve_{reserve} { look(); }

  bool full() const { return full_; }
  // Looks at the disk. Costs a system call, and more only while there is little room.
  void look();
  // Takes a step of the work by which the store makes room, if it is time for that. REQUIRES: as Store::make_room().
  proto::Status make_room();
  // Returns when a full disk is to be looked at and make_room() to be called.
  Clock::time_point next_step() const { return next_step_; }

 private:
  Store& store_;
  const std::uint64_t reserve_;
  bool full_ = false;
  Clock::time_point next_step_{};
};

class StoreService {
 public:
  using Clock = std::chrono::steady_clock;

  // `store` is open and loaded. The disk counts as full while there are less than `reserve` bytes of room, and until
  // there is a quarter more than that again. Room is what the disk has free and what the store's files can take without
  // growing. Half of the bytes wanted must be free on the disk itself: what arrives goes through the journals first.
  StoreService(std::unique_ptr<Store> store, std::uint64_t reserve);

  // Does the jobs in their order, all commits among them as one, and a step of what is under way besides. A failure is
  // final.
  proto::Status serve(std::vector<StoreJob>& jobs);
  // Returns when serve() has work although there are no jobs; kAtOnce: now; none: never.
  std::optional<Clock::time_point> next_step() const;
  static constexpr Clock::time_point kAtOnce{};

  bool has_backup() const { return backup_.under_way(); }
  proto::CommitSeq committed() const { return committed_; }  // the last commit that is safe
  bool disk_full() const { return disk_.full(); }
  const StoreMeter& meter() const { return meter_; }
  // Any thread: see Store.
  void hurry() { store_->hurry(); }
  // Returns the answers since the last call.
  std::vector<StoreAnswer> drain_answers() { return std::exchange(answers_, {}); }
  bool has_answers() const { return !answers_.empty(); }

 private:
  proto::Status serve_all(std::vector<StoreJob>& jobs);
  proto::Status serve_one(StoreRequest& request);
  proto::Status commit(proto::CommitSeq number);
  proto::Status prepare();

  std::unique_ptr<Store> store_;
  RunningBackup backup_{*store_};
  DiskWatch disk_;
  std::vector<StoreAnswer> answers_;
  proto::CommitSeq committed_;
  StoreMeter meter_;
  bool preparing_ = true;  // until prepare() says that it is done
  Clock::time_point next_preparation_{};
};

}  // namespace forkmill::broker
