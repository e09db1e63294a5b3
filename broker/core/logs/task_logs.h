// TaskLogs: the logs of the attempts of all tasks, in memory, within one budget. When it is used up, tasks give way: of
// those that have ended, the one that ended first; without any, the one whose log began first. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <unordered_map>

#include "broker/core/logs/attempt_log.h"
#include "proto/ids.h"

namespace forkmill::broker {

class TaskLogs {
 public:
  // most: bytes of all logs.
  void set_budget(std::size_t most) { most_ = most; }

  // worker: a number that names the worker, here and below.
  // Takes a note of the worker that has the attempt. limit: bytes that its queue keeps of an attempt; not 0.
  void add(const proto::LogNote& note, std::uint64_t worker, std::uint64_t limit, proto::milliseconds at);
  // Takes a note if there is a log of the attempt, from this worker, that is not over: mostly of an attempt that has
  // ended. Returns whether it has.
  bool add_to_known(const proto::LogNote& note, std::uint64_t worker, proto::milliseconds at);
  // Call when the attempt has ended and its worker has more to say of it.
  void expect(const proto::Grant& grant, std::uint64_t worker, std::uint64_t limit, proto::milliseconds at);
  // Call when the attempt has ended otherwise.
  void close(const proto::Grant& grant);
  void task_ended(proto::TaskSeq task);
  // Call when the task is no longer kept.
  void forget(proto::TaskSeq task);

  struct Log {
    AttemptLog log;
    std::uint64_t worker = 0;         // from which it comes
    proto::milliseconds heard_at{0};  // when the worker has said something of it
  };
  // Null: nothing is kept.
  const std::deque<Log>* of(proto::TaskSeq task) const;  // by rising attempt
  const Log* find(proto::TaskSeq task, proto::Attempt attempt) const;

  // Since the start of the broker.
  struct Meter {
    std::uint64_t printed = 0;             // bytes that attempts have printed and logged, missing ones as well
    std::uint64_t missing = 0;             // the part that did not come, or gave way to newer bytes of its attempt
    std::uint64_t dropped_ended = 0;       // tasks whose logs gave way to those of others, after they had ended
    std::uint64_t dropped_unfinished = 0;  // the same, before
  };
  const Meter& meter() const { return meter_; }

  std::size_t budget() const { return most_; }
  std::size_t bytes() const { return bytes_; }
  std::size_t tasks() const { return by_task_.size(); }

  static constexpr std::size_t kMaxAttempts = 8;  // maximum of one task; the last ones are kept

 private:
  using Order = std::list<proto::TaskSeq>;
  struct Entry {
    std::deque<Log> logs;
    bool has_ended = false;
    Order::iterator place;  // in ended_ or unfinished_
  };
  using Map = std::unordered_map<proto::TaskSeq, Entry>;

  Log* find(const proto::Grant& grant);
  Log& find_or_make(const proto::Grant& grant, std::uint64_t worker, std::uint64_t limit);
  void take(Log& log, const proto::LogNote& note, proto::milliseconds at);
  void make_room();
  void erase(Map::iterator entry);

  std::size_t most_ = 0;
  std::size_t bytes_ = 0;
  Meter meter_;
  Map by_task_;
  Order ended_;       // the one that ended first is the first
  Order unfinished_;  // by the beginning of their logs
};

}  // namespace forkmill::broker
