#include "proto/transport/errors.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>

#include <cerrno>
#include <cstdint>
#include <string_view>
#include <zmq.hpp>

namespace forkmill::proto {

namespace {

std::string reason(const std::string& endpoint, int error) {
  switch (error) {
    case EADDRINUSE:
      return "the address is in use; is another broker running there (`ss -ltnp` tells)? Stop it, or give another "
             "address "
             "with --listen";
    case EADDRNOTAVAIL:
      return "this machine has no such address";
    case ENODEV:
      return "this machine has no such address or interface";
    case EACCES:
      return endpoint.starts_with("ipc://") ? "not permitted in that folder"
                                            : "not permitted; ports below 1024 need root";
    case ENAMETOOLONG:
      return "the path is too long for a socket; at most 107 bytes";
    case EINVAL:
      return "not an endpoint; write tcp://HOST:PORT or ipc://PATH";
    case EPROTONOSUPPORT:
      return "unknown transport; write tcp://HOST:PORT or ipc://PATH";
    case ENOENT:
      return "the folder of the path does not exist";
    default:
      return zmq_strerror(error);
  }
}

}  // namespace

std::string bind_error_text(const std::string& endpoint, int error) {
  return "cannot listen on " + endpoint + ": " + reason(endpoint, error);
}

std::string connect_error_text(const std::string& endpoint, int error) {
  return "cannot connect to " + endpoint + ": " + reason(endpoint, error);
}

bool is_local_endpoint(const std::string& endpoint) {
  constexpr std::string_view kTcp = "tcp://";
  if (!endpoint.starts_with(kTcp)) return endpoint.starts_with("ipc://") || endpoint.starts_with("inproc://");
  const std::string host = endpoint.substr(kTcp.size(), endpoint.rfind(':') - kTcp.size());
  in_addr address{};
  constexpr std::uint32_t kLoopbackNetwork = 127;
  if (::inet_pton(AF_INET, host.c_str(), &address) == 1) return ntohl(address.s_addr) >> 24 == kLoopbackNetwork;
  return host == "localhost" || host == "[::1]";
}

void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace forkmill::proto
