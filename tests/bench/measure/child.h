// A child process of a benchmark: a program or a function of ours. It is ended and waited for when its object goes, and
// dies with the benchmark even if that is killed. Made and destroyed by the main thread only.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace forkmill::bench {

class Child {
 public:
  // Starts argv[0] (searched in PATH); its stdout goes to stderr, as figures are alone on ours. Throws
  // std::runtime_error when the program cannot be executed.
  static Child program(const std::vector<std::string>& argv);
  // Forks and runs `body`; the child ends with the status it returns.
  static Child function(const std::function<int()>& body);

  Child(Child&& other) noexcept : pid_{std::exchange(other.pid_, -1)} {}
  Child& operator=(Child&&) = delete;
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() { stop(); }

  pid_t pid() const { return pid_; }
  bool running();  // reaps it when it has ended
  // SIGTERM, then SIGKILL after five seconds; returns when it is reaped. Harmless when it has ended.
  void stop();
  // Until it ends by itself: its exit status, 255 when a signal ended it.
  int wait();
  // SIGKILL; returns when it is reaped.
  void kill();

 private:
  explicit Child(pid_t pid) : pid_{pid} {}
  pid_t pid_;
};

// Returns a TCP port of 127.0.0.1 that is free at the moment, and so are as many ports above it. Throws
// std::runtime_error if there is none.
int free_port(int above = 0);
// Waits until something accepts connections there. Throws std::runtime_error after ten seconds or when `server` ends.
void wait_for_port(int port, Child& server);

}  // namespace forkmill::bench
