// TaskFolder: the working folder of the tasks of one child. Each task gets a new one, which is removed when the task
// has ended. Used by the child's main thread.
#pragma once

#include <cstdint>
#include <string>

namespace forkmill::worker {

class TaskFolder {
 public:
  // The folders lie in `parent`, which exists and is the child's alone. Empty: tasks get no folders; begin() and end()
  // do nothing. Makes `parent` the current folder. Throws std::system_error.
  explicit TaskFolder(std::string parent);

  // Makes a folder, and makes it the current one and the value of TMPDIR. Throws OutOfResources.
  void begin() {
    if (!parent_.empty()) enter_next();
  }
  // Leaves the folder, and removes it. What cannot be removed is left to the worker, and said on stderr.
  void end() {
    if (!parent_.empty()) leave();
  }

 private:
  void enter_next();
  void leave();

  std::string parent_;
  std::string variable_;  // TMPDIR=…, in the environment: the number is replaced in place
  std::uint32_t number_ = 0;
};

}  // namespace forkmill::worker
