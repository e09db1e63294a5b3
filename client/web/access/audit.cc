#include "client/web/access/audit.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
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

// Returns the last bytes of a file, from the beginning of a line on. Empty: it is no regular file, or cannot be read.
std::string end_of_file(const std::string& path, std::size_t most) {
  const proto::Descriptor fd{::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)};
  struct stat found {};
  if (!fd.valid() || ::fstat(fd.get(), &found) != 0 || !S_ISREG(found.st_mode)) return {};
  const auto size = static_cast<std::size_t>(found.st_size);
  std::string text(std::min(size, most), '\0');
  const auto begin = static_cast<off_t>(size - text.size());
  const auto got = ::pread(fd.get(), text.data(), text.size(), begin);
  text.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
  if (begin > 0) text.erase(0, std::min(text.find('\n'), text.size() - 1) + 1);
  return text;
}

// Whether the line has what pages show of each act.
bool is_act(const nlohmann::ordered_json& line) {
  const auto has = [&](const char* key) { return line.contains(key) && line.at(key).is_string(); };
  return line.is_object() && has("user") && has("peer") && has("route") && has("event") && line.contains("at_ms") &&
         line.at("at_ms").is_number();
}

}  // namespace

Audit::Audit(std::string path) : path_{std::move(path)} {
  open_log(path_);
  if (!path_.empty()) read_earlier();
}

void Audit::read_earlier() {
  const auto text = end_of_file(path_, kMaxBytes);
  for (std::string_view rest{text}; !rest.empty();) {
    const auto end = std::min(rest.find('\n'), rest.size());
    const auto line = nlohmann::ordered_json::parse(rest.substr(0, end), nullptr, false);
    if (is_act(line)) keep(line, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  for (Act& act : acts_) {
    if (act.line.at("event") != "begin") continue;
    act.line["event"] = "end";
    act.line["error"] = "gateway_ended";
  }
}

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
