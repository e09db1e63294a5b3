// Questions to the kernel about one TCP connection of this machine (NETLINK_SOCK_DIAG). An answer takes the same time
// however many sockets there are, other than reading /proc/net/tcp (tcp_table.h).
#pragma once

#include <sys/socket.h>
#include <sys/types.h>

#include <optional>

namespace forkmill::proto {

struct SocketOwner {
  uid_t user = 0;   // the one that has opened the socket
  ino_t inode = 0;  // 0: no process has it open
};

// Returns the owner of the connected TCP socket with these addresses of its own and of its peer. None: there is no such
// socket in this network namespace, or the kernel does not answer such questions.
std::optional<SocketOwner> owner_of_connection(const sockaddr_storage& own, const sockaddr_storage& peer);

}  // namespace forkmill::proto
