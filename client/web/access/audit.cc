#include "client/web/access/audit.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "proto/os/descriptor.h"

namespace forkmill::web {

namespace {

std::system_error failed(const std::string& path) {
  return std::system_error{errno, std::generic_category(),
                           "cannot write the audit log " + (path.empty() ? "to stderr" : path)};
}

proto::Descriptor open_log(const std::string& path) {
  proto::Descriptor fd{path.empty() ? ::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0)
                                    : ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600)};
  if (!fd.valid()) throw failed(path);
  return fd;
}

// Waits until a reader of stderr takes more. Throws std::system_error if it does not.
void await_reader(int fd, const std::string& path) {
  constexpr int kPatienceMs = 2000;
  pollfd asked{.fd = fd, .events = POLLOUT, .revents = 0};
  if (::poll(&asked, 1, kPatienceMs) != 0) return;
  errno = ETIMEDOUT;
  throw failed(path);
}

}  // namespace

Audit::Audit(std::string path) : path_{std::move(path)} { open_log(path_); }

void Audit::write(const nlohmann::ordered_json& line) {
  const auto text = line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
  const std::lock_guard lock{mutex_};
  const auto fd = open_log(path_);
  for (std::size_t at = 0; at < text.size();) {
    await_reader(fd.get(), path_);
    const auto written = ::write(fd.get(), text.data() + at, text.size() - at);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw failed(path_);
    at += static_cast<std::size_t>(written);
  }
}

}  // namespace forkmill::web
