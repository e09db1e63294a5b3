// Router: the broker's socket. One thread owns it. Peers are known by ids that ZeroMQ gives out, one per connection.
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

  // tcp://HOST:PORT (port `*`: any that is free) or ipc://PATH. Returns the endpoint as bound. Throws TransportError.
  std::string bind(const std::string& endpoint);

  struct Incoming {
    PeerId peer;
    Result<Envelope> envelope;
  };
  // The next message, without waiting. Empty: none is there.
  std::optional<Incoming> receive();

  // False: the peer is gone or does not read, and the message is dropped whole.
  bool send(PeerId peer, const Envelope& envelope);

  // Wait for `fd` to become readable only after pending() said no: it signals changes, not states.
  bool pending();
  int fd() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace forkmill::proto
