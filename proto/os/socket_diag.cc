#include "proto/os/socket_diag.h"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>

#include <array>
#include <cstdint>
#include <cstring>

#include "proto/os/descriptor.h"

namespace forkmill::proto {

namespace {

constexpr std::uint8_t kListens = 10;  // a state of TCP, as in linux/tcp_states.h of the kernel

struct TableAddress {
  std::uint8_t family = 0;
  in_port_t port = 0;  // in network order, like the address
  std::array<std::uint32_t, 4> address{};
};

// The kernel keeps connections of IPv4 in one table, whichever family their sockets have.
std::optional<TableAddress> table_address(const sockaddr_storage& address) {
  TableAddress end;
  if (address.ss_family == AF_INET) {
    const auto& in = reinterpret_cast<const sockaddr_in&>(address);
    end = {AF_INET, in.sin_port, {in.sin_addr.s_addr}};
  } else if (address.ss_family == AF_INET6) {
    const auto& in = reinterpret_cast<const sockaddr_in6&>(address);
    end = {AF_INET6, in.sin6_port, {}};
    std::memcpy(end.address.data(), &in.sin6_addr, sizeof in.sin6_addr);
    if (IN6_IS_ADDR_V4MAPPED(&in.sin6_addr)) end = {AF_INET, in.sin6_port, {end.address[3]}};
  } else {
    return std::nullopt;
  }
  return end;
}

struct DiagQuestion {
  nlmsghdr header{};
  inet_diag_req_v2 request{};
};

DiagQuestion question_about(const TableAddress& own, const TableAddress& peer) {
  DiagQuestion question;
  question.header.nlmsg_len = sizeof question;
  question.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  question.header.nlmsg_flags = NLM_F_REQUEST;  // no dump: one socket, by its addresses
  inet_diag_req_v2& request = question.request;
  request.sdiag_family = own.family;
  request.sdiag_protocol = IPPROTO_TCP;
  request.idiag_states = ~std::uint32_t{0};
  request.id.idiag_sport = own.port;
  request.id.idiag_dport = peer.port;
  std::memcpy(request.id.idiag_src, own.address.data(), sizeof request.id.idiag_src);
  std::memcpy(request.id.idiag_dst, peer.address.data(), sizeof request.id.idiag_dst);
  request.id.idiag_cookie[0] = request.id.idiag_cookie[1] = static_cast<std::uint32_t>(INET_DIAG_NOCOOKIE);
  return question;
}

}  // namespace

std::optional<SocketOwner> owner_of_connection(const sockaddr_storage& own, const sockaddr_storage& peer) {
  const auto ours = table_address(own);
  const auto theirs = table_address(peer);
  if (!ours || !theirs || ours->family != theirs->family) return std::nullopt;
  const Descriptor kernel{::socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG)};
  const DiagQuestion question = question_about(*ours, *theirs);
  if (!kernel || ::send(kernel.get(), &question, sizeof question, 0) != static_cast<ssize_t>(sizeof question))
    return std::nullopt;
  // The kernel has answered when send() returns.
  alignas(nlmsghdr) std::array<char, 4096> bytes{};
  const ssize_t size = ::recv(kernel.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
  nlmsghdr header{};
  inet_diag_msg found{};
  if (size < static_cast<ssize_t>(NLMSG_LENGTH(sizeof found))) return std::nullopt;
  std::memcpy(&header, bytes.data(), sizeof header);
  std::memcpy(&found, bytes.data() + NLMSG_HDRLEN, sizeof found);
  // Without a connection of these addresses, the kernel names the socket that listens there.
  const bool is_it = header.nlmsg_type == SOCK_DIAG_BY_FAMILY && found.idiag_state != kListens &&
                     found.id.idiag_sport == ours->port && found.id.idiag_dport == theirs->port;
  return is_it ? std::optional{SocketOwner{found.idiag_uid, found.idiag_inode}} : std::nullopt;
}

}  // namespace forkmill::proto
