#include <forkmill/default_client.h>
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
#include <thread>

#include "client/local/last_tasks.h"
#include "client/local/zygote.h"
#include "proto/os/descriptor.h"
#include "proto/os/processes.h"
#include "proto/os/real_env.h"
#include "proto/os/signals_blocked.h"
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
  std::string failure;   // why there is no local:// any more; empty: there is
  AtExit at_exit = AtExit::wait;
  bool finishing = false;  // the program ends, and the zygote with it
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

void remove_directory() {
  std::error_code ignored;
  std::filesystem::remove_all(instance().directory, ignored);
}

// Ends all waits for local:// when the zygote ends before the program: broker and worker have ended with it, and a
// program with threads cannot fork others.
void watch_zygote() {
  Local& one = instance();
  pollfd ended{one.control.get(), 0, 0};
  while (::poll(&ended, 1, -1) < 0) continue;
  std::string failure;
  {
    const std::unique_lock lock{one.mutex};
    if (one.finishing) return;
    failure = one.failure =
        "the process " + std::to_string(one.zygote) +
        " that local_main() forked was killed, and the broker and the processes of local:// with it";
  }
  detail::fail_local_clients(failure);
  ::waitpid(one.zygote, nullptr, __WCLONE);
  remove_directory();
}

void start_watching() {
  const proto::SignalsBlocked blocked;
  std::thread{watch_zygote}.detach();
}

std::string start() {
  Local& one = instance();
  const std::unique_lock lock{one.mutex};
  if (!one.failure.empty()) throw Disconnected{Errc::disconnected, one.failure};
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
  start_watching();
  return one.endpoint = answer;
}

bool is_in_use() {
  const std::unique_lock lock{instance().mutex};
  return !instance().endpoint.empty() && instance().failure.empty();
}

// Runs at the normal end of the program. Blocks until all processes of local:// have ended, 5 s at most.
void finish() {
  Local& one = instance();
  if (::getpid() != one.program) return;  // a forked child of the program
  if (is_in_use()) local::settle_last_tasks(one.endpoint, one.at_exit);
  {
    const std::unique_lock lock{one.mutex};
    one.finishing = true;
  }
  ::send(one.control.get(), "end", 3, MSG_NOSIGNAL);
  ::shutdown(one.control.get(), SHUT_WR);
  pollfd ended{one.control.get(), POLLIN, 0};
  while (::poll(&ended, 1, kPatienceMs) > 0) {
    char rest = 0;
    if (::recv(one.control.get(), &rest, 1, 0) > 0) continue;
    ::waitpid(one.zygote, nullptr, __WCLONE);
    break;
  }
  if (!one.endpoint.empty()) remove_directory();  // nothing is left unless the zygote was killed
}

}  // namespace

void local_main(int, char**, std::function<void(Worker&)> prepare, LocalOptions options) {
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
  one.at_exit = options.at_exit;
  std::atexit(finish);
  detail::set_local_starter(start);
}

}  // namespace forkmill
