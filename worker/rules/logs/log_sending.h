// LogSending: the output and lines of attempts on their way to the broker. The pieces of one attempt go out at most
// every 50 ms, those of all attempts within a number of bytes. What does not fit is dropped: of each attempt the newest
// bytes stay, and its first ones. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "proto/clock.h"
#include "proto/wire/worker_messages.h"
#include "worker/rules/logs/pending_log.h"

namespace forkmill::worker {

class LogSending {
 public:
  // ---- The broker
  // Call at WELCOME. bytes: what is kept of the log of one attempt, but for queues that set_limits() names; 0: nothing.
  // is_only_broker: no other broker has named limits of its own queues.
  void begin_session(std::uint64_t bytes, bool is_only_broker = true);
  void set_limits(const proto::LogLimits& limits);
  bool wants(const std::string& queue) const { return limit_of(queue) > 0; }

  // ---- The attempts
  void open(std::uint64_t serial, const proto::Grant& grant, const std::string& queue);
  bool is_open(std::uint64_t serial) const { return !entries_.empty() && entries_.contains(serial); }
  // No effect unless the attempt is open; so for end().
  void add(std::uint64_t serial, const LogInput& input);
  // Nothing more comes for the attempt: the next note is the last one.
  void end(std::uint64_t serial);
  // Forgets an attempt of which nothing is to be told.
  void discard(std::uint64_t serial);

  // ---- Notes
  // Appends the notes that are due.
  void pop_due(proto::Instant now, std::vector<proto::LogNote>& notes);
  // Appends all, without a limit, as the last ones of their attempts: the worker stops.
  void pop_all(std::vector<proto::LogNote>& notes);
  // When the next note is due.
  proto::Instant next_wakeup() const;

  static constexpr std::size_t kMaxPending = 32 * 1024;    // bytes of one attempt
  static constexpr std::size_t kMuch = 4 * 1024 * 1024;    // bytes of all attempts, beyond which each keeps few
  static constexpr std::size_t kFew = 1024;                // bytes of one attempt then
  static constexpr std::size_t kBytesAtOnce = 128 * 1024;  // sum over all attempts, in one pause
  static constexpr proto::Instant kPause = std::chrono::milliseconds{50};

 private:
  struct Entry {
    proto::Grant grant;
    std::size_t most = kMaxPending;
    PendingLog log;
    proto::Instant next_at{0};
    bool news = false;
    bool over = false;
    bool is_due(proto::Instant now) const { return news && (over || now >= next_at); }
  };

  std::uint64_t limit_of(const std::string& queue) const;
  proto::LogNote pop(proto::Instant now, Entry& entry);

  std::uint64_t standard_ = 0;
  std::unordered_map<std::string, std::uint64_t> limits_;  // by queue, where they are not the standard
  std::unordered_map<std::uint64_t, Entry> entries_;
  std::size_t pending_ = 0;          // size of all logs
  std::size_t left_ = kBytesAtOnce;  // bytes that may go out before full_until_
  proto::Instant full_until_{0};
};

}  // namespace forkmill::worker
