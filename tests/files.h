// Files as signs between a test and the programs that it starts.
#pragma once

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <stop_token>
#include <string>
#include <system_error>

namespace forkmill::tests {

// Written whole before anybody can see it.
inline void create(const std::string& path, const std::string& text = {}) {
  { std::ofstream{path + ".new"} << text; }
  std::filesystem::rename(path + ".new", path);
}

// Until the file is there: true; false when it was told to stop first. Its folder must be there. Sleeps until the
// system tells of a change.
inline bool wait_for(const std::string& path, const std::stop_token& stop = {}) {
  struct Descriptor {
    explicit Descriptor(int fd) : number{fd} {
      if (fd < 0) throw std::system_error{errno, std::generic_category(), "waiting for a file"};
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() { ::close(number); }
    int number;
  };
  const Descriptor changes{::inotify_init1(IN_CLOEXEC)};
  const Descriptor stopped{::eventfd(0, EFD_CLOEXEC)};
  const auto folder = std::filesystem::path{path}.parent_path();
  if (::inotify_add_watch(changes.number, folder.c_str(), IN_CREATE | IN_MOVED_TO) < 0)
    throw std::system_error{errno, std::generic_category(), folder};
  const std::stop_callback wake{stop, [&] { ::eventfd_write(stopped.number, 1); }};
  while (!std::filesystem::exists(path)) {
    std::array<pollfd, 2> waiting{{{changes.number, POLLIN, 0}, {stopped.number, POLLIN, 0}}};
    ::poll(waiting.data(), waiting.size(), -1);
    if (waiting[1].revents != 0) return false;
    std::array<char, 4096> events;
    if (waiting[0].revents != 0 && ::read(changes.number, events.data(), events.size()) < 0) return false;
  }
  return true;
}

}  // namespace forkmill::tests
