// Network: connections between peers and the broker, as ZeroMQ gives them. Messages of one connection arrive in order
// or not at all. A connection that breaks takes the messages under way with it, or lets some of them through late; the
// next connection has a new PeerId. Every message goes through the codec.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "proto/session/rights.h"
#include "proto/wire/codec.h"
#include "tests/sim/nodes/lane.h"
#include "tests/sim/world/alarm.h"
#include "tests/sim/world/strangers.h"
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
  // Whether it is a stranger (strangers.h).
  virtual bool is_stranger() const { return false; }
  // The number of its principal, up to 7; 0: none.
  virtual std::uint64_t principal() const { return 0; }
};

// The broker, as its connections see it.
class Hub {
 public:
  virtual ~Hub() = default;
  virtual void arrived(proto::PeerId peer, proto::Envelope envelope) = 0;
};

class Network {
 public:
  class Link;

  explicit Network(World& world) : world_{world} {}

  // Returns the name of the principal behind a connection, as broker::CoreOptions::principal_of does.
  static std::string principal_of(proto::PeerId peer);
  // Returns its rights, as broker::CoreOptions::rights_of does: a stranger may see its own tasks only.
  static const proto::Rights* rights_of(proto::PeerId peer);

  // The broker listens; peers connect after a while.
  void open(Hub& hub);
  // Breaks all connections, and makes none until open().
  void close();
  bool is_open() const { return hub_ != nullptr; }
  // Sends a message of the broker. Returns false if the peer has no connection any more.
  bool send(proto::PeerId peer, const proto::Envelope& envelope);

  // Gives a peer a link, which connects when it can, and again whenever its connection breaks.
  std::unique_ptr<Link> attach(Endpoint& endpoint);

 private:
  // A peer as the broker sees it.
  struct Peer {
    Link* link = nullptr;       // null: the other end is gone
    Instant believed_until{0};  // the broker does not know that until then
  };

  World& world_;
  Hub* hub_ = nullptr;  // null: the broker does not listen
  std::uint64_t openings_ = 0;
  std::uint64_t last_peer_ = 0;
  std::vector<Link*> links_;
  std::unordered_map<proto::PeerId, Peer> peers_;
};

class Network::Link {
 public:
  Link(Network& network, Endpoint& endpoint);
  ~Link();

  void send(const proto::Envelope& envelope);
  // The peer drops the connection and wants a new one.
  void reconnect();
  // The connection breaks.
  void cut();
  // Nothing passes until then, in either direction.
  void block(Instant until);
  // Messages from (`up`) or to the peer (`down`) are lost without notice, until the next connection.
  void hollow(bool up, bool down);

 private:
  friend class Network;

  void dial();
  void establish();
  void drop(bool noticed);
  void let_through_late(Lane::Packets packets, proto::PeerId peer);
  Instant lateness() { return network_delay(world_) + world_.drag(world_.options.lateness); }

  Network& network_;
  World& world_;
  Endpoint& endpoint_;
  proto::PeerId peer_;  // none: not connected
  Instant blocked_until_{0};
  Lane up_;
  Lane down_;
  Alarm dial_alarm_;
  std::vector<proto::Encoded> kept_;  // messages in the socket of a broken connection: the first ones on the next
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // events may come after the end of the link
};

}  // namespace forkmill::sim
