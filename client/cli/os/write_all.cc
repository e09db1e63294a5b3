#include "client/cli/os/write_all.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "client/cli/errors/command_error.h"
#include "proto/printable.h"

namespace forkmill::cli {

bool write_all(int fd, std::string_view text, const char* name) {
  while (!text.empty()) {
    const auto wrote = ::write(fd, text.data(), text.size());
    if (wrote >= 0) {
      text.remove_prefix(static_cast<std::size_t>(wrote));
    } else if (errno == EPIPE) {
      return false;
    } else if (errno == EAGAIN) {  // another process that shares the descriptor made it non-blocking
      pollfd entry{.fd = fd, .events = POLLOUT, .revents = 0};
      ::poll(&entry, 1, -1);
    } else if (errno != EINTR) {
      throw CommandError{ExitCode::failed, "cannot write to " + std::string{name} + ": " + std::strerror(errno)};
    }
  }
  return true;
}

bool write_shown(int fd, std::string_view text, const char* name, bool raw) {
  if (raw || ::isatty(fd) != 1) return write_all(fd, text, name);
  return write_all(fd, proto::printable(text, proto::LineBreaks::kept), name);
}

}  // namespace forkmill::cli
