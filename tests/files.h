// Files as signs between a test and the programs that it starts.
#pragma once

#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <stop_token>
#include <string>
#include <system_error>

#include "proto/os/descriptor.h"
#include "proto/os/wakeup.h"

namespace forkmill::tests {

// Written whole before anybody can see it.
inline void create(const std::string& path, const std::string& text = {}) {
  { std::ofstream{path + ".new"} << text; }
  std::filesystem::rename(path + ".new", path);
}

// Until the file is there: true; false when it was told to stop first. Its folder must be there. Sleeps until the
// system tells of a change.
inline bool wait_for(const std::string& path, const std::stop_token& stop = {}) {
  const proto::Descriptor changes{::inotify_init1(IN_CLOEXEC)};
  proto::Wakeup stopped;
  const auto folder = std::filesystem::path{path}.parent_path();
  if (!changes.valid() || ::inotify_add_watch(changes.get(), folder.c_str(), IN_CREATE | IN_MOVED_TO) < 0)
    throw std::system_error{errno, std::generic_category(), folder};
  const std::stop_callback wake{stop, [&] { stopped.signal(); }};
  while (!std::filesystem::exists(path)) {
    std::array<pollfd, 2> waiting{{{changes.get(), POLLIN, 0}, {stopped.fd(), POLLIN, 0}}};
    ::poll(waiting.data(), waiting.size(), -1);
    if (waiting[1].revents != 0) return false;
    std::array<char, 4096> events;
    if (waiting[0].revents != 0 && ::read(changes.get(), events.data(), events.size()) < 0) return false;
  }
  return true;
}

}  // namespace forkmill::tests
