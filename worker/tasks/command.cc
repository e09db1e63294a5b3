#include "worker/tasks/command.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "proto/limits.h"
#include "worker/os/landlock.h"
#include "worker/os/pipe.h"
#include "worker/tasks/shell_program.h"

namespace forkmill::worker {

namespace {

constexpr std::uint64_t kMaxCapture = 24 * 1024 * 1024;  // each stream: both fit in one result
constexpr std::uint64_t kMaxLimitMs = std::chrono::milliseconds{proto::limits::kMaxDuration}.count();

std::vector<std::string> environment_of(const ExecRequest& request, const ExecSettings& settings) {
  auto list = passed_environment(settings.pass_env, request.env);
  for (const auto& [name, value] : request.env) {
    if (name.empty() || name.find('=') != std::string::npos) {
      throw std::runtime_error{"'" + name + "' cannot be the name of an environment variable"};
    }
    list.push_back(name + "=" + value);
  }
  return list;
}

std::vector<std::string> argv_of(const ExecRequest& request) {
  if (!request.shell) return request.argv;
  if (request.argv.size() != 1) throw std::runtime_error{"a shell command must be a single text"};
  return {"/bin/sh", "-c", request.argv[0]};
}

constexpr int kShellSignalBase = 128;  // exit code of a shell whose program was ended by a signal

Pipe input_of(const ExecRequest& request) {
  if (!request.stdin_data.empty()) return make_pipe();
  proto::Descriptor null{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
  if (!null) throw std::system_error{errno, std::generic_category(), "/dev/null"};
  return {std::move(null), proto::Descriptor{}};
}

}  // namespace

Command::Command(const ExecRequest& request, const ExecSettings& settings, OutputLog* log) : log_{log} {
  Pipe in = input_of(request);
  Pipe out = make_pipe();
  Pipe err = make_pipe();
  SpawnRequest spawning;
  spawning.directory = request.cwd;
  spawning.umask = request.umask;
  spawning.in = in.reader.get();
  spawning.out = out.writer.get();
  spawning.err = err.writer.get();
  spawning.cpu = settings.cpu;
  const auto rules = settings.sandbox ? make_write_rules(".") : proto::Descriptor{};
  spawning.write_rules = rules.get();
  start(request, settings, std::move(spawning));
  const auto limit = std::min(request.output_limit, kMaxCapture);
  out_.begin(std::move(out.reader), limit);
  err_.begin(std::move(err.reader), limit);
  feed_ = Feed{std::move(in.writer), request.stdin_data};
  if (request.timeout_ms > 0)
    limit_ = env_.now().steady + std::chrono::milliseconds{std::min(request.timeout_ms, kMaxLimitMs)};
}

void Command::start(const ExecRequest& request, const ExecSettings& settings, SpawnRequest spawning) {
  auto argv = argv_of(request);
  auto environment = environment_of(request, settings);
  if (request.shell && start_without_shell(request, environment, spawning)) return;
  spawning.argv = std::move(argv);
  spawning.own_program = request.shell;
  spawning.environment = std::move(environment);
  spawned_ = spawn(spawning);
}

// False: a shell is needed, also to say why the program cannot be run.
bool Command::start_without_shell(const ExecRequest& request, const std::vector<std::string>& environment,
                                  SpawnRequest spawning) {
  auto program = program_of_line(request.argv[0], environment, request.cwd);
  if (!program) return false;
  spawning.argv = std::move(program->argv);
  spawning.environment = std::move(program->environment);
  auto spawned = spawn_file(program->path, spawning);
  if (!spawned) return false;
  spawned_ = std::move(*spawned);
  in_place_of_shell_ = true;
  return true;
}

Command::~Command() {
  if (reaped_) return;  // the number of the group may belong to another one by now
  ::kill(-spawned_.pid, SIGKILL);
  ::waitpid(spawned_.pid, nullptr, 0);
}

void Command::run(std::stop_token stop, proto::Instant grace, ExecResult& result) {
  const std::stop_callback on_stop{std::move(stop), [this] { stop_bell_.signal(); }};
  while (!serve(grace)) {
  }
  // Reads the output of the command itself, and none that processes which it left behind write from now on.
  out_.read();
  err_.read();
  int status = 0;
  ::kill(-spawned_.pid, SIGKILL);
  ::waitpid(spawned_.pid, &status, 0);
  reaped_ = true;
  set_end(status, result);
  log_.finish();
  result.out_truncated = out_.truncated();
  result.err_truncated = err_.truncated();
  result.out = std::move(out_.text());
  result.err = std::move(err_.text());
  result.timed_out = timed_out_;
}

// A shell does not end by the signal that ends its program, unless it gets the signal too, as it does when the command
// is stopped.
void Command::set_end(int status, ExecResult& result) {
  result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  result.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  if (!in_place_of_shell_ || stopping_ || result.signal == 0) return;
  err_.add(shell_report(result.signal, WCOREDUMP(status)));
  result.exit_code = kShellSignalBase + std::exchange(result.signal, 0);
}

bool Command::serve(proto::Instant grace) {
  std::array<pollfd, 5> fds{pollfd{spawned_.pidfd.get(), POLLIN, 0}, pollfd{out_.fd(), POLLIN, 0},
                            pollfd{err_.fd(), POLLIN, 0}, pollfd{feed_.fd(), POLLOUT, 0},
                            pollfd{stopping_ ? -1 : stop_bell_.fd(), POLLIN, 0}};
  if (::poll(fds.data(), fds.size(), poll_timeout()) < 0 && errno != EINTR) {
    throw std::system_error{errno, std::generic_category(), "poll"};
  }
  if (fds[1].revents != 0) out_.read();
  if (fds[2].revents != 0) err_.read();
  if (fds[3].revents != 0) feed_.write();
  log_.tick(env_.now().steady);
  if (fds[4].revents != 0) terminate(grace);
  if (!stopping_ && env_.now().steady >= limit_) {
    timed_out_ = true;
    terminate(grace);
  }
  if (env_.now().steady >= kill_at_) {
    ::kill(-spawned_.pid, SIGKILL);
    kill_at_ = proto::kNever;
  }
  if (fds[0].revents != 0) spawned_.pidfd.reset();  // readable from now on
  return !spawned_.pidfd && !group_has_grace();
}

// A shell ends by SIGTERM at once. The programs that it runs have the grace for their own ends, as long as one of them
// has the output open.
bool Command::group_has_grace() const {
  return stopping_ && kill_at_ != proto::kNever && (out_.fd() >= 0 || err_.fd() >= 0);
}

void Command::terminate(proto::Instant grace) {
  stopping_ = true;
  ::kill(-spawned_.pid, SIGTERM);
  kill_at_ = env_.now().steady + grace;
}

int Command::poll_timeout() {
  const auto next = std::min(stopping_ ? kill_at_ : limit_, log_.next_wakeup());
  if (next == proto::kNever) return -1;
  const auto left = std::chrono::ceil<proto::milliseconds>(next - env_.now().steady);
  return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 1'000'000));
}

}  // namespace forkmill::worker
