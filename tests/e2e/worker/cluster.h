// A broker and workers as real processes, in a directory of their own; all gone when the test is over.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "proto/os/signals_blocked.h"
#include "tests/eventually.h"
#include "tests/processes.h"

namespace forkmill::test {

using namespace std::chrono_literals;

using tests::children_of;
using tests::eventually;
using tests::exists;
using tests::limit_descriptors;

class Process {
 public:
  Process(std::vector<std::string> argv, const std::string& log) {
    std::vector<char*> pointers;
    pointers.reserve(argv.size() + 1);
    for (auto& text : argv) pointers.push_back(text.data());
    pointers.push_back(nullptr);
    {
      const proto::SignalsBlocked blocked;  // the test runner's signal handlers are not the program's
      pid_ = ::fork();
      if (pid_ == 0) {
        for (const int number : {SIGTERM, SIGINT, SIGABRT, SIGSEGV}) ::signal(number, SIG_DFL);
      }
    }
    if (pid_ != 0) return;
    const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::dup2(out, 1);
    ::dup2(out, 2);
    ::execv(pointers[0], pointers.data());
    ::_exit(127);
  }
  Process(Process&& other) noexcept : pid_{std::exchange(other.pid_, 0)} {}
  Process& operator=(Process&&) = delete;
  ~Process() {
    if (pid_ == 0) return;
    ::kill(pid_, SIGTERM);
    if (!wait(20s)) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
  }

  pid_t pid() const { return pid_; }
  void signal(int number) const { ::kill(pid_, number); }
  // Its wait status, once it has ended.
  std::optional<int> wait(std::chrono::seconds deadline = 60s) {
    if (!tests::wait_for_end(pid_, deadline)) return std::nullopt;
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = 0;
    return status;
  }
  // Its exit code; −1 when it ended otherwise, or not at all.
  int exit_code() {
    const auto status = wait();
    return status && WIFEXITED(*status) ? WEXITSTATUS(*status) : -1;
  }

 private:
  pid_t pid_ = 0;
};

// Lowers its limit so that the process can open no more descriptors, until the limit is raised.
inline bool take_descriptors(pid_t pid) {
  rlim_t next = 0;
  while (std::filesystem::is_symlink("/proc/" + std::to_string(pid) + "/fd/" + std::to_string(next))) ++next;
  return limit_descriptors(pid, next);
}
inline bool give_descriptors(pid_t pid) { return limit_descriptors(pid, 4096); }

class Cluster {
 public:
  // The flags are the broker's; it keeps tasks in memory unless they say otherwise.
  explicit Cluster(std::vector<std::string> broker_flags = {"--memory"}) : broker_flags_{std::move(broker_flags)} {
    if (::mkdtemp(directory_.data()) == nullptr) throw std::runtime_error{"mkdtemp"};
    start_broker();
  }
  ~Cluster() {
    workers_.clear();
    broker_.reset();
    std::filesystem::remove_all(directory_);
  }
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  std::string endpoint() const { return "ipc://" + directory_ + "/broker"; }
  std::string path(const std::string& name) const { return directory_ + "/" + name; }

  void start_broker() {
    std::vector<std::string> argv{FORKMILL_BROKER_PROGRAM, "--listen", endpoint()};
    argv.insert(argv.end(), broker_flags_.begin(), broker_flags_.end());
    broker_.emplace(std::move(argv), path("broker.log"));
  }
  Process& broker() { return *broker_; }
  void stop_broker() { broker_.reset(); }
  void kill_broker() {
    broker_->signal(SIGKILL);
    broker_->wait();
    broker_.reset();
  }

  Process& start_worker(std::vector<std::string> flags = {}, const std::string& program = ROGUE_WORKER_PROGRAM) {
    std::vector<std::string> argv{program, "--broker", endpoint(), "--processes", "2", "--kill-grace", "200ms"};
    argv.insert(argv.end(), flags.begin(), flags.end());
    workers_.push_back(std::make_unique<Process>(std::move(argv), path("worker.log")));
    return *workers_.back();
  }

  // A program that is to end by itself, and what it wrote.
  struct Ended {
    int code;  // −1 when it was killed, or did not end
    std::string output;
  };
  Ended run(std::vector<std::string> argv) {
    const std::string log = "run" + std::to_string(++runs_) + ".log";
    const int code = Process{std::move(argv), path(log)}.exit_code();
    return {code, contents(log)};
  }

  std::string log(const std::string& name = "worker.log") const { return contents(name); }
  std::string contents(const std::string& name) const {
    std::ifstream file{path(name)};
    return {std::istreambuf_iterator<char>{file}, {}};
  }
  bool has(const std::string& name) const { return std::filesystem::exists(path(name)); }
  void touch(const std::string& name) const { std::ofstream{path(name)} << "x"; }
  std::vector<pid_t> pids_in(const std::string& name) const {
    std::ifstream file{path(name)};
    return {std::istream_iterator<pid_t>{file}, {}};
  }

 private:
  std::string directory_ = std::filesystem::temp_directory_path() / "forkmill-e2e-XXXXXX";
  std::vector<std::string> broker_flags_;
  int runs_ = 0;
  std::optional<Process> broker_;
  std::vector<std::unique_ptr<Process>> workers_;
};

}  // namespace forkmill::test
