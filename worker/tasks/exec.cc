#include "worker/tasks/exec.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>
#include <stop_token>
#include <string_view>
#include <system_error>
#include <utility>

#include "proto/transport/descriptor.h"
#include "proto/transport/real_env.h"
#include "proto/transport/wakeup.h"
#include "worker/os/spawn.h"

extern char** environ;

namespace forkmill::worker {

namespace {

using proto::Instant;

constexpr std::uint64_t kMaxOutput = 24 * 1024 * 1024;  // of each stream: both fit in one result

struct Pipe {
  proto::Descriptor reader, writer;
};

Pipe make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::system_error{errno, std::generic_category(), "pipe2"};
  return {proto::Descriptor{ends[0]}, proto::Descriptor{ends[1]}};
}

// One output of the command: the first `limit` bytes are kept, the rest is read and dropped.
class Capture {
 public:
  Capture(proto::Descriptor reader, std::uint64_t limit) : reader_{std::move(reader)}, limit_{limit} {
    ::fcntl(reader_.get(), F_SETFL, O_NONBLOCK);
  }

  void read() {
    thread_local std::array<char, 64 * 1024> buffer;
    while (reader_) {
      const auto length = ::read(reader_.get(), buffer.data(), buffer.size());
      if (length < 0 && errno == EINTR) continue;
      if (length < 0 && errno == EAGAIN) return;
      if (length <= 0) return reader_.reset();
      const auto kept = std::min<std::uint64_t>(static_cast<std::uint64_t>(length), limit_ - text_.size());
      text_.append(buffer.data(), kept);
      truncated_ = truncated_ || kept < static_cast<std::uint64_t>(length);
    }
  }

  int fd() const { return reader_.get(); }
  bool truncated() const { return truncated_; }
  std::string take() { return std::move(text_); }

 private:
  proto::Descriptor reader_;
  std::uint64_t limit_;
  std::string text_;
  bool truncated_ = false;
};

// The command's input, written as it reads.
class Feed {
 public:
  Feed(proto::Descriptor writer, std::string_view data) : writer_{std::move(writer)}, left_{data} {
    if (!writer_) return;
    ::fcntl(writer_.get(), F_SETFL, O_NONBLOCK);
    write();
  }

  void write() {
    while (writer_ && !left_.empty()) {
      const auto length = ::write(writer_.get(), left_.data(), left_.size());
      if (length < 0 && errno == EINTR) continue;
      if (length < 0 && errno == EAGAIN) return;
      if (length < 0) break;  // it does not want to read the rest
      left_.remove_prefix(static_cast<std::size_t>(length));
    }
    writer_.reset();
  }

  int fd() const { return writer_.get(); }

 private:
  proto::Descriptor writer_;
  std::string_view left_;
};

std::vector<std::string> environment_of(const ExecRequest& request) {
  std::vector<std::string> list;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text{*entry};
    if (request.env.empty() || request.env.count(std::string{text.substr(0, text.find('='))}) == 0) {
      list.emplace_back(text);
    }
  }
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
  if (request.argv.size() != 1) throw std::runtime_error{"a shell command is one text"};
  return {"/bin/sh", "-c", request.argv[0]};
}

class Command {
 public:
  Command(Context& context, const ExecRequest& request, Instant grace)
      : context_{context},
        grace_{grace},
        out_{std::move(out_pipe_.reader), std::min(request.output_limit, kMaxOutput)},
        err_{std::move(err_pipe_.reader), std::min(request.output_limit, kMaxOutput)} {
    SpawnRequest spawning;
    spawning.argv = argv_of(request);
    spawning.environment = environment_of(request);
    spawning.directory = request.cwd;
    Pipe in;
    if (request.stdin_data.empty())
      in.reader = proto::Descriptor{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
    else
      in = make_pipe();
    spawning.in = in.reader.get();
    spawning.out = out_pipe_.writer.get();
    spawning.err = err_pipe_.writer.get();
    spawned_ = spawn(spawning);
    out_pipe_.writer.reset();
    err_pipe_.writer.reset();
    feed_ = Feed{std::move(in.writer), request.stdin_data};
  }

  // Nothing of it stays behind, whichever way this is left.
  ~Command() {
    ::kill(-spawned_.pid, SIGKILL);
    if (!reaped_) ::waitpid(spawned_.pid, nullptr, 0);
  }
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;

  void run(ExecResult& result) {
    proto::Wakeup stop;
    const std::stop_callback on_stop{context_.stop_token(), [&stop] { stop.signal(); }};
    while (!wait(stop.fd())) {
    }
    // What it wrote before it ended; not what somebody that it left behind may still write.
    out_.read();
    err_.read();
    int status = 0;
    ::kill(-spawned_.pid, SIGKILL);
    ::waitpid(spawned_.pid, &status, 0);
    reaped_ = true;
    result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    result.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    result.out_truncated = out_.truncated();
    result.err_truncated = err_.truncated();
    result.out = out_.take();
    result.err = err_.take();
  }

  bool was_stopped() const { return stopping_; }

 private:
  // True when the command has ended.
  bool wait(int stop) {
    // A descriptor of -1 is passed over by poll.
    std::array<pollfd, 5> fds{pollfd{spawned_.pidfd.get(), POLLIN, 0}, pollfd{out_.fd(), POLLIN, 0},
                              pollfd{err_.fd(), POLLIN, 0}, pollfd{feed_.fd(), POLLOUT, 0},
                              pollfd{stopping_ ? -1 : stop, POLLIN, 0}};
    int timeout = -1;
    if (kill_at_ != proto::kNever) {
      const auto left = std::chrono::ceil<proto::milliseconds>(kill_at_ - env_.now().steady);
      timeout = static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 1'000'000));
    }
    if (::poll(fds.data(), fds.size(), timeout) < 0 && errno != EINTR) {
      throw std::system_error{errno, std::generic_category(), "poll"};
    }
    if (fds[1].revents != 0) out_.read();
    if (fds[2].revents != 0) err_.read();
    if (fds[3].revents != 0) feed_.write();
    if (fds[4].revents != 0) {
      stopping_ = true;
      ::kill(-spawned_.pid, SIGTERM);
      kill_at_ = env_.now().steady + grace_;
    }
    if (env_.now().steady >= kill_at_) {
      ::kill(-spawned_.pid, SIGKILL);
      kill_at_ = proto::kNever;
    }
    return fds[0].revents != 0;
  }

  Context& context_;
  Instant grace_;
  proto::RealEnv env_;
  Pipe out_pipe_ = make_pipe();
  Pipe err_pipe_ = make_pipe();
  Capture out_;
  Capture err_;
  Feed feed_{proto::Descriptor{}, {}};
  Spawned spawned_;
  bool reaped_ = false;
  bool stopping_ = false;
  Instant kill_at_ = proto::kNever;
};

std::string machine_name() {
  utsname names{};
  return ::uname(&names) == 0 ? names.nodename : "unknown";
}

}  // namespace

ExecResult run_command(Context& context, const ExecRequest& request, std::chrono::milliseconds grace) {
  ::signal(SIGPIPE, SIG_IGN);  // a command that does not read its input is no reason to die; it gets the default back
  proto::RealEnv env;
  const auto begun = env.now();
  ExecResult result;
  result.host = machine_name();
  result.started_at = static_cast<double>(begun.unix_time.count()) / 1e3;
  Command command{context, request, grace};
  command.run(result);
  result.run_seconds = static_cast<double>((env.now().steady - begun.steady).count()) / 1e6;
  if (command.was_stopped() && (result.signal != 0 || result.exit_code != 0)) {
    throw std::runtime_error{"the command was asked to stop and ended with " +
                             (result.signal != 0 ? "signal " + std::to_string(result.signal)
                                                 : "exit code " + std::to_string(result.exit_code))};
  }
  return result;
}

}  // namespace forkmill::worker
