// Programs of the ring as child processes, and what one can find out about those that they start. A Program that goes
// is killed and reaped; all of them die with the ring.
//
// Threads: belongs to the ring's own. Errors: std::runtime_error when a program cannot be started.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace forkmill::chaos {

struct Start {
  std::vector<std::string> argv;
  std::vector<std::string> environment{};  // NAME=VALUE, beside what the ring has
  std::string log{};                       // for what it writes; empty: the ring's own
  int network = -1;                        // a namespace to be in; −1: the ring's
  bool talks = false;                      // with pipes at stdin and stdout
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
  // Its wait status, once, when it has ended.
  std::optional<int> ended();
  // Waits for its end; kills it when that takes longer. Its wait status.
  int end_within(int milliseconds);

  void tell(const std::string& line) const;
  // What it has said and was not read yet.
  std::string heard() const;
  // Readable when there is some.
  int voice() const { return out_; }
  // Readable when it has ended.
  int handle() const { return handle_; }

 private:
  int reap();
  void forget();
  pid_t pid_ = 0;
  int handle_ = -1;
  int in_ = -1;   // its stdin
  int out_ = -1;  // its stdout
};

// Runs a program to its end: whether that was well.
bool run(const std::vector<std::string>& argv, int network = -1);

// How many descriptors a process has open; 0 when it is gone.
std::size_t open_descriptors(pid_t pid);

// "killed by signal 11", "exit status 1"
std::string describe_end(int status);

}  // namespace forkmill::chaos
