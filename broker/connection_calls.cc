#include "broker/connection_calls.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <string>

#include "proto/os/real_env.h"
#include "proto/transport/connection_table.h"
#include "proto/transport/errors.h"

namespace {

using forkmill::proto::ConnectionLimits;
using forkmill::proto::ConnectionTable;
using forkmill::proto::RealEnv;

std::atomic<int> kept{-1};

int accept_by_system(int listener, sockaddr* address, socklen_t* size, int flags) {
  return static_cast<int>(::syscall(SYS_accept4, listener, address, size, flags));
}

int close_by_system(int fd) { return static_cast<int>(::syscall(SYS_close, fd)); }

// The address of the peer, without its port; empty for a Unix socket.
std::string peer_address(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getpeername(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return {};
  std::array<char, INET6_ADDRSTRLEN> text{};
  const void* number = nullptr;
  if (address.ss_family == AF_INET) number = &reinterpret_cast<const sockaddr_in&>(address).sin_addr;
  if (address.ss_family == AF_INET6) number = &reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
  if (number == nullptr || ::inet_ntop(address.ss_family, number, text.data(), text.size()) == nullptr) return {};
  return text.data();
}

}  // namespace

void forkmill::broker::keep_reserve_descriptor() { kept = ::open("/dev/null", O_RDONLY | O_CLOEXEC); }

void forkmill::broker::limit_connections(std::uint64_t memory) {
  proto::raise_descriptor_limit();
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  ConnectionTable::install(ConnectionLimits::for_process(limit.rlim_cur, memory));
}

extern "C" int accept4(int listener, sockaddr* address, socklen_t* size, int flags) {
  const int taken = accept_by_system(listener, address, size, flags);
  if (taken >= 0) {
    ConnectionTable* table = ConnectionTable::installed();
    if (table == nullptr || table->accepted(taken, peer_address(taken), RealEnv::steady())) return taken;
    close_by_system(taken);
  } else {
    if (errno != EMFILE && errno != ENFILE) return taken;
    if (const int last = kept.exchange(-1); last >= 0) {
      close_by_system(last);
      if (const int turned_away = accept_by_system(listener, nullptr, nullptr, flags); turned_away >= 0)
        close_by_system(turned_away);
    }
    forkmill::broker::keep_reserve_descriptor();
  }
  errno = ECONNABORTED;  // callers treat it as a peer that has closed the connection
  return -1;
}

extern "C" ssize_t recv(int fd, void* buffer, size_t size, int flags) {
  const ssize_t got = ::recvfrom(fd, buffer, size, flags, nullptr, nullptr);
  ConnectionTable* table = ConnectionTable::installed();
  if (got <= 0 || table == nullptr) return got;
  if (table->arrived(fd, {static_cast<const unsigned char*>(buffer), static_cast<std::size_t>(got)})) return got;
  errno = ECONNRESET;
  return -1;
}

extern "C" int close(int fd) {
  if (ConnectionTable* table = ConnectionTable::installed()) table->closed(fd);
  return close_by_system(fd);
}
