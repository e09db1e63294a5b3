// LockUser: a user of locks through a client of a cluster with several shards. Each act() opens a lock or acquires it;
// what is acquired is released after a while. LockBook: what all users know of the locks, and whether it fits: all of
// them find the same lock under a name, on any shard and with any owner of it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <vector>

#include "client/session/effects.h"
#include "client/session/requests.h"
#include "tests/sim/world/world.h"

namespace forkmill::sim {

class LockBook {
 public:
  explicit LockBook(std::size_t locks) : tokens_(locks) {}

  std::size_t count() const { return tokens_.size(); }
  // Throws Violation if another acquisition has had the token.
  void acquired(std::size_t lock, std::int64_t token);
  // The highest token that was given with the lock.
  std::int64_t latest(std::size_t lock) const { return tokens_[lock].empty() ? 0 : *tokens_[lock].rbegin(); }
  // Call when the lock was released under a token. `latest`: the highest one when the release was asked for. Throws
  // Violation if the lock had passed on.
  static void released(std::int64_t token, std::int64_t latest);

 private:
  std::vector<std::set<std::int64_t>> tokens_;  // by lock
};

class LockUser {
 public:
  using Ask = std::function<void(client::Request)>;
  LockUser(World& world, LockBook& book, Ask ask) : world_{world}, book_{book}, ask_{std::move(ask)} {}

  // The client begins a life, or has crashed.
  void begin() { ++life_; }
  void crash();
  void act();
  void answered(client::Cookie cookie, const proto::OperationAnswer& answer);

  // Neither a call nor a hold is left.
  bool is_done() const { return calls_.empty() && holds_ == 0; }

 private:
  struct Call {
    std::size_t lock = 0;
    proto::Verb verb = proto::Verb::open;
    std::int64_t token = 0;
    std::int64_t latest = 0;
  };
  void open(std::size_t lock);
  void acquire(std::size_t lock);
  void release_later(std::size_t lock, std::int64_t token);
  void call(Call call, client::OperateObject request);

  World& world_;
  LockBook& book_;
  const Ask ask_;
  std::uint64_t life_ = 0;
  std::uint64_t last_ = 0;
  std::map<client::Cookie, Call> calls_;
  std::map<std::size_t, std::uint64_t> numbers_;  // the open locks
  std::size_t holds_ = 0;
};

}  // namespace forkmill::sim
