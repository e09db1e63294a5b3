#include "proto/transport/router.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <unordered_map>
#include <utility>

#include "proto/transport/bind_lock.h"
#include "proto/transport/connection_table.h"
#include "proto/transport/default_endpoint.h"
#include "proto/transport/errors.h"
#include "proto/transport/message_io.h"

namespace forkmill::proto {

struct Router::Peer {
  explicit Peer(std::shared_ptr<UnreadBytes::Count> copied_to_all)
      : unread{std::make_shared<UnreadBytes>(std::move(copied_to_all))} {}

  ConnectionTable::Place place;
  Unread unread;
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
  // Returns whether too much waits for the peer to send it this message as well. most_in_all: of limit_unread().
  bool is_full(const Message& message, std::size_t most_in_all) const {
    if (std::holds_alternative<Reply>(message) && unread->waiting >= kMaxUnread) return true;
    const bool are_all_full = *unread->copied_in_all >= most_in_all;
    return unread->copied >= (are_all_full ? kFewUnreadEnvelopes : kMaxUnreadEnvelopes);
  }
};

struct Router::Impl {
  explicit Impl(ZapAuthenticator* its_authenticator) : authenticator{its_authenticator} {}
  ~Impl() {
    // ZeroMQ's thread must not wait for a listener that is gone.
    if (refusals) zmq_socket_monitor(socket.handle(), nullptr, 0);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  ZapAuthenticator* const authenticator;
  zmq::socket_t socket{zmq_context(), zmq::socket_type::router};
  std::unordered_map<PeerId, Peer> peers;
  const std::shared_ptr<UnreadBytes::Count> copied_to_all = std::make_shared<UnreadBytes::Count>(0);
  std::size_t most_unread_in_all = kMaxUnreadInAll;
  zmq::socket_t refusals;  // events of handshakes that failed before the authenticator was asked; null: there is none
  bool idle = false;       // the last receive() found nothing

  // `message`: one of the peer.
  Peer& peer_of(PeerId id, zmq::message_t& message) {
    const auto [found, is_new] = peers.try_emplace(id, copied_to_all);
    if (is_new) found->second.place = ConnectionTable::installed()->bind(zmq_msg_get(message.handle(), ZMQ_SRCFD), id);
    return found->second;
  }
};

namespace {

std::string refusals_address() {
  static std::atomic<std::uint64_t> count{0};
  return "inproc://forkmill-refusals-" + std::to_string(++count);
}

constexpr int kEnforceZapDomain = 93;  // ZMQ_ZAP_ENFORCE_DOMAIN, which Debian's header hides
constexpr unsigned kPrincipalShift = 33;

// A routing id that ZeroMQ has made: a zero byte and a 32-bit count.
constexpr std::size_t kRoutingBytes = 5;
const ConnectionTable::Place kNoPlace;

// Returns none for a peer that has chosen its own id, which the protocol forbids: the id could be that of another peer.
// (ZeroMQ does not let a peer choose an id that begins with a zero byte.)
std::optional<PeerId> peer_id(const zmq::message_t& routing, std::uint32_t principal) {
  if (routing.size() != kRoutingBytes || *routing.data<char>() != 0) return std::nullopt;
  std::uint32_t count = 0;
  std::memcpy(&count, routing.data<char>() + 1, sizeof count);
  return PeerId{std::uint64_t{principal} << kPrincipalShift | std::uint64_t{1} << 32 | count};
}

zmq::message_t routing_of(PeerId peer) {
  char bytes[kRoutingBytes] = {};
  const auto count = static_cast<std::uint32_t>(peer.value());
  std::memcpy(bytes + 1, &count, sizeof count);
  return {bytes, kRoutingBytes};
}

// Makes new sockets of the file system mode 0600, with any umask of the process.
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

void set_option(zmq::socket_t& socket, int option, const void* value, std::size_t size) {
  if (zmq_setsockopt(socket.handle(), option, value, size) != 0) throw zmq::error_t{};
}

void set_option(zmq::socket_t& socket, int option, int value) { set_option(socket, option, &value, sizeof value); }

// ZeroMQ asks the authenticator about each connection, and refuses all if it cannot ask.
void ask_gate(zmq::socket_t& socket) {
  socket.set(zmq::sockopt::zap_domain, "forkmill");
  set_option(socket, kEnforceZapDomain, 1);
}

// Endpoints that are bound afterwards have the key, or none.
void set_server_key(zmq::socket_t& socket, const std::optional<KeyPair>& key) {
  set_option(socket, ZMQ_CURVE_SERVER, key ? 1 : 0);
  if (!key) return;
  set_option(socket, ZMQ_CURVE_SECRETKEY, key->secret_key.bytes.data(), key->secret_key.bytes.size());
}

}  // namespace

std::uint32_t principal_of(PeerId peer) { return static_cast<std::uint32_t>(peer.value() >> kPrincipalShift); }

Router::Router(ZapAuthenticator* authenticator) : impl_{std::make_unique<Impl>(authenticator)} {
  constexpr int kBacklog = 1024;  // connections that are not accepted yet: all peers may come back at once
  zmq::socket_t& socket = impl_->socket;
  socket.set(zmq::sockopt::router_mandatory, true);
  socket.set(zmq::sockopt::backlog, kBacklog);
  if (authenticator == nullptr) return;
  ask_gate(socket);
  const std::string address = refusals_address();
  if (zmq_socket_monitor(socket.handle(), address.c_str(), ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL) != 0)
    throw zmq::error_t{};
  impl_->refusals = zmq::socket_t{zmq_context(), zmq::socket_type::pair};
  impl_->refusals.set(zmq::sockopt::rcvhwm, 0);  // no limit: ZeroMQ's thread must never wait for this one
  impl_->refusals.connect(address);
}

Router::~Router() = default;

std::string Router::bind(const std::string& endpoint) {
  set_common_options(impl_->socket, endpoint);
  prepare_default_endpoint(endpoint);
  const BindLock path{endpoint};
  const PrivateFiles files;
  try {
    admit_only_this_user_and_root(impl_->socket);
    const bool is_tcp = endpoint.starts_with("tcp://");
    if (impl_->authenticator != nullptr)
      set_server_key(impl_->socket, is_tcp ? impl_->authenticator->key() : std::nullopt);
    impl_->socket.bind(endpoint);
  } catch (const zmq::error_t& error) {
    throw TransportError{bind_error_text(endpoint, error.num())};
  }
  return impl_->socket.get(zmq::sockopt::last_endpoint);
}

std::optional<Router::Incoming> Router::receive() {
  constexpr int kMostDropped = 4096;  // at once: there may be millions, and the caller has other work
  ConnectionTable* table = ConnectionTable::installed();
  impl_->idle = false;
  for (int dropped = 0; dropped < kMostDropped; ++dropped) {
    auto arrived = receive_message(impl_->socket, true);
    if (!arrived) {
      impl_->idle = true;
      return std::nullopt;
    }
    const auto peer = peer_id(arrived->routing, arrived->principal);
    if (table != nullptr) {
      const ConnectionTable::Place& place = peer ? impl_->peer_of(*peer, arrived->head).place : kNoPlace;
      table->received(place, arrived->cost);
      if (place.has_ended()) continue;
    }
    if (impl_->authenticator != nullptr && arrived->principal == 0) continue;
    if (peer) return Incoming{*peer, arrived->decoded(), arrived->principal};
  }
  return std::nullopt;
}

void Router::limit_unread(std::size_t bytes) { impl_->most_unread_in_all = std::min(bytes, kMaxUnreadInAll); }

bool Router::send(PeerId peer, const Envelope& envelope) {
  zmq::message_t routing = routing_of(peer);
  const auto known = impl_->peers.find(peer);
  if (known == impl_->peers.end()) return send_message(impl_->socket, &routing, envelope);
  const Peer& to = known->second;
  if (std::holds_alternative<Welcome>(envelope.message)) ConnectionTable::installed()->welcome(to.place);
  if (to.is_full(envelope.message, impl_->most_unread_in_all)) {
    cut(peer);
    return false;
  }
  return send_message(impl_->socket, &routing, envelope, to.unread);
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

bool Router::pending() {
  bool more = false;
  if (impl_->authenticator != nullptr) {
    more = impl_->authenticator->serve();
    for (zmq::message_t event; receive_frame(impl_->refusals, event);) {
      while (event.more() && receive_frame(impl_->refusals, event)) {
      }
      impl_->authenticator->note_refusal(
          impl_->authenticator->key()
              ? "a peer did not use CURVE, or not the public key of this broker; see --server-public-key"
              : "a peer used a key, and this broker has none (--server-key), or it sent no handshake");
    }
  }
  return has_input(impl_->socket) || more;
}

std::vector<int> Router::descriptors() const {
  if (impl_->authenticator == nullptr) return {fd()};
  return {fd(), impl_->authenticator->fd(), impl_->refusals.get(zmq::sockopt::fd)};
}

int Router::fd() const { return impl_->socket.get(zmq::sockopt::fd); }

}  // namespace forkmill::proto
