// CannotConfine: this machine, or this user, cannot do what the options say about children. The worker does not start.
#pragma once

#include <stdexcept>

namespace forkmill::worker {

class CannotConfine : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace forkmill::worker
