// Violation: thrown by a rule that a simulation breaks. Its text names the rule and what broke it.
#pragma once

#include <stdexcept>

namespace forkmill::sim {

class Violation : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace forkmill::sim
