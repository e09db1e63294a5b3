#include "client/web/access/audit.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
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

// Whether `line` tells the end of the act that `begun` tells the beginning of.
bool ends(const nlohmann::ordered_json& line, const nlohmann::ordered_json& begun) {
  const auto value = [](const nlohmann::ordered_json& of, const char* key) {
    return of.contains(key) ? of.at(key) : nlohmann::ordered_json{};
  };
  if (value(line, "event") != "end" || value(begun, "event") != "begin") return false;
  for (const char* key : {"user", "peer", "route", "path", "body"})
    if (value(line, key) != value(begun, key)) return false;
  return true;
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
  keep(line, text.size());
}

nlohmann::ordered_json Audit::newest(std::size_t most) const {
  auto lines = nlohmann::ordered_json::array();
  const std::lock_guard lock{mutex_};
  for (auto act = acts_.rbegin(); act != acts_.rend() && lines.size() < most; ++act) lines.push_back(act->line);
  return lines;
}

void Audit::keep(const nlohmann::ordered_json& line, std::size_t bytes) {
  const auto begun = std::find_if(acts_.rbegin(), acts_.rend(), [&](const Act& act) { return ends(line, act.line); });
  if (begun != acts_.rend()) {
    bytes_ += bytes - begun->bytes;
    *begun = {line, bytes};
  } else {
    bytes_ += bytes;
    acts_.push_back({line, bytes});
  }
  while (acts_.size() > kMaxActs || bytes_ > kMaxBytes) {
    bytes_ -= acts_.front().bytes;
    acts_.pop_front();
  }
}

}  // namespace forkmill::web
