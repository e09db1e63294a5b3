#include "proto/transport/router.h"

#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <unordered_map>
#include <utility>

#include "proto/transport/connection_table.h"
#include "proto/transport/default_endpoint.h"
#include "proto/transport/errors.h"
#include "proto/transport/message_io.h"
#include "proto/transport/socket_path.h"

namespace forkmill::proto {

struct Router::Peer {
  ConnectionTable::Place place;
  Unread unread = std::make_shared<UnreadBytes>();
  std::size_t left_before = 0;  // bytes that had left at the last sweep that saw it read
  Instant stalled_since{0};     // time of that sweep

  // Returns whether the peer has read nothing of what waits for it for kStall.
  bool is_stalled(Instant now) {
    const std::size_t left = unread->left;
    if (unread->waiting > 0 && stalled_since.count() > 0 && left == left_before) return now - stalled_since > kStall;
    left_before = left;
    stalled_since = now;
    return false;
  }
};

struct Router::Impl {
  zmq::socket_t socket{zmq_context(), zmq::socket_type::router};
  std::unordered_map<PeerId, Peer> peers;
  bool idle = false;  // the last receive() found nothing

  // `message`: one of the peer.
  Peer& peer_of(PeerId id, zmq::message_t& message) {
    const auto [found, is_new] = peers.try_emplace(id);
    if (is_new) found->second.place = ConnectionTable::installed()->bind(zmq_msg_get(message.handle(), ZMQ_SRCFD), id);
    return found->second;
  }
};

namespace {

// A routing id that ZeroMQ has made: a zero byte and a 32-bit count.
constexpr std::size_t kRoutingBytes = 5;
constexpr ConnectionTable::Place kNoPlace;

// Returns none for a peer that has chosen its own id, which the protocol forbids: the id could be that of another peer.
// (ZeroMQ does not let a peer choose an id that begins with a zero byte.)
std::optional<PeerId> peer_id(const zmq::message_t& routing) {
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

// Makes new sockets of the file system mode 0600, whatever the umask of the process is.
class PrivateFiles {
 public:
  PrivateFiles() : before_{::umask(0177)} {}
  ~PrivateFiles() { ::umask(before_); }
  PrivateFiles(const PrivateFiles&) = delete;
  PrivateFiles& operator=(const PrivateFiles&) = delete;

 private:
  const mode_t before_;
};

// Connections to ipc:// endpoints bound afterwards are closed unless they come from these users. The mode of the socket
// keeps other users out already, but someone may change it.
void admit_only_this_user_and_root(zmq::socket_t& socket) {
  for (const uid_t user : {::geteuid(), uid_t{0}})
    if (zmq_setsockopt(socket.handle(), ZMQ_IPC_FILTER_UID, &user, sizeof user) != 0) throw zmq::error_t{};
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
  prepare_default_endpoint(endpoint);
  const SocketPath path{endpoint};
  const PrivateFiles files;
  try {
    admit_only_this_user_and_root(impl_->socket);
    impl_->socket.bind(endpoint);
  } catch (const zmq::error_t& error) {
    throw TransportError{bind_error_text(endpoint, error.num())};
  }
  return impl_->socket.get(zmq::sockopt::last_endpoint);
}

std::optional<Router::Incoming> Router::receive() {
  ConnectionTable* table = ConnectionTable::installed();
  while (auto arrived = receive_message(impl_->socket, true)) {
    impl_->idle = false;
    const auto peer = peer_id(arrived->routing);
    if (table != nullptr) table->received(peer ? impl_->peer_of(*peer, arrived->head).place : kNoPlace, arrived->cost);
    if (peer) return Incoming{*peer, std::move(arrived->envelope)};
  }
  impl_->idle = true;
  return std::nullopt;
}

bool Router::send(PeerId peer, const Envelope& envelope) {
  zmq::message_t routing = routing_of(peer);
  const auto known = impl_->peers.find(peer);
  if (known == impl_->peers.end()) return send_message(impl_->socket, &routing, encode(envelope));
  const Peer& to = known->second;
  if (std::holds_alternative<Welcome>(envelope.message)) ConnectionTable::installed()->welcome(to.place);
  if (std::holds_alternative<Reply>(envelope.message) && to.unread->waiting >= kMaxUnread) {
    cut(peer);
    return false;
  }
  return send_message(impl_->socket, &routing, encode(envelope), to.unread);
}

void Router::cut(PeerId peer) {
  const auto known = impl_->peers.find(peer);
  if (known != impl_->peers.end()) ConnectionTable::installed()->cut(known->second.place);
}

std::size_t Router::connections() {
  const ConnectionTable* table = ConnectionTable::installed();
  return table == nullptr ? 0 : table->connections();
}

void Router::sweep(Instant now, const std::function<bool(PeerId)>& has_session) {
  ConnectionTable* table = ConnectionTable::installed();
  if (table == nullptr) return;
  table->sweep(now, has_session, impl_->idle);
  for (auto entry = impl_->peers.begin(); entry != impl_->peers.end();) {
    Peer& peer = entry->second;
    if (!table->is_open(peer.place) && impl_->idle) {  // otherwise its last messages may be waiting
      entry = impl_->peers.erase(entry);
      continue;
    }
    if (peer.is_stalled(now)) table->cut(peer.place);
    ++entry;
  }
}

bool Router::pending() { return has_input(impl_->socket); }
int Router::fd() const { return impl_->socket.get(zmq::sockopt::fd); }

}  // namespace forkmill::proto
