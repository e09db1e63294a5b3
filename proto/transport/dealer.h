// Dealer: the socket of a client or a worker, connected to one broker. One thread owns it. It reconnects by itself, for
// ever, with growing, jittered pauses; what was under way when a connection broke may be lost or not, so the session
// above decides what to send again.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "proto/codec.h"

namespace forkmill::proto {

class Dealer {
 public:
  // Does not wait for the broker. Throws TransportError when the endpoint makes no sense.
  explicit Dealer(const std::string& endpoint);
  ~Dealer();
  Dealer(const Dealer&) = delete;
  Dealer& operator=(const Dealer&) = delete;

  enum class LinkEvent { up, down };  // a connection was made (say HELLO now), or broke
  std::optional<LinkEvent> link_event();

  // The next message, without waiting. Empty: none is there.
  std::optional<Result<Envelope>> receive();

  // False: not taken (the queue to the broker is full); nothing of it was sent.
  bool send(const Envelope& envelope);

  // Drops the connection with all that waits in it, and makes a new one: for a broker that is silent on a living
  // connection.
  void reconnect();

  // Wait on both descriptors, and only after pending() said no: they signal changes, not states. reconnect() gives new
  // ones.
  bool pending();
  int fd() const;
  int link_fd() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
  std::string endpoint_;
};

// For a process that ends with _exit(): waits until what was sent has left, a second at most. No socket may exist any
// more, and none can be made afterwards.
void finish_sending();

}  // namespace forkmill::proto
