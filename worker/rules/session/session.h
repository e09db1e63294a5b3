// Session: the worker's side of the conversation with the broker (proto/PROTOCOL.md, Sessions). Brings the outbox to
// the broker, in as many sessions as that takes, gives credit, and passes on what the broker asks for. Pure: time and
// seed are parameters, and everything to be done is among the effects.
//
//     on a new connection, and when wants_greeting()   greet(now, grants held)
//     on a broken connection                           disconnected()
//     on a message                                     handle(now, envelope)
//     by the clock                                     tick(now), at handshake().next_wakeup() at the latest
//     once per round                                   flush(now), take_effects()
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "proto/session/handshake.h"
#include "proto/session/succession.h"
#include "proto/wire/messages.h"
#include "worker/rules/session/credit.h"
#include "worker/rules/session/outbox.h"

namespace forkmill::worker {

struct SessionEffects {
  std::vector<proto::Envelope> send;          // in this order
  bool reconnect = false;                     // after `send`: drop the connection and make a new one
  std::unique_ptr<const proto::Moved> moved;  // the session is to be had elsewhere
  std::string warning;                        // for the log; empty: none
};

class Session {
 public:
  // hello: everything but nonce, order, resume, holding and holding_store.
  Session(proto::Hello hello, std::uint64_t seed);

  // Says HELLO. holding: every grant that the worker holds and that has no outcome yet.
  void greet(proto::Instant now, std::vector<proto::Grant> holding);
  void disconnected() { handshake_.disconnected(); }
  // Returns whether the message in the envelope asks something of the worker, or is news for it: WELCOME, GRANTS,
  // MOVED, REVOKE, SIGNALS, DRAIN, SCALE, LOG_LIMITS or ERROR. Signals that have come before are removed from it.
  bool handle(proto::Instant now, proto::Envelope& envelope);
  void tick(proto::Instant now);
  // Sends what is in the outbox, and the credit.
  void flush(proto::Instant now);
  // Says DRAIN, in this session and in later ones.
  void drain(proto::Instant now);
  // Says GOODBYE: the session ends.
  void goodbye(proto::Instant now, std::string text);

  // room: how many further grants the worker would take now, but for those with a process of their own.
  void set_load(std::uint64_t room, proto::Heartbeat load);
  Outbox& outbox() { return outbox_; }

  // Says when tick() is due, and whether a session is established, was there before, or was refused for good; then the
  // ERROR that handle() let through last says why.
  const proto::Handshake& handshake() const { return handshake_; }
  bool wants_greeting() const { return owed_.greeting; }
  // Swaps what was asked for since the last call with `effects`, which must be empty.
  void take_effects(SessionEffects& effects) { std::swap(effects, effects_); }

 private:
  bool handle(proto::Message& message);
  void say(proto::Instant now, proto::Message message);
  void beat(proto::Instant now);
  void flush_outcomes(proto::Instant now);

  proto::Hello hello_;
  proto::Handshake handshake_;
  proto::Succession succession_;
  Outbox outbox_;
  Credit credit_;
  proto::Heartbeat load_;
  bool draining_ = false;
  struct Owed {
    bool greeting = false;
    bool signals = false;  // signals have come of which the broker does not know that they have
  };
  Owed owed_;
  SessionEffects effects_;
};

}  // namespace forkmill::worker
