// Peer: a client or worker that speaks the protocol by hand, with a session if the broker gives it one. One thread.
#pragma once

#include <chrono>
#include <functional>
#include <utility>

#include "proto/os/real_env.h"
#include "proto/transport/dealer.h"
#include "tests/hostile/target.h"

namespace forkmill::hostile {

class Peer {
 public:
  // `as`: what its HELLOs say, apart from what is new in each.
  explicit Peer(const Target& target, proto::Hello as = {})
      : dealer_{target.endpoint, proto::look_up, target.keys}, as_{std::move(as)} {}

  // Says HELLO with a new instance once the connection is up, and waits for a session. Returns false if none comes in
  // time.
  bool greet(std::chrono::milliseconds patience = std::chrono::seconds{5});
  // Says HELLO with a new instance, and waits for nothing. Returns false if it was not taken.
  bool hello();
  // Returns false if the message was not taken: the way to the broker is full, or the connection is down.
  bool send(proto::Message message);
  // Reads nothing. Returns false if the connection broke.
  bool is_up();
  // Acknowledges the results that have come, gives all messages to `hear`, and discards them. Returns false if the
  // broker has ended the session, or the connection broke.
  bool read(const std::function<void(const proto::Message&)>& hear = {});
  // Waits until something may have come, or for `at_most`.
  void wait(std::chrono::milliseconds at_most);
  // The answer to the HELLO with which the session began.
  const proto::Welcome& welcome() const { return welcome_; }

 private:
  proto::Dealer dealer_;
  const proto::Hello as_;
  proto::RealEnv env_;
  proto::Welcome welcome_;
  proto::MessageSeq seq_;
};

}  // namespace forkmill::hostile
