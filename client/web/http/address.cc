#include "client/web/http/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <array>
#include <charconv>
#include <cstring>

namespace forkmill::web {

namespace {

std::optional<unsigned short> parse_port(std::string_view text) {
  if (text == "*") return 0;
  unsigned short port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return port;
}

std::optional<Address> ipv4(const std::string& host, unsigned short port) {
  sockaddr_in in{};
  in.sin_family = AF_INET;
  in.sin_port = htons(port);
  if (::inet_pton(AF_INET, host.c_str(), &in.sin_addr) != 1) return std::nullopt;
  Address address{.host = host, .port = port};
  std::memcpy(&address.socket, &in, sizeof in);
  return address;
}

std::optional<Address> ipv6(const std::string& host, unsigned short port) {
  sockaddr_in6 in{};
  in.sin6_family = AF_INET6;
  in.sin6_port = htons(port);
  if (::inet_pton(AF_INET6, host.c_str(), &in.sin6_addr) != 1) return std::nullopt;
  Address address{.host = host, .port = port};
  std::memcpy(&address.socket, &in, sizeof in);
  return address;
}

}  // namespace

bool Address::is_loopback() const {
  if (socket.ss_family == AF_INET) return host.starts_with("127.");
  sockaddr_in6 in{};
  std::memcpy(&in, &socket, sizeof in);
  return IN6_IS_ADDR_LOOPBACK(&in.sin6_addr);
}

std::string Address::text() const {
  return (socket.ss_family == AF_INET6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::optional<Address> parse_address(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto port = parse_port(text.substr(colon + 1));
  if (!port) return std::nullopt;
  const std::string host{text.substr(0, colon)};
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') return ipv6(host.substr(1, host.size() - 2), *port);
  return ipv4(host == "localhost" ? "127.0.0.1" : host, *port);
}

std::string host_of(const sockaddr& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const void* host = nullptr;
  sockaddr_in in4{};
  sockaddr_in6 in6{};
  if (address.sa_family == AF_INET) {
    std::memcpy(&in4, &address, sizeof in4);
    host = &in4.sin_addr;
  } else if (address.sa_family == AF_INET6) {
    std::memcpy(&in6, &address, sizeof in6);
    host = &in6.sin6_addr;
  }
  if (host == nullptr || ::inet_ntop(address.sa_family, host, text.data(), text.size()) == nullptr) return {};
  return text.data();
}

std::string host_without_port(std::string_view host) {
  const auto colon = host.rfind(':');
  const bool is_port = colon != std::string_view::npos && host.find(']', colon) == std::string_view::npos;
  std::string name{is_port ? host.substr(0, colon) : host};
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return name;
}

}  // namespace forkmill::web
