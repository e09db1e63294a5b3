// Stranger: a peer of another principal, which has learnt the numbers of a client or worker, names them in its HELLO
// with the highest order, sends arbitrary messages in its session and leaves. They must have no effect on other peers.
// A client asks for a task of others, wants its result and cancels it: each answer must be that for an unknown task.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "broker/core/state/broker_state.h"
#include "tests/sim/nodes/network.h"

namespace forkmill::sim {

class Stranger final : public Endpoint {
 public:
  struct Plan {
    proto::Hello hello;
    std::vector<std::uint32_t> children;  // the processes that a worker says have ended
    std::optional<TaskId> task;           // the task that a client wants
  };
  Stranger(Network& network, Plan plan) : plan_{std::move(plan)}, link_{network.attach(*this)} {}

  bool done() const { return done_; }

  void link_up() override;
  void link_down() override { done_ = true; }
  void arrived(proto::Envelope envelope) override;
  std::string_view name() const override { return "stranger"; }
  bool is_stranger() const override { return true; }

 private:
  void say(proto::SessionId session, proto::Message message) {
    link_->send({{session, proto::MessageSeq{++said_}}, std::move(message)});
  }

  void want(const TaskId& task);
  // Throws Violation if the message tells something of the task.
  void check(const proto::Message& message);

  Plan plan_;
  proto::SessionId session_;
  std::uint64_t said_ = 0;
  int answers_ = 0;
  bool done_ = false;
  std::unique_ptr<Network::Link> link_;
};

// Makes a stranger that names the numbers of a client or worker of the broker. Returns null if there is none.
std::unique_ptr<Stranger> make_stranger(Network& network, const broker::BrokerState& state, Random& random);

}  // namespace forkmill::sim
