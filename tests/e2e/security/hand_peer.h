// A client or worker that speaks the protocol by hand, message by message, over ZeroMQ, with keys or without. It says
// nothing by itself, no heartbeat either. One thread.
#pragma once

#include <doctest/doctest.h>

#include <chrono>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "proto/transport/dealer.h"
#include "tests/eventually.h"

namespace forkmill::tests {

class HandPeer {
 public:
  explicit HandPeer(const std::string& endpoint, std::optional<proto::CurveKeys> keys = {})
      : dealer_{endpoint, proto::look_up, std::move(keys)} {}

  // Says HELLO when the connection is up, or again, and waits for the answer. None: the broker has refused it;
  // why_refused() says why.
  std::optional<proto::Welcome> try_to_greet(proto::Hello hello) {
    hello.nonce = ++nonce_;
    if (nonce_ > 1) REQUIRE(dealer_.send({{}, hello}));
    std::optional<proto::Welcome> welcome;
    refusal_.reset();
    REQUIRE(eventually([&] {
      while (const auto event = dealer_.link_event())
        if (*event == proto::Dealer::LinkEvent::up) dealer_.send({{}, hello});
      read();
      if (const auto answers = take<proto::Welcome>(); !answers.empty()) welcome = answers.back();
      if (const auto errors = take<proto::ErrorMessage>(); !errors.empty()) refusal_ = errors.back();
      return welcome || refusal_;
    }));
    if (welcome) {
      session_ = welcome->session;
      seq_ = {};
    }
    return welcome;
  }
  proto::Welcome greet(proto::Hello hello) {
    auto welcome = try_to_greet(std::move(hello));
    REQUIRE_MESSAGE(welcome, refusal_->text);
    return *std::move(welcome);
  }
  const proto::ErrorMessage& why_refused() const { return refusal_.value(); }

  void send(proto::Message message) {
    seq_ = seq_.next();
    const proto::Envelope envelope{{session_, seq_}, std::move(message)};
    REQUIRE(eventually([&] { return dealer_.send(envelope); }));
  }
  // Waits for the next message of this kind. Others stay where they are.
  template <class M>
  M await() {
    std::optional<M> found;
    REQUIRE(eventually([&] {
      read();
      for (auto at = inbox_.begin(); at != inbox_.end() && !found; ++at) {
        if (!std::holds_alternative<M>(*at)) continue;
        found = std::get<M>(std::move(*at));
        inbox_.erase(at);
        break;
      }
      return found.has_value();
    }));
    return *std::move(found);
  }
  // Returns the messages of this kind that have come.
  template <class M>
  std::vector<M> take() {
    read();
    std::vector<M> found;
    for (proto::Message& message : inbox_)
      if (auto* one = std::get_if<M>(&message)) found.push_back(std::move(*one));
    std::erase_if(inbox_, [](const proto::Message& message) { return std::holds_alternative<M>(message); });
    return found;
  }
  // Waits until the broker has dealt with all that was sent.
  void settle() {
    send(proto::Heartbeat{});
    await<proto::Heartbeat>();
  }
  // Waits for as many grants, and returns them.
  std::vector<proto::GrantedTask> await_grants(std::size_t count) {
    std::vector<proto::GrantedTask> all;
    while (all.size() < count)
      for (auto& task : await<proto::Grants>().tasks) all.push_back(std::move(task));
    return all;
  }
  // Reports that each of these tasks has succeeded, with `value` as its result.
  void succeed(const std::vector<proto::Grant>& grants, std::string_view value, std::uint64_t credit) {
    proto::Outcomes outcomes;
    outcomes.credit = credit;
    for (const proto::Grant& grant : grants) {
      proto::Outcome outcome;
      outcome.attempt = grant.attempt;
      outcome.value = proto::Payload::copy(value);
      outcomes.outcomes.push_back({grant, std::move(outcome), proto::milliseconds{-1}, 1});
    }
    send(std::move(outcomes));
  }
  // Does one operation on a named object, and returns its answer.
  proto::OperationAnswer operate(proto::Operation operation) {
    operation.number = ++operations_;
    send(proto::Operate{operations_ - 1, {std::move(operation)}});
    return await<proto::Operated>().answers.at(0);
  }

 private:
  void read() {
    while (auto message = dealer_.receive()) {
      REQUIRE(message->ok());
      inbox_.push_back(std::move(message->value().message));
    }
    static_cast<void>(dealer_.pending());
  }

  proto::Dealer dealer_;
  proto::SessionId session_;
  proto::MessageSeq seq_;
  std::uint64_t nonce_ = 0;
  std::uint64_t operations_ = 0;
  std::deque<proto::Message> inbox_;
  std::optional<proto::ErrorMessage> refusal_;
};

// HELLO of a client or worker that is known by this instance. `order`: see Hello.
inline proto::Hello client_hello(std::uint64_t instance, std::uint64_t order = 1) {
  proto::Hello hello;
  hello.name = "client";
  hello.instance = instance;
  hello.order = order;
  return hello;
}
inline proto::Hello worker_hello(std::uint64_t instance, std::vector<std::string> queues,
                                 std::vector<proto::TaskInfo> tasks, std::uint64_t order = 1) {
  proto::Hello hello = client_hello(instance, order);
  hello.role = proto::Role::worker;
  hello.name = "worker";
  hello.worker = {std::move(queues), std::move(tasks), 1, {}};
  return hello;
}

}  // namespace forkmill::tests
