#include "proto/transport/local_peer.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <string_view>

#include "proto/os/descriptor.h"

namespace forkmill::proto {

namespace {

constexpr const char* kRemedy =
    "; over ipc:// a broker serves processes of its own user only: run this program as that user, or start a broker of "
    "your own";

std::string user_text(uid_t uid) { return "uid " + std::to_string(uid); }

}  // namespace

std::string ipc_path(std::string_view endpoint) {
  constexpr std::string_view kScheme = "ipc://";
  return endpoint.starts_with(kScheme) ? std::string{endpoint.substr(kScheme.size())} : std::string{};
}

std::string program_at(int socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return "another program";
  std::string name;
  std::getline(std::ifstream{"/proc/" + std::to_string(peer.pid) + "/comm"}, name);
  return (name.empty() ? "a program" : name) + " (pid " + std::to_string(peer.pid) + ")";
}

std::string listener_on(const std::string& endpoint) {
  const std::string path = ipc_path(endpoint);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path[0] == '@' || path.size() >= sizeof address.sun_path) return {};
  std::memcpy(address.sun_path, path.data(), path.size());
  const Descriptor socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  const bool listens = ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  return listens ? program_at(socket.get()) : std::string{};
}

std::string why_server_is_foreign(int socket) {
  ucred server{};
  socklen_t size = sizeof server;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &server, &size) != 0) return {};
  if (server.pid == 0 || server.uid == 0 || server.uid == ::geteuid()) return {};
  return "the program that listens there (pid " + std::to_string(server.pid) + ") runs as another user (" +
         user_text(server.uid) + ")" + kRemedy;
}

std::string why_barred(const std::string& endpoint) {
  const std::string path = ipc_path(endpoint);
  if (path.empty() || path[0] == '@') return {};
  if (::faccessat(AT_FDCWD, path.c_str(), W_OK, AT_EACCESS) == 0 || errno != EACCES) return {};
  struct stat found {};
  const bool is_visible = ::lstat(path.c_str(), &found) == 0;
  return "not permitted: the socket" +
         (is_visible ? " belongs to another user (" + user_text(found.st_uid) + ")"
                     : std::string{" is in a folder that this user may not enter"}) +
         kRemedy;
}

}  // namespace forkmill::proto
