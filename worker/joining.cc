#include "worker/joining.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "proto/os/output/logging.h"
#include "proto/transport/keys/invitation.h"
#include "worker/os/pipe.h"

namespace forkmill::worker {

namespace {

using proto::Failure;
using proto::Joined;
using proto::Result;

// The fork says how it has ended: the number of its error, 0 for none, on a line of its own; then the name of the file,
// or the text of the error.
std::string report_of(const Result<Joined>& joined) {
  const auto code = static_cast<std::uint16_t>(joined.code());
  return std::to_string(code) + "\n" + (joined.ok() ? joined->file : joined.failure().text);
}

Result<Joined> result_of(const std::string& report) {
  const std::size_t line = report.find('\n');
  if (line == std::string::npos) return Failure{Errc::unknown, "the joining process ended without an answer"};
  const Errc code = errc_from(std::stoull(report.substr(0, line)));
  const std::string text = report.substr(line + 1);
  if (code != Errc::ok) return Failure{code, text};
  auto known = proto::read_connection_file(text);
  if (!known.ok()) return known.failure();
  return Joined{text, known->endpoints, false};
}

[[noreturn]] void run_fork(const std::string& invitation, const std::string& file, int report) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const auto note = [](const std::string& why) {
    proto::write_stderr("--join: " + why + "; trying again until there is a connection");
  };
  const std::string text = report_of(proto::join({invitation, file, {}, note}));
  [[maybe_unused]] const auto written = ::write(report, text.data(), text.size());
  ::_exit(0);
}

std::string read_all(int fd) {
  std::string text;
  std::array<char, 4096> piece{};
  for (;;) {
    const ssize_t got = ::read(fd, piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return text;
    text.append(piece.data(), static_cast<std::size_t>(got));
  }
}

}  // namespace

Result<Joined> join_in_fork(const std::string& invitation, const std::string& file) {
  Pipe pipe = make_pipe();
  const pid_t pid = ::fork();
  if (pid < 0) return Failure{Errc::unknown, std::string{"fork: "} + std::strerror(errno)};
  if (pid == 0) run_fork(invitation, file, pipe.writer.get());
  pipe.writer.reset();
  const std::string report = read_all(pipe.reader.get());
  ::waitpid(pid, nullptr, 0);
  return result_of(report);
}

}  // namespace forkmill::worker
