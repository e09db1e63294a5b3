// PacedLog: hands the output of a command on to the log of its attempt, as it comes, but at most every 50 ms: a command
// that prints without end costs its worker little. Of what comes between, the newest bytes go on, and the first ones of
// the command; the rest is counted. Pure but for the log that it is given.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "proto/clock.h"
#include "worker/rules/logs/log_sending.h"
#include "worker/rules/logs/pending_log.h"
#include "worker/tasks/output_log.h"

namespace forkmill::worker {

class PacedLog {
 public:
  // log: must outlive this. Null: nothing is kept.
  explicit PacedLog(OutputLog* log) : log_{log} {}

  void add(proto::LogSource source, std::string_view text);
  // Hands on what has come, if that is due.
  void tick(proto::Instant now);
  // Hands on the rest.
  void finish();
  // When tick() has something to do; kNever: nothing has come.
  proto::Instant next_wakeup() const { return pending_.size() == 0 ? proto::kNever : next_at_; }

  static constexpr std::size_t kMaxPending = LogSending::kMaxPending;  // bytes between two ticks
  static constexpr proto::Instant kPause = LogSending::kPause;

 private:
  OutputLog* log_;
  PendingLog pending_;
  std::uint64_t told_ = 0;  // bytes of the output that were handed on, or counted as missing
  proto::Instant next_at_{0};
};

}  // namespace forkmill::worker
