// ClientNode: a client's session in a simulated engine (client/engine/), and the users who work through it.
#pragma once

#include <memory>
#include <string>

#include "client/session/session.h"
#include "tests/sim/nodes/line.h"
#include "tests/sim/nodes/pulse.h"
#include "tests/sim/rules/history.h"
#include "tests/sim/users/session_hands.h"
#include "tests/sim/users/users.h"
#include "tests/sim/world/spin_watch.h"

namespace forkmill::sim {

class ClientNode final : private SessionHands {
 public:
  // The worker and the process of a client that lives in a child; zeros: it lives in none.
  struct Home {
    std::uint64_t worker = 0;
    std::uint32_t pid = 0;
    std::uint64_t principal = 0;  // as Endpoint::principal()
  };
  ClientNode(World& world, Network& network, History& history, ObjectHistory& objects, Workload& workload,
             const std::string& name, Home home);

  bool up() const override { return line_.up(); }
  void start();
  // Ends the client, with its futures. start() begins its next life.
  void crash();
  // The client stands still until then.
  void pause(Instant until);

  Users& users() { return users_; }
  Line& line() { return line_; }

 private:
  // SessionHands
  void handle(client::Request request) override { session_->handle(world_.now(), std::move(request)); }
  void carry_out_effects() override { carry_out(); }
  void wake_soon() override { pulse_.soon(); }

  void round();
  void handle(Line::Event event);
  bool carry_out();
  bool send(proto::Envelope envelope);
  void note(std::string_view text) { world_.trace.note(world_.now(), line_.name(), text); }

  World& world_;
  History& history_;
  Home home_;
  Pulse pulse_;
  Line line_;
  Users users_;
  SpinWatch spin_;
  std::unique_ptr<client::Session> session_;
  proto::SessionId heard_in_;  // the session of the latest message
};

}  // namespace forkmill::sim
