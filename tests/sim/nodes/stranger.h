// Stranger: a peer of another principal, which has learnt the numbers of a client or worker, names them in its HELLO
// with the highest order, says what it likes in the session that it gets, and leaves. Nothing may come of that.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "broker/core/state/broker_state.h"
#include "tests/sim/nodes/network.h"

namespace forkmill::sim {

class Stranger final : public Endpoint {
 public:
  // `hello`: the HELLO; `children`: the processes that a worker says have ended.
  Stranger(Network& network, proto::Hello hello, std::vector<std::uint32_t> children)
      : hello_{std::move(hello)}, children_{std::move(children)}, link_{network.attach(*this)} {}

  bool done() const { return done_; }

  void link_up() override;
  void link_down() override {}
  void arrived(proto::Envelope envelope) override;
  std::string_view name() const override { return "stranger"; }
  bool is_stranger() const override { return true; }

 private:
  void say(proto::SessionId session, proto::Message message) {
    link_->send({{session, proto::MessageSeq{++said_}}, std::move(message)});
  }

  proto::Hello hello_;
  std::vector<std::uint32_t> children_;
  std::uint64_t said_ = 0;
  bool done_ = false;
  std::unique_ptr<Network::Link> link_;
};

// Makes a stranger that names the numbers of a client or worker of the broker. Null: there is none.
std::unique_ptr<Stranger> make_stranger(Network& network, const broker::BrokerState& state, Random& random);

}  // namespace forkmill::sim
