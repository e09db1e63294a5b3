#include "proto/transport/bind_lock.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <thread>

#include "proto/transport/errors.h"
#include "proto/transport/local_peer.h"

namespace forkmill::proto {

namespace {

using namespace std::chrono_literals;

[[noreturn]] void refuse(const std::string& endpoint, const std::string& why) {
  throw TransportError{"cannot listen on " + endpoint + ": " + why};
}

std::string kind_of(mode_t mode) {
  if (S_ISREG(mode)) return "a file";
  if (S_ISDIR(mode)) return "a folder";
  if (S_ISLNK(mode)) return "a symbolic link";
  return "something that is not a socket";
}

sockaddr_un address_of(std::string_view path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  return address;
}

Descriptor open_socket() { return Descriptor{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)}; }

void check(const std::string& endpoint, const std::string& path) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0) return;  // nothing is there, or the binding tells what is wrong
  if (!S_ISSOCK(found.st_mode)) refuse(endpoint, kind_of(found.st_mode) + " is there, which is not deleted");
  const Descriptor socket = open_socket();
  const sockaddr_un address = address_of(path);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
    refuse(endpoint, program_at(socket.get()) + " listens there already");
  if (errno == ECONNREFUSED || errno == ENOENT) return;  // left behind by a program that has ended
  if (errno == EAGAIN) refuse(endpoint, "a program listens there already, and has no room for a connection");
  refuse(endpoint,
         std::string{"a socket is there, and it cannot be determined whether it is in use: "} + std::strerror(errno));
}

}  // namespace

BindLock::BindLock(const std::string& endpoint) {
  const std::string path = ipc_path(endpoint);
  if (path.empty() || path[0] == '@' || path == "*" || path.size() >= sizeof(sockaddr_un::sun_path)) return;
  lock(endpoint, path);
  check(endpoint, path);
}

// Two programs that start at once could both find a socket without a listener, and the second would delete that of
// the first. The lock is an abstract socket name, which the kernel frees when this process ends.
void BindLock::lock(const std::string& endpoint, const std::string& path) {
  std::error_code ignored;
  const auto folder = std::filesystem::weakly_canonical(std::filesystem::absolute(path), ignored);
  const std::string name = "forkmill-bind-" + std::to_string(std::hash<std::string>{}(folder.string()));
  sockaddr_un address = address_of({});
  std::memcpy(address.sun_path + 1, name.data(), name.size());  // behind a zero byte: no file
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  lock_ = open_socket();
  for (const auto end = std::chrono::steady_clock::now() + 5s;;) {
    if (::bind(lock_.get(), reinterpret_cast<const sockaddr*>(&address), size) == 0 || errno != EADDRINUSE) return;
    if (std::chrono::steady_clock::now() > end) refuse(endpoint, "another program has been starting there for 5 s");
    std::this_thread::sleep_for(10ms);
  }
}

}  // namespace forkmill::proto
