#include "proto/transport/message_io.h"

#include <charconv>
#include <cstring>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "proto/os/signals_blocked.h"
#include "proto/transport/errors.h"
#include "proto/transport/frame_meter.h"

namespace forkmill::proto {

namespace {

// ZMQ_ZERO_COPY_RECV, which Debian's header hides.
constexpr int kZeroCopyReceive = 10;

// Limit on all frames of one message together; frames beyond it are read and dropped.
constexpr std::size_t kMaxMessageBytes = 4 * limits::kMaxPayload;

Payload payload_of(zmq::message_t frame) {
  auto holder = std::make_shared<zmq::message_t>(std::move(frame));
  const std::string_view view{holder->data<char>(), holder->size()};
  return Payload::share(std::move(holder), view);
}

// SentFrame: ZeroMQ releases it once the frame has left, or its connection has ended.
struct SentFrame {
  SentFrame(std::shared_ptr<const void> its_owner, Unread of_peer, std::size_t its_size, bool is_copy)
      : owner{std::move(its_owner)}, unread{std::move(of_peer)}, size{its_size}, copied{is_copy ? its_size : 0} {
    if (unread == nullptr) return;
    unread->waiting += size;
    unread->copied += copied;
    *unread->copied_in_all += copied;
  }
  ~SentFrame() {
    if (unread == nullptr) return;
    unread->waiting -= size;
    unread->left += size;
    unread->copied -= copied;
    *unread->copied_in_all -= copied;
  }
  SentFrame(const SentFrame&) = delete;
  SentFrame& operator=(const SentFrame&) = delete;

  const std::shared_ptr<const void> owner;
  const Unread unread;
  const std::size_t size;
  const std::size_t copied;
};

zmq::message_t frame_of(std::shared_ptr<const void> owner, std::string_view bytes, const Unread& unread,
                        bool is_copy = false) {
  auto* sent = new SentFrame{std::move(owner), unread, bytes.size(), is_copy};
  auto release = [](void*, void* hint) { delete static_cast<SentFrame*>(hint); };
  return {const_cast<char*>(bytes.data()), bytes.size(), release, sent};  // ZeroMQ only reads it
}

zmq::message_t head_of(std::string_view envelope, const Unread& unread) {
  constexpr std::size_t kCounted = 4096;  // smaller ones are limited by their number
  if (unread == nullptr || envelope.size() < kCounted) return {envelope.data(), envelope.size()};
  auto owner = std::make_shared<const std::string>(envelope);
  const std::string_view bytes = *owner;
  return frame_of(std::move(owner), bytes, unread, true);
}

// The id frame of a message has no metadata after a poll that has fetched it: the first frame behind it always has.
std::uint32_t principal_in(zmq::message_t& head) {
  const char* text = zmq_msg_gets(head.handle(), "User-Id");
  std::uint32_t number = 0;
  if (text != nullptr) std::from_chars(text, text + std::strlen(text), number);
  return number;
}

bool send_frame(zmq::socket_t& socket, zmq::message_t& frame, bool more) {
  const auto flags = zmq::send_flags::dontwait | (more ? zmq::send_flags::sndmore : zmq::send_flags::none);
  // Without exceptions: a peer that has gone costs a broker under attack no more than one that is there.
  while (zmq_msg_send(frame.handle(), socket.handle(), static_cast<int>(flags)) < 0) {
    const int error = zmq_errno();
    if (error == EAGAIN || error == EHOSTUNREACH) return false;
    if (error != EINTR) throw zmq::error_t{};
  }
  return true;
}

}  // namespace

zmq::context_t& zmq_context() {
  // The context is never destroyed: sockets with static lifetime may still use it when the process ends.
  static zmq::context_t* context = [] {
    raise_descriptor_limit();
    auto* made = new zmq::context_t{1};
    made->set(zmq::ctxopt::max_sockets, 4096);
    made->set(zmq::ctxopt::blocky, false);
    // Otherwise each small message that is read alone keeps the whole buffer of its read, 18 KiB, until it is received:
    // a peer that sends faster than it is served takes a hundred times the memory that it sends.
    zmq_ctx_set(made->handle(), kZeroCopyReceive, 0);
    return made;
  }();
  return *context;
}

void set_common_options(zmq::socket_t& socket, const std::string& endpoint) {
  const SignalsBlocked blocked;   // the first socket starts ZeroMQ's threads
  constexpr int kQueue = 50'000;  // messages; windows and credit stay far below
  // ZeroMQ 4.3.4 stops reading a connection whose queue is full. If the peer resets it then, and a heartbeat timer
  // fires or a PING of the peer is still in the buffer, ZeroMQ aborts the process (`!_io_error`): there is no limit
  // here, and ConnectionTable ends connections that send too much. There are no heartbeats of ZeroMQ's either; those of
  // the protocol find silent peers.
  socket.set(zmq::sockopt::rcvhwm, 0);
  socket.set(zmq::sockopt::linger, kLinger);
  socket.set(zmq::sockopt::maxmsgsize, static_cast<std::int64_t>(limits::kMaxPayload + limits::kMaxEnvelope));
  socket.set(zmq::sockopt::sndhwm, kQueue);
  socket.set(zmq::sockopt::handshake_ivl, 5000);
  // The pause before the second attempt; ZeroMQ doubles it and adds jitter of the same length. On a network, many peers
  // that have lost their broker at once should not come back at once.
  socket.set(zmq::sockopt::reconnect_ivl, is_local_endpoint(endpoint) ? 10 : 50);
  socket.set(zmq::sockopt::reconnect_ivl_max, 1000);
  socket.set(zmq::sockopt::tcp_keepalive, 1);
  // IPv6 only on request: with the option, ZeroMQ reports every IPv4 endpoint in its IPv6 form.
  socket.set(zmq::sockopt::ipv6, endpoint.find('[') != std::string::npos);
}

bool receive_frame(zmq::socket_t& socket, zmq::message_t& frame, bool wait) {
  const auto flags = wait ? zmq::recv_flags::none : zmq::recv_flags::dontwait;
  for (;;) {
    try {
      return socket.recv(frame, flags).has_value();
    } catch (const zmq::error_t& error) {
      if (error.num() != EINTR) throw;
    }
  }
}

std::optional<Arrived> receive_message(zmq::socket_t& socket, bool routed) {
  Arrived arrived;
  if (routed && !receive_frame(socket, arrived.routing)) return std::nullopt;
  if (!receive_frame(socket, arrived.head)) return std::nullopt;
  if (routed) arrived.principal = principal_in(arrived.head);
  arrived.cost = FrameMeter::cost_of(arrived.head.size());
  std::size_t bytes = arrived.head.size();
  for (bool more = arrived.head.more(); more;) {
    zmq::message_t frame;
    if (!receive_frame(socket, frame)) break;
    more = frame.more();
    bytes += frame.size();
    arrived.cost += FrameMeter::cost_of(frame.size());
    arrived.too_large |= bytes > kMaxMessageBytes || arrived.payloads.size() == limits::kMaxFrames;
    if (!arrived.too_large) arrived.payloads.push_back(payload_of(std::move(frame)));
  }
  return arrived;
}

Result<Envelope> Arrived::decoded() const {
  if (too_large) return Failure{Errc::message_too_large, "too many or too large frames"};
  return decode({head.data<char>(), head.size()}, payloads);
}

bool send_message(zmq::socket_t& socket, zmq::message_t* routing, const Envelope& envelope, const Unread& unread) {
  const auto send = [&](std::string_view bytes, const std::vector<Payload>& payloads) {
    if (routing != nullptr && !send_frame(socket, *routing, true)) return false;
    zmq::message_t head = head_of(bytes, unread);
    if (!send_frame(socket, head, !payloads.empty())) return false;
    for (std::size_t i = 0; i < payloads.size(); ++i) {
      zmq::message_t frame = frame_of(payloads[i].owner(), payloads[i].view(), unread);
      // ZeroMQ takes all parts of a message if it has taken the first.
      FORKMILL_CHECK(send_frame(socket, frame, i + 1 < payloads.size()));
    }
    return true;
  };
  return encode_for(envelope, std::cref(send));
}

bool has_input(zmq::socket_t& socket) {
  for (;;) {
    try {
      return (socket.get(zmq::sockopt::events) & ZMQ_POLLIN) != 0;
    } catch (const zmq::error_t& error) {
      if (error.num() != EINTR) throw;
    }
  }
}

}  // namespace forkmill::proto
