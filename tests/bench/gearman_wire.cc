#include "tests/bench/gearman_wire.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace forkmill::bench::gearman {

namespace {

constexpr std::size_t kHeader = 12;  // magic, type, size
constexpr std::size_t kReadSize = 256UL * 1024;

void append_number(std::string& out, std::uint32_t number) {
  const std::uint32_t big = htonl(number);
  out.append(reinterpret_cast<const char*>(&big), sizeof big);
}

std::uint32_t number_at(const std::string& in, std::size_t at) {
  std::uint32_t big = 0;
  std::memcpy(&big, in.data() + at, sizeof big);
  return ntohl(big);
}

}  // namespace

std::string_view take_argument(std::string_view& body) {
  const auto end = body.find('\0');
  if (end == std::string_view::npos) throw std::runtime_error{"gearmand sent a packet with too few arguments"};
  const auto argument = body.substr(0, end);
  body.remove_prefix(end + 1);
  return argument;
}

Connection::Connection(int port) : fd_{socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int on = 1;
  if (connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0 || fcntl(fd_, F_SETFL, O_NONBLOCK) != 0) {
    const std::string why = std::strerror(errno);
    close(fd_);
    throw std::runtime_error{"cannot connect to gearmand: " + why};
  }
}

Connection::~Connection() { close(fd_); }

void Connection::queue(Type type, std::string_view first, std::string_view second, std::string_view third) {
  const bool two = type == Type::work_complete || type == Type::submit_job;
  const bool three = type == Type::submit_job;
  out_.append("\0REQ", 4);
  append_number(out_, static_cast<std::uint32_t>(type));
  append_number(out_, static_cast<std::uint32_t>(first.size() + second.size() + third.size() + two + three));
  out_.append(first);
  if (two) out_.append(1, '\0').append(second);
  if (three) out_.append(1, '\0').append(third);
}

std::optional<Packet> Connection::receive() {
  if (in_.size() - parsed_ < kHeader) return std::nullopt;
  const std::size_t size = number_at(in_, parsed_ + 8);
  if (in_.size() - parsed_ < kHeader + size) return std::nullopt;
  const Packet packet{static_cast<Type>(number_at(in_, parsed_ + 4)),
                      std::string_view{in_}.substr(parsed_ + kHeader, size)};
  parsed_ += kHeader + size;
  if (packet.type == Type::error) throw std::runtime_error{"gearmand: " + std::string{packet.body}};
  return packet;
}

// True when nothing is left to send.
bool Connection::send_some() {
  while (sent_ < out_.size()) {
    const auto n = send(fd_, out_.data() + sent_, out_.size() - sent_, MSG_NOSIGNAL);
    if (n < 0 && errno == EAGAIN) return false;
    if (n < 0) throw std::runtime_error{std::string{"send to gearmand: "} + std::strerror(errno)};
    sent_ += static_cast<std::size_t>(n);
  }
  out_.clear();
  sent_ = 0;
  return true;
}

bool Connection::read_some() {
  in_.erase(0, parsed_);
  parsed_ = 0;
  const auto before = in_.size();
  in_.resize(before + kReadSize);
  const auto n = recv(fd_, in_.data() + before, kReadSize, 0);
  in_.resize(before + static_cast<std::size_t>(n > 0 ? n : 0));
  if (n == 0 || (n < 0 && errno != EAGAIN)) throw std::runtime_error{"gearmand closed the connection"};
  return n > 0;
}

void Connection::exchange() {
  for (;;) {
    const bool all_sent = send_some();
    if (read_some()) return;
    pollfd wait{fd_, static_cast<short>(POLLIN | (all_sent ? 0 : POLLOUT)), 0};
    if (poll(&wait, 1, -1) < 0 && errno != EINTR) throw std::runtime_error{std::strerror(errno)};
  }
}

}  // namespace forkmill::bench::gearman
