// A hostile peer: a plain socket that speaks ZMTP 3 by hand, so that a test can send what no library would send. Throws
// std::system_error if it cannot connect.
#pragma once

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <string>
#include <string_view>
#include <system_error>

#include "proto/os/descriptor.h"

namespace forkmill::tests {

inline constexpr bool kMore = true;

// Frames as bytes.
inline std::string zmtp_frame(std::string_view content, bool more = false, bool command = false) {
  const bool is_long = content.size() > 255;
  std::string bytes(1, static_cast<char>((more ? 1 : 0) | (is_long ? 2 : 0) | (command ? 4 : 0)));
  for (int shift = is_long ? 56 : 0; shift >= 0; shift -= 8) bytes += static_cast<char>(content.size() >> shift);
  return bytes + std::string{content};
}
inline std::string zmtp_ping() { return zmtp_frame(std::string{"\4PING\0\0", 7}, false, true); }

class RawPeer {
 public:
  // Connects to tcp://127.0.0.1:PORT or ipc://PATH.
  explicit RawPeer(const std::string& endpoint) {
    const std::string rest = endpoint.substr(endpoint.find("//") + 2);
    if (endpoint.starts_with("ipc")) {
      sockaddr_un address{};
      address.sun_family = AF_UNIX;
      rest.copy(address.sun_path, sizeof address.sun_path - 1);
      connect(reinterpret_cast<const sockaddr*>(&address), sizeof address, AF_UNIX);
    } else {
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(rest.substr(rest.rfind(':') + 1))));
      connect(reinterpret_cast<const sockaddr*>(&address), sizeof address, AF_INET);
    }
  }

  // Introduces itself as a DEALER, and waits until the other side has done so.
  bool greet() {
    std::string greeting = std::string{"\xFF\0\0\0\0\0\0\0\1\x7F\3\1NULL", 16};
    greeting.resize(64, '\0');
    const std::string ready{"\5READY\xBSocket-Type\0\0\0\6DEALER\x8Identity\0\0\0\0", 6 + 12 + 4 + 6 + 9 + 4};
    char answer[64];
    return send(greeting + zmtp_frame(ready, false, true)) && receive(answer, sizeof answer) &&
           !receive_frame().empty();
  }
  // Returns false if the connection has ended, or nothing was taken for `patience`.
  bool send(std::string_view bytes, std::chrono::milliseconds patience = std::chrono::seconds{20}) {
    while (!bytes.empty()) {
      const auto sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
      if (sent < 0 && errno != EAGAIN) return false;
      if (sent < 0 && !ready(POLLOUT, patience)) return false;
    }
    return true;
  }
  // Sends what fits of `stream`, which repeats forever, from where the last call ended. Returns false if nothing fits
  // now, or the connection has ended.
  bool send_some(std::string_view stream) {
    const std::string_view rest = stream.substr(sent_of_stream_ % stream.size());
    const auto sent = ::send(socket_.get(), rest.data(), rest.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) sent_of_stream_ += static_cast<std::size_t>(sent);
    return sent > 0;
  }
  // Reads one frame. Empty: the connection has ended, or nothing came for 20 s.
  std::string receive_frame() {
    unsigned char head[9];
    if (!receive(head, 2)) return {};
    std::size_t size = head[1];
    if ((head[0] & 2) != 0) {
      if (!receive(head + 2, 7)) return {};
      size = 0;
      for (int i = 1; i < 9; ++i) size = size << 8 | head[i];
    }
    std::string content(size, '\0');
    return receive(content.data(), size) ? content : std::string{};
  }
  // Waits until the other side has ended the connection, and reads what comes meanwhile.
  bool ended_within(std::chrono::milliseconds patience) {
    char bytes[4096];
    while (ready(POLLIN, patience))
      if (::recv(socket_.get(), bytes, sizeof bytes, 0) <= 0) return true;
    return false;
  }
  // Ends the connection by a reset, if it is TCP.
  void reset() {
    const linger at_once{1, 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    socket_.reset();
  }

 private:
  bool receive(void* bytes, std::size_t count) {
    for (std::size_t got = 0; got < count;) {
      const auto more = ::recv(socket_.get(), static_cast<char*>(bytes) + got, count - got, 0);
      if (more <= 0) return false;
      got += static_cast<std::size_t>(more);
    }
    return true;
  }
  void connect(const sockaddr* address, socklen_t size, int family) {
    socket_ = proto::Descriptor{::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    if (::connect(socket_.get(), address, size) != 0)
      throw std::system_error{errno, std::generic_category(), "connect"};
    const timeval patience{20, 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }
  bool ready(short events, std::chrono::milliseconds patience) {
    pollfd entry{socket_.get(), events, 0};
    return ::poll(&entry, 1, static_cast<int>(patience.count())) == 1;
  }

  proto::Descriptor socket_;
  std::size_t sent_of_stream_ = 0;
};

}  // namespace forkmill::tests
