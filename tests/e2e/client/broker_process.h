// A real forkmill-broker as a child process, on a socket in a folder of its own. Ends with the object.
#pragma once

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "proto/os/signals_blocked.h"

namespace forkmill::tests {

class BrokerProcess {
 public:
  explicit BrokerProcess(std::vector<std::string> arguments = {}) : arguments_{std::move(arguments)} {
    std::string pattern = std::filesystem::temp_directory_path() / "forkmill-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error{"mkdtemp"};
    folder_ = pattern;
    start();
  }
  ~BrokerProcess() {
    end(SIGTERM);
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  BrokerProcess(const BrokerProcess&) = delete;
  BrokerProcess& operator=(const BrokerProcess&) = delete;

  std::string endpoint() const { return "ipc://" + folder_ + "/broker"; }
  const std::string& folder() const { return folder_; }

  void start() {
    std::vector<std::string> line{FORKMILL_BROKER_PROGRAM, "--listen", endpoint(), "--memory", "--log-level", "error"};
    line.insert(line.end(), arguments_.begin(), arguments_.end());
    std::vector<char*> argv;
    argv.reserve(line.size() + 1);
    for (auto& word : line) argv.push_back(word.data());
    argv.push_back(nullptr);
    {
      // A signal sent before the exec must end the child, not run the test program's handlers in it.
      const proto::SignalsBlocked blocked;
      pid_ = ::fork();
      if (pid_ == 0) ::signal(SIGTERM, SIG_DFL);
    }
    if (pid_ < 0) throw std::runtime_error{"fork"};
    if (pid_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      ::execv(argv[0], argv.data());
      ::_exit(127);
    }
  }
  void end(int with_signal) {
    if (pid_ <= 0) return;
    ::kill(pid_, with_signal);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }
  void signal(int number) const { ::kill(pid_, number); }
  pid_t pid() const { return pid_; }
  bool alive() const { return pid_ > 0 && ::waitpid(pid_, nullptr, WNOHANG) == 0; }

 private:
  std::vector<std::string> arguments_;
  std::string folder_;
  pid_t pid_ = -1;
};

}  // namespace forkmill::tests
