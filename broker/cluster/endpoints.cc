#include "broker/cluster/endpoints.h"

#include <charconv>
#include <utility>

#include "proto/names.h"

namespace forkmill::broker {

namespace {

constexpr std::string_view kTcpScheme = "tcp://";
constexpr std::uint64_t kMaxPort = 65535;

// The host, and the port as a number; 0: none, or any free one.
std::pair<std::string, std::uint64_t> parts_of(std::string_view endpoint) {
  const auto colon = endpoint.rfind(':');
  std::uint64_t port = 0;
  std::from_chars(endpoint.data() + colon + 1, endpoint.data() + endpoint.size(), port);
  return {std::string{endpoint.substr(kTcpScheme.size(), colon - kTcpScheme.size())}, port};
}

std::string tcp(const std::string& host, std::uint64_t port) {
  return std::string{kTcpScheme} + host + ":" + std::to_string(port);
}

}  // namespace

std::string shard_endpoint(const std::string& endpoint, std::uint64_t shard) {
  if (!endpoint.starts_with(kTcpScheme)) return endpoint + "-shard-" + std::to_string(shard);
  const auto [host, port] = parts_of(endpoint);
  return tcp(host, port + shard);
}

std::vector<std::string> shard_endpoints(const std::vector<std::string>& endpoints, std::uint64_t shard) {
  std::vector<std::string> all;
  all.reserve(endpoints.size());
  for (const std::string& endpoint : endpoints) all.push_back(shard_endpoint(endpoint, shard));
  return all;
}

proto::Status check_shard_endpoints(const std::vector<std::string>& endpoints, std::uint64_t shards) {
  for (const std::string& endpoint : endpoints) {
    const bool is_tcp = endpoint.starts_with(kTcpScheme);
    const std::uint64_t port = is_tcp ? parts_of(endpoint).second : 1;
    if (port != 0 && port + shards <= kMaxPort && proto::is_listen_endpoint(shard_endpoint(endpoint, shards))) continue;
    return {Errc::option_out_of_range, endpoint + ": with " + std::to_string(shards) + " shards, " +
                                           (is_tcp ? "the port must be a number, and as many ports above it are used"
                                                   : "the path is too long: -shard-N is put behind it")};
  }
  return {};
}

std::vector<std::string> reachable_endpoints(const std::vector<std::string>& listen, std::string_view host) {
  std::vector<std::string> all;
  for (const std::string& endpoint : listen) {
    if (!endpoint.starts_with(kTcpScheme)) {
      all.push_back(endpoint);
      continue;
    }
    const auto [its_host, port] = parts_of(endpoint);
    const bool is_all = its_host == "0.0.0.0" || its_host == "*" || its_host == "[::]";
    all.push_back(tcp(is_all ? std::string{host} : its_host, port));
  }
  return all;
}

std::string joined(const std::vector<std::string>& endpoints) {
  std::string text;
  for (const std::string& endpoint : endpoints) text += (text.empty() ? "" : ",") + endpoint;
  return text;
}

}  // namespace forkmill::broker
