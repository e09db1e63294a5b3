// Brokers: the broker of a ring, on a data directory; or several of them, which stand by for each other on a database.
// One that ends is started again. One that ends by itself without a reason is a trouble.
//
// Threads: used by the ring's own thread. Times are microseconds, as now_us() returns them.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tests/chaos/process.h"

namespace forkmill::chaos {

class Brokers {
 public:
  struct Listener {
    std::uint16_t port = 0;
    std::string socket;
  };
  // `command` returns how a broker is started, by its number from 0. `trouble` is told of what should not happen,
  // `changed` of each start of a broker and each change of the owner.
  Brokers(std::vector<Listener> listeners, std::function<Start(std::size_t)> command,
          std::function<void(const std::string&)> trouble, std::function<void()> changed);

  // Reaps brokers that have ended, starts those that are due, and looks which one owns the tasks.
  void tend();
  // Returns when tend() has something to do; at the latest `until`.
  std::int64_t due(std::int64_t until) const;
  std::vector<int> signs() const;
  // Asks all to end. One that does not exit with status 0 in time is a trouble.
  void stop();

  bool is_shared() const { return places_.size() > 1; }
  std::size_t size() const { return places_.size(); }
  // The broker that owns the tasks, or owned them last.
  std::size_t owner() const { return owner_; }
  Program& operator[](std::size_t number) { return places_.at(number).program; }
  const Listener& listener(std::size_t number) const { return places_.at(number).listener; }
  // Whether it runs, and waits to take over from another one. Only with one shard.
  bool stands_by(std::size_t number) const { return places_.at(number).stands_by; }
  // How often another broker than the one before began to own the tasks.
  std::uint64_t takeovers() const { return takeovers_; }
  // Before `until`, an exit of a broker is no trouble.
  void excuse(std::int64_t until) { excused_ = until; }

 private:
  struct Place {
    Listener listener;
    Program program{};
    std::string log{};
    std::size_t read = 0;  // bytes of the log
    std::int64_t due = 0;
    bool stands_by = false;
  };
  void start(std::size_t number);
  void read_log(std::size_t number);
  bool has_reason(int status) const;

  const std::function<Start(std::size_t)> command_;
  const std::function<void(const std::string&)> trouble_;
  const std::function<void()> changed_;
  std::vector<Place> places_;
  std::size_t owner_ = 0;
  std::uint64_t takeovers_ = 0;
  std::int64_t excused_ = 0;
};

}  // namespace forkmill::chaos
