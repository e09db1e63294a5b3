// Peers of several principals, told by their connections: alice, bob, an operator, and workers without one.
#pragma once

#include <msgpack.hpp>
#include <sstream>

#include "tests/unit/broker/broker.h"

namespace forkmill::broker::test {

class Principals {
 public:
  explicit Principals(MemoryStore* store = nullptr, CoreOptions options = {}) : broker{with(*this, options), store} {
    alice.own_tasks_only = bob.own_tasks_only = true;
  }
  Principals(const Principals&) = delete;
  Principals& operator=(const Principals&) = delete;

  enum Name : std::uint64_t { kAlice = 1000, kBob = 2000, kOperator = 3000 };

  Broker::Peer client(Name name) {
    Hello hello;
    hello.name = "client";
    hello.instance = 100 + last_;
    return broker.greet(PeerId{name + last_++}, hello);
  }

  // Returns the code of the reply to a query or a command; `body`: its body, in msgpack-c's JSON-like form.
  Errc ask(const Broker::Peer& peer, Message message, std::string* body = nullptr);
  Errc query(const Broker::Peer& peer, QueryKind kind, std::string argument = {}, std::string* body = nullptr) {
    return ask(peer, Query{5, kind, std::move(argument), {}}, body);
  }
  // Returns the state in the answer to a CANCEL of this task.
  CancelState cancel(const Broker::Peer& peer, const TaskId& one) {
    broker.send(peer, Cancel{{one}});
    return broker.take<CancelReply>(peer).at(0).answers.at(0).state;
  }

  Rights alice;
  Rights bob;
  Rights all;
  Broker broker;

 private:
  static CoreOptions with(const Principals& principals, CoreOptions options) {
    options.principal_of = [](PeerId peer) -> std::string {
      if (peer.value() < kAlice) return "";
      return peer.value() < kBob ? "alice" : peer.value() < kOperator ? "bob" : "operator";
    };
    options.rights_of = [&principals](PeerId peer) -> const Rights* {
      if (peer.value() < kAlice) return nullptr;
      return peer.value() < kBob ? &principals.alice : peer.value() < kOperator ? &principals.bob : &principals.all;
    };
    return options;
  }

  std::uint64_t last_ = 0;
};

inline Errc Principals::ask(const Broker::Peer& peer, Message message, std::string* body) {
  broker.send(peer, std::move(message));
  const auto reply = broker.take<Reply>(peer).at(0);
  if (reply.code == Errc::ok && body != nullptr) {
    const auto handle = msgpack::unpack(reply.body.view().data(), reply.body.size());
    std::ostringstream text;
    text << handle.get();
    *body = text.str();
  }
  return reply.code;
}

inline Submission keyed(std::uint64_t n, std::string key, std::string_view arguments = "arguments") {
  TaskOptions options;
  options.key = std::move(key);
  Submission one = task(n, options);
  one.payload = Payload::copy(arguments);
  return one;
}

}  // namespace forkmill::broker::test
