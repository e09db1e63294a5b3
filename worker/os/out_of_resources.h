// OutOfResources: this machine or this user has no process, thread, memory, descriptor or disk space left for a task.
// Thrown before anything of the task has begun: the task goes back to the broker, as if it had not been started.
#pragma once

#include <cerrno>
#include <stdexcept>

namespace forkmill::worker {

class OutOfResources : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// True if `error`, an errno, says that something is used up.
inline bool is_shortage(int error) {
  return error == EAGAIN || error == ENOMEM || error == EMFILE || error == ENFILE || error == ENOSPC ||
         error == ENOBUFS || error == EDQUOT;
}

}  // namespace forkmill::worker
