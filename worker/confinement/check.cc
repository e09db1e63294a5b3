#include "worker/confinement/check.h"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "worker/confinement/sandbox.h"
#include "worker/os/pipe.h"

namespace forkmill::worker {

namespace {

proto::Status check_rights(const WorkerOptions& options, bool stays_root) {
  if (options.limits.processes != 0 && stays_root) {
    return {Errc::option_out_of_range,
            "--limit-processes: the kernel does not limit root; give the tasks a user with --user"};
  }
  if (!options.sandbox) return {};
  if (stays_root) return {Errc::option_out_of_range, "--sandbox: root can leave it; give the tasks a user with --user"};
  if (auto possible = check_sandbox(); !possible.ok())
    return {Errc::option_out_of_range, "--sandbox: " + possible.failure().text};
  return {};
}

// The steps that a child is going to take. Throws std::system_error.
void confine_self(const WorkerOptions& options, const std::optional<Account>& account) {
  if (account) become(*account);
  if (!options.sandbox) return;
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
    throw std::system_error{errno, std::generic_category(), "PR_SET_NO_NEW_PRIVS"};
  enter_sandbox("/");
}

// Confines a fork of this process, as containers may forbid what the kernel can do. Returns why it cannot; empty: it
// can. Throws std::system_error.
std::string try_in_fork(const WorkerOptions& options, const std::optional<Account>& account) {
  Pipe report = make_pipe();
  const pid_t pid = ::fork();
  if (pid < 0) throw std::system_error{errno, std::generic_category(), "fork"};
  if (pid == 0) {
    try {
      confine_self(options, account);
    } catch (const std::system_error& error) {
      const std::string_view text{error.what()};
      [[maybe_unused]] const auto written = ::write(report.writer.get(), text.data(), text.size());
    }
    ::_exit(0);
  }
  report.writer.reset();
  std::array<char, 512> text{};
  const auto length = ::read(report.reader.get(), text.data(), text.size());
  ::waitpid(pid, nullptr, 0);
  return {text.data(), static_cast<std::size_t>(std::max<ssize_t>(length, 0))};
}

}  // namespace

proto::Result<std::optional<Account>> account_of(const WorkerOptions& options) {
  std::optional<Account> account;
  if (!options.user.empty()) {
    auto found = find_account(options.user);
    if (!found) return found.failure();
    account = std::move(found).value();
  }
  if (auto allowed = check_rights(options, !account && ::geteuid() == 0); !allowed.ok())
    return std::move(allowed).failure();
  if (!account && !options.sandbox) return account;
  try {
    if (const auto obstacle = try_in_fork(options, account); !obstacle.empty())
      return proto::Failure{Errc::option_out_of_range, "children cannot be confined on this machine: " + obstacle};
  } catch (const std::system_error& error) {
    return proto::Failure{Errc::unknown, error.what()};
  }
  return account;
}

}  // namespace forkmill::worker
