// Handshake: how a client or a worker comes to a session with the broker, keeps it alive and comes back (PROTOCOL.md,
// Sessions). Both embed one, and keep for themselves what a session is used for. Pure: time is a parameter, nonces and
// jitter come from a seed; the owner sends what greet() and stamp() return.
//
//     disconnected ──greet──▶ greeting ──WELCOME──▶ established ──GOODBYE──▶ waiting ──pause, greet──▶ greeting
//          ▲                   │  │ └──ERROR: not now, MOVED──▶ waiting         │
//          │                   │  └──ERROR: never──▶ refused                    │
//          └──no answer────────┘                                                │
//          └──silence, the connection broke─────────────────────────────────────┘
//
// Use, with `heard` a message off the connection:
//
//     on a new connection    send(handshake.greet(now, hello))
//     on a broken connection handshake.disconnected()
//     on a message           switch (handshake.handle(now, heard)) …    see Heard
//     by the clock           switch (handshake.tick(now)) …             see Due; call at next_wakeup() at the latest
//     to say something       send(handshake.stamp(now, message))        while established()
#pragma once

#include <chrono>
#include <cstdint>

#include "proto/clock.h"
#include "proto/ids.h"
#include "proto/random.h"
#include "proto/session/liveness.h"
#include "proto/wire/messages.h"

namespace forkmill::proto {

struct HandshakeOptions {
  // How long a HELLO may go without a WELCOME before its connection is given up. Doubles with each one in a row that
  // was not answered, up to the longest. The actual time is drawn from its second half, so that peers that lost the
  // same broker do not come back in step.
  Instant first_patience{0};
  Instant longest_patience{0};
  // From GOODBYE, or from an answer that the broker is shutting down, to the next HELLO on a connection that stays.
  // Drawn from its second half as well.
  Instant pause_after_goodbye{0};
  // From MOVED to the next HELLO on the same connection, while the shard has no owner. Drawn in the same way.
  Instant pause_after_moved = std::chrono::milliseconds{200};
};

class Handshake {
 public:
  // Meaning of a message for the owner.
  enum class Heard : std::uint8_t {
    stale,      // the message belongs to an earlier session or is out of place: drop it
    message,    // the message belongs to this session: handle it
    welcome,    // the session is established: take over what WELCOME says
    forgotten,  // ERROR: the broker does not know the session; call greet()
    postponed,  // ERROR: the broker does not take this peer now; tick() will say when to call greet()
    goodbye,    // the broker is leaving; tick() will say when to call greet()
    moved,      // the session is to be had elsewhere: make a new connection there, or tick() says when to call greet()
    refused,    // ERROR: the broker will never take this HELLO; the handshake has ended
  };
  // Work of the owner that is due by the clock.
  enum class Due : std::uint8_t {
    nothing,
    hello,      // call greet()
    heartbeat,  // send a HEARTBEAT
    no_answer,  // drop the connection and make a new one: HELLO was not answered
    silence,    // the same: the broker has sent nothing for silence_limit()
  };

  Handshake(HandshakeOptions options, std::uint64_t seed) : options_{options}, random_{seed} {}

  // Begins a session that continues the one before. The owner fills in everything in `hello` but nonce, resume and
  // order. Returns the HELLO to send. Not after a refusal.
  Envelope greet(Instant now, Hello hello);
  // Call when the connection has broken, or the owner has said GOODBYE: nothing is due until the next greet().
  void disconnected();
  // Call in place of using the session that a WELCOME has just begun: the one before is continued elsewhere. After a
  // pause, tick() says no_answer.
  void leave(Instant now);
  // Call when the owner gives the broker up for good.
  void refuse();

  [[nodiscard]] Heard handle(Instant now, const Envelope& envelope);
  [[nodiscard]] Due tick(Instant now);
  // Gives a message of an established session its header. Each is to be sent, in the order of the calls.
  Envelope stamp(Instant now, Message message);

  // When tick() must be called at the latest.
  Instant next_wakeup() const;
  bool established() const { return step_.state == State::established; }
  bool refused() const { return step_.state == State::refused; }
  // The last session that a WELCOME has named; 0 before the first.
  SessionId session() const { return session_; }
  // As the last WELCOME said; 0: none.
  Instant silence_limit() const { return liveness_.silence_limit(); }

 private:
  enum class State : std::uint8_t { disconnected, greeting, established, waiting, refused };

  Heard establish(Instant now, const Welcome& welcome);
  Heard handle_error(Instant now, const Header& header, const ErrorMessage& error);

  HandshakeOptions options_;
  SplitMix64 random_;
  struct Step {
    State state = State::disconnected;
    Instant at = kNever;  // greeting: give up on the connection; waiting: say HELLO
  };
  Step step_;
  std::uint64_t nonce_ = 0;
  std::uint64_t order_ = 0;
  SessionId session_;
  SessionId session_before_;  // continued by `session_`
  MessageSeq last_seq_;       // counts the messages of this session
  unsigned unanswered_ = 0;   // HELLOs in a row that brought no session
  Liveness liveness_;
};

}  // namespace forkmill::proto
