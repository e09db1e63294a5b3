// OwnProgram: the program of a worker's process, as it was started, to start it again. One thread.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace forkmill::worker {

class OwnProgram {
 public:
  // Notes the program of this process, the arguments of which make it a worker. A worker that is a part of another
  // program does not note it, and cannot start again.
  static void note();
  // Null: it was not noted, or in another process.
  static const OwnProgram* noted();

  // Runs the program in place of this one, in the version that is there now, with the same arguments, environment,
  // process id and standard streams, and without blocked signals. Throws std::system_error if it cannot.
  [[noreturn]] void execute() const;

 private:
  OwnProgram();

  pid_t pid_;
  std::string path_;
  std::vector<std::string> arguments_;
};

}  // namespace forkmill::worker
