#include "broker/cluster/announcement.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <stdexcept>

#include "proto/os/descriptor.h"

namespace forkmill::broker {

void announce(const std::string& path, const std::vector<std::string>& endpoints) {
  if (path.empty()) return;
  std::string lines;
  for (const std::string& endpoint : endpoints) lines += endpoint + "\n";
  // A reader that waits for the file must not see half of it. A file or link that is there already is not written to:
  // it may be another user's, or lead to another file.
  const std::string fresh = path + ".new";
  ::unlink(fresh.c_str());
  const proto::Descriptor file{::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644)};
  const bool written = file && ::write(file.get(), lines.data(), lines.size()) == static_cast<ssize_t>(lines.size());
  if (!written || std::rename(fresh.c_str(), path.c_str()) != 0) {
    throw std::runtime_error{"cannot write " + path + " (--announce): " + std::strerror(errno)};
  }
}

}  // namespace forkmill::broker
