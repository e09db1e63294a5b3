#include "proto/os/tcp_table.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>

#include "proto/os/socket_diag.h"

namespace forkmill::proto {

namespace {

std::string hex(std::uint32_t number) {
  char text[9];
  std::snprintf(text, sizeof text, "%08X", number);
  return text;
}

// An end of a connection as the tables list it. `other` is how the end of an IPv6 socket is listed that speaks IPv4.
struct End {
  std::string listed;
  std::string other;

  bool is(std::string_view text) const { return text == listed || (!other.empty() && text == other); }
};

std::optional<End> end_of(const sockaddr_storage& address) {
  char port[6];
  if (address.ss_family == AF_INET) {
    const auto& in = reinterpret_cast<const sockaddr_in&>(address);
    std::snprintf(port, sizeof port, ":%04X", ntohs(in.sin_port));
    const std::string number = hex(in.sin_addr.s_addr) + port;
    return End{number, hex(0) + hex(0) + hex(htonl(0xFFFF)) + number};
  }
  if (address.ss_family != AF_INET6) return std::nullopt;
  const auto& in = reinterpret_cast<const sockaddr_in6&>(address);
  std::snprintf(port, sizeof port, ":%04X", ntohs(in.sin6_port));
  std::string words[4];
  for (std::size_t i = 0; i < 4; ++i) {
    std::uint32_t word = 0;
    std::memcpy(&word, in.sin6_addr.s6_addr + 4 * i, sizeof word);
    words[i] = hex(word);
  }
  End end{words[0] + words[1] + words[2] + words[3] + port, {}};
  if (IN6_IS_ADDR_V4MAPPED(&in.sin6_addr)) end.other = words[3] + port;
  return end;
}

unsigned port_of(std::string_view end) {
  unsigned port = 0;
  const auto digits = end.substr(end.rfind(':') + 1);
  std::from_chars(digits.data(), digits.data() + digits.size(), port, 16);
  return port;
}

// A line is "0: 0100007F:1BCD 00000000:0000 0A … UID TIMEOUT INODE …". Returns whether to go on.
bool visit_line(const std::string& line, const std::function<bool(const TcpSocket&)>& visitor) {
  std::istringstream fields{line};
  std::string slot;
  std::string local;
  std::string remote;
  std::string state;
  std::string skipped;
  TcpSocket socket;
  fields >> slot >> local >> remote >> state >> skipped >> skipped >> skipped >> socket.user >> skipped >> socket.inode;
  if (!fields) return true;
  socket.local = local;
  socket.remote = remote;
  socket.listens = state == "0A";
  socket.port = port_of(local);
  return visitor(socket);
}

}  // namespace

void visit_tcp_sockets(const std::function<bool(const TcpSocket&)>& visitor) {
  for (const char* table : {"/proc/net/tcp", "/proc/net/tcp6"}) {
    std::ifstream file{table};
    std::string line;
    std::getline(file, line);  // the headings
    while (std::getline(file, line))
      if (!visit_line(line, visitor)) return;
  }
}

namespace {

std::optional<uid_t> user_by_table(const sockaddr_storage& own, const sockaddr_storage& peer) {
  const auto theirs = end_of(peer);
  const auto ours = end_of(own);
  std::optional<uid_t> user;
  if (!theirs || !ours) return user;
  visit_tcp_sockets([&](const TcpSocket& socket) {
    if (socket.inode == 0 || !theirs->is(socket.local) || !ours->is(socket.remote)) return true;
    user = socket.user;
    return false;
  });
  return user;
}

}  // namespace

std::optional<uid_t> user_of_peer(int connection) {
  sockaddr_storage peer{};
  sockaddr_storage own{};
  socklen_t peer_size = sizeof peer;
  socklen_t own_size = sizeof own;
  if (::getpeername(connection, reinterpret_cast<sockaddr*>(&peer), &peer_size) != 0 ||
      ::getsockname(connection, reinterpret_cast<sockaddr*>(&own), &own_size) != 0)
    return std::nullopt;
  if (const auto owner = owner_of_connection(peer, own))
    return owner->inode == 0 ? std::nullopt : std::optional{owner->user};
  // A kernel that does not know this end either, which is open, has no answers to such questions.
  return owner_of_connection(own, peer) ? std::nullopt : user_by_table(own, peer);
}

}  // namespace forkmill::proto
