#include <forkmill/local.h>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <system_error>

#include "client/local/zygote.h"
#include "proto/os/descriptor.h"
#include "proto/os/processes.h"
#include "proto/os/real_env.h"
#include "proto/os/standard_streams.h"

namespace forkmill {

namespace {

using proto::Descriptor;

constexpr std::size_t kMaxPath = 100;  // the directory's path: the address of a socket takes 108 bytes, name included
constexpr int kPatienceMs = 5000;      // for the zygote to end

// The program's side of local://. Never destroyed: functions that run at the program's end still use it.
struct Local {
  std::mutex mutex;
  proto::Descriptor control;
  std::string directory;
  std::string endpoint;  // empty: not started yet
  pid_t program = 0;
  pid_t zygote = 0;
};
Local& instance() {
  static auto* one = new Local;
  return *one;
}

template <class T>
T checked(T result, const char* what) {
  if (result < 0) throw std::system_error{errno, std::generic_category(), what};
  return result;
}

void refuse_threads() {
  const int count = proto::own_threads();
  if (count > 1)
    throw Error{Errc::bad_request, "local_main() comes too late: this program has " + std::to_string(count) +
                                       " threads, and a process with threads must not be forked; put it on the first "
                                       "line of main"};
}

// A name that no other process can guess. The directory is not made yet.
std::string directory_name() {
  proto::RealEnv env;
  std::array<char, 48> name{};
  std::snprintf(name.data(), name.size(), "/forkmill-local-%016llx", static_cast<unsigned long long>(env.random()));
  std::error_code trouble;
  std::string base = std::filesystem::temp_directory_path(trouble).string();
  if (trouble || base.size() + name.size() > kMaxPath) base = "/tmp";
  return base + name.data();
}

// Forks a child that sends no signal when it ends. wait() does not see such a child, so a program that waits for all of
// its children does not wait for this one.
pid_t fork_unseen() { return static_cast<pid_t>(::syscall(SYS_clone, 0, nullptr, nullptr, nullptr, nullptr)); }

pid_t fork_zygote(proto::Descriptor control, const std::string& directory, local::Prepare prepare) {
  const pid_t program = ::getpid();
  std::fflush(nullptr);
  const pid_t zygote = checked(fork_unseen(), "fork of the zygote");
  if (zygote > 0) return zygote;
  instance().control.reset();                                                        // the program's end
  proto::Descriptor watch{static_cast<int>(::syscall(SYS_pidfd_open, program, 0))};  // closed by exec
  if (watch.get() < 0 || ::getppid() != program) ::_exit(1);
  local::run_zygote({std::move(control), std::move(watch), directory, std::move(prepare)});
}

std::string start() {
  Local& one = instance();
  const std::unique_lock lock{one.mutex};
  if (!one.endpoint.empty()) return one.endpoint;
  std::array<char, 4096> text{};
  ssize_t size = ::send(one.control.get(), "start", 5, MSG_NOSIGNAL);
  if (size > 0) {
    do size = ::recv(one.control.get(), text.data(), text.size(), 0);
    while (size < 0 && errno == EINTR);
  }
  if (size <= 0)
    throw Error{Errc::disconnected, "the process that local_main() forked has ended: local:// is not there"};
  const std::string answer{text.data(), static_cast<std::size_t>(size)};
  if (answer.front() == '!') throw Error{Errc::bad_request, "local:// does not start: " + answer.substr(1)};
  return one.endpoint = answer;
}

// Runs at the normal end of the program. Blocks until all processes of local:// have ended, 5 s at most.
void finish() {
  Local& one = instance();
  if (::getpid() != one.program) return;  // a forked child of the program
  ::send(one.control.get(), "end", 3, MSG_NOSIGNAL);
  ::shutdown(one.control.get(), SHUT_WR);
  pollfd ended{one.control.get(), POLLIN, 0};
  while (::poll(&ended, 1, kPatienceMs) > 0) {
    char rest = 0;
    if (::recv(one.control.get(), &rest, 1, 0) > 0) continue;
    ::waitpid(one.zygote, nullptr, __WCLONE);
    break;
  }
  if (one.endpoint.empty()) return;
  std::error_code ignored;
  std::filesystem::remove_all(one.directory, ignored);  // nothing is left unless the zygote was killed
}

}  // namespace

void local_main(int, char**, std::function<void(Worker&)> prepare) {
  Local& one = instance();
  if (one.program != 0) throw Error{Errc::bad_request, "local_main() was called before"};
  refuse_threads();
  proto::open_standard_streams();
  std::array<int, 2> ends{};
  checked(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()), "socketpair");
  one.directory = directory_name();
  one.control = proto::Descriptor{ends[1]};
  one.zygote = fork_zygote(proto::Descriptor{ends[0]}, one.directory, std::move(prepare));
  one.program = ::getpid();
  std::atexit(finish);
  detail::set_local_starter(start);
}

}  // namespace forkmill
