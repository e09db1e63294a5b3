// HistoryKeeper: what the thread of the history does: writes, searches and trims; stops the history after an error, and
// begins again a minute later, with an empty database if the last one was damaged. An error never leaves it. Not
// thread-safe; functions block while the disk works.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <utility>

#include "broker/store/history/history_database.h"
#include "broker/store/history_meter.h"
#include "proto/clock.h"

namespace forkmill::broker {

class HistoryKeeper {
 public:
  static constexpr proto::Instant kTryAgain = std::chrono::minutes{1};

  explicit HistoryKeeper(HistoryOptions options) : options_{std::move(options)} {}

  // Opens the database, if it is closed and the last error is long enough ago. Call before the first of the others.
  void open(proto::Now now);
  // Writes the tasks, or counts them as dropped.
  void write(std::span<const FinishedTask> tasks, proto::Now now);
  // Counts tasks that were dropped before they came here.
  void add_dropped(std::uint64_t tasks, proto::Now now);
  // Makes what was written safe from a loss of power.
  void sync(proto::Now now);
  HistoryAnswer answer(const HistoryRequest& request, proto::Now now);
  // Removes some of what is too much or too old. Returns whether there is more of that.
  bool trim(proto::Now now);

  const HistoryMeter& meter() const { return meter_; }
  bool has_unsynced() const { return unsynced_; }
  // Returns what operators shall know, at most once a minute, and forgets it. Empty: nothing.
  std::string drain_warning() { return std::exchange(warning_, {}); }

 private:
  template <class Work>
  bool attempt(proto::Now now, Work&& work);
  bool has_room(proto::Now now);
  void stop(std::string why, proto::Now now);
  void warn(const std::string& text, proto::Now now);
  void measure();

  const HistoryOptions options_;
  std::unique_ptr<HistoryDatabase> database_;  // null: closed
  std::string damage_;                         // that the last database has met; it is set aside at the next open()
  HistoryMeter meter_;
  bool unsynced_ = false;
  proto::Instant try_again_at_{0};
  proto::Instant warned_at_{0};  // 0: never
  std::uint64_t dropped_when_warned_ = 0;
  std::uint64_t damaged_before_ = 0;  // met by databases that are closed by now
  std::string warning_;
};

}  // namespace forkmill::broker
