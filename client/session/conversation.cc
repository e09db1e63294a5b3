#include "client/session/conversation.h"

#include <utility>

#include "proto/mutants.h"

namespace forkmill::client {

using namespace std::chrono_literals;

namespace {

constexpr proto::HandshakeOptions kHandshake{
    .first_patience = 6s, .longest_patience = 40s, .pause_after_goodbye = 400ms};

proto::Hello hello_of(const SessionOptions& options) {
  proto::Hello hello;
  hello.role = proto::Role::client;
  hello.name = options.name;
  hello.host = options.host;
  hello.pid = options.pid;
  hello.software = options.software;
  hello.instance = options.instance;
  hello.child_of = options.child_of;
  if (options.shards > 1) {
    hello.shard = options.shard;
    hello.shards = options.shards;
  }
  return hello;
}

}  // namespace

Conversation::Conversation(const SessionOptions& options, Effects& effects)
    : effects_{effects}, hello_{hello_of(options)}, shard_{options.shard}, handshake_{kHandshake, options.seed} {}

void Conversation::connected(Instant now) {
  if (!handshake_.refused()) greet(now);
}

void Conversation::greet(Instant now) {
  leaves_ = false;
  effects_.send.push_back(handshake_.greet(now, hello_));
}

Conversation::Heard Conversation::handle(Instant now, const proto::Envelope& envelope) {
  const auto heard = handshake_.handle(now, envelope);
  if (heard == Heard::forgotten) greet(now);
  if (heard == Heard::welcome) effects_.shards = std::get<proto::Welcome>(envelope.message).shards;
  if (heard == Heard::moved && !proto::mutant(proto::Mutant::client_ignores_moved)) {
    effects_.moved = std::get<proto::Moved>(envelope.message);
    hello_.shard = shard_;
    hello_.shards = effects_.moved->shards;
  }
  if (heard == Heard::postponed) {
    const auto& error = std::get<proto::ErrorMessage>(envelope.message);
    if (error.code != Errc::shutting_down) warn("the broker does not accept this client now: " + error.text);
  }
  if (heard == Heard::goodbye)
    warn("the broker says goodbye (" + std::get<proto::Goodbye>(envelope.message).text +
         "); waiting for it to come back");
  return heard;
}

bool Conversation::tick(Instant now) {
  switch (handshake_.tick(now)) {
    case proto::Handshake::Due::hello:
      greet(now);
      break;
    case proto::Handshake::Due::no_answer:
      if (!std::exchange(leaves_, false)) warn("the broker does not answer; connecting again");
      effects_.reconnect = true;
      break;
    case proto::Handshake::Due::silence:
      warn("the broker has gone silent; connecting again");
      effects_.reconnect = true;
      break;
    case proto::Handshake::Due::heartbeat:
      return true;
    case proto::Handshake::Due::nothing:
      break;
  }
  return false;
}

proto::MessageSeq Conversation::send(Instant now, proto::Message message) {
  effects_.send.push_back(handshake_.stamp(now, std::move(message)));
  return effects_.send.back().header.seq;
}

}  // namespace forkmill::client
