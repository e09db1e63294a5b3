// Conversation: the client's side of a session with the broker (PROTOCOL.md, Sessions): HELLO and WELCOME, the numbers
// of messages, heartbeats, and what a silent broker leads to. Everything that is sent in a session passes through it.
//
//     offline ──link_up──▶ greeting ──WELCOME──▶ open ──GOODBYE, silence, link_down──▶ offline
#pragma once

#include <string>

#include "client/session/effects.h"
#include "client/session/liveness.h"
#include "client/session/options.h"
#include "client/session/random.h"
#include "proto/wire/messages.h"

namespace forkmill::client {

class Conversation {
 public:
  Conversation(const SessionOptions& options, Effects& effects);
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;

  void link_up(Instant now);
  void link_down();
  // Says HELLO again, or gives up the connection. True: a heartbeat is due; beat() sends it.
  bool tick(Instant now);
  void beat(Instant now);
  Instant next_wakeup() const;

  // Whether a WELCOME answers the last HELLO. If so, begin() opens the session.
  bool is_answered_by(const proto::Welcome& welcome) const;
  void begin(Instant now, const proto::Welcome& welcome);
  // Whether a message with this header belongs to the open session. Notes that the broker was heard.
  bool hears(Instant now, const proto::Header& header);
  // The broker does not know the session: says HELLO, unless the error is about something older than the last one.
  void begin_again(Instant now);
  // The broker shuts down: says HELLO after a pause.
  void retry_later(Instant now);
  // Ends the conversation for good, unless link_up() is called.
  void stop();

  // Sends a message in the open session, and returns its number there.
  proto::MessageSeq send(Instant now, proto::Message message);

  bool open() const { return state_ == State::open; }
  bool greeting() const { return state_ == State::greeting; }

 private:
  enum class State : std::uint8_t { offline, greeting, open };

  void greet(Instant now);
  void reconnect(const char* why);

  Effects& effects_;
  proto::Hello hello_;
  Random random_;
  State state_ = State::offline;
  bool link_is_up_ = false;
  proto::SessionId session_;
  proto::MessageSeq last_seq_;
  Liveness liveness_;
  Instant greet_at_ = proto::kNever;  // when HELLO is due, or, while greeting, its answer overdue
  milliseconds greet_pause_{0};
};

}  // namespace forkmill::client
