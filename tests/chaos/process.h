// Program: a program of the ring as a child process; and functions that examine other processes. The destructor kills
// and reaps the process. All programs die with the ring.
//
// Threads: used by the ring's own thread. Errors: std::runtime_error if a program can not be started.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace forkmill::chaos {

struct Start {
  std::vector<std::string> argv;
  std::vector<std::string> environment{};  // NAME=VALUE, added to the ring's environment
  std::string log{};                       // file for stdout and stderr; empty: the ring's
  int network = -1;                        // descriptor of the network namespace; −1: the ring's
  bool talks = false;                      // whether stdin and stdout are pipes, for tell() and heard()
};

class Program {
 public:
  Program() = default;
  explicit Program(const Start& start);
  Program(Program&& other) noexcept { *this = std::move(other); }
  Program& operator=(Program&& other) noexcept;
  ~Program();

  bool runs() const { return pid_ > 0; }
  pid_t pid() const { return pid_; }
  void signal(int number) const;
  // Returns the wait status, once, when the program has ended; does not block.
  std::optional<int> ended();
  // Waits for the program's end, kills it if that takes longer, and returns its wait status.
  int end_within(int milliseconds);

  // Writes a line to the program's stdin.
  void tell(const std::string& line) const;
  // Returns what the program has written to stdout and was not read yet; does not block.
  std::string heard() const;
  // Descriptor that is readable when heard() has something.
  int voice() const { return out_; }
  // Descriptor that is readable when the program has ended; −1: none runs.
  int handle() const { return handle_; }

 private:
  int reap();
  void forget();
  pid_t pid_ = 0;
  int handle_ = -1;
  int in_ = -1;   // the program's stdin
  int out_ = -1;  // the program's stdout
};

// Runs a program to its end, for at most 20 seconds. Returns whether its exit status was 0.
bool run(const std::vector<std::string>& argv, int network = -1);

// Returns how many descriptors a process has open; 0 if it is gone.
std::size_t open_descriptors(pid_t pid);

// Describes a wait status: "killed by signal 11", "exit status 1".
std::string describe_end(int status);

}  // namespace forkmill::chaos
