// Children: the processes of a host (host.h): forks them, starts again what ends, after a pause if it has failed, and
// signals them. One thread owns it.
#pragma once

#include <spdlog/logger.h>
#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "proto/clock.h"

namespace forkmill::broker {

class Children {
 public:
  using Number = std::uint64_t;        // 0: the door; others: shards
  static constexpr int kHopeless = 2;  // exit code of a child that need not be started again
  // `run` is called in each child, and returns its exit code.
  Children(std::function<int(Number)> run, std::shared_ptr<spdlog::logger> log)
      : run_{std::move(run)}, log_{std::move(log)} {}

  void add(Number number) { children_.try_emplace(number); }
  // Forks what does not run and is due.
  void start(proto::Instant now);
  // Takes note of the children that have ended. Returns false if one is hopeless.
  bool reap(proto::Instant now);
  // Sends a signal to one child, or to all.
  void signal(Number number, int signal) const;
  void signal_all(int signal) const;
  // A child that was told to end has not ended yet.
  bool is_ending(Number number) const;
  // Ends one child in order; it is started again afterwards.
  void restart(Number number);
  // Ends all children in order, and waits for that. Returns whether all have ended with status 0.
  bool stop();

 private:
  struct Child {
    pid_t process = 0;  // 0: none
    bool is_ending = false;
    proto::Instant started_at{0};
    proto::Instant due_at{0};
    unsigned failures = 0;  // in a row
  };
  void fork(Number number, Child& child, proto::Instant now);
  static std::string name_of(Number number);

  const std::function<int(Number)> run_;
  const std::shared_ptr<spdlog::logger> log_;
  std::map<Number, Child> children_;
};

}  // namespace forkmill::broker
