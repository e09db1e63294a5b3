// Router: the broker's socket. One thread owns it. ZeroMQ gives each connection an id, by which the peer is known.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "proto/clock.h"
#include "proto/transport/zap_authenticator.h"
#include "proto/wire/codec.h"

namespace forkmill::proto {

class Router {
 public:
  // `authenticator` decides on connections, and outlives this. Null: all are accepted.
  explicit Router(ZapAuthenticator* authenticator = nullptr);
  ~Router();
  Router(const Router&) = delete;
  Router& operator=(const Router&) = delete;

  // Listens on tcp://HOST:PORT (port `*`: any free one) or ipc://PATH. Returns the endpoint with the actual port. TCP
  // connections are encrypted if the authenticator has a key.
  // Throws TransportError, also when a program listens there already or something that is not a socket is at the path;
  // a socket that a dead program left behind is replaced. Only processes of this user and of root may connect to an
  // ipc:// endpoint, with any umask. Sets the umask for a moment: no other thread may create files meanwhile.
  std::string bind(const std::string& endpoint);

  struct Incoming {
    PeerId peer;
    Result<Envelope> envelope;
    std::uint32_t principal = 0;  // as the authenticator numbers them; 0: there is none
  };
  // Returns the next message, or nullopt: there is none, or many were dropped, and pending() tells of more. Never
  // waits.
  std::optional<Incoming> receive();

  // Returns false if the peer is gone or does not read; the whole message is dropped then. A peer is cut if it has
  // another answer to a query to come and does not read what has kMaxUnread bytes, or if envelopes wait for it that
  // have kMaxUnreadEnvelopes bytes; while those of all peers have kMaxUnreadInAll, or the limit of limit_unread(), with
  // kFewUnreadEnvelopes already. It resumes, and gets again what it has not confirmed.
  bool send(PeerId peer, const Envelope& envelope);
  static constexpr std::size_t kMaxUnread = 64 * 1024 * 1024;
  static constexpr std::size_t kMaxUnreadEnvelopes = 256 * 1024 * 1024;
  static constexpr std::size_t kFewUnreadEnvelopes = 16 * 1024 * 1024;
  static constexpr std::size_t kMaxUnreadInAll = 1024 * 1024 * 1024;

  // Sets a limit below kMaxUnreadInAll.
  void limit_unread(std::size_t bytes);

  // Ends the connection of a peer; what it has sent before and was not received yet is dropped. Does nothing without a
  // ConnectionTable.
  void cut(PeerId peer);
  // Cuts connections that have no session in time (connection_table.h), and peers that have read nothing of what waits
  // for them for kStall. Call about once a second while there are connections.
  void sweep(Instant now, const std::function<bool(PeerId)>& has_session);
  static constexpr Instant kStall = std::chrono::seconds{30};
  // Returns the number of connections; 0 without a ConnectionTable.
  static std::size_t connections();

  // Wait for the descriptors only after pending() has returned false: they signal changes, not states. pending() also
  // answers the handshakes of new connections.
  bool pending();
  int fd() const;  // without an authenticator, the only descriptor
  std::vector<int> descriptors() const;

 private:
  struct Impl;
  struct Peer;
  std::unique_ptr<Impl> impl_;
};

// Returns the number of the principal behind a connection, with which the transport has marked its id; 0: there is no
// authenticator.
std::uint32_t principal_of(PeerId peer);

}  // namespace forkmill::proto
