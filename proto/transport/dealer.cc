#include "proto/transport/dealer.h"

#include <atomic>
#include <cstring>

#include "proto/transport/errors.h"
#include "proto/transport/message_io.h"

namespace forkmill::proto {

namespace {

std::string monitor_address() {
  static std::atomic<std::uint64_t> count{0};
  return "inproc://forkmill-monitor-" + std::to_string(++count);
}

}  // namespace

struct Dealer::Impl {
  explicit Impl(const std::string& endpoint) {
    set_common_options(socket, endpoint);
    const std::string address = monitor_address();
    if (zmq_socket_monitor(socket.handle(), address.c_str(), ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED) !=
        0) {
      throw TransportError{connect_error_text(endpoint, zmq_errno())};
    }
    monitor.connect(address);
    try {
      socket.connect(endpoint);
    } catch (const zmq::error_t& error) {
      throw TransportError{connect_error_text(endpoint, error.num())};
    }
  }
  ~Impl() { zmq_socket_monitor(socket.handle(), nullptr, 0); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  zmq::socket_t socket{zmq_context(), zmq::socket_type::dealer};
  zmq::socket_t monitor{zmq_context(), zmq::socket_type::pair};
};

Dealer::Dealer(const std::string& endpoint) : impl_{std::make_unique<Impl>(endpoint)}, endpoint_{endpoint} {}
Dealer::~Dealer() = default;

std::optional<Dealer::LinkEvent> Dealer::link_event() {
  zmq::message_t event;
  zmq::message_t address;
  if (!impl_->monitor.recv(event, zmq::recv_flags::dontwait)) return std::nullopt;
  static_cast<void>(impl_->monitor.recv(address, zmq::recv_flags::dontwait));
  std::uint16_t number = 0;
  std::memcpy(&number, event.data(), sizeof number);
  return number == ZMQ_EVENT_HANDSHAKE_SUCCEEDED ? LinkEvent::up : LinkEvent::down;
}

std::optional<Result<Envelope>> Dealer::receive() {
  auto arrived = receive_message(impl_->socket, false);
  if (!arrived) return std::nullopt;
  return std::move(arrived->envelope);
}

bool Dealer::send(const Envelope& envelope) { return send_message(impl_->socket, nullptr, encode(envelope)); }

void Dealer::reconnect() {
  impl_->socket.set(zmq::sockopt::linger, 0);
  impl_ = std::make_unique<Impl>(endpoint_);
}

bool Dealer::pending() {
  // Both descriptors must be asked: has_input has a side effect.
  const bool message = has_input(impl_->socket);
  return has_input(impl_->monitor) || message;
}

int Dealer::fd() const { return impl_->socket.get(zmq::sockopt::fd); }
int Dealer::link_fd() const { return impl_->monitor.get(zmq::sockopt::fd); }

void finish_sending() { zmq_context().close(); }

}  // namespace forkmill::proto
