// The TCP sockets of this network namespace, as the kernel lists them in /proc/net/tcp and /proc/net/tcp6. Reading
// takes time in proportion to the number of sockets.
#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string_view>

namespace forkmill::proto {

struct TcpSocket {
  // Address and port in hex, as they are listed: "0100007F:1BCD" is 127.0.0.1:7117 on a little-endian machine. They are
  // valid during the visit.
  std::string_view local;
  std::string_view remote;
  bool listens = false;
  uid_t user = 0;     // the one that has opened it
  ino_t inode = 0;    // as in "socket:[INODE]" of /proc/PID/fd; 0: no process has it open
  unsigned port = 0;  // the local one
};

// Calls `visitor` with each socket until it returns false.
void visit_tcp_sockets(const std::function<bool(const TcpSocket&)>& visitor);

// Returns the user who has opened the other end of a connection to this machine itself, and has it open still. None:
// the other end is not such a socket, or `connection` is no TCP connection. Reads the tables only if the kernel does
// not answer questions about one connection (socket_diag.h).
std::optional<uid_t> user_of_peer(int connection);

}  // namespace forkmill::proto
