// Clients that work with named objects, in the test harness of broker.h.
#pragma once

#include <msgpack.hpp>
#include <optional>

#include "tests/unit/broker/broker.h"

namespace forkmill::broker::test {

inline Payload bytes(std::string_view text) { return Payload::copy(text); }
template <class T>
Payload value(const T& one) {
  msgpack::sbuffer buffer;
  msgpack::pack(buffer, one);
  return Payload::copy({buffer.data(), buffer.size()});
}
inline std::string text(const Payload& payload) { return std::string{payload.view()}; }

// Returns the number of the object's holders that operators are shown.
inline std::size_t holders(Broker& broker, const Broker::Peer& peer, const std::string& name) {
  broker.send(peer, Query{1, proto::QueryKind::object, name});
  const auto shown = broker.take<Reply>(peer).at(0);
  const auto handle = msgpack::unpack(shown.body.view().data(), shown.body.size());
  return handle.get().as<std::map<std::string, msgpack::object>>().at("holders").via.array.size;
}

// User: a client that numbers its operations and keeps the answers that have come.
class User {
 public:
  explicit User(Broker& broker, std::uint64_t instance = next_instance()) : broker_{broker}, instance_{instance} {
    connect();
  }

  // Connects the client. A further call resumes its session in the next one.
  void connect() {
    Hello hello;
    hello.name = "user";
    hello.instance = instance_;
    hello.resume = peer_.session;
    peer_ = broker_.connect(hello);
  }
  bool kept() const { return peer_.welcome.kept; }

  // Sends an operation and returns its number. `wait`: -1 waits without limit. answer() has the answer once it has
  // come.
  std::uint64_t begin(Verb verb, std::uint64_t object, std::int64_t a = 0, std::int64_t b = 0,
                      std::vector<Payload> values = {}, milliseconds wait = milliseconds{-1}, std::uint64_t who = 0) {
    Operation operation;
    operation.number = ++last_;
    operation.verb = verb;
    operation.object = object;
    operation.who = who;
    operation.wait = wait;
    operation.a = a;
    operation.b = b;
    operation.values = std::move(values);
    return send(operation);
  }
  std::uint64_t send(const Operation& operation) {
    last_ = std::max(last_, operation.number);
    broker_.send(peer_, Operate{answered_below, {operation}});
    return operation.number;
  }
  std::optional<OperationAnswer> answer(std::uint64_t number) {
    for (auto& message : broker_.take<Operated>(peer_))
      for (auto& one : message.answers) answers_.insert_or_assign(one.number, std::move(one));
    const auto found = answers_.find(number);
    if (found == answers_.end()) return std::nullopt;
    auto answer = std::move(found->second);
    answers_.erase(found);
    return answer;
  }
  bool waits(std::uint64_t number) { return !answer(number); }

  // Sends an operation that must be answered at once, and returns the answer.
  OperationAnswer operate(Verb verb, std::uint64_t object, std::int64_t a = 0, std::int64_t b = 0,
                          std::vector<Payload> values = {}, milliseconds wait = milliseconds{0},
                          std::uint64_t who = 0) {
    auto found = answer(begin(verb, object, a, b, std::move(values), wait, who));
    REQUIRE(found);
    return std::move(*found);
  }
  Errc code(Verb verb, std::uint64_t object, std::int64_t a = 0, std::int64_t b = 0, std::vector<Payload> values = {}) {
    return operate(verb, object, a, b, std::move(values)).code;
  }
  OperationAnswer try_open(ObjectSpec spec, std::int64_t a = 0, std::vector<Payload> values = {}) {
    Operation operation;
    operation.number = ++last_;
    operation.verb = Verb::open;
    operation.spec = std::move(spec);
    operation.a = a;
    operation.values = std::move(values);
    auto found = answer(send(operation));
    REQUIRE(found);
    return std::move(*found);
  }
  std::uint64_t open(ObjectKind kind, const std::string& name, std::int64_t size = 0, std::int64_t flags = 0,
                     std::int64_t a = 0, Durability durability = Durability::memory) {
    const auto opened = try_open({name, kind, 0, size, flags, 0, durability}, a);
    REQUIRE(opened.code == Errc::ok);
    return static_cast<std::uint64_t>(opened.a);
  }
  void go() { broker_.send(peer_, Goodbye{}); }

  std::uint64_t answered_below = 0;
  const Broker::Peer& peer() const { return peer_; }

 private:
  static std::uint64_t next_instance() {
    static std::uint64_t last = 1000;
    return ++last;
  }

  Broker& broker_;
  std::uint64_t instance_;
  Broker::Peer peer_;
  std::uint64_t last_ = 0;
  std::map<std::uint64_t, OperationAnswer> answers_;
};

}  // namespace forkmill::broker::test
