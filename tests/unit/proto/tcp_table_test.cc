#include "proto/os/tcp_table.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <utility>

#include "proto/os/descriptor.h"
#include "proto/os/socket_diag.h"

namespace tcp_table_test {

using forkmill::proto::Descriptor;
using forkmill::proto::owner_of_connection;
using forkmill::proto::TcpSocket;
using forkmill::proto::user_of_peer;
using forkmill::proto::visit_tcp_sockets;

namespace {

// Two ends of a connection over loopback: that of a client of `family`, and the accepted one.
struct Connection {
  Descriptor listener;
  Descriptor client;
  Descriptor accepted;
  unsigned port = 0;

  Connection(int listening, int family) : listener{::socket(listening, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
    sockaddr_storage address = loopback(listening, 0);
    socklen_t size = sizeof address;
    REQUIRE(::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), size_of(listening)) == 0);
    REQUIRE(::listen(listener.get(), 1) == 0);
    REQUIRE(::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port = ntohs(reinterpret_cast<sockaddr_in&>(address).sin_port);  // stands in the same place for IPv6
    client = Descriptor{::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    address = family == listening ? loopback(family, port) : mapped(port);
    REQUIRE(::connect(client.get(), reinterpret_cast<sockaddr*>(&address), size_of(family)) == 0);
    accepted = Descriptor{::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC)};
    REQUIRE(accepted.valid());
  }

  static socklen_t size_of(int family) { return family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6); }
  static sockaddr_storage loopback(int family, unsigned port) {
    sockaddr_storage address{};
    if (family == AF_INET) {
      auto& in = reinterpret_cast<sockaddr_in&>(address);
      in.sin_family = AF_INET;
      in.sin_port = htons(static_cast<std::uint16_t>(port));
      in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    } else {
      auto& in = reinterpret_cast<sockaddr_in6&>(address);
      in.sin6_family = AF_INET6;
      in.sin6_port = htons(static_cast<std::uint16_t>(port));
      in.sin6_addr = in6addr_loopback;
    }
    return address;
  }
  // 127.0.0.1 for an IPv6 socket.
  static sockaddr_storage mapped(unsigned port) {
    sockaddr_storage address = loopback(AF_INET6, port);
    REQUIRE(::inet_pton(AF_INET6, "::ffff:127.0.0.1", &reinterpret_cast<sockaddr_in6&>(address).sin6_addr) == 1);
    return address;
  }
};

bool has_ipv6() { return Descriptor{::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0)}.valid(); }

}  // namespace

TEST_CASE("a socket that listens is listed with its port") {
  const Connection connection{AF_INET, AF_INET};
  int found = 0;
  visit_tcp_sockets([&](const TcpSocket& socket) {
    if (socket.listens && socket.port == connection.port && socket.user == ::geteuid()) ++found;
    return true;
  });
  CHECK(found == 1);
}

TEST_CASE("the user at the other end of a connection to this machine is known") {
  const Connection connection{AF_INET, AF_INET};
  CHECK(user_of_peer(connection.accepted.get()) == ::geteuid());
  CHECK(user_of_peer(connection.client.get()) == ::geteuid());
  CHECK_FALSE(user_of_peer(connection.listener.get()));
  CHECK_FALSE(user_of_peer(-1));
}

TEST_CASE("the user of an IPv6 socket is known as well, also of one that speaks IPv4") {
  if (!has_ipv6()) {
    MESSAGE("skipped: no IPv6");
    return;
  }
  const Connection mapped{AF_INET, AF_INET6};
  CHECK(user_of_peer(mapped.accepted.get()) == ::geteuid());
  const Connection six{AF_INET6, AF_INET6};
  CHECK(user_of_peer(six.accepted.get()) == ::geteuid());
}

TEST_CASE("the kernel tells the owner of one connection, the same as the table, and nothing of those that are none") {
  const Connection connection{AF_INET, AF_INET};
  const auto address = [](int socket, auto get) {
    sockaddr_storage found{};
    socklen_t size = sizeof found;
    REQUIRE(get(socket, reinterpret_cast<sockaddr*>(&found), &size) == 0);
    return found;
  };
  const auto own = address(connection.client.get(), ::getsockname);
  const auto peer = address(connection.client.get(), ::getpeername);
  const auto owner = owner_of_connection(own, peer);
  if (!owner) {
    MESSAGE("skipped: this kernel has no NETLINK_SOCK_DIAG for TCP");
    return;
  }
  CHECK(owner->user == ::geteuid());
  int listed = 0;
  visit_tcp_sockets([&](const TcpSocket& socket) {
    if (socket.inode == owner->inode) ++listed;
    return true;
  });
  CHECK(listed == 1);
  sockaddr_storage nobody = own;
  reinterpret_cast<sockaddr_in&>(nobody).sin_addr.s_addr = ::htonl(0x7F000002);
  CHECK_FALSE(owner_of_connection(peer, nobody));  // the socket that listens there is no answer
  CHECK_FALSE(owner_of_connection(own, {}));
}

TEST_CASE("an end that its process has closed has no user") {
  Connection connection{AF_INET, AF_INET};
  connection.client.reset();
  CHECK_FALSE(user_of_peer(connection.accepted.get()));
}

TEST_CASE("another user at the other end is told apart") {
  if (::geteuid() != 0) {
    MESSAGE("skipped: needs root");
    return;
  }
  constexpr uid_t kNobody = 65534;
  Descriptor listener{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  sockaddr_storage address = Connection::loopback(AF_INET, 0);
  socklen_t size = sizeof(sockaddr_in);
  REQUIRE(::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
  REQUIRE(::listen(listener.get(), 1) == 0);
  REQUIRE(::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const bool is_nobody = ::setuid(kNobody) == 0;
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    char end = 0;
    if (is_nobody && ::connect(fd, reinterpret_cast<sockaddr*>(&address), size) == 0) (void)!::read(fd, &end, 1);
    ::_exit(0);
  }
  Descriptor accepted{::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC)};
  CHECK(user_of_peer(accepted.get()) == kNobody);
  accepted.reset();
  ::waitpid(child, nullptr, 0);
}

}  // namespace tcp_table_test
