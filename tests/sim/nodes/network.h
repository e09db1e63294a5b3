// Network: connections between peers and the broker, as ZeroMQ gives them. Messages on one connection arrive in order
// or not at all. A connection that breaks loses the messages under way, or lets part of them through late; the next one
// has a new PeerId. Every message goes through the codec.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "proto/wire/codec.h"
#include "tests/sim/world/world.h"

namespace forkmill::sim {

// A client or worker, as its connection sees it.
class Endpoint {
 public:
  virtual ~Endpoint() = default;
  virtual void link_up() = 0;
  virtual void link_down() = 0;
  virtual void arrived(proto::Envelope envelope) = 0;
  virtual std::string_view name() const = 0;
};

// The broker.
class Hub {
 public:
  virtual ~Hub() = default;
  virtual void arrived(proto::PeerId peer, proto::Envelope envelope) = 0;
};

class Network {
 public:
  class Link;

  explicit Network(World& world) : world_{world} {}

  // The broker listens. Peers connect after a while, each at its own time.
  void open(Hub& hub);
  // Every connection breaks, and none is made until open().
  void close();
  // Sends a message to a peer. False: the connection is gone, and the broker knows it.
  bool send(proto::PeerId peer, const proto::Envelope& envelope);

  // Draws the delay of a message.
  Instant delay() const { return world_.random.between(Instant{20}, world_.options.net_delay); }

  // Makes a line for one peer. The line connects when it can, and again whenever the connection breaks.
  std::unique_ptr<Link> attach(Endpoint& endpoint);

 private:
  friend class Link;
  World& world_;
  Hub* hub_ = nullptr;
  std::uint64_t openings_ = 0;
  std::uint64_t last_peer_ = 0;
  std::vector<Link*> links_;
  struct Peer {
    Link* link = nullptr;       // null: the other end is gone
    Instant believed_until{0};  // until then the broker does not know that
  };
  std::unordered_map<proto::PeerId, Peer> peers_;
};

class Network::Link {
 public:
  Link(Network& network, Endpoint& endpoint);
  ~Link();
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  void send(const proto::Envelope& envelope);
  // The peer drops the connection and wants a new one.
  void reconnect();
  // The connection breaks by itself.
  void cut();
  // Nothing passes until `until`, in either direction.
  void block(Instant until);
  // Messages sent from now on are lost without notice, in one direction or both, until there is another connection.
  void hollow(bool up, bool down);

 private:
  friend class Network;
  struct Packet {
    Instant due;
    proto::Encoded bytes;
  };
  using Lane = std::deque<Packet>;

  void dial();
  void establish();
  void drop(bool noticed);
  void put(Lane& lane, Alarm& alarm, proto::Encoded bytes);
  void deliver_up();
  void deliver_down();
  void arrive_up(proto::PeerId peer, const proto::Encoded& bytes);
  void arrive_down(const proto::Encoded& bytes);
  void let_through_late(Lane lane, proto::PeerId peer);
  Instant delay() { return network_.delay(); }
  Instant lateness() { return delay() + world_.drag(world_.options.lateness); }

  Network& network_;
  World& world_;
  Endpoint& endpoint_;
  proto::PeerId peer_;  // none: not connected
  Instant blocked_until_{0};
  bool up_lost_ = false;
  bool down_lost_ = false;
  Lane up_;
  Lane down_;
  Alarm up_alarm_;
  Alarm down_alarm_;
  Alarm dial_alarm_;
  std::vector<proto::Encoded> kept_;  // left in the socket by a broken connection: sent first on the next one
  // False once the link is gone: events may come after that.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace forkmill::sim
