// Lane: one direction of a connection. Messages arrive in order, each after a delay; nothing passes while it is
// blocked.
#pragma once

#include <deque>
#include <functional>
#include <memory>

#include "proto/wire/codec.h"
#include "tests/sim/world/alarm.h"
#include "tests/sim/world/world.h"

namespace forkmill::sim {

// Draws the delay of a message.
inline Instant network_delay(World& world) { return world.random.between(Instant{20}, world.options.net_delay); }

class Lane {
 public:
  struct Packet {
    Instant due;
    proto::Encoded bytes;
  };
  using Packets = std::deque<Packet>;

  Lane(World& world, std::function<void(const proto::Encoded&)> arrive)
      : world_{world}, arrive_{std::move(arrive)}, alarm_{world, [this] { deliver(); }} {}
  ~Lane() { *alive_ = false; }
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  // Sends a message, unless messages are lost.
  void put(proto::Encoded bytes);
  void block(Instant until) { blocked_until_ = std::max(blocked_until_, until); }
  // Loses all messages from now on, or no more.
  void lose(bool lost) { lost_ = lost; }
  bool lost() const { return lost_; }
  // Removes the messages that are under way.
  Packets remove_all() { return std::exchange(packets_, {}); }
  // Calls the function of the constructor, which may end this lane.
  void arrive(const proto::Encoded& bytes) { arrive_(bytes); }

 private:
  void deliver();

  World& world_;
  std::function<void(const proto::Encoded&)> arrive_;
  Packets packets_;
  Alarm alarm_;
  Instant blocked_until_{0};
  bool lost_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace forkmill::sim
