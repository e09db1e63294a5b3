#include "tests/chaos/proxy.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <stdexcept>
#include <utility>

#include "proto/os/descriptor.h"
#include "proto/os/signals_blocked.h"

namespace forkmill::chaos {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

namespace {

constexpr std::size_t kMaxHeld = 256 * 1024;

void prepare(int socket) {
  const int on = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::fcntl(socket, F_SETFL, O_NONBLOCK);
}

}  // namespace

Proxy::Proxy(std::uint16_t target) : target_{target} {
  listener_ = proto::Descriptor{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  auto address = loopback(0);
  socklen_t size = sizeof address;
  if (::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_.get(), 64) != 0 ||
      ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw std::runtime_error{"the proxy has no port"};
  port_ = ntohs(address.sin_port);
  const proto::SignalsBlocked blocked;  // signals are for the ring's own thread
  thread_ = std::thread{[this] { run(); }};
}

Proxy::~Proxy() {
  command(Order::stop);
  thread_.join();
  for (auto& connection : connections_) close(connection, false);
}

std::string Proxy::endpoint() const { return "tcp://127.0.0.1:" + std::to_string(port_); }

void Proxy::command(Order order) {
  {
    const std::lock_guard hold{mutex_};
    order_ = order;
  }
  bell_.signal();
}

void Proxy::cut() { command(Order::cut); }
void Proxy::reset() { command(Order::reset); }

void Proxy::swallow(bool to_broker, bool from_broker) {
  {
    const std::lock_guard hold{mutex_};
    swallow_up_ = to_broker;
    swallow_down_ = from_broker;
    apply_ = true;
  }
  bell_.signal();
}

void Proxy::heal() {
  const std::lock_guard hold{mutex_};
  swallow_up_ = swallow_down_ = apply_ = false;
}

// Carries out the last order. False: the proxy is to stop.
bool Proxy::obey() {
  bell_.clear();
  const std::lock_guard hold{mutex_};
  const Order order = std::exchange(order_, Order::none);
  if (order == Order::cut || order == Order::reset)
    for (auto& connection : connections_) close(connection, order == Order::reset);
  if (std::exchange(apply_, false)) {
    for (auto& connection : connections_) {
      connection.up.swallows |= swallow_up_;
      connection.down.swallows |= swallow_down_;
    }
  }
  return order != Order::stop;
}

void Proxy::run() {
  while (obey()) {
    std::erase_if(connections_, [](const Connection& connection) { return connection.over; });
    std::vector<pollfd> doors{{bell_.fd(), POLLIN, 0}, {listener_.get(), POLLIN, 0}};
    for (const auto& connection : connections_) {
      for (const Way* way : {&connection.up, &connection.down}) {
        doors.push_back({way->from, static_cast<short>(way->held.size() < kMaxHeld ? POLLIN : 0), 0});
        doors.push_back({way->to, static_cast<short>(way->held.empty() ? 0 : POLLOUT), 0});
      }
    }
    if (::poll(doors.data(), doors.size(), -1) < 0 && errno != EINTR) return;
    const std::size_t known = connections_.size();
    for (std::size_t i = 0; i < known; ++i) {
      pump(connections_[i], connections_[i].up);
      pump(connections_[i], connections_[i].down);
      if (connections_[i].over) close(connections_[i], false);
    }
    if ((doors[1].revents & POLLIN) != 0) accept();
  }
}

void Proxy::accept() {
  const int near = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
  if (near < 0) return;
  const int far = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const auto address = loopback(target_);
  if (far < 0 || ::connect(far, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    ::close(near);
    if (far >= 0) ::close(far);
    return;
  }
  prepare(near);
  prepare(far);
  Connection connection;
  connection.up.from = connection.down.to = near;
  connection.up.to = connection.down.from = far;
  const std::lock_guard hold{mutex_};
  connection.up.swallows = swallow_up_;
  connection.down.swallows = swallow_down_;
  connections_.push_back(std::move(connection));
}

void Proxy::close(Connection& connection, bool hard) const {
  connection.over = true;
  for (int* end : {&connection.up.from, &connection.up.to}) {
    if (*end < 0) continue;
    const linger at_once{1, 0};
    if (hard) ::setsockopt(*end, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    ::close(*end);
    *end = -1;
  }
  connection.down.from = connection.down.to = -1;
}

void Proxy::pump(Connection& connection, Way& way) {
  if (connection.over) return;
  char bytes[64 * 1024];
  while (way.held.size() < kMaxHeld) {
    const ssize_t size = ::recv(way.from, bytes, sizeof bytes, 0);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) break;
    if (size <= 0) {
      connection.over = true;  // one end has closed, so the other is closed as well
      return;
    }
    if (!way.swallows) way.held.append(bytes, static_cast<std::size_t>(size));
  }
  if (way.held.empty()) return;
  const ssize_t size = ::send(way.to, way.held.data(), way.held.size(), MSG_NOSIGNAL);
  if (size > 0) way.held.erase(0, static_cast<std::size_t>(size));
  if (size < 0 && errno != EAGAIN && errno != EINTR) connection.over = true;
}

}  // namespace forkmill::chaos
