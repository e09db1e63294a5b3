#include "proto/os/ready_note.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <system_error>

namespace forkmill::proto {

namespace {

constexpr std::size_t kPathOffset = offsetof(sockaddr_un, sun_path);
constexpr std::string_view kReady = "READY=1\n";

Descriptor note_socket() { return Descriptor{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)}; }

}  // namespace

void send_ready_note() {
  const char* variable = std::getenv(kNotifyVariable);  // NOLINT(concurrency-mt-unsafe): nothing here sets variables
  const std::string_view path{variable == nullptr ? "" : variable};
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof name.sun_path) return;
  path.copy(name.sun_path, path.size());
  if (name.sun_path[0] == '@') name.sun_path[0] = '\0';  // an abstract name
  const auto length = static_cast<socklen_t>(kPathOffset + path.size());
  const auto socket = note_socket();
  (void)::sendto(socket.get(), kReady.data(), kReady.size(), MSG_NOSIGNAL, reinterpret_cast<sockaddr*>(&name), length);
}

ReadyNotes::ReadyNotes() : socket_{note_socket()} {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  auto* address = reinterpret_cast<sockaddr*>(&name);
  socklen_t length = sizeof name;
  // An address without a path: the system chooses a free abstract name.
  if (!socket_ || ::bind(socket_.get(), address, kPathOffset) != 0 ||
      ::getsockname(socket_.get(), address, &length) != 0)
    throw std::system_error{errno, std::generic_category(), "the socket of " + std::string{kNotifyVariable}};
  address_ = "@" + std::string(name.sun_path + 1, length - kPathOffset - 1);
}

}  // namespace forkmill::proto
