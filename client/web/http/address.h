// The address on which the gateway listens, and the hosts of URLs. Pure.
#pragma once

#include <sys/socket.h>

#include <optional>
#include <string>
#include <string_view>

namespace forkmill::web {

struct Address {
  std::string host;  // as written: an IPv4 address, or an IPv6 address without brackets
  unsigned short port = 0;
  sockaddr_storage socket{};  // the same for bind(2)

  bool is_loopback() const;
  // Host and port as in a URL: "127.0.0.1:7118", "[::1]:7118".
  std::string text() const;
};

// Reads HOST:PORT. HOST is an IPv4 address, an IPv6 address in brackets, or localhost, which is 127.0.0.1; PORT is a
// number up to 65535, of which 0, and * as well, mean a free port. Null: any other text.
std::optional<Address> parse_address(std::string_view text);

// The text of an address of a peer, without its port. Empty: it is neither IPv4 nor IPv6.
std::string host_of(const sockaddr& address);

// Splits the port from the host of a URL or of the header Host: "[::1]:80" gives "[::1]". Lower case.
std::string host_without_port(std::string_view host);

}  // namespace forkmill::web
