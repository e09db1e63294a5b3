#include "tests/fuzz/live/raw_peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

#include "proto/os/descriptor.h"

namespace forkmill::fuzz {

namespace {

constexpr int kPatienceMs = 500;
constexpr std::uint8_t kMore = 1;
constexpr std::uint8_t kLong = 2;
constexpr std::uint8_t kCommand = 4;
constexpr std::size_t kGreeting = 64;
constexpr std::string_view kTcp = "tcp://";
constexpr std::string_view kIpc = "ipc://";

proto::Descriptor connect_tcp(std::string_view address) {
  const auto colon = address.rfind(':');
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_port = htons(static_cast<std::uint16_t>(std::stoi(std::string{address.substr(colon + 1)})));
  ::inet_pton(AF_INET, std::string{address.substr(0, colon)}.c_str(), &name.sin_addr);
  proto::Descriptor socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0) return socket;
  return {};
}

proto::Descriptor connect_ipc(std::string_view path) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  if (path.size() >= sizeof name.sun_path) return {};
  std::memcpy(name.sun_path, path.data(), path.size());
  proto::Descriptor socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0) return socket;
  return {};
}

std::string big_endian(std::uint64_t value, int bytes) {
  std::string text;
  for (int i = bytes - 1; i >= 0; --i) text += static_cast<char>(value >> (8 * i));
  return text;
}

}  // namespace

RawPeer::RawPeer(const std::string& endpoint) {
  const std::string_view text = endpoint;
  if (text.starts_with(kTcp)) socket_ = connect_tcp(text.substr(kTcp.size()));
  if (text.starts_with(kIpc)) socket_ = connect_ipc(text.substr(kIpc.size()));
}

bool RawPeer::send(std::string_view bytes) {
  while (!bytes.empty()) {
    pollfd ready{socket_.get(), POLLOUT, 0};
    if (::poll(&ready, 1, kPatienceMs) != 1) return false;
    const ssize_t sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

std::string RawPeer::receive(std::size_t most) {
  fill(1);
  const std::string taken = received_.substr(0, most);
  received_.erase(0, most);
  return taken;
}

bool RawPeer::fill(std::size_t bytes) {
  while (received_.size() < bytes) {
    pollfd ready{socket_.get(), POLLIN, 0};
    if (::poll(&ready, 1, kPatienceMs) != 1) return false;
    char buffer[4096];
    const ssize_t got = ::recv(socket_.get(), buffer, sizeof buffer, MSG_DONTWAIT);
    if (got <= 0) return false;
    received_.append(buffer, static_cast<std::size_t>(got));
  }
  return true;
}

std::string RawPeer::greeting() {
  std::string text = "\xFF" + std::string(8, '\0') + "\x7F" + std::string("\x03\x00", 2) + "NULL";
  text.resize(kGreeting);
  return text;
}

std::string RawPeer::ready() {
  const std::string socket_type = "\x0BSocket-Type" + big_endian(6, 4) + "DEALER";
  return frame(kCommand, "\x05READY" + socket_type);
}

std::string RawPeer::frame(std::uint8_t flags, std::string_view body) {
  const bool is_long = body.size() > 255;
  std::string text(1, static_cast<char>(flags | (is_long ? kLong : 0)));
  text += big_endian(body.size(), is_long ? 8 : 1);
  return text.append(body);
}

bool RawPeer::shake_hands() {
  if (!send(greeting()) || !fill(kGreeting)) return false;
  received_.erase(0, kGreeting);
  if (!send(ready()) || !fill(2)) return false;
  const std::size_t size = static_cast<std::uint8_t>(received_[1]);
  if ((received_[0] & kCommand) == 0 || !fill(2 + size)) return false;
  received_.erase(0, 2 + size);
  return true;
}

bool RawPeer::say(const std::vector<std::string>& frames) {
  std::string bytes;
  for (std::size_t i = 0; i < frames.size(); ++i) bytes += frame(i + 1 < frames.size() ? kMore : 0, frames[i]);
  return send(bytes);
}

std::optional<std::vector<std::string>> RawPeer::hear() {
  std::vector<std::string> frames;
  for (;;) {
    if (!fill(2)) return std::nullopt;
    const std::uint8_t flags = static_cast<std::uint8_t>(received_[0]);
    const std::size_t head = (flags & kLong) != 0 ? 9 : 2;
    if (!fill(head)) return std::nullopt;
    std::uint64_t size = 0;
    for (std::size_t i = 1; i < head; ++i) size = size << 8 | static_cast<std::uint8_t>(received_[i]);
    if (!fill(head + size)) return std::nullopt;
    std::string body = received_.substr(head, size);
    received_.erase(0, head + size);
    if ((flags & kCommand) != 0) continue;  // a command, such as PING
    frames.push_back(std::move(body));
    if ((flags & kMore) == 0) return frames;
  }
}

}  // namespace forkmill::fuzz
