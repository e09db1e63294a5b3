#include "worker/os/spawn.h"

#include <forkmill/exec.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <stdexcept>

#include "proto/os/signals_blocked.h"
#include "worker/os/landlock.h"
#include "worker/os/limits.h"
#include "worker/os/out_of_resources.h"

namespace forkmill::worker {

namespace {

constexpr const char* kRunStep = "run";
constexpr std::size_t kStackBytes = 256 * 1024;  // execvpe builds its paths there

// Shared with the new process until it becomes the command.
struct Launch {
  const char* file;  // null: argv[0], looked up in PATH
  char* const* argv;
  char* const* environment;
  const char* directory;
  int mask;
  int in, out, err;
  std::chrono::milliseconds cpu;
  int write_rules;
  pid_t parent;
  const char* failed_step;  // set by the new process when it cannot go on
  int failed_errno;
};

int give_up(Launch& launch, const char* step) {
  launch.failed_errno = errno;
  launch.failed_step = step;
  ::_exit(127);
}

// Runs in the new process, on a stack of its own but in the memory of the calling process: makes system calls only.
int become_command(void* argument) {
  auto& launch = *static_cast<Launch*>(argument);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != launch.parent) ::_exit(127);
  ::setpgid(0, 0);
  ::signal(SIGPIPE, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  if (::dup2(launch.in, 0) < 0 || ::dup2(launch.out, 1) < 0 || ::dup2(launch.err, 2) < 0) {
    return give_up(launch, "set up the streams of");
  }
  if (launch.write_rules >= 0 && !obey(launch.write_rules)) return give_up(launch, "confine");
  ::close_range(STDERR_FILENO + 1, ~0U, 0);  // exec keeps those of the worker's own starter
  if (launch.cpu.count() > 0) limit_cpu_of_command(launch.cpu);
  if (launch.mask >= 0) ::umask(static_cast<mode_t>(launch.mask));
  if (launch.directory != nullptr && ::chdir(launch.directory) != 0) return give_up(launch, "enter");
  if (launch.file != nullptr)
    ::execve(launch.file, launch.argv, launch.environment);
  else
    ::execvpe(launch.argv[0], launch.argv, launch.environment);
  return give_up(launch, kRunStep);
}

std::vector<char*> pointers_to(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (const auto& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));  // exec* do not write
  pointers.push_back(nullptr);
  return pointers;
}

[[noreturn]] void fail(const Launch& launch, bool own_program) {
  const bool program = std::strcmp(launch.failed_step, kRunStep) == 0;
  const bool no_program = own_program && program && launch.failed_errno != E2BIG;
  if (is_shortage(launch.failed_errno) || no_program) {
    throw OutOfResources{std::string{"cannot "} + launch.failed_step + " '" + launch.argv[0] +
                         "': " + std::generic_category().message(launch.failed_errno)};
  }
  const bool directory = std::strcmp(launch.failed_step, "enter") == 0;
  const auto why = std::string{"cannot "} + launch.failed_step + " '" +
                   (directory ? launch.directory : launch.argv[0]) +
                   "': " + std::generic_category().message(launch.failed_errno);
  if (directory) throw ExecFolderError{why};
  if (program && (launch.failed_errno == ENOENT || launch.failed_errno == ENOTDIR)) throw ExecNotFoundError{why};
  if (program) throw ExecNotExecutableError{why};
  throw std::runtime_error{why};
}

// Null: the new process could not run the program. Throws if anything else failed.
std::optional<Spawned> start(const SpawnRequest& request, const char* file, bool may_fail) {
  if (request.argv.empty() || request.argv[0].empty()) throw std::runtime_error{"there is no command to run"};
  const auto argv = pointers_to(request.argv);
  const auto environment = pointers_to(request.environment);
  Launch launch{file,
                argv.data(),
                environment.data(),
                request.directory.empty() ? nullptr : request.directory.c_str(),
                request.umask,
                request.in,
                request.out,
                request.err,
                request.cpu,
                request.write_rules,
                ::getpid(),
                nullptr,
                0};
  thread_local const auto stack = std::make_unique_for_overwrite<char[]>(kStackBytes);
  int pidfd = -1;
  pid_t pid = -1;
  {
    const proto::SignalsBlocked blocked;  // no handler may run while the new process uses this memory
    pid = ::clone(become_command, stack.get() + kStackBytes, CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD, &launch,
                  &pidfd);
  }
  if (pid < 0) throw OutOfResources{"cannot make a process: " + std::generic_category().message(errno)};
  Spawned spawned{pid, proto::Descriptor{pidfd}};
  if (launch.failed_step == nullptr) return spawned;
  ::waitpid(pid, nullptr, 0);
  if (may_fail && std::strcmp(launch.failed_step, kRunStep) == 0) return std::nullopt;
  fail(launch, request.own_program);
}

}  // namespace

Spawned spawn(const SpawnRequest& request) { return *start(request, nullptr, false); }

std::optional<Spawned> spawn_file(const std::string& file, const SpawnRequest& request) {
  return start(request, file.c_str(), true);
}

}  // namespace forkmill::worker
