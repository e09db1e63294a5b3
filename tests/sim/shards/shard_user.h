// ShardUser: a user of tasks through a client of a cluster with several shards: submits to queues in the places that
// they have, attaches to the tasks of others, and cancels.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <vector>

#include "client/session/effects.h"
#include "client/session/requests.h"
#include "tests/sim/rules/history.h"
#include "tests/sim/shards/routing.h"
#include "tests/sim/users/workload.h"

namespace forkmill::sim {

class ShardUser {
 public:
  using Ask = std::function<void(client::Request)>;
  ShardUser(World& world, History& history, Routing& routing, Workload& workload, Ask ask);

  // The client begins a life under that number.
  void begin(std::uint64_t life) { life_ = life; }
  // The client has crashed, and with it all futures.
  void crash();
  void act();

  // Tells the user of what has happened. `session`: that in which tasks were acknowledged.
  void accepted(client::Cookie cookie, proto::SessionId session);
  void ended(const client::Effects::Ended& ended);
  void answered(client::Cookie cookie) { cancels_.erase(cookie); }

  bool is_done() const { return futures_.empty() && cancels_.empty(); }
  // REQUIRES: is_done().
  void check_spread() const { routing_.check_spread(life_); }

 private:
  void submit(proto::Submission task);
  void attach(const TaskId& id);
  void cancel(const TaskId& id);

  World& world_;
  History& history_;
  Routing& routing_;
  Workload& workload_;
  const Ask ask_;
  std::uint64_t life_ = 0;
  struct Awaited {
    TaskId id;
    bool is_attached = false;
    bool must_be_there = false;
    Instant asked{0};
  };
  std::map<client::Cookie, Awaited> futures_;
  std::map<client::Cookie, TaskId> cancels_;
  std::uint64_t last_cancel_ = 0;
};

}  // namespace forkmill::sim
