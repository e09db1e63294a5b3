// A live broker that listens on TCP and on a path, its log, and an honest client with a worker.
#pragma once

#include <doctest/doctest.h>
#include <fcntl.h>
#include <forkmill/client.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "proto/os/signals_blocked.h"
#include "tests/e2e/client/fake_worker.h"
#include "tests/e2e/security/raw_peer.h"
#include "tests/eventually.h"
#include "tests/folder.h"
#include "tests/processes.h"

namespace forkmill::tests {

using namespace std::chrono_literals;

inline constexpr Task<std::string(std::string)> kEcho{"test.echo"};

class Besieged {
 public:
  // `descriptors`: how many the broker may open; 0: as many as the test. `log`: where its lines go; −1: into a file.
  explicit Besieged(std::vector<std::string> options = {"--memory"}, rlim_t descriptors = 0, int log = -1) {
    std::vector<std::string> line{
        FORKMILL_BROKER_PROGRAM,  "--insecure", "--listen", "tcp://127.0.0.1:*,ipc://" + path(), "--announce",
        folder_.path("endpoints")};
    line.insert(line.end(), options.begin(), options.end());
    start(line, descriptors, log);
    REQUIRE(eventually([&] { return folder_.has("endpoints"); }));
    const std::string endpoints = folder_.read("endpoints");
    tcp_ = endpoints.substr(0, endpoints.find('\n'));
  }
  ~Besieged() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  Besieged(const Besieged&) = delete;
  Besieged& operator=(const Besieged&) = delete;

  const std::string& tcp() const { return tcp_; }
  std::string ipc() const { return "ipc://" + path(); }
  const Folder& folder() const { return folder_; }
  pid_t pid() const { return pid_; }
  std::string log() const { return folder_.read("log"); }
  std::size_t log_lines() const {
    const std::string text = log();
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  }

  // Memory that a hostile peer may cost, in MiB. AddressSanitizer keeps what is freed, and puts memory around each
  // block.
#ifdef __SANITIZE_ADDRESS__
  static constexpr std::size_t kLittleMemory = 800;
#else
  static constexpr std::size_t kLittleMemory = 200;
#endif
  // ThreadSanitizer makes the broker too slow for floods, and keeps much more memory.
#ifdef __SANITIZE_THREAD__
  static constexpr bool kIsSlow = true;
#else
  static constexpr bool kIsSlow = false;
#endif
  // Sanitizers take and keep more memory than a limit of the broker leaves them.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  static constexpr bool kTakesMore = true;
#else
  static constexpr bool kTakesMore = false;
#endif
  // Resident memory of the broker, in MiB.
  std::size_t resident_mib() const {
    std::ifstream statm{"/proc/" + std::to_string(pid_) + "/statm"};
    std::size_t size = 0;
    std::size_t resident = 0;
    statm >> size >> resident;
    return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)) >> 20;
  }

  // Whether a client that comes now is served.
  bool serves() const {
    try {
      FakeWorker worker{ipc(), {"probe"}};
      worker.on(kEcho, [](std::string text) { return text; });
      worker.start();
      Client client{ipc()};
      return client.with({.queue = "probe"}).submit(kEcho, "hello").get_for(30s) == "hello";
    } catch (const Error&) {
      return false;
    }
  }
  // Ends the broker by SIGTERM. Returns its exit code; none: it did not end in time, or a signal has ended it.
  std::optional<int> stop(std::chrono::seconds patience = 20s) {
    ::kill(pid_, SIGTERM);
    int status = 0;
    if (!eventually([&] { return ::waitpid(pid_, &status, WNOHANG) == pid_; }, patience)) return std::nullopt;
    pid_ = -1;
    return WIFEXITED(status) ? std::optional{WEXITSTATUS(status)} : std::nullopt;
  }

 private:
  std::string path() const { return folder_.path("broker"); }
  void start(std::vector<std::string>& line, rlim_t descriptors, int log) {
    std::vector<char*> argv;
    for (auto& word : line) argv.push_back(word.data());
    argv.push_back(nullptr);
    const std::string file = folder_.path("log");
    const proto::SignalsBlocked blocked;
    pid_ = ::fork();
    REQUIRE(pid_ >= 0);
    if (pid_ > 0) return;
    ::signal(SIGTERM, SIG_DFL);
    const rlimit limit{descriptors, descriptors};
    if (descriptors > 0) ::setrlimit(RLIMIT_NOFILE, &limit);
    if (log < 0) log = ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    ::dup2(log, STDERR_FILENO);
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }

  Folder folder_;
  std::string tcp_;
  pid_t pid_ = -1;
};

}  // namespace forkmill::tests
