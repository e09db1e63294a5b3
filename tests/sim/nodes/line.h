// Line: the way of a client or worker to the broker: a link of the network while the process lives, and an inbox for
// what arrives. Faults of the connection come through here.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "tests/sim/nodes/network.h"

namespace forkmill::sim {

class Line final : public Endpoint {
 public:
  struct Event {
    enum { up, down, message } kind;
    proto::Envelope envelope;
  };
  struct Owner {
    std::function<void()> event_arrived;
    // The line does not work without a fault until then; may be null.
    std::function<void(Instant until)> disturbed;
  };

  // `principal`: as Endpoint::principal().
  Line(Network& network, std::string name, Owner owner, std::uint64_t principal = 0)
      : network_{&network}, name_{std::move(name)}, owner_{std::move(owner)}, principal_{principal} {}

  // The process begins and ends.
  void begin() { link_ = network_->attach(*this); }
  void end();
  // Whether the process lives.
  bool up() const { return link_ != nullptr; }

  // Returns false if the socket does not take the message.
  bool send(const proto::Envelope& envelope);
  // Drops the connection and all events, and connects again.
  void reconnect();
  // Drops the connection and all events, and connects through another network.
  void move_to(Network& network);
  std::optional<Event> next_event();
  bool has_events() const { return !inbox_.empty(); }

  // Faults: the connection breaks; nothing passes until then; messages in a direction are lost; the next message is not
  // taken.
  void cut();
  void block(Instant until);
  void hollow(bool from_peer, bool to_peer);
  void fill() { full_ = up(); }

  void link_up() override { add({Event::up, {}}); }
  void link_down() override;
  void arrived(proto::Envelope envelope) override { add({Event::message, std::move(envelope)}); }
  std::string_view name() const override { return name_; }
  std::uint64_t principal() const override { return principal_; }

 private:
  void add(Event event);
  void disturb(Instant until) {
    if (owner_.disturbed) owner_.disturbed(until);
  }

  Network* network_;  // not null
  std::string name_;
  Owner owner_;
  std::uint64_t principal_;
  std::unique_ptr<Network::Link> link_;
  std::deque<Event> inbox_;
  bool full_ = false;
};

}  // namespace forkmill::sim
