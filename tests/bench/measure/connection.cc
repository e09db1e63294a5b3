#include "tests/bench/measure/connection.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <utility>
#include <vector>

namespace forkmill::bench {

namespace {

constexpr std::size_t kReadSize = 256UL * 1024;

}  // namespace

Connection::Connection(int port, std::string peer)
    : peer_{std::move(peer)}, socket_{socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int on = 1;
  if (connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0 ||
      fcntl(socket_.get(), F_SETFL, O_NONBLOCK) != 0) {
    const std::string why = std::strerror(errno);
    fail("cannot connect: " + why);
  }
}

void Connection::fail(const std::string& what) const { throw std::runtime_error{peer_ + ": " + what}; }

// True when nothing is left to send.
bool Connection::send_some() {
  while (sent_ < out_.size()) {
    const auto n = send(socket_.get(), out_.data() + sent_, out_.size() - sent_, MSG_NOSIGNAL);
    if (n < 0 && errno == EAGAIN) {
      forget_sent();
      return false;
    }
    if (n < 0) fail(std::string{"send: "} + std::strerror(errno));
    sent_ += static_cast<std::size_t>(n);
  }
  out_.clear();
  sent_ = 0;
  return true;
}

// Frees what has been sent, once it is most of what is there: each byte is moved once at most.
void Connection::forget_sent() {
  if (sent_ < kReadSize || sent_ < out_.size() / 2) return;
  out_.erase(0, sent_);
  sent_ = 0;
}

bool Connection::read_some() {
  if (begin_ == end_) begin_ = end_ = 0;
  if (in_.size() - end_ < kReadSize && begin_ > 0) {
    std::memmove(in_.data(), in_.data() + begin_, end_ - begin_);
    end_ -= std::exchange(begin_, 0);
  }
  if (in_.size() - end_ < kReadSize) in_.resize(2 * (end_ + kReadSize));
  const auto n = recv(socket_.get(), in_.data() + end_, in_.size() - end_, 0);
  if (n == 0 || (n < 0 && errno != EAGAIN)) fail("it closed the connection");
  end_ += static_cast<std::size_t>(n > 0 ? n : 0);
  return n > 0;
}

void Connection::exchange_any(std::span<Connection* const> connections) {
  std::vector<pollfd> waits(connections.size());
  for (bool read = false;;) {
    std::size_t i = 0;
    for (Connection* one : connections) {
      const bool all_sent = one->send_some();
      read = one->read_some() || read;
      waits[i++] = {one->socket_.get(), static_cast<short>(POLLIN | (all_sent ? 0 : POLLOUT)), 0};
    }
    if (read) return;
    if (poll(waits.data(), waits.size(), -1) < 0 && errno != EINTR) throw std::runtime_error{std::strerror(errno)};
  }
}

}  // namespace forkmill::bench
