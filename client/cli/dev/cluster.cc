#include "client/cli/dev/cluster.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "client/cli/dev/programs.h"
#include "client/cli/errors/command_error.h"
#include "proto/names.h"
#include "proto/os/descriptor.h"
#include "proto/transport/default_endpoint.h"
#include "proto/transport/local_peer.h"

namespace forkmill::cli {

namespace {

using namespace std::chrono_literals;

constexpr auto kWorkerStopTimeout = 3s;  // after its second SIGTERM
constexpr auto kBrokerStopTimeout = 5s;
constexpr auto kWebStopTimeout = 2s;
constexpr std::uint64_t kStandardReserve = 256ULL * 1024 * 1024;  // the default of the broker's --disk-reserve

struct HostPort {
  std::string host;
  unsigned port = 0;
};

std::optional<HostPort> tcp_address(const std::string& endpoint) {
  constexpr std::string_view kScheme = "tcp://";
  const auto colon = endpoint.rfind(':');
  if (!endpoint.starts_with(kScheme) || colon < kScheme.size()) return std::nullopt;
  // For ZeroMQ, "*" is any free port.
  if (endpoint.substr(colon + 1) == "*")
    return HostPort{.host = endpoint.substr(kScheme.size(), colon - kScheme.size())};
  HostPort found{.host = endpoint.substr(kScheme.size(), colon - kScheme.size())};
  const auto* end = endpoint.data() + endpoint.size();
  const auto [rest, error] = std::from_chars(endpoint.data() + colon + 1, end, found.port);
  if (error != std::errc{} || rest != end) return std::nullopt;
  return found;
}

// Binds the address and closes the socket again. Returns the port, which is a free one if `address.port` is 0. 0: the
// port is in use.
unsigned probe(const HostPort& address) {
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_port = htons(static_cast<std::uint16_t>(address.port));
  if (::inet_pton(AF_INET, address.host.c_str(), &name.sin_addr) != 1) return address.port;
  const proto::Descriptor socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  const int on = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  socklen_t length = sizeof name;
  const bool taken = ::bind(socket.get(), reinterpret_cast<sockaddr*>(&name), length) != 0 && errno == EADDRINUSE;
  ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&name), &length);
  return taken ? 0 : ntohs(name.sin_port);
}

// Replaces the port * of a TCP endpoint by the number of a free port. Throws CommandError if the port is in use.
std::string with_free_port(const std::string& endpoint) {
  const auto address = tcp_address(endpoint);
  if (!address) return endpoint;
  const auto port = probe(*address);
  if (port != 0) return "tcp://" + address->host + ":" + std::to_string(port);
  const auto owner = port_owner(address->port);
  throw CommandError{ExitCode::failed,
                     "port " + std::to_string(address->port) + " is in use" + (owner.empty() ? "" : " by " + owner),
                     "stop that process, or choose another port: forkmill dev --insecure --listen tcp://127.0.0.1:" +
                         std::to_string(address->port + 1)};
}

// Throws CommandError if a program listens on an ipc:// endpoint.
void check_unused(const std::string& endpoint) {
  const auto owner = proto::listener_on(endpoint);
  if (owner.empty()) return;
  throw CommandError{ExitCode::failed, endpoint + " is in use by " + owner,
                     "stop that process, or choose another socket: forkmill dev --listen " + endpoint + "-2"};
}

// A tenth of the disk at most: the broker's own default would take a small disk for a full one from the start.
void add_data(std::vector<std::string>& words, const std::string& data) {
  words.insert(words.end(), {"--data", data});
  std::error_code ignored;
  auto folder = std::filesystem::absolute(data, ignored);
  while (!std::filesystem::exists(folder, ignored) && folder != folder.root_path()) folder = folder.parent_path();
  struct statvfs disk {};
  if (::statvfs(folder.c_str(), &disk) != 0) return;
  const std::uint64_t tenth = std::uint64_t{disk.f_blocks} * disk.f_frsize / 10;
  if (tenth < kStandardReserve) words.insert(words.end(), {"--disk-reserve", std::to_string(tenth)});
}

void check_one(const char* name, Child& child) {
  const auto exit = child.ended();
  if (!exit) return;
  throw CommandError{ExitCode::failed, std::string{name} + " " + exit->text(), "see its messages above"};
}

}  // namespace

const std::string& DevCluster::temp_home() {
  if (!home_) home_.emplace();
  return home_->path();
}

std::string DevCluster::choose_endpoint(const DevOptions& options) {
  if (options.listen.empty() && !options.command.empty()) return "ipc://" + temp_home() + "/broker";
  if (!options.listen.empty() && !proto::is_listen_endpoint(options.listen))
    throw UsageError{"--listen: " + proto::not_an_endpoint(options.listen), "see forkmill dev --help"};
  const auto endpoint = options.listen.empty() ? proto::default_endpoint() : options.listen;
  check_unused(endpoint);
  return with_free_port(endpoint);
}

std::vector<std::string> DevCluster::broker_words(const DevOptions& options) {
  std::vector<std::string> words{find_program("forkmill-broker"), "--listen", endpoint_, "--log-level",
                                 options.log_level};
  if (options.insecure) words.emplace_back("--insecure");
  if (options.memory)
    words.emplace_back("--memory");
  else
    add_data(words, options.data.empty() ? temp_home() + "/data" : options.data);
  return words;
}

std::vector<std::string> DevCluster::worker_words(const DevOptions& options) const {
  std::vector<std::string> words{find_program("forkmill-worker"),
                                 "--broker",
                                 endpoint_,
                                 "--allow-exec",
                                 "--pass-env",
                                 "*",
                                 "--log-level",
                                 options.log_level};
  if (options.processes > 0) words.insert(words.end(), {"--processes", std::to_string(options.processes)});
  if (!options.queues.empty()) words.insert(words.end(), {"--queues", options.queues});
  return words;
}

DevCluster::DevCluster(const DevOptions& options)
    : endpoint_{choose_endpoint(options)}, worker_words_{worker_words(options)} {
  Child::Options made;
  made.env = {{proto::kNotifyVariable, notes_.address()}};
  broker_ = std::make_unique<Child>(broker_words(options), made);
}

void DevCluster::start_worker() { worker_ = std::make_unique<Child>(worker_words_, Child::Options{}); }

void DevCluster::start_web(const std::string& listen) {
  const std::vector<std::string> words{find_program("forkmill-web"), "web", "--broker", endpoint_, "--listen", listen};
  web_ = std::make_unique<Child>(words, Child::Options{});
}

void DevCluster::check() {
  check_one("forkmill-broker", *broker_);
  if (worker_) check_one("forkmill-worker", *worker_);
  if (web_) check_one("forkmill web", *web_);
}

void DevCluster::stop(const std::function<bool()>& keep_waiting) {
  if (web_) {
    web_->signal(SIGTERM);
    web_->wait_for(kWebStopTimeout);
  }
  worker_->signal(SIGTERM);
  while (!worker_->wait_for(50ms) && keep_waiting()) {
  }
  if (!worker_->ended()) {
    worker_->signal(SIGTERM);  // the second one stops the worker at once
    worker_->wait_for(kWorkerStopTimeout);
  }
  broker_->signal(SIGTERM);
  broker_->wait_for(kBrokerStopTimeout);
}

}  // namespace forkmill::cli
