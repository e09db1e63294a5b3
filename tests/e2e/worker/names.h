// A world of its own for the names of hosts: this process, and what it starts from now on, see a /etc/hosts of the
// test's and ask a name server that never answers for what is not in there. Needs root; the mounts are gone with the
// processes.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include "proto/os/descriptor.h"

namespace forkmill::test {

class Names {
 public:
  explicit Names(const std::filesystem::path& folder) : hosts_{folder / "hosts"} {
    set("");
    std::ofstream{folder / "resolv.conf"} << "nameserver 127.0.7.53\noptions timeout:30 attempts:5\n";
    std::ofstream{folder / "nsswitch.conf"} << "hosts: files dns\n";
    works_ = listen() && ::unshare(CLONE_NEWNS) == 0 &&
             ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 && put(hosts_, "/etc/hosts") &&
             put(folder / "resolv.conf", "/etc/resolv.conf") && put(folder / "nsswitch.conf", "/etc/nsswitch.conf");
  }

  bool works() const { return works_; }
  void set(const std::string& lines) const { std::ofstream{hosts_} << lines; }
  // How many lookups the silent server has been sent: each comes from a port of its own.
  std::size_t lookups() {
    std::array<char, 512> query{};
    sockaddr_in from{};
    socklen_t size = sizeof from;
    while (::recvfrom(server_.get(), query.data(), query.size(), MSG_DONTWAIT, reinterpret_cast<sockaddr*>(&from),
                      &size) > 0)
      ports_.insert(from.sin_port);
    return ports_.size();
  }

 private:
  bool listen() const {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(53);
    ::inet_pton(AF_INET, "127.0.7.53", &address.sin_addr);
    return ::bind(server_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  static bool put(const std::filesystem::path& file, const char* over) {
    return ::mount(file.c_str(), over, nullptr, MS_BIND, nullptr) == 0;
  }

  const std::filesystem::path hosts_;
  const proto::Descriptor server_{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  std::set<in_port_t> ports_;
  bool works_ = false;
};

}  // namespace forkmill::test
