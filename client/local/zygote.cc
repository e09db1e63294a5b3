#include "client/local/zygote.h"

#include <fcntl.h>
#include <forkmill/default_client.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <thread>

#include "broker/loop.h"
#include "broker/offline_commands.h"
#include "broker/store/memory_store.h"
#include "client/local/descendants.h"
#include "proto/os/output/logging.h"
#include "proto/os/real_env.h"
#include "proto/os/signals_blocked.h"
#include "worker/os/reaping.h"

namespace forkmill::local {

namespace {

using namespace std::chrono_literals;

constexpr auto kPause = 100ms;   // before a broker or worker that has ended by itself is started again
constexpr auto kPatience = 20s;  // for the worker to end in order, with a slow reader of its output
constexpr int kPollMs = 1000;

// A task without use: a worker must have one, and shall also tell a program that has registered no function so.
constexpr Task<void()> kNothing{"forkmill.nothing"};

class Zygote {
 public:
  explicit Zygote(ZygoteSetup setup) : setup_{std::move(setup)} {
    ::setsid();  // Ctrl-C in a terminal is for the program
    ::prctl(PR_SET_NAME, "forkmill-zygote");
    worker::reset_signals();
    proto::block_signals();
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    signals_ = proto::Descriptor{::signalfd(-1, &child, SFD_NONBLOCK | SFD_CLOEXEC)};
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  }

  void run() {
    try {
      while (serve()) continue;
    } catch (const std::exception& error) {
      std::fprintf(stderr, "forkmill local://: %s\n", error.what());
    }
    stop_worker();
    end_descendants();
    std::error_code ignored;
    if (made_) std::filesystem::remove_all(setup_.directory, ignored);
  }

 private:
  // False: the zygote has to end.
  bool serve() {
    std::array<pollfd, 3> fds{pollfd{setup_.control.get(), POLLIN, 0}, pollfd{setup_.program.get(), POLLIN, 0},
                              pollfd{signals_.get(), POLLIN, 0}};
    if (::poll(fds.data(), fds.size(), -1) < 0) return errno == EINTR;
    if (fds[1].revents != 0) return false;
    if (fds[2].revents != 0) reap_and_restart();
    return fds[0].revents == 0 || obey();
  }

  bool obey() {
    std::array<char, 16> text{};
    const auto size = ::recv(setup_.control.get(), text.data(), text.size(), 0);
    if (size <= 0 || std::string_view{text.data(), static_cast<std::size_t>(size)} != "start") return false;
    std::string answer;
    try {
      if (endpoint_.empty()) start();
      answer = endpoint_;
    } catch (const std::exception& error) {
      answer = std::string{"!"} + error.what();
    }
    ::send(setup_.control.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
    return true;
  }

  void start() {
    // A directory that exists belongs to another program, unless an earlier start has made it and then failed.
    if (!made_ && ::mkdir(setup_.directory.c_str(), 0700) != 0)
      throw std::system_error{errno, std::generic_category(), setup_.directory};
    made_ = true;
    const std::string endpoint = "ipc://" + setup_.directory + "/broker";
    start_broker(endpoint);
    endpoint_ = endpoint;
    start_worker();
  }

  // Blocks until the broker listens.
  void start_broker(const std::string& endpoint) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::system_error{errno, std::generic_category(), "pipe"};
    const proto::Descriptor listens{ends[0]};
    proto::Descriptor says{ends[1]};
    broker_ = fork_member([&] { return be_broker(endpoint, std::move(says)); });
    says.reset();
    char one = 0;
    if (::read(listens.get(), &one, 1) != 1) throw std::runtime_error{"the broker of local:// does not start"};
  }

  void start_worker() {
    worker_ = fork_member([this] { return be_worker(); });
  }

  template <class F>
  pid_t fork_member(F&& be) {
    const pid_t self = ::getpid();
    std::fflush(nullptr);
    const pid_t pid = ::fork();
    if (pid < 0) throw std::system_error{errno, std::generic_category(), "fork"};
    if (pid > 0) return pid;
    worker::die_with(self);
    setup_.control.reset();
    setup_.program.reset();
    signals_.reset();
    worker::reset_signals();
    int code = 1;
    try {
      code = be();
    } catch (const std::exception& error) {
      std::fprintf(stderr, "forkmill local://: %s\n", error.what());
    }
    std::fflush(nullptr);
    ::_exit(code);
  }

  static int be_broker(const std::string& endpoint, proto::Descriptor ready) {
    ::prctl(PR_SET_NAME, "forkmill-broker");
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    ::sigprocmask(SIG_BLOCK, &ends, nullptr);
    ::signal(SIGPIPE, SIG_IGN);
    proto::RealEnv env;
    broker::ProgramOptions options;
    options.listen = {endpoint};
    options.memory = true;
    options.core.grants_unknown = true;  // its workers have the functions of this program, and no others ever come
    options.log.level = "warn";
    auto store = std::make_unique<broker::MemoryStore>("memory-" + broker::fresh_store_id(env), false,
                                                       broker::MemoryStore::epoch_before(env.now().unix_time));
    broker::Loop loop{options, std::move(store), proto::make_logger("broker", options.log)};
    [[maybe_unused]] const auto written = ::write(ready.get(), "1", 1);
    ready.reset();
    return loop.run();
  }

  int be_worker() {
    ::prctl(PR_SET_NAME, "forkmill-worker");
    ::setenv("FORKMILL_BROKER", endpoint_.c_str(), 1);
    detail::set_local_starter([endpoint = endpoint_] { return endpoint; });
    WorkerOptions options;
    options.broker = endpoint_;
    options.name = "local";
    options.log_level = "warn";
    options.output_waits = true;
    if (const char* keys = std::getenv("FORKMILL_SEAL_KEYS")) options.seal_keys = keys;  // as clients have them
    Worker worker{options};
    worker.on(kNothing, [] {});
    if (setup_.prepare) setup_.prepare(worker);
    return worker.run();
  }

  // Ends the worker in order, so that everything that its processes have printed comes out.
  void stop_worker() {
    if (worker_ == 0) return;
    for (const int signal : {SIGTERM, SIGINT}) ::kill(worker_, signal);  // the second one means: at once
    pollfd child{signals_.get(), POLLIN, 0};
    const auto patience_ends = std::chrono::steady_clock::now() + kPatience;
    while (worker_ != 0 && std::chrono::steady_clock::now() < patience_ends) {
      ::poll(&child, 1, kPollMs);
      drain_signals();
      while (const auto dead = worker::next_dead()) {
        worker::reap(*dead);
        if (*dead == worker_) worker_ = 0;
      }
    }
  }

  void drain_signals() {
    signalfd_siginfo info{};
    while (::read(signals_.get(), &info, sizeof info) == sizeof info) continue;
  }

  void reap_and_restart() {
    drain_signals();
    while (const auto dead = worker::next_dead()) {
      const auto death = worker::reap(*dead);
      if (*dead != broker_ && *dead != worker_) continue;
      const bool broker = *dead == broker_;
      std::fprintf(stderr, "forkmill local://: the %s has ended (exit code %d, signal %d); starting another\n",
                   broker ? "broker" : "worker", death.exit_code, death.signal);
      std::this_thread::sleep_for(kPause);
      broker ? start_broker(endpoint_) : start_worker();
    }
  }

  ZygoteSetup setup_;
  proto::Descriptor signals_;
  bool made_ = false;  // the directory exists
  std::string endpoint_;
  pid_t broker_ = 0;
  pid_t worker_ = 0;
};

}  // namespace

void run_zygote(ZygoteSetup setup) noexcept {
  Zygote{std::move(setup)}.run();
  ::_exit(0);
}

}  // namespace forkmill::local
