// Conversation: a client's sessions with its broker, one after the other (proto/session/handshake.h has their rules).
// Everything that the parts of a session send passes through it.
#pragma once

#include <string>
#include <utility>

#include "client/session/effects.h"
#include "client/session/options.h"
#include "proto/session/handshake.h"
#include "proto/wire/messages.h"

namespace forkmill::client {

class Conversation {
 public:
  using Heard = proto::Handshake::Heard;

  Conversation(const SessionOptions& options, Effects& effects);
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;

  // Says HELLO on a new connection.
  void connected(Instant now);
  void disconnected() { handshake_.disconnected(); }
  // Returns what a message is for the session. Only a message and a welcome concern anything but the conversation.
  [[nodiscard]] Heard handle(Instant now, const proto::Envelope& envelope);
  // Sends HELLO again, or gives up the connection. Returns whether the caller has to send a heartbeat.
  [[nodiscard]] bool tick(Instant now);
  Instant next_wakeup() const { return handshake_.next_wakeup(); }
  // Call in place of using the session that has just begun: after a pause, there is a new connection.
  void leave(Instant now) {
    handshake_.leave(now);
    leaves_ = true;
  }
  // Ends the conversation for good.
  void refuse() { handshake_.refuse(); }

  // Sends a message in the open session, and returns its number there.
  proto::MessageSeq send(Instant now, proto::Message message);
  // For the log of the program.
  void warn(std::string text) { effects_.log.push_back({false, std::move(text)}); }
  // A session is open.
  bool open() const { return handshake_.established(); }

 private:
  void greet(Instant now);

  Effects& effects_;
  proto::Hello hello_;
  const std::uint32_t shard_;
  proto::Handshake handshake_;
  bool leaves_ = false;  // the next connection is made because of leave()
};

}  // namespace forkmill::client
