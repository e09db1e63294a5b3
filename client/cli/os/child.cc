#include "client/cli/os/child.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "client/cli/errors/command_error.h"
#include "proto/os/descriptor.h"

namespace forkmill::cli {

namespace {

// The arguments and environment of the new process. They are built before the fork, because only system calls are safe
// between fork and exec.
struct Image {
  std::vector<char*> argv;
  std::vector<std::string> env_text;
  std::vector<char*> env;
};

bool overridden(std::string_view entry, const Child::Options& options) {
  const auto name = entry.substr(0, entry.find('='));
  for (const auto& [key, value] : options.env) {
    if (key == name) return true;
  }
  return false;
}

Image image(const std::vector<std::string>& argv, const Child::Options& options) {
  Image made;
  for (const auto& word : argv) made.argv.push_back(const_cast<char*>(word.c_str()));
  made.argv.push_back(nullptr);
  for (char** entry = environ; *entry != nullptr; ++entry) {
    if (!overridden(*entry, options)) made.env_text.emplace_back(*entry);
  }
  for (const auto& [key, value] : options.env) made.env_text.push_back(key + "=" + value);
  for (auto& text : made.env_text) made.env.push_back(text.data());
  made.env.push_back(nullptr);
  return made;
}

// Makes a process group with empty stdin. The group is in the background of the terminal, where a process that reads
// from the terminal is stopped.
void detach_from_terminal() {
  ::setpgid(0, 0);
  const int null = ::open("/dev/null", O_RDONLY);
  if (null >= 0) ::dup2(null, STDIN_FILENO);
}

// Runs in the new process. If exec fails, writes errno to the pipe `report`.
[[noreturn]] void exec_program(const Image& image, bool own_group, pid_t parent, int report) {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  if (own_group) detach_from_terminal();
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) ::_exit(127);
  ::execvpe(image.argv[0], image.argv.data(), image.env.data());
  const int reason = errno;
  (void)!::write(report, &reason, sizeof reason);
  ::_exit(127);
}

}  // namespace

std::string Exit::text() const {
  if (signal == 0) return "exited with status " + std::to_string(code);
  return "was killed by signal " + std::to_string(signal) + " (" + ::strsignal(signal) + ")";
}

Child::Child(const std::vector<std::string>& argv, const Options& options) : own_group_{options.own_group} {
  const auto made = image(argv, options);
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0)
    throw CommandError{ExitCode::failed, "cannot create a pipe: " + std::string{std::strerror(errno)}};
  const proto::Descriptor reader{ends[0]};
  proto::Descriptor writer{ends[1]};
  const pid_t self = ::getpid();
  pid_ = ::fork();
  if (pid_ == 0) exec_program(made, own_group_, self, writer.get());
  const int fork_error = errno;
  writer.reset();
  int reason = pid_ < 0 ? fork_error : 0;
  if (pid_ > 0 && ::read(reader.get(), &reason, sizeof reason) != static_cast<ssize_t>(sizeof reason)) reason = 0;
  if (reason != 0) {
    if (pid_ > 0) ::waitpid(pid_, nullptr, 0);
    const auto code = reason == ENOENT ? ExitCode::no_program : ExitCode::cannot_execute;
    throw CommandError{pid_ < 0 ? ExitCode::failed : code, "cannot start " + argv[0] + ": " + std::strerror(reason)};
  }
  pidfd_ = proto::Descriptor{static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0))};
}

Child::~Child() {
  if (!ended()) {
    ::kill(own_group_ ? -pid_ : pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
}

std::optional<Exit> Child::ended() {
  int status = 0;
  if (!exit_ && ::waitpid(pid_, &status, WNOHANG) == pid_) {
    exit_ = WIFSIGNALED(status) ? Exit{.code = 0, .signal = WTERMSIG(status)} : Exit{.code = WEXITSTATUS(status)};
  }
  return exit_;
}

bool Child::wait_for(std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (!ended()) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    pollfd entry{.fd = pidfd_.get(), .events = POLLIN, .revents = 0};
    ::poll(&entry, 1, static_cast<int>(left.count()));
  }
  return true;
}

void Child::signal(int number) const {
  if (!exit_) ::kill(pid_, number);
}

}  // namespace forkmill::cli
