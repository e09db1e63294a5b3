#include "proto/transport/dealer.h"

#include <atomic>
#include <cstring>
#include <utility>

#include "proto/transport/errors.h"
#include "proto/transport/message_io.h"

namespace forkmill::proto {

namespace {

std::string monitor_address() {
  static std::atomic<std::uint64_t> count{0};
  return "inproc://forkmill-monitor-" + std::to_string(++count);
}

}  // namespace

struct Dealer::Connection {
  // To nowhere yet when the endpoint is empty.
  Connection(const std::string& endpoint, Waiter& watched) : waiter{watched} {
    set_common_options(socket, endpoint);
    const std::string address = monitor_address();
    constexpr int kEvents =
        ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_CONNECT_RETRIED | ZMQ_EVENT_MONITOR_STOPPED;
    if (zmq_socket_monitor(socket.handle(), address.c_str(), kEvents) != 0) {
      throw TransportError{connect_error_text(endpoint, zmq_errno())};
    }
    monitor.connect(address);
    try {
      if (!endpoint.empty()) socket.connect(endpoint);
    } catch (const zmq::error_t& error) {
      stop_monitor();
      throw TransportError{connect_error_text(endpoint, error.num())};
    }
    waiter.add(socket.get(zmq::sockopt::fd), 0);
    waiter.add(monitor.get(zmq::sockopt::fd), 0);
  }
  ~Connection() {
    if (!socket) return;
    unwatch();
    stop_monitor();
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // ZeroMQ goes on with a socket that is closed until its messages have left; the monitor tells when it is gone.
  void finish() {
    unwatch();
    socket.close();
    monitor.set(zmq::sockopt::rcvtimeo, 2 * kLinger);
    int seen = event(true);
    while (seen != 0 && seen != ZMQ_EVENT_MONITOR_STOPPED) seen = event(true);
    // It would hold ZeroMQ's thread up for ever if there were nobody to tell.
    if (seen == 0) static_cast<void>(new zmq::socket_t{std::move(monitor)});
  }

  void unwatch() {
    waiter.remove(socket.get(zmq::sockopt::fd));
    waiter.remove(monitor.get(zmq::sockopt::fd));
  }

  // Before a socket with a monitor is closed by its destructor: ZeroMQ's thread must not wait for a listener that is
  // gone.
  void stop_monitor() { zmq_socket_monitor(socket.handle(), nullptr, 0); }

  // The number of what happened; 0: nothing.
  int event(bool wait = false) {
    zmq::message_t event;
    zmq::message_t address;
    if (!receive_frame(monitor, event, wait)) return 0;
    static_cast<void>(receive_frame(monitor, address));
    std::uint16_t number = 0;
    std::memcpy(&number, event.data(), sizeof number);
    return number;
  }

  Waiter& waiter;
  zmq::socket_t socket{zmq_context(), zmq::socket_type::dealer};
  zmq::socket_t monitor{zmq_context(), zmq::socket_type::pair};
};

Dealer::Dealer(const std::string& endpoint, LookUp look_up)
    : endpoint_{endpoint}, whereabouts_{Whereabouts::to(endpoint, std::move(look_up))} {
  if (whereabouts_) whereabouts_->watch(waiter_, 0);
  connect();
}
Dealer::~Dealer() = default;

void Dealer::connect() {
  if (connection_) connection_->socket.set(zmq::sockopt::linger, 0);
  connection_.reset();
  connection_ = std::make_unique<Connection>(whereabouts_ ? whereabouts_->endpoint() : endpoint_, waiter_);
}

std::optional<Dealer::LinkEvent> Dealer::link_event() {
  for (;;) {
    if (whereabouts_ && whereabouts_->due() && whereabouts_->attend()) connect();
    switch (connection_->event()) {
      case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
        if (whereabouts_) whereabouts_->connected();
        return LinkEvent::up;
      case ZMQ_EVENT_DISCONNECTED:
        if (whereabouts_) whereabouts_->lost();
        return LinkEvent::down;
      case ZMQ_EVENT_CONNECT_RETRIED:
        if (whereabouts_ && whereabouts_->refused()) connect();
        break;
      default:
        auto trouble = whereabouts_ ? whereabouts_->trouble() : std::nullopt;
        if (!trouble) return std::nullopt;
        trouble_ = std::move(*trouble);
        return LinkEvent::unnamed;
    }
  }
}

std::optional<Result<Envelope>> Dealer::receive() {
  auto arrived = receive_message(connection_->socket, false);
  if (!arrived) return std::nullopt;
  return std::move(arrived->envelope);
}

bool Dealer::send(const Envelope& envelope) { return send_message(connection_->socket, nullptr, encode(envelope)); }

void Dealer::reconnect() {
  if (whereabouts_) {
    whereabouts_->lost();
    whereabouts_->move_on();
  }
  connect();
}

void Dealer::finish() {
  connection_->finish();
  connection_.reset();
}

bool Dealer::pending() {
  // Both sockets must be asked: has_input has a side effect.
  const bool message = has_input(connection_->socket);
  return has_input(connection_->monitor) || message || (whereabouts_ && whereabouts_->due());
}

void finish_sending() { zmq_context().close(); }

}  // namespace forkmill::proto
