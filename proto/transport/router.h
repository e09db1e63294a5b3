// Router: the broker's socket. One thread owns it. ZeroMQ gives each connection an id, by which the peer is known.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "proto/wire/codec.h"

namespace forkmill::proto {

class Router {
 public:
  Router();
  ~Router();
  Router(const Router&) = delete;
  Router& operator=(const Router&) = delete;

  // Listens on tcp://HOST:PORT (port `*`: any free one) or ipc://PATH. Returns the endpoint with the actual port.
  // Throws TransportError, also when a program listens there already or something that is not a socket is at the path;
  // a socket that a dead program left behind is replaced.
  std::string bind(const std::string& endpoint);

  struct Incoming {
    PeerId peer;
    Result<Envelope> envelope;
  };
  // Returns the next message, without waiting; none if there is none.
  std::optional<Incoming> receive();

  // Returns false if the peer is gone or does not read; the whole message is dropped then.
  bool send(PeerId peer, const Envelope& envelope);

  // Wait for fd() to become readable only after pending() has returned false: the descriptor signals changes, not
  // states.
  bool pending();
  int fd() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace forkmill::proto
