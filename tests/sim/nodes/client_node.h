// ClientNode: a client of the only broker, in a simulated engine, and the users who work through it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "tests/sim/nodes/client_engine.h"
#include "tests/sim/nodes/line.h"
#include "tests/sim/rules/history.h"
#include "tests/sim/users/session_hands.h"
#include "tests/sim/users/users.h"

namespace forkmill::sim {

class ClientNode final : private SessionHands, private ClientEngine::Program {
 public:
  // The worker and the process of a client that lives in a child; zeros: it lives in none.
  struct Home {
    std::uint64_t worker = 0;
    std::uint32_t pid = 0;
    std::uint64_t principal = 0;  // as Endpoint::principal()
  };
  ClientNode(World& world, Network& network, History& history, ObjectHistory& objects, Workload& workload,
             const std::string& name, Home home);

  bool up() const override { return engine_.up(); }
  void start();
  // Ends the client, with its futures. start() begins its next life.
  void crash();
  // The client stands still until then.
  void pause(Instant until) { engine_.pause(until); }

  Users& users() { return users_; }
  Line& line() { return line_; }

 private:
  // SessionHands
  void handle(client::Request request) override { engine_.handle(std::move(request)); }
  void carry_out_effects() override { engine_.carry_out(); }
  void wake_soon() override { engine_.wake_soon(); }
  // ClientEngine::Program
  std::unique_ptr<Way> connect(std::uint32_t) override { return std::make_unique<OneWay>(line_); }
  void sends(proto::Envelope& envelope) override;
  void hears(const client::Effects& effects, proto::SessionId latest) override;

  World& world_;
  History& history_;
  Home home_;
  Line line_;
  ClientEngine engine_;
  Users users_;
};

}  // namespace forkmill::sim
