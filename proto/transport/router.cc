#include "proto/transport/router.h"

#include <cstring>

#include "proto/transport/errors.h"
#include "proto/transport/message_io.h"
#include "proto/transport/socket_path.h"

namespace forkmill::proto {

struct Router::Impl {
  zmq::socket_t socket{zmq_context(), zmq::socket_type::router};
};

namespace {

// A routing id that ZeroMQ has made: a zero byte and a 32-bit count.
constexpr std::size_t kRoutingBytes = 5;

// Returns none for a peer that has chosen its own id, which the protocol forbids: the id could be that of another peer.
// (ZeroMQ does not let a peer choose an id that begins with a zero byte.)
std::optional<PeerId> peer_of(const zmq::message_t& routing) {
  if (routing.size() != kRoutingBytes || *routing.data<char>() != 0) return std::nullopt;
  std::uint32_t count = 0;
  std::memcpy(&count, routing.data<char>() + 1, sizeof count);
  return PeerId{std::uint64_t{1} << 32 | count};
}

zmq::message_t routing_of(PeerId peer) {
  char bytes[kRoutingBytes] = {};
  const auto count = static_cast<std::uint32_t>(peer.value());
  std::memcpy(bytes + 1, &count, sizeof count);
  return {bytes, kRoutingBytes};
}

}  // namespace

Router::Router() : impl_{std::make_unique<Impl>()} {
  constexpr int kBacklog = 1024;  // connections that are not accepted yet: all peers may come back at once
  impl_->socket.set(zmq::sockopt::router_mandatory, true);
  impl_->socket.set(zmq::sockopt::backlog, kBacklog);
}

Router::~Router() = default;

std::string Router::bind(const std::string& endpoint) {
  set_common_options(impl_->socket, endpoint);
  const SocketPath path{endpoint};
  try {
    impl_->socket.bind(endpoint);
  } catch (const zmq::error_t& error) {
    throw TransportError{bind_error_text(endpoint, error.num())};
  }
  return impl_->socket.get(zmq::sockopt::last_endpoint);
}

std::optional<Router::Incoming> Router::receive() {
  while (auto arrived = receive_message(impl_->socket, true)) {
    if (const auto peer = peer_of(arrived->routing)) return Incoming{*peer, std::move(arrived->envelope)};
  }
  return std::nullopt;
}

bool Router::send(PeerId peer, const Envelope& envelope) {
  zmq::message_t routing = routing_of(peer);
  return send_message(impl_->socket, &routing, encode(envelope));
}

bool Router::pending() { return has_input(impl_->socket); }
int Router::fd() const { return impl_->socket.get(zmq::sockopt::fd); }

}  // namespace forkmill::proto
